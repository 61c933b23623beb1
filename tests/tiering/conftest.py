"""What the tiering tests share: policies small enough to check by hand."""

from datetime import date

import pytest

from tiering.policy import DEFAULT_POLICY, policy_at
from tiering.version import Version


@pytest.fixture(scope="session")
def shipped() -> Version:
    return policy_at(DEFAULT_POLICY, date(2026, 11, 1))
