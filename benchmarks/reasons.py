"""What exact reasons cost: CPU to explain rows over CPU to score them, by shape of the trees."""

import lightgbm
import numpy as np

from benchmarks.timing import cpu_seconds

ROWS, COLUMNS = 2_000, 60
SHAPES = ((4, 200), (8, 200), (31, 200))


def main() -> None:
    """Print the ratio for a shallow, a middle and a deep model."""
    random = np.random.default_rng(0)
    matrix = random.normal(size=(ROWS, COLUMNS))
    label = (matrix[:, :5].sum(axis=1) + random.normal(size=ROWS) > 0).astype(int)
    print(f"{'trees × leaves':<18}{'score ms/1000':>15}{'explain ms/1000':>17}{'ratio':>8}")
    for leaves, trees in SHAPES:
        booster = _fit(matrix, label, leaves, trees)
        score = cpu_seconds(lambda b=booster: b.predict(matrix, num_threads=1))
        explain = cpu_seconds(lambda b=booster: b.predict(matrix, pred_contrib=True, num_threads=1))
        per_thousand = 1e6 / ROWS
        print(
            f"{f'{trees} × {leaves}':<18}{score * per_thousand:>15.1f}"
            f"{explain * per_thousand:>17.1f}{explain / score:>8.0f}"
        )


def _fit(matrix: np.ndarray, label: np.ndarray, leaves: int, trees: int) -> lightgbm.Booster:
    parameters = {"objective": "binary", "num_leaves": leaves, "verbosity": -1, "num_threads": 1}
    return lightgbm.train(parameters, lightgbm.Dataset(matrix, label), num_boost_round=trees)


if __name__ == "__main__":
    main()
