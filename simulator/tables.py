"""The tables of the contract as columns: names, Arrow types and the order of rows.

Times are UTC without a zone; a day is a date; text that repeats is dictionary-encoded.
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from simulator.arrays import Bools, Ints, Words

_WORD = pa.dictionary(pa.int32(), pa.string())
_TIME = pa.timestamp("us")
_ID = ("account_id", _WORD)

SCHEMAS: dict[str, pa.Schema] = {
    "accounts": pa.schema(
        [("account_id", pa.string()), ("name", pa.string()), ("created_at", _TIME),
         ("segment", _WORD), ("industry", _WORD), ("country", _WORD), ("language", _WORD),
         ("employees", pa.int64()), ("use_case", _WORD), ("parent_id", pa.string()),
         ("partner_id", _WORD), ("csm_id", _WORD), ("known_at", _TIME)]
    ),
    "contracts": pa.schema(
        [("change_id", pa.string()), _ID, ("product_id", _WORD), ("type", _WORD),
         ("happened_at", _TIME), ("requested_at", _TIME), ("arr", pa.float64()),
         ("seats", pa.int64()), ("term_end", _TIME), ("auto_renew", pa.bool_()),
         ("notice_days", pa.int64()), ("plan", _WORD), ("voluntary", pa.bool_()),
         ("reason", _WORD), ("known_at", _TIME)]
    ),
    "usage": pa.schema(
        [_ID, ("user_id", _WORD), ("day", pa.date32()), ("feature", _WORD),
         ("count", pa.int64()), ("known_at", _TIME)]
    ),
    "users": pa.schema(
        [("user_id", pa.string()), _ID, ("role", _WORD), ("created_at", _TIME),
         ("deactivated_at", _TIME)]
    ),
    "modules": pa.schema(
        [("feature", pa.string()), ("module", pa.string()), ("is_core", pa.bool_()),
         ("is_advanced", pa.bool_())]
    ),
    "tickets": pa.schema(
        [("ticket_id", pa.string()), _ID, ("opened_at", _TIME), ("resolved_at", _TIME),
         ("severity", _WORD), ("csat", pa.int64()), ("known_at", _TIME)]
    ),
    "surveys": pa.schema(
        [_ID, ("user_id", _WORD), ("answered_at", _TIME), ("question", _WORD),
         ("score", pa.int64()), ("known_at", _TIME)]
    ),
    "invoices": pa.schema(
        [("invoice_id", pa.string()), _ID, ("issued_at", _TIME), ("due_at", _TIME),
         ("paid_at", _TIME), ("amount", pa.float64()), ("failed_attempts", pa.int64())]
    ),
    "milestones": pa.schema([_ID, ("happened_at", _TIME), ("milestone", _WORD)]),
    "touches": pa.schema(
        [("touch_id", pa.string()), _ID, ("happened_at", _TIME), ("touch_model", _WORD),
         ("channel", _WORD), ("playbook", _WORD), ("csm_id", _WORD), ("minutes", pa.int64()),
         ("inbound", pa.bool_()), ("assignment", _WORD), ("propensity", pa.float64()),
         ("arm", _WORD)]
    ),
    "csms": pa.schema(
        [("csm_id", pa.string()), ("name", pa.string()), ("tier", pa.string()),
         ("hours_per_quarter", pa.float64()), ("languages", pa.string()),
         ("partner_id", pa.string()), ("from", _TIME), ("to", _TIME)]
    ),
}  # fmt: skip

REQUIRED = ("accounts", "contracts", "usage")


def table(name: str, columns: Mapping[str, object]) -> pa.Table:
    """Return a table of the contract from arrays of its columns."""
    schema = SCHEMAS[name]
    return pa.table([_column(columns[f.name], f.type) for f in schema], schema=schema)


def words(codes: Ints, names: Words | list[str]) -> pa.Array:
    """Return text from codes into a list of names; a code of -1 is null."""
    index = pa.array(codes.astype(np.int32), mask=codes < 0)
    return pa.DictionaryArray.from_arrays(index, pa.array(list(names), pa.string()))


def maybe(values: NDArray[np.generic], known: Bools) -> pa.Array:
    """Return values that are null where not known."""
    return pa.array(values, mask=~known)


def numbered(prefix: str, chunk: int, rows: int) -> Words:
    """Return ids that are unique over the whole company: prefix, chunk, row."""
    return np.char.add(f"{prefix}-{chunk:03d}-", np.char.zfill(np.arange(rows).astype(str), 6))


def _column(values: object, kind: pa.DataType) -> pa.Array:
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if not isinstance(values, pa.Array):
        values = pa.array(_plain(values))
    if pa.types.is_dictionary(kind) and not pa.types.is_dictionary(values.type):
        values = values.cast(pa.string()).dictionary_encode()
    return values.cast(kind)


def _plain(values: object) -> object:
    """NumPy text of fixed width becomes a list; Arrow does not take it as it is."""
    is_text = isinstance(values, np.ndarray) and values.dtype.kind == "U"
    return values.tolist() if isinstance(values, np.ndarray) and is_text else values
