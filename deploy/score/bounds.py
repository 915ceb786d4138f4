"""The statistics of a score: quantiles, and what can be said of a rate after so few, or no, events. Pure."""

import math
from collections.abc import Callable, Sequence

SURE = 0.95  # one-sided
_STEPS = 60  # halvings: far below what is printed


def quantile(values: Sequence[float], share: float) -> float | None:
    """The smallest value that at least this share of all does not exceed; None of nothing."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def most_events(events: int) -> float:
    """The exact (Poisson) upper bound of the number to be expected where so many came; 3.0 of none, "rule of three"."""
    return _solve(lambda mean: _poisson(events, mean), 0, events + 10 * math.sqrt(events + 1) + 10)


def least_share(good: int, of: int) -> float | None:
    """The exact (Clopper-Pearson) lower bound of a share of which `good` in `of` were seen; None of nothing."""
    if not of:
        return None
    if not good:
        return 0.0
    return _solve(lambda share: -_at_least(good, of, share), 0.0, 1.0, wanted=-(1 - SURE))


def _solve(falling: Callable[[float], float], low: float, high: float, wanted: float = 1 - SURE) -> float:
    """Where a falling function has the value."""
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > wanted else (low, middle)
    return (low + high) / 2


def _poisson(events: int, mean: float) -> float:
    """How likely so many or fewer are."""
    return (
        math.fsum(math.exp(count * math.log(mean) - mean - math.lgamma(count + 1)) for count in range(events + 1))
        if mean > 0
        else 1.0
    )


def _at_least(good: int, of: int, share: float) -> float:
    """How likely `good` or more in `of` are."""
    if share <= 0:
        return 0.0
    if share >= 1:
        return 1.0
    return math.fsum(
        math.exp(
            math.lgamma(of + 1) - math.lgamma(count + 1) - math.lgamma(of - count + 1)
            + count * math.log(share) + (of - count) * math.log1p(-share)
        )
        for count in range(good, of + 1)
    )  # fmt: skip
