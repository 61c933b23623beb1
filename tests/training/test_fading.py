"""Fading: levels stay, what is seen fades, what is known ahead does not; weights are recovered."""

from dataclasses import astuple, replace

import numpy as np
import pytest
from scipy.special import expit

from training.horizons.fading import (
    USUAL_RATE,
    Fading,
    Parts,
    Told,
    fit_fading,
    needed_shift,
    parts_of,
)

STARTS = (14.0, 104.0, 194.0)
N, P = 40_000, len(STARTS)
OFFSET = np.full(P, -2.0)
PLAIN = Fading(1.0, 1.0, 1.0, 0.0, 0.0, STARTS, (-0.2,) * P, (0.0,) * P, (0.3,) * P)


def drawn(fading: Fading, n: int = N) -> tuple[Parts, Told]:
    """Return parts, and outcomes of hazards in which they count as told."""
    random = np.random.default_rng(0)
    lasting = np.tile(random.normal(-0.2, 1.0, (n, 1)), P)
    calendar, seen = random.normal(0.0, 1.0, (n, P)), random.normal(0.3, 1.0, (n, P))
    parts = Parts(lasting, calendar, seen)
    happened = random.random((n, P)) < expit(OFFSET + fading.applied(parts))
    snapshot, period = np.divmod(np.arange(n * P), P)
    return parts, Told(snapshot, period, happened.ravel().astype(float))


@pytest.mark.parametrize(
    "truth",
    [
        PLAIN,
        replace(PLAIN, rate=1.5, lasting_slope=0.6, calendar_slope=1.2, slope=0.7, shift=-0.3),
    ],
)
def test_rate_slopes_and_shift_are_found(truth: Fading) -> None:
    parts, told = drawn(truth)
    found = fit_fading(parts, OFFSET, told, starts=STARTS, overlap=1.0)
    assert found.rate == pytest.approx(truth.rate, abs=0.15)
    for name in ("lasting_slope", "calendar_slope", "slope", "shift"):
        assert getattr(found, name) == pytest.approx(getattr(truth, name), abs=0.05), name
    assert found.starts == STARTS
    for name in ("lasting_means", "calendar_means", "means"):
        assert getattr(found, name) == pytest.approx(getattr(truth, name), abs=0.02), name


def test_few_outcomes_do_not_bend_it() -> None:
    parts, told = drawn(replace(PLAIN, rate=1.5), n=20)
    few = fit_fading(parts, OFFSET, told, starts=STARTS, overlap=13.0)
    assert few.rate == pytest.approx(USUAL_RATE, abs=0.1)
    for slope in (few.lasting_slope, few.calendar_slope, few.slope):
        assert slope == pytest.approx(1.0, abs=0.3)


def test_levels_stay_and_order_is_kept() -> None:
    fading = replace(
        PLAIN,
        slope=0.8,
        rate=2.0,
        lasting_means=(0.5, 0.0, 0.1),
        calendar_means=(0.1, 0.2, -0.3),
        means=(0.1, -0.4, 0.2),
    )
    lasting, calendar, mean = (
        np.tile(means, (50, 1))
        for means in (fading.lasting_means, fading.calendar_means, fading.means)
    )
    assert fading.applied(Parts(lasting, calendar, mean)) == pytest.approx(
        lasting + calendar + mean
    )
    part = np.tile(np.linspace(-3, 3, 50)[:, np.newaxis], P)
    faded = fading.applied(Parts(lasting, calendar, part))
    assert (np.diff(faded, axis=0) > 0).all()
    assert (np.diff(np.ptp(faded, axis=0)) < 0).all()
    assert np.ptp(faded[:, 0]) < np.ptp(part[:, 0])


def test_what_is_known_ahead_counts_the_same_in_every_period() -> None:
    fading = replace(PLAIN, lasting_slope=0.9, calendar_slope=1.1, slope=0.8, rate=2.0)
    part, none = np.tile(np.linspace(-3, 3, 50)[:, np.newaxis], P), np.zeros((50, P))
    assert np.ptp(fading.applied(Parts(part, none, none)), axis=0) == pytest.approx([0.9 * 6.0] * P)
    assert np.ptp(fading.applied(Parts(none, part, none)), axis=0) == pytest.approx([1.1 * 6.0] * P)


def test_no_part_is_told_too_boldly_of_the_far_period() -> None:
    """With one weight for all, dates would be told too shyly there and moods too boldly."""
    parts, told = drawn(replace(PLAIN, rate=3.0, lasting_slope=0.5))
    found = fit_fading(parts, OFFSET, told, starts=STARTS, overlap=1.0)
    error = (told.y.reshape(N, P) - expit(OFFSET + found.applied(parts)))[:, -1]
    for part in astuple(parts):
        away = part[:, -1] - part[:, -1].mean()
        assert abs(error @ away) / np.sqrt((away**2).sum()) < 2.0


def test_what_lasts_and_the_calendar_add_up_to_what_is_known() -> None:
    known, seen = np.random.default_rng(0).normal(size=(2, 30, P))
    lengths = np.array([30.0, 90.0, 180.0])
    parts = parts_of(known, seen, lengths)
    assert parts.lasting + parts.calendar == pytest.approx(known)
    assert np.ptp(parts.lasting, axis=1) == pytest.approx(0.0)
    assert parts.calendar @ lengths == pytest.approx(0.0)
    assert parts.seen is seen


def test_a_period_without_rows_has_the_level_of_the_one_before() -> None:
    parts, told = drawn(PLAIN)
    first = told.period == 0
    some = Told(told.snapshot[first], told.period[first], told.y[first])
    found = fit_fading(parts, OFFSET, some, starts=STARTS, overlap=1.0)
    for means in (found.lasting_means, found.calendar_means, found.means):
        assert means == (means[0],) * P


def test_snapshots_without_a_row_may_lack_parts() -> None:
    parts, told = drawn(PLAIN, n=200)
    half = told.snapshot < 100
    some = Told(told.snapshot[half], told.period[half], told.y[half])
    gaps = [np.where(np.arange(200)[:, np.newaxis] < 100, part, np.nan) for part in astuple(parts)]
    whole, holey = (
        fit_fading(each, OFFSET, some, starts=STARTS, overlap=1.0) for each in (parts, Parts(*gaps))
    )
    assert holey == whole


def test_other_trees_keep_the_slopes_and_expect_as_many_as_came() -> None:
    parts, told = drawn(replace(PLAIN, rate=1.0))
    fading = fit_fading(parts, OFFSET, told, starts=STARTS, overlap=1.0)
    bolder = Parts(2.0 * parts.lasting + 0.5, parts.calendar, 1.5 * parts.seen - 1.0)
    carried = fading.carried_to(bolder, OFFSET, told)
    assert expit(OFFSET + carried.applied(bolder)).sum() == pytest.approx(told.y.sum())
    for name in ("lasting_slope", "calendar_slope", "slope", "rate"):
        assert getattr(carried, name) == getattr(fading, name)
    own = fading.carried_to(parts, OFFSET, told)
    assert own.shift == pytest.approx(fading.shift, abs=1e-3)


def test_a_shift_is_found_at_both_ends() -> None:
    log_odds = np.array([-2.0, 0.0, 1.0])
    for y in (np.zeros(3), np.ones(3), np.array([0.0, 1.0, 0.0])):
        wanted = np.clip(y.sum(), 0.5, 2.5)
        assert expit(log_odds + needed_shift(log_odds, y)).sum() == pytest.approx(wanted)
