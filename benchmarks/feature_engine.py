"""The feature engine by size: wall, CPU and memory of each way, every one in a process of its own.

`python -m benchmarks.feature_engine --rows 1M` (10M, 100M): 500 usage rows an account, 12 monthly
snapshots over 24 months. The company is drawn once and kept in the folder named by `--folder`.
"""

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from benchmarks.by_hand import by_pandas, by_sql, scan
from benchmarks.events import MONTHS, draw_company, month_starts
from features import CATALOGUE, open_source
from features.check import require_checked
from features.panel_dataset import write_panel_dataset
from features.stage_store import months_between, open_stage

NEWEST = month_starts()[-1]
DATES = month_starts()[-12:]
MEMORY_LIMIT = "3GB"
WAYS = (
    "scan", "check", "stage", "stage one more month", "pandas", "sql by hand",
    "sql by hand, newest", "panel", "panel, newest",
)  # fmt: skip
# A loop in pandas holds all rows at once.
_MOST_FOR_PANDAS = 20_000_000


def main() -> None:
    """Run every way for one size and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", default="1M")
    parser.add_argument(
        "--folder", type=Path, default=Path(tempfile.gettempdir()) / "tierwise-bench"
    )
    parser.add_argument("--way", choices=WAYS)
    options = parser.parse_args()
    rows = int(options.rows.upper().replace("M", "000000").replace("K", "000"))
    folder = options.folder / options.rows
    if options.way:
        print(json.dumps(_measured(options.way, folder)))
        return
    if not (folder / "company" / "modules.parquet").exists():
        draw_company(folder / "company", rows)
    print(f"{rows:,} rows of usage, {len(DATES)} snapshots, {len(CATALOGUE)} features")
    print(f"{'':<24}{'wall s':>9}{'CPU s':>9}{'peak GB':>9}{'cells':>14}{'CPU ns a cell':>15}")
    for way in WAYS:
        if way == "pandas" and rows > _MOST_FOR_PANDAS:
            continue
        _print(way, _in_a_process(way, options.folder, options.rows))


def _in_a_process(way: str, folder: Path, rows: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.feature_engine", "--rows", rows]
    command += ["--folder", str(folder), "--way", way]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _print(way: str, found: dict[str, float]) -> None:
    each = f"{found['cpu'] / found['cells'] * 1e9:>15,.0f}" if found["cells"] else ""
    numbers = f"{found['wall']:>9.1f}{found['cpu']:>9.1f}{found['peak']:>9.2f}"
    print(f"{way:<24}{numbers}{found['cells'] or 0:>14,}{each}", flush=True)


def _measured(way: str, folder: Path) -> dict[str, float]:
    # What is there before the way begins (imports, connections) is not its cost.
    before, start = _cpu(), time.perf_counter()
    cells = _run(way, folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    wall = time.perf_counter() - start
    return {"wall": wall, "cpu": _cpu() - before, "peak": peak, "cells": cells}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _run(way: str, folder: Path) -> int:
    company, stage = folder / "company", folder / "stage"
    dates = [NEWEST] if "newest" in way else DATES
    if way == "scan":
        return scan(company)
    if way == "pandas":
        return by_pandas(company, dates)
    if way.startswith("sql"):
        (held,) = stage.iterdir()
        return by_sql(company, held, dates, MEMORY_LIMIT)
    if way == "stage":
        shutil.rmtree(stage, ignore_errors=True)
        return _stage(company, stage, MONTHS - 1)
    if way == "stage one more month":
        return _stage(company, stage, MONTHS)
    if way == "check":
        with open_source(company, memory_limit=MEMORY_LIMIT) as source:
            require_checked(source)
            return 0 if source.digest else 1
    return _panel(company, stage, dates)


def _stage(company: Path, stage: Path, months: int) -> int:
    """Stage so many months; a file of usage that has not come yet is put aside."""
    late = sorted((company / "usage").glob("*.parquet"))[months:]
    aside = [path.rename(company / path.name) for path in late]
    try:
        with open_source(company, memory_limit=MEMORY_LIMIT, stage_directory=stage) as source:
            open_stage(source, months_between(month_starts()[0], month_starts(months)[-2]))
    finally:
        for path in aside:
            path.rename(company / "usage" / path.name)
    return 0


def _panel(company: Path, stage: Path, dates: list[datetime]) -> int:
    with (
        tempfile.TemporaryDirectory() as out,
        open_source(company, memory_limit=MEMORY_LIMIT, stage_directory=stage) as source,
    ):
        source.checked = ()  # the check is a line of its own
        written = write_panel_dataset(source, dates, out)
        return written.rows * len(CATALOGUE)


if __name__ == "__main__":
    main()
