"""Usage, rhythm, breadth and people of one account, from the catalogue's words."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from reference_view import Seen, Value, days, least, share


def used(seen: Seen, days: int) -> pd.DataFrame:
    """Return the rows of use of so many days; one that counts nothing is none."""
    rows = seen["usage"]
    rows = rows.assign(n=rows["count"].fillna(1))
    return rows[(rows.age <= days) & (rows.n > 0)]


def usage(seen: Seen) -> Iterator[tuple[str, Value]]:
    rows = used(seen, 364)
    oldest = rows.age.max() if len(rows) else 0

    def events(first: int, last: int) -> float:
        return rows[(rows.age >= first) & (rows.age <= last)].n.sum()

    def active(first: int, last: int) -> int:
        return rows[(rows.age >= first) & (rows.age <= last)].age.nunique()

    yield "n_events_7d", events(1, 7)
    yield "n_events_28d", events(1, 28)
    yield "n_events_84d", events(1, 84)
    yield "active_days_28d", active(1, 28)
    yield "active_days_84d", active(1, 84)
    yield "days_since_last_use", least(rows.age)
    two_months, three_weeks = min(56, oldest - 28), min(21, oldest - 7)
    yield "events_trend_28d_84d", share(two_months / 28 * events(1, 28), events(29, 84))
    yield "events_trend_7d_28d", share(events(1, 7) / 7 * three_weeks, events(8, 28))
    yield "active_days_trend_28d_84d", share(active(1, 28) / 28 * two_months, active(29, 84))
    yield "events_trend_84d_364d", share(events(1, 84) / 84 * (oldest - 84), events(85, 364))
    yield "events_per_active_day_28d", share(events(1, 28), active(1, 28))
    month = rows[rows.age <= 28]
    yield "weekday_share_28d", share(month[month.day.dt.day_of_week < 5].n.sum(), month.n.sum())
    yield "longest_idle_days_84d", _longest_pause(set(rows.age)) if len(rows) else None


def _longest_pause(ages: set[int]) -> int:
    # There is no pause before the first use.
    longest = pause = 0
    for age in range(1, min(84, max(ages)) + 1):
        pause = 0 if age in ages else pause + 1
        longest = max(longest, pause)
    return longest


def rhythm(seen: Seen) -> Iterator[tuple[str, Value]]:
    rows = used(seen, 364)
    weeks, use_days, user_days = np.zeros(52), np.zeros(52), np.zeros(52)
    for week, of_week in rows[rows.user_id.notna()].groupby((rows.age - 1) // 7):
        user_days[week] = len(of_week[["user_id", "age"]].drop_duplicates())
    for week, of_week in rows.groupby((rows.age - 1) // 7):
        weeks[week], use_days[week] = of_week.n.sum(), of_week.age.nunique()
    quarter = weeks[:12]
    known = len(rows) > 0
    yield "active_weeks_share_84d", (use_days[:12] > 0).mean()
    slope = np.polyfit(np.arange(12), quarter[::-1], 1)[0]
    yield "events_slope_84d", share(slope, quarter.mean())
    yield "events_volatility_84d", share(np.abs(quarter - quarter.mean()).mean(), quarter.mean())
    oldest = int(np.flatnonzero(use_days)[-1]) if known else 0
    yield "weeks_since_peak_84d", _since_peak(quarter, use_days)
    yield "events_to_peak_28d_84d", share(weeks[:4].mean(), quarter.max())
    for name, values in (
        ("events_z_28d_210d", weeks),
        ("active_days_z_28d_210d", use_days),
        ("daily_users_z_28d_210d", user_days),
    ):
        past = values[4 : min(oldest, 29) + 1]
        spread = past.std() if len(past) >= 8 else 0.0
        z = (values[:4].mean() - past.mean()) / spread if spread > 1e-9 else None
        yield name, None if z is None else float(np.clip(z, -10, 10))


def _since_peak(weeks: np.ndarray, use_days: np.ndarray) -> int | None:
    used = [week for week in range(12) if use_days[week]]
    return max(used, key=lambda week: (weeks[week], -week)) if used else None


def breadth(seen: Seen) -> Iterator[tuple[str, Value]]:
    rows = used(seen, 364)
    modules = seen.modules.set_index("feature")
    core = {name for name, yes in modules.is_core.items() if yes is True}
    advanced = {name for name, yes in modules.is_advanced.items() if yes is True}

    def sums(first: int, last: int) -> pd.Series:
        inside = rows[(rows.age >= first) & (rows.age <= last)]
        return inside.groupby("feature").n.sum()

    now, before = sums(1, 28), set(sums(29, 84).index)
    names = set(now.index)
    yield "n_features_used_28d", len(names)
    yield "n_features_used_84d", len(names | before)
    yield "n_new_features_28d_84d", len(names - before)
    yield "n_dropped_features_28d_84d", len(before - names)
    yield "kept_feature_share_28d_84d", share(len(names), len(names | before))
    yield "features_trend_28d_56d", share(len(names), len(sums(29, 56)))
    yield "top_feature_share_28d", share(now.max(), now.sum()) if len(now) else None
    yield "core_share_28d", share(now[now.index.isin(core)].sum(), now.sum())
    yield "advanced_share_28d", share(now[now.index.isin(advanced)].sum(), now.sum())
    yield "n_advanced_features_28d", len(names & advanced)
    yield "core_coverage_28d", len(names & core) / len(core)
    of_module = modules.module.to_dict()
    n_used = len({of_module[name] for name in names if name in of_module})
    yield "n_modules_used_28d", n_used
    yield "module_coverage_28d", n_used / modules.module.nunique()
    earlier = {of_module[name] for name in before if name in of_module}
    newly = {of_module[name] for name in names if name in of_module} - earlier
    yield "n_new_modules_28d_84d", len(newly)
    first = rows.assign(module=rows.feature.map(of_module)).groupby("module").age.max()
    yield "days_since_new_module", least(first)
    steps = dict(people(seen))
    yield "maturity_level", sum([
        steps["n_power_users_28d"] > 0,
        (steps["stickiness_28d"] or 0) >= 0.25,
        bool(names & core),
        bool(names & advanced),
    ])  # fmt: skip


def people(seen: Seen) -> Iterator[tuple[str, Value]]:
    rows = used(seen, 84)
    rows = rows[rows.user_id.notna()]

    def users(first: int, last: int) -> set[str]:
        return set(rows[(rows.age >= first) & (rows.age <= last)].user_id)

    now, before, month_before = users(1, 28), users(29, 84), users(29, 56)
    month = rows[rows.age <= 28].groupby("user_id")
    seen_days, events = month.age.nunique(), month.n.sum()
    power = (seen_days >= 12).sum()
    yield "n_active_users_7d", len(users(1, 7))
    yield "n_active_users_28d", len(now)
    yield "n_active_users_84d", len(users(1, 84))
    yield "active_users_trend_28d_56d", share(len(now), len(month_before))
    yield "weekly_user_share_28d", share(len(users(1, 7)), len(now))
    yield "daily_users_28d", seen_days.sum() / 28
    yield "stickiness_28d", share(seen_days.sum(), 28 * len(now))
    yield "n_power_users_28d", power
    yield "power_user_share_28d", share(power, len(now))
    yield "one_day_user_share_28d", share((seen_days == 1).sum(), len(now))
    yield "top_user_share_28d", share(events.max() if len(now) else 0, events.sum())
    yield "events_per_user_28d", share(events.sum(), len(now))
    yield "n_new_users_28d_84d", len(now - before)
    yield "new_user_share_28d_84d", share(len(now - before), len(now))
    yield "n_lost_users_28d_84d", len(before - now)
    yield "lost_user_share_28d_84d", share(len(before - now), len(before))
    yield "returning_user_share_28d_56d", share(len(month_before & now), len(month_before))


def roles(seen: Seen) -> Iterator[tuple[str, Value]]:
    users = seen["users"]
    here = users[users.deactivated_at.isna()]
    left = users[users.deactivated_at.notna()]
    left = left.assign(left_age=[days(at, seen.as_of) for at in left.deactivated_at])
    leads = ("champion", "sponsor")
    champions, champions_left = here[here.role.isin(leads)], left[left.role.isin(leads)]
    admins = here[here.role == "admin"]
    month, quarter = (set(used(seen, n).user_id.dropna()) for n in (28, 84))
    year = used(seen, 364)
    theirs = year[year.user_id.isin(champions.user_id)]
    yield "days_since_champion_use", least(theirs.age)
    yield "has_champion", float(len(champions) > 0)
    yield "n_champions", len(champions)
    silent = not champions.user_id.isin(month).any()
    yield "is_champion_silent_28d", float(silent) if len(champions) else None
    yield "n_champions_left_84d", (champions_left.left_age <= 84).sum()
    yield "days_since_champion_left", least(champions_left.left_age)
    yield "n_users", len(here)
    yield "n_admins", len(admins)
    yield "active_admin_share_28d", share(admins.user_id.isin(month).sum(), len(admins))
    yield "dormant_user_share_84d", share((~here.user_id.isin(quarter)).sum(), len(here))
    yield "n_users_added_84d", (users.age <= 84).sum()
    yield "n_users_left_84d", (left.left_age <= 84).sum()
