"""What a person, or the policy, does to an incident: load, decide by the table, save, teach the detector.

Everything here runs inside a transaction of the caller's (`async with connection.transaction()`), writes the timeline
entry, the messages (outbox) and the feed line beside the change, and locks in one order: the lift's memory first, the
incident second.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from alerts import actions, callers, detector, memory, mending, opening, store, telling
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
from alerts.policy import Policy
from alerts.store import Record
from elevator import times
from elevator.db import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The action was done, or had been done before."""

    incident_id: str
    changed: bool = True


async def act(
    tx: Connection, incident_id: str, request: Request, actor: Actor, *, policy: Policy, now: datetime
) -> Done | Refused:
    """Carry out one action of contract section 6, or say why not."""
    found = await store.row(tx, "incident_lift", id=incident_id)
    if found is None:
        return Refused(status="not_found", reason="incident", detail=f"no incident {incident_id}")
    lift = await lock(tx, found["lift_id"], now)
    if lift is not None:
        await mending.mind_of(tx, lift, policy, now)
    if request.action is Action.CANCEL and request.duplicate_of:  # both, in one order for everybody
        await store.rows(tx, "hold_incidents", ids=[incident_id, request.duplicate_of])
    loaded = await store.load_story(tx, incident_id)
    if loaded is None:
        return Refused(status="not_found", reason="incident", detail=f"no incident {incident_id}")
    record, incident, assignments = loaded
    request, wrong = await _checked(tx, request)
    if wrong is None and request.action is Action.CANCEL and request.duplicate_of:
        open_one = await store.row(tx, "incident_is_open", id=request.duplicate_of)
        incident = replace(incident, duplicate_is_open=open_one is not None)
    decided = wrong or actions.decide(incident, assignments, request, actor, now)
    if isinstance(decided, Refused):
        await _keep_late_tap(tx, incident, assignments, request, actor, decided, now)
        return decided
    if decided.unchanged:
        return Done(incident_id=incident_id, changed=False)
    await _save(tx, record, incident, decided, request, actor, now)
    if record["callers"] and (repeats := decided.set.get("duplicate_of")):
        await _leave_callers(tx, record, repeats, actor, now)
    if lift is not None:
        await _teach(tx, lift, record, incident, decided, request, now)
    return Done(incident_id=incident_id)


async def _leave_callers(tx: Connection, record: Record, kept_id: str, actor: Actor, now: datetime) -> None:
    """Whoever goes on with the incident that a cancelled one repeats needs the numbers of those who called about it."""
    loaded = await store.load_incident(tx, kept_id)
    if loaded is None:
        return
    kept, incident = loaded
    if callers.heard_of(kept["callers"], *record["callers"]) == kept["callers"]:
        return
    times_ = {one["incident_id"]: one["at"] for one in await store.rows(tx, "reported_at", ids=[kept_id, record["id"]])}
    numbers = callers.together(
        (kept["callers"], times_.get(kept_id) or [kept["opened_at"]]),
        (record["callers"], times_.get(record["id"]) or [record["opened_at"]]),
    )
    await store.update(tx, "incident", kept_id, {"callers": numbers}, versioned=True)
    await store.add_timeline(
        tx, kept_id, now=now, actor=actor, action="report", from_state=incident.state, to_state=incident.state,
        reason="duplicate", detail={"duplicate": record["id"]}, channel=actor.kind,
    )  # fmt: skip
    await telling.tell(tx, kept_id, [], now)


async def dispatch_first(tx: Connection, incident_id: str, now: datetime) -> bool:
    """Ask the contracted firm (tier 1) at the moment of confirmation; without one the dispatchers are told.

    Returns whether somebody was asked.
    """
    loaded = await store.load_story(tx, incident_id)
    if loaded is None:
        return False
    record, incident, assignments = loaded
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


async def lift_id_of(tx: Connection, lift_no: int) -> str | None:
    """The public id of a lift."""
    found = await store.row(tx, "lift_id_of", lift_no=lift_no)
    return None if found is None else found["lift_id"]


async def lock(tx: Connection, lift_id: str | None, now: datetime) -> Record | None:
    """A lift's registry facts and memory, locked; None where no lift is known."""
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
        return replace(request, firm_id=unit["firm_id"]), None
    if request.firm_id is not None and await store.row(tx, "firm_exists", firm_id=request.firm_id) is None:
        return request, Refused(
            status="invalid", reason="firm_unknown", detail=f"no active firm {request.firm_id}", field="firm_id"
        )
    return request, None


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
        columns |= {"confirm_at": None, "clear_at": None, "waits_for_person": False}
        if change.state is not State.CLEARED:
            columns["ringing"] = True  # confirmation rings anew, by whomever and acknowledged or not
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
    mine = mind.rescue is not None and mind.rescue.id == incident.id
    if incident.kind != "rescue":
        if request.action is not Action.CLOSE or record["code"] is None:
            return
        detector.close(mind, kind=incident.kind, code=record["code"], now=now_ms)
    elif change.ended and mine:
        detector.answer(mind, now=now_ms)
    elif request.action is Action.REOPEN:
        for cause in record["causes"]:
            mind.answered.pop(cause, None)
            detector.adopt(mind, rescue_id=incident.id, cause=cause, confirmed=True)
    elif incident.state is State.SUSPECTED and change.state is not State.SUSPECTED and mine:
        detector.confirm(mind)
    else:
        return
    await opening.save_memory(tx, lift, mind, now)
