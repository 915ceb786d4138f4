"""The only writer of incidents: people's actions, the detector's effects, reports and system alarms.

Everything here runs inside a transaction of the caller's (`async with connection.transaction()`), writes the timeline
entry, the messages (outbox) and the feed line beside the change, and locks in one order: the lift's memory first, the
incident second.
"""

from dataclasses import dataclass
from datetime import datetime

from alerts import actions, detector, memory, opening, store, telling
from alerts.incident import (
    SYSTEM,
    Action,
    Actor,
    Ask,
    Asked,
    Assignment,
    Change,
    Incident,
    Refused,
    Request,
    Role,
    State,
    is_for,
)
from alerts.memory import Memory
from alerts.policy import Policy
from alerts.store import Record
from elevator import faults, times
from elevator.db import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The action was done, or had been done before."""

    incident_id: str
    changed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """Where a report by a person has gone."""

    incident_id: str
    created: bool


async def act(
    tx: Connection, incident_id: str, request: Request, actor: Actor, *, policy: Policy, now: datetime
) -> Done | Refused:
    """Carry out one action of contract section 6, or say why not."""
    del policy
    found = await store.row(tx, "incident_lift", id=incident_id)
    if found is None:
        return Refused(status="not_found", reason="incident", detail=f"no incident {incident_id}")
    lift = await _lock(tx, found["lift_id"], now)
    loaded = await store.load_incident(tx, incident_id)
    if loaded is None:
        return Refused(status="not_found", reason="incident", detail=f"no incident {incident_id}")
    record, incident = loaded
    assignments = await store.load_assignments(tx, incident_id)
    request, wrong = await _checked(tx, request)
    if wrong is None and request.action is Action.CANCEL and request.duplicate_of:
        open_one = await store.row(tx, "incident_is_open", id=request.duplicate_of)
        incident = _with_duplicate(incident, is_open=open_one is not None)
    decided = wrong or actions.decide(incident, assignments, request, actor, now)
    if isinstance(decided, Refused):
        await _keep_late_tap(tx, incident, assignments, request, actor, decided, now)
        return decided
    if decided.unchanged:
        return Done(incident_id=incident_id, changed=False)
    await _save(tx, record, incident, decided, request, actor, now)
    if lift is not None and incident.kind == "rescue":
        await _teach(tx, lift, record, incident, decided, request, now)
    return Done(incident_id=incident_id)


async def report(
    tx: Connection,
    *,
    lift_no: int | None,
    place: str | None,
    caller: str | None,
    note: str | None,
    actor: Actor,
    policy: Policy,
    now: datetime,
) -> Reported:
    """A person reports an entrapment: it joins the lift's live rescue, or opens one that is confirmed at once."""
    if lift_no is None:
        created = await opening.open_incident(
            tx, None, kind="rescue", reason="caller", confirmed=True, actor=actor, note=note, place=place,
            caller=caller, policy=policy, now=now,
        )  # fmt: skip
        await telling.tell(tx, created, ["confirmed", "no_firm"], now)
        return Reported(incident_id=created, created=True)
    lift = await _lock(tx, await _lift_id(tx, lift_no), now)
    if lift is None:
        raise ValueError(f"no lift {lift_no}")
    live = await store.row(tx, "live_rescue", lift_no=lift_no)
    mind = memory.decode(lift["memory"])
    if live is None:
        created = await opening.open_incident(
            tx, lift, kind="rescue", reason="caller", confirmed=True, actor=actor, note=note, caller=caller,
            policy=policy, now=now,
        )  # fmt: skip
        detector.adopt(mind, rescue_id=created, cause="caller", confirmed=True)
        await opening.save_memory(tx, lift, mind, now)
        await telling.tell(tx, created, ["confirmed"], now)
        await dispatch_first(tx, created, now)
        return Reported(incident_id=created, created=True)
    await join_report(tx, live["id"], lift, mind, actor=actor, caller=caller, note=note, now=now)
    return Reported(incident_id=live["id"], created=False)


async def join_report(
    tx: Connection,
    incident_id: str,
    lift: Record,
    mind: Memory,
    *,
    actor: Actor,
    caller: str | None,
    note: str | None,
    now: datetime,
) -> None:
    """A person's report on a lift that has a live rescue: one more cause, and sure."""
    loaded = await store.load_incident(tx, incident_id)
    if loaded is None:
        return
    record, incident = loaded
    columns: Record = {"ringing": True, "waits_for_person": False}
    if "caller" not in record["causes"]:
        columns["causes"] = [*record["causes"], "caller"]
    if caller and not record["caller"]:
        columns["caller"] = caller
    confirm = incident.state is State.SUSPECTED
    if confirm:
        columns |= {"state": State.CONFIRMED, "confirmed_at": now, "reason": "caller", "confirm_at": None}
    await store.update(tx, "incident", incident_id, columns, versioned=True)
    await store.add_timeline(
        tx, incident_id, now=now, actor=actor, action="report", from_state=incident.state,
        to_state=State.CONFIRMED if confirm else incident.state, reason="caller", note=note, channel=actor.kind,
    )  # fmt: skip
    detector.adopt(mind, rescue_id=incident_id, cause="caller", confirmed=True)
    await opening.save_memory(tx, lift, mind, now)
    await telling.tell(tx, incident_id, ["confirmed" if confirm else "cause_added"], now)
    if confirm:
        await dispatch_first(tx, incident_id, now)


async def set_lift(
    tx: Connection, incident_id: str, lift_no: int, actor: Actor, *, policy: Policy, now: datetime
) -> Done | Refused:
    """Say which lift a report without one is about; if that lift has a live rescue, the report joins it."""
    lift = await _lock(tx, await _lift_id(tx, lift_no), now)
    loaded = await store.load_incident(tx, incident_id)
    if loaded is None or lift is None:
        return Refused(status="not_found", reason="incident", detail=f"no incident {incident_id}")
    record, incident = loaded
    if record["lift_no"] is not None:
        return Refused(status="state", reason="has_lift", detail=f"this incident is about lift {record['lift_id']}")
    if incident.kind != "rescue" or incident.state in {State.CLOSED, State.CANCELLED, State.CLEARED}:
        return Refused(
            status="state", reason=f"is_{incident.state}", detail="only an open report can be given its lift"
        )
    mind = memory.decode(lift["memory"])
    live = await store.row(tx, "live_rescue", lift_no=lift_no)
    if live is not None:
        await join_report(tx, live["id"], lift, mind, actor=actor, caller=record["caller"], note=None, now=now)
        cancel = Request(action=Action.CANCEL, reason="duplicate", duplicate_of=live["id"], channel="api")
        done = await act(tx, incident_id, cancel, _as_dispatcher(actor), policy=policy, now=now)
        return done if isinstance(done, Refused) else Done(incident_id=live["id"])
    await store.update(
        tx, "incident", incident_id,
        {"lift_no": lift_no, "unregistered": not lift["registered"], "drill": lift["drill"]}, versioned=True,
    )  # fmt: skip
    await store.add_timeline(
        tx, incident_id, now=now, actor=actor, action="lift", from_state=incident.state, to_state=incident.state,
        detail={"lift_id": lift["lift_id"]}, channel=actor.kind,
    )  # fmt: skip
    if incident.state is not State.RELEASED:
        detector.adopt(mind, rescue_id=incident_id, cause="caller", confirmed=True)
        await opening.save_memory(tx, lift, mind, now)
    await telling.tell(tx, incident_id, [], now)
    if incident.state is State.CONFIRMED:
        await dispatch_first(tx, incident_id, now)
    return Done(incident_id=incident_id)


async def dispatch_first(tx: Connection, incident_id: str, now: datetime) -> bool:
    """Ask the contracted firm (tier 1) at the moment of confirmation; without one the dispatchers are told.

    Returns whether somebody was asked.
    """
    loaded = await store.load_incident(tx, incident_id)
    if loaded is None:
        return False
    record, incident = loaded
    assignments = await store.load_assignments(tx, incident_id)
    if any(one.is_live for one in assignments):
        return False
    firm = incident.firm_id and await store.row(tx, "firm_exists", firm_id=incident.firm_id)
    if not firm:
        await store.update(tx, "incident", incident_id, {"ringing": True}, versioned=True)
        await telling.tell(tx, incident_id, ["no_firm"], now)
        return False
    request = Request(action=Action.DISPATCH, firm_id=incident.firm_id, tier=1, channel="system")
    decided = actions.decide(incident, assignments, request, SYSTEM, now)
    if isinstance(decided, Change):
        await _save(tx, record, incident, decided, request, SYSTEM, now)
        return True
    return False


# --- the parts of an action --------------------------------------------------------------------------------


async def _lift_id(tx: Connection, lift_no: int) -> str | None:
    found = await store.row(tx, "lift_id_of", lift_no=lift_no)
    return None if found is None else found["lift_id"]


async def _lock(tx: Connection, lift_id: str | None, now: datetime) -> Record | None:
    if lift_id is None:
        return None
    locked = await store.lock_states(tx, [lift_id], now)
    return locked[0] if locked else None


async def _checked(tx: Connection, request: Request) -> tuple[Request, Refused | None]:
    """A unit brings its firm; one that does not exist is refused."""
    if request.unit_id is not None:
        unit = await store.row(tx, "unit_firm", unit_id=request.unit_id)
        if unit is None:
            return request, Refused(
                status="invalid", reason="unit_unknown", detail=f"no active unit {request.unit_id}", field="unit_id"
            )
        if request.firm_id not in {None, unit["firm_id"]}:
            return request, Refused(
                status="invalid", reason="unit_of_other_firm", detail="this unit is of another firm", field="firm_id"
            )
        fields = {name: getattr(request, name) for name in request.__dataclass_fields__}
        return Request(**{**fields, "firm_id": unit["firm_id"]}), None
    if request.firm_id is not None and await store.row(tx, "firm_exists", firm_id=request.firm_id) is None:
        return request, Refused(
            status="invalid", reason="firm_unknown", detail=f"no active firm {request.firm_id}", field="firm_id"
        )
    return request, None


def _with_duplicate(incident: Incident, *, is_open: bool) -> Incident:
    fields = {name: getattr(incident, name) for name in incident.__dataclass_fields__}
    return Incident(**{**fields, "duplicate_is_open": is_open})


def _as_dispatcher(actor: Actor) -> Actor:
    fields = {name: getattr(actor, name) for name in actor.__dataclass_fields__}
    return Actor(**{**fields, "role": Role.DISPATCHER})


async def _keep_late_tap(
    tx: Connection,
    incident: Incident,
    assignments: list[Assignment],
    request: Request,
    actor: Actor,
    refused: Refused,
    now: datetime,
) -> None:
    """A tap of a crew that comes too late is part of the story, though it changes nothing."""
    if refused.status == "state" and any(
        actor.role not in {Role.ADMIN, Role.DISPATCHER} and is_for(actor, one) for one in assignments
    ):
        await store.add_timeline(
            tx, incident.id, now=now, actor=actor, action=request.action, from_state=incident.state,
            to_state=incident.state, reason=f"refused:{refused.reason}", note=request.note, device_at=request.at,
            channel=request.channel,
        )  # fmt: skip


async def _save(
    tx: Connection,
    record: Record,
    incident: Incident,
    change: Change,
    request: Request,
    actor: Actor,
    now: datetime,
) -> None:
    """Write one change with its timeline entry, assignments and messages."""
    columns: Record = dict(change.set)
    if change.state is not incident.state:
        columns["state"] = change.state
    if incident.state is State.SUSPECTED and change.state not in {State.SUSPECTED, State.CANCELLED}:
        columns |= {"confirm_at": None, "waits_for_person": False}
    await store.update(tx, "incident", incident.id, columns, versioned=True)
    for assignment_id, values in change.assignments.items():
        await store.update(tx, "assignment", assignment_id, values, versioned=False)
    asked = [await _ask(tx, incident.id, ask, now) for ask in change.asks]
    detail = change.detail | ({"assignments": asked} if asked else {}) | _spoken(request)
    await store.add_timeline(
        tx, incident.id, now=now, actor=actor, action=request.action, from_state=incident.state, to_state=change.state,
        reason=request.reason or record["reason"] if request.action is Action.CONFIRM else request.reason,
        note=request.note, detail=detail, device_at=request.at, channel=request.channel,
    )  # fmt: skip
    await telling.tell(tx, incident.id, change.told, now, assignments=[*asked, *change.assignments])
    if change.dispatch_first:
        await dispatch_first(tx, incident.id, now)


def _spoken(request: Request) -> Record:
    """What the body said and the timeline keeps."""
    names = ("unit_id", "firm_id", "tier", "eta_s", "cause", "verified_with")
    return {name: value for name in names if (value := getattr(request, name)) is not None}


async def _ask(tx: Connection, incident_id: str, ask: Ask, now: datetime) -> str:
    assignment_id = store.new_id()
    firm_id = ask.firm_id
    if firm_id is None and ask.unit_id is not None:
        unit = await store.row(tx, "unit_firm", unit_id=ask.unit_id)
        firm_id = unit["firm_id"] if unit else None
    coming = ask.state in {Asked.ACCEPTED, Asked.ARRIVED}
    await store.run(
        tx, "add_assignment", id=assignment_id, incident_id=incident_id, firm_id=firm_id, unit_id=ask.unit_id,
        tier=ask.tier, state=ask.state, eta_s=ask.eta_s, now=now, accepted_at=now if coming else None,
        arrived_at=now if ask.state is Asked.ARRIVED else None,
    )  # fmt: skip
    return assignment_id


async def _teach(
    tx: Connection, lift: Record, record: Record, incident: Incident, change: Change, request: Request, now: datetime
) -> None:
    """Let the detector know what a person has decided."""
    mind = memory.decode(lift["memory"])
    now_ms = times.to_ms(now)
    if change.ended and mind.rescue is not None and mind.rescue.id == incident.id:
        detector.answer(mind, now=now_ms)
    elif request.action is Action.REOPEN:
        for cause in record["causes"]:
            mind.answered.pop(cause, None)
            detector.adopt(mind, rescue_id=incident.id, cause=cause, confirmed=True)
    elif incident.state is State.SUSPECTED and mind.rescue is not None and mind.rescue.id == incident.id:
        mind.rescue.confirmed = change.state is not State.SUSPECTED
    else:
        return
    await opening.save_memory(tx, lift, mind, now)


async def quarantined(
    tx: Connection,
    *,
    lift_id: str | None,
    topic: str,
    payload: bytes,
    reason: str,
    now: datetime,
    policy: Policy,
    count: int = 1,
) -> None:
    """An unreadable message on an `event` topic rings; if it may have been an alarm, it is a suspicion.

    Messages of one lift join one system incident. Call it after `Desk.save` of the same transaction.
    """
    lift = await _lock(tx, lift_id, now)
    await opening.join_system(tx, lift, topic=topic, reason=reason, count=count, policy=policy, now=now)
    cause = _alarm_in(payload)
    if cause is None:
        return
    if lift is None:
        if await store.row(tx, "live_report_of_place", place=topic) is None:
            created = await opening.open_incident(
                tx, None, kind="rescue", reason=cause, confirmed=False, waits=True, unreadable=True, place=topic,
                policy=policy, now=now,
            )  # fmt: skip
            await telling.tell(tx, created, ["suspected"], now)
        return
    mind = memory.decode(lift["memory"])
    live = await store.row(tx, "live_rescue", lift_no=lift["lift_no"])
    if live is None:
        created = await opening.open_incident(
            tx, lift, kind="rescue", reason=cause, confirmed=False, waits=True, unreadable=True, policy=policy, now=now
        )
        detector.adopt(mind, rescue_id=created, cause=cause, confirmed=False, sticky=True)
        await opening.save_memory(tx, lift, mind, now)
        await telling.tell(tx, created, ["suspected"], now)
    elif cause not in live["causes"]:
        await opening.add_cause(tx, live["id"], cause, now, detail={"unreadable": True})
        detector.adopt(mind, rescue_id=live["id"], cause=cause, confirmed=False)
        await opening.save_memory(tx, lift, mind, now)


def _alarm_in(payload: bytes) -> str | None:
    """The rule that bytes which nobody can read may have been about (contract 2.3)."""
    if faults.ENTRAPMENT.encode() in payload:
        return "controller_says"
    return "alarm_pressed" if faults.ALARM_BUTTON.encode() in payload else None
