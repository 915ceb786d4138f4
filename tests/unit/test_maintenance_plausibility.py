"""Plausibility: each piece of evidence, what is unknown, the summary of telemetry, the file of thresholds."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from typing import Any

import pytest

from alerts.maintenance.plans import shelf
from alerts.maintenance.plans.plan import Kind
from alerts.maintenance.plausibility import telemetry, thresholds
from alerts.maintenance.plausibility.judging import judge
from alerts.maintenance.plausibility.record import (
    Answer,
    Claim,
    Copy,
    Known,
    Level,
    Other,
    Plausibility,
    Reuse,
    Seen,
    Telemetry,
)
from alerts.maintenance.plausibility.words import LEVELS, SENTENCES
from elevator.model import Door, LiftClass, Mode, Power, SafetyChain
from tests.maintenance_visits import BEGIN

THRESHOLDS = thresholds.newest()
ITEMS = tuple(one.code for one in shelf.newest(LiftClass.TRACTION).items_of(Kind.HALF_MONTH))
CLAIM = Claim(lift_class=LiftClass.TRACTION, began_at=BEGIN, left_at=BEGIN + timedelta(minutes=35), items=ITEMS)
IDLE = Telemetry(
    window_s=2400, heard_s=2400, samples=90, chain_open_s=0, stops_between=0, door_cycles=4, landings=2, runs=4
)  # fmt: skip
WORK = replace(IDLE, inspection_s=900, stops_between=5, chain_open_s=60, off_mains_s=120)
UNHEARD = Telemetry(window_s=2400, heard_s=0)
KNOWN = Known(inspection=True)


def look(claim: Claim = CLAIM, told: Telemetry = WORK, known: Known = KNOWN) -> Plausibility:
    return judge(claim, told, known, THRESHOLDS)


def codes(found: Plausibility) -> set[str]:
    return {one.code for one in found.evidence}


def points(found: Plausibility) -> dict[str, float]:
    return {one.code: one.points for one in found.evidence}


def test_work_supports_a_visit() -> None:
    found = look()
    assert found.level is Level.SUPPORTED
    assert codes(found) == {"inspection", "between", "power_off", "chain", "time_fits", "nowhere"}
    assert found.score == sum(one.points for one in found.evidence)
    assert found.thresholds == "thresholds-1"
    inspection = next(one for one in found.evidence if one.code == "inspection")
    assert inspection.text == {
        "zh": "电梯处于检修状态 15 分钟",
        "en": "the lift was in inspection mode for 15 min",
    }
    assert inspection.values == {"minutes": 15}


def test_a_lift_that_shows_no_work_makes_a_visit_doubtful() -> None:
    assert look(told=IDLE).level is Level.DOUBTFUL
    assert codes(look(told=IDLE)) == {"no_trace", "time_fits", "nowhere"}


@pytest.mark.parametrize("mute", ["stops_between", "chain_open_s"])
def test_one_signal_is_enough_to_miss_work_and_none_is_not(mute: str) -> None:
    one = replace(IDLE, **{mute: None})
    assert "no_trace" in codes(look(told=one))
    neither = replace(IDLE, stops_between=None, chain_open_s=None)
    assert "no_trace" not in codes(look(told=neither))
    assert points(look(told=neither))["inspection_missing"] < 0
    assert points(look(told=neither, known=Known()))["inspection_unknown"] == 0
    assert look(told=neither, known=Known()).level is Level.OPEN


@pytest.mark.parametrize("heard", [0.0, 0.5, 0.79])
@pytest.mark.parametrize("known", [Known(), KNOWN])
def test_what_was_not_heard_never_counts_against_anybody(heard: float, known: Known) -> None:
    silent = replace(IDLE, heard_s=2400 * heard, door_cycles=0, runs=0)
    found = look(told=silent, known=known)
    assert min(points(found).values()) >= 0
    assert found.level is Level.UNKNOWN
    assert set(found.items.values()) == {Answer.CANNOT_TELL}
    half = look(told=replace(WORK, heard_s=2400 * heard))
    assert half.level is Level.SUPPORTED  # what was seen of work was seen


def test_on_an_unheard_lift_other_evidence_still_speaks() -> None:
    reused = (Reuse(photo="p", visit_id="v0", lift="2号梯", same_lift=False),)
    assert look(replace(CLAIM, reused=reused), UNHEARD).level is Level.DOUBTFUL


@pytest.mark.parametrize(
    ("told", "code", "counts"),
    [
        (replace(IDLE, inspection_s=60, stops_between=3), "inspection_short", True),
        (replace(IDLE, off_mains_s=30), "power_off", True),
        (replace(IDLE, chain_open_s=30.0), "chain", True),
        (replace(IDLE, stops_between=1), "between", False),
        (replace(IDLE, held_open=3), "held", True),
        (replace(IDLE, held_open=2), "held", False),
        (replace(WORK, door_cycles=0), "no_door", True),
        (replace(WORK, door_cycles=None), "no_door", False),
        (replace(WORK, runs=0), "no_run", True),
        (replace(IDLE, off_mains_s=30), "inspection_missing", True),
    ],
)
def test_telemetry(told: Telemetry, code: str, counts: bool) -> None:
    assert (code in codes(look(told=told))) is counts


@pytest.mark.parametrize(
    ("minutes", "code"),
    [(4, "time_short"), (7, "time_short"), (8, "time_quick"), (13, "time_quick"), (14, "time_fits")],
)
def test_time_on_site(minutes: float, code: str) -> None:
    assert code in codes(look(replace(CLAIM, left_at=BEGIN + timedelta(minutes=minutes))))


def test_breaks_are_not_time_on_site() -> None:
    away = (BEGIN + timedelta(minutes=3), BEGIN + timedelta(minutes=33))
    assert "time_short" in codes(look(replace(CLAIM, breaks=(away,))))


@pytest.mark.parametrize(
    ("metres", "code"), [(None, "nowhere"), (0, "near"), (200, "near"), (501, "far"), (3001, "very_far")]
)
def test_position(metres: float | None, code: str) -> None:
    positions = codes(look(replace(CLAIM, distance_m=metres))) & {"nowhere", "near", "far", "very_far"}
    assert positions == {code}
    assert not codes(look(replace(CLAIM, distance_m=400))) & {"nowhere", "near", "far", "very_far"}


@pytest.mark.parametrize(
    ("reuse", "code"),
    [
        (Reuse(photo="p", visit_id="v0", lift="x", same_lift=True), "photo_again"),
        (Reuse(photo="p", visit_id="v0", lift="x", same_lift=False, exact=False, bits=2), "photo_alike"),
        (Reuse(photo="p", visit_id="v0", lift="x", same_lift=False, exact=False, bits=3), None),
        (Reuse(photo="p", visit_id="v0", lift="x", same_lift=True, exact=False, bits=0), None),
    ],
)
def test_photos(reuse: Reuse, code: str | None) -> None:
    assert codes(look(replace(CLAIM, reused=(reuse,)))) & {"photo_again", "photo_alike"} == ({code} if code else set())


def elsewhere(began: float, left: float, metres: float | None) -> set[str]:
    other = Other(
        visit_id="v0", worker="王维", lift="x", began_at=BEGIN + timedelta(minutes=began),
        left_at=BEGIN + timedelta(minutes=left), distance_m=metres,
    )  # fmt: skip
    return codes(look(replace(CLAIM, others=(other,)))) & {"elsewhere", "too_fast"}


def test_nobody_is_at_two_places() -> None:
    assert elsewhere(10, 20, 800) == {"elsewhere"}
    assert elsewhere(-30, 5, 800) == {"elsewhere"}
    assert elsewhere(10, 20, 300) == set()  # lifts of one estate
    assert elsewhere(10, 20, None) == set()
    assert elsewhere(-30, 4, 2000) == set()  # a check-out that was forgotten for a moment
    assert elsewhere(36, 60, 20_000) == {"too_fast"}
    assert elsewhere(60, 90, 20_000) == set()


def test_signatures_drawn_alike() -> None:
    own, officer = (Copy(name="王维", visit_id="v0", officer=one) for one in (False, True))
    assert codes(look(replace(CLAIM, copies=(own,)))) >= {"drawn_again"}
    assert look(replace(CLAIM, copies=(own,))).level is Level.SUPPORTED
    both = look(replace(CLAIM, copies=(own, officer)))
    assert points(both)["officer_drawn_again"] < 0
    assert points(both)["drawn_again"] == 0  # of a kind only the worst counts
    assert both.score == look(replace(CLAIM, copies=(officer,))).score
    assert sum(one.code == "drawn_again" for one in both.evidence) == 1


def test_which_items_could_be_checked() -> None:
    seen = look(replace(CLAIM, items=("A-1-1", "A-1-11", "A-1-20", "A-1-28", "A-1-23")))
    assert seen.items == dict.fromkeys(("A-1-11", "A-1-20", "A-1-28", "A-1-23"), Answer.SEEN)
    not_seen = look(told=replace(IDLE, door_cycles=0, runs=None, chain_open_s=None))
    assert not_seen.items["A-1-11"] is Answer.NOT_SEEN
    assert not_seen.items["A-1-20"] is Answer.NOT_SEEN
    assert not_seen.items["A-1-23"] is Answer.CANNOT_TELL
    assert not_seen.items["A-1-28"] is Answer.CANNOT_TELL
    assert look(told=IDLE, known=Known()).items["A-1-11"] is Answer.CANNOT_TELL


# --- telemetry ------------------------------------------------------------------------------------------------


def seen(*told: tuple[float, dict[str, Any]]) -> list[Seen]:
    """Samples at so many seconds, each as the one before but for what it says."""
    found: list[Seen] = []
    for at, changes in told:
        moment = BEGIN + timedelta(seconds=at)
        before = found[-1] if found else Seen(
            at=moment, mode=Mode.NORMAL, moving=False, zone=True, door=Door.CLOSED, power=Power.MAINS,
            chain=SafetyChain.CLOSED, floor="1",
        )  # fmt: skip
        found.append(replace(before, at=moment, **changes))
    return found


def summary(told: Iterable[Seen], first: float = 0, last: float = 600, slack: float = 0) -> Telemetry:
    span = (BEGIN + timedelta(seconds=first), BEGIN + timedelta(seconds=last))
    return telemetry.summarise(list(told), [span], slack=timedelta(seconds=slack))


def every(step: float, until: float, **changes: Any) -> list[tuple[float, dict[str, Any]]]:
    return [(at * step, changes if at == 0 else {}) for at in range(int(until / step) + 1)]


def test_nothing_heard() -> None:
    assert summary([]) == Telemetry(window_s=600, heard_s=0)
    assert summary(seen((-3600, {}), (7200, {}))).heard == 0


def test_how_long_things_lasted() -> None:
    told = summary(seen(
        (-30, {}), (60, {"mode": Mode.INSPECTION}), (120, {"power": Power.BATTERY}), (150, {"power": Power.MAINS}),
        (200, {"chain": SafetyChain.OPEN}), (215, {"chain": SafetyChain.CLOSED}), (300, {"mode": Mode.NORMAL}),
        (400, {}), (500, {}),
    ))  # fmt: skip
    assert (told.inspection_s, told.off_mains_s, told.chain_open_s) == (240, 30, 15)
    assert told.heard_s == told.window_s == 600


def test_a_sample_holds_for_two_minutes_and_no_longer() -> None:
    told = summary(seen((0, {"mode": Mode.INSPECTION}), (500, {"mode": Mode.NORMAL})))
    assert (told.inspection_s, told.heard_s) == (125, 225)


def test_breaks_and_what_lies_outside_do_not_count() -> None:
    told = seen(*every(60, 1200, mode=Mode.INSPECTION))
    first = (BEGIN, BEGIN + timedelta(seconds=300))
    second = (BEGIN + timedelta(seconds=900), BEGIN + timedelta(seconds=1000))
    found = telemetry.summarise(told, [first, second], slack=timedelta())
    assert (found.window_s, found.inspection_s) == (400, 400)
    joined = telemetry.summarise(told, [first, second], slack=timedelta(seconds=300))
    assert joined.window_s == 1600


def test_stops_between_floors() -> None:
    told = summary(seen(
        (0, {}), (10, {"moving": True, "zone": False}), (20, {"moving": False}), (24, {"moving": True}),
        (40, {"moving": False}), (50, {}), (60, {"moving": True}), (70, {"moving": False, "zone": True}),
    ))  # fmt: skip
    assert told.stops_between == 1  # four seconds are none, twenty are one
    assert told.runs == 3


def test_doors() -> None:
    told = summary(seen(
        (0, {"door": Door.OPEN}), (30, {}), (50, {"door": Door.CLOSED}), (60, {"door": Door.OPENING, "floor": "2"}),
        (62, {"door": Door.OPEN}), (70, {"door": Door.CLOSING}), (72, {"door": Door.OPEN}), (80, {"door": Door.CLOSED}),
        (90, {"door": Door.OPEN}), (134, {"door": Door.CLOSED}),
    ))  # fmt: skip
    assert (told.door_cycles, told.held_open, told.landings) == (3, 1, 2)


def test_what_a_lift_does_not_report_is_not_nothing() -> None:
    told = summary(seen((0, {"zone": None, "chain": None, "door": None, "moving": None}), (60, {})))
    assert (told.stops_between, told.chain_open_s, told.door_cycles, told.runs) == (None, None, None, None)


def test_whose_clock_counts() -> None:
    def at(ts: float, received: float, *, replay: bool = False, ahead: float = 0) -> float:
        moments = [BEGIN + timedelta(seconds=one) for one in (ts, received)]
        offset = timedelta(seconds=ahead)
        return (telemetry.moment(*moments, offset, replay=replay) - BEGIN).total_seconds()

    assert at(100, 101) == 100
    assert at(100, 400) == 100  # held back by the broker
    assert at(100, 4000) == 4000  # a clock that is far off by now
    assert at(100, 4000, replay=True) == 100
    assert at(3700, 101, ahead=3600) == 100
    assert at(3700, 101) == 101  # never after its receipt
    pairs = [
        (BEGIN + timedelta(seconds=a), BEGIN + timedelta(seconds=b)) for a, b in ((90, 100), (199, 200), (250, 300))
    ]
    assert telemetry.offset_of(pairs) == timedelta(seconds=-1)
    assert telemetry.offset_of([]) == timedelta()


# --- files and words --------------------------------------------------------------------------------------------

TEXT = files("alerts.maintenance.plausibility").joinpath("thresholds-1.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("version = 1", "version = 2", "says it is version 2"),
        ("doubtful = { value = -3,", "doubtfull = { value = -3,", "doubtful, doubtfull"),
        ("value = 180, why", "value = 180, because", "slack_s has a value and says why"),
        ('"A-1-20", "A-1-22"', '"A-1-20", "A-1-20"', "A-1-20 stands twice"),
        ('needs = "runs"', 'needs = "luck"', "luck"),
    ],
)
def test_a_file_that_is_none_is_refused(old: str, new: str, says: str) -> None:
    assert old in TEXT
    with pytest.raises(ValueError, match=says):
        thresholds.parse(TEXT.replace(old, new, 1), "thresholds-1")


def test_items_that_can_be_checked_exist_in_the_plans() -> None:
    known = {one.code for plan in shelf.published() for one in plan.items}
    assert set(THRESHOLDS.needs) <= known


def test_every_piece_has_its_sentence_in_both_languages() -> None:
    assert set(THRESHOLDS.points) | {"unheard", "inspection_unknown", "nowhere"} == set(SENTENCES)
    assert set(LEVELS) == set(Level)
    for text in (*SENTENCES.values(), *LEVELS.values()):
        assert set(text) == {"zh", "en"}
        assert all(text.values())
