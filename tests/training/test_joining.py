"""A joined model says the weighted sum of its parts, predictions and exact reasons alike."""

import re

import lightgbm
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.booster import contributions, margins, read_booster
from training.models.joining import join_texts

N_COLUMNS = 4


def fitted(n_leaves: int, n_trees: int, seed: int) -> str:
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(300, N_COLUMNS))
    matrix[:, 3] = random.integers(0, 6, 300)
    matrix[random.random((300, N_COLUMNS)) < 0.1] = np.nan
    y = (np.nan_to_num(matrix[:, 0]) + (matrix[:, 3] == 2) > 0.2).astype(float)
    params = {"objective": "binary", "num_leaves": n_leaves, "num_threads": 1, "verbosity": -1}
    rows = lightgbm.Dataset(matrix, y, categorical_feature=[3], params={"verbosity": -1})
    return str(lightgbm.train(params, rows, num_boost_round=n_trees).model_to_string())


part = st.tuples(
    st.integers(2, 12), st.integers(1, 6), st.integers(0, 3), st.floats(0.01, 3.0)
).map(lambda drawn: (fitted(*drawn[:3]), drawn[3]))


@settings(deadline=None, max_examples=25)
@given(parts=st.lists(part, min_size=1, max_size=4), seed=st.integers(0, 99))
def test_what_it_says_is_the_weighted_sum(parts: list[tuple[str, float]], seed: int) -> None:
    rows = np.random.default_rng(seed).normal(size=(40, N_COLUMNS)) * 2
    rows[:, 3] = np.round(rows[:, 3])
    rows[::7, 1] = np.nan
    texts, weights = zip(*parts, strict=True)
    joined = [read_booster(join_texts(texts, weights), n_columns=N_COLUMNS)]
    for asked in (margins, contributions):
        each = [asked([read_booster(text, n_columns=N_COLUMNS)], rows) for text in texts]
        wanted = sum(weight * said for weight, said in zip(weights, each, strict=True))
        assert np.allclose(asked(joined, rows), wanted, rtol=0, atol=1e-9)


def test_trees_stand_in_the_order_of_the_parts() -> None:
    one, other = fitted(3, 2, 0), fitted(5, 3, 1)
    text = join_texts([one, other], [0.5, 0.5])
    assert re.findall(r"^num_leaves=(\d+)", text, re.M) == ["3", "3", "5", "5", "5"]
    assert text == join_texts([one, other], np.array([0.5, 0.5]))
    # What LightGBM wrote is what it writes again.
    assert lightgbm.Booster(model_str=text).model_to_string(num_iteration=-1) == text


def test_gains_are_weighed_too() -> None:
    one, other = fitted(3, 4, 0), fitted(8, 5, 1)
    gains = [lightgbm.Booster(model_str=text).feature_importance("gain") for text in (one, other)]
    joined = lightgbm.Booster(model_str=join_texts([one, other], [0.9, 0.1]))
    wanted = 0.9 * gains[0] + 0.1 * gains[1]
    assert np.allclose(joined.feature_importance("gain"), wanted, rtol=1e-4)


def test_a_column_that_one_part_left_out_is_known_by_another() -> None:
    one, other = fitted(3, 2, 0), fitted(8, 5, 1)
    ranges = re.search(r"^feature_infos=(.*)$", one, re.M)[1].split(" ")
    without = one.replace(ranges[0], "none", 1)
    joined = join_texts([without, other], [0.5, 0.5])
    said = re.search(r"^feature_infos=(.*)$", joined, re.M)[1].split(" ")
    theirs = re.search(r"^feature_infos=(.*)$", other, re.M)[1].split(" ")
    assert said == [theirs[0], *ranges[1:]]


def test_one_whole_part_is_left_as_it_is() -> None:
    text = fitted(4, 3, 0)
    assert join_texts([text], [1.0]) is text
