"""What a visit's plausibility is judged from, read from the database; it decides nothing."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from alerts.maintenance import photos, visiting
from alerts.maintenance.checks import Outcome
from alerts.maintenance.folding import Story
from alerts.maintenance.plausibility import telemetry
from alerts.maintenance.plausibility.record import (
    NEAR_IN_TIME,
    Claim,
    Copy,
    Known,
    Other,
    Reuse,
    Seen,
    Span,
    Telemetry,
)
from alerts.maintenance.plausibility.thresholds import Thresholds
from alerts.maintenance.visit import Op, Signature
from alerts.policy import Policy
from alerts.store import Record
from elevator import sql
from elevator.columns import ENUM_COLUMNS
from elevator.db import Connection
from elevator.model import LiftClass
from elevator.storage.plan import HOLD

QUERIES = sql.load("alerts.maintenance.plausibility")
_CLOCK = timedelta(minutes=15)  # by so much a lift's clock may have changed since it said hello
_LONGEST = timedelta(hours=24)  # of a visit is looked at
_MOST_SAMPLES = 100_000
_LONGEST_VISIT = timedelta(hours=24)  # a worker's other visit may have begun so long before
_DIGEST = re.compile("[0-9a-f]{64}")
LEAST_DRAWING = 80  # characters; two strokes alike are no copy


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A signature, as others are held against it."""

    hash: bytes
    name: str
    officer: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """All of it."""

    claim: Claim
    told: Telemetry
    known: Known
    later: tuple[str, ...]  # visits with one of its photos
    drawings: tuple[Drawn, ...]


async def rows(tx: Connection, name: str, /, **values: Any) -> list[Record]:
    """All rows of a named query; planned with its values, so that only the chunks it needs are opened."""
    return await (await tx.execute(QUERIES[name], values, prepare=False)).fetchall()


async def run(tx: Connection, name: str, /, **values: Any) -> None:
    """Execute a named statement."""
    await tx.execute(QUERIES[name], values)


async def gather(tx: Connection, visit: Record, policy: Policy, thresholds: Thresholds) -> Gathered | None:
    """Everything about one visit; None where it has no beginning or end.

    Args:
        tx: inside a transaction that holds the visit.
        visit: a row of `take_visit`.
        policy: the visit's own times.
        thresholds: how wide to look.
    """
    story, entries, _plans = await visiting.read(tx, visit["id"], policy)
    times = _times(story, entries)
    if times is None:
        return None
    began, left, breaks = times
    done = {code: one for code, one in story.visit.results.items() if one.outcome is not Outcome.NOT_APPLICABLE}
    reused, later = await _reused(tx, visit, began)
    drawings = tuple(_drawings(story))
    claim = Claim(
        lift_class=LiftClass(visit["lift_class"]), began_at=began, left_at=left, breaks=breaks, items=tuple(done),
        distance_m=_distance(story, entries),
        reused=reused,
        others=tuple(await _others(tx, visit, began, left)), copies=tuple(await _copies(tx, visit, began, drawings)),
    )  # fmt: skip
    slack = timedelta(seconds=thresholds.limits["slack_s"])
    until = min(left, began + _LONGEST) + slack
    seen = await samples(tx, visit["lift_no"], began - slack - HOLD, until)
    least = thresholds.limits["inspection_short_s"]
    shown = await rows(tx, "has_shown", lift_no=visit["lift_no"], visit_id=visit["id"], least=least)
    return Gathered(
        claim=claim, told=telemetry.summarise(seen, claim.spans, slack=slack), known=Known(inspection=bool(shown)),
        later=later, drawings=drawings,
    )  # fmt: skip


def _times(story: Story, entries: Iterable[Record]) -> tuple[datetime, datetime, tuple[Span, ...]] | None:
    """When it began and ended, and its breaks, by our clock.

    What was entered on line counts from its receipt: there nothing tells how far a phone's clock is off.
    """
    began = left = paused = None
    breaks: list[Span] = []
    for entry in entries:
        told = story.told.get(entry["op_id"])
        if told is None or told.outcome != "applied":
            continue
        at = entry["at"] if entry["device_n"] is None else entry["done_at"]
        match entry["kind"]:
            case Op.CHECK_IN:
                began = at
            case Op.PAUSE:
                paused = at
            case Op.RESUME:
                if paused is not None and at > paused:
                    breaks.append((paused, at))
                paused = None
            case Op.CHECK_OUT:
                left = at
            case _:
                pass
    if began is None or left is None:
        return None
    return began, max(left, began), tuple(breaks)


def _distance(story: Story, entries: Iterable[Record]) -> float | None:
    for entry in entries:
        told = story.told.get(entry["op_id"])
        if entry["kind"] == Op.CHECK_IN and told is not None and told.outcome == "applied":
            found = entry["facts"].get("distance_m")
            return None if found is None else float(found)
    return None


def _drawings(story: Story) -> Iterator[Drawn]:
    def drawn(one: Signature, *, officer: bool) -> Iterator[Drawn]:
        data = one.drawing["data"]
        if len(data) >= LEAST_DRAWING:
            yield Drawn(hash=hashlib.sha256(data.encode()).digest(), name=one.name, officer=officer)

    for one in story.visit.signatures:
        yield from drawn(one, officer=False)
    if story.visit.countersigned is not None:
        yield from drawn(story.visit.countersigned, officer=True)


async def samples(tx: Connection, lift_no: int, since: datetime, until: datetime) -> list[Seen]:
    """A lift's samples over a stretch of our clock, in order; its own clock may be wrong."""
    said = await rows(tx, "clock_offset", lift_no=lift_no, until=until)
    ahead = said[0]["ahead"] if said else timedelta()
    found = await rows(
        tx, "samples", lift_no=lift_no, since=since + ahead - _CLOCK, until=until + ahead + _CLOCK, limit=_MOST_SAMPLES
    )
    boots: dict[str, list[tuple[datetime, datetime]]] = {}
    for one in found:
        if not one["replay"]:
            boots.setdefault(one["boot"], []).append((one["ts"], one["received_at"]))
    offsets = {boot: telemetry.offset_of(pairs) for boot, pairs in boots.items()}
    seen = [_seen(one, offsets.get(one["boot"], ahead)) for one in found]
    return sorted((one for one in seen if since <= one.at < until), key=lambda one: one.at)


def _seen(row: Mapping[str, Any], offset: timedelta) -> Seen:
    def member(column: str) -> Any:
        return None if row[column] is None else ENUM_COLUMNS[column][row[column]]

    return Seen(
        at=telemetry.moment(row["ts"], row["received_at"], offset, replay=row["replay"]), mode=member("mode"),
        moving=row["moving"], zone=row["door_zone"], door=member("door"), power=member("power"),
        chain=member("safety_chain"), floor=row["floor"],
    )  # fmt: skip


async def _others(tx: Connection, visit: Record, began: datetime, left: datetime) -> list[Other]:
    found = await rows(
        tx, "others", workers=workers_of(visit), visit_id=visit["id"], since=began - _LONGEST_VISIT,
        until=left + NEAR_IN_TIME,
    )  # fmt: skip
    here = (visit["lat"], visit["lon"])
    return [
        Other(
            visit_id=one["visit_id"], worker=one["worker"], lift=one["lift"], began_at=one["began_at"],
            left_at=one["left_at"],
            distance_m=visiting.distance_m(here, (one["lat"], one["lon"]))
            if None not in (*here, one["lat"], one["lon"]) else None,
        )
        for one in found if one["left_at"] > began - NEAR_IN_TIME
    ]  # fmt: skip


def workers_of(visit: Record) -> list[str]:
    """Who was at a visit."""
    return [one for one in (visit["worker_id"], visit["second_id"]) if one is not None]


async def _reused(tx: Connection, visit: Record, began: datetime) -> tuple[tuple[Reuse, ...], tuple[str, ...]]:
    """Photos that an earlier visit shows as well, and later visits with the same bytes as one of these."""
    known = await photos.reuse(tx, visit["id"], began)
    found = [one for one in known if one.photo_id is not None or _DIGEST.fullmatch(one.name)]  # no mere name
    told = await rows(tx, "visits_told_of", ids=sorted({one.visit_id for one in found}))
    others = {one["id"]: one for one in told if one["began_at"] is not None}
    earlier = tuple(
        Reuse(
            photo=one.photo_id or one.name, visit_id=one.visit_id, lift=others[one.visit_id]["lift"],
            same_lift=others[one.visit_id]["lift_no"] == visit["lift_no"], bits=one.distance or 0,
            exact=one.same_bytes,
        )
        for one in found if one.visit_id in others and others[one.visit_id]["began_at"] < began
    )  # fmt: skip
    later = {one.visit_id for one in found if one.same_bytes and one.visit_id in others}
    return earlier, tuple(sorted(later - {one.visit_id for one in earlier}))


async def _copies(tx: Connection, visit: Record, began: datetime, drawings: Sequence[Drawn]) -> list[Copy]:
    found = await rows(
        tx, "drawn_before", hashes=[one.hash for one in drawings], names=[one.name for one in drawings],
        officers=[one.officer for one in drawings], visit_id=visit["id"], began_at=began,
    )  # fmt: skip
    return [Copy(name=one["name"], visit_id=one["visit_id"], officer=one["officer"]) for one in found]
