"""The whole company: `simulate` lives through it chunk by chunk and writes its tables and truth.

A chunk is a few hundred accounts with their own streams of draws: memory does not grow with size.
"""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from simulator.accounts import accounts_table
from simulator.burn_in import life_with_burn_in
from simulator.config import Config
from simulator.contacts import draw_episodes, tickets_table
from simulator.contracts import contracts_table
from simulator.errors import PresetError, nearest
from simulator.history import History
from simulator.invoices import invoices_table
from simulator.late_arrivals import arrived
from simulator.milestones import milestones_table
from simulator.modules import modules_table
from simulator.people import draw_users, users_table
from simulator.population import Population, draw_population
from simulator.preset_files import load_preset
from simulator.report import SimulationReport, Tally
from simulator.surveys import surveys_table
from simulator.tables import REQUIRED, SCHEMAS
from simulator.team_members import csms_table, hire
from simulator.timeline import Timeline, timeline
from simulator.touch_rows import touches_table
from simulator.truth import truth_tables
from simulator.usage import usage_tables
from simulator.writer import STAMP, Writer, replaced_folder


def simulate(
    out: Path,
    *,
    accounts: int | None = None,
    months: int | None = None,
    seed: int = 7,
    preset: str = "default",
    omit: tuple[str, ...] = (),
) -> SimulationReport:
    """Write a simulated company's raw tables to `out` and the truth behind them to `out/truth`.

    Parameters
    ----------
    out
        A new or empty folder, or an earlier simulation, which is replaced whole.
    accounts, months
        Customers over all the time, and the length of the period; by default the preset's.
    seed
        The same seed gives the same bytes.
    preset
        One of `PRESETS`.
    omit
        Optional tables to leave out, as if the company did not have them.

    Raises
    ------
    PresetError
        For an unknown preset, a size that cannot be simulated or a table that cannot be left out.
    OutputError
        When `out` holds anything but an earlier simulation.
    """
    config = _sized(load_preset(preset), accounts, months, omit)
    line = timeline(config.company)
    tally = Tally()
    with replaced_folder(Path(out)) as folder:
        writer = Writer(folder)
        for people in _chunks(config, line, seed=seed):
            history = life_with_burn_in(config, people, line, seed=seed)
            episodes = draw_episodes(config, people, history, line, seed=seed)
            tally.add(history, episodes, line)
            for name, part in _tables(config, people, history, line, seed=seed):
                if name not in config.company.omit_tables:
                    writer.write(name, arrived(part, line.first + line.n_days))
        writer.close()
        report = tally.report(out=Path(out), preset=preset, seed=seed, config=config, line=line)
        report = dataclasses.replace(report, rows=dict(sorted(writer.rows.items())))
        stamp = json.dumps(report.as_json(), indent=2, ensure_ascii=False) + "\n"
        (folder / "truth" / STAMP).write_text(stamp, encoding="utf-8")
    return report


def _sized(
    config: Config, accounts: int | None, months: int | None, omit: tuple[str, ...]
) -> Config:
    for name in omit:
        if name not in SCHEMAS or name in REQUIRED:
            optional = [table for table in SCHEMAS if table not in REQUIRED]
            raise PresetError(
                f"cannot omit {name!r}{nearest(name, optional)}; optional: {', '.join(optional)}"
            )
    company = dataclasses.replace(
        config.company,
        accounts=config.company.accounts if accounts is None else accounts,
        months=config.company.months if months is None else months,
        omit_tables=(*config.company.omit_tables, *omit),
    )
    if company.accounts < 1:
        raise PresetError(f"accounts must be at least 1, got {company.accounts}")
    return dataclasses.replace(config, company=company)


def _chunks(config: Config, line: Timeline, *, seed: int) -> Iterator[Population]:
    total, size = config.company.accounts, config.company.chunk
    for chunk, first in enumerate(range(0, total, size)):
        count = min(size, total - first)
        yield draw_population(
            config, seed=seed, chunk=chunk, first=first, size=count, n_days=line.n_days
        )


def _tables(
    config: Config, people: Population, history: History, line: Timeline, *, seed: int
) -> Iterator[tuple[str, pa.Table]]:
    """Yield the parts of one chunk by table name; those of the truth below `truth/`."""
    staff = hire(config, people, history, seed=seed)
    users = draw_users(config, people, history, line, seed=seed)
    episodes = draw_episodes(config, people, history, line, seed=seed)
    yield "accounts", accounts_table(config, people, history, staff, line, seed=seed)
    yield "contracts", contracts_table(config, people, history, seed=seed)
    yield "users", users_table(people, users, line)
    if people.chunk == 0:
        yield "modules", modules_table()
    yield "tickets", tickets_table(config, people, history, episodes, line, seed=seed)
    yield "surveys", surveys_table(config, people, history, users, line, seed=seed)
    yield "invoices", invoices_table(people, history, line, seed=seed)
    yield "milestones", milestones_table(people, history, line, seed=seed)
    yield "touches", touches_table(config, people, history, staff, episodes, line, seed=seed)
    yield "csms", csms_table(config, staff, line)
    for part in usage_tables(config, people, history, users, line, seed=seed):
        yield "usage", part
    for name, part in truth_tables(config, people, history, line, seed=seed):
        yield f"truth/{name}", part
