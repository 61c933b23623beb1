"""The account itself: attributes as the company wrote them down, newest known row.

Categories stay text, whatever their levels; a level never seen in training is the model's matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from features.expressions import KEYS, flag
from features.feature import Feature

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from features.snapshot import View


def _category(name: str, label_en: str, label_ja: str) -> Feature:
    return Feature(
        name=name,
        group="account",
        kind="category",
        unit="category",
        label_en=label_en,
        label_ja=label_ja,
        null_means="not written down",
        needs=(f"accounts.{name}",),
    )


FEATURES = (
    _category("segment", "Segment", "セグメント"),
    _category("industry", "Industry", "業種"),
    _category("country", "Country", "国"),
    _category("language", "Language", "言語"),
    _category("use_case", "Use case", "利用目的"),
    Feature(
        name="n_employees", group="account", kind="count", unit="people", low=0, expansion=1,
        null_means="not written down", needs=("accounts.employees",),
        label_en="Employees", label_ja="従業員数",
    ),
    Feature(
        name="has_parent", group="account", kind="flag", unit="yes/no", low=0, high=1,
        null_means="no parents written down", needs=("accounts.parent_id",),
        label_en="Belongs to a parent account", label_ja="親会社の契約あり",
    ),
    Feature(
        name="has_partner", group="account", kind="flag", unit="yes/no", low=0, high=1,
        null_means="no partners written down", needs=("accounts.partner_id",),
        label_en="Served through a partner", label_ja="パートナー経由",
    ),
)  # fmt: skip


def measure(view: View) -> ir.Table:
    """Return the attributes: one row per account known at as_of."""
    accounts = view.accounts
    return accounts.select(
        *KEYS,
        *("segment", "industry", "country", "language", "use_case"),
        n_employees=accounts.employees,
        has_parent=flag(accounts.parent_id.notnull()),
        has_partner=flag(accounts.partner_id.notnull()),
    )
