"""A visit made of its operations, in whatever order and however often they came. Pure.

Operations of one phone carry their place on it and take effect in that order: one that comes before its turn waits for
those before it. So batches that were sent twice, or overtook each other, come to the same visit. Operations on line
(without a place) take effect in the order of receipt. Nothing that was received is lost: what is refused or waits stays
in the record with its sentence.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerts.maintenance.operations import apply
from alerts.maintenance.plans.plan import Item, Plan
from alerts.maintenance.visit import OPEN, Applied, Mark, Operation, Refused, State, Visit
from alerts.maintenance.words import say
from alerts.policy import Maintenance
from elevator.times import rfc3339

_BACKWARDS = timedelta(seconds=2)
_CLOCK_OFF_S = 300.0
_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of one operation."""

    outcome: str  # applied, waiting, refused
    marks: tuple[Mark, ...] = ()
    refused: Refused | None = None


@dataclass(slots=True, kw_only=True)
class Story:
    """The visit, and what became of each operation."""

    visit: Visit = field(default_factory=Visit)
    told: dict[str, Told] = field(default_factory=dict)


@dataclass(slots=True)
class _Phone:
    """How far one phone's operations have taken effect."""

    next: int = 1
    early: dict[int, Operation] = field(default_factory=dict)
    clock: datetime | None = None


def fold(operations: Iterable[Operation], plans: Mapping[str, Plan], limits: Maintenance) -> Story:
    """The story of a visit.

    Args:
        operations: in the order of receipt, each id once.
        plans: by id, those that check-ins refer to.
        limits: the policy's times.
    """
    story, phones = Story(), dict[str, _Phone]()
    for one in operations:
        phone = phones.setdefault(one.device, _Phone())
        if one.n is None:
            _take(story, phone, one, plans, limits)
        elif one.n < phone.next or one.n in phone.early:
            text = say("number_used", n=one.n)
            story.told[one.id] = Told(
                outcome="refused", refused=Refused(status="invalid", reason="number_used", text=text)
            )
        else:
            phone.early[one.n] = one
            story.told[one.id] = Told(outcome="waiting")
            while (ready := phone.early.pop(phone.next, None)) is not None:
                phone.next += 1
                _take(story, phone, ready, plans, limits)
    return story


def _take(story: Story, phone: _Phone, one: Operation, plans: Mapping[str, Plan], limits: Maintenance) -> None:
    marks = _marks(one, phone, limits)
    if one.device_at is not None:
        phone.clock = one.device_at
    done = apply(story.visit, one, items_of(story.visit, plans), limits)
    if isinstance(done, Applied):
        story.visit = done.visit
        story.told[one.id] = Told(outcome="applied", marks=(*marks, *done.marks))
    else:
        story.told[one.id] = Told(outcome="refused", marks=marks, refused=done)


def items_of(visit: Visit, plans: Mapping[str, Plan]) -> dict[str, Item]:
    """What this visit must do, by code."""
    if visit.plan_id is None or visit.kind is None:
        return {}
    return {one.code: one for one in plans[visit.plan_id].items_of(visit.kind)}


def _marks(one: Operation, phone: _Phone, limits: Maintenance) -> tuple[Mark, ...]:
    marks = []
    if (one.at - one.done_at).total_seconds() > limits.late_s:
        text = say("late", at=rfc3339(one.done_at), received=rfc3339(one.at))
        marks.append(Mark(code="late", text=text))
    if one.device_at is not None and phone.clock is not None and one.device_at < phone.clock - _BACKWARDS:
        text = say("clock_backwards", now=rfc3339(one.device_at), before=rfc3339(phone.clock))
        marks.append(Mark(code="clock_backwards", text=text))
    if abs(one.clock_off_s) > _CLOCK_OFF_S:
        marks.append(Mark(code="clock_off", text=say("clock_off", seconds=round(one.clock_off_s))))
    if one.facts.photos_missing:
        marks.append(Mark(code="photo_missing", text=say("photo_awaited", names=_short(one.facts.photos_missing))))
    if one.facts.reused:
        names = sorted({str(used["name"]) for used in one.facts.reused})
        marks.append(Mark(code="photo_reused", text=say("photo_reused", names=_short(names))))
    return tuple(marks)


def _short(names: Iterable[str]) -> str:
    """Names of photos as people can compare them: a digest by its beginning."""
    return ", ".join(name if len(name) <= _SHOWN else f"{name[:_SHOWN]}…" for name in names)


def photo_names(visit: Visit) -> set[str]:
    """All photos that a visit names now."""
    results = {name for one in visit.results.values() for name in one.photos}
    return results | {name for note in visit.notes for name in note["photos"]}


def done_at(device_at: datetime | None, received: datetime, sent_at: datetime | None = None) -> tuple[datetime, float]:
    """When something was done by our clock, and how far the phone's clock is off (s); never after its receipt.

    Args:
        device_at: when it was done, by the phone.
        received: by us.
        sent_at: when the batch was sent, by the phone: its clock then was `received`, near enough.
    """
    if device_at is None:
        return received, 0.0
    off = sent_at - received if sent_at is not None else timedelta()
    try:
        return min(device_at - off, received), off.total_seconds()
    except OverflowError:  # a clock beyond the calendar says nothing of when it was
        return received, off.total_seconds()


def life_due(visit: Visit, limits: Maintenance) -> datetime | None:
    """When one who works alone must have given a sign of life; None: nobody is waited for."""
    if visit.state is not State.ON_SITE or not visit.alone or visit.life_at is None:
        return None
    return visit.life_at + timedelta(seconds=visit.interval_s + limits.alone_grace_s)


def end_due(visit: Visit, limits: Maintenance) -> datetime | None:
    """When a visit has outlived its time, or a break its own; None: it has ended."""
    if visit.state not in OPEN or visit.checked_in_at is None:
        return None
    if visit.paused_at is not None:
        return visit.paused_at + timedelta(seconds=limits.paused_s)
    return visit.checked_in_at + timedelta(seconds=visit.planned_s + visit.paused_s + limits.overrun_s)
