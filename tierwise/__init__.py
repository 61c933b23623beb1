"""The command `tierwise`: one module per job, no logic of its own."""

__version__ = "0.1.0"
