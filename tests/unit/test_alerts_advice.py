"""The first advice on an incident: by its code, by its reason, in both languages."""

import pytest

from alerts.advice import advice
from alerts.rules.catalogue import IDS
from elevator.faults import CATALOGUE


@pytest.mark.parametrize("reason", sorted(IDS))
def test_every_reason_of_a_rescue_has_one(reason: str) -> None:
    found = advice({"kind": "rescue", "reason": reason, "code": None})
    assert found is not None
    assert set(found) == {"zh", "en"}


@pytest.mark.parametrize(
    ("kind", "reason", "code", "like"),
    [
        ("rescue", "alarm_pressed", None, "alarm_button"),
        ("rescue", "chain_open", None, "safety_chain_open"),
        ("danger", "escalator_reversal", "escalator_reversal", "escalator_reversal"),
        ("fault", "outside_zone", "stopped_outside_zone", "stopped_outside_zone"),
        ("offline", "silence", "offline", "offline"),
        ("fault", "x", "nobody knows it", None),
        ("system", "not_json", None, None),
        ("area", "feeder", None, None),
    ],
)
def test_which(kind: str, reason: str, code: str | None, like: str | None) -> None:
    assert advice({"kind": kind, "reason": reason, "code": code}) == (CATALOGUE[like].advice if like else None)
