"""When people come to a lift: the shape of a day by kind of building, and who travels from where to where."""

from collections.abc import Mapping
from dataclasses import dataclass

from simulators.people import Use
from simulators.truth.dice import Dice
from simulators.truth.site import Site

HOUR = 3_600_000
DAY = 24 * HOUR
ZONE = 8 * HOUR  # the city keeps Beijing time
# Weights of the 24 hours. Two peaks, 08–10 and 18–20, as in the published bulletins (together with the
# late morning and the evening they hold three quarters of all entrapments); offices also have their lunch hour.
_HOME = (2, 1, 1, 1, 1, 3, 10, 22, 26, 18, 11, 12, 14, 11, 9, 10, 13, 20, 28, 26, 18, 13, 8, 4)
_WORK = (1, 0, 0, 0, 0, 1, 4, 16, 34, 28, 16, 20, 26, 18, 16, 15, 16, 26, 30, 16, 8, 4, 2, 1)
_SHOP = (0, 0, 0, 0, 0, 0, 1, 3, 7, 14, 18, 22, 24, 22, 20, 20, 22, 26, 30, 30, 24, 12, 2, 0)
_WARD = (4, 3, 3, 3, 3, 5, 10, 20, 28, 26, 24, 20, 16, 16, 22, 22, 18, 16, 20, 18, 12, 8, 6, 5)
HOURS: Mapping[Use, tuple[int, ...]] = {
    Use.RESIDENTIAL: _HOME, Use.OFFICE: _WORK, Use.MALL: _SHOP, Use.HOSPITAL: _WARD, Use.HOTEL: _HOME,
    Use.STATION: _SHOP,
}  # fmt: skip
_SIZES = ((1, 62), (2, 22), (3, 9), (4, 4), (5, 2), (6, 1))  # 1.3–2.5 persons in an incident
_TO_AND_FROM = 0.9  # of all trips begin or end at the main landing


@dataclass(frozen=True, slots=True)
class Trip:
    """A party that wants to travel."""

    at: int  # ms
    origin: int
    destination: int
    persons: int
    load: int  # kg


def day(site: Site, dice: Dice, begin: int, end: int) -> list[Trip]:
    """The trips of a stretch of at most a day, in order."""
    weights = HOURS[site.use]
    total = sum(weights)
    trips = []
    hour = begin
    while hour < end:
        until = min(hour - (hour + ZONE) % HOUR + HOUR, end)
        share = weights[(hour + ZONE) % DAY // HOUR] / total * (until - hour) / HOUR
        moments = sorted(hour + int(dice.random() * (until - hour)) for _ in range(dice.poisson(site.trips * share)))
        trips += [_trip(site, dice, at) for at in moments]
        hour = until
    return trips


def _trip(site: Site, dice: Dice, at: int) -> Trip:
    far = other(site, dice, site.main)
    kind = dice.random()
    if kind < _TO_AND_FROM:
        morning = (at + ZONE) % DAY < 12 * HOUR
        leaving = dice.random() < (0.7 if morning == (site.use is Use.RESIDENTIAL) else 0.3)
        origin, destination = (far, site.main) if leaving else (site.main, far)
    else:
        origin, destination = far, other(site, dice, far)
    persons = dice.weighted(_SIZES)
    return Trip(at, origin, destination, persons, persons * (45 + dice.randrange(45)))


def other(site: Site, dice: Dice, landing: int) -> int:
    """Any landing but this one."""
    drawn = dice.randrange(site.floors - 1)
    return drawn + (drawn >= landing)
