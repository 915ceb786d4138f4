"""What is no rescue, as timelines: dangers, empty cars, offline lifts, and what a person has closed."""

import pytest

from alerts import detector
from alerts.effects import Found, Gone
from tests.alerts_timeline import Car, near


def closed(car: Car, kind: str, code: str) -> Car:
    """A person closes the finding."""
    detector.close(car.memory, kind=kind, code=code, now=car.now)
    car.due = car.now
    return car


def found_at(car: Car) -> list[float]:
    return [second for second, effect in car.log if isinstance(effect, Found)]


def test_a_finding_is_gone_after_ten_seconds_of_not_being_true() -> None:
    car = Car().at(0).sends(occupied=False, door_zone=False).every(20, 80).at(81).sends(door_zone=True).at(120)
    assert near(found_at(car), 60)
    assert near([s for s, e in car.log if isinstance(e, Gone)], 91)


def test_a_finding_that_flickers_is_one() -> None:
    car = Car().at(0).sends().event("overspeed").at(5).event("overspeed", active=False).at(10).event("overspeed")
    car.at(60)
    assert near(found_at(car), 0)


@pytest.mark.parametrize("kind", ["danger", "fault"])
def test_one_closed_while_still_true_asks_once_more_after_ten_minutes(kind: str) -> None:
    """Neither a loop nor hidden for ever."""
    code = "overspeed" if kind == "danger" else "stopped_outside_zone"
    car = Car().at(0).sends(occupied=False, door_zone=kind == "danger")
    if kind == "danger":
        car.event("overspeed")
    car.every(30, 90)
    closed(car, kind, code).every(30, 660)
    assert len(found_at(car)) == 1
    car.every(30, 720)
    assert near(found_at(car), found_at(car)[0], 690)
    closed(car, kind, code).every(30, 3000)
    assert len(found_at(car)) == 2


def test_one_closed_is_new_once_it_has_been_false() -> None:
    car = Car().at(0).sends(occupied=False).event("overspeed").at(5)
    closed(car, "danger", "overspeed").at(10).event("overspeed", active=False).at(30).event("overspeed")
    assert near(found_at(car), 0, 30)


def test_one_that_was_over_when_it_was_closed_leaves_nothing_behind() -> None:
    car = Car().at(0).sends(occupied=False).event("overspeed").at(5).event("overspeed", active=False).at(60)
    closed(car, "danger", "overspeed")
    assert car.memory.closed == {}
    car.event("overspeed")
    assert near(found_at(car), 0, 60)


def test_an_offline_lift_closed_by_hand_stays_offline() -> None:
    car = Car().at(0).sends().at(200)
    closed(car, "offline", "offline").at(500)
    assert len(found_at(car)) == 1
    assert "offline:offline" in car.memory.faults
    car.sends()
    assert len(car.effects(Gone)) == 1
    assert len(found_at(car.at(700))) == 2
