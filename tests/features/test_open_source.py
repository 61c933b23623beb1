"""Opening a source: formats, parts, absent and damaged files, and the digest."""

import csv
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from features import build_panel, check_source, open_source
from features.errors import SourceError

AS_OF = datetime(2024, 9, 2)
Frames = dict[str, pd.DataFrame]
Write = Callable[[Frames, Path], Path]


def panel_at(folder: Path) -> pa.Table:
    with open_source(folder) as source:
        return build_panel(source, [AS_OF]).replace_schema_metadata(None)


def test_csv_and_parts_give_the_same_panel(
    small_company: Frames, write: Write, tmp_path: Path
) -> None:
    plain = write(small_company, tmp_path / "plain")
    mixed = tmp_path / "it's [1] a * with space"
    write({n: f for n, f in small_company.items() if n not in ("usage", "tickets")}, mixed)
    small_company["tickets"].to_csv(mixed / "tickets.csv", index=False)
    usage = small_company["usage"]
    for number, part in enumerate((usage.iloc[::2], usage.iloc[1::2])):
        write({f"part-{number}": part}, mixed / "usage")
    assert panel_at(mixed).equals(panel_at(plain))


def test_a_folder_as_spark_writes_it(tiny: Frames, write: Write, tmp_path: Path) -> None:
    """Unfinished and hidden files in it are no parts."""
    plain = write(tiny, tmp_path / "plain")
    spark = write({n: f for n, f in tiny.items() if n != "usage"}, tmp_path / "spark")
    for name in ("part-0", "_temporary/0/attempt_1/part-0", ".part-1"):
        file = spark / "usage.parquet" / f"{name}.parquet"
        write({file.stem: tiny["usage"]}, file.parent)
    assert panel_at(spark).equals(panel_at(plain))


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_empty_text_is_missing(
    kind: str, small_company: Frames, write: Write, tmp_path: Path
) -> None:
    """No user, no survey's user, no segment: not one with an empty name."""
    blank = {("usage", "user_id"): 3, ("surveys", "user_id"): 2, ("accounts", "segment"): 2}
    missing, empty = dict(small_company), dict(small_company)
    for (table, column), each in blank.items():
        gone = pd.Series(range(len(missing[table])), index=missing[table].index) % each == 0
        missing[table] = missing[table].assign(**{column: missing[table][column].mask(gone)})
        filled = empty[table][column].where(~gone, "")
        empty[table] = empty[table].assign(**{column: filled})
    assert (empty["usage"]["user_id"] == "").any()
    plain = write(missing, tmp_path / "plain")
    if kind == "parquet":
        blanks = write(empty, tmp_path / "blanks")
    else:
        blanks = tmp_path / "blanks"
        blanks.mkdir()
        for name, frame in empty.items():
            frame.to_csv(blanks / f"{name}.csv", index=False, quoting=csv.QUOTE_NONNUMERIC)
    assert panel_at(blanks).equals(panel_at(plain))


def test_an_empty_key_is_a_missing_key(tiny: Frames, write: Write, tmp_path: Path) -> None:
    usage = tiny["usage"].assign(account_id="")
    (problem,) = check_source(write({**tiny, "usage": usage}, tmp_path)).problems
    assert (problem.table, problem.column, problem.rows) == ("usage", "account_id", len(usage))
    assert "null" in problem.problem


@pytest.mark.parametrize("n_before", [1, 30_000])
@pytest.mark.parametrize("ragged", ["K,A1,new,2024-01-01,1,000", "K,A1,new,2024-01-01"])
def test_a_line_that_does_not_fit_its_header_is_named(
    ragged: str, n_before: int, tiny: Frames, write: Write, tmp_path: Path
) -> None:
    """Not that columns are missing which are there."""
    folder = write({n: f for n, f in tiny.items() if n != "contracts"}, tmp_path)
    lines = [f"K{n},A1,renewal,2024-01-01,1000" for n in range(n_before)]
    header = "change_id,account_id,type,happened_at,arr"
    text = "\n".join([header, *lines, ragged, lines[0], ""])
    (folder / "contracts.csv").write_text(text, encoding="utf-8")
    (problem,) = check_source(folder).problems
    n_cells = ragged.count(",") + 1
    said = f"line {n_before + 2} has {n_cells} cells where the header has 5: '{ragged}'"
    assert (problem.table, problem.column) == ("contracts", None)
    assert problem.problem.startswith(said)


def test_a_line_is_where_it_begins(tiny: Frames, write: Write, tmp_path: Path) -> None:
    folder = write({n: f for n, f in tiny.items() if n != "contracts"}, tmp_path)
    two_lines = 'K1,A1,"re\nnewal",2024-01-01,1000'
    text = f"change_id,account_id,type,happened_at,arr\n{two_lines}\n{two_lines},000\n"
    (folder / "contracts.csv").write_text(text, encoding="utf-8")
    (problem,) = check_source(folder).problems
    assert problem.problem.startswith("line 4 has 6 cells")


def test_a_cell_without_an_end_is_a_problem(tiny: Frames, write: Write, tmp_path: Path) -> None:
    folder = write({n: f for n, f in tiny.items() if n != "contracts"}, tmp_path)
    line = "K1,A1,new,2024-01-01,1000\n"
    text = f'change_id,account_id,type,happened_at,arr\nK0,"A1,new\n{line * 10_000}'
    (folder / "contracts.csv").write_text(text, encoding="utf-8")
    assert {problem.table for problem in check_source(folder).problems} == {"contracts"}


def test_raw_events_instead_of_days(small_company: Frames, write: Write, tmp_path: Path) -> None:
    usage = small_company["usage"]
    events = usage.loc[usage.index.repeat(usage["count"])].drop(columns=["count", "known_at"])
    events = events.rename(columns={"day": "happened_at"})
    events["happened_at"] += pd.Timedelta(hours=23, minutes=59)
    some = usage[usage["count"] > 0].drop(columns="known_at")
    daily = write({**small_company, "usage": some}, tmp_path / "daily")
    raw = write({**small_company, "usage": events}, tmp_path / "raw")
    assert panel_at(raw).equals(panel_at(daily))


@pytest.mark.parametrize("unit", ["us", "ns"])
def test_times_with_a_zone_mean_utc(
    unit: str, small_company: Frames, write: Write, tmp_path: Path
) -> None:
    plain = write(small_company, tmp_path / "plain")
    zoned = write(small_company, tmp_path / "zoned")
    table = pq.read_table(zoned / "tickets.parquet")
    place = table.column_names.index("opened_at")
    tokyo = pc.assume_timezone(table["opened_at"], "UTC").cast(pa.timestamp(unit, "Asia/Tokyo"))
    pq.write_table(table.set_column(place, "opened_at", tokyo), zoned / "tickets.parquet")
    assert panel_at(zoned).equals(panel_at(plain))


def test_digest_follows_content_not_place(tiny: Frames, write: Write, tmp_path: Path) -> None:
    def digest(frames: Frames, name: str) -> str:
        with open_source(write(frames, tmp_path / name)) as source:
            return source.digest

    other = {**tiny, "usage": tiny["usage"].assign(count=2)}
    assert digest(tiny, "here") == digest(tiny, "there") != digest(other, "other")


def test_watermark_and_missing(tiny: Frames, write: Write, tmp_path: Path) -> None:
    usage = tiny["usage"].assign(day=pd.Timestamp("2024-03-05"))
    ahead = tiny["contracts"].assign(happened_at=pd.Timestamp("2030-01-01"))
    folder = write({**tiny, "usage": usage, "contracts": ahead}, tmp_path)
    with open_source(folder) as source:
        # A contract change dated ahead does not move the watermark.
        assert source.newest == datetime(2024, 3, 5)
        assert {"tickets", "usage.known_at", "contracts.seats"} <= source.missing
        assert "usage.day" not in source.missing


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        open_source(tmp_path / "nowhere")
    with pytest.raises(SourceError, match="does not exist"):
        check_source(tmp_path / "nowhere")


def test_missing_table_names_what_is_near(tiny: Frames, write: Write, tmp_path: Path) -> None:
    folder = write({"useage" if n == "usage" else n: f for n, f in tiny.items()}, tmp_path)
    with pytest.raises(SourceError, match=r"usage: the required table is missing.*'useage'"):
        open_source(folder)
    (problem,) = check_source(folder).problems
    assert (problem.table, problem.column) == ("usage", None)


def test_truncated_file(small_company: Frames, write: Write, tmp_path: Path) -> None:
    folder = write(small_company, tmp_path)
    whole = (folder / "usage.parquet").read_bytes()
    (folder / "usage.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SourceError, match="usage: cannot be read"):
        open_source(folder)
    assert [problem.table for problem in check_source(folder).problems] == ["usage"]


def test_damage_inside_a_file(small_company: Frames, write: Write, tmp_path: Path) -> None:
    folder = write(small_company, tmp_path)
    content = bytearray((folder / "usage.parquet").read_bytes())
    content[4 : len(content) // 2] = b"\x00" * (len(content) // 2 - 4)
    (folder / "usage.parquet").write_bytes(bytes(content))
    report = check_source(folder)
    assert {problem.table for problem in report.problems} == {"usage"}


@pytest.mark.parametrize("content", ["", 'account_id,"name\nA1', "\x00\x01\x02"])
def test_damaged_csv(tiny: Frames, write: Write, tmp_path: Path, content: str) -> None:
    folder = write({n: f for n, f in tiny.items() if n != "accounts"}, tmp_path)
    (folder / "accounts.csv").write_text(content)
    with pytest.raises(SourceError, match="accounts"):
        open_source(folder)


def test_one_table_in_two_formats(tiny: Frames, write: Write, tmp_path: Path) -> None:
    folder = write(tiny, tmp_path)
    tiny["usage"].to_csv(folder / "usage.csv", index=False)
    with pytest.raises(SourceError, match="more than once"):
        open_source(folder)
