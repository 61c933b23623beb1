"""Support, sentiment, readiness, relationship and attributes of one account, from the words."""

from collections.abc import Iterator

import pandas as pd
from reference_usage import people
from reference_view import Seen, Value, days, least, mean, share


def support(seen: Seen) -> Iterator[tuple[str, Value]]:
    tickets = seen["tickets"]
    month, quarter, year = (tickets[tickets.age <= n] for n in (28, 84, 364))
    urgent = ("high", "urgent")
    waiting, done = tickets[tickets.resolved_at.isna()], tickets[tickets.resolved_at.notna()]
    done = done.assign(
        done_age=[days(at, seen.as_of) for at in done.resolved_at],
        took=[max(days(*p), 0) for p in zip(done.opened_at, done.resolved_at, strict=True)],
    )
    yield "n_open_tickets", len(waiting)
    yield "n_tickets_28d", len(month)
    yield "n_tickets_84d", len(quarter)
    yield "tickets_trend_28d_84d", share(len(month) / 28, (len(quarter) - len(month)) / 56)
    yield "days_since_ticket", least(tickets.age)
    yield "n_urgent_tickets_84d", quarter.severity.isin(urgent).sum()
    yield "n_open_urgent_tickets", waiting.severity.isin(urgent).sum()
    yield "oldest_open_ticket_days", waiting.age.max() if len(waiting) else 0
    yield "urgent_share_364d", share(year.severity.isin(urgent).sum(), len(year))
    yield "days_to_resolve_84d", mean(done[done.done_age <= 84].took)
    lately = done[done.done_age <= 364]
    scores = lately.csat.dropna()
    yield "ticket_csat_364d", mean(scores)
    yield "scored_share_364d", share(len(scores), len(lately))
    yield "n_bad_scores_364d", (scores <= 2).sum()
    yield "n_reopened_364d", year.reopened.sum()
    users = dict(people(seen))["n_active_users_84d"]
    yield "tickets_per_user_84d", share(len(quarter), users)


def sentiment(seen: Seen) -> Iterator[tuple[str, Value]]:
    answers = seen["surveys"]
    year = answers[answers.age <= 364]
    last, change = _last_word(answers[answers.question == "nps"])
    yield "nps_last", last
    yield "nps_change", change
    csat, change = _last_word(answers[answers.question == "csat"])
    yield "survey_csat_last", csat
    yield "survey_csat_change", change
    yield "nps_364d", mean(year[year.question == "nps"].score)
    yield "is_detractor", None if last is None else float(last <= 6)
    yield "survey_csat_364d", mean(year[year.question == "csat"].score)
    other = year[(year.question != "nps") & (year.question != "csat")]
    yield "sentiment_364d", mean(other.score)
    halves = [mean(other[other.age <= 182].score), mean(other[other.age > 182].score)]
    yield "sentiment_change_182d_364d", None if None in halves else halves[0] - halves[1]
    yield "low_score_share_364d", mean(other.score <= 2)
    yield "n_answers_364d", len(year)
    yield "n_respondents_364d", year.user_id.nunique()
    yield "days_since_answer", least(answers.age)
    yield "has_stopped_answering", float(answers.age.min() > 182) if len(answers) else None


def _last_word(answers: pd.DataFrame) -> tuple[float | None, float | None]:
    """Return the mean of the newest day's answers, and its distance from those before."""
    newest = answers.age == answers.age.min()
    last, earlier = mean(answers[newest].score), mean(answers[~newest].score)
    return last, None if last is None or earlier is None else last - earlier


def readiness(seen: Seen) -> Iterator[tuple[str, Value]]:
    first = seen["milestones"].groupby("milestone").age.max()
    yield "n_milestones", len(first)
    yield "days_since_milestone", least(first)
    steps = ("technical_ready", "operational_ready", "user_ready", "goal_set", "ambassador_named")
    for step in steps:
        yield f"has_{step}", float(step in first.index)
        yield f"days_to_{step}", max(seen.tenure - first.get(step, 0), 0)


def relationship(seen: Seen) -> Iterator[tuple[str, Value]]:
    touches = seen["touches"]
    touches = touches[touches.arm.fillna("") != "hold_out"]
    asked = touches[touches.inbound.fillna(False).astype(bool)]
    human = touches[touches.touch_model.isin(["high", "low"])]
    talks = touches[touches.channel.isin(["meeting", "call"])]
    quarter, year = touches[touches.age <= 84], touches[touches.age <= 364]
    yield "n_touches_84d", len(quarter)
    yield "days_since_touch", least(touches.age)
    yield "days_since_human_touch", least(human.age)
    yield "n_human_touches_84d", (human.age <= 84).sum()
    for model in ("high", "low", "tech"):
        yield f"n_{model}_touches_84d", (quarter.touch_model == model).sum()
    yield "n_in_app_touches_84d", (quarter.channel == "in_app").sum()
    yield "n_community_touches_364d", (year.touch_model == "community").sum()
    yield "n_talks_84d", (talks.age <= 84).sum()
    yield "n_emails_84d", (quarter.channel == "email").sum()
    yield "n_trainings_364d", year.channel.isin(["training", "webinar"]).sum()
    yield "minutes_84d", float(quarter.minutes.fillna(0).sum())
    yield "n_inbound_84d", (asked.age <= 84).sum()
    yield "days_since_inbound", least(asked.age)
    yield "days_since_two_way_contact", least(pd.concat([asked, talks]).age)
    yield "inbound_share_364d", share((asked.age <= 364).sum(), year.inbound.notna().sum())
    before = len(year) - len(quarter)
    yield "touches_trend_84d_364d", share(len(quarter) / 84, before / 280)
    yield "n_csms_364d", year.csm_id.nunique()


def account(seen: Seen) -> Iterator[tuple[str, Value]]:
    for name in ("segment", "industry", "country", "language", "use_case"):
        yield name, _written(seen.account[name])
    yield "n_employees", _written(seen.account["employees"])
    yield "has_parent", float(_written(seen.account["parent_id"]) is not None)
    yield "has_partner", float(_written(seen.account["partner_id"]) is not None)


def _written(value: object) -> Value:
    return None if pd.isna(value) else value
