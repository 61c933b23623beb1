"""`tierwise promote`: whether a model may go out."""

from tierwise.catalogue import catalogue_in_force
from tierwise.common import Common
from tierwise.errors import CommandError
from tierwise.tracking import tracking


def promote(
    *,
    outcome: str,
    run_id: str | None = None,
    force: bool = False,
    why: str | None = None,
    common: Common | None = None,
) -> int:
    """Run the promotion checks; the alias `champion` moves only if none fails.

    Parameters
    ----------
    outcome
        Outcome whose model is to go out.
    run_id
        Training run; the newest one of the outcome by default.
    force
        Promote although a check fails; needs --why and is recorded.
    why
        The reason for --force.
    """
    import training

    if force and not why:
        raise CommandError("--force needs --why TEXT: the reason is kept with the model.")
    common = common or Common()
    settings = common.settings()
    report = training.promote(
        outcome=outcome,
        run_id=run_id,
        force=force,
        why=why,
        tracking=tracking(settings),
        catalogue=catalogue_in_force(settings),
        policy=settings.policy,
    )
    print(report)
    common.write_json(report.to_json())
    return 0 if report.promoted else 1
