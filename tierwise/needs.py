"""Who needs whom, on the terminal: the accounts with the most ARR at risk and what to know."""

from typing import Any

from rich.console import Console
from rich.table import Table

from tierwise.settings import Settings

TOP = 10


def print_needs(settings: Settings) -> None:
    """Print the first accounts of the portfolio in force, in the order of the service's page."""
    from serving.place import Place
    from serving.requests import AccountsQuery

    place = Place.of(
        settings.home,
        store_url=settings.store,
        tracking_uri=settings.tracking_uri,
        features=settings.features,
    )
    asked = AccountsQuery(limit=TOP, language=settings.language)
    portfolio = place.answers.accounts(asked)
    table = Table(
        "account", "ARR", "tier", "churn", "expansion", "main reason", "signals", box=None
    )
    for account in portfolio["accounts"]:
        table.add_row(*_row(account))
    print(f"\nWho needs whom: {TOP} of {portfolio['total']:,} accounts, most ARR at risk first")
    Console(width=150).print(table, markup=False)


def _row(account: dict[str, Any]) -> tuple[str, ...]:
    reasons = (account["churn"] or {}).get("reasons", [])
    raising = [reason["text"] for reason in reasons if reason["direction"] == "raises"]
    return (
        f"{account['name']} ({account['account_id']})",
        f"{account['arr']:,.0f}",
        account["tier"],
        _percent(account["churn"]),
        _percent(account["expansion"]),
        raising[0] if raising else "–",
        ", ".join(signal["title"] for signal in account["signals"]),
    )


def _percent(outcome: dict[str, Any] | None) -> str:
    return "–" if outcome is None else f"{outcome['probability']:.1%}"
