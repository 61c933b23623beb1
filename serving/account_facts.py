"""What every reading call says of an account, from its record: plain JSON values."""

from collections.abc import Mapping
from typing import Any

from serving.records import Record


def tier_json(record: Record) -> dict[str, Any]:
    """Return the tier as every answer shows it."""
    tier = record.tier
    return {
        "name": tier.name,
        "touch_model": tier.touch_model,
        "decided_by": tier.decided_by,
        "next_best": tier.next_best,
        "margin": tier.margin,
        "value": tier.value,
    }


def account_facts(record: Record, words: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Return what every reading call says of an account."""
    return {
        "account_id": record.account_id,
        "score_id": record.score_id,
        "name": record.name,
        "arr": record.arr,
        "segment": record.segment,
        "csm_id": record.csm_id,
        "use_case": record.use_case,
        "eligible": record.eligible,
        **words,
        "signals": [
            {
                "code": signal.code,
                "severity": signal.severity,
                "fired": signal.fired,
                "title": signal.title[language],
                "text": signal.text[language],
            }
            for signal in record.signals
        ],
    }
