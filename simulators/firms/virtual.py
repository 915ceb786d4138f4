"""Visits in virtual time: each deed with the messages that its lift sends from hours before it until after it. Pure.

A firm's visits depend on the seed and the firm's number alone. Traffic, sensors, lines and mains are those of
`simulators.truth`, but for the half-monthly visits in its noise: here the visits themselves are told.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from elevator.model import LiftClass
from simulators.firms import work
from simulators.firms.deeds import DAY, HOUR, MINUTE, Deed, Rounds, place
from simulators.firms.rates import Mixture, standard
from simulators.firms.work import Manner
from simulators.truth import together
from simulators.truth.agenda import Item, Needs, Scene, agenda
from simulators.truth.car import Car
from simulators.truth.city import BEGIN
from simulators.truth.dice import dice
from simulators.truth.line import Line
from simulators.truth.rates import Rates
from simulators.truth.site import Site, building, site
from simulators.truth.story import Life, Lift, Message
from simulators.truth.tale import Tale

BEFORE, AFTER = 40 * MINUTE, 30 * MINUTE  # of the visit that are lived through
_MOST = 4000  # lifts from which a firm chooses its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visit and what its lift sent."""

    deed: Deed
    lift: Lift
    messages: list[Message]


def city_rates() -> Rates:
    """The rates of the truth without the visits that are told here."""
    found = Rates.standard()
    return replace(found, noises={name: rate for name, rate in found.noises.items() if name != "inspection_visit"})


def visits(*, seed: int, firm: int, mixture: Mixture | None = None) -> Iterator[Visit]:
    """All visits of a firm, in the order in which they are said to have begun."""
    mixture, rates = mixture or standard(), city_rates()
    wanted = round(mixture["firm"]["technicians"] * mixture["firm"]["lifts_each"])
    sites = dict(_sites(seed, firm, wanted, rates))
    places = {index: place(seed, building(seed, index)) for index in sites}
    rounds = Rounds(mixture, seed=seed, firm=firm, lifts=places, begin=BEGIN)
    for deed in sorted(rounds.deeds(), key=lambda one: one.began):
        yield Visit(
            deed=deed, lift=sites[deed.lift].lift, messages=messages(deed, sites[deed.lift], mixture, rates, seed)
        )


def _sites(seed: int, firm: int, wanted: int, rates: Rates) -> Iterator[tuple[int, Site]]:
    """The firm's lifts: a run of the city's, without escalators and hoists, which tell little of work on them."""
    index, found = firm * _MOST, 0
    while found < wanted:
        built = site(seed, index, rates)
        if built.lift.lift_class in {LiftClass.TRACTION, LiftClass.HYDRAULIC}:
            yield index, built
            found += 1
        index += 1


def messages(deed: Deed, built: Site, mixture: Mixture, rates: Rates, seed: int) -> list[Message]:
    """What a lift sends around one visit."""
    shares, own = mixture["lift"], dice(seed, "terminal", deed.lift)
    reads_mode = not own.chance(shares["no_inspection_signal"])
    if own.chance(shares["unheard"]) or dice(seed, "away", deed.id).chance(shares["gateway_away"]):
        return []
    first, last = deed.began, deed.left
    for began, ended in deed.works:
        first, last = min(first, began), max(last, ended)
    begin, end = first - BEFORE, min(last + AFTER, first - BEFORE + DAY)
    life = Life(lift=built.lift, begin=begin, end=end, messages=iter(()))
    life.deaf = together.deaf(rates, 1.0, seed=seed, begin=begin, end=end)
    chance = dice(seed, "work", deed.id)
    line = Line(built, chance, begin, life.deaf)
    tale = Tale(site=built, car=Car(built, line, chance, begin), line=line, dice=chance, life=life)
    needs = Needs(seed=seed, index=deed.lift, rates=rates, trap_factor=1.0, noise_factor=1.0)
    manner = Manner(inspects=deed.inspects, switches=deed.switches, reads_mode=reads_mode)
    items = [*agenda(tale, needs, begin, end), *_scenes(deed, manner)]
    for item in sorted(items, key=lambda one: one.at):
        if item.patience is not None and tale.car.now - item.at > item.patience:
            continue
        tale.car.until(item.at)
        item.play(tale)
    tale.car.until(max(end, tale.car.now))
    return list(line.ready(tale.car.now + HOUR))


def _scenes(deed: Deed, manner: Manner) -> Iterator[Item]:
    for number, (began, ended) in enumerate(deed.works):
        switched = replace(manner, switches=manner.switches and number == 0)
        yield Item(began, _scene(deed, switched, ended))


def _scene(deed: Deed, manner: Manner, ended: int) -> Scene:
    def scene(tale: Tale) -> None:
        if deed.ghost is None:
            work.serve(tale, manner, ended)
        elif deed.ghost == "clever":
            work.ride_about(tale, ended)
        elif deed.ghost == "insider":
            work.pretend(tale, manner)

    return scene
