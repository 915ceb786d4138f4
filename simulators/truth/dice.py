"""Seeded chance: the same words give the same throws on every machine and in every process.

The generator is the standard library's; `random.Random` seeded with text is a pure function of that text, which is
why this module alone may name it.
"""

import math
from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Dice(Random):
    """`random.Random` with the throws that lives are made of."""

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self.random() < probability

    def poisson(self, mean: float) -> int:
        """How often something of that mean happens."""
        if mean <= 0:
            return 0
        if mean > 50:  # the normal law is close enough, and quick
            return max(round(self.gauss(mean, math.sqrt(mean))), 0)
        number, product, bound = 0, self.random(), math.exp(-mean)
        while product > bound:
            number += 1
            product *= self.random()
        return number

    def ms(self, low_s: float, high_s: float) -> int:
        """A stretch of so many seconds, evenly, in ms."""
        return round(self.uniform(low_s, high_s) * 1000)

    def stretch(self, low_s: float, high_s: float) -> int:
        """A stretch in ms, evenly on a logarithmic scale: short ones are more frequent than long ones."""
        return round(math.exp(self.uniform(math.log(low_s), math.log(high_s))) * 1000)

    def weighted(self, things: Sequence[tuple[T, float]]) -> T:
        """One of the things, by weight."""
        left = self.random() * sum(weight for _, weight in things)
        for thing, weight in things:
            left -= weight
            if left < 0:
                return thing
        return things[-1][0]


def dice(*words: object) -> Dice:
    """The chance that belongs to these words."""
    return Dice("/".join(map(str, words)))
