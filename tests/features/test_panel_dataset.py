"""A panel in partitions: the same rows, only what changed is built, nothing is ever half there."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features import LabelWindow, build_panel, open_source
from features.errors import PanelError, SourceError
from features.panel_dataset import read_panel_dataset, write_panel_dataset
from features.parts import part_file

GRID = [datetime(2024, 9, 2), datetime(2024, 9, 30), datetime(2024, 10, 28), datetime(2024, 11, 25)]
Frames = dict[str, pd.DataFrame]
Write = Callable[[Frames, Path], Path]


def grow(
    folder: Path, out: Path, as_of: list[datetime], labels: LabelWindow | None = None
) -> tuple[datetime, ...]:
    with open_source(folder) as source:
        return write_panel_dataset(source, as_of, out, labels=labels).built


def plain(folder: Path, labels: LabelWindow | None = None) -> pa.Table:
    with open_source(folder) as source:
        return build_panel(source, GRID, labels=labels).replace_schema_metadata(None)


def until(company: Frames, day: datetime) -> Frames:
    """What had happened before a day; contract changes stay, as agreed in advance."""
    times = {"usage": "day", "tickets": "opened_at", "surveys": "answered_at",
             "touches": "happened_at", "milestones": "happened_at"}  # fmt: skip
    early = {name: company[name][company[name][time] < day] for name, time in times.items()}
    return {**company, "contracts": company["contracts"].drop(columns="known_at"), **early}


def test_partitions_are_the_panel(small_company: Frames, write: Write, tmp_path: Path) -> None:
    folder, out = write(small_company, tmp_path / "company"), tmp_path / "panel"
    assert grow(folder, out, GRID[1:]) == tuple(GRID[1:])
    assert grow(folder, out, GRID) == (GRID[0],)
    assert grow(folder, out, GRID) == ()
    assert read_panel_dataset(out).replace_schema_metadata(None).equals(plain(folder))
    assert sorted(path.name for path in out.iterdir())[0] == "as_of=2024-09-02"


def test_rows_known_later_leave_earlier_partitions_alone(
    small_company: Frames, write: Write, tmp_path: Path
) -> None:
    known = {
        name: frame[frame.known_at.fillna(frame[time]) < GRID[2]]
        for name, frame, time in (
            ("tickets", small_company["tickets"], "opened_at"),
            ("contracts", small_company["contracts"], "happened_at"),
        )
    }
    out = tmp_path / "panel"
    grow(write({**small_company, **known}, tmp_path / "early"), out, GRID[:3])
    later = write(small_company, tmp_path / "later")
    assert grow(later, out, GRID) == (GRID[3],)
    assert read_panel_dataset(out).replace_schema_metadata(None).equals(plain(later))


def test_a_night_builds_its_own_date_alone(
    small_company: Frames, write: Write, tmp_path: Path
) -> None:
    """The dates lie in one month of use, which grows every night, with late rows of days before."""
    nights = [datetime(2024, 10, day) for day in (21, 22, 23)]
    usage, out = small_company["usage"], tmp_path / "panel"
    known_at = usage.known_at.fillna(usage.day)
    came = usage[(known_at >= nights[0]) & (known_at < nights[-1])]
    assert (came.day < nights[0]).any()
    assert (came.day >= nights[0]).any()
    for night in nights:
        known = usage[known_at < night]
        folder = write({**small_company, "usage": known}, tmp_path / "company")
        assert grow(folder, out, nights[: nights.index(night) + 1]) == (night,)
    with open_source(write(small_company, tmp_path / "company")) as source:
        expected = build_panel(source, nights).replace_schema_metadata(None)
        assert write_panel_dataset(source, nights, out).built == ()
    assert read_panel_dataset(out).replace_schema_metadata(None).equals(expected)
    changed = usage.assign(
        count=usage["count"] + (known_at == known_at[known_at < nights[1]].max())
    )
    folder = write({**small_company, "usage": changed}, tmp_path / "company")
    assert set(grow(folder, out, nights)) == set(nights[1:])


def test_who_works_here_is_in_no_partition(
    small_company: Frames, write: Write, tmp_path: Path
) -> None:
    out, staff = tmp_path / "panel", pd.DataFrame({"csm_id": ["C1"], "name": ["Sato"]})
    grow(write({**small_company, "csms": staff}, tmp_path / "company"), out, GRID[:2])
    more = pd.concat([staff, staff.assign(csm_id="C2")])
    assert grow(write({"csms": more}, tmp_path / "company"), out, GRID[:2]) == ()


def test_a_changed_past_is_built_again(small_company: Frames, write: Write, tmp_path: Path) -> None:
    folder, out = write(small_company, tmp_path / "company"), tmp_path / "panel"
    grow(folder, out, GRID)
    touches = small_company["touches"]
    one_more = touches.iloc[:1].assign(touch_id="late", happened_at=GRID[1] + pd.Timedelta(days=3))
    write({"touches": pd.concat([touches, one_more])}, folder)
    assert grow(folder, out, GRID) == tuple(GRID[2:])
    assert read_panel_dataset(out).replace_schema_metadata(None).equals(plain(folder))


def test_versions_that_swap_what_they_say_are_built_again(
    small_company: Frames, write: Write, tmp_path: Path
) -> None:
    frame, out = small_company["tickets"].iloc[:1].assign(opened_at=GRID[0]), tmp_path / "panel"
    resolved = [GRID[0] + pd.Timedelta(days=day) for day in (2, 4)]
    known = [GRID[0] + pd.Timedelta(days=day) for day in (3, 3.5)]
    for built, times in (([GRID[1]], resolved), ([GRID[1]], resolved[::-1])):
        tickets = pd.concat([frame] * 2).assign(resolved_at=times, known_at=known)
        folder = write({**small_company, "tickets": tickets}, tmp_path / "company")
        assert grow(folder, out, GRID[1:2]) == tuple(built)


def test_failed_attempts_count_from_a_correction_in_what_a_partition_is_made_of(
    small_company: Frames, write: Write, tmp_path: Path
) -> None:
    first, out = small_company["invoices"].iloc[:1].assign(paid_at=pd.NaT), tmp_path / "panel"
    first = first.assign(issued_at=GRID[0], known_at=pd.NaT).astype(first.dtypes.to_dict())
    again = first.assign(known_at=GRID[1] + pd.Timedelta(days=1))
    told = [(1, 1, GRID), (2, 1, []), (2, 2, GRID[2:])]
    for before, after, built in told:
        both = [first.assign(failed_attempts=before), again.assign(failed_attempts=after)]
        company = {**small_company, "invoices": pd.concat(both)}
        assert grow(write(company, tmp_path / "company"), out, GRID) == tuple(built)


def test_labels_are_built_again_until_they_are_certain(
    small_company: Frames, write: Write, tmp_path: Path
) -> None:
    early = write(until(small_company, datetime(2025, 1, 25)), tmp_path / "early")
    out, window = tmp_path / "panel", LabelWindow()
    grow(early, out, GRID, window)
    later = write(until(small_company, datetime(2026, 1, 1)), tmp_path / "later")
    # 134 days from 2 September end on 14 January, and no departure is in doubt on 25 January:
    # the first partition was certain before.
    assert grow(later, out, GRID, window) == tuple(GRID[1:])
    assert read_panel_dataset(out).replace_schema_metadata(None).equals(plain(later, window))


def test_labels_of_a_planned_departure_follow_its_day_and_who_takes_it_back(
    tiny: Frames, write: Write, tmp_path: Path
) -> None:
    """Decided in the window, in effect two years later; a reactivation of that day undoes it."""
    out, asked, window = tmp_path / "panel", [datetime(2024, 6, 1)], LabelWindow()
    first = tiny["contracts"].iloc[:1].assign(
        type="new", happened_at=pd.Timestamp("2023-01-01"), arr=1000.0, product_id="core",
        known_at=pd.NaT, requested_at=pd.NaT, change_id="K1",
    )  # fmt: skip
    who = first.account_id.iloc[0]
    gone = first.assign(change_id="K2", type="churn", arr=0.0, requested_at="2024-07-01")
    gone = gone.assign(happened_at=pd.Timestamp("2026-07-01"))
    back = gone.assign(change_id="K3", type="reactivation", arr=1000.0, requested_at="2026-01-10")
    born = tiny["accounts"][tiny["accounts"].account_id == who]
    born = born.assign(created_at=pd.Timestamp("2023-01-01"))
    use = tiny["usage"].iloc[:1].assign(account_id=who)
    told = []
    for changes, until in (
        ([first, gone], "2025-03-01"),
        ([first, gone], "2026-07-10"),
        ([first, gone], "2026-08-10"),
        ([first, gone, back], "2026-08-10"),
    ):
        contracts = pd.concat(changes).astype({"requested_at": "datetime64[us]"})
        usage = use.assign(day=pd.Timestamp(until))
        tables = {"accounts": born, "contracts": contracts, "usage": usage}
        folder = write(tables, tmp_path / "company")
        assert grow(folder, out, asked, window) == tuple(asked)
        told += read_panel_dataset(out)["churned"].to_pylist()
        assert grow(folder, out, asked, window) == ()
    assert told == [1, None, 1, 0]


def test_a_killed_run_leaves_whole_partitions(
    small_company: Frames, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out = write(small_company, tmp_path / "company"), tmp_path / "panel"
    really = pq.write_table
    written = 0

    def dies(table: pa.Table, where: Path, **options: object) -> None:
        nonlocal written
        written += 1
        if written == 2:
            Path(where).write_bytes(b"half")
            raise KeyboardInterrupt
        really(table, where, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(pq, "write_table", dies)
        with pytest.raises(KeyboardInterrupt):
            grow(folder, out, GRID)
    assert [path.name for path in out.rglob("*") if path.is_file()] == ["part.parquet"]
    assert grow(folder, out, GRID) == tuple(GRID[1:])
    assert read_panel_dataset(out).replace_schema_metadata(None).equals(plain(folder))


def test_duckdb_writes_no_uri(small_company: Frames, write: Write, tmp_path: Path) -> None:
    folder = write(small_company, tmp_path / "company")
    with open_source(folder) as source, pytest.raises(SourceError, match="let Spark write it"):
        write_panel_dataset(source, GRID, "s3a://lake/panel")


def test_damaged_and_missing(small_company: Frames, write: Write, tmp_path: Path) -> None:
    folder, out = write(small_company, tmp_path / "company"), tmp_path / "panel"
    with pytest.raises(PanelError, match="build a panel"):
        read_panel_dataset(out)
    grow(folder, out, GRID[:1])
    part_file(out, GRID[0]).write_bytes(b"broken")
    assert grow(folder, out, GRID[:1]) == (GRID[0],)


def test_the_watermark_is_that_of_the_first_uncertain_labels(
    small_company: Frames, write: Write, tmp_path: Path
) -> None:
    out, window = tmp_path / "panel", LabelWindow()
    early = write(until(small_company, datetime(2025, 1, 25)), tmp_path / "early")
    later = write(until(small_company, datetime(2025, 2, 20)), tmp_path / "later")
    grow(early, out, GRID[:2], window)
    grow(later, out, GRID[2:], window)
    first, *_, last = (pq.read_schema(part_file(out, date)).metadata for date in GRID)
    assert first[b"tierwise.newest"] < last[b"tierwise.newest"]
    # The second date's labels were not certain when it was built, and it was not built again.
    newest = read_panel_dataset(out).schema.metadata[b"tierwise.newest"]
    assert newest == first[b"tierwise.newest"]
    assert grow(later, out, GRID, window) == (GRID[1],)
    newest = read_panel_dataset(out).schema.metadata[b"tierwise.newest"]
    assert newest == last[b"tierwise.newest"]


def test_parts_made_with_other_label_windows_are_refused(
    small_company: Frames, write: Write, tmp_path: Path
) -> None:
    folder, out = write(small_company, tmp_path / "company"), tmp_path / "panel"
    grow(folder, out, GRID[:1], LabelWindow(horizon_days=60))
    grow(folder, out, GRID[1:2], LabelWindow())
    with pytest.raises(PanelError, match="another horizon_days"):
        read_panel_dataset(out)
