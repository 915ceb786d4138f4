"""Each row of the table in contract section 5: its conditions, its times, and what is not it."""

import pytest

from alerts.effects import CauseAdded, Cleared, Confirmed, Found, Opened
from alerts.situation import Facts
from elevator.faults import Priority
from elevator.model import LiftClass
from tests.alerts_timeline import START, Car, near


def with_someone(**changes: object) -> Car:
    """Someone has been in the closed car at a landing since second 0."""
    return Car().at(0).sends(occupied=True).at(3).sends(**changes)


@pytest.mark.parametrize("how", [{"door_command": "open"}, {"car_calls": 1}, {"faults": ["door_open_failure"]}])
@pytest.mark.parametrize("zone", [True, None])
@pytest.mark.parametrize("door", ["closed", "opening", "closing", "unknown"])
def test_door_wont_open(how: dict[str, object], zone: bool | None, door: str) -> None:
    car = with_someone(door_zone=zone, door=door, **how).at(100)
    assert car.causes() == ["door_wont_open"]
    assert near(car.seconds(Opened), 33)
    assert near(car.seconds(Confirmed), 93)


def test_door_wont_open_by_an_event() -> None:
    car = with_someone().event("door_open_failure").at(100)
    assert near(car.seconds(Confirmed), 93)


def test_someone_standing_in_an_idle_car_is_not_trapped() -> None:
    assert with_someone().every(10, 300).effects(Opened) == []


def test_calls_that_are_being_served_are_no_door_that_wont_open() -> None:
    car = with_someone(car_calls=2, moving=True)
    for floor in range(1, 31):
        car.at(10 * floor).sends(floor=str(floor))
    assert car.effects(Opened) == []


def test_the_door_that_opens_ends_door_wont_open_at_once() -> None:
    car = with_someone(door_command="open").at(40).sends(door="open").at(60)
    assert near(car.seconds(Cleared), 50)


@pytest.mark.parametrize("how", [{"safety_chain": "open"}, {"faults": ["safety_chain_open"]}])
@pytest.mark.parametrize("door", ["closed", "open"])
def test_chain_open(how: dict[str, object], door: str) -> None:
    car = with_someone(door_zone=False, door=door, **how).at(100)
    assert car.causes() == ["chain_open"]
    assert near(car.seconds(Opened), 13)
    assert near(car.seconds(Confirmed), 48)
    assert [added.cause for added in car.effects(CauseAdded)] == ["outside_zone"]


def test_a_chain_open_at_a_landing_is_no_chain_open() -> None:
    assert with_someone(safety_chain="open").at(200).effects(Opened) == []


def test_without_a_zone_signal_an_open_chain_counts_by_its_code_only() -> None:
    assert with_someone(door_zone=None, safety_chain="open").at(200).effects(Opened) == []
    assert near(with_someone(door_zone=None, faults=["safety_chain_open"]).at(50).seconds(Confirmed), 48)


@pytest.mark.parametrize("code", ["stopped_outside_zone", "position_lost", "runtime_limit", "restart_prevented"])
def test_outside_zone_by_its_codes_where_the_zone_is_not_known(code: str) -> None:
    assert near(with_someone(door_zone=None, faults=[code]).at(70).seconds(Confirmed), 63)
    assert with_someone(door_zone=True, faults=[code]).at(200).effects(Opened) == []
    assert with_someone(door_zone=None, faults=[code], moving=True).at(60).effects(Opened) == []


def test_with_a_faulty_zone_sensor_outside_zone_only_suspects_and_asks() -> None:
    car = Car()
    car.facts = Facts(lift_class=LiftClass.TRACTION, zone_sensor_fault=True)
    car.at(0).trapped().every(10, 300)
    assert near(car.seconds(Opened), 22)
    assert car.effects(Opened)[0].waits
    assert car.effects(Confirmed) == []


@pytest.mark.parametrize("how", [{"power": "off"}, {"power": "battery"}, {"faults": ["power_loss"]}])
def test_power_lost_by_sample_or_code(how: dict[str, object]) -> None:
    car = with_someone(**how).at(70)
    assert near(car.seconds(Opened), 13)
    assert near(car.seconds(Confirmed), 63)


def test_power_lost_with_the_door_open_or_still_running_is_none() -> None:
    assert with_someone(power="off", door="open").at(200).effects(Opened) == []
    assert with_someone(power="battery", moving=True).at(90).effects(Opened) == []


def test_the_controller_is_believed_when_a_sample_says_it() -> None:
    car = Car().at(0).sends(faults=["entrapment"])
    assert car.effects(Opened)[0].confirmed


def test_the_controllers_word_in_inspection_is_sure_when_inspection_ends() -> None:
    car = Car().at(0).sends(mode="inspection").at(1).event("entrapment").at(50).sends(mode="normal")
    assert near(car.seconds(Opened), 1)
    assert near(car.seconds(Confirmed), 50)


@pytest.mark.parametrize(
    "code",
    ["overtravel_top", "overtravel_bottom", "unintended_movement", "overspeed", "door_open_moving", "brake_failure"],
)
@pytest.mark.parametrize("mode", ["normal", "firefighter", "earthquake"])
def test_every_danger_with_someone_inside_is_sure_at_once(code: str, mode: str) -> None:
    assert with_someone(mode=mode).at(5).event(code).effects(Opened)[0].confirmed


def test_a_danger_is_switched_off_in_inspection_only() -> None:
    car = with_someone(mode="inspection").at(5).event("overspeed").at(60)
    assert (car.effects(Opened), car.effects(Found)) == ([], [])
    car.sends(mode="normal")
    assert car.causes() == ["danger_occupied"]


def test_a_danger_in_an_empty_car_becomes_a_rescue_when_someone_is_seen_inside() -> None:
    car = Car().at(0).sends(occupied=False).event("overspeed").at(10).sends(occupied=True).at(20)
    assert [found.kind for found in car.effects(Found)] == ["danger"]
    assert near(car.seconds(Opened), 12)


@pytest.mark.parametrize(
    ("changes", "code", "second"),
    [
        ({"door_zone": False}, "stopped_outside_zone", 60),
        ({"door_command": "open"}, "door_open_failure", 90),
        ({"power": "off"}, "power_loss", 60),
        ({"door_zone": False, "safety_chain": "open"}, "safety_chain_open", 45),
    ],
)
def test_a_car_that_is_empty_by_its_sensor_is_a_fault_when_it_would_have_confirmed(
    changes: dict[str, object], code: str, second: float
) -> None:
    car = Car().at(0).sends(occupied=False, **changes).every(10, 100)
    found = {effect.code: (at, effect.priority) for at, effect in car.log if isinstance(effect, Found)}
    assert found[code] == (second, Priority.P2)
    assert car.effects(Opened) == []


def test_inspection_ends_a_running_suspicion() -> None:
    car = Car().at(0).trapped().at(30).sends(mode="inspection").at(60)
    assert near(car.seconds(Cleared), 43)


def test_only_the_newest_sample_that_is_not_late_says_the_mode() -> None:
    car = Car().at(0).trapped().at(5).trapped(mode="inspection", ts=START - 5000, seq=0).at(70)
    assert near(car.seconds(Confirmed), 62)
