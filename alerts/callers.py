"""The telephone numbers of those who have reported an incident: each once, in the order of the reports. Pure."""

from collections.abc import Sequence
from datetime import datetime
from itertools import zip_longest
from operator import itemgetter

_SEPARATORS = dict.fromkeys(map(ord, " \u00a0\u3000-\u2013.()（）"))  # as people write them between digits

Reports = tuple[Sequence[str], Sequence[datetime]]
"""The numbers of an incident and the times of its reports, each in order."""


def heard_of(known: Sequence[str], *more: str | None) -> list[str]:
    """All numbers in the order of the reports; one that differs in spaces, dashes, dots or brackets alone is the same.

    What is left beside the digits counts (`+86`, an extension): rather one number twice than one too few.
    """
    found = {one.translate(_SEPARATORS): one for one in known}
    for one in more:
        if one:
            found.setdefault(one.translate(_SEPARATORS), one)
    return list(found.values())


def together(kept: Reports, repeated: Reports) -> list[str]:
    """The numbers of an incident and of one that repeats it, in the order in which they were reported.

    A report without a number counts for the next one; beyond the last report, the last one counts.
    """
    both = sorted([*_timed(kept), *_timed(repeated)], key=itemgetter(0))  # of the same time: those of the kept first
    return heard_of((), *(number for _, number in both))


def _timed(reports: Reports) -> list[tuple[datetime, str]]:
    numbers, times = reports
    if not times:
        return []
    return [(at or times[-1], number) for number, at in zip_longest(numbers, times[: len(numbers)])]
