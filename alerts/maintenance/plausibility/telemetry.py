"""What a lift told over a visit, made of its samples: the one summary for live visits and for simulated ones. Pure.

A sample holds until the next one, at most `plan.HOLD`. What is not covered is not heard, and what a lift does not
report is None and not nothing.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from alerts.maintenance.plausibility.record import Seen, Span, Telemetry
from elevator.model import Door, Mode, Power, SafetyChain
from elevator.storage.plan import HOLD

_STOOD = 5.0  # s between floors; a door zone switch that flaps is wrong for at most 2.4 s
HELD = 45.0  # s; passengers who get in and out need a quarter of that
_TOGETHER = timedelta(minutes=10)


def moment(ts: datetime, received_at: datetime, offset: timedelta, *, replay: bool) -> datetime:
    """When a sample was true, by our clock.

    Args:
        ts: by the lift's clock.
        received_at: by ours.
        offset: how far the lift's clock was ahead, `offset_of` the samples of its boot.
        replay: sent from the lift's buffer: then only its own clock tells.
    """
    own = min(ts - offset, received_at)
    return own if replay or received_at - own <= _TOGETHER else received_at


def offset_of(pairs: Iterable[tuple[datetime, datetime]]) -> timedelta:
    """How far a lift's clock is ahead: the largest difference of (its time, receipt) of what came at once."""
    return max((ts - received for ts, received in pairs), default=timedelta())


def summarise(seen: Sequence[Seen], spans: Iterable[Span], *, slack: timedelta) -> Telemetry:
    """What a lift told within some spans.

    Args:
        seen: samples in the order of `at`, also some from before the first span.
        spans: when somebody says to have worked.
        slack: each span is widened by so much; the check-in is not the first thing that people do.
    """
    wide = _joined((first - slack, last + slack) for first, last in spans)
    window = sum((last - first).total_seconds() for first, last in wide)
    if not seen:
        return Telemetry(window_s=window, heard_s=0)
    last = seen[-1]
    ends = [*(one.at for one in seen[1:]), last.at + HOLD]
    parts = [
        (one, begin, end) for first, until in wide for one, over in zip(seen, ends, strict=True)
        if (begin := max(one.at, first)) < (end := min(over, one.at + HOLD, until))
    ]  # fmt: skip
    inside = [one for one, _, _ in parts]
    return Telemetry(
        window_s=window,
        heard_s=_total(parts),
        samples=len(inside),
        inspection_s=_total(part for part in parts if part[0].mode is Mode.INSPECTION),
        off_mains_s=_total(part for part in parts if part[0].power not in {None, Power.MAINS}),
        chain_open_s=_total(part for part in parts if part[0].chain is SafetyChain.OPEN)
        if any(one.chain is not None for one in inside) else None,
        stops_between=_stops(parts) if any(one.zone is not None for one in inside) else None,
        door_cycles=sum(
            b.door is Door.OPEN and a.door not in {None, Door.OPEN} for a, b in pairwise(inside)
        ) if any(one.door is not None for one in inside) else None,
        held_open=sum(took >= HELD for took in _stretches(parts, lambda one: one.door is Door.OPEN)),
        landings=len({one.floor for one in inside if one.door is Door.OPEN and one.floor is not None}),
        runs=sum(bool(b.moving) and a.moving is False for a, b in pairwise(inside))
        if any(one.moving is not None for one in inside) else None,
    )  # fmt: skip


Part = tuple[Seen, datetime, datetime]


def _total(parts: Iterable[Part]) -> float:
    return sum((end - begin).total_seconds() for _, begin, end in parts)


def _stops(parts: Sequence[Part]) -> int:
    return sum(took >= _STOOD for took in _stretches(parts, lambda one: one.zone is False and one.moving is False))


def _stretches(parts: Sequence[Part], holds: Callable[[Seen], bool]) -> list[float]:
    """How long each unbroken stretch was in which something held."""
    found: list[float] = []
    before = False
    for one, begin, end in parts:
        if now := holds(one):
            took = (end - begin).total_seconds()
            if before:
                found[-1] += took
            else:
                found.append(took)
        before = now
    return found


def _joined(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for first, last in sorted(spans):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return found
