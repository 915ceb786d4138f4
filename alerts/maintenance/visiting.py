"""The only writer of visits: operations in, and what follows from them, in one transaction of the caller's.

It locks in one order: the lift's row first, the visit second. Operations are kept as they were received, together with
what was looked up then; the visit is their fold, so that the same batch five times, or two batches in the wrong order,
come to the same.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from alerts import acting
from alerts.incident import SYSTEM, Actor, Role
from alerts.maintenance import due, folding, ordering, photos, planning, scheduling, showing, store
from alerts.maintenance.checks import Outcome
from alerts.maintenance.folding import Story
from alerts.maintenance.plans.plan import Plan
from alerts.maintenance.visit import DONE, OPEN, Facts, Op, Operation, Person, State, Visit
from alerts.policy import Policy
from alerts.store import Record
from elevator.db import Connection
from elevator.model import LiftClass

_CREW = frozenset({Role.FIRM, Role.RESPONDER})
_EARTH_M = 6_371_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One operation as a phone or a program sends it."""

    id: str
    op: Op
    body: dict[str, Any] = field(default_factory=dict)
    device: str = ""
    n: int | None = None
    device_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What has come of it."""

    visit_id: str
    story: Story
    repeated: frozenset[str]  # operations that had been taken before


async def take(
    tx: Connection,
    visit_id: str,
    lift_id: str,
    sent: Sequence[Sent],
    *,
    actor: Actor,
    channel: str,
    sent_at: datetime | None = None,
    policy: Policy,
    now: datetime,
) -> Taken:
    """Take operations of one visit, each once, and write what follows: the visit, orders, due days, what is shown.

    Args:
        tx: a connection inside a transaction; the caller has checked that the actor may see visit and lift.
        visit_id: a new one is entered for those who may make visits.
        lift_id: where it is.
        sent: operations in the order of the sender.
        actor: who sends.
        channel: by which way.
        sent_at: when a batch was sent, by the phone's clock.
        policy: thresholds.
        now: the time of receipt.

    Raises:
        ValueError: there is no such lift or visit.
    """
    lift = await acting.lock(tx, lift_id, now)
    if lift is None:
        raise ValueError(f"no lift {lift_id}")
    if actor.role in _CREW:
        await store.run(
            tx, "add_visit", id=visit_id, lift_no=lift["lift_no"], firm_id=actor.firm_id, unit_id=actor.unit_id, now=now
        )
    visit = await store.row(tx, "visit_for_update", id=visit_id)
    if visit is None:
        raise ValueError(f"no visit {visit_id}")
    entries = await store.rows(tx, "entries", visit_id=visit_id)
    known = {record["op_id"] for record in entries}
    last = entries[-1]["n"] if entries else 0
    operations = _operations(entries)
    for one in sent:
        if one.id in known:
            continue
        known.add(one.id)
        last += 1
        operations.append(await _keep(tx, visit, one, last, actor, channel, sent_at, now))
    story = folding.fold(operations, await _plans(tx, operations), policy.maintenance)
    await _follow(tx, visit, story, operations, last, policy, now)
    before = {record["op_id"] for record in entries}
    return Taken(visit_id=visit_id, story=story, repeated=frozenset(one.id for one in sent if one.id in before))


async def read(tx: Connection, visit_id: str, policy: Policy) -> tuple[Story, list[Record], dict[str, Plan]]:
    """A visit's story, its entries and the plans it refers to."""
    entries = await store.rows(tx, "entries", visit_id=visit_id)
    operations = _operations(entries)
    plans = await _plans(tx, operations)
    return folding.fold(operations, plans, policy.maintenance), entries, plans


def _operations(entries: Iterable[Record]) -> list[Operation]:
    return [one for record in entries if (one := store.operation_of(record)) is not None]


async def _keep(
    tx: Connection,
    visit: Record,
    one: Sent,
    n: int,
    actor: Actor,
    channel: str,
    sent_at: datetime | None,
    now: datetime,
) -> Operation:
    """Write one operation, with what is known now of those it names."""
    given = list(photos.named(one.body))
    facts = await _facts(tx, visit, one, [name for name, _ in given], now)
    done_at, off = folding.done_at(one.device_at, now, sent_at)
    await store.run(
        tx, "add_entry", visit_id=visit["id"], n=n, op_id=one.id, kind=one.op, device=one.device, device_n=one.n,
        device_at=one.device_at, done_at=done_at, at=now, clock_off_s=off, actor=Jsonb(store.who(actor)),
        channel=channel, body=Jsonb(one.body), facts=Jsonb(store.facts_as_json(facts)),
    )  # fmt: skip
    await photos.use(tx, "visit", visit["id"], n, visit["lift_no"], visit["firm_id"], given)
    return Operation(
        id=one.id, op=one.op, role=actor.role, by=actor.name, at=now, done_at=done_at, device_at=one.device_at,
        device=one.device, n=one.n, body=one.body, facts=facts, clock_off_s=off,
    )  # fmt: skip


async def _facts(tx: Connection, visit: Record, one: Sent, names: Sequence[str], now: datetime) -> Facts:
    people: dict[str, Person | None] = {}
    for name in ("worker_id", "second_id"):
        asked = one.body.get(name)
        found = asked and await store.row(tx, "worker_of_firm", id=asked, firm_id=visit["firm_id"])
        people[name] = Person(**found) if found else None
    if one.op is not Op.CHECK_IN:
        known = await photos.look(
            tx, lift_no=visit["lift_no"], firm_id=visit["firm_id"], visit_id=visit["id"], names=names
        )
        return Facts(
            worker=people["worker_id"], second=people["second_id"], lift_id=visit["lift_id"], photos=known.photos,
            photos_missing=known.missing, reused=known.reused,
        )  # fmt: skip
    plan = await planning.plan_for(tx, LiftClass(visit["lift_class"]), visit["firm_id"], now)
    other = await store.row(tx, "other_on_site", lift_no=visit["lift_no"], id=visit["id"])
    here, there = (one.body.get("lat"), one.body.get("lon")), (visit["lat"], visit["lon"])
    return Facts(
        plan_id=plan.id, plan_digest=planning.digest(plan), lift_id=visit["lift_id"], worker=people["worker_id"],
        second=people["second_id"], overlaps=other is not None,
        distance_m=distance_m(here, there) if None not in (*here, *there) else None,
    )  # fmt: skip


def distance_m(here: tuple[Any, Any], there: tuple[Any, Any]) -> float:
    """Between two places, as latitude and longitude in degrees."""
    (lat1, lon1), (lat2, lon2) = (tuple(map(math.radians, place)) for place in (here, there))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * _EARTH_M * math.asin(math.sqrt(min(half, 1)))


async def _plans(tx: Connection, operations: Iterable[Operation]) -> dict[str, Plan]:
    found = {}
    for plan_id in {one.facts.plan_id for one in operations if one.facts.plan_id}:
        plan = await planning.plan_by_id(tx, plan_id)
        if plan is not None:
            found[plan_id] = plan
    return found


async def _follow(
    tx: Connection,
    record: Record,
    story: Story,
    operations: Sequence[Operation],
    last: int,
    policy: Policy,
    now: datetime,
) -> None:
    """Write what the operations come to."""
    visit, limits = story.visit, policy.maintenance
    plans = await _plans(tx, operations)
    await ordering.reconcile(tx, record, visit.results, folding.items_of(visit, plans), now)
    counted, days_late = await _count(tx, record, visit, policy, now)
    life_due, end_due = folding.life_due(visit, limits), folding.end_due(visit, limits)
    man_down, overrun = record["man_down"], record["overrun"]
    if man_down and (life_due is None or life_due > now):
        await showing.all_clear(tx, record, man_down, "sign_of_life", now)
        man_down = None
    if overrun and visit.state not in OPEN:
        await showing.all_clear(tx, record, overrun, "visit_ended", now)
        overrun = None
    await store.run(
        tx, "save_visit", id=record["id"], state=visit.state, kind=visit.kind, plan_id=visit.plan_id,
        worker_id=visit.worker.id if visit.worker else None, second_id=visit.second.id if visit.second else None,
        alone=visit.alone, planned_s=visit.planned_s, checked_in_at=visit.checked_in_at, began_at=visit.began_at,
        checked_out_at=visit.checked_out_at, left_at=visit.left_at, completed_at=visit.completed_at,
        abnormal=sum(one.outcome is Outcome.ABNORMAL for one in visit.results.values()),
        marks=await _marks(tx, record, story), counted=counted, days_late=days_late, life_due_at=life_due,
        end_due_at=end_due, man_down=man_down, overrun=overrun,
    )  # fmt: skip
    was, works = record["state"] == State.ON_SITE, visit.state is State.ON_SITE
    if was != works:
        await add_line(tx, record["id"], last + 1, "shown" if works else "restored", now)
        await showing.presence(tx, record, came=works, now=now)


async def _marks(tx: Connection, record: Record, story: Story) -> list[str]:
    """What must be seen of a visit; a photo is missing only until it has come."""
    told = {mark.code for one in story.told.values() if one.outcome == "applied" for mark in one.marks}
    names = sorted(folding.photo_names(story.visit))
    found = await photos.in_record(tx, record["lift_no"], record["firm_id"], names) if names else []
    return sorted(told - {"photo_missing"} | ({"photo_missing"} if len(found) < len(names) else set()))


async def photo_came(tx: Connection, visit_id: str, names: Sequence[str], policy: Policy, now: datetime) -> None:
    """A photo has come that the visit names: its story keeps that with the digests.

    Args:
        tx: a connection inside a transaction that holds the lift.
        visit_id: the visit.
        names: under which it names the photo.
        policy: thresholds.
        now: the present.
    """
    visit = await store.row(tx, "visit_for_update", id=visit_id)
    if visit is None:
        raise ValueError(f"no visit {visit_id}")
    known = await photos.look(tx, lift_no=visit["lift_no"], firm_id=visit["firm_id"], visit_id=visit_id, names=names)
    entries = await store.rows(tx, "entries", visit_id=visit_id)
    sealed = {name for one in entries for name in one["facts"].get("photos", ())}
    if sealed >= set(names):
        return
    facts = Facts(lift_id=visit["lift_id"], photos=known.photos, reused=known.reused)
    await add_line(
        tx, visit_id, entries[-1]["n"] + 1, "photo_came", now, facts=store.facts_as_json(facts), photos=list(names)
    )
    operations = _operations(entries)
    story = folding.fold(operations, await _plans(tx, operations), policy.maintenance)
    await store.run(tx, "save_marks", id=visit_id, marks=await _marks(tx, visit, story))


async def _count(
    tx: Connection, record: Record, visit: Visit, policy: Policy, now: datetime
) -> tuple[bool, int | None]:
    """A visit that was done counts for the due days, once; and by how many days it was late."""
    if record["counted"] or visit.state not in DONE or visit.kind is None or visit.left_at is None:
        return bool(record["counted"]), record["days_late"]
    day = due.day_of(visit.left_at, policy.maintenance.utc_offset_h)
    days_late = await scheduling.visited(
        tx, record["lift_no"], record["lift_created_at"], visit.kind, day, by=f"visit:{record['id']}", policy=policy,
        now=now,
    )  # fmt: skip
    return True, days_late


async def add_line(
    tx: Connection, visit_id: str, n: int, kind: str, now: datetime, *, facts: Record | None = None, **body: Any
) -> None:
    """A line of the story that Liftline itself has written; the visit's operations pass over it."""
    await store.run(
        tx, "add_entry", visit_id=visit_id, n=n, op_id=f"system:{n}", kind=kind, device="", device_n=None,
        device_at=None, done_at=now, at=now, clock_off_s=0, actor=Jsonb(store.who(SYSTEM)), channel="system",
        body=Jsonb(body), facts=Jsonb(facts or {}),
    )  # fmt: skip
