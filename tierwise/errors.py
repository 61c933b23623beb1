"""Errors of the command itself, and the list of every error that is written for a reader."""


class CommandError(Exception):
    """The command cannot be carried out as asked; the message says why and what to do."""


class SettingsError(CommandError):
    """A setting in `tierwise.toml`, the environment or a flag is unknown or has a wrong value."""


class UsageError(CommandError):
    """The words typed do not go together; the command ends with the exit code of wrong usage."""


def reader_errors() -> tuple[type[Exception], ...]:
    """Error roots whose message is meant for the person at the terminal.

    Imported only when something has gone wrong, so that a command loads just what it needs.
    """
    from features.errors import FeaturesError
    from scoring.errors import ScoringError
    from serving.errors import ServingError
    from simulator.errors import SimulatorError
    from tiering.errors import TieringError
    from training.errors import TrainingError

    return (
        CommandError,
        FeaturesError,
        ScoringError,
        ServingError,
        SimulatorError,
        TieringError,
        TrainingError,
        OSError,
    )
