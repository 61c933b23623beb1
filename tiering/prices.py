"""The price of one more seat in each tier, exact also where the programme's duals are not unique.

One more seat in tier k lets some account move there, which frees a seat that another may take, and
so on: its worth is the longest chain of moves ending in k over the graph whose nodes are the tiers
and whose edge a → b is the best gain of moving one account from a to b. In an optimal assignment no
cycle has a gain, so the longest chain is simple. The prices are the smallest dual solution of the
assignment (Demange 1982), which also makes every decision's margin non-negative.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def seat_prices(
    values: NDArray[np.float64], chosen: NDArray[np.int64], seats: Sequence[int | None]
) -> NDArray[np.float64]:
    """Return the gain in total value from one more seat, per column.

    Parameters
    ----------
    values : (n, k) array
        Value of each row in each column.
    chosen : (n,) array
        Each row's column in an optimal assignment.
    seats : length k
        Capacity of each column; None is no limit.
    """
    k = values.shape[1]
    gains = _best_moves(values, chosen)
    full = [
        seats[j] is not None and int((chosen == j).sum()) >= int(seats[j] or 0) for j in range(k)
    ]
    price = np.zeros(k)
    for _ in range(k):  # a simple chain over k tiers has at most k − 1 moves
        price = np.maximum(price, (gains + price[:, None]).max(axis=0))
    return np.where(full, price, 0.0)


def _best_moves(values: NDArray[np.float64], chosen: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the (k, k) matrix of the best gain of moving one row from column a to column b."""
    k = values.shape[1]
    gains = np.full((k, k), -np.inf)
    for a in range(k):
        rows = values[chosen == a]
        if len(rows):
            gains[a] = (rows - rows[:, [a]]).max(axis=0)
    np.fill_diagonal(gains, 0.0)
    return gains
