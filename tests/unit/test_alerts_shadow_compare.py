"""Who was right, case by case: the live policy, the tried one, both, or nobody."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from alerts.policy import Policy, Threshold
from alerts.shadow.compare import Live, Tried, Truth, Verdict, compare, differences, thresholds, totals

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def at(seconds: float | None) -> datetime | None:
    return None if seconds is None else START + timedelta(seconds=seconds)


def live(*, name: str = "l1", lift: str = "L-1", opened: float = 0, confirmed: float | None = 60, ended: float | None = 600,
         state: str = "released", **more: Any) -> Live:  # fmt: skip
    return Live(
        id=name, lift_id=lift, reason="outside_zone", state=state, opened_at=at(opened) or START,
        confirmed_at=at(confirmed), ended_at=at(ended), **{"causes": ("outside_zone",), **more},
    )  # fmt: skip


def tried(*, name: str = "s1", lift: str = "L-1", opened: float = 0, rang: float | None = 40,
          ended: float | None = 600) -> Tried:  # fmt: skip
    return Tried(id=name, lift_id=lift, reason="outside_zone", opened_at=at(opened) or START, rang_at=at(rang),
                 ended_at=at(ended))  # fmt: skip


REPORTED = {"causes": ("caller",)}
FALSE = {"state": "cancelled", "cancelled_for": "false_alarm"}
TEST = {"state": "cancelled", "cancelled_for": "test"}


@pytest.mark.parametrize(
    ("of_live", "shadow", "verdict", "gained"),
    [
        (live(persons=2), tried(), Verdict.BOTH_CAUGHT, 20),
        (live(persons=2), tried(rang=90), Verdict.BOTH_CAUGHT, -30),
        (live(persons=2, state="closed"), tried(), Verdict.BOTH_CAUGHT, 20),
        (live(persons=1), None, Verdict.SHADOW_MISSED, None),
        (live(persons=1), tried(rang=None), Verdict.SHADOW_MISSED, None),
        (live(persons=1, **REPORTED), tried(), Verdict.SHADOW_CAUGHT, 20),
        (live(persons=1, **REPORTED), None, Verdict.BOTH_MISSED, None),
        (live(persons=0), tried(), Verdict.BOTH_FALSE, 20),
        (live(**FALSE), tried(), Verdict.BOTH_FALSE, 20),
        (live(**FALSE), None, Verdict.SHADOW_SPARED, None),
        (live(**FALSE, **REPORTED), tried(), Verdict.SHADOW_FALSE, 20),
        (live(**FALSE, **REPORTED), None, None, None),
        (live(**TEST), tried(), Verdict.BOTH_OPEN, 20),
        (live(state="dispatched", ended=None), tried(ended=None), Verdict.BOTH_OPEN, 20),
        (live(state="dispatched", ended=None), None, Verdict.LIVE_ONLY, None),
        (live(persons=None), None, Verdict.LIVE_ONLY, None),
        (None, tried(), Verdict.SHADOW_ONLY, None),
        (None, tried(rang=None), None, None),
        (live(state="cleared", confirmed=None), tried(), Verdict.SHADOW_ONLY, None),
        (live(state="cleared", confirmed=None), None, None, None),
        (live(state="suspected", confirmed=None, ended=None), None, None, None),
        # a suspicion that waits has rung when it opened, and so has one that a person confirmed
        (live(state="suspected", confirmed=None, ended=None, waits=True), tried(), Verdict.BOTH_OPEN, -40),
        (live(persons=1, confirmed=300, by_person=True), tried(), Verdict.BOTH_CAUGHT, -40),
        (live(confirmed=None, **FALSE), None, Verdict.SHADOW_SPARED, None),
    ],
)  # fmt: skip
def test_a_case(of_live: Live | None, shadow: Tried | None, verdict: Verdict | None, gained: float | None) -> None:
    cases = compare([] if of_live is None else [of_live], [] if shadow is None else [shadow])
    assert [case.verdict for case in cases] == ([] if verdict is None else [verdict])
    assert [case.gained_s for case in cases] == ([] if verdict is None else [gained])


@pytest.mark.parametrize(
    ("shadow", "meets"),
    [
        ({"opened": -200, "rang": -100, "ended": -61}, False),  # over a minute before
        ({"opened": -200, "rang": -100, "ended": -60}, True),
        ({"opened": 660, "rang": 700, "ended": 900}, True),
        ({"opened": 661, "rang": 700, "ended": 900}, False),
        ({"opened": -5000, "rang": -4000, "ended": None}, True),
        ({"lift": "L-2"}, False),
    ],
)
def test_two_are_one_when_they_were_open_at_the_same_time(shadow: dict[str, Any], meets: bool) -> None:
    verdicts = {case.verdict for case in compare([live(persons=1)], [tried(**shadow)])}
    assert verdicts == ({Verdict.BOTH_CAUGHT} if meets else {Verdict.SHADOW_MISSED, Verdict.SHADOW_ONLY})


def test_each_is_matched_once_in_order_and_lifts_stay_apart() -> None:
    """Two rescues on one lift with two of the shadow, and another lift."""
    cases = compare(
        [live(persons=1), live(name="l2", opened=1000, confirmed=1060, ended=1500, persons=1),
         live(name="l3", lift="L-2", persons=3)],
        [tried(name="s2", opened=1001, rang=1030, ended=1400), tried(), tried(name="s3", lift="L-3")],
    )  # fmt: skip
    pairs = [(case.live and case.live.id, case.shadow and case.shadow.id) for case in cases]
    assert pairs == [("l2", "s2"), (None, "s3"), ("l3", None), ("l1", "s1")]


def test_totals_count_every_verdict_and_say_what_was_gained() -> None:
    lives = [
        live(persons=1),
        live(name="l2", lift="L-2", persons=1),
        live(name="l3", lift="L-3", state="cleared", confirmed=None),
    ]
    shadows = [tried(), tried(name="s2", lift="L-2", rang=70), tried(name="s4", lift="L-4", rang=None)]
    found = totals(compare(lives, shadows), lives, shadows)
    assert set(found.verdicts) == set(Verdict)
    assert found.verdicts[Verdict.BOTH_CAUGHT] == 2
    assert sum(found.verdicts.values()) == 2
    assert (found.live_suspicions, found.shadow_suspicions) == (1, 1)
    assert (found.gained_median_s, found.gained_best_s, found.gained_worst_s) == (5, 20, -10)
    assert totals([], [], []).gained_median_s is None


def test_what_people_found() -> None:
    assert live(persons=3).truth is Truth.TRAPPED
    assert live(persons=0).truth is Truth.NOBODY
    assert live(**FALSE).truth is Truth.NOBODY
    assert live(**TEST).truth is Truth.UNKNOWN
    assert live(state="arrived", persons=None, ended=None).truth is Truth.UNKNOWN


def test_thresholds_that_differ_are_named_as_in_the_file() -> None:
    mine = Policy(
        rules=Policy().rules
        | {"outside_zone": Threshold(suspect_s=10), "silence": Threshold(suspect_s=15, confirm_s=40)}
    )
    mine = msgspec.structs.replace(mine, conditions=msgspec.structs.replace(mine.conditions, occupied_s=5))
    found = {one.name: (one.live, one.shadow) for one in differences(thresholds(Policy()), thresholds(mine))}
    assert found == {
        "conditions.occupied_s": (2, 5),
        "rules.outside_zone.confirm_s": (60, None),
        "rules.outside_zone.suspect_s": (20, 10),
        "rules.silence.confirm_s": (None, 40),
    }
    assert differences(thresholds(Policy()), thresholds(Policy())) == []
