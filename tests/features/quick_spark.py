"""A Spark session inside this process that is spared the work that only pays on many rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from features.spark_session import find_java

_QUICK = {
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "1",
    "spark.default.parallelism": "1",
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}


@contextmanager
def quick_session(time_zone: str = "UTC") -> Iterator[Any]:
    """Start one whose own clock is that of a time zone, and stop it in the end."""
    find_java()
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[1]").appName("tests")
    for key, value in (_QUICK | {"spark.sql.session.timeZone": time_zone}).items():
        builder = builder.config(key, value)
    running = builder.getOrCreate()
    yield running
    running.stop()
