"""stub."""


def assign() -> None:
    """Stub."""
