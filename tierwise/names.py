"""Lists of names as people type them: separated by commas."""

from collections.abc import Sequence
from typing import Any


def parse_names(_type: Any, tokens: Sequence[Any]) -> list[str]:
    """Names in the flag's values; blanks around a name do not count, empty names are left out."""
    words = (word.strip() for token in tokens for word in token.value.split(","))
    return [word for word in words if word]
