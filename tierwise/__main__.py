"""Entry point of the command: runs it and turns errors into one clear line and an exit code."""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from cyclopts import CycloptsError

from tierwise.app import build_app
from tierwise.errors import UsageError, reader_errors

SUCCESS, REFUSED, USAGE, INTERRUPTED = 0, 1, 2, 130


def main() -> NoReturn:
    """Run the command line of this process and exit."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command.

    Parameters
    ----------
    arguments
        Words after the command's name.

    Returns
    -------
    int
        0 success, 1 input refused or a check failed, 2 wrong usage, 130 interrupted.
    """
    _quiet_libraries()
    try:
        code = build_app()(
            arguments,
            exit_on_error=False,
            result_action="return_value",
        )
    except CycloptsError:
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        if not isinstance(error, reader_errors()):
            raise
        print(f"tierwise: {error}", file=sys.stderr)
        return USAGE if isinstance(error, UsageError) else REFUSED
    return code if isinstance(code, int) else SUCCESS


def _quiet_libraries() -> None:
    """Nothing phones home, and threads that wait do not spin (LightGBM, before its import)."""
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")
    os.environ.setdefault("OTEL_SDK_DISABLED", "true")
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")


if __name__ == "__main__":
    main()
