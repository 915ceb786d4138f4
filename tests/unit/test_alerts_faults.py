"""Codes of class `fault` as incidents of their own, and the zone sensor that contradicts the controller."""

import pytest

from alerts import detector
from alerts.effects import Cleared, Confirmed, Found, Gone, Opened
from alerts.policy import Faults, Habit, Policy
from alerts.rules import catalogue
from elevator.faults import CATALOGUE, FaultClass, Priority
from elevator.model import LiftClass
from tests.alerts_timeline import Car, near

P4_ONCE = {"battery_low"}
FAULTS = sorted(
    code for code, fault in CATALOGUE.items()
    if fault.fault_class is FaultClass.FAULT and (fault.empty is not Priority.P4 or code in P4_ONCE)
)  # fmt: skip


def idle(**changes: object) -> Car:
    """An empty car with its door closed at a landing."""
    return Car().at(0).sends(**changes)


def found(car: Car) -> list[tuple[str, int]]:
    return [(one.code, int(one.priority)) for one in car.effects(Found) if one.kind == "fault"]


def seconds(car: Car, kind: type[Found] | type[Gone] = Found) -> list[float]:
    return [second for second, effect in car.log if isinstance(effect, kind) and effect.kind == "fault"]


# --- hysteresis --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", FAULTS)
def test_every_fault_that_stays_for_ten_seconds_is_an_incident_with_the_priority_of_an_empty_car(code: str) -> None:
    car = idle().at(5).event(code).every(30, 90)
    expected = CATALOGUE[code].empty
    assert found(car) == [(code, int(expected or 0))]
    assert near(seconds(car), 15)


def test_a_code_that_samples_list_is_the_same() -> None:
    car = idle(faults=["drive_fault"]).every(30, 60)
    assert found(car) == [("drive_fault", 3)]


def test_a_shorter_one_is_none() -> None:
    car = idle().at(5).event("drive_fault").at(14).event("drive_fault", active=False).every(30, 600)
    assert found(car) == []
    assert car.memory.active == {}


def test_it_is_gone_five_minutes_after_the_code() -> None:
    car = idle().at(5).event("drive_fault").every(30, 60).at(65).event("drive_fault", active=False).every(30, 600)
    assert near(seconds(car, Gone), 365)


def test_one_that_flaps_is_one_incident() -> None:
    car = idle()
    for number in range(30):
        car.at(60 * number + 1).event("drive_fault").at(60 * number + 20).event("drive_fault", active=False)
    assert found(car) == [("drive_fault", 3)]
    assert car.effects(Gone) == []


def test_one_that_flaps_too_fast_to_last_is_one_at_the_fifth_time() -> None:
    car = idle()
    for number in range(30):
        car.at(60 * number + 1).event("drive_fault").at(60 * number + 3).event("drive_fault", active=False)
    assert found(car) == [("drive_fault", 3)]
    assert near(seconds(car), 241)


def test_a_pause_under_ten_seconds_is_none() -> None:
    car = idle().at(1).event("drive_fault").at(6).event("drive_fault", active=False).at(9).event("drive_fault")
    assert near(seconds(car.at(30)), 11)


@pytest.mark.parametrize("code", ["sensor_fault", "load_sensor_fault", "call_button_stuck"])
def test_a_sensor_fault_counts_when_it_has_come_three_times_in_a_day(code: str) -> None:
    car = idle()
    for hour in (1, 2, 3):
        car.at(3600 * hour).event(code).at(3600 * hour + 60).event(code, active=False)
        assert found(car) == ([] if hour < 3 else [(code, 4)])
    assert near(seconds(car), 3600 * 3)


def test_twice_on_one_day_and_once_on_the_next_is_not() -> None:
    car = idle()
    for hour in (1, 2, 26):
        car.at(3600 * hour).event("sensor_fault").at(3600 * hour + 60).event("sensor_fault", active=False)
    assert found(car) == []


def test_a_sensor_fault_that_stays_on_needs_no_repetition() -> None:
    car = idle().at(10).event("sensor_fault").every(600, 4000)
    assert near(seconds(car), 3610)


def test_the_policy_has_habits_for_each_code() -> None:
    car = idle()
    habits = Faults(codes={"drive_fault": Habit(opens_s=60, clears_s=5), "sensor_fault": Habit(times=1)})
    car.policy = Policy(faults=habits)
    car.at(1).event("drive_fault").event("sensor_fault").every(10, 90).event("drive_fault", active=False).every(10, 130)
    assert near(seconds(car), 11, 61)
    assert near(seconds(car, Gone), 86)


@pytest.mark.parametrize("told", ["event", "sample"])
def test_what_nobody_knows_is_other_with_its_text(told: str) -> None:
    car = idle()
    if told == "event":
        car.at(1).event("E-47")
    else:
        car.at(1).sends(faults=["E-47"])
    car.every(5, 60)
    assert found(car) == [("other", 3)]
    assert car.effects(Found)[0].detail == {"text": "E-47"}


@pytest.mark.parametrize("code", ["inspection", "automatic_running", "alarm_test", "offline"])
def test_modes_tests_and_links_are_no_faults(code: str) -> None:
    assert found(idle(faults=[code]).every(20, 100)) == []


def test_nothing_is_opened_in_inspection_but_after_it() -> None:
    car = idle(mode="inspection").at(1).event("drive_fault").every(20, 300)
    assert found(car) == []
    assert near(seconds(car.at(310).sends(mode="normal").at(330)), 310)


def test_closed_by_a_person_while_it_is_still_true_it_asks_once_more() -> None:
    car = idle().at(1).event("drive_fault").every(20, 60)
    detector.close(car.memory, kind="fault", code="drive_fault", now=car.now)
    car.due = car.now
    car.every(60, 3000)
    assert len(found(car)) == 2


def test_a_fault_of_an_escalator() -> None:
    car = Car(lift_class=LiftClass.ESCALATOR).at(0).event("escalator_skirt").at(30)
    assert [code for code, _ in found(car)] == ["escalator_skirt"]


# --- nothing twice -----------------------------------------------------------------------------------------


def boarded(**changes: object) -> Car:
    """Someone is in the car, by its sensor, for three seconds."""
    return Car().at(0).sends(occupied=True).at(3).sends(**changes)


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("stopped_outside_zone", {"door_zone": False}),
        ("safety_chain_open", {"door_zone": False}),
        ("power_loss", {"power": "battery"}),
        ("door_open_failure", {}),
    ],
)
def test_no_fault_rings_beside_the_rule_that_speaks_for_who_is_inside(code: str, state: dict[str, object]) -> None:
    """Neither before the suspicion, nor during it, nor beside the rescue; but when a person has ended that."""
    car = boarded(**state).event(code).every(5, 300)
    assert len(car.effects(Opened)) == 1
    assert len(car.effects(Confirmed)) == 1
    assert found(car) == []
    car.sends(door_zone=True, door="open", occupied=False).ended_by_a_person().every(5, 400)
    assert found(car) == [(code, 2)]


def test_a_timer_that_comes_to_nothing_lets_the_fault_speak() -> None:
    car = boarded(door_zone=False, faults=["position_lost"]).at(15).sends(moving=True).every(5, 60, moving=True)
    assert car.effects(Opened) == []
    assert found(car) == [("position_lost", 1)]
    assert near(seconds(car), 18)


def test_where_no_rule_speaks_an_occupied_car_is_the_first_priority() -> None:
    """At a landing, door closed: `outside_zone` does not hold, and yet somebody is in a lift that lost its way."""
    car = boarded(faults=["position_lost"]).every(5, 60)
    assert found(car) == [("position_lost", 1)]
    assert car.effects(Opened) == []


def test_firefighters_switch_the_rule_off_and_not_the_fault() -> None:
    car = boarded(mode="firefighter", door_zone=False, faults=["safety_chain_open"]).every(5, 60)
    assert found(car) == [("safety_chain_open", 1)]


def test_a_fault_without_a_rule_stands_beside_a_rescue_with_the_priority_of_an_empty_car() -> None:
    car = boarded(door_zone=False).every(5, 30).event("drive_fault").every(5, 60)
    assert found(car) == [("drive_fault", 3)]


def test_an_open_fault_rises_and_rings_once_when_somebody_is_inside_and_never_falls() -> None:
    car = idle().at(1).event("drive_fault").every(10, 30).at(31).sends(occupied=True).every(5, 50)
    car.at(51).sends(door="open", occupied=False).every(5, 100).at(101).sends(occupied=True, door="closed").every(
        5, 150
    )
    assert found(car) == [("drive_fault", 3), ("drive_fault", 2)]
    assert near(seconds(car), 11, 33)


def test_an_empty_car_by_its_sensor_and_the_code_are_one_incident() -> None:
    car = idle(door_zone=False).at(1).event("stopped_outside_zone").every(20, 300)
    assert found(car) == [("stopped_outside_zone", 2)]


def test_every_fault_that_rings_for_an_occupied_car_counts_in_a_rule() -> None:
    """What the reasoning of "nothing twice" rests on."""
    rules = {rule.id for rule in catalogue.TIMED}
    first = [f for f in CATALOGUE.values() if f.fault_class is FaultClass.FAULT and f.occupied is Priority.P1]
    lifts = [fault for fault in first if LiftClass.TRACTION in fault.equipment]
    assert lifts
    assert {fault.code: fault.rule for fault in lifts if fault.rule not in rules} == {}


# --- the zone sensor ---------------------------------------------------------------------------------------


def opens_outside(car: Car, second: float, position: float = 6.04, **changes: object) -> Car:
    """It arrives, its controller opens the door, its sensor says "outside the zone"; then it goes on."""
    car.at(second).sends(moving=True, door_zone=False, position=7.5, door_command="none", door="closed")
    car.at(second + 4).sends(**({"moving": False, "position": position, "door_command": "open"} | changes))
    car.at(second + 5).sends(door="opening").at(second + 6).sends(door="open").at(second + 9).sends(door="closing")
    car.at(second + 11).sends(door="closed", door_command="close").at(second + 12).sends(moving=True, position=7.5)
    return car.at(second + 20).sends(moving=False, door_zone=True, position=9.0)


def learnt() -> Car:
    """It knows the landing at 6 m."""
    return Car().at(0).sends(door="open", floor="2", position=6.0).at(5).sends(door="closed")


def test_a_door_opened_at_a_landing_outside_the_zone_twice_in_a_day_is_a_fault_of_the_sensor() -> None:
    car = opens_outside(learnt(), 100)
    assert found(car) == []
    opens_outside(car, 5000)
    assert found(car) == [("sensor_fault", 4)]
    (sensor,) = [one for one in car.effects(Found) if one.kind == "fault"]
    assert (sensor.reason, sensor.detail) == ("door_zone", {"sensor": "door_zone"})
    assert near(seconds(car), 5004)


@pytest.mark.parametrize(
    "wrong", [{"position": 6.2}, {"position": None}, {"door_command": "none"}, {"door_zone": True}, {"door_zone": None}]
)
def test_anything_less_is_none(wrong: dict[str, object]) -> None:
    car = learnt()
    for number in range(5):
        opens_outside(car, 100 + 100 * number, **wrong)  # type: ignore[arg-type]
    assert found(car) == []


def test_at_one_stop_it_is_one_however_often_it_is_told() -> None:
    car = learnt().at(100).sends(door_zone=False, door_command="open", position=6.0).every(1, 130)
    car.sends(door_zone=True).at(131).sends(door_zone=False).every(1, 160)
    assert "sensor_fault" not in [code for code, _ in found(car)]


def test_twice_in_two_days_is_none() -> None:
    assert found(opens_outside(opens_outside(learnt(), 100), 90_000)) == []


def test_the_fault_is_gone_after_a_day_without_another() -> None:
    car = opens_outside(opens_outside(learnt(), 100), 5000)
    assert near(seconds(car.every(600, 90_000), Gone), 104 + 86_400 + 10, within=1)


def test_while_it_is_open_outside_zone_only_suspects() -> None:
    car = opens_outside(opens_outside(learnt(), 100), 5000).at(6000).trapped(position=7.5).every(10, 6300)
    assert car.effects(Opened)[0].waits
    assert car.effects(Confirmed) == []


def test_when_a_person_has_closed_it_outside_zone_is_sure_again() -> None:
    car = opens_outside(opens_outside(learnt(), 100), 5000)
    detector.close(car.memory, kind="fault", code="sensor_fault", now=car.now)
    car.due = car.now
    car.at(6000).trapped(position=7.5).every(10, 6300)
    assert len(car.effects(Confirmed)) == 1
    assert found(car) == [("sensor_fault", 4)]
    assert car.effects(Cleared) == []


def test_a_sensor_fault_that_the_controller_told_before_is_now_known_to_be_the_zones() -> None:
    car = learnt().at(6).event("sensor_fault").every(600, 3700)
    opens_outside(opens_outside(car, 4000), 5000)
    assert found(car) == [("sensor_fault", 4), ("sensor_fault", 4)]
    assert car.effects(Found)[-1].detail == {"sensor": "door_zone"}
