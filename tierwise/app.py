"""The `tierwise` application: its commands by job, each in a module of `tierwise.commands`."""

from cyclopts import App, Group

from tierwise import __version__

HELP = """Which accounts will leave, which will grow, why, and which of them should get human time.

Settings come from `tierwise.toml`, then `TIERWISE_*` variables, then flags.
Exit codes: 0 success, 1 input refused or a check failed, 2 wrong usage.
"""

JOBS = {
    "Start here": {
        "demo": "The whole way on a simulated company, then serve it.",
        "config": "Print every setting in force and where it came from.",
    },
    "Your tables": {
        "simulate": "Write a simulated company's raw tables, and the truth behind them.",
        "check": "Check the raw tables and say what can be learnt from them.",
        "features": "Build the panel: one row per account and date, as known then.",
    },
    "Models": {
        "train": "Train on a panel or any labelled table, beside honest baselines.",
        "backtest": "Rolling origins: how well we would have known, beside honest baselines.",
        "promote": "Run the promotion checks; move the alias `champion` if none fails.",
        "score": "Score a table: probabilities and, if asked, reasons.",
        "horizons": "What comes first for each account, within 30 days to a year.",
        "forecast": "NRR, GRR and logo retention of the next four quarters, with intervals.",
    },
    "Who gets human time": {
        "run": "The nightly run: check, features, scores, reasons, signals, tiers, store.",
    },
    "The service": {
        "serve": "Start the scoring API and the CSM pages.",
        "token": "Who may call the API: add, list, revoke.",
    },
}


def build_app() -> App:
    """The application with every command; a command's module is imported when it is called."""
    app = App("tierwise", help=HELP, version=__version__, help_format="markdown")
    for rank, (job, commands) in enumerate(JOBS.items()):
        group = Group(job, sort_key=rank)
        for place, (name, summary) in enumerate(commands.items()):
            target = f"tierwise.commands.{name}:{name}"
            app.command(target, name=name, help=summary, group=group, sort_key=place)
    return app
