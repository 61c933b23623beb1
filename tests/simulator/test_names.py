"""Names: one per account, in the language of its country."""

import numpy as np
import pytest

from simulator.words import company_names, person_names


@pytest.mark.parametrize("country", ["JP", "GB"])
def test_no_two_of_ten_thousand_companies_share_a_name(country: str) -> None:
    names = company_names(0, np.array([country] * 10_000), seed=3)
    assert len(set(names.tolist())) == 10_000


def test_a_company_keeps_its_name_whatever_chunk_it_is_in() -> None:
    whole = company_names(0, np.array(["JP", "US"] * 20), seed=3)
    part = company_names(10, np.array(["JP", "US"] * 5), seed=3)
    assert whole[10:20].tolist() == part.tolist()


def test_language_and_form_follow_the_country() -> None:
    names = company_names(0, np.array(["JP", "DE", "US"] * 50), seed=3).tolist()
    assert all("株式会社" in name for name in names[::3])
    assert all(name.endswith(" GmbH") and name.isascii() for name in names[1::3])
    assert all(name.endswith(" Inc.") for name in names[2::3])


def test_people_are_named_in_their_language() -> None:
    names = person_names(np.random.default_rng(0), np.array([1, 0] * 20)).tolist()
    assert not any(name.isascii() for name in names[::2])
    assert all(name.isascii() for name in names[1::2])
