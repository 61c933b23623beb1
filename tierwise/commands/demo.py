"""`tierwise demo`: the whole way on a simulated company, by the commands a user would type."""

import shlex
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from tierwise.common import Common, require_seed
from tierwise.errors import CommandError
from tierwise.needs import print_needs
from tierwise.settings import Settings

OUTCOMES = ("churn", "expansion")
# Features look back up to a year; half of it is enough for the first snapshot of a demo.
WARM_UP_DAYS = 182
DAYS_PER_MONTH = 30
GOES_ON = "a demo goes on although a check failed"


def demo(
    *,
    accounts: int = 800,
    months: int = 30,
    seed: int = 7,
    port: int | None = None,
    serve: bool = True,
    common: Common | None = None,
) -> None:
    """Simulate → check → features → train both → promote → nightly run → who needs whom → serve.

    Parameters
    ----------
    accounts
        Number of simulated accounts.
    months
        Length of the simulated history.
    seed
        Same seed, same company, same scores.
    port
        Port of the service.
    serve
        Whether to serve at the end.
    """
    require_seed(seed)
    common = common or Common()
    settings = common.settings(port=port)
    company = settings.home / "company"
    size = ["--accounts", str(accounts), "--months", str(months), "--seed", str(seed)]
    seconds = {"simulate": _spend(["simulate", str(company), *size], settings)}
    for line in _way(company, months, settings):
        name = " ".join(word for word in line[:3] if word in {line[0], *OUTCOMES})
        seconds[name] = _spend(line, settings)
    print_needs(settings)
    print(f"\nFrom nothing to scores, reasons and tiers in {sum(seconds.values()):.0f} s.")
    common.write_json({"seconds": seconds})
    if serve:
        _spend(["serve", "--port", str(settings.port)], settings)


def _way(company: Path, months: int, settings: Settings) -> Iterator[list[str]]:
    """Command lines from raw tables to a stored run."""
    panel = str(settings.home / "panel.parquet")
    yield ["check", str(company)]
    last = _last_as_of(company)
    n_steps = max(0, DAYS_PER_MONTH * months - WARM_UP_DAYS) // settings.step_days
    first = last - timedelta(days=n_steps * settings.step_days)
    span = ["--from", f"{first:%Y-%m-%d}", "--to", f"{last:%Y-%m-%d}"]
    yield ["features", str(company), *span, "--out", panel]
    for outcome in OUTCOMES:
        yield ["train", "--outcome", outcome, panel]
    for outcome in OUTCOMES:
        yield ["promote", "--outcome", outcome]
    yield ["run", str(company), "--as-of", span[-1]]


def _last_as_of(company: Path) -> datetime:
    """The day after the newest row: the first midnight at which all of it is known."""
    from features import open_source

    with open_source(company) as source:
        newest = source.newest
    if newest is None:
        raise CommandError(f"the simulated company in {company} is empty; simulate more accounts.")
    return datetime(newest.year, newest.month, newest.day) + timedelta(days=1)


def _spend(arguments: list[str], settings: Settings) -> float:
    """Run one command line as if typed; seconds it took.

    A refused promotion is forced: a demo goes on to show the rest, and the reason is recorded.
    """
    arguments = [*arguments, "--home", str(settings.home)]
    start = time.perf_counter()
    code = _typed(arguments)
    if code and arguments[0] == "promote":
        code = _typed([*arguments, "--force", "--why", GOES_ON])
    if code:
        raise CommandError(
            f"the demo stopped: 'tierwise {arguments[0]}' ended with exit code {code}."
        )
    return round(time.perf_counter() - start, 1)


def _typed(arguments: list[str]) -> int:
    from tierwise.__main__ import run

    print(f"\n$ tierwise {shlex.join(arguments)}", flush=True)
    return run(arguments)
