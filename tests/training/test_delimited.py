"""Text files come with many separators, marks and encodings; what cannot be read is said."""

import gzip
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet
import pytest

from training import Roles, Tracking, score_table, train
from training.errors import TableError
from training.tables.reading import read_raw_table

ROWS = 'customer{0}"a {1} b"{0}left\nC1{0}1.5{0}1\nC2{0}"2.5"{0}0\n'
NAMES = ["customer", "left"]


@pytest.mark.parametrize(
    ("name", "separator", "encoding"),
    [
        ("a.csv", ",", "utf-8"),
        ("a.csv", ",", "utf-8-sig"),
        ("a.csv", "\t", "utf-16"),
        ("a.csv", ";", "utf-8-sig"),
        ("a.tsv", "\t", "utf-8"),
        ("a.TXT", "|", "utf-8"),
    ],
)
def test_separator_and_encoding_are_found(
    tmp_path: Path, name: str, separator: str, encoding: str
) -> None:
    # The quoted name holds other separators than the file's.
    other = "".join(sign for sign in ",;|" if sign != separator)
    (tmp_path / name).write_text(ROWS.format(separator, other), encoding=encoding)
    found = read_raw_table(tmp_path / name)
    assert found.num_rows == 2
    assert [each for each in found.column_names if not each.startswith("a ")] == NAMES
    packed = tmp_path / f"{name}.gz"
    packed.write_bytes(gzip.compress((tmp_path / name).read_bytes()))
    assert read_raw_table(packed).equals(found)


def test_a_comma_is_decimal_between_semicolons(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("customer;x\nC1;1,5\nC2;-2,25\n")
    assert read_raw_table(tmp_path / "a.csv")["x"].to_pylist() == [1.5, -2.25]


def test_texts_may_hold_line_breaks(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('customer,note\nC1,"two\nlines"\n')
    assert read_raw_table(tmp_path / "a.csv")["note"].to_pylist() == ["two\nlines"]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", "customer,plan\nC1,é\n".encode("latin-1"), "not UTF-8 .column 'plan'"),
        ("a.xlsx", b"PK\x03\x04", "neither Parquet nor"),
        ("a.csv", b"customer,x\nC1,1\nC2\n", "cannot be read as a table"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(TableError, match=says):
        read_raw_table(tmp_path / name)


def test_ids_are_kept_digit_for_digit_and_other_columns_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("customer,seats\n007,1\n10000000000000000007,2\n")
    found = read_raw_table(tmp_path / "a.csv", entity="customer")
    assert found["customer"].to_pylist() == ["007", "10000000000000000007"]
    assert found["seats"].to_pylist() == [1, 2]
    assert read_raw_table(tmp_path / "a.csv", entity="absent").column_names == found.column_names


def test_a_model_scores_ids_as_the_file_writes_them(
    tmp_path: Path, make_customers, tracking: Tracking
) -> None:
    table, numbers = make_customers(400), list(range(400))
    for name, ids in (("a.csv", [f"{k:05}" for k in numbers]), ("a.parquet", numbers)):
        named = table.set_column(0, "customer", pyarrow.array(ids))
        write = pyarrow.csv.write_csv if name.endswith("csv") else pyarrow.parquet.write_table
        write(named, tmp_path / name)
    roles = Roles("churn", label="left", entity="customer")
    asked = {"outcome": "churn", "tracking": tracking}
    asked |= {"run_id": train(tmp_path / "a.csv", roles, tracking=tracking).run_id}
    text, number = (score_table(tmp_path / name, **asked) for name in ("a.csv", "a.parquet"))
    assert text["customer"].to_pylist()[:2] == ["00000", "00001"]
    assert number["customer"].to_pylist() == numbers
    assert text["probability"].equals(number["probability"])
