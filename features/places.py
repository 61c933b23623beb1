"""Where a source lies: which files hold its tables, what it is called, what it contains.

A folder is read where it stands. A PostgreSQL database is first copied out, all tables as of one
moment, into a folder that is gone when the source is closed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from features.layout import TableFiles, digest, find_tables
from features.problem import Problem

_POSTGRES = ("postgresql", "postgres")


@dataclass(frozen=True)
class Place:
    """The files of a source's tables.

    Attributes
    ----------
    name : str
        What people call it; never with a password.
    found : mapping of str to TableFiles
        One entry per table that has files.
    problems : tuple of Problem
        Required tables that are missing, tables that stand there twice.
    digest : function
        Returns the SHA-256 of the contents.
    """

    name: str
    found: Mapping[str, TableFiles]
    problems: tuple[Problem, ...]
    digest: Callable[[], str]


def folder(path: Path) -> Place:
    """Return a folder's tables.

    Raises
    ------
    SourceError
        The folder does not exist or is no folder.
    """
    found, problems = find_tables(path)
    return Place(str(path), found, tuple(problems), lambda: digest(found))


def is_postgres(location: str | Path) -> bool:
    """Return whether a location is the URL of a PostgreSQL database."""
    return urlsplit(str(location)).scheme in _POSTGRES


def is_remote(location: str | Path) -> bool:
    """Return whether a location is a URI that only a cluster can list, such as ``s3a://``."""
    return "://" in str(location)


def shown(location: str | Path) -> str:
    """Return a location as it may be written down: a URL loses its password."""
    parts = urlsplit(str(location))
    if not parts.scheme or parts.password is None:
        return str(location)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{parts.username}:***@{host}", query="").geturl()
