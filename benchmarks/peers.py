"""Other people's models on one fold, in an environment of their own; imports nothing of ours.

`PYTHON peers.py FOLDER` reads `train.parquet`, `test.parquet` and `columns.json` from the folder
and writes `peers.json`: per method the probabilities of the test rows and its times. A method that
is there already is not run again; one that cannot run says why.
"""

import json
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegressionCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, SplineTransformer, StandardScaler

warnings.simplefilter("ignore")
Answer = tuple[np.ndarray, float, float, float | None]
STRENGTHS = (0.003, 0.03, 0.3, 3.0)


def main(folder: Path) -> None:
    """Run every method that has not answered yet."""
    facts = json.loads((folder / "columns.json").read_text())
    train, test = (_frame(folder / f"{part}.parquet", facts) for part in ("train", "test"))
    kept = folder / "peers.json"
    answers = json.loads(kept.read_text()) if kept.exists() else {}
    y = train.pop("@label").to_numpy().astype(int)
    test = test.drop(columns="@label")
    for name, method in METHODS.items():
        if name in answers:
            continue
        try:
            probability, fit, score, explain = method(train, y, test)
            answers[name] = {
                "probability": np.asarray(probability, float).tolist(),
                "fit": fit, "score": score, "explain": explain,
            }  # fmt: skip
        except ImportError as error:
            answers[name] = {"absent": str(error)}
        kept.write_text(json.dumps(answers))


def _frame(path: Path, facts: dict[str, list[str]]) -> pd.DataFrame:
    """Return the columns that may be learnt from; text as categories."""
    frame = pd.read_parquet(path)[[*facts["numbers"], *facts["categories"], "@label"]]
    for name in facts["numbers"]:
        frame[name] = pd.to_numeric(frame[name], errors="coerce").astype(float)
    for name in facts["categories"]:
        frame[name] = pd.Categorical(frame[name].astype(str), categories=facts["levels"][name])
    return frame


def _timed(model: object, train: pd.DataFrame, y: np.ndarray, test: pd.DataFrame) -> Answer:
    start = time.process_time()
    model.fit(train, y)  # type: ignore[attr-defined]
    fitted = time.process_time()
    probability = model.predict_proba(test)[:, 1]  # type: ignore[attr-defined]
    return probability, fitted - start, _per_thousand(time.process_time() - fitted, test), None


def _per_thousand(seconds: float, rows: pd.DataFrame) -> float:
    return seconds / len(rows) * 1000


def _linear(numbers: Pipeline) -> Callable[..., Answer]:
    def run(train: pd.DataFrame, y: np.ndarray, test: pd.DataFrame) -> Answer:
        categories = train.select_dtypes("category").columns
        columns = ColumnTransformer(
            [
                ("numbers", numbers, train.columns.difference(categories, sort=False)),
                ("categories", OneHotEncoder(handle_unknown="ignore", min_frequency=5), categories),
            ]
        )
        model = LogisticRegressionCV(Cs=STRENGTHS, cv=4, scoring="neg_log_loss", max_iter=300)
        return _timed(make_pipeline(columns, model), train, y, test)

    return run


def _lightgbm(train: pd.DataFrame, y: np.ndarray, test: pd.DataFrame) -> Answer:
    from lightgbm import LGBMClassifier

    model = LGBMClassifier(n_jobs=1, verbose=-1)
    *answer, _ = _timed(model, train, y, test)
    start = time.process_time()
    model.predict(test.head(500), pred_contrib=True)
    return *answer, _per_thousand(time.process_time() - start, test.head(500))  # type: ignore[return-value]


def _xgboost(train: pd.DataFrame, y: np.ndarray, test: pd.DataFrame) -> Answer:
    import xgboost

    model = xgboost.XGBClassifier(enable_categorical=True, n_jobs=1)
    *answer, _ = _timed(model, train, y, test)
    some = xgboost.DMatrix(test.head(500), enable_categorical=True)
    start = time.process_time()
    model.get_booster().predict(some, pred_contribs=True)
    return *answer, _per_thousand(time.process_time() - start, test.head(500))  # type: ignore[return-value]


def _catboost(train: pd.DataFrame, y: np.ndarray, test: pd.DataFrame) -> Answer:
    from catboost import CatBoostClassifier, Pool

    categories = list(train.select_dtypes("category").columns)
    train, test = (rows.astype(dict.fromkeys(categories, str)) for rows in (train, test))
    model = CatBoostClassifier(
        cat_features=categories, verbose=0, thread_count=1, allow_writing_files=False
    )
    *answer, _ = _timed(model, train, y, test)
    some = Pool(test.head(500), cat_features=categories)
    start = time.process_time()
    model.get_feature_importance(some, type="ShapValues", thread_count=1)
    return *answer, _per_thousand(time.process_time() - start, test.head(500))  # type: ignore[return-value]


def _autogluon(train: pd.DataFrame, y: np.ndarray, test: pd.DataFrame) -> Answer:
    import tempfile

    from autogluon.tabular import TabularPredictor

    with tempfile.TemporaryDirectory() as folder:
        start = time.process_time()
        predictor = TabularPredictor(
            label="@label", path=folder, eval_metric="log_loss", verbosity=0, problem_type="binary"
        ).fit(train.assign(**{"@label": y}), presets="medium_quality", num_cpus=1)
        fitted = time.process_time()
        probability = predictor.predict_proba(test)[1].to_numpy()
        return (
            probability,
            fitted - start,
            _per_thousand(time.process_time() - fitted, test),
            None,
        )


METHODS: dict[str, Callable[..., Answer]] = {
    "logistic": _linear(make_pipeline(SimpleImputer(strategy="median"), StandardScaler())),
    "spline logistic": _linear(
        make_pipeline(
            SimpleImputer(strategy="median", add_indicator=True),
            SplineTransformer(n_knots=5, knots="quantile", extrapolation="constant"),
            StandardScaler(),
        )
    ),
    "LightGBM defaults": _lightgbm,
    "XGBoost defaults": _xgboost,
    "HistGradientBoosting": lambda *rows: _timed(
        HistGradientBoostingClassifier(categorical_features="from_dtype"), *rows
    ),
    "CatBoost defaults": _catboost,
    "AutoGluon medium": _autogluon,
}

if __name__ == "__main__":
    main(Path(sys.argv[1]))
