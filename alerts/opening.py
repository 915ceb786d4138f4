"""Opening incidents and adding causes: rows with their evidence, timeline and messages. Used by commands and desk."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from alerts import lateness, memory, parts, situation, store, telling
from alerts.incident import SYSTEM, Actor, State
from alerts.memory import Memory
from alerts.merging import LONG_STAY
from alerts.policy import Policy
from alerts.store import Record
from alerts.view import facts_of
from elevator import times
from elevator.db import Connection
from elevator.faults import Priority

_FOLLOWS_WITHIN = timedelta(hours=24)
SYSTEM_CODE = "unreadable_messages"


async def open_incident(
    tx: Connection,
    lift: Record | None,
    *,
    kind: str,
    reason: str,
    confirmed: bool,
    policy: Policy,
    now: datetime,
    mind: Memory | None = None,
    priority: Priority = Priority.P1,
    code: str | None = None,
    waits: bool = False,
    unreadable: bool = False,
    actor: Actor = SYSTEM,
    note: str | None = None,
    place: str | None = None,
    caller: str | None = None,
    event_ts: int | None = None,
    confirm_at: int | None = None,
    area: str | None = None,
    quiet: bool = False,
    detail: Record | None = None,
    drill: bool = False,
    evidence: bool = True,
) -> str:
    """Write a new incident with its evidence and the first line of its timeline; returns its id.

    With `quiet` another incident, `area`, rings for it; without `evidence` nothing is read of the lift's history.
    """
    incident_id = store.new_id()
    state = State.CONFIRMED if confirmed or kind != "rescue" else State.SUSPECTED
    rescue = kind == "rescue"
    mind = mind or (memory.decode(lift["memory"]) if lift is not None else Memory())
    previous = None
    if rescue and lift is not None:
        last = await store.row(tx, "last_rescue", lift_no=lift["lift_no"], since=now - _FOLLOWS_WITHIN)
        previous = last["id"] if last else None
    proof = await _evidence(tx, lift, mind, reason, policy, now) if lift is not None and evidence else {}
    ringing = not quiet and priority <= Priority.P2 and (state is State.CONFIRMED or waits)
    sample = mind.sample
    await store.run(
        tx, "add_incident", id=incident_id, lift_no=lift["lift_no"] if lift else None, kind=kind,
        priority=int(priority), state=state, reason=reason, code=code, causes=[reason] if rescue else [],
        ringing=ringing, waits=waits and state is State.SUSPECTED,
        confirm_at=None if confirmed else times.at(confirm_at), now=now,
        confirmed_at=now if state is State.CONFIRMED else None,
        event_ts=times.at(event_ts) or (times.at(sample.ts) if sample else None),
        drill=drill or bool(lift and lift["drill"]), unregistered=bool(lift and not lift["registered"]),
        unreadable=unreadable, previous=previous, place=place, callers=[caller] if caller else [], area=area,
        detail=Jsonb(_detail(mind) if detail is None else detail), evidence=Jsonb(proof),
    )  # fmt: skip
    await store.add_timeline(
        tx, incident_id, now=now, actor=actor, action="open", from_state=None, to_state=state, reason=reason, note=note,
        channel=actor.kind, detail={"code": code} if code else {},
    )  # fmt: skip
    return incident_id


async def confirm(
    tx: Connection, incident_id: str, lift: Record, mind: Memory, reason: str, policy: Policy, now: datetime
) -> None:
    """A rule is sure: the suspicion becomes a rescue, with the evidence of this moment."""
    evidence = await _evidence(tx, lift, mind, reason, policy, now)
    columns = {
        "state": State.CONFIRMED, "confirmed_at": now, "reason": reason, "ringing": True, "waits_for_person": False,
        "confirm_at": None, "clear_at": None, "evidence": Jsonb(evidence), "detail": Jsonb(_detail(mind)),
    }  # fmt: skip
    await store.update(tx, "incident", incident_id, columns, versioned=True)
    await store.add_timeline(
        tx, incident_id, now=now, actor=SYSTEM, action="confirm", from_state=State.SUSPECTED,
        to_state=State.CONFIRMED, reason=reason,
    )  # fmt: skip


async def add_cause(
    tx: Connection, incident_id: str, cause: str, now: datetime, *, detail: Mapping[str, Any] | None = None,
    waits: bool = False, quiet: bool = False,
) -> None:  # fmt: skip
    """One more cause on a live rescue: it rings anew, acknowledged or not, unless another incident rings for it."""
    loaded = await store.load_incident(tx, incident_id)
    if loaded is None:
        return
    record, incident = loaded
    columns: Record = {"causes": [*(one for one in record["causes"] if one != cause), cause]}
    if cause != LONG_STAY and record["priority"] != Priority.P1:
        columns["priority"] = int(Priority.P1)  # it was a long stay alone
    if not quiet and (incident.state is not State.SUSPECTED or waits or record["waits_for_person"]):
        columns["ringing"] = True
    if waits and incident.state is State.SUSPECTED:
        columns["waits_for_person"] = True
    await store.update(tx, "incident", incident_id, columns, versioned=True)
    await store.add_timeline(
        tx, incident_id, now=now, actor=SYSTEM, action="cause", from_state=incident.state, to_state=incident.state,
        reason=cause, detail=detail,
    )  # fmt: skip
    await telling.tell(tx, incident_id, [] if quiet else ["cause_added"], now)


async def join_system(
    tx: Connection, lift: Record | None, *, topic: str, reason: str, count: int, policy: Policy, now: datetime
) -> bool:
    """Unreadable events ring as one system alarm for a lift (or for all topics that name none); true if it is new."""
    lift_no = lift["lift_no"] if lift else None
    found = await store.row(tx, "open_finding", lift_no=lift_no, kind="system", code=SYSTEM_CODE)
    if found is not None:
        await store.run(tx, "count_finding", id=found["id"], count=count)
        return False
    created = await open_incident(
        tx, lift, kind="system", reason=reason, confirmed=True, priority=Priority.P2, code=SYSTEM_CODE, place=topic,
        policy=policy, now=now,
    )  # fmt: skip
    await telling.tell(tx, created, [], now)
    return True


async def save_memory(tx: Connection, lift: Record, mind: Memory, now: datetime) -> None:
    """Write one memory back after a person's decision; the dispatch worker looks at it at once."""
    lift["memory"] = memory.encode(mind)
    kept = (lift["lift_no"], lift["version"], lift["memory"], is_online(mind), mind.heard_at, times.to_ms(now))
    await store.save_states(tx, [kept], now)


def is_online(mind: Memory) -> bool:
    """Whether the lift talks: its link is not known to be lost and it is not silent."""
    if mind.heard_at is None or mind.lost_at is not None or "offline:offline" in mind.faults:
        return False
    return mind.silence is None or mind.heard_at >= mind.silence


def _detail(mind: Memory) -> Record:
    sample = mind.sample
    if sample is None:
        return {}
    return {"floor": sample.floor, "door": sample.door, "door_zone": sample.zone, "moving": sample.moving}


async def _evidence(tx: Connection, lift: Record, mind: Memory, reason: str, policy: Policy, now: datetime) -> Record:
    now_ms = times.to_ms(now)
    seen = situation.look(mind, facts_of(lift), now_ms)
    began = parts.since(reason, mind)
    threshold = policy.rules.get(reason)
    kept = await store.evidence(
        tx, lift["lift_no"], offset_ms=lateness.offset(mind, now_ms, policy), now=now, past_s=policy.evidence.past_s,
        least=policy.evidence.samples,
    )  # fmt: skip
    return {
        "rule": reason,
        "occupied_by": seen.occupied_by,
        "thresholds": {"suspect_s": threshold.suspect_s, "confirm_s": threshold.confirm_s} if threshold else {},
        "since": times.rfc3339(times.at(began) or now),
        "decided_at": times.rfc3339(now),
        "lasted_s": None if began is None else round((now_ms - began) / 1000, 1),
        "parts": [part.stored() for part in parts.decided(reason, mind, seen, policy)],
        "codes": sorted(seen.codes),
        "derived": sorted(seen.derived),
        **kept,
    }
