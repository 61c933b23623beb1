"""The reference page of the features, written from the catalogue (``docs/features.md``)."""

from __future__ import annotations

from collections.abc import Iterator

from features.catalogue import CATALOGUE, Catalogue
from features.feature import Feature

_HEAD = """# Features

Generated from the catalogue by `features.reference.markdown()`: change the declarations, not this
page.

One row of the panel is one account as known strictly before `as_of` (00:00 UTC). Windows end at
`as_of` and are whole weeks: `_28d` is `[as_of − 28 days, as_of)`. A missing value stays missing.
`↑` says that a higher value is expected to raise the probability, `↓` to lower it, `·` neither.
Values outside the range stop the build: they are a defect of a definition.
Ages and delays count whole UTC days from date to date: a row of yesterday has age 1, and a
window of 28 days holds ages 1 to 28.

What follows from the tables' second clock and from columns that change later:

- A row counts when its own time and its `known_at` both lie before `as_of`.
- `deactivated_at`, `resolved_at`, `csat` (from `resolved_at`), `paid_at` and `failed_attempts`
  (final once paid: from `paid_at`) are unknown until their own time has passed.
- The newest known row of an account counts, and so it does for a user, a ticket and an invoice: a
  correction is a row of the same key with a later `known_at`, and changes nothing before that.
- A touch of the arm `hold_out` was withheld and is no contact.
- Left out on purpose: values that mostly tell how far back the records reach (counts of all time,
  days since a first use). They drift from the dates a model learns on to the dates it is used on.
- `modules` stands outside time: what is core today was core always.
- `eligible`: ARR above 0, and of no product is the newest decision known at `as_of` a notice or a
  churn that has not taken effect. A renewal, reactivation or new contract of the product decided
  after it takes it back, whatever day either takes effect. A decision was made when it was asked
  for (`requested_at`, else `happened_at`) or known, whichever came first; a churn that has taken
  effect counts from that day.
- ARR follows the days on which changes take effect: a planned churn ends it on its day. Whoever
  takes it back writes a renewal or reactivation that takes effect on that day; one of an earlier
  day may be the last term, and undoes nothing.
- A contract change without `product_id` is a change of one product without a name.
- An account is a customer (`tenure_days`, `stage`, the delays of readiness) since its first known
  `new` contract change; where none is known, since `accounts.created_at`.
- A product's term begins with its newest known `new`, `renewal` or `reactivation` change (where
  none is known, with its newest change). Seats, term end, automatic renewal and notice period stand
  as they were last said since then: an expansion that leaves them empty changes nothing of them.
- Of several paying products, `days_to_renewal` is of the one that renews next; where no renewal is
  ahead, of the one whose term ended last. `term_days` and `term_elapsed_share` are of that product
  (of several that renew on one day, of the longest term). `days_to_notice_deadline` is the next
  deadline of any product, else the last that passed.
- `days_since_arr_change` counts from the newest change, whatever its type, after which the ARR of
  its product differs from before; the first change of a product counts.
- Use further back than 364 days is not seen.

## Labels

As of `t`, with lead `L`, horizon `H` and grace `G`, the window is `[t + L, t + L + H)`; a change is
decided at `requested_at`, else at `happened_at`. Sums run over all products of an account.

- `churned`: a change decided in the window takes ARR to 0, and it stays 0 for `G` days from then.
- `expanded`, `contracted`: not churned, and ARR at the window's end lies at least
  `expansion_min` above, or below, ARR at `t`.
- All three are null where the row is not eligible, where ARR at `t` is 0 by what is known today,
  where a churn was decided before the window and takes effect at or after `t` (too late to act),
  where the window is not over at the watermark, and where ARR is 0 by a decision in the window but
  the grace is not over. `expanded` is null too where growth was decided in the lead, `contracted`
  where shrinking was.
- The watermark is the time of the newest row of usage, tickets, surveys, touches or milestones, or
  the newest `known_at` of a contract change: a change may be dated ahead and does not move it.
"""
_ARROWS = {1: "↑", -1: "↓", 0: "·"}


def markdown(catalogue: Catalogue = CATALOGUE) -> str:
    """Return the page as Markdown: one table per group, in panel order."""
    parts = [_HEAD]
    for group in catalogue.groups:
        parts.append(f"\n## {group.capitalize()}\n\n" + "\n".join(_table(catalogue.group(group))))
    return "\n".join(parts) + f"\n\nFingerprint: `{catalogue.fingerprint}`\n"


def _table(features: tuple[Feature, ...]) -> Iterator[str]:
    yield "| feature | means | kind, unit | range | churn | expansion | null means | needs |"
    yield "|---|---|---|---|---|---|---|---|"
    for feature in features:
        yield _row(feature)


def _row(feature: Feature) -> str:
    cells = (
        f"`{feature.name}`",
        f"{feature.label_en} · {feature.label_ja}",
        feature.kind if feature.kind == feature.unit else f"{feature.kind}, {feature.unit}",
        _range(feature),
        _ARROWS[feature.churn],
        _ARROWS[feature.expansion],
        feature.null_means,
        ", ".join(f"`{part}`" for part in feature.needs) or "–",
    )
    return f"| {' | '.join(cells)} |"


def _range(feature: Feature) -> str:
    if feature.kind == "category":
        return "any text"
    low = "−∞" if feature.low is None else f"{feature.low:g}"
    high = "∞" if feature.high is None else f"{feature.high:g}"
    return f"{low} to {high}"
