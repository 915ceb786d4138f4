"""What befalls many lifts in one moment: a feeder, a gateway, the broker, the platform itself.

It is drawn from the seed and the name of what they share, so that every lift lives it at the same time although each
life is made by itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from elevator.model import Power
from simulators.truth.dice import Dice, dice
from simulators.truth.rates import Rates
from simulators.truth.site import Death, building
from simulators.truth.tale import SECOND, Tale
from simulators.truth.traffic import DAY

PER = 10_000
# How long each lasts, in s, shortest and longest.
LASTS: Mapping[str, tuple[float, float]] = {
    "feeder_cut": (60, 5400), "gateway_lost": (20, 7200), "platform_restart": (5, 180), "broker_restart": (3, 45),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stretch:
    """From when to when."""

    began: int
    ended: int
    told_after: int | None  # ms until the broker tells of a lost line, if that is what it is


def stretches(name: str, rates: Rates, factor: float, *, seed: int, whom: int, begin: int, end: int) -> list[Stretch]:
    """When it befalls that feeder, gateway or platform."""
    found = []
    for number in range(begin // DAY, end // DAY + 1):
        shared = dice(seed, name, whom, number)
        for _ in range(shared.poisson(rates.together[name].per_10k * factor / PER)):
            at = number * DAY + int(shared.random() * DAY)
            lasts, told = shared.stretch(*LASTS[name]), shared.weighted(((None, 1), (1_500, 2), (60_000, 3)))
            if begin <= at < end:
                found.append(Stretch(at, at + lasts, told if told is not None and told < lasts else None))
    return sorted(found, key=lambda one: one.began)


def deaf(rates: Rates, factor: float, *, seed: int, begin: int, end: int) -> list[tuple[int, int]]:
    """When the platform did not listen: its own restarts and the broker's, one after the other."""
    both = [
        (one.began, one.ended)
        for name in ("platform_restart", "broker_restart")
        for one in stretches(name, rates, factor, seed=seed, whom=0, begin=begin, end=end)
    ]
    return [one for one, following in pairwise([*sorted(both), (end + DAY, 0)]) if one[1] + SECOND < following[0]]


def down(rates: Rates, factor: float, *, seed: int, begin: int, end: int) -> list[tuple[int, int]]:
    """Those of them in which the platform itself was restarted."""
    own = {
        (one.began, one.ended)
        for one in stretches("platform_restart", rates, factor, seed=seed, whom=0, begin=begin, end=end)
    }
    return [one for one in deaf(rates, factor, seed=seed, begin=begin, end=end) if one in own]


def lay_lines(tale: Tale, rates: Rates, factor: float, *, seed: int, index: int, begin: int, end: int) -> None:
    """The lost gateways and restarted brokers of a stretch of this life."""
    line, car, own = tale.line, tale.car, dice(seed, "lines", index, begin)
    house = building(seed, index)
    for one in stretches("gateway_lost", rates, factor, seed=seed, whom=house, begin=begin, end=end):
        cut, back = one.began + own.ms(0, 2), one.ended + own.ms(0.5, 15)

        def lost(told: int | None = one.told_after, until: int = back) -> None:
            line.drop(car.now, told_after=told)
            tale.falls_silent("gateway_lost", until)

        car.later(cut, lost)
        car.later(back, tale.restore)
        tale.lay("gateway_lost", cut, back)
        tale.innocent("gateway_lost", cut, "the building's gateway lost its line.", ended=back)
    for one in stretches("broker_restart", rates, factor, seed=seed, whom=0, begin=begin, end=end):
        if (one.began, one.ended) in tale.life.deaf:
            back = one.ended + own.ms(0.5, 20)

            def restarted(until: int = back) -> None:
                line.drop(car.now)
                tale.falls_silent("broker_restart", until)

            car.later(one.began, restarted)
            car.later(back, tale.restore)
            tale.lay("broker_restart", one.began, back)
            tale.innocent("broker_restart", one.began, "the broker was restarted.", ended=back)
    for start, stop in tale.life.deaf:
        if begin <= start < end:
            tale.lay("platform_deaf", start, stop)


def dark(tale: Tale, back: int) -> None:
    """The mains of the block are gone while the car stands empty at a landing."""
    car, line, began = tale.car, tale.line, tale.car.now
    if tale.site.death is Death.SILENT:
        line.die(began, told_after=told(tale.dice))
    else:
        car.power = Power.BATTERY if tale.site.death is Death.BATTERY else Power.OFF
        car.code("power_loss")
    car.until(back)
    if line.dead:
        tale.reboot()
    car.power = Power.MAINS
    car.clear()
    car.say()
    car.wait(tale.dice.ms(3, 30))
    car.run(tale.site.main)
    car.open()
    car.wait(2 * SECOND)
    car.close()
    tale.harm("feeder_cut", began, "the block lost its mains; this car was empty.", ended=back)


def told(chance: Dice) -> int | None:
    """After how many ms the broker tells that a dead terminal is gone: at once, by its keep-alive, or never."""
    return chance.weighted(((chance.ms(0.1, 2), 40), (chance.ms(45, 95), 50), (None, 10)))
