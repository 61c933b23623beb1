"""The suggested next step: the play of the severest fired signal, else the tier's own."""

from collections.abc import Iterable

from tiering.signals import Signal
from tiering.version import Play, Version


def suggest(version: Version, tier: str | None, signals: Iterable[Signal]) -> Play | None:
    """Return the play for an account of ``tier`` whose ``signals`` come severest first.

    A play without ``tiers`` fits every tier. None when the policy has no play that fits.
    """
    for code in [signal.code for signal in signals if signal.fired] + [None]:
        for play in version.plays:
            if play.signal == code and (not play.tiers or tier in play.tiers):
                return play
    return None
