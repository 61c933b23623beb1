"""The life of the accounts, week by week: state, decisions, payments, touches, renewals.

Every draw of a week uses the state at its start; a decision to leave is made when the hazard
spent since the contract began passes an Exp(1) draw, so that counterfactuals share their luck.
"""

import numpy as np

from simulator import dynamics
from simulator.arrays import DAYS_PER_WEEK, Bools, Days, Floats, Ints, stream
from simulator.circumstances import circumstance, set_clock
from simulator.config import Config
from simulator.hazards import OUTCOMES, Moment, driver_groups, log_rate
from simulator.history import NEVER, Decisions, History, blank_weekly
from simulator.ledger import open_ledger
from simulator.payments import Payments
from simulator.population import Population
from simulator.resizing import Resizing
from simulator.team import Team
from simulator.terms import leaving_date, term_end_after
from simulator.timeline import Timeline

_REASONS = 5


class Life:
    """The accounts of one chunk between two weeks."""

    def __init__(self, config: Config, people: Population, line: Timeline, *, seed: int) -> None:
        """Put the accounts at their first day, each in its own long run."""
        self.config, self.people, self.line = config, people, line
        self.rng = stream(seed, "life", people.chunk)
        self.ledger = open_ledger(people, line)
        self.first_start = self.ledger.start.copy()
        self.around = {o: circumstance(config, people, line, o, seed=seed) for o in OUTCOMES}
        set_clock(config, people, line, self.ledger.start, self.ledger.term_months, self.around)
        n = len(people)
        self.rule = dynamics.law(config.state, people)
        self.vacancy, self.shock = (
            dynamics.vacancy(config.state),
            dynamics.budget_shock(config.state),
        )
        spread = dynamics.stationary_cov(config.state, across_accounts=False)
        self.state = dynamics.stationary_mean(self.rule) + self.rng.multivariate_normal(
            np.zeros(4), spread, n
        )
        self.vacant = self.rng.random(n) < self.vacancy.share * (people.started < 0)
        self.shocked = self.rng.random(n) < self.shock.share
        self.open = np.zeros(n, dtype=np.bool_)
        self.leaves_on = np.full(n, np.datetime64("NaT", "D"))
        self.gone_since = np.full(n, 10**6)
        self.renewed_on = np.full(n, line.first - 1)
        self.lapsed_until = np.full(n, -1)
        self.luck = self.rng.exponential(size=n)
        self.spent, self.spent_untouched = np.zeros(n), np.zeros(n)
        self.untouched_week = np.full(n, NEVER)
        self.team = Team(config, people, line, seed=seed)
        self.payments = Payments(config, people, seed=seed)
        self.resizing = Resizing(config, people, self.ledger, seed=seed)
        self.weekly = blank_weekly(n, line.n_weeks)
        self.left: list[tuple[Ints, Days, Days, bool]] = []
        self.back: list[tuple[Ints, Ints]] = []

    def live(self) -> History:
        """Live through all weeks."""
        return self.live_from(0)

    def live_from(self, week: int) -> History:
        """Live through the weeks from `week` on."""
        for now in range(week, self.line.n_weeks):
            self.step(now)
        return self.history()

    def step(self, week: int) -> None:
        """Live through one week."""
        self._start(week)
        self.team.plan(week, np.where(self.open, self.ledger.arr(), 0.0), self.state)
        self._record(week)
        self._lose_by_payment(week)
        self._leave(week)
        self._renew(week)
        self._decide(week)
        self.team.touch(week, self.open & np.isnat(self.leaves_on))
        self._come_back(week)
        self._move_on()

    def _start(self, week: int) -> None:
        day = DAYS_PER_WEEK * week
        fresh = (self.ledger.start <= self.line.first + day) & ~self.open & (self.gone_since > 9**6)
        self.open |= fresh
        new = np.flatnonzero(fresh & (self.ledger.start >= self.line.first))
        self.ledger.write("new", new, self.ledger.start[new])

    def _settled(self, week: int) -> Bools:
        """Accounts that may decide: under contract, not leaving, not lapsed."""
        lapsed = self.lapsed_until > DAYS_PER_WEEK * week
        return self.open & np.isnat(self.leaves_on) & ~lapsed

    def _record(self, week: int) -> None:
        weekly, settled = self.weekly, self._settled(week)
        weekly.state[:, week] = self.state
        weekly.vacant[:, week], weekly.shocked[:, week] = self.vacant, self.shocked
        weekly.touched_churn[:, week] = self.team.boost_churn
        weekly.touched_expansion[:, week] = self.team.boost_expansion
        weekly.open[:, week] = settled
        weekly.failing_left[:, week] = self.payments.weeks_left
        weekly.monthly[:, week] = self.ledger.term_months == 1
        weekly.arr[:, week] = np.where(self.open, self.ledger.arr(), 0.0)
        weekly.seats[:, week] = np.where(self.open, self.ledger.seats, 0)
        weekly.book[:, week] = self.team.book

    def _lose_by_payment(self, week: int) -> None:
        pays_monthly = self.ledger.term_months == 1
        lost = self.payments.step(week, self._settled(week) & pays_monthly, self.shocked)
        on = self._dates(week, lost)
        self.ledger.write("churn", lost, on, voluntary=False, reason=np.full(len(lost), _REASONS))
        self.left.append((lost, on, on, False))
        self._close(lost, week)

    def _leave(self, week: int) -> None:
        due = self.leaves_on < self.line.first + DAYS_PER_WEEK * (week + 1)
        self._close(np.flatnonzero(due & self.open), week)

    def _close(self, who: Ints, week: int) -> None:
        self.open[who] = False
        self.gone_since[who] = week
        self.leaves_on[who] = np.datetime64("NaT", "D")

    def _renew(self, week: int) -> None:
        begin = self.line.first + DAYS_PER_WEEK * week
        eve = np.asarray(begin - np.timedelta64(1, "D"))
        end = term_end_after(self.ledger.start, self.ledger.term_months, eve)
        due = self._settled(week) & (end < begin + DAYS_PER_WEEK) & (end > self.ledger.start)
        who = np.flatnonzero(due)
        late = self.rng.random(len(who)) < self.config.outcomes.late_renewal_share
        late &= self.ledger.term_months[who] == 12
        days_late = self.rng.integers(3, 26, len(who))
        self.ledger.write("churn", who[late], end[who[late]])
        self.lapsed_until[who[late]] = DAYS_PER_WEEK * (week + 1) + days_late[late]
        on = end[who] + np.where(late, days_late, 0).astype("timedelta64[D]")
        self.resizing.renew(who, on)
        self.renewed_on[who] = on

    def _decide(self, week: int) -> None:
        settled = self._settled(week)
        rate = {o: np.exp(self._log_rate(o, week)) for o in OUTCOMES}
        self._decide_to_leave(week, settled, rate["churn"])
        self.resizing.step(
            self._settled(week),
            rate["expansion"],
            rate["contraction"],
            self._dates(week, np.arange(len(self.people))),
            self.state,
        )

    def _decide_to_leave(self, week: int, settled: Bools, rate: Floats) -> None:
        """Spend the week's hazard; those whose luck is used up decide, on a day at random."""
        effect = self.config.outcomes.churn.touches * self.team.boost_churn
        waiting = (self.ledger.start <= self.line.first + DAYS_PER_WEEK * week) & (
            self.untouched_week < 0
        )
        self.spent_untouched += np.where(waiting, rate * np.exp(-effect), 0.0)
        self.untouched_week[waiting & (self.spent_untouched >= self.luck)] = week
        self.spent += np.where(settled, rate, 0.0)
        who = np.flatnonzero(settled & (self.spent >= self.luck))
        decided = self._dates(week, who)
        on, ledger = self._effect_of(who, decided), self.ledger
        reason = self.rng.integers(0, _REASONS, len(who))
        ledger.write("notice", who, decided, requested=decided, voluntary=True, reason=reason)
        ledger.write("churn", who, on, requested=decided, voluntary=True, reason=reason)
        self.left.append((who, decided, on, True))
        self.leaves_on[who] = on
        self.payments.forgive(who, week)

    def _effect_of(self, who: Ints, decided: Days) -> Days:
        """Return when decisions to leave take effect."""
        after = self.config.outcomes.leave_after_days
        if after:
            return np.asarray(decided + np.timedelta64(after, "D"))
        ledger, notice = self.ledger, self.people.notice_days[who]
        return leaving_date(ledger.start[who], ledger.term_months[who], notice, decided)

    def _log_rate(self, outcome: str, week: int) -> Floats:
        effects = getattr(self.config.outcomes, outcome)
        boost = self.team.boost_expansion if outcome == "expansion" else self.team.boost_churn
        moment = Moment(self.state, self.vacant, self.shocked, boost)
        around = self.around[outcome].at(week)
        return log_rate(driver_groups(effects, self.config.state.demand_mean, moment, around))

    def _come_back(self, week: int) -> None:
        chance = self.config.outcomes.annual_reactivation / 52
        away = ~self.open & (self.gone_since < week - 7)
        who = np.flatnonzero(away & (self.rng.random(len(self.open)) < chance))
        if not len(who):
            return
        on = self.line.first + (DAYS_PER_WEEK * (week + 1)) * np.ones(len(who), "timedelta64[D]")
        self.resizing.reopen(who, on)
        set_clock(self.config, self.people, self.line, self.ledger.start,
                  self.ledger.term_months, self.around)  # fmt: skip
        self.open[who], self.spent[who] = True, 0.0
        self.gone_since[who] = 10**6
        self.luck[who] = self.rng.exponential(size=len(who))
        self.back.append((who, np.full(len(who), DAYS_PER_WEEK * (week + 1))))

    def _move_on(self) -> None:
        noise = self.rule.noise * self.rng.standard_normal(self.state.shape)
        self.state = self.state @ self.rule.step.T + self.rule.intercept + noise
        self.state[:, 3] += self.resizing.taken_demand()
        self.vacant = self.vacancy.moved(self.rng, self.vacant)
        self.shocked = self.shock.moved(self.rng, self.shocked)

    def _dates(self, week: int, who: Ints) -> Days:
        """Draw a day of the week for each account, not before a renewal in the same week."""
        day = DAYS_PER_WEEK * week + self.rng.integers(0, DAYS_PER_WEEK, len(who))
        on = self.line.first + np.minimum(day, self.line.n_days - 1).astype("timedelta64[D]")
        return np.maximum(on, self.renewed_on[who])

    def history(self) -> History:
        """Return what has happened so far."""
        left = [(w, d, e, np.full(len(w), v)) for w, d, e, v in self.left]
        account, decided, effective, voluntary = (
            np.concatenate(part) for part in zip(*left, strict=True)
        )
        return History(
            weekly=self.weekly,
            changes=self.ledger.changes(),
            decisions=Decisions(account, decided, effective, voluntary),
            returns=self._returns(),
            touches=self.team.log(),
            responses=self.team.responses,
            failures=self.payments.failures(),
            spent=self.spent,
            untouched_week=self.untouched_week,
            first_start=self.first_start,
            start=self.ledger.start,
            term_months=self.ledger.term_months,
        )

    def _returns(self) -> tuple[Ints, Ints]:
        none = np.empty(0, dtype=np.int64)
        parts = [(none, none), *self.back]
        return np.concatenate([who for who, _ in parts]), np.concatenate([on for _, on in parts])
