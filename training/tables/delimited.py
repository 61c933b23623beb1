"""Reads a delimited text file whose separator and encoding are found out from its first bytes.

In a file separated by semicolons a comma is the decimal sign, as spreadsheets write where it is.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection
from pathlib import Path

import pyarrow as pa
import pyarrow.csv

from training.errors import TableError

ENDINGS = (".csv", ".tsv", ".txt")
PACKED = (".gz", ".bz2", ".zst")
SEPARATORS = (",", ";", "\t", "|")
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
LOOKED_AT = 1 << 16


def is_delimited(path: Path) -> bool:
    """Say whether a path names a delimited text file, packed or not."""
    endings = [ending.lower() for ending in path.suffixes[-2:]]
    if endings and endings[-1] in PACKED:
        endings.pop()
    return bool(endings) and endings[-1] in ENDINGS


def read_delimited(path: Path, *, as_text: Collection[str] = ()) -> pa.Table:
    """Read a delimited file; empty fields are null in text columns too.

    Parameters
    ----------
    path : Path
    as_text : collection of str
        Columns whose values are read as they are written: as a number, 007 would become 7.

    Raises
    ------
    TableError
        When the file holds text of an encoding that it does not tell.
    pyarrow.ArrowException
        When it is no table.
    """
    with pa.input_stream(str(path)) as opened:
        start = opened.read(LOOKED_AT)
    encoding = "utf-16" if start.startswith(UTF_16) else "utf-8"
    separator = _separator(start.decode(encoding, errors="ignore"))
    table = pyarrow.csv.read_csv(
        path,
        read_options=pyarrow.csv.ReadOptions(encoding=encoding),
        parse_options=pyarrow.csv.ParseOptions(delimiter=separator, newlines_in_values=True),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(as_text, pa.string()),
            strings_can_be_null=True,
            decimal_point="," if separator == ";" else ".",
        ),
    )
    _refuse_bytes(path, table.schema)
    return table


def _separator(start: str) -> str:
    """Return the sign that parts most names of the header; names in quotes may hold any."""
    header = re.sub(r'"[^"]*"', "", start.lstrip("\ufeff\r\n")).partition("\n")[0]
    return max(SEPARATORS, key=header.count)


def _refuse_bytes(path: Path, schema: pa.Schema) -> None:
    """Raise TableError when a column could not be read as text."""
    unreadable = [field.name for field in schema if pa.types.is_binary(field.type)]
    if unreadable:
        raise TableError(
            f"{path} holds text that is not UTF-8 (column '{unreadable[0]}'); save it as UTF-8"
        )
