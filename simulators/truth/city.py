"""A city of any size, life by life: `lives` is the way in.

A life depends on the plan, the seed and the number of the lift and on nothing else, so any slice of the city can be
made by any process, in any order.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from elevator.model import LiftClass
from simulators.truth import together
from simulators.truth.agenda import Needs, agenda
from simulators.truth.car import Car
from simulators.truth.dice import dice
from simulators.truth.line import Line
from simulators.truth.machines import Machine, messages
from simulators.truth.rates import Rates
from simulators.truth.site import Site, site
from simulators.truth.story import Life, Message
from simulators.truth.tale import Tale
from simulators.truth.traffic import DAY

BEGIN = 1_767_542_400_000  # 2026-01-05 00:00 in Beijing, a Monday


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
    built = site(seed, index, plan.rates)
    end = plan.begin + round(plan.days * DAY)
    life = Life(
        lift=built.lift, begin=plan.begin, end=end, messages=iter(()),
        deaf=together.deaf(plan.rates, plan.noise_factor, seed=seed, begin=plan.begin, end=end),
        down=together.down(plan.rates, plan.noise_factor, seed=seed, begin=plan.begin, end=end),
    )  # fmt: skip
    life.messages = _messages(plan, seed, index, built, life)
    return life


def _messages(plan: Plan, seed: int, index: int, built: Site, life: Life) -> Iterator[Message]:
    chance = dice(seed, "life", index)
    line = Line(built, chance, plan.begin, life.deaf)
    if built.lift.lift_class in {LiftClass.ESCALATOR, LiftClass.HOIST}:
        yield from messages(
            Machine(built, line, chance, life), plan.rates, trap_factor=plan.trap_factor, noise_factor=plan.noise_factor
        )
        return
    car = Car(built, line, chance, plan.begin)
    tale = Tale(site=built, car=car, line=line, dice=chance, life=life, overlap=plan.overlap)
    needs = Needs(
        seed=seed, index=index, rates=plan.rates, trap_factor=plan.trap_factor, noise_factor=plan.noise_factor
    )
    for begin in range(plan.begin, life.end, DAY):
        for item in agenda(tale, needs, begin, min(begin + DAY, life.end)):
            if item.patience is not None and car.now - item.at > item.patience:
                continue
            car.until(item.at)
            yield from line.ready(car.now)
            item.play(tale)
    car.until(life.end)
    life.end = max(life.end, car.now)
    yield from line.ready(life.end + DAY)
