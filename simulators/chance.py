"""The source of chance that pure parts take as an argument; the shells pass a seeded `random.Random`."""

from typing import Protocol


class Rng(Protocol):
    """The part of `random.Random` that the simulation uses."""

    def random(self) -> float:
        """From [0, 1)."""
        ...

    def gauss(self, mu: float, sigma: float, /) -> float:
        """Normally distributed."""
        ...

    def uniform(self, a: float, b: float, /) -> float:
        """From [a, b]."""
        ...

    def expovariate(self, rate: float, /) -> float:
        """The wait until the next of events that come at `rate`."""
        ...

    def randrange(self, stop: int, /) -> int:
        """From 0 to stop - 1."""
        ...
