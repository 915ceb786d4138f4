"""Occupancy and the timed rules as timelines: what a car sends, and what follows when (contract 5)."""

import pytest

from alerts.effects import Cleared, Confirmed, Found, Gone, Opened, Recovered
from elevator.faults import Priority
from elevator.model import LiftClass
from tests.alerts_timeline import Car, near


def test_stopped_between_floors_with_someone_inside_is_suspected_and_confirmed() -> None:
    """The sensor must say so for 2 s first; from then on 20 s and 60 s."""
    car = Car().at(0).trapped()
    car.at(90)
    assert near(car.seconds(Opened), 22)
    assert near(car.seconds(Confirmed), 62)
    assert car.effects(Opened)[0].cause == "outside_zone"
    assert not car.effects(Opened)[0].confirmed


def test_nobody_inside_is_a_finding_not_a_rescue() -> None:
    car = Car().at(0).trapped(occupied=False).at(90)
    assert car.effects(Opened) == []
    (found,) = car.effects(Found)
    assert (found.kind, found.code, found.priority, found.reason) == (
        "fault", "stopped_outside_zone", Priority.P2, "outside_zone",
    )  # fmt: skip
    assert near([s for s, e in car.log if isinstance(e, Found)], 60)


def test_a_long_express_run_is_no_entrapment() -> None:
    car = Car().at(0).sends(moving=True, door_zone=False, occupied=True)
    for floor in range(5, 35):
        car.at(5 * floor).sends(floor=str(floor))
    assert car.effects(Opened) == []


def test_nobody_leaves_a_closed_car() -> None:
    """The person stands still, the sensor falls asleep: the car stays occupied until its door opens in the zone."""
    car = Car().at(0).sends(occupied=True).at(3).sends(moving=True).at(8).trapped(occupied=False).at(90)
    assert near(car.seconds(Opened), 28)
    assert near(car.seconds(Confirmed), 68)


def test_the_open_door_in_the_zone_empties_the_car() -> None:
    car = Car().at(0).sends(occupied=True).at(3).sends(door="open", occupied=False).at(6).sends(door="closed")
    car.at(9).sends(moving=True).at(12).trapped(occupied=False).at(90)
    assert car.effects(Opened) == []


def test_without_a_sensor_a_car_outside_the_zone_counts_as_occupied() -> None:
    car = Car().at(0).trapped(occupied=None).at(90)
    assert near(car.seconds(Opened), 20)


def test_door_in_any_position_counts_outside_the_zone() -> None:
    car = Car().at(0).trapped(door="open").at(70)
    assert near(car.seconds(Confirmed), 62)


def test_an_interruption_under_three_seconds_goes_on() -> None:
    car = Car().at(0).trapped().at(30).sends(moving=True).at(32).sends(moving=False).at(90)
    assert near(car.seconds(Confirmed), 62)
    assert car.effects(Cleared) == []


def test_movement_for_three_seconds_ends_it_and_the_suspicion_clears_ten_seconds_later() -> None:
    car = Car().at(0).trapped().at(30).sends(moving=True).at(60)
    assert near(car.seconds(Cleared), 43)
    assert car.effects(Confirmed) == []


def test_the_open_door_in_the_zone_ends_it_at_once() -> None:
    car = Car().at(0).trapped().at(30).sends(door_zone=True, door="open").at(60)
    assert near(car.seconds(Cleared), 40)


def test_recovery_never_ends_a_confirmed_rescue() -> None:
    car = Car().at(0).trapped().at(70).sends(door_zone=True, door="open", occupied=False).at(600)
    assert near(car.seconds(Recovered), 80)
    assert car.effects(Cleared) == []
    assert car.memory.rescue is not None


@pytest.mark.parametrize("mode", ["inspection", "firefighter"])
def test_inspection_and_firefighter_switch_the_timed_rules_off(mode: str) -> None:
    car = Car().at(0).trapped(mode=mode).at(200)
    assert car.effects(Opened) == []


@pytest.mark.parametrize("mode", ["out_of_service", "fire_recall", "emergency_power", "earthquake", "unknown"])
def test_no_other_mode_switches_anything_off(mode: str) -> None:
    car = Car().at(0).trapped(mode=mode).at(70)
    assert near(car.seconds(Confirmed), 62)


def test_a_mode_event_is_history_and_gates_nothing() -> None:
    car = Car().at(0).event("inspection").trapped().at(70)
    assert near(car.seconds(Confirmed), 62)


def test_power_lost() -> None:
    car = Car().at(0).sends(occupied=True).at(3).sends(power="battery").at(90)
    assert near(car.seconds(Opened), 13)
    assert near(car.seconds(Confirmed), 63)
    assert car.effects(Opened)[0].cause == "power_lost"


@pytest.mark.parametrize(("gap", "trapped"), [(100, True), (140, False)])
def test_power_lost_without_a_sensor_needs_recent_movement(gap: float, trapped: bool) -> None:
    car = Car().at(0).sends(occupied=None, door="open").at(2).sends(door="closed").at(5).sends(moving=True)
    car.at(6).sends(moving=False)
    car.every(20, 5 + gap - 1).at(5 + gap).sends(power="off").at(5 + gap + 30)
    assert bool(car.effects(Opened)) is trapped


def test_an_active_code_counts_when_the_lift_has_no_zone_signal() -> None:
    car = Car().at(0).trapped(door_zone=None).at(90)
    assert car.effects(Opened) == []
    car.at(100).event("stopped_outside_zone").at(180)
    assert near(car.seconds(Opened), 120)
    assert near(car.seconds(Confirmed), 160)


def test_a_code_without_any_sample_counts_as_occupied() -> None:
    car = Car().at(0).event("stopped_outside_zone").at(70)
    assert near(car.seconds(Opened), 20)
    assert near(car.seconds(Confirmed), 60)


def test_an_event_and_a_sample_never_clear_each_other() -> None:
    car = Car().at(0).event("stopped_outside_zone").sends(door_zone=None, occupied=True, faults=[])
    assert "stopped_outside_zone" in car.memory.codes
    car.at(1).sends(faults=["position_lost"]).event("position_lost", active=False)
    assert car.memory.sample is not None
    assert car.memory.sample.faults == ["position_lost"]


def test_a_new_boot_clears_what_samples_listed_not_what_events_set() -> None:
    car = Car().at(0).event("position_lost").sends(faults=["runtime_limit"])
    car.at(5).event("drive_fault", boot="b2", seq=0)
    assert car.memory.sample is not None
    assert car.memory.sample.faults == []
    assert set(car.memory.codes) == {"position_lost", "drive_fault"}


def test_the_controller_is_believed_at_once() -> None:
    car = Car().at(0).sends().at(1).event("entrapment")
    assert car.effects(Opened)[0].confirmed
    assert car.effects(Opened)[0].cause == "controller_says"


def test_the_controller_in_inspection_is_only_suspected() -> None:
    car = Car().at(0).sends(mode="inspection").at(1).event("entrapment").at(100)
    assert not car.effects(Opened)[0].confirmed
    assert car.effects(Opened)[0].waits
    assert car.effects(Confirmed) == []


def test_other_classes_have_no_lift_rule() -> None:
    car = Car(lift_class=LiftClass.ESCALATOR).at(0).trapped().at(120).event("alarm_button").at(125)
    assert [effect.cause for effect in car.effects(Opened)] == ["alarm_pressed"]


def test_danger_in_an_empty_car_is_no_rescue_and_never_ends_by_itself() -> None:
    car = Car().at(0).sends(occupied=False).at(1).event("overtravel_top").at(20).event("overtravel_top", active=False)
    car.at(60)
    assert [(found.kind, found.priority) for found in car.effects(Found)] == [("danger", Priority.P1)]
    assert car.effects(Gone) == []


def test_danger_with_someone_inside_is_a_rescue_at_once() -> None:
    car = Car().at(0).sends(occupied=True).at(5).event("unintended_movement")
    assert car.effects(Opened)[0].confirmed
