"""A simulated visit as the service would judge it: messages read, the claim made up, the evidence weighed. Pure.

What rows do in service (earlier photos and signatures, a worker's other visits, what a lift has ever shown) is done
here in memory, by the same definitions as `alerts.maintenance.plausibility.gathering`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import hypot

from alerts.maintenance.plans import shelf
from alerts.maintenance.plans.plan import Kind
from alerts.maintenance.plausibility import telemetry
from alerts.maintenance.plausibility.judging import judge
from alerts.maintenance.plausibility.record import (
    NEAR_IN_TIME,
    Claim,
    Copy,
    Known,
    Other,
    Plausibility,
    Reuse,
    Seen,
    Telemetry,
)
from alerts.maintenance.plausibility.thresholds import Thresholds
from deploy.score import intake
from elevator.model import Sample
from elevator.times import at as moment
from ingest.adapters import ADAPTERS
from simulators.firms.deeds import Deed
from simulators.firms.virtual import Visit
from simulators.truth.story import Lift, Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One visit: the truth, and what the evidence came to."""

    deed: Deed
    told: Telemetry
    found: Plausibility


def judged(visits: Iterable[Visit], thresholds: Thresholds) -> Iterator[Judged]:
    """All visits of one firm, in the order in which they are said to have begun."""
    every = list(visits)
    deeds = [one.deed for one in every]
    shown: dict[int, Known] = {}
    slack = timedelta(seconds=thresholds.limits["slack_s"])
    for number, one in enumerate(every):
        claim = _claim(one.deed, one.lift, deeds[:number], deeds)
        told = telemetry.summarise(seen(one.lift, one.messages), claim.spans, slack=slack)
        known = shown.get(one.deed.lift, Known())
        yield Judged(deed=one.deed, told=told, found=judge(claim, told, known, thresholds))
        shown[one.deed.lift] = Known(
            inspection=known.inspection or told.inspection_s >= thresholds.limits["inspection_short_s"],
        )


def seen(lift: Lift, messages: Sequence[Message]) -> list[Seen]:
    """The samples of a lift by our clock, each once."""
    samples = [
        (moment(at), item) for at, item, _ in intake.take(lift, messages, ADAPTERS).heard if isinstance(item, Sample)
    ]
    boots: dict[str, list[tuple[datetime, datetime]]] = {}
    for at, one in samples:
        if not one.replay:
            boots.setdefault(one.boot, []).append((moment(one.ts), at))
    offsets = {boot: telemetry.offset_of(pairs) for boot, pairs in boots.items()}
    found = [
        Seen(
            at=telemetry.moment(moment(one.ts), at, offsets.get(one.boot, timedelta()), replay=one.replay),
            mode=one.mode, moving=one.moving, zone=one.zone, door=one.door, power=one.power, chain=one.safety_chain,
            floor=one.floor,
        )
        for at, one in samples
    ]  # fmt: skip
    return sorted(found, key=lambda one: one.at)


def _claim(deed: Deed, lift: Lift, before: Sequence[Deed], every: Sequence[Deed]) -> Claim:
    items = tuple(item.code for item in shelf.newest(lift.lift_class).items_of(Kind.HALF_MONTH))
    return Claim(
        lift_class=lift.lift_class, began_at=moment(deed.began), left_at=moment(deed.left),
        breaks=tuple((moment(first), moment(last)) for first, last in deed.breaks), items=items,
        distance_m=None if deed.at is None else hypot(deed.at[0] - deed.place.east, deed.at[1] - deed.place.north),
        reused=tuple(
            Reuse(
                photo=deed.photo.bytes, visit_id=one.id, lift=str(one.lift), same_lift=one.lift == deed.lift,
                bits=(one.photo.likeness ^ deed.photo.likeness).bit_count(), exact=one.photo.bytes == deed.photo.bytes,
            )
            for one in before
        ),
        others=tuple(_other(deed, one) for one in every if _near(deed, one)), copies=tuple(_copies(deed, before)),
    )  # fmt: skip


def _near(deed: Deed, other: Deed) -> bool:
    within = NEAR_IN_TIME // timedelta(milliseconds=1)
    return (
        other is not deed and other.technician == deed.technician
        and other.began < deed.left + within and deed.began < other.left + within
    )  # fmt: skip


def _other(deed: Deed, other: Deed) -> Other:
    return Other(
        visit_id=other.id, worker=other.technician, lift=str(other.lift), began_at=moment(other.began),
        left_at=moment(other.left),
        distance_m=hypot(deed.place.east - other.place.east, deed.place.north - other.place.north),
    )  # fmt: skip


def _copies(deed: Deed, before: Sequence[Deed]) -> Iterator[Copy]:
    for name, officer in (("drawing", False), ("officer", True)):
        mine = getattr(deed, name)
        earlier = next((one for one in before if mine is not None and getattr(one, name) == mine), None)
        if earlier is not None:
            yield Copy(name=deed.technician, visit_id=earlier.id, officer=officer)
