"""The people of a building: when somebody comes to the lift, from where to where, how many and how heavy."""

from collections.abc import Mapping
from enum import StrEnum

from simulators.chance import Rng
from simulators.shaft import PERSON, Party


class Use(StrEnum):
    """What a building is for."""

    RESIDENTIAL = "residential"
    OFFICE = "office"
    HOSPITAL = "hospital"
    MALL = "mall"
    HOTEL = "hotel"
    STATION = "station"


# Parties an hour and lift on an ordinary day, and how many persons are in one on average. A simulation's own
# figures: busy enough to look at, quiet enough that cars stand idle now and then.
TRAFFIC: Mapping[Use, tuple[float, float]] = {
    Use.RESIDENTIAL: (30.0, 1.3),
    Use.OFFICE: (60.0, 1.6),
    Use.HOSPITAL: (70.0, 2.0),
    Use.MALL: (70.0, 2.2),
    Use.HOTEL: (40.0, 1.5),
    Use.STATION: (60.0, 1.8),
}
_UP, _DOWN = 0.45, 0.45  # shares of traffic from and to the main landing; the rest is between floors
_MOST = 8  # persons in one party


class Crowd:
    """Seeded arrivals at one lift, as a Poisson stream."""

    def __init__(self, use: Use, landings: int, main: int, rng: Rng, *, now: float = 0.0) -> None:
        self._rate, self._size = TRAFFIC[use]
        self._landings, self._main, self._rng = landings, main, rng
        self._next = now + rng.expovariate(self._rate / 3600)

    def arrivals(self, now: float) -> list[Party]:
        """The parties that have come until `now`."""
        come = []
        while self._next <= now:
            come.append(self._party())
            self._next += self._rng.expovariate(self._rate / 3600)
        return come

    def _party(self) -> Party:
        kind, other = self._rng.random(), self._other(self._main)
        if kind < _UP:
            origin, destination = self._main, other
        elif kind < _UP + _DOWN:
            origin, destination = other, self._main
        else:
            origin, destination = other, self._other(other)
        persons = 1
        while persons < _MOST and self._rng.random() < 1 - 1 / self._size:
            persons += 1
        mass = sum(min(max(self._rng.gauss(PERSON * 0.9, 14), 15), 130) for _ in range(persons))
        return Party(origin=origin, destination=destination, persons=persons, mass=round(mass, 1))

    def _other(self, landing: int) -> int:
        """Any landing but this one."""
        drawn = self._rng.randrange(self._landings - 1)
        return drawn + (drawn >= landing)
