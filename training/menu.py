"""The menu of tree shapes that training tries: stumps to 31 leaves, all strongly regularised."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Shape:
    """One entry of the menu: leaves per tree, their depth, and how many rows count as one."""

    n_leaves: int
    depth: int
    rows_as_one: float = 1.0

    @property
    def name(self) -> str:
        """Name under which its inner log-loss is recorded."""
        return f"{self.n_leaves}_leaves_{self.rows_as_one:.1f}_rows_as_one"


SHAPES = (Shape(2, 1), Shape(4, 3), Shape(8, 4), Shape(16, 5), Shape(31, 5))
OVERLAPPING = 1.5


def menu(overlap: float) -> tuple[Shape, ...]:
    """Return the shapes to try on a table whose events are told by `overlap` rows each.

    Forty rows that tell of ten churns are as weak a leaf as ten rows that tell of ten, so the
    settings that count rows grow with the overlap; the three smallest shapes are tried plain too.
    """
    if overlap < OVERLAPPING:
        return SHAPES
    shapes = (*(replace(shape, rows_as_one=overlap) for shape in SHAPES), *SHAPES[:3])
    return tuple(sorted(shapes, key=lambda shape: (shape.n_leaves, -shape.rows_as_one)))
