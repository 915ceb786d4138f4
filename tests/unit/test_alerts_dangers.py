"""Dangers that nobody but the samples tell: a car that does what no car may (contract 2.5 and 5)."""

import pytest

from alerts.effects import Found, Gone, Opened, Recovered
from alerts.situation import Facts, look
from elevator.faults import Priority
from elevator.model import LiftClass
from tests.alerts_timeline import Car, near

FLOORS = ("B1", "1", "2", "3")


def car_with(*, occupied: bool | None = True, rated: float | None = 1.75, **changes: object) -> Car:
    """A car whose registry is complete, with someone in it (or not) since two seconds."""
    car = Car()
    car.facts = Facts(lift_class=LiftClass.TRACTION, rated_speed=rated, floors=FLOORS)
    car.at(-3).sends(door="open", occupied=occupied, position=6.0, floor="2")
    return car.at(-0.5).sends(**({"door": "closed"} | changes))


def learnt(**options: object) -> Car:
    """It has opened at every landing: 0, 3, 6 and 9 m."""
    car = car_with(**options)  # type: ignore[arg-type]
    for number, floor in enumerate(FLOORS):
        car.at(number).sends(floor=floor, door="open", door_zone=True, moving=False, position=3.0 * number)
    return car.at(10).sends(door="closed")


def codes(car: Car) -> list[str]:
    """Of what was found without a rescue."""
    return [found.code for found in car.effects(Found)]


def sure_at(car: Car) -> list[float]:
    """When a rescue was opened, all of them confirmed."""
    assert all(one.confirmed and one.cause == "danger_occupied" for one in car.effects(Opened))
    return car.seconds(Opened)


# --- moving with the door open -----------------------------------------------------------------------------


def test_moving_outside_the_zone_with_the_door_open_is_sure_after_a_second() -> None:
    car = car_with().at(0).sends(moving=True, door="open", door_zone=False, position=7.5).at(30)
    assert near(sure_at(car), 1)


def test_and_it_needs_no_other_word_from_the_lift_but_none_that_says_otherwise() -> None:
    car = car_with().at(0).sends(moving=True, door="open", door_zone=False, position=7.5)
    car.at(0.9).sends(door="closed").at(30)
    assert car.effects(Opened) == []


def test_an_empty_car_is_a_danger_told_to_the_firm_that_never_ends_by_itself() -> None:
    car = car_with(occupied=False).at(0).sends(moving=True, door="open", door_zone=False, position=7.5)
    car.at(5).sends(moving=False, door_zone=True, position=9.0)
    car.every(30, 600)
    assert codes(car) == ["door_open_moving"]
    assert [(found.kind, found.priority) for found in car.effects(Found)] == [("danger", Priority.P1)]
    assert car.effects(Gone) == []
    assert car.effects(Opened) == []


@pytest.mark.parametrize("zone", [True, None])
def test_inside_the_zone_and_without_a_zone_signal_nothing_is_derived(zone: bool | None) -> None:
    car = car_with().at(0).sends(moving=True, door="open", door_zone=zone, position=7.5).every(1, 30)
    assert car.effects(Opened) == []
    assert car.effects(Found) == []


@pytest.mark.parametrize("door", ["closed", "opening", "closing", "unknown"])
def test_only_an_open_door_counts(door: str) -> None:
    car = car_with().at(0).sends(moving=True, door=door, door_zone=False, position=7.5).every(1, 30, position=7.5)
    assert car.effects(Opened) == []


def test_a_zone_sensor_that_flaps_while_the_car_relevels_is_no_danger() -> None:
    """The position says where the car is: at its landing."""
    car = learnt().at(20).sends(door="open").at(21).sends(moving=True, door_zone=False, position=9.03).every(1, 26)
    assert car.effects(Opened) == []
    assert car.effects(Found) == []


def test_nor_while_it_opens_before_it_has_quite_arrived() -> None:
    car = learnt().at(20).sends(moving=True, door_zone=False, position=7.5, floor="3", door="closed")
    car.at(22).sends(position=8.85, door="open").every(1, 26)
    assert (car.effects(Opened), car.effects(Found)) == ([], [])


def test_nor_where_the_floor_says_nothing_and_the_car_has_not_left_the_place_where_it_opened() -> None:
    car = (
        car_with()
        .at(0)
        .sends(door="open", floor="--")
        .at(1)
        .sends(floor="-", moving=True, door_zone=False, position=6.1)
    )
    assert car.every(1, 6).effects(Opened) == []


def test_nor_is_one_without_a_position_that_takes_less_than_a_second() -> None:
    car = Car().at(0).sends(occupied=True, door="open").at(5).sends(moving=True).at(5.2).sends(door_zone=False)
    car.at(6.1).sends(door_zone=True).at(7).sends(moving=False).at(60)
    assert car.effects(Opened) == []


def test_in_inspection_nothing_is_derived() -> None:
    car = car_with().at(0).sends(mode="inspection", moving=True, door="open", door_zone=False).every(1, 30)
    assert (car.effects(Opened), car.effects(Found)) == ([], [])


def test_firefighters_are_told() -> None:
    car = car_with().at(0).sends(mode="firefighter", moving=True, door="open", door_zone=False, position=7.5).at(5)
    assert near(sure_at(car), 1)


def test_in_a_burst_the_lifts_own_clock_says_that_it_lasted() -> None:
    car = car_with().at(5)
    for second in (0, 1, 2):
        car.sends(ts=car.now - 5000 + second * 1000, moving=True, door="open", door_zone=False, position=7.5 + second)
    assert near(sure_at(car), 5)


def test_the_controllers_own_codes_and_derived_ones_are_told_apart() -> None:
    car = car_with().at(0).event("overspeed").sends(moving=True, door="open", door_zone=False, position=7.5).at(2)
    seen = look(car.memory, car.facts, car.now)
    assert (seen.codes, seen.derived) == ({"overspeed"}, {"door_open_moving"})
    assert seen.dangers == {"overspeed", "door_open_moving"}


# --- leaving the landing with the door open ----------------------------------------------------------------


def test_a_car_that_slips_off_its_landing_with_its_door_open_whatever_its_controller_says() -> None:
    car = car_with().at(0).sends(door="open").at(5).sends(position=6.15).at(5.5).sends(position=6.4, door_zone=False)
    assert near(sure_at(car.at(30)), 6.5)
    assert look(car.memory, car.facts, car.now).derived == {"unintended_movement"}


def test_it_stays_until_the_car_is_in_the_zone_again() -> None:
    car = car_with(occupied=False).at(0).sends(door="open").at(5).sends(position=6.9, door_zone=False).at(8)
    assert codes(car) == ["unintended_movement"]
    car.sends(door="closed").at(60)
    assert look(car.memory, car.facts, car.now).derived == {"unintended_movement"}
    car.sends(door_zone=True)
    assert look(car.memory, car.facts, car.now).derived == frozenset()


def test_a_zone_sensor_that_flaps_beside_an_open_door_is_none() -> None:
    car = car_with().at(0).sends(door="open").at(5).sends(door_zone=False).every(1, 15).sends(door_zone=True)
    assert car.at(60).effects(Opened) == []


def test_without_a_position_the_car_must_say_that_it_moves() -> None:
    car = Car().at(0).sends(occupied=True, door="open").at(5).sends(door_zone=False).at(10).sends(door_zone=True)
    assert car.at(15).effects(Opened) == []
    car.sends(moving=True).at(15.3).sends(door_zone=False).at(15.8).sends(moving=False).at(20)
    assert near(sure_at(car), 16.3)


def test_a_door_that_opened_between_floors_has_left_no_landing() -> None:
    car = car_with(occupied=False).at(0).sends(moving=True, door_zone=False, position=7.5)
    car.at(2).sends(moving=False).at(4).sends(door="open").at(20)
    assert codes(car) == []


def test_without_a_zone_signal_leaving_is_not_derived() -> None:
    car = Car(lift_class=None).at(0).sends(occupied=False, door="open", door_zone=None, position=6.0)
    assert codes(car.at(2).sends(position=7.0).every(1, 20)) == []


# --- overspeed ---------------------------------------------------------------------------------------------


def run(car: Car, *speeds: float, **changes: object) -> Car:
    """Two samples a second."""
    for number, speed in enumerate(speeds):
        position = 6.0 + number
        car.at(20 + number / 2).sends(moving=True, door_zone=False, position=position, speed=speed, **changes)
    return car.at(60)


def test_faster_than_rated_and_a_fifth_in_two_samples() -> None:
    assert near(sure_at(run(car_with(), 1.7, 2.0, 2.2, 2.3)), 21.5)


def test_the_limit_itself_is_none() -> None:
    assert run(car_with(), *[2.1] * 10).effects(Opened) == []


def test_one_broken_reading_is_none_and_neither_are_two_apart() -> None:
    assert run(car_with(), 1.7, 9.9, 1.7, 9.9, 1.7).effects(Opened) == []


def test_the_same_moment_told_twice_is_one_reading() -> None:
    car = car_with().at(20).sends(ts=5, moving=True, door_zone=False, speed=9.0)
    ts = car.now
    car.sends(ts=ts, speed=9.1, moving=True, position=6.5).sends(ts=ts, speed=9.2, position=6.6).at(22)
    assert car.effects(Opened) == []


def test_a_speed_that_no_lift_has_is_a_broken_sensor() -> None:
    assert run(car_with(), *[99.0] * 10).effects(Opened) == []


def test_standing_still_nobody_is_too_fast() -> None:
    assert (
        run(
            car_with(),
            *[9.0] * 5,
        ).effects(Opened)
        != []
    )
    car = car_with().at(20)
    for second in range(10):
        car.at(20 + second).sends(speed=9.0, moving=False)
    assert car.effects(Opened) == []


def test_without_a_rated_speed_nothing_is_derived() -> None:
    assert run(car_with(rated=None), *[9.0] * 5).effects(Opened) == []


def test_overspeed_that_is_over_is_recovered_and_waits_for_a_person() -> None:
    car = run(car_with(), 1.7, 2.2, 2.3, 1.0, 0.5)
    assert len(car.effects(Opened)) == 1
    assert len(car.effects(Recovered)) == 1


# --- beyond the last landing -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("way", "code"), [((8.5, 9.2, 9.5), "overtravel_top"), ((0.5, -0.2, -0.5), "overtravel_bottom")]
)
def test_beyond_the_last_landing(way: tuple[float, ...], code: str) -> None:
    floor = "3" if way[0] > 5 else "B1"
    car = learnt().at(19).sends(moving=True, door_zone=False, position=way[0], floor=floor)
    car.at(20).sends(position=way[1]).at(20.5).sends(position=way[2]).at(20.6).sends(moving=False).at(60)
    assert near(car.seconds(Opened)[:1], 21.5)
    assert look(car.memory, car.facts, car.now).derived == {code}


def test_a_position_that_jumps_there_must_be_shown_twice() -> None:
    car = learnt().at(20).sends(moving=True, door_zone=False, position=3.5, floor="1").at(20.5).sends(position=200.0)
    car.at(21).sends(position=4.5).at(30).sends(moving=False, door_zone=True, position=6.0).at(60)
    assert car.effects(Opened) == []


def test_and_a_jump_is_not_believed_for_lasting_until_the_next_sample() -> None:
    car = learnt(occupied=False).at(20).sends(moving=False, door_zone=False, position=3.5, floor="1")
    car.at(21).sends(position=200.0).at(26).sends(position=3.5)
    assert "overtravel_top" not in codes(car)


def test_the_car_that_says_it_is_in_the_zone_is_not_beyond() -> None:
    car = learnt().at(20).sends(moving=False, door_zone=True, position=9.5).every(1, 30)
    assert car.effects(Opened) == []


def test_unless_all_landings_of_the_registry_are_learnt_nobody_knows_the_last() -> None:
    car = car_with().at(0)
    for number, floor in enumerate(FLOORS[1:]):
        car.at(number).sends(floor=floor, door="open", position=3.0 * number)
    car.at(9).sends(door="closed").at(10).sends(moving=True, door_zone=False, position=-0.4).every(1, 15)
    assert car.effects(Opened) == []


def test_a_car_that_counts_from_elsewhere_after_a_new_boot_is_not_believed_before_it_has_found_a_landing() -> None:
    car = learnt(occupied=False).at(20).sends(boot="b2", seq=0, moving=True, door_zone=False, position=9.7)
    for second in range(5):
        car.at(21 + second).sends(boot="b2", seq=1 + second, position=9.7 + second / 10)
    assert codes(car) == []


def test_a_landing_found_elsewhere_makes_it_learn_anew() -> None:
    car = learnt(occupied=False).at(20).sends(door="open", floor="2", position=7.5)
    assert car.memory.landings == {"2": 7.5}
    car.at(25).sends(door="closed", moving=True, door_zone=False, position=9.8).every(1, 30)
    assert codes(car) == []


def test_ropes_stretch_and_landings_move_with_them() -> None:
    car = learnt().at(20).sends(door="open", floor="2", position=6.15)
    assert car.memory.landings["2"] == 6.15
    assert len(car.memory.landings) == 4


def test_landings_are_learnt_only_from_a_car_that_stands_open_in_the_zone() -> None:
    car = car_with(occupied=False)
    for wrong in ({"door": "closed"}, {"door": "opening"}, {"moving": True}, {"door_zone": False}, {"door_zone": None}):
        car.sends(**({"floor": "3", "door": "open", "door_zone": True, "moving": False, "position": 9.0} | wrong))
    assert car.memory.landings == {"2": 6.0}


def test_landings_are_bounded() -> None:
    car = car_with(occupied=False)
    for number in range(400):
        car.sends(floor=str(number), door="open", position=3.0 * number)
    assert len(car.memory.landings) <= 300


# --- other classes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("lift_class", [LiftClass.ESCALATOR, LiftClass.HOIST, LiftClass.DUMBWAITER])
def test_other_classes_have_no_derived_danger(lift_class: LiftClass) -> None:
    car = Car()
    car.facts = Facts(lift_class=lift_class, rated_speed=0.5, floors=FLOORS)
    car.at(0).sends(occupied=True, moving=True, speed=3.0, door="open", door_zone=False).every(1, 30)
    assert (car.effects(Opened), car.effects(Found)) == ([], [])


def test_a_danger_of_an_escalator_is_no_rescue_because_nobody_is_inside() -> None:
    car = Car(lift_class=LiftClass.ESCALATOR).at(0).sends(occupied=True).at(5).event("escalator_reversal").at(60)
    assert codes(car) == ["escalator_reversal"]
    assert car.effects(Opened) == []


def test_a_danger_of_an_occupied_hoist_is_a_rescue() -> None:
    car = Car(lift_class=LiftClass.HOIST).at(0).sends(occupied=True).at(5).event("hoist_overspeed").at(60)
    assert near(sure_at(car), 5)


@pytest.mark.parametrize(("lift_class", "rescues"), [(LiftClass.HOIST, 1), (LiftClass.DUMBWAITER, 0)])
def test_of_a_car_without_any_sample_only_one_for_people_counts_as_occupied(
    lift_class: LiftClass, rescues: int
) -> None:
    car = Car(lift_class=lift_class).at(0).event("brake_failure").at(60)
    assert len(car.effects(Opened)) == rescues


def test_a_danger_of_other_equipment_rings_and_is_no_rescue() -> None:
    """A lift's own code from a hoist: nobody knows what it means there, and it is not lost."""
    car = Car(lift_class=LiftClass.HOIST).at(0).sends(occupied=True).at(5).event("overtravel_top").at(60)
    assert codes(car) == ["overtravel_top"]
    assert car.effects(Opened) == []
