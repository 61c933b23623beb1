"""The scoring calls: the same bits as `scoring`, reasons that add up, the described shape."""

from typing import Any

import pyarrow.compute as pc
import pytest

OUTCOMES = ("churn", "expansion")


def adds_up(outcome: dict[str, Any]) -> bool:
    total = outcome["base_probability"] + sum(reason["pp"] for reason in outcome["reasons"])
    return abs(total + outcome["other_pp"] - outcome["probability"]) <= 1e-9


def expected(home: Any, outcome: str) -> dict[str, float]:
    table = home.panel.filter(pc.and_(home.panel["eligible"], pc.greater(home.panel["arr"], 0)))
    scores = home.bundles[outcome].score(table)
    return dict(zip(table["account_id"].to_pylist(), scores.probability.tolist(), strict=True))


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("reasons", [0, 3, 50])
def test_stored_scores_are_scorings_to_the_last_bit(
    home: Any, client: Any, eligible: list[str], reasons: int, language: str
) -> None:
    asked = {"account_ids": eligible, "reasons": reasons, "language": language}
    answer = client.post("/v1/score", json=asked).json()
    assert [line["account_id"] for line in answer["scores"]] == eligible
    for outcome in OUTCOMES:
        served = {line["account_id"]: line[outcome]["probability"] for line in answer["scores"]}
        assert served == expected(home, outcome)
        assert all(adds_up(line[outcome]) for line in answer["scores"])
        assert all(len(line[outcome]["reasons"]) <= reasons for line in answer["scores"])


def test_the_answer_names_its_snapshot_models_and_policy(client: Any, eligible: list[str]) -> None:
    answer = client.post("/v1/score", json={"account_ids": eligible[:1]}).json()
    assert answer["as_of"] == "2026-06-01T00:00:00Z"
    assert answer["models"] == {"churn": "churn/1", "expansion": "expansion/1"}
    assert answer["policy"] == "2000-01-01"
    tier = answer["scores"][0]["tier"]
    assert set(tier) >= {"name", "touch_model", "decided_by", "next_best", "margin"}


def test_sent_rows_are_scorings_to_the_last_bit(
    home: Any, client: Any, eligible: list[str]
) -> None:
    rows = [client.get(f"/v1/accounts/{i}").json()["features"] for i in eligible[:10]]
    sent = [{"account_id": i, **row} for i, row in zip(eligible[:10], rows, strict=True)]
    answer = client.post("/v1/score_features", json={"rows": sent, "language": "ja"}).json()
    for outcome in OUTCOMES:
        wanted = expected(home, outcome)
        for line in answer["scores"]:
            assert line[outcome]["probability"] == wanted[line["account_id"]]
            assert adds_up(line[outcome])


def test_extra_known_features_are_allowed_and_order_does_not_matter(
    client: Any, eligible: list[str]
) -> None:
    row = client.get(f"/v1/accounts/{eligible[0]}").json()["features"]
    turned = dict(reversed(row.items())) | {"as_of": "2026-06-01"}
    straight, back = (
        client.post("/v1/score_features", json={"rows": [each], "outcomes": ["churn"]}).json()
        for each in (row, turned)
    )
    assert straight["scores"][0]["churn"] == back["scores"][0]["churn"]


def test_the_kth_reason_does_not_depend_on_k(client: Any, eligible: list[str]) -> None:
    few, many = (
        client.post("/v1/score", json={"account_ids": eligible[:5], "reasons": k}).json()
        for k in (2, 9)
    )
    for one, other in zip(few["scores"], many["scores"], strict=True):
        assert one["churn"]["reasons"] == other["churn"]["reasons"][:2]


def test_reasons_carry_the_accounts_past_and_its_peers(client: Any, eligible: list[str]) -> None:
    asked = {"account_ids": eligible, "reasons": 5}
    lines = client.post("/v1/score", json=asked).json()["scores"]
    reasons = [reason for line in lines for reason in line["churn"]["reasons"]]
    assert any(reason["was"] for reason in reasons)
    assert any(reason["peers"] for reason in reasons)
    assert all((reason["direction"] == "raises") == (reason["pp"] > 0) for reason in reasons)


def test_an_account_asked_twice_is_answered_once(client: Any, eligible: list[str]) -> None:
    answer = client.post("/v1/score", json={"account_ids": [eligible[0]] * 3}).json()
    assert len(answer["scores"]) == 1


def test_percentiles_order_as_probabilities(client: Any, eligible: list[str]) -> None:
    lines = client.post("/v1/score", json={"account_ids": eligible}).json()["scores"]
    ranked = sorted((line["churn"]["probability"], line["churn"]["percentile"]) for line in lines)
    percentiles = [percentile for _, percentile in ranked]
    assert percentiles == sorted(percentiles)
    assert 0 < percentiles[0] <= percentiles[-1] < 1


def test_models_tell_what_is_in_force(home: Any, client: Any) -> None:
    models = client.get("/v1/models").json()["models"]
    assert {name: model["version"] for name, model in models.items()} == {
        "churn": "churn/1",
        "expansion": "expansion/1",
    }
    assert models["churn"]["columns"] == list(home.bundles["churn"].manifest.names)
