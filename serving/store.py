"""The store: runs are written whole or not at all, and never change.

The run in force is the newest as_of; among runs of one as_of, the one written last.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func, insert, make_url, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from features import answering
from features.places import shown
from serving import tables
from serving.errors import StoreError
from serving.records import (
    FiredSignal,
    ModelUsed,
    OutcomeScore,
    Record,
    Run,
    SeatCount,
    TierDecision,
)
from serving.tables import exact_json

CHUNK = 500  # rows asked for at once: below SQLite's limit of variables


def default_url(home: Path) -> str:
    """Return the URL of the SQLite store in ``home``."""
    return f"sqlite:///{Path(home).resolve() / 'tierwise.db'}"


def open_engine(url: str) -> Engine:
    """Connect to the store and make its tables where they are missing.

    Raises
    ------
    StoreError
        When the URL is malformed or the database cannot be reached.
    """
    try:
        engine = create_engine(url, connect_args=_patience(url))
        if engine.dialect.name == "sqlite":
            _prepare_sqlite(engine)
        tables.metadata.create_all(engine)
    except (SQLAlchemyError, OSError, ImportError) as error:
        # The driver's own sentence; what SQLAlchemy puts around it is for programmers.
        why = (str(getattr(error, "orig", None) or error).strip().splitlines() or ["no answer"])[0]
        raise StoreError(f"cannot open the store {shown(url)}: {why}; check store_url") from error
    return engine


def _patience(url: str) -> dict[str, int]:
    """Return how long PostgreSQL is waited for, where the URL does not say."""
    asked = make_url(url)
    waits = asked.get_backend_name() == "postgresql" and "connect_timeout" not in asked.query
    return {"connect_timeout": answering.TIMEOUT_SECONDS} if waits else {}


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    """Open the store for a while; its connections are closed after."""
    engine = open_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


def _prepare_sqlite(engine: Engine) -> None:
    if engine.url.database:
        Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _entry: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "foreign_keys=ON", "busy_timeout=10000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


def write_run(engine: Engine, run: Run, records: Iterable[Record]) -> bool:
    """Write a run and its records in one transaction; False when it was there already."""
    with engine.begin() as connection:
        if connection.scalar(select(tables.runs.c.run_id).filter_by(run_id=run.run_id)):
            return False
        connection.execute(insert(tables.runs), [_run_row(run)])
        for batch in batched(records, CHUNK):
            _write_records(connection, run.run_id, batch)
    return True


def _write_records(connection: Connection, run_id: str, records: Sequence[Record]) -> None:
    rows = {
        tables.scores: [_score_row(run_id, record) for record in records],
        tables.outcomes: [row for record in records for row in _outcome_rows(record)],
        tables.signals: [row for record in records for row in _signal_rows(record)],
    }
    for table, values in rows.items():
        if values:
            connection.execute(insert(table), values)


def _outcome_rows(record: Record) -> Iterable[dict[str, Any]]:
    for outcome, score in record.outcomes.items():
        names = {"score_id": record.score_id, "outcome": outcome}
        yield asdict(score) | names | {"pp": exact_json(score.pp)}


def _signal_rows(record: Record) -> Iterable[dict[str, Any]]:
    for signal in record.signals:
        yield {
            "score_id": record.score_id,
            "code": signal.code,
            "severity": signal.severity,
            "fired": signal.fired,
            "words": exact_json({"title": dict(signal.title), "text": dict(signal.text)}),
        }


def batched(records: Iterable[Record], size: int) -> Iterable[list[Record]]:
    """Yield lists of at most ``size`` records."""
    remaining = iter(records)
    while batch := list(islice(remaining, size)):
        yield batch


def _run_row(run: Run) -> dict[str, Any]:
    row = asdict(run)
    return row | {name: exact_json(row[name]) for name in ("models", "peers", "seats")}


def _score_row(run_id: str, record: Record) -> dict[str, Any]:
    names = ("score_id", "account_id", "name", "arr", "csm_id", "segment", "use_case", "eligible")
    return {name: getattr(record, name) for name in names} | {
        "run_id": run_id,
        "features": exact_json(dict(record.features)),
        "was": None if record.was is None else exact_json(dict(record.was)),
        "tier": record.tier.name,
        "margin": record.tier.margin,
        "decision": exact_json(asdict(record.tier)),
    }


def id_in_force(engine: Engine) -> str | None:
    """Return the run_id of the newest run, or None when none was ever written."""
    runs = tables.runs.c
    newest = select(runs.run_id).order_by(runs.as_of.desc(), runs.sequence.desc()).limit(1)
    with engine.connect() as connection:
        return connection.scalar(newest)


def run_by_id(engine: Engine, run_id: str) -> Run | None:
    """Return the run ``run_id``, or None."""
    question = select(tables.runs).filter_by(run_id=run_id)
    with engine.connect() as connection:
        row = connection.execute(question).mappings().first()
    if row is None:
        return None
    values = {name: row[name] for name in row if name != "sequence"}
    models = {
        outcome: ModelUsed(**(used | {"columns": tuple(used["columns"])}))
        for outcome, used in json.loads(row["models"]).items()
    }
    seats = tuple(SeatCount(**seat) for seat in json.loads(row["seats"]))
    return Run(**(values | {"models": models, "peers": json.loads(row["peers"]), "seats": seats}))


def records_of(engine: Engine, run_id: str, account_ids: Sequence[str]) -> dict[str, Record]:
    """Return the records of ``account_ids`` in a run, by account_id; unknown ones are absent."""
    found: dict[str, Record] = {}
    with engine.connect() as connection:
        for start in range(0, len(account_ids), CHUNK):
            wanted = list(account_ids[start : start + CHUNK])
            question = select(tables.scores).where(
                tables.scores.c.run_id == run_id, tables.scores.c.account_id.in_(wanted)
            )
            rows = [dict(row) for row in connection.execute(question).mappings()]
            found |= {record.account_id: record for record in _records(connection, rows)}
    return found


def _records(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> list[Record]:
    ids = [row["score_id"] for row in rows]
    outcomes: dict[str, dict[str, OutcomeScore]] = {score_id: {} for score_id in ids}
    for row in _of_scores(connection, tables.outcomes, ids):
        names = ("probability", "base_probability", "margin", "base_margin", "percentile")
        score = OutcomeScore(**{n: row[n] for n in names}, pp=tuple(json.loads(row["pp"])))
        outcomes[row["score_id"]][row["outcome"]] = score
    signals: dict[str, list[FiredSignal]] = {score_id: [] for score_id in ids}
    for row in _of_scores(connection, tables.signals, ids):
        words = json.loads(row["words"])
        signal = FiredSignal(
            row["code"], row["severity"], row["fired"], words["title"], words["text"]
        )
        signals[row["score_id"]].append(signal)
    return [_record(row, outcomes[row["score_id"]], signals[row["score_id"]]) for row in rows]


def _of_scores(connection: Connection, table: Any, ids: list[str]) -> Iterable[Mapping[str, Any]]:
    question = select(table).where(table.c.score_id.in_(ids))
    return [dict(row) for row in connection.execute(question).mappings()]


def _record(
    row: Mapping[str, Any], outcomes: dict[str, OutcomeScore], signals: list[FiredSignal]
) -> Record:
    names = ("score_id", "account_id", "name", "arr", "csm_id", "segment", "use_case", "eligible")
    severity = {"high": 0, "medium": 1, "low": 2}
    return Record(
        **{name: row[name] for name in names},
        features=json.loads(row["features"]),
        was=None if row["was"] is None else json.loads(row["was"]),
        outcomes=outcomes,
        signals=tuple(sorted(signals, key=lambda s: (severity.get(s.severity, 3), s.code))),
        tier=TierDecision(**json.loads(row["decision"])),
    )


def n_records(engine: Engine, run_id: str) -> int:
    """Return the number of accounts in a run."""
    question = select(func.count()).select_from(tables.scores).filter_by(run_id=run_id)
    with engine.connect() as connection:
        return int(connection.scalar(question) or 0)
