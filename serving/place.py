"""Where the service finds what it serves: from the command, or from ``TIERWISE_*``."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sqlalchemy import Engine

from features.catalogue import Catalogue
from features.own import load_catalogue
from serving.answers import Answers
from serving.gate import Gate
from serving.registry import Champions, default_uri
from serving.store import default_url, open_engine


@dataclass(frozen=True)
class Place:
    """The home, the store, the registry and the address bound; opened at the first call.

    ``features`` is the file of a user's own features; None for the shipped ones only.
    """

    home: Path
    store_url: str
    tracking_uri: str
    host: str = "127.0.0.1"
    features: Path | None = None

    @classmethod
    def of(
        cls,
        home: Path,
        *,
        store_url: str = "",
        tracking_uri: str = "",
        host: str = "127.0.0.1",
        features: Path | None = None,
    ) -> "Place":
        """Return a place where empty URLs mean the SQLite databases in ``home``."""
        home = Path(home)
        # The service works in a folder of its own.
        own = None if features is None else Path(features).resolve()
        urls = (store_url or default_url(home), tracking_uri or default_uri(home))
        return cls(home, *urls, host, own)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Place":
        """Return the place that the command put into the environment of the service."""
        return cls.of(
            Path(environ.get("TIERWISE_HOME", ".")),
            store_url=environ.get("TIERWISE_STORE_URL", ""),
            tracking_uri=environ.get("TIERWISE_TRACKING_URI", ""),
            host=environ.get("TIERWISE_HOST", "127.0.0.1"),
            features=Path(named) if (named := environ.get("TIERWISE_FEATURES")) else None,
        )

    def to_environment(self) -> dict[str, str]:
        """Return what `from_environment` reads."""
        return {
            "TIERWISE_HOME": str(self.home),
            "TIERWISE_STORE_URL": self.store_url,
            "TIERWISE_TRACKING_URI": self.tracking_uri,
            "TIERWISE_HOST": self.host,
            "TIERWISE_FEATURES": "" if self.features is None else str(self.features),
        }

    @cached_property
    def engine(self) -> Engine:
        """The store."""
        return open_engine(self.store_url)

    def close(self) -> None:
        """Close the connections to the store, if there are any."""
        if "engine" in self.__dict__:
            self.engine.dispose()

    @cached_property
    def catalogue(self) -> Catalogue:
        """The features in force."""
        return load_catalogue(self.features)

    @cached_property
    def answers(self) -> Answers:
        """What the service can say."""
        return Answers(self.engine, Champions(self.tracking_uri, self.catalogue))

    @cached_property
    def gate(self) -> Gate:
        """Who may come in."""
        return Gate(lambda: self.engine, host=self.host)
