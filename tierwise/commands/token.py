"""stub."""


def token() -> None:
    """Stub."""
