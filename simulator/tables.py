"""The tables of the contract as columns: names, Arrow types and the order of rows.

Times are UTC without a zone; a day is a date; text that repeats is dictionary-encoded.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from simulator.arrays import Bools, Ints, Words

Column: TypeAlias = "pa.Array[Any]"

_KINDS: dict[str, pa.DataType] = {
    "id": pa.string(),
    "word": pa.dictionary(pa.int32(), pa.string()),
    "time": pa.timestamp("us"),
    "day": pa.date32(),
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
}


def _schema(columns: str) -> pa.Schema:
    """Return a schema from `name:kind` words."""
    pairs = [column.split(":") for column in columns.split()]
    return pa.schema([pa.field(name, _KINDS[kind]) for name, kind in pairs])


SCHEMAS: dict[str, pa.Schema] = {
    "accounts": _schema(
        "account_id:id name:id created_at:time segment:word industry:word country:word "
        "language:word employees:int use_case:word parent_id:id partner_id:word csm_id:word "
        "known_at:time"
    ),
    "contracts": _schema(
        "change_id:id account_id:word product_id:word type:word happened_at:time "
        "requested_at:time arr:float seats:int term_end:time auto_renew:bool notice_days:int "
        "plan:word voluntary:bool reason:word known_at:time"
    ),
    "usage": _schema("account_id:word user_id:word day:day feature:word count:int known_at:time"),
    "users": _schema("user_id:id account_id:word role:word created_at:time deactivated_at:time"),
    "modules": _schema("feature:id module:id is_core:bool is_advanced:bool"),
    "tickets": _schema(
        "ticket_id:id account_id:word opened_at:time resolved_at:time severity:word csat:int "
        "known_at:time"
    ),
    "surveys": _schema(
        "account_id:word user_id:word answered_at:time question:word score:int known_at:time"
    ),
    "invoices": _schema(
        "invoice_id:id account_id:word issued_at:time due_at:time paid_at:time amount:float "
        "failed_attempts:int"
    ),
    "milestones": _schema("account_id:word happened_at:time milestone:word"),
    "touches": _schema(
        "touch_id:id account_id:word happened_at:time touch_model:word channel:word "
        "playbook:word csm_id:word minutes:int inbound:bool assignment:word propensity:float "
        "arm:word"
    ),
    "csms": _schema(
        "csm_id:id name:id tier:id hours_per_quarter:float languages:id partner_id:id "
        "from:time to:time"
    ),
}
REQUIRED = ("accounts", "contracts", "usage")


def table(name: str, columns: Mapping[str, Any]) -> pa.Table:
    """Return a table of the contract from arrays of its columns."""
    schema = SCHEMAS[name]
    return pa.table([_column(columns[f.name], f.type) for f in schema], schema=schema)


def typed(columns: Mapping[str, Any]) -> pa.Table:
    """Return a table of the truth from arrays; 64-bit floats are kept as 32-bit."""
    found = {name: _truthful(values) for name, values in columns.items()}
    return pa.table(found)


def words(codes: Ints, names: Words | list[str]) -> Column:
    """Return text from codes into a list of names; a code of -1 is null."""
    index = pa.array(codes.astype(np.int32), pa.int32(), mask=codes < 0)
    return pa.DictionaryArray.from_arrays(index, pa.array(list(names), pa.string()))


def maybe(values: NDArray[Any], known: Bools) -> Column:
    """Return values that are null where not known."""
    found: Column = pa.array(values, mask=~known)
    return found


def numbered(prefix: str, chunk: int, rows: int) -> Words:
    """Return ids that are unique over the whole company: prefix, chunk, row."""
    return np.char.add(f"{prefix}-{chunk:03d}-", np.char.zfill(np.arange(rows).astype(str), 6))


def _column(values: Any, kind: pa.DataType) -> Column:
    """Return values of a column's type; NumPy text of fixed width goes by a list."""
    if isinstance(values, np.ndarray) and values.dtype.kind == "U":
        values = values.tolist()
    column = values if isinstance(values, pa.Array) else pa.array(values)
    if pa.types.is_dictionary(kind) and not pa.types.is_dictionary(column.type):
        column = column.cast(pa.string()).dictionary_encode()
    found: Column = column.cast(kind)
    return found


def _truthful(values: Any) -> Column:
    column = values if isinstance(values, pa.Array) else pa.array(values)
    narrow: Column = column.cast(pa.float32()) if column.type == pa.float64() else column
    return narrow
