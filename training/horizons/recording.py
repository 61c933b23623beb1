"""Records a horizon model as an MLflow run: what it was made of, and its folder as an artifact.

It is kept in an experiment of its own and never registered: what is promoted, served and explained
is the one-window model of each outcome.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from training.horizons.files import load_horizons, write_horizons
from training.horizons.judging import Judged
from training.horizons.model import HorizonModel
from training.tracking.store import Tracking

EXPERIMENT = "horizons"


def record_horizons(model: HorizonModel, tracking: Tracking, judged: Judged | None = None) -> str:
    """Record a model, with the grades of an earlier one, and return the id of its run."""
    params: dict[str, object] = {
        "horizons": ",".join(str(end) for end in model.periods.ends),
        "lead_days": model.periods.lead_days,
        "grace_days": model.periods.grace_days,
        "outcomes": ",".join(model.outcomes),
        **model.training,
    }
    for hazard in model.hazards:
        params |= {
            f"{hazard.name}_{fact}": hazard.facts[fact]
            for fact in ("events", "shape", "trees")
            if fact in hazard.facts
        }
        if hazard.fading is not None:
            for fact in ("lasting_slope", "calendar_slope", "slope", "shift", "rate"):
                params[f"{hazard.name}_{fact}"] = round(getattr(hazard.fading, fact), 4)
    with tempfile.TemporaryDirectory(prefix="tierwise-") as scratch:
        folder = Path(scratch) / EXPERIMENT
        write_horizons(folder, model)
        return tracking.record_folder(
            folder,
            experiment=EXPERIMENT,
            name=EXPERIMENT,
            params=params | ({} if judged is None else {"judged_from": judged.day}),
            metrics={} if judged is None else judged.metrics(),
        )


def recorded_horizons(run_id: str, tracking: Tracking) -> HorizonModel:
    """Load the model of a run that `record_horizons` made."""
    return load_horizons(tracking.artifact(run_id, EXPERIMENT))
