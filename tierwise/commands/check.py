"""`tierwise check`: whether the tables are sound, and what can be learnt from them."""

from tierwise.common import Common


def check(source: str, *, common: Common | None = None) -> int:
    """Check the raw tables and say what can be learnt from them, per outcome, and what not.

    Parameters
    ----------
    source
        Folder of Parquet or CSV files named after the tables.
    """
    from features import check_source

    common = common or Common()
    report = check_source(source)
    print(report)
    common.write_json(report.to_json())
    return 0 if report.ok else 1
