"""`long_stay` and `no_progress` as timelines: what only lasts (contract 5)."""

import pytest

from alerts import detector
from alerts.effects import CauseAdded, Cleared, Confirmed, Opened
from alerts.facts import Facts
from alerts.memory import Memory
from alerts.policy import Policy, Threshold
from elevator.faults import Priority
from elevator.model import Door, LiftClass, Mode, Sample
from tests.alerts_timeline import START, Car, near


def boarded(**changes: object) -> Car:
    """Somebody stands in a closed car at a landing; the door has closed at second 3."""
    return Car().at(0).sends(occupied=True, door="open").at(3).sends(**({"door": "closed"} | changes))


def moving(occupied: bool | None = True, facts: Facts | None = None, **changes: object) -> Car:
    """A car on its way since second 3."""
    car = Car()
    car.facts = facts or car.facts
    car.at(0).sends(occupied=occupied, door="open", position=9.0).at(2.5).sends(door="closed")
    return car.at(3).sends(**({"moving": True, "door_zone": False, "floor": "4", "position": 9.5} | changes))


# --- long stay ---------------------------------------------------------------------------------------------


def test_somebody_in_a_closed_car_at_a_landing_is_asked_after_ten_minutes() -> None:
    car = boarded().every(30, 700)
    assert near(car.seconds(Opened), 603)
    (opened,) = car.effects(Opened)
    assert (opened.cause, opened.confirmed, opened.waits, opened.priority) == ("long_stay", False, True, Priority.P2)
    assert car.every(30, 4000).effects(Confirmed) == []
    assert car.effects(Cleared) == []


def test_the_time_runs_without_another_word_from_the_lift() -> None:
    car = boarded()
    car.listening = None
    assert near(car.at(700).seconds(Opened), 603)


def test_it_has_its_time_from_the_policy_and_never_confirms() -> None:
    car = boarded()
    car.policy = Policy(rules=Policy().rules | {"long_stay": Threshold(suspect_s=60, confirm_s=90)})
    car.every(10, 600)
    assert near(car.seconds(Opened), 63, within=5)
    assert car.effects(Confirmed) == []


@pytest.mark.parametrize("occupied", [False, None])
def test_only_the_sensor_speaks(occupied: bool | None) -> None:
    """A car without a sensor that has moved counts as occupied, and stands closed all night."""
    car = Car().at(0).sends(occupied=occupied, moving=True).at(5).sends(moving=False).every(60, 3000)
    assert car.effects(Opened) == []


def test_a_sensor_that_falls_asleep_does_not_end_it() -> None:
    car = boarded().every(10, 100).at(105).sends(occupied=False).every(30, 700)
    assert near(car.seconds(Opened), 603)


def test_a_sensor_that_flickers_for_less_than_two_seconds_is_nobody() -> None:
    car = (
        Car().at(0).sends(door="open").at(3).sends(door="closed").at(4).sends(occupied=True).at(5).sends(occupied=False)
    )
    assert car.every(30, 1000).effects(Opened) == []


@pytest.mark.parametrize(("pause", "again"), [(2.9, 603), (3.1, 903.1)])
def test_an_interruption_under_three_seconds_goes_on(pause: float, again: float) -> None:
    """Re-levelling, or the start of a trip."""
    car = boarded().at(300).sends(moving=True).at(300 + pause).sends(moving=False).every(30, 1000)
    assert near(car.seconds(Opened), again)


def test_the_open_door_in_the_zone_ends_it_at_once() -> None:
    car = (
        boarded().at(300).sends(door="opening").at(300.2).sends(door="open").at(301).sends(door="closed").every(30, 950)
    )
    assert near(car.seconds(Opened), 901)


def test_after_a_suspicion_the_open_door_clears_it() -> None:
    car = boarded().every(30, 620).at(700).sends(door="open", occupied=False).at(800)
    assert near(car.seconds(Cleared), 710)


def test_after_a_suspicion_movement_clears_it_after_three_seconds() -> None:
    car = boarded().every(30, 620).at(700).sends(moving=True).at(800)
    assert near(car.seconds(Cleared), 713)


def test_without_a_zone_signal_the_car_counts_as_at_a_landing() -> None:
    assert near(boarded(door_zone=None).every(30, 700).seconds(Opened), 603)


def test_outside_the_zone_is_for_another_rule() -> None:
    assert boarded(door_zone=False).every(30, 700).causes() == ["outside_zone"]


@pytest.mark.parametrize("mode", ["inspection", "firefighter"])
def test_switched_off(mode: str) -> None:
    car = boarded(mode=mode).every(30, 900)
    assert car.effects(Opened) == []
    assert near(car.at(903).sends(mode="normal").every(30, 1600).seconds(Opened), 1503)


def test_another_cause_makes_it_the_first_priority_and_rings() -> None:
    car = boarded().every(30, 620).event("alarm_button").at(630)
    assert [effect.cause for effect in car.effects(CauseAdded)] == ["alarm_pressed"]
    assert [effect.reason for effect in car.effects(Confirmed)] == ["alarm_pressed"]


def test_answered_it_asks_once_more_after_ten_minutes_and_then_rests() -> None:
    car = boarded().every(30, 620).ended_by_a_person().every(30, 1300)
    assert near(car.seconds(Opened), 603, 603 + 600)
    assert [effect.answered for effect in car.effects(Opened)] == [False, True]
    car.ended_by_a_person().every(60, 4000)
    assert len(car.effects(Opened)) == 2


def test_answered_and_false_once_it_is_new() -> None:
    car = boarded().every(30, 620).ended_by_a_person().at(630).sends(door="open").at(635).sends(door="closed")
    assert near(car.every(30, 1300).seconds(Opened), 603, 1235, within=0.1)


def test_a_lift_that_falls_silent_while_somebody_stands_in_it_is_no_silence_before_the_ten_minutes() -> None:
    """Nothing was asked of the car: it is what a waiting person looks like."""
    car = boarded().at(400)
    assert car.causes() == []
    assert near(car.at(700).seconds(Opened), 603)


def test_a_lift_that_falls_silent_after_that_is() -> None:
    car = boarded().every(30, 620).at(900)
    assert car.causes() == ["long_stay"]
    assert [effect.cause for effect in car.effects(CauseAdded)] == ["silence"]


# --- no progress -------------------------------------------------------------------------------------------


def test_moving_at_one_place_for_a_minute_asks() -> None:
    car = moving().every(5, 300)
    assert near(car.seconds(Opened), 63)
    assert car.causes() == ["no_progress"]
    assert car.effects(Opened)[0].waits
    assert car.effects(Opened)[0].priority is Priority.P1
    assert car.every(5, 900).effects(Confirmed) == []


def test_an_express_run_whose_position_changes_is_none() -> None:
    car = moving()
    for step in range(600):
        car.at(4 + step).sends(position=10.0 + step)
    assert car.effects(Opened) == []


def test_a_slow_run_is_none_either() -> None:
    """Rescue speed, 0.05 m/s: less than the play between two samples, more than that between the first and the last."""
    car = moving()
    for step in range(300):
        car.at(4 + step).sends(position=9.5 + 0.05 * step)
    assert car.effects(Opened) == []


def test_a_position_that_trembles_has_not_changed() -> None:
    car = moving()
    for step in range(100):
        car.at(4 + step).sends(position=9.5 + 0.01 * (step % 3))
    assert near(car.seconds(Opened), 63)


def test_without_a_position_the_floor_alone_must_stay() -> None:
    assert near(moving(position=None).every(5, 300).seconds(Opened), 63)
    car = moving(position=None).every(5, 50).at(52).sends(floor="5").every(5, 110)
    assert car.effects(Opened) == []


@pytest.mark.parametrize(
    ("floors", "speed", "expected"),
    [
        (("1", "2", "3"), 0.5, 63),  # no blind shaft
        (("B2", "B1", "1", "30", "31"), 2.5, 71),  # 29 storeys, 145 m: 58 s and 10
        (("-1", "1", "60"), 10.0, 63),  # 59 storeys in 30 s
        (("1", "30"), None, 63),  # nobody knows how fast it is: what the contract says
        (("G", "SKY"), 0.5, 63),  # nor how far
        (("1", "2", "2001"), 1.75, 603),  # that is no storey: nobody waits for hours
    ],
)
def test_past_a_blind_shaft_the_display_stands_still(
    floors: tuple[str, ...], speed: float | None, expected: float
) -> None:
    facts = Facts(lift_class=LiftClass.TRACTION, rated_speed=speed, floors=floors)
    assert near(moving(position=None, facts=facts).every(1, 700).seconds(Opened), expected, within=1.1)


def test_without_either_nothing_is_known_to_stand_still() -> None:
    car = Car(lift_class=None).at(0).sends(occupied=True).at(3).sends(moving=True, door_zone=False, floor=None)
    assert car.every(5, 300).effects(Opened) == []


def test_only_samples_decide_and_with_a_gap_nobody_knows() -> None:
    car = moving()
    car.listening = None
    assert car.at(64).effects(Opened) == []
    assert near(car.sends().seconds(Opened), 64)
    car = moving()
    car.listening = None
    assert car.at(500).sends().at(510).effects(Opened) == []


def test_a_queue_that_is_read_late_makes_no_minute_of_two_seconds() -> None:
    """The car ran on while we were away; its next word stood in the queue."""
    car = moving(position=None).at(80).sends(ts=START + 5_000).sends(ts=START + 7_000, floor="5")
    assert car.effects(Opened) == []


@pytest.mark.parametrize(("pause", "expected"), [(2, [63.0]), (4, [94.0])])
def test_a_stop_under_three_seconds_is_an_interruption(pause: float, expected: list[float]) -> None:
    car = moving().every(5, 28).at(30).sends(moving=False).at(30 + pause).sends(moving=True).every(1, 100)
    assert near(car.seconds(Opened), *expected, within=1.1)


@pytest.mark.parametrize("occupied", [False, None])
def test_an_empty_car_has_nobody_to_ask(occupied: bool | None) -> None:
    car = moving(occupied=occupied)
    car.every(5, 300)
    assert len(car.effects(Opened)) == (0 if occupied is False else 1)


@pytest.mark.parametrize("mode", ["inspection", "firefighter"])
def test_no_progress_is_switched_off(mode: str) -> None:
    assert moving(mode=mode).every(5, 300).effects(Opened) == []


def test_progress_clears_it() -> None:
    car = moving().every(5, 70).at(72).sends(position=11.0).at(90)
    assert near(car.seconds(Cleared), 82)


def test_a_stop_of_three_seconds_clears_it_ten_seconds_later() -> None:
    car = moving().every(5, 70).at(72).sends(moving=False, door_zone=True).at(100)
    assert near(car.seconds(Cleared), 85)


def test_a_new_boot_may_count_from_elsewhere() -> None:
    car = moving().every(5, 60).at(62).sends(boot="b2", seq=0).at(100).sends(boot="b2", seq=1)
    assert car.effects(Opened) == []


def test_other_classes_have_neither() -> None:
    car = Car(lift_class=LiftClass.HOIST).at(0).sends(occupied=True, moving=True).every(5, 300)
    car.at(301).sends(moving=False).every(30, 1200)
    assert car.effects(Opened) == []


def test_the_short_way_gives_up_in_time_and_leaves_no_trace() -> None:
    """A frozen car, sample by sample on either way: same effects, same memory."""
    bounds, facts = detector.Bounds(Policy()), Facts(lift_class=LiftClass.TRACTION)
    short, long = Memory(), Memory()
    opened: list[int] = []
    for number in range(30):
        now = START + 5000 * number
        sample = Sample(
            ts=now, seq=number, mode=Mode.NORMAL, floor="4", moving=number > 0, door_zone=number == 0,
            door=Door.CLOSED, occupied=True, position=9.5,
        )  # fmt: skip
        ours = detector.hear(short, facts, sample, now=now, bounds=bounds)
        theirs = detector.observe(long, facts, sample, now=now, policy=Policy())
        assert (ours, short) == (theirs, long)
        opened += [number for effect in ours.effects if isinstance(effect, Opened)]
    assert opened == [13]
