"""What can go wrong between a request and its answer."""

from collections.abc import Sequence
from typing import Any


class ServingError(Exception):
    """Root of this package's errors."""


class StoreError(ServingError):
    """The store cannot be opened, or a question to it makes no sense."""


class RegistryError(ServingError):
    """The model registry has no champion, or one that cannot be loaded."""


class NightlyError(ServingError):
    """A nightly run that was refused; the last good one stays in force."""


class LaunchError(ServingError):
    """The service must not start like this."""


class TokenError(ServingError):
    """A token that cannot be added or revoked."""


class ApiError(ServingError):
    """An answer that is an error: HTTP status, stable code, message and details.

    Attributes
    ----------
    status : int
    code : str
    details : tuple of dict
        One entry per thing that was wrong.
    """

    def __init__(
        self, status: int, code: str, message: str, details: Sequence[dict[str, Any]] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.details = tuple(details)

    def to_json(self) -> dict[str, Any]:
        """Return the one shape that every error has."""
        return {"error": {"code": self.code, "message": str(self), "details": list(self.details)}}
