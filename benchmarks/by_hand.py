"""What the engine is held against: the limit, a loop in pandas, and SQL written by hand.

The SQL is the plan that anchors call best: one snapshot at a time from the daily stage, windows by
age, two-level group-bys; it knows no late corrections of its own beyond ``known_on``.
"""

from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd

_SQL = """
WITH d AS (
  SELECT account_id, date_diff('day', day, $t::DATE) AS age, sum(n_events) AS n
  FROM read_parquet($accounts)
  WHERE day < $t::DATE AND day >= $t::DATE - 364 AND known_on < $t::DATE GROUP BY ALL
), use AS (
  SELECT account_id, sum(n) FILTER (age <= 7) AS e7, sum(n) FILTER (age <= 28) AS e28,
    sum(n) FILTER (age <= 84) AS e84, sum(n) AS e364, count(*) FILTER (age <= 7) AS d7,
    count(*) FILTER (age <= 28) AS d28, count(*) FILTER (age <= 84) AS d84, count(*) AS d364,
    min(age) AS recency, max(age) AS oldest, max(n) AS peak, max(n) FILTER (age <= 28) AS peak28,
    count(DISTINCT (age - 1) // 7) FILTER (age <= 84) AS weeks
  FROM d GROUP BY account_id
), u AS (
  SELECT account_id, user_id, sum(days) FILTER (age <= 7) AS d7,
    sum(days) FILTER (age <= 28) AS d28, sum(days) FILTER (age > 28 AND age <= 56) AS prior,
    sum(days) FILTER (age > 28) AS before, sum(n_events) FILTER (age <= 28) AS e28
  FROM (SELECT *, date_diff('day', day, $t::DATE) AS age FROM read_parquet($users)
        WHERE day < $t::DATE AND day >= $t::DATE - 84 AND known_on < $t::DATE) GROUP BY ALL
), people AS (
  SELECT account_id, count(*) AS u84, count(*) FILTER (d7 > 0) AS wau,
    count(*) FILTER (d28 > 0) AS mau, count(*) FILTER (prior > 0) AS mau_prior,
    count(*) FILTER (before > 0 AND coalesce(d28, 0) = 0) AS lost,
    count(*) FILTER (d28 > 0 AND coalesce(before, 0) = 0) AS new_users,
    count(*) FILTER (d28 >= 12) AS power, sum(d28) AS user_days, max(e28) AS top, sum(e28) AS eu
  FROM u GROUP BY account_id
), f AS (
  SELECT account_id, feature, sum(n_events) FILTER (age <= 28) AS e28, sum(n_events) AS e84,
    max(age) AS first
  FROM (SELECT *, date_diff('day', day, $t::DATE) AS age FROM read_parquet($features)
        WHERE day < $t::DATE AND day >= $t::DATE - 84 AND known_on < $t::DATE) GROUP BY ALL
), breadth AS (
  SELECT account_id, count(*) AS f84, count(*) FILTER (e28 > 0) AS f28,
    count(*) FILTER (first <= 28) AS f_new, max(e28) AS f_top,
    count(DISTINCT module) FILTER (e28 > 0) AS m28, sum(e28) FILTER (is_core) AS core,
    sum(e28) FILTER (is_advanced) AS advanced
  FROM f LEFT JOIN read_parquet($modules) USING (feature) GROUP BY account_id
), c AS (
  SELECT account_id, arg_max(arr, happened_at) AS arr, arg_max(seats, happened_at) AS seats,
    arg_max(term_end, happened_at) AS term_end, max(happened_at) AS changed,
    count(*) FILTER (type = 'expansion') AS grew, count(*) FILTER (type = 'contraction') AS shrank
  FROM read_parquet($contracts) WHERE happened_at < $t GROUP BY account_id
), t AS (
  SELECT account_id, count(*) FILTER (resolved_at IS NULL OR resolved_at >= $t) AS open,
    count(*) FILTER (opened_at >= $t - INTERVAL 84 DAY) AS t84,
    count(*) FILTER (opened_at >= $t - INTERVAL 84 DAY AND severity = 'urgent') AS urgent,
    avg(csat) FILTER (resolved_at < $t) AS csat
  FROM read_parquet($tickets) WHERE opened_at < $t GROUP BY account_id
), s AS (
  SELECT account_id, arg_max(score, answered_at) FILTER (question = 'nps') AS nps,
    avg(score) FILTER (question <> 'nps') AS sentiment, max(answered_at) AS answered
  FROM read_parquet($surveys) WHERE answered_at < $t GROUP BY account_id
), i AS (
  SELECT account_id, sum(amount) FILTER (paid_at IS NULL OR paid_at >= $t) AS unpaid,
    sum(amount) AS due, max(failed_attempts) AS failed
  FROM read_parquet($invoices) WHERE issued_at < $t GROUP BY account_id
), h AS (
  SELECT account_id, count(*) FILTER (happened_at >= $t - INTERVAL 84 DAY) AS h84,
    max(happened_at) FILTER (touch_model IN ('high', 'low')) AS human,
    avg(inbound::INT) AS inbound
  FROM read_parquet($touches) WHERE happened_at < $t GROUP BY account_id
)
SELECT a.account_id, date_diff('day', created_at, $t) AS tenure, employees,
  use.* EXCLUDE account_id,
  e28 * 2 / nullif(e84 - e28, 0) AS trend, e84 * 280 / nullif((e364 - e84) * 84, 0) AS long_trend,
  people.* EXCLUDE account_id, user_days / nullif(mau * 28, 0) AS sticky, top / nullif(eu, 0) AS ts,
  breadth.* EXCLUDE account_id, c.* EXCLUDE account_id, mau / nullif(seats, 0) AS utilised,
  t.* EXCLUDE account_id, s.* EXCLUDE account_id, i.* EXCLUDE account_id, h.* EXCLUDE account_id,
  percent_rank() OVER (PARTITION BY use_case ORDER BY e28) AS rank
FROM read_parquet($known) a LEFT JOIN use USING (account_id) LEFT JOIN people USING (account_id)
LEFT JOIN breadth USING (account_id) LEFT JOIN c USING (account_id) LEFT JOIN t USING (account_id)
LEFT JOIN s USING (account_id) LEFT JOIN i USING (account_id) LEFT JOIN h USING (account_id)
WHERE created_at < $t
"""


def scan(folder: Path) -> int:
    """Read the four columns that every feature of use needs; return 0 cells."""
    columns = "min(account_id), min(user_id), min(day), min(feature)"
    duckdb.execute(f"SELECT {columns} FROM read_parquet(?)", [f"{folder}/usage/*.parquet"])
    return 0


def by_sql(folder: Path, stage: Path, dates: list[datetime], memory_limit: str) -> int:
    """Run the SQL once per snapshot; return the number of cells."""
    tables = ("contracts", "modules", "tickets", "surveys", "invoices", "touches")
    places: dict[str, object] = {name: f"{folder}/{name}.parquet" for name in tables}
    places["known"] = f"{folder}/accounts.parquet"
    cells = 0
    with duckdb.connect(config={"memory_limit": memory_limit}) as connection:
        for as_of in dates:
            months = {f"{as_of - timedelta(days=age):%Y-%m}" for age in range(1, 365)}
            for short in ("user", "feature", "account"):
                found = (stage / f"{short}_days").glob("*.parquet")
                places[f"{short}s"] = [str(p) for p in found if p.name[:7] in months]
            rows = connection.sql(_SQL, params={**places, "t": as_of}).to_arrow_table()
            cells += rows.num_rows * (rows.num_columns - 1)
    return cells


def by_pandas(folder: Path, dates: list[datetime]) -> int:
    """Compute a handful of features in a loop over snapshots; return the number of cells."""
    columns = ["account_id", "user_id", "day", "feature", "count"]
    usage = pd.read_parquet(folder / "usage", columns=columns)
    cells = 0
    for as_of in dates:
        back = usage[(usage.day < as_of) & (usage.day >= as_of - timedelta(days=364))]
        month = back[back.day >= as_of - timedelta(days=28)]
        recent, year = month.groupby("account_id"), back.groupby("account_id")
        wide = pd.DataFrame(
            {
                "n_events_28d": recent["count"].sum(),
                "n_active_users_28d": recent.user_id.nunique(),
                "active_days_28d": recent.day.nunique(),
                "n_features_used_28d": recent.feature.nunique(),
                "n_events_364d": year["count"].sum(),
                "last_day": year.day.max(),
            }
        )
        cells += wide.size
    return cells
