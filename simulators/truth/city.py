"""A city of any size, life by life: `lives` is the way in.

A life depends on the plan, the seed and the number of the lift and on nothing else, so any slice of the city can be
made by any process, in any order.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from simulators.truth import traffic
from simulators.truth.car import Car
from simulators.truth.dice import dice
from simulators.truth.line import Line
from simulators.truth.rates import Rates
from simulators.truth.site import Site, site
from simulators.truth.story import Life, Message

BEGIN = 1_767_542_400_000  # 2026-01-05 00:00 in Beijing, a Monday
PATIENCE = 120_000  # ms until people who wait take the stairs


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be lived."""

    lifts: int
    days: float
    begin: int = BEGIN  # ms since 1970-01-01 UTC
    trap_factor: float = 1.0  # the rates of entrapments are multiplied by this; more than 1 for testing
    noise_factor: float = 1.0  # the rates of noises are multiplied by this
    overlap: float = 0.5  # share of entrapments that are put under a noise on purpose
    rates: Rates = field(default_factory=Rates.standard)


def lives(plan: Plan, *, seed: int, first: int = 0, count: int | None = None) -> Iterator[Life]:
    """The lives of the lifts `first` to `first + count - 1` (default: to the last)."""
    last = plan.lifts if count is None else min(first + count, plan.lifts)
    for index in range(first, last):
        yield _life(plan, seed, index)


def _life(plan: Plan, seed: int, index: int) -> Life:
    built = site(seed, index)
    end = plan.begin + round(plan.days * traffic.DAY)
    life = Life(lift=built.lift, begin=plan.begin, end=end, messages=iter(()))
    life.messages = _messages(plan, seed, index, built, life)
    return life


def _messages(plan: Plan, seed: int, index: int, built: Site, life: Life) -> Iterator[Message]:
    chance = dice(seed, "life", index)
    line = Line(built, chance, plan.begin, life.deaf)
    car = Car(built, line, chance, plan.begin)
    day = plan.begin
    while day < life.end:
        until = min(day + traffic.DAY, life.end)
        for trip in traffic.day(built, chance, day, until):
            if car.now - trip.at > PATIENCE or trip.at >= until:
                continue
            car.until(trip.at)
            yield from line.ready(car.now)
            ride(car, trip)
        day = until
    car.until(life.end)
    yield from line.ready(life.end + traffic.DAY)


def ride(car: Car, trip: traffic.Trip) -> None:
    """An ordinary trip."""
    fetch(car, trip)
    car.run(trip.destination)
    car.open()
    car.alight()
    car.close()


def fetch(car: Car, trip: traffic.Trip) -> None:
    """The car comes, people get in, the door closes."""
    car.run(trip.origin)
    car.open()
    car.board(trip.persons, trip.load)
    car.close()
