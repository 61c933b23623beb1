"""Labels in the forms people write them: 1/0, true/false, Yes/No, churned/retained, ...

Null and blank mean "not known yet" and stay null; they are never read as 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from training.errors import TableError

pc: Any = pyarrow.compute  # its stubs refuse what it accepts

Floats = npt.NDArray[np.float64]

POSITIVE = frozenset(
    {"1", "true", "yes", "y", "t", "positive", "churned", "churn", "left", "lost", "won"}
    | {"cancelled", "canceled", "expanded", "exited", "attrited", "departed", "lapsed", "inactive"}
    | {"churned customer", "attrited customer", "はい", "解約", "解約済", "解約済み"}
)
NEGATIVE = frozenset(
    {"0", "false", "no", "n", "f", "negative", "retained", "active", "stayed", "kept"}
    | {"current", "flat", "existing", "existing customer", "いいえ", "継続", "継続中", "契約中"}
)
BLANK = frozenset(["", "null", "none", "nan", "na", "n/a"])


def read_labels(values: pa.ChunkedArray[Any], *, name: str) -> Floats:
    """Read a label column as 1.0, 0.0 and NaN for unknown.

    Parameters
    ----------
    values : pyarrow.ChunkedArray (n,)
    name : str
        Name of the column, for the message.

    Raises
    ------
    TableError
        For values that are not one of the known pairs, naming them.
    """
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _read_words(values, name=name)
    if not (
        pa.types.is_boolean(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_null(kind)
    ):
        raise TableError(f"label '{name}' has the type {kind}; give 1/0, true/false or yes/no")
    numbers = values.cast(pa.int8()) if pa.types.is_boolean(kind) else values
    floats = pc.fill_null(numbers.cast(pa.float64(), safe=False), float("nan")).to_numpy()
    found = set(np.unique(floats[~np.isnan(floats)]).tolist())
    if not found <= {0.0, 1.0}:
        raise _refusal(name, [f"{value:g}" for value in sorted(found)])
    return np.asarray(floats, dtype=np.float64)


def _read_words(values: pa.ChunkedArray[Any], *, name: str) -> Floats:
    """Read words, ignoring case, surrounding blanks and a final dot."""
    words = [_normal(word) for word in values.to_pylist()]
    unknown = sorted(set(words) - POSITIVE - NEGATIVE - BLANK)
    if unknown:
        raise _refusal(name, unknown)
    meaning = dict.fromkeys(POSITIVE, 1.0) | dict.fromkeys(NEGATIVE, 0.0)
    return np.array([meaning.get(word, np.nan) for word in words], dtype=np.float64)


def _normal(word: str | None) -> str:
    """Return a word as it is compared."""
    stripped = (word or "").strip().casefold().rstrip(".")
    return stripped[:-2] if stripped in ("1.0", "0.0") else stripped


def _refusal(name: str, found: list[str]) -> TableError:
    """Say which values were found instead of two classes."""
    shown = ", ".join(found[:6]) + (", ..." if len(found) > 6 else "")
    return TableError(
        f"label '{name}' holds values that are not yes or no: {shown}; "
        "give 1/0, true/false or yes/no (blank = not known yet)"
    )
