"""What a day brings to one lift: the trips of its people, which of them end in trouble, and what else happens when.

The numbers follow the rates and nothing else.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from simulators.truth import covers, rides, service, together
from simulators.truth.dice import Dice, dice
from simulators.truth.rates import Rates
from simulators.truth.site import BLOCK
from simulators.truth.tale import MINUTE, SECOND, Tale
from simulators.truth.traffic import DAY, HOUR, ZONE, Trip, day
from simulators.truth.trapping import trap

Scene = Callable[[Tale], None]
PER = 10_000

# Scenes that people make come when people come; the others at any hour, or when technicians work.
PEOPLE: Mapping[str, Scene] = {
    "idle_stander": rides.idle_stander, "idle_stayer": rides.idle_stayer, "goods_left": rides.goods_left,
    "express_run": rides.express_run, "cleaner": rides.cleaner, "door_blocked": rides.door_blocked,
    "door_held_for_others": rides.door_held_for_others, "overload": rides.overload, "relevelling": rides.relevelling,
    "button_door_open": rides.button_door_open, "button_touched": rides.button_touched,
    "button_leant_on": rides.button_leant_on, "prank": rides.prank, "button_stuck": rides.button_stuck,
    "rescue_device": service.rescue_device,
}  # fmt: skip
WORKERS: Mapping[str, Scene] = {
    "inspection_visit": service.inspection_visit, "technician_unswitched": service.technician_unswitched,
    "button_test_closed": service.button_test_closed, "fire_recall": service.fire_recall,
    "emergency_power": service.emergency_power,
}  # fmt: skip
ANY_HOUR: Mapping[str, Scene] = {
    "alarm_self_test": service.alarm_self_test, "parked": rides.parked, "firefighter": service.firefighter,
    "earthquake": service.earthquake, "blip_while_idle": service.blip_while_idle,
}  # fmt: skip
HARMS: Mapping[str, Scene] = {
    "fault_reported": service.codes_only, "empty_stall": service.empty_stall, "empty_danger": service.empty_danger,
    "empty_door_failure": service.empty_door_failure, "gone": service.gone,
}  # fmt: skip
SHORT_TRAPS = ("power_blip", "door_tries_again")  # noises that shut people in for less than a minute


@dataclass(frozen=True, slots=True)
class Item:
    """Something that is to happen."""

    at: int
    play: Scene
    patience: int | None = None  # ms after which nobody waits for it any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What an agenda is made from."""

    seed: int
    index: int
    rates: Rates
    trap_factor: float
    noise_factor: float


def agenda(tale: Tale, needs: Needs, begin: int, end: int) -> list[Item]:
    """What happens from `begin` to `end` (at most a day), in order; covers are laid at once."""
    chance, share = tale.dice, (end - begin) / DAY
    trips = day(tale.site, chance, begin, end)
    trips, items = _mains(needs, trips, begin, end)
    together.lay_lines(tale, needs.rates, needs.noise_factor, seed=needs.seed, index=needs.index, begin=begin, end=end)
    scenes = _noises(tale, needs, trips, begin, end, share)
    trapped = _trapped(tale, needs, trips, share)
    for number, trip in enumerate(trips):
        if number in trapped:
            items.append(Item(trip.at, _trap(trapped[number], trip)))
        else:
            items.append(Item(trip.at, _ride(trip), PATIENCE))
    items += [Item(at, scene, _LATEST) for at, scene in scenes]
    items.sort(key=lambda item: item.at)
    return items


PATIENCE = 2 * MINUTE  # then people take the stairs
_LATEST = 20 * MINUTE  # what the day has no more room for does not happen


def _ride(trip: Trip) -> Scene:
    def ride(tale: Tale) -> None:
        tale.fetch(trip)
        tale.deliver(trip)

    return ride


def _trap(name: str, trip: Trip) -> Scene:
    return lambda tale: trap(tale, name, trip)


def _trapped(tale: Tale, needs: Needs, trips: Sequence[Trip], share: float) -> dict[int, str]:
    """Which trips end in an entrapment, by what: every trip alike, so that the peaks are those of the traffic."""
    found: dict[int, str] = {}
    rates, chance = needs.rates, tale.dice
    wanted = chance.poisson(rates.entrapments.per_10k * needs.trap_factor * share / PER)
    shares = [(name, rate.per_10k) for name, rate in rates.causes.items()]
    names = [chance.weighted(shares) for _ in range(wanted)]
    for name in SHORT_TRAPS:
        names += [name] * chance.poisson(rates.noises[name].per_10k * needs.noise_factor * share / PER)
    for name in names:
        if len(found) < len(trips):
            number = chance.randrange(len(trips))
            while number in found:
                number = (number + 1) % len(trips)
            found[number] = name
    return found


def _noises(
    tale: Tale, needs: Needs, trips: Sequence[Trip], begin: int, end: int, share: float
) -> Iterator[tuple[int, Scene]]:
    chance, found = tale.dice, list[tuple[int, Scene]]()
    for rates, factor in ((needs.rates.noises, needs.noise_factor), (needs.rates.harms, needs.noise_factor)):
        for name, rate in rates.items():
            for _ in range(chance.poisson(rate.per_10k * factor * share / PER)):
                at = begin + int(chance.random() * (end - begin))
                if name in covers.COVERS:
                    covers.cover(tale, name, at)
                elif name in PEOPLE:
                    found.append((trips[chance.randrange(len(trips))].at if trips else at, PEOPLE[name]))
                elif name in WORKERS:
                    found.append((_working_hour(chance, at), WORKERS[name]))
                elif name not in SHORT_TRAPS:
                    found.append((at, ANY_HOUR.get(name) or HARMS[name]))
    yield from (one for one in found if begin <= one[0] < end)


def _working_hour(chance: Dice, at: int) -> int:
    """The same day, from 8 to 18 o'clock."""
    return at - (at + ZONE) % DAY + 8 * HOUR + int(chance.random() * 10 * HOUR)


def _mains(needs: Needs, trips: list[Trip], begin: int, end: int) -> tuple[list[Trip], list[Item]]:
    """The cuts of the feeder, to the second; no trip begins just before one, but somebody may be on the way in it."""
    cuts = together.stretches(
        "feeder_cut", needs.rates, needs.noise_factor, seed=needs.seed, whom=needs.index // BLOCK,
        begin=begin, end=end,
    )  # fmt: skip
    items = []
    for one in cuts:
        trips = [trip for trip in trips if not one.began - _BEFORE <= trip.at <= one.ended]
        own = dice(needs.seed, "cut", needs.index, one.began)
        moment = one.began + own.ms(0, 3)
        near = sum(abs(trip.at - moment) < HOUR // 2 for trip in trips)  # within the hour
        riding = own.chance(min(near * _RIDE / HOUR, 0.6))
        items.append(Item(moment - MINUTE, _cut(moment, one.ended + own.ms(0, 5), riding=riding)))
    return trips, items


_BEFORE = 150 * SECOND
_RIDE = 25 * SECOND  # of a trip are spent behind a closed door


def _cut(moment: int, back: int, *, riding: bool) -> Scene:
    def cut(tale: Tale) -> None:
        if tale.car.now > moment:
            return  # the car has troubles of its own
        if riding:
            trap(tale, "feeder_cut", rides.some_trip(tale, here=True), moment=moment, back=back)
        else:
            tale.car.until(moment)
            together.dark(tale, back)

    return cut
