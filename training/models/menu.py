"""The menu of tree shapes that training tries: strongly regularised stumps to free 31 leaves.

The three smallest are tried from a straight line too, which few rows draw better than trees do.
"""

from dataclasses import dataclass, replace
from typing import Any

SLOW_RATE = 0.03
# At the slow rate; fewer trees at a faster one.
PATIENCE = 60
SHARE_A_TREE = 0.8


@dataclass(frozen=True)
class Shape:
    """One entry of the menu: leaves per tree, their depth, and how many rows count as one.

    `smallest_leaf` are the rows a leaf holds at least, and `penalty` that of large leaf values
    (L2), when a row counts as one; each tree sees `column_share` of the columns.
    `straight` says that the trees start from a straight line, see `training.models.straight`;
    `drawn`, that of each column one threshold is drawn and only the best of those is taken
    (extremely randomised trees: Geurts, Ernst and Wehenkel 2006).
    Where rows are plenty no tree looks at more than `rows_a_tree`, drawn anew for each.
    """

    n_leaves: int
    depth: int
    rows_as_one: float = 1.0
    rate: float = SLOW_RATE
    straight: bool = False
    rows_a_tree: int | None = None
    smallest_leaf: int = 40
    penalty: float = 5.0
    column_share: float = 0.5
    drawn: bool = False

    @property
    def patience(self) -> int:
        """Trees without gain that end a fit: as much learning at any rate."""
        return round(PATIENCE * SLOW_RATE / self.rate)

    def share_a_tree(self, n_rows: int) -> float:
        """Return the share of the rows that each tree looks at."""
        if self.rows_a_tree is None:
            return SHARE_A_TREE
        return min(SHARE_A_TREE, self.rows_a_tree / n_rows)

    @property
    def name(self) -> str:
        """Name under which its inner log-loss is recorded."""
        kind = "straight_" if self.straight else "" if self.penalty else "free_"
        kind = "drawn_" if self.drawn else kind
        return f"{kind}{self.n_leaves}_leaves_{self.rows_as_one:.1f}_rows_as_one"

    @property
    def words(self) -> str:
        """What is said of it to people."""
        start = " from a straight line" if self.straight else ""
        rows = f", {self.rows_as_one:.1f} rows as one" if self.rows_as_one > 1.0 else ""
        free = "" if self.penalty else " without a penalty"
        free = " at drawn thresholds" if self.drawn else free
        return f"{self.n_leaves} leaves{start}{free}{rows}"


# Half of the columns would hide a strong interaction, and a strong penalty blunts it: the last
# three are there for those.
SHAPES = (
    Shape(2, 1),
    Shape(4, 3),
    Shape(8, 4),
    Shape(16, 5, smallest_leaf=10, column_share=1.0, penalty=2.0),
    Shape(31, 5, smallest_leaf=5, column_share=1.0, penalty=1.0),
    Shape(31, 5, smallest_leaf=5, column_share=1.0, penalty=0.0),
)
# Errs where others do not, for its thresholds are its own: it only ever has a part in a blend.
DRAWN = Shape(31, 8, smallest_leaf=5, column_share=1.0, penalty=0.0, drawn=True)
# Many rows draw an interaction as sharply without seeing every column each time, which costs time.
SHAPES_OF_PLENTY = (
    *SHAPES[1:3],
    Shape(16, 5, smallest_leaf=20, column_share=0.8),
    Shape(31, 5, smallest_leaf=20, column_share=0.8),
)
OVERLAPPING = 1.5
# Where rows are plenty they average the noise that small steps and stumps are there to average.
PLENTY_RATE = 0.1
ROWS_A_TREE = 1_000_000
# A leaf of a tiny table may be smaller than the recipe says: this share of its rows.
SMALLEST_LEAF_SHARE = 0.03
# Of a dataset that serves every shape: no column is left out for what one of them asks of a leaf.
BINNING = {"verbosity": -1, "min_data_in_bin": 3, "feature_pre_filter": False}


def menu(overlap: float, *, straight: bool = False, drawn: bool = False) -> tuple[Shape, ...]:
    """Return the shapes to try on a table whose events are told by `overlap` rows each.

    Forty rows that tell of ten churns are as weak a leaf as ten rows that tell of ten, so the
    settings that count rows grow with the overlap; the three smallest shapes are tried plain too.
    Those that start from a straight line come first: they have least left to learn.
    """
    count = overlap if overlap >= OVERLAPPING else 1.0
    thrifty = [replace(shape, rows_as_one=count) for shape in SHAPES]
    plain = SHAPES[:3] if count > 1.0 else ()
    shapes = sorted((*thrifty, *plain), key=lambda shape: (shape.n_leaves, -shape.rows_as_one))
    begun = [replace(shape, straight=True) for shape in thrifty[:3]] if straight else []
    last = [replace(DRAWN, rows_as_one=count)] if drawn else []
    return (*begun, *shapes, *last)


def menu_of_plenty(overlap: float) -> tuple[Shape, ...]:
    """Return the few shapes to try on a table too large for all of them."""
    count = overlap if overlap >= OVERLAPPING else 1.0
    return tuple(
        replace(shape, rows_as_one=count, rate=PLENTY_RATE, rows_a_tree=ROWS_A_TREE)
        for shape in SHAPES_OF_PLENTY
    )


def parameters(shape: Shape, *, n_rows: int, seed: int) -> dict[str, Any]:
    """Return LightGBM's parameters for a shape and a number of rows to fit on."""
    count = shape.rows_as_one
    return {
        "objective": "binary",
        "learning_rate": shape.rate,
        "num_leaves": shape.n_leaves,
        "max_depth": shape.depth,
        "min_data_in_leaf": int(
            min(shape.smallest_leaf * count, max(5, SMALLEST_LEAF_SHARE * n_rows))
        ),
        "bagging_fraction": shape.share_a_tree(n_rows),
        "bagging_freq": 1,
        "feature_fraction": shape.column_share,
        "lambda_l2": shape.penalty * count,
        "extra_trees": shape.drawn,
        "cat_smooth": 20.0 * count,
        # One level against the rest: subsets of levels sorted by their rate fit noise.
        "max_cat_to_onehot": 256,
        "seed": seed,
        "deterministic": True,
        "force_col_wise": True,
        "num_threads": 1,
        "verbosity": -1,
        "metric": "binary_logloss",
    }
