"""What can be wrong with a policy or an assignment."""


class TieringError(Exception):
    """Root of this package's errors."""


class PolicyError(TieringError):
    """A policy file that cannot be used; the message lists every mistake found in it.

    Attributes
    ----------
    problems : tuple of str
        One sentence per mistake.
    """

    def __init__(self, message: str, problems: tuple[str, ...] = ()) -> None:
        self.problems = problems
        lines = "".join(f"\n  - {problem}" for problem in problems)
        super().__init__(message + lines)


class AssignmentError(TieringError):
    """Numbers that no assignment can be made from, or a solver that failed."""
