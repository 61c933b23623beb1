"""`tierwise score`: probabilities and reasons for the rows of a table."""

from pathlib import Path

from tierwise.catalogue import catalogue_in_force
from tierwise.common import Common
from tierwise.tracking import tracking


def score(
    table: Path,
    *,
    outcome: str,
    out: Path,
    run_id: str | None = None,
    reasons: bool = False,
    common: Common | None = None,
) -> None:
    """Score any table that has the trained columns.

    Parameters
    ----------
    table
        Parquet or CSV table.
    outcome
        Outcome whose model scores.
    out
        Parquet file to write: entity (and time), probability, margin.
    run_id
        Training run; the champion by default.
    reasons
        Also write base_probability and one `pp:<feature>` column per feature.
    """
    import training

    common = common or Common()
    settings = common.settings()
    written = training.score_file(
        table,
        out,
        outcome=outcome,
        run_id=run_id,
        reasons=reasons,
        tracking=tracking(settings),
        catalogue=catalogue_in_force(settings),
    )
    print(f"{written.n_rows:,} rows → {out}")
    found = {"out": str(out), "rows": written.n_rows, "columns": list(written.column_names)}
    common.write_json(found)
