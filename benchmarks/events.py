"""A company's tables drawn straight in SQL: as many usage rows as one likes, in seconds.

It knows no causes and no outcomes: it is there to be fast, skewed like real use, and the same for
the same size. Use lies in one Parquet file a month.
"""

from datetime import datetime, timedelta
from pathlib import Path

import duckdb

FIRST = datetime(2024, 11, 1)
MONTHS = 24
ROWS_PER_ACCOUNT = 500
_DRAW = "CREATE MACRO draw(a, b, n) AS (hash(a, b) % n)::BIGINT"
# A day of use touches four product features. Most users of an account are seldom there: the
# powers make some accounts larger and their first users daily ones.
_USAGE = """
SELECT 'A' || lpad(account::VARCHAR, 7, '0') AS account_id,
       'A' || lpad(account::VARCHAR, 7, '0') || '-u' || user_::VARCHAR AS user_id,
       day, 'f' || feature::VARCHAR AS feature, 1 + drawn % 9 AS "count",
       CASE WHEN visit % 50 = 0 THEN day + INTERVAL (1 + drawn % 20) DAY END AS known_at
FROM (
  SELECT i // 4 AS visit,
         floor(pow(draw(i // 4, 1, 1000003) / 1000003.0, 1.5) * {accounts})::BIGINT AS account,
         floor(pow(draw(i // 4, 2, 10007) / 10007.0, 2) * 24)::BIGINT AS user_,
         TIMESTAMP '{month}' + INTERVAL (draw(i // 4, 3, {days})) DAY AS day,
         (draw(i // 4, 5, 6) * 4 + draw(i, 4, 6)) % 24 AS feature,
         draw(i, 6, 1000) AS drawn
  FROM range({first}, {last}) t(i)
)
"""
_BORN = "TIMESTAMP '2023-11-01' + INTERVAL (draw(i, 0, 600)) DAY"
_ID = "'A' || lpad(i::VARCHAR, 7, '0')"
_TIME = "TIMESTAMP '2024-11-01' + INTERVAL (draw(i, k, 1051200)) MINUTE"
_PER_ACCOUNT = {
    "accounts": (
        1,
        f"{_ID} AS account_id, 'Company ' || i AS name, {_BORN} AS created_at, "
        "['smb', 'mid', 'enterprise'][1 + draw(i, 0, 3)] AS segment, "
        "['retail', 'health'][1 + draw(i, 0, 2)] AS industry, 'JP' AS country, 'ja' AS language, "
        "(5 + draw(i, 0, 5000))::BIGINT AS employees, "
        "['planning', 'support', 'sales'][1 + draw(i, 9, 3)] AS use_case",
    ),
    "contracts": (
        4,
        f"'K' || i || '-' || k AS change_id, {_ID} AS account_id, 'core' AS product_id, "
        "['new', 'renewal', 'expansion', 'renewal'][k + 1] AS type, "
        f"{_BORN} + INTERVAL (k * 200) DAY AS happened_at, "
        "1000.0 * (1 + draw(i, 0, 90) + k) AS arr, (5 + draw(i, 0, 40) + k)::BIGINT AS seats, "
        f"{_BORN} + INTERVAL (k * 200 + 365) DAY AS term_end, true AS auto_renew, "
        "30::BIGINT AS notice_days",
    ),
    "users": (
        8,
        f"{_ID} || '-u' || k AS user_id, {_ID} AS account_id, "
        "CASE k WHEN 0 THEN 'champion' WHEN 1 THEN 'admin' ELSE 'member' END AS role, "
        f"{_BORN} AS created_at, CASE WHEN draw(i, k, 5) = 0 THEN {_TIME} END AS deactivated_at",
    ),
    "tickets": (
        6,
        f"'T' || i || '-' || k AS ticket_id, {_ID} AS account_id, {_TIME} AS opened_at, "
        f"{_TIME} + INTERVAL (draw(k, i + 1, 900)) HOUR AS resolved_at, "
        "['low', 'normal', 'high', 'urgent'][1 + draw(i, k, 4)] AS severity, "
        "(1 + draw(k, i + 1, 5))::DOUBLE AS csat",
    ),
    "surveys": (
        6,
        f"{_ID} AS account_id, {_TIME} AS answered_at, "
        "['nps', 'csat', 'productivity'][1 + k % 3] AS question, "
        "(1 + draw(i, k + 100, 5))::DOUBLE AS score",
    ),
    "invoices": (
        8,
        f"'I' || i || '-' || k AS invoice_id, {_ID} AS account_id, {_TIME} AS issued_at, "
        f"{_TIME} + INTERVAL 30 DAY AS due_at, "
        f"{_TIME} + INTERVAL (draw(k, i + 1, 60)) DAY AS paid_at, "
        "100.25 * (1 + draw(i, k, 90)) AS amount, (draw(i, k, 3))::BIGINT AS failed_attempts",
    ),
    "milestones": (
        2,
        f"{_ID} AS account_id, {_TIME} AS happened_at, "
        "['technical_ready', 'user_ready'][k + 1] AS milestone",
    ),
    "touches": (
        10,
        f"'C' || i || '-' || k AS touch_id, {_ID} AS account_id, {_TIME} AS happened_at, "
        "['high', 'low', 'tech', 'community'][1 + draw(i, k, 4)] AS touch_model, "
        "['meeting', 'call', 'email'][1 + draw(k, i + 1, 3)] AS channel, "
        "draw(i, k + 100, 3) = 0 AS inbound, (draw(i, k, 60)) AS minutes",
    ),
}
_MODULES = """
SELECT 'f' || i AS feature, 'm' || i // 4 AS module, i % 3 = 0 AS is_core, i % 4 = 3 AS is_advanced
FROM range(22) t(i)
"""


def month_starts(n: int = MONTHS) -> list[datetime]:
    """Return the first days of the first n months, and of the one after."""
    starts = [FIRST]
    for _ in range(n):
        starts.append((starts[-1] + timedelta(days=32)).replace(day=1))
    return starts


def draw_company(folder: Path, rows: int, months: int = MONTHS) -> Path:
    """Write every table of a company with so many usage rows in 24 months; return the folder."""
    accounts = max(1, rows // ROWS_PER_ACCOUNT)
    (folder / "usage").mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"memory_limit": "3GB", "threads": 2}) as connection:
        connection.execute(_DRAW)
        for name, (each, columns) in _PER_ACCOUNT.items():
            drawn = f"SELECT {columns} FROM range({accounts}) t(i), range({each}) u(k)"
            _write(connection, drawn, folder / f"{name}.parquet")
        _write(connection, _MODULES, folder / "modules.parquet")
        for number in range(months):
            draw_month(connection, folder, rows, number)
    return folder


def draw_month(connection: duckdb.DuckDBPyConnection, folder: Path, rows: int, number: int) -> None:
    """Write one month of use, a file of its own."""
    start, end = month_starts(number + 1)[-2:]
    month = _USAGE.format(
        accounts=max(1, rows // ROWS_PER_ACCOUNT),
        month=start,
        days=(end - start).days,
        first=number * (rows // MONTHS),
        last=(number + 1) * (rows // MONTHS),
    )
    _write(connection, month, folder / "usage" / f"{start:%Y-%m}.parquet")


def _write(connection: duckdb.DuckDBPyConnection, rows: str, path: Path) -> None:
    connection.execute(f"COPY ({rows}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
