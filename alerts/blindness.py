"""When it is not the lifts that are silent, but we who do not hear (contract 5, "Silence"). Pure.

If 30 % of the lifts that talked, at least 10 and not all in one area, fall silent within 60 s, we are blind. It is over
when fewer than 10 of them, or less than half of that share, are still silent: what is silent then is so on its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.areas import Group, span
from alerts.policy import Blindness as Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class Silent:
    """A lift whose link is lost, while we were listening."""

    lift_no: int
    groups: tuple[Group, ...]
    since: datetime


def fallen_silent(silent: Sequence[Silent], talked: int, now: datetime, terms: Terms) -> tuple[Silent, ...]:
    """The lifts that say we are blind; none: we are not.

    Args:
        silent: lifts whose link is lost.
        talked: how many lifts talked before, these included.
        now: the present.
        terms: the thresholds.
    """
    within, lasting = timedelta(seconds=terms.within_s), timedelta(seconds=terms.lasting_s)
    lasted = sorted((one for one in silent if now - one.since >= lasting), key=lambda one: (one.since, one.lift_no))
    least = max(terms.lifts, _rounded_up(terms.share * talked))
    start = span([(one.since, one.lift_no) for one in lasted], least=least, within=within)
    if start is None:
        return ()
    together = [one for one in silent if start <= one.since]
    return () if in_one_area(together) else tuple(together)


def in_one_area(silent: Sequence[Silent]) -> bool:
    """Whether one feeder, gateway or building explains them all."""
    return bool(silent) and bool(frozenset(silent[0].groups).intersection(*(one.groups for one in silent[1:])))


def is_over(still: int, talked: int, terms: Terms) -> bool:
    """Whether we hear again, so that `still` silent lifts are silent on their own.

    Args:
        still: how many lifts of the alarm are still silent.
        talked: how many lifts talk now, or stand in the alarm.
        terms: the thresholds.
    """
    return still < terms.lifts or still < terms.share * talked / 2


def _rounded_up(number: float) -> int:
    return -int(-number // 1)
