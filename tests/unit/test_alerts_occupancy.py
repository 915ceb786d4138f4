"""Whether someone is in the car, as timelines: the sensor, its memory, and what speaks where it does not (contract 5)."""

import pytest

from alerts.effects import Confirmed, Found, Opened
from alerts.situation import OccupiedBy, look
from elevator.model import LiftClass
from tests.alerts_timeline import START, Car, near


def occupied_by(car: Car) -> OccupiedBy | None:
    return look(car.memory, car.facts, car.now).occupied_by


def test_a_person_seen_in_the_open_car_and_lost_as_the_door_closes_counts_as_inside() -> None:
    """Nobody was seen to leave: the contract leaves it open, so someone may be inside."""
    car = Car().at(0).sends(door="open", occupied=True).at(5).sends(door="closing", occupied=False)
    car.at(8).sends(moving=True, door="closed").at(10).trapped(occupied=False).at(80)
    assert near(car.seconds(Confirmed), 70)


def test_a_person_seen_for_less_than_two_seconds_is_not_latched() -> None:
    car = Car().at(0).sends(door="open", occupied=True).at(1.9).sends(door="closing", occupied=False)
    car.at(8).sends(moving=True, door="closed").at(10).trapped(occupied=False).at(80)
    assert car.effects(Opened) == []


def test_someone_who_leaves_through_the_open_door_is_gone() -> None:
    car = Car().at(0).sends(occupied=True).at(5).sends(door="open").at(6).sends(occupied=False)
    car.at(7).sends(door="closed").at(9).sends(moving=True).at(12).trapped(occupied=False).at(80)
    assert car.effects(Opened) == []


def test_two_seconds_count_though_nobody_looked_in_between() -> None:
    car = Car().at(0).sends(occupied=True, moving=True)
    car.due = None  # no dispatch worker
    car.at(30).trapped(occupied=False).at(100)
    assert near(car.seconds(Confirmed), 90)


def test_two_seconds_by_the_lifts_clock_count_in_a_burst() -> None:
    car = Car().at(20).sends(ts=START, occupied=True, moving=True).sends(ts=START + 5000, occupied=False).trapped(
        occupied=False
    )  # fmt: skip
    assert near(car.at(90).seconds(Confirmed), 80)


def test_in_the_open_car_only_the_present_value_counts() -> None:
    car = Car().at(0).sends(occupied=True).at(5).sends(door="open").at(6).event("overspeed")
    assert car.causes() == ["danger_occupied"]
    car = Car().at(0).sends(occupied=True).at(5).sends(door="open", occupied=False).at(6).event("overspeed")
    assert car.causes() == []
    assert [found.kind for found in car.effects(Found)] == ["danger"]


def test_a_count_of_people_reads_as_someone() -> None:
    car = Car().at(0).trapped(occupied=False, people=2).at(70)
    assert near(car.seconds(Confirmed), 62)


def test_a_count_of_zero_is_no_word_about_emptiness() -> None:
    car = Car().at(0).trapped(occupied=None, people=0).at(70)
    assert near(car.seconds(Confirmed), 60)
    assert occupied_by(car) is OccupiedBy.OUTSIDE_ZONE


def test_without_a_sensor_a_car_that_moved_since_its_door_was_open_counts() -> None:
    car = Car().at(0).sends(occupied=None, door="open").at(5).sends(door="closed", door_command="open").at(60)
    assert car.effects(Opened) == []
    assert occupied_by(car) is None
    car = Car().at(0).sends(occupied=None, door="open").at(5).sends(door="closed", moving=True)
    car.at(9).sends(moving=False, door_command="open").at(45)
    assert occupied_by(car) is OccupiedBy.MOVED
    assert near(car.seconds(Opened), 39)


def test_a_car_that_changed_its_floor_unseen_has_moved() -> None:
    car = Car().at(0).sends(occupied=None, door="open").at(5).sends(door="closed")
    car.at(30).sends(floor="9", power="battery").at(45)
    assert near(car.seconds(Opened), 40)


def test_moving_lasts_until_the_sample_that_ends_it() -> None:
    """A long run with one sample at its start: the stop is what the 120 s of `power_lost` count from."""
    car = Car()
    car.listening = None
    car.at(0).sends(occupied=None, door="open").at(2).sends(door="closed", moving=True)
    car.at(200).sends(moving=False).at(210).sends(power="off").at(225)
    assert near(car.seconds(Opened), 220)


@pytest.mark.parametrize(
    ("code", "suspected", "confirmed"),
    [
        ("stopped_outside_zone", 20, 60), ("position_lost", 20, 60), ("runtime_limit", 20, 60),
        ("restart_prevented", 20, 60), ("power_loss", 10, 60), ("safety_chain_open", 10, 45),
        ("door_open_failure", 30, 90),
    ],
)  # fmt: skip
def test_with_no_sample_ever_a_code_alone_is_enough(code: str, suspected: float, confirmed: float) -> None:
    car = Car(lift_class=None).at(0).event(code).at(100)
    assert near(car.seconds(Opened), suspected)
    assert near(car.seconds(Confirmed), confirmed)
    assert occupied_by(car) is OccupiedBy.NO_SAMPLE


def test_with_no_sample_ever_a_danger_is_a_rescue_at_once() -> None:
    car = Car().at(0).event("brake_failure")
    assert car.effects(Opened)[0].confirmed


def test_an_escalator_is_not_occupied_by_its_codes() -> None:
    car = Car(lift_class=LiftClass.ESCALATOR).at(0).event("power_loss").event("overspeed").at(100)
    assert car.effects(Opened) == []
    assert [(found.kind, found.priority) for found in car.effects(Found)] == [("danger", 1), ("fault", 2)]


HOIST = {"door": None, "door_zone": None}


def hoist() -> Car:
    return Car(lift_class=LiftClass.HOIST).at(0).sends(**HOIST, occupied=True).at(10).sends(moving=True).at(40)


def test_who_has_left_a_hoist_without_a_door_is_gone() -> None:
    car = hoist().sends(moving=False).at(45).sends(occupied=False).at(60).event("hoist_wind").at(120)
    assert car.effects(Opened) == []


@pytest.mark.parametrize("matter", [{"moving": True}, {"safety_chain": "open"}, {"faults": ["drive_fault"]}])
def test_nobody_leaves_a_hoist_in_which_something_is_the_matter(matter: dict[str, object]) -> None:
    car = hoist().sends(**({"moving": False} | matter)).at(45).sends(occupied=False).at(60).event("hoist_wind").at(120)
    assert len(car.effects(Opened)) == 1


def test_nobody_leaves_a_hoist_while_a_code_of_its_stands() -> None:
    car = hoist().sends(moving=False).at(42).event("hoist_limit_near").at(45).sends(occupied=False)
    car.at(60).event("hoist_wind").at(120)
    assert len(car.effects(Opened)) == 1


def test_a_lift_that_tells_of_no_door_keeps_who_was_inside() -> None:
    car = Car().at(0).sends(**HOIST, occupied=True).at(10).sends(moving=True).at(40).sends(moving=False).at(45)
    car.sends(occupied=False).at(60).event("overspeed").at(120)
    assert len(car.effects(Opened)) == 1
