"""Lengths of time as people type them: whole days such as `28d`, whole weeks such as `4w`."""

import re

from tierwise.errors import CommandError

DAYS_IN = {"d": 1, "w": 7}


def parse_step(text: str) -> int:
    """Days in a length such as `28d` or `4w`.

    Raises
    ------
    CommandError
        Anything else, or a length of zero.
    """
    match = re.fullmatch(r"([1-9][0-9]{0,4})([dw])", text.strip())
    if match is None:
        raise CommandError(f"'{text}' is not a length of time; write days such as 28d, or 4w.")
    return int(match[1]) * DAYS_IN[match[2]]
