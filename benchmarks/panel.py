"""The panel against the limit: CPU to build a snapshot over CPU to merely scan what it reads."""

import tempfile
from datetime import datetime
from pathlib import Path

import duckdb

from benchmarks.timing import cpu_seconds
from features import build_panel, open_source
from simulator import simulate

AS_OF = datetime(2026, 9, 1)


def main() -> None:
    """Print the ratio for one snapshot and for six."""
    with tempfile.TemporaryDirectory() as folder:
        company = Path(folder) / "company"
        simulate(company, accounts=400, months=24, seed=7)
        scan = cpu_seconds(lambda: _scan(company))
        print(f"{'scan of the usage columns':<32}{scan:8.2f} CPU s   1.0 ×")
        for n in (1, 6):
            dates = [datetime(2026, 9 - k, 1) for k in range(n)]
            seconds = cpu_seconds(lambda dates=dates: _build(company, dates), runs=3)
            print(f"{f'panel of {n} snapshots':<32}{seconds:8.2f} CPU s {seconds / scan:5.1f} ×")


def _scan(company: Path) -> object:
    usage = company / "usage.parquet"
    parts = usage / "*.parquet" if usage.is_dir() else usage
    columns = "min(account_id), min(user_id), min(day), min(feature), sum(count)"
    return duckdb.execute(f"SELECT {columns} FROM read_parquet(?)", [str(parts)]).fetchall()


def _build(company: Path, dates: list[datetime]) -> object:
    with open_source(company) as source:
        return build_panel(source, dates)


if __name__ == "__main__":
    main()
