"""Writes the measured half of docs/scale.md; what stands above its heading is left as it is."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

Found = Mapping[str, Mapping[str, Any]]

HEADING = "## Measured"
NAMES = {
    "raw": "`lightgbm.train` on arrays",
    "batches": "the same fit from Parquet",
    "train": "the whole of `tierwise train`",
    "raw_part": "`lightgbm.train` on arrays",
    "dask_part": "the same fit, Dask, 2 workers",
}
HEAD = (
    "| rows | way | trees | CPU s | wall s | peak GB | log-loss | ROC-AUC |",
    "|---|---|---|---|---|---|---|---|",
)


def write_page(path: Path, found: Found, *, sizes: Mapping[str, int]) -> None:
    """Write the figures of those ways that were run."""
    above = path.read_text(encoding="utf-8").split(HEADING)[0]
    lines = [HEADING, "", *HEAD]
    for way, name in NAMES.items():
        if way in found:
            rows = sizes["part" if way.endswith("_part") else "table"]
            lines.append(_line(found[way], name, rows=rows))
    lines += ["", *_words(found)]
    path.write_text(above + "\n".join(lines) + "\n", encoding="utf-8")


def _line(cost: Mapping[str, Any], name: str, *, rows: int) -> str:
    """Return one row of the table."""
    quality = f"{cost['log_loss']:.4f} ± {cost['error']:.4f} | {cost['auc']:.4f}"
    shown = cost.get("trees", "chosen")
    spent = f"{cost['cpu']:,.0f} | {cost['wall']:,.0f} | {cost['peak']:.2f}"
    return f"| {rows:,} | {name} | {shown} | {spent} | {quality} |"


def _words(found: Found) -> list[str]:
    """Return the ratios, and what the whole training said."""
    words = []
    if {"raw", "batches"} <= set(found):
        cpu, peak = (found["batches"][k] / found["raw"][k] for k in ("cpu", "peak"))
        before = found["batches"]["before"]["cpu"]
        words.append(
            f"The fit from Parquet takes {cpu - 1:+.0%} CPU time and {peak:.0%} of the memory; "
            f"reading keys, describing columns and drawing the sample came before, {before:.0f} s."
        )
    if "score" in found:
        cost = found["score"]
        words.append(
            f"`tierwise score` of all {cost['rows']:,} rows: {cost['cpu']:,.0f} s CPU time, "
            f"peak {cost['peak']:.2f} GB."
        )
    if "train" in found:
        words += ["", "What `tierwise train` said:", ""]
        words += [f"- {note}" for note in found["train"]["notes"]]
    return words
