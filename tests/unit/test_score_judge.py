"""The judge: incidents against the truth, as tables; and what worse deciding does to a score."""

import dataclasses
from typing import Any

import pytest

from alerts import situation
from alerts.policy import Policy, Threshold
from deploy.score import bounds
from deploy.score.incidents import Incident
from deploy.score.judge import AGAIN, SLACK, UNEXPLAINED, Outcome, judge
from deploy.score.people import Deed, Room
from deploy.score.report import failures
from deploy.score.tally import Tally, figures
from simulators.truth.story import Episode, Evident, Truth
from tests.score_life import BETWEEN_FLOORS, Told

DOOR_OPEN = {"door": "open", "door_zone": True, "occupied": False, "moving": False}
TRAVELLING = {"moving": True, "door_zone": False, "occupied": True}
LAST = 700_000 + SLACK  # the last moment of `TRAPPED`
TRAPPED = Episode(
    lift_id="L", truth=Truth.ENTRAPMENT, cause="brake", began=100_000, ended=700_000, known_at=110_000, within_s=60,
    noises=("flapping",),
)  # fmt: skip
ASKS = dataclasses.replace(TRAPPED, evident=Evident.ASKS, within_s=15)
FAULT = dataclasses.replace(TRAPPED, evident=Evident.FAULT, within_s=60)
MAY = dataclasses.replace(TRAPPED, evident=Evident.MAY)
HIDDEN = dataclasses.replace(TRAPPED, evident=Evident.HIDDEN, known_at=None, within_s=None)
BRIEF = dataclasses.replace(TRAPPED, ended=150_000)


def rescue(opened: int, **more: Any) -> Incident:
    return Incident(kind="rescue", reason="outside_zone", opened_at=opened, causes=["outside_zone"], **more)


def finding(opened: int, kind: str = "fault", code: str = "power_loss", **more: Any) -> Incident:
    return Incident(kind=kind, code=code, reason=code, opened_at=opened, **more)


@pytest.mark.parametrize(
    ("episode", "incidents", "outcome", "delay", "late"),
    [
        (TRAPPED, [], Outcome.MISSED, None, None),
        (TRAPPED, [rescue(130_000, confirmed_at=170_000)], Outcome.CAUGHT, 60, 0),
        (TRAPPED, [rescue(130_000, confirmed_at=173_500)], Outcome.CAUGHT, 63.5, 3.5),
        (TRAPPED, [rescue(130_000)], Outcome.ONLY_SUSPECTED, None, None),
        (TRAPPED, [rescue(130_000, asked_at=140_000)], Outcome.ONLY_ASKED, None, None),
        (TRAPPED, [rescue(130_000, asked_at=140_000, person_at=260_000)], Outcome.ONLY_ASKED, None, None),
        (TRAPPED, [rescue(LAST, confirmed_at=LAST)], Outcome.CAUGHT, 600, 540),
        (TRAPPED, [rescue(LAST, confirmed_at=LAST + 1)], Outcome.ONLY_SUSPECTED, None, None),
        (TRAPPED, [rescue(LAST + 1, confirmed_at=LAST + 1)], Outcome.MISSED, None, None),
        # a rescue that was sure before, for whatever reason, and is still live: the dispatcher has it on the screen
        (TRAPPED, [rescue(1, confirmed_at=50_000)], Outcome.CAUGHT, -60, -120),
        (TRAPPED, [rescue(1, confirmed_at=50_000, ended_at=99_000, ended="released")], Outcome.MISSED, None, None),
        # the first that was sure counts, not the first that was there
        (TRAPPED, [rescue(120_000, ended_at=130_000), rescue(140_000, confirmed_at=180_000)], Outcome.CAUGHT, 70, 10),
        (TRAPPED, [finding(130_000)], Outcome.MISSED, None, None),
        (ASKS, [rescue(125_000, asked_at=125_000)], Outcome.CAUGHT, 15, 0),
        (ASKS, [rescue(120_000, asked_at=135_000)], Outcome.CAUGHT, 25, 10),
        (ASKS, [rescue(120_000, confirmed_at=121_000)], Outcome.CAUGHT, 11, -4),
        (ASKS, [rescue(120_000)], Outcome.ONLY_SUSPECTED, None, None),
        # the person sensor says "nobody": a fault that makes people ask will do, and anything more
        (FAULT, [], Outcome.MISSED, None, None),
        (FAULT, [finding(170_000)], Outcome.CAUGHT, 60, 0),
        (FAULT, [finding(175_000, "danger", "overspeed")], Outcome.CAUGHT, 65, 5),
        (FAULT, [finding(170_000, "offline", "offline")], Outcome.MISSED, None, None),
        (FAULT, [finding(170_000), rescue(115_000, confirmed_at=120_000)], Outcome.CAUGHT, 10, -50),
        (MAY, [], Outcome.BRIEF, None, None),
        (MAY, [rescue(130_000, confirmed_at=170_000)], Outcome.CAUGHT, 60, 0),
        (HIDDEN, [finding(130_000)], Outcome.HIDDEN, None, None),
        (HIDDEN, [rescue(130_000, asked_at=130_000)], Outcome.CAUGHT, 30, None),
        (BRIEF, [], Outcome.BRIEF, None, None),
        (BRIEF, [rescue(130_000, confirmed_at=170_000)], Outcome.CAUGHT, 60, 0),
        (BRIEF, [rescue(130_000)], Outcome.BRIEF, None, None),
    ],
)
def test_what_became_of_an_entrapment(
    episode: Episode, incidents: list[Incident], outcome: Outcome, delay: float | None, late: float | None
) -> None:
    (found,) = judge("L", [episode], incidents).entrapments
    assert (found.outcome, found.delay_s, found.late_s) == (outcome, delay, late)


@pytest.mark.parametrize(
    ("episode", "judged"), [(TRAPPED, True), (ASKS, True), (FAULT, True), (MAY, False), (HIDDEN, False), (BRIEF, False)]
)
def test_what_had_to_be_found(episode: Episode, judged: bool) -> None:
    assert [one.judged for one in judge("L", [episode], []).entrapments] == [judged]


def test_what_is_not_judged_is_told_all_the_same() -> None:
    tally = Tally()
    sure = rescue(130_000, confirmed_at=170_000)
    for episode, incidents in ((TRAPPED, [sure]), (HIDDEN, []), (HIDDEN, [sure]), (MAY, []), (ASKS, [])):
        tally.take(judge("L", [episode], incidents))
    found = figures(tally, 10)
    trapped = found["entrapments"]
    told = {name: trapped[name] for name in ("all", "judged", "found", "missed", "brief", "hidden", "found_beside")}
    assert told == {"all": 5, "judged": 2, "found": 1, "missed": 1, "brief": 1, "hidden": 1, "found_beside": 1}
    assert (trapped["recall"], trapped["share_of_all"], found["hidden"]) == (0.5, 0.4, {"brake": 1})
    assert found["by_evidence"]["asks"]["missed"] == 1


def test_without_another_word_an_entrapment_is_known_when_it_begins() -> None:
    episode = dataclasses.replace(TRAPPED, known_at=None)
    (found,) = judge("L", [episode], [rescue(130_000, confirmed_at=170_000)]).entrapments
    assert (found.delay_s, found.late_s) == (70, 10)


@pytest.mark.parametrize(
    ("incident", "real", "false", "suspected"),
    [
        (rescue(130_000, confirmed_at=170_000), True, False, True),
        (rescue(170_000, confirmed_at=170_000), True, False, False),
        (rescue(90_000, confirmed_at=99_999), False, True, True),  # sure before anybody was trapped: a false one
        (rescue(LAST, confirmed_at=LAST + 1), False, True, True),
        (rescue(90_000, asked_at=90_000, ended_at=200_000, ended="cancelled"), True, False, True),
        (rescue(50_000, ended_at=60_000, ended="cleared"), False, False, True),
        (rescue(800_000, asked_at=800_000, person_at=900_000), False, False, True),
    ],
)
def test_what_a_rescue_was_worth(incident: Incident, real: bool, false: bool, suspected: bool) -> None:
    (found,) = judge("L", [TRAPPED], [incident]).rescues
    assert (found.real, found.false, found.suspected) == (real, false, suspected)


def test_what_the_contract_owes_is_not_false() -> None:
    held = Episode(
        lift_id="L", truth=Truth.INNOCENT, cause="prank", began=10_000, ended=20_000, confirmable="a held button counts"
    )
    tally = Tally()
    tally.take(judge("L", [held], [rescue(12_000, confirmed_at=15_000), rescue(40_000, confirmed_at=45_000)]))
    found = figures(tally, 10)
    assert found["owed"] == {"a held button counts": 1}
    confirmed = found["confirmed"]
    assert (confirmed["rescues"], confirmed["false"], confirmed["owed"]) == (2, 1, 1)


def test_the_question_after_an_answer_is_told_as_that() -> None:
    (found,) = judge("L", [], [rescue(10_000, asked_at=10_000, again=True)]).rescues
    assert found.during == (AGAIN,)


def test_a_false_rescue_is_laid_at_the_door_of_what_went_on_then() -> None:
    noise = Episode(lift_id="L", truth=Truth.INNOCENT, cause="cleaner", began=0, ended=50_000, noises=("skew",))
    (found,) = judge("L", [noise, TRAPPED], [rescue(10_000, confirmed_at=20_000)]).rescues
    assert (found.false, found.during) == (True, ("cleaner", "skew"))
    (found,) = judge("L", [TRAPPED], [rescue(10_000, confirmed_at=20_000)]).rescues
    assert found.during == (UNEXPLAINED,)


@pytest.mark.parametrize(
    ("incidents", "found", "delay"),
    [
        ([], (), None),
        ([finding(130_000)], ("fault:power_loss",), 20),
        ([finding(1, ended_at=90_000)], (), None),
        ([rescue(130_000)], (), None),  # a mere suspicion tells nobody
        ([rescue(130_000, asked_at=130_000)], ("rescue:outside_zone",), 20),
    ],
)
def test_whether_people_were_told_of_a_harm(
    incidents: list[Incident], found: tuple[str, ...], delay: float | None
) -> None:
    episode = dataclasses.replace(TRAPPED, truth=Truth.HARM)
    (harm,) = judge("L", [episode], incidents).harms
    assert (harm.found, harm.delay_s) == (found, delay)


def test_findings_out_of_nothing_are_counted_apart() -> None:
    """One before the lift trapped somebody, one while it did, one while it was still broken, one long after."""
    tally = Tally()
    tally.take(judge("L", [TRAPPED], [finding(at) for at in (50_000, 200_000, 900_000, 4_300_001)]))
    assert figures(tally, 10)["findings"] == {"fault:power_loss": {"all": 4, "unexplained": 2, "per_10000": 4000}}


@pytest.mark.parametrize(
    ("incident", "now", "deed", "again"),
    [
        (rescue(120_000, confirmed_at=170_000), 770_000, Deed.RELEASE, None),
        (rescue(120_000, confirmed_at=170_000), 600_000, None, 700_000 + 180_000),
        (rescue(120_000, asked_at=120_000), 240_000, Deed.CONFIRM, None),
        (rescue(120_000, asked_at=120_000), 150_000, None, 175_000),  # the rules still have their time
        (rescue(5_000, asked_at=5_000), 90_000, Deed.CANCEL, None),
        (finding(5_000, "danger", "overspeed"), 90_000, Deed.CLOSE, None),
        (finding(5_000), 90_000, None, None),
    ],
)
def test_what_people_do(incident: Incident, now: int, deed: Deed | None, again: int | None) -> None:
    step = Room([TRAPPED]).see_to(incident, now)
    assert (step.deed, step.again) == (deed, again)


# --- statistics


@pytest.mark.parametrize(("events", "most"), [(0, 2.9957), (1, 4.7439), (3, 7.7537), (10, 16.962), (200, 225.0)])
def test_the_upper_bound_of_a_rate_is_the_exact_one(events: int, most: float) -> None:
    assert bounds.most_events(events) == pytest.approx(most, rel=2e-3)


@pytest.mark.parametrize(
    ("good", "of", "least"), [(1000, 1000, 0.05**0.001), (9, 10, 0.6058), (0, 5, 0), (95, 100, 0.8977)]
)
def test_the_lower_bound_of_a_share_is_the_exact_one(good: int, of: int, least: float) -> None:
    assert bounds.least_share(good, of) == pytest.approx(least, abs=2e-4)


def test_nothing_says_nothing() -> None:
    assert (bounds.least_share(0, 0), bounds.quantile([], 0.5)) == (None, None)


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.001, 1)])
def test_quantiles(share: float, value: float) -> None:
    assert bounds.quantile(range(100, 0, -1), share) == value


# --- a worse decision scores worse


def trapped_once(ended: float = 400) -> Told:
    """Ten people's morning: somebody between floors from 100 s on."""
    return (
        Told("L-trapped").at(5).at(80, **TRAVELLING).at(100, moving=False, **BETWEEN_FLOORS)
        .at(ended, **DOOR_OPEN).at(ended + 200).trapped(100, ended, known_at=100)
    )  # fmt: skip


def idle() -> Told:
    """Somebody's shopping stands in a car that stops short of the zone for two minutes, and nobody is there."""
    told = Told("L-idle").at(5).at(80, moving=True, door_zone=False, occupied=False)
    return told.at(100, moving=False).at(220, **DOOR_OPEN).at(400).innocent(100, 220, "levelling_fault")


def hidden() -> Told:
    """Somebody is trapped, and the lift says that all is well: nobody could know, and the score must say so."""
    return Told("L-hidden").at(5).at(900).trapped(100, 800)


def scored(policy: Policy | None = None, *told: Told) -> dict[str, Any]:
    tally = Tally()
    for one in told or (trapped_once(), idle()):
        tally.take(one.verdict(policy))
    return figures(tally, 2)


def test_the_contracts_policy_finds_the_one_and_leaves_the_other() -> None:
    found = scored()
    assert (found["entrapments"]["recall"], found["confirmed"]["false"], found["confirmed"]["precision"]) == (1, 0, 1)
    assert (found["delay"]["median_s"], found["delay"]["late_p99_s"]) == (60, 0)
    assert not failures({"policies": {"default": found}}, late_s=2)


def test_a_policy_that_confirms_after_ten_minutes_misses_who_was_freed_before() -> None:
    slow = Policy()
    slow.rules["outside_zone"] = Threshold(suspect_s=20, confirm_s=600)
    found = scored(slow)
    assert (found["entrapments"]["recall"], found["entrapments"]["only suspected"]) == (0, 1)
    assert failures({"policies": {"slow": found}}, late_s=2) == ["1 of 1 entrapments were not found as they had to be"]


def test_and_is_late_for_who_was_not() -> None:
    slow = Policy()
    slow.rules["outside_zone"] = Threshold(suspect_s=20, confirm_s=600)
    found = scored(slow, trapped_once(1200))
    assert (found["entrapments"]["recall"], found["delay"]["late_p99_s"]) == (1, 540)
    (said,) = failures({"policies": {"slow": found}}, late_s=2)
    assert "540.00 s" in said


def test_a_decision_that_ignores_whether_somebody_is_there_makes_false_alarms(monkeypatch: pytest.MonkeyPatch) -> None:
    occupied = (True, situation.OccupiedBy.SENSOR)
    monkeypatch.setattr(situation, "_occupancy", lambda *_, **__: occupied)
    found = scored()
    assert (found["entrapments"]["recall"], found["confirmed"]["false"], found["confirmed"]["precision"]) == (1, 1, 0.5)
    assert found["by_noise"]["levelling_fault"]["false"] == 1
    assert found["false"][0]["lift_id"] == "L-idle"
    assert failures({"policies": {"blind": found}}, late_s=2) == ["1 of 2 confirmed rescues were false"]


def test_an_entrapment_that_nobody_could_see_is_reported_missed() -> None:
    found = scored(None, trapped_once(), hidden())
    assert (found["entrapments"]["missed"], found["entrapments"]["recall"]) == (1, 0.5)
    assert [one["lift_id"] for one in found["missed"]] == ["L-hidden"]
    assert failures({"policies": {"default": found}}, late_s=2)


def test_a_score_without_any_entrapment_does_not_pass() -> None:
    assert failures({"policies": {"default": scored(None, idle())}}, late_s=2) == [
        "there was no entrapment to find: the truth is broken"
    ]
