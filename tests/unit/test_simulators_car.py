"""A car serves its passengers, fails on command as real ones do, and is brought back."""

import itertools
from collections.abc import Callable
from random import Random

import pytest

from elevator.model import Door, DoorCommand, Mode, Power
from simulators.car import Car
from simulators.shaft import DOOR_ZONE, KEPT_ACCURACY, STOPPING_ACCURACY, CarSpec, Party, Phase, Reading
from simulators.trouble import Trouble

SPEC = CarSpec(
    landings=tuple(map(str, range(1, 11))), heights=tuple(round(2.9 * n, 3) for n in range(10)), rated_speed=1.75
)


def ride(car: Car, start: float, end: float, step: float = 0.1) -> list[tuple[float, Reading]]:
    """What the sensors say on the way from one time to another."""
    seen = []
    for n in range(round((end - start) / step)):
        now = start + (n + 1) * step
        car.advance(now)
        seen.append((now, car.read()))
    return seen


def until(car: Car, start: float, wanted: Callable[[Reading], bool], most: float = 120.0) -> float:
    """Let time pass until the sensors say what is wanted."""
    now = start
    while now < start + most:
        now += 0.1
        car.advance(now)
        if wanted(car.read()):
            return now
    raise AssertionError(f"never: {car.read()}")


@pytest.fixture
def car() -> Car:
    return Car(SPEC, Random(7))


def test_a_passenger_is_fetched_carried_and_let_out_at_the_right_landing(car):
    car.call(Party(origin=3, destination=8))
    seen = ride(car, 0, 90)
    assert car.phase is Phase.IDLE
    assert car.landing == 8
    assert car.trips == 2
    boarded = [r for _, r in seen if r.persons]
    assert boarded[0].floor == "4"
    assert boarded[0].door is Door.OPEN
    assert boarded[-1].floor == "9"
    assert boarded[-1].door is not Door.CLOSED, "nobody steps out through a closed door"


def test_the_door_goes_through_its_cycle_in_order_and_in_its_times(car):
    car.call(Party(origin=0, destination=5))
    doors = [(t, r.door) for t, r in ride(car, 0, 20)]
    changes = [doors[0]] + [b for a, b in itertools.pairwise(doors) if a[1] != b[1]]
    assert [door for _, door in changes[:4]] == [Door.OPENING, Door.OPEN, Door.CLOSING, Door.CLOSED]
    begins = [t for t, _ in changes]
    assert begins[1] == pytest.approx(SPEC.door_opens, abs=0.11)
    assert begins[2] - begins[1] == pytest.approx(SPEC.dwell + SPEC.per_person, abs=0.11)
    assert begins[3] - begins[2] == pytest.approx(SPEC.door_closes, abs=0.11)


def test_it_moves_only_with_its_door_closed_but_for_levelling_in_the_zone(car):
    for n in range(40):
        car.call(Party(origin=n % 10, destination=(n * 7 + 3) % 10 if (n * 7 + 3) % 10 != n % 10 else (n + 1) % 10,
                       persons=6, mass=480.0))  # fmt: skip
    levelled = 0
    for _, reading in ride(car, 0, 900):
        if reading.moving and reading.door is not Door.CLOSED:
            levelled += 1
            assert reading.door_zone
            assert reading.speed <= 0.3
    assert levelled, "six people of 80 kg sink the car further than it may stand"


def test_it_stops_within_its_accuracy_and_keeps_it_while_people_walk(car):
    for n in range(12):
        car.call(Party(origin=n % 10, destination=9 - n % 10, persons=3, mass=240.0))
    arrivals = 0
    for _, reading in ride(car, 0, 600):
        off = abs(min((h - reading.position for h in SPEC.heights), key=abs))
        if reading.door is Door.OPENING:
            arrivals += 1
            assert off <= KEPT_ACCURACY + 1e-3
        if reading.door is Door.OPEN and not reading.moving:
            assert off <= KEPT_ACCURACY + 240 * SPEC.sag + STOPPING_ACCURACY
    assert arrivals


def test_one_big_step_gives_the_same_ride_as_many_small_ones():
    small, big = Car(SPEC, Random(3)), Car(SPEC, Random(3))
    for one in (small, big):
        for n in range(9):
            one.call(Party(origin=n, destination=9 - n if n != 9 - n else 0, persons=2, mass=150.0))
    ride(small, 0, 200)
    big.advance(200.0)
    assert small.read() == big.read()


def test_a_trap_stops_an_occupied_car_between_floors_with_what_a_real_controller_says(car):
    car.trap(Trouble.ENTRAPMENT, persons=2)
    now = until(car, 0, lambda r: r.phase is Phase.STALLED, most=20)
    assert now < 15
    car.advance(now + 3)
    said = car.read()
    assert said.persons == 2
    assert not said.moving
    assert not said.door_zone
    assert said.door is Door.CLOSED
    assert said.codes == ("stopped_outside_zone",)
    assert SPEC.off(said.position) > DOOR_ZONE
    ride(car, now + 3, now + 300)
    assert car.read().position == said.position, "it stays there"


def test_a_trap_waits_for_a_car_that_runs_empty(car):
    car.call(Party(origin=9, destination=0))
    ride(car, 0, 3)
    car.trap(Trouble.ENTRAPMENT)
    until(car, 3, lambda r: r.phase is Phase.STALLED)
    assert car.persons == 1


def test_a_stuck_door_is_told_to_open_and_stays_closed(car):
    car.trap(Trouble.DOOR_STUCK)
    now = until(car, 0, lambda r: r.phase is Phase.JAMMED)
    car.advance(now + 5)
    said = car.read()
    assert (said.door, said.door_command, said.door_zone) == (Door.CLOSED, DoorCommand.OPEN, True)
    assert said.persons == 1
    assert said.car_calls == 1
    assert said.codes == ("door_open_failure",)


@pytest.mark.parametrize("kind", [Trouble.ENTRAPMENT, Trouble.DOOR_STUCK])
def test_a_crew_frees_everybody_and_the_lift_serves_again(car, kind):
    car.trap(kind, persons=3)
    now = until(car, 0, lambda _: car.stuck)
    car.free()
    now = until(car, now, lambda r: r.persons == 0)
    assert car.read().door is not Door.CLOSED
    assert car.read().door_zone
    now = until(car, now, lambda r: r.phase is Phase.IDLE)
    car.repair()
    car.call(Party(origin=2, destination=6))
    until(car, now, lambda r: r.trips and r.floor == "7" and r.door is Door.OPEN)
    assert car.mode is Mode.NORMAL


def test_a_crew_moves_the_car_slowly_and_in_inspection(car):
    car.trap(Trouble.ENTRAPMENT)
    now = until(car, 0, lambda r: r.phase is Phase.STALLED)
    car.free()
    moved = [r for _, r in ride(car, now, now + 5) if r.moving]
    assert moved
    assert {r.mode for r in moved} == {Mode.INSPECTION}
    assert max(r.speed for r in moved) <= 0.3


def test_a_power_cut_drops_the_brake_and_its_return_brings_the_car_to_a_landing(car):
    car.call(Party(origin=0, destination=9))
    now = until(car, 0, lambda r: r.speed > 1.5)
    car.cut_power(Power.BATTERY)
    now = until(car, now, lambda r: r.phase is Phase.STALLED, most=5)
    said = car.read()
    assert said.power is Power.BATTERY
    assert "power_loss" in said.codes
    car.repair()
    until(car, now, lambda r: r.persons == 0 and r.door is Door.OPEN and r.door_zone)
    assert car.power is Power.MAINS


def test_power_that_returns_before_the_car_stands_is_not_forgotten(car):
    """The brake was still working when the mains came back; the car once stood between floors for ever after that."""
    car.call(Party(origin=0, destination=9))
    now = until(car, 0, lambda r: r.speed > 1.5)
    car.cut_power(Power.BATTERY)
    car.advance(now + 0.1)
    car.repair()
    until(car, now + 0.1, lambda r: r.persons == 0 and r.door is Door.OPEN)


def test_inspection_answers_no_calls_until_repair(car):
    car.inspect()
    car.call(Party(origin=4, destination=1))
    ride(car, 0, 60)
    assert car.trips == 0
    car.repair()
    until(car, 60, lambda r: r.trips == 2)


def test_nobody_is_taken_along_beyond_the_rated_load(car):
    for _ in range(30):
        car.call(Party(origin=0, destination=9, persons=2, mass=160.0))
    assert max(r.load for _, r in ride(car, 0, 300)) <= SPEC.load_rated
