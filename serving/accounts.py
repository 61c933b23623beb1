"""What people call the accounts of a source and who looks after them, as known at as_of."""

from datetime import datetime
from typing import Any

from features import Source
from serving.snapshot import Account

COLUMNS = ("account_id", "name", "csm_id", "segment", "use_case")


def accounts_of(source: Source, as_of: datetime) -> dict[str, Account]:
    """Return every account's newest row known before ``as_of``, by account_id.

    An account without a name is called by its id.
    """
    table = source.tables["accounts"]
    rows: list[dict[str, Any]] = source.read(
        table.select(*COLUMNS, "created_at", "known_at")
    ).to_pylist()
    known = [(row["known_at"] or row["created_at"], row) for row in rows]
    newest: dict[str, dict[str, Any]] = {}
    for _, row in sorted(
        ((at, row) for at, row in known if at is not None and at < as_of),
        key=lambda pair: (pair[0], pair[1]["name"] or ""),
    ):
        newest[row["account_id"]] = row
    return {account_id: _account(row) for account_id, row in newest.items()}


def _account(row: dict[str, Any]) -> Account:
    return Account(
        name=row["name"] or row["account_id"],
        csm_id=row["csm_id"],
        segment=row["segment"],
        use_case=row["use_case"],
    )
