"""The place in the portfolio where the next page starts.

It names the run, so that a page asked for after the night's run still continues the old list, and
it fits only the filters and the order it was given for.
"""

import base64
import binascii
import json
from dataclasses import dataclass

from serving.errors import ApiError
from serving.records import Run, digest_of
from serving.requests import AccountsQuery, shown


@dataclass(frozen=True)
class Cursor:
    """An offset into one run under one question."""

    run_id: str
    offset: int
    question: str

    @classmethod
    def of(cls, run: Run, asked: AccountsQuery, offset: int) -> "Cursor":
        """Return the cursor that continues ``asked`` at ``offset``."""
        return cls(run.run_id, offset, _question(asked))

    @classmethod
    def read(cls, asked: AccountsQuery) -> "Cursor":
        """Return the cursor in ``asked``; 400 when it is not one of ours for this question."""
        wrong = ApiError(
            400,
            "invalid_request",
            f"cursor: {shown(asked.cursor)} does not continue this question; start without one",
            [{"field": "cursor", "problem": "not valid here", "received": shown(asked.cursor)}],
        )
        try:
            values = json.loads(base64.urlsafe_b64decode(asked.cursor or ""))
            cursor = cls(str(values[0]), int(values[1]), str(values[2]))
        except (binascii.Error, ValueError, TypeError, LookupError, RecursionError):
            raise wrong from None
        if cursor.offset < 0 or cursor.offset > 2**31 or cursor.question != _question(asked):
            raise wrong
        return cursor

    def text(self) -> str:
        """Return the cursor as callers hand it back."""
        values = [self.run_id, self.offset, self.question]
        return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


def _question(asked: AccountsQuery) -> str:
    parts = (asked.tier, asked.csm_id, asked.signal, asked.sort)
    return digest_of(*("-" if part is None else f"={part}" for part in parts))
