"""Incidents that no rule opened: a person's report, the lift it turns out to be about, and what nobody can read.

The rules of `alerts.acting` about transactions and locks hold here too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from alerts import acting, detector, mending, opening, store, telling
from alerts.acting import Done
from alerts.callers import heard_of
from alerts.incident import Action, Actor, Refused, Request, Role, State
from alerts.memory import Memory
from alerts.metrics import Transition
from alerts.policy import Policy
from alerts.store import Record
from elevator import faults
from elevator.db import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """Where a report by a person has gone."""

    incident_id: str
    created: bool


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
    sure: bool = True,
) -> Reported:
    """A person reports an entrapment: it joins the lift's live rescue, or opens one that is confirmed at once.

    A report that is not `sure` (by a page that anybody may press, too often of late) opens a suspicion that rings and
    waits for a person; a suspicion that lives then waits for one too, a confirmed rescue stays as it is, and what the
    report says (note, caller) stands in its story.
    """
    if lift_no is None:
        created = await opening.open_incident(
            tx, None, kind="rescue", reason="caller", confirmed=True, actor=actor, note=note, place=place,
            caller=caller, policy=policy, now=now,
        )  # fmt: skip
        await telling.tell(tx, created, ["confirmed", "no_firm"], now)
        return Reported(incident_id=created, created=True)
    lift = await acting.lock(tx, await acting.lift_id_of(tx, lift_no), now)
    if lift is None:
        raise ValueError(f"no lift {lift_no}")
    live = await store.row(tx, "live_rescue", lift_no=lift_no)
    mind = await mending.mind_of(tx, lift, policy, now)
    if live is None:
        created = await opening.open_incident(
            tx, lift, kind="rescue", reason="caller", confirmed=sure, waits=not sure, actor=actor, note=note,
            caller=caller, policy=policy, now=now,
        )  # fmt: skip
        detector.adopt(mind, rescue_id=created, cause="caller", confirmed=sure, sticky=not sure)
        await opening.save_memory(tx, lift, mind, now)
        await telling.tell(tx, created, ["confirmed" if sure else "suspected"], now)
        if sure:
            await acting.dispatch_first(tx, created, now)
        return Reported(incident_id=created, created=True)
    if not sure:
        await _doubt(tx, live, lift, mind, actor=actor, caller=caller, note=note, now=now)
        return Reported(incident_id=live["id"], created=False)
    await join_report(tx, live["id"], lift, mind, actor=actor, callers=[caller], note=note, now=now)
    return Reported(incident_id=live["id"], created=False)


async def _doubt(
    tx: Connection,
    live: Record,
    lift: Record,
    mind: Memory,
    *,
    actor: Actor,
    caller: str | None,
    note: str | None,
    now: datetime,
) -> None:
    """A report that is not sure, on a lift that has a live rescue: it confirms nothing, and what it says is kept."""
    if live["state"] == State.SUSPECTED and "caller" not in live["causes"]:
        await opening.add_cause(tx, live["id"], "caller", now, waits=True)
        detector.adopt(mind, rescue_id=live["id"], cause="caller", confirmed=False, sticky=True)
        await opening.save_memory(tx, lift, mind, now)
    loaded = await store.load_incident(tx, live["id"])
    if loaded is None or not (note or caller):
        return
    record, incident = loaded
    callers = heard_of(record["callers"], caller)
    if callers != record["callers"]:
        await store.update(tx, "incident", live["id"], {"callers": callers}, versioned=True)
    await store.add_timeline(
        tx, live["id"], now=now, actor=actor, action="report", from_state=incident.state, to_state=incident.state,
        reason="caller", note=note, channel=actor.kind,
    )  # fmt: skip
    await telling.tell(tx, live["id"], [], now)


async def join_report(
    tx: Connection,
    incident_id: str,
    lift: Record,
    mind: Memory,
    *,
    actor: Actor,
    callers: Sequence[str | None],
    note: str | None,
    now: datetime,
) -> None:
    """A person's report on a lift that has a live rescue: one more cause, and sure, and one more caller."""
    loaded = await store.load_incident(tx, incident_id)
    if loaded is None:
        return
    record, incident = loaded
    columns: Record = {"ringing": True, "waits_for_person": False}
    if "caller" not in record["causes"]:
        columns["causes"] = [*record["causes"], "caller"]
    columns["callers"] = heard_of(record["callers"], *callers)
    confirm = incident.state is State.SUSPECTED
    if confirm:
        columns |= {
            "state": State.CONFIRMED,
            "confirmed_at": now,
            "reason": "caller",
            "confirm_at": None,
            "clear_at": None,
        }
    await store.update(tx, "incident", incident_id, columns, versioned=True)
    await store.add_timeline(
        tx, incident_id, now=now, actor=actor, action="report", from_state=incident.state,
        to_state=State.CONFIRMED if confirm else incident.state, reason="caller", note=note, channel=actor.kind,
    )  # fmt: skip
    detector.adopt(mind, rescue_id=incident_id, cause="caller", confirmed=True)
    await opening.save_memory(tx, lift, mind, now)
    await telling.tell(tx, incident_id, ["confirmed" if confirm else "cause_added"], now)
    if confirm:
        await acting.dispatch_first(tx, incident_id, now)


async def set_lift(
    tx: Connection, incident_id: str, lift_no: int, actor: Actor, *, policy: Policy, now: datetime
) -> Done | Refused:
    """Say which lift a report without one is about; if that lift has a live rescue, the report joins it."""
    lift = await acting.lock(tx, await acting.lift_id_of(tx, lift_no), now)
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
    mind = await mending.mind_of(tx, lift, policy, now)
    live = await store.row(tx, "live_rescue", lift_no=lift_no)
    if live is not None:
        await join_report(tx, live["id"], lift, mind, actor=actor, callers=record["callers"], note=None, now=now)
        cancel = Request(action=Action.CANCEL, reason="duplicate", duplicate_of=live["id"], channel="api")
        done = await acting.act(tx, incident_id, cancel, replace(actor, role=Role.DISPATCHER), policy=policy, now=now)
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
        await acting.dispatch_first(tx, incident_id, now)
    return Done(incident_id=incident_id)


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
    alarm: str | None = None,
) -> list[Transition]:
    """An unreadable message on an `event` topic rings; if it may have been an alarm, it is a suspicion.

    `alarm` is the code that it may have been about, where whoever read it knows better than its bytes say.

    Messages of one lift join one system incident. Call it after `Desk.save` of the same transaction. A lift repeats an
    alarm that nobody acknowledges: what has rung once for it does not ring at every repetition.

    Returns:
        The changes of state, to be counted after the commit.
    """
    lift = await acting.lock(tx, lift_id, now)
    if lift is not None:
        await mending.mind_of(tx, lift, policy, now)
    rung = await opening.join_system(tx, lift, topic=topic, reason=reason, count=count, policy=policy, now=now)
    changed: list[Transition] = [("", State.CONFIRMED, reason)] if rung else []
    cause = _alarm_in(payload if alarm is None else alarm.encode())
    if cause is not None and await _suspect(tx, lift, cause, topic=topic, policy=policy, now=now):
        changed.append(("", State.SUSPECTED, cause))
    return changed


async def _suspect(
    tx: Connection, lift: Record | None, cause: str, *, topic: str, policy: Policy, now: datetime
) -> bool:
    """A suspicion that only a person ends, or one more cause of the live rescue; true where one was opened."""
    if lift is None:
        if await store.row(tx, "live_report_of_place", place=topic) is not None:
            return False
        created = await opening.open_incident(
            tx, None, kind="rescue", reason=cause, confirmed=False, waits=True, unreadable=True, place=topic,
            policy=policy, now=now,
        )  # fmt: skip
        await telling.tell(tx, created, ["suspected"], now)
        return True
    mind = await mending.mind_of(tx, lift, policy, now)
    live = await store.row(tx, "live_rescue", lift_no=lift["lift_no"])
    if live is None:
        created = await opening.open_incident(
            tx, lift, kind="rescue", reason=cause, confirmed=False, waits=True, unreadable=True, policy=policy, now=now
        )
        detector.adopt(mind, rescue_id=created, cause=cause, confirmed=False, sticky=True)
        await opening.save_memory(tx, lift, mind, now)
        await telling.tell(tx, created, ["suspected"], now)
        return True
    suspected = live["state"] == State.SUSPECTED
    if cause not in live["causes"] or (suspected and not live["unreadable"]):
        if suspected:
            await store.update(tx, "incident", live["id"], {"unreadable": True}, versioned=False)
        await opening.add_cause(tx, live["id"], cause, now, detail={"unreadable": True}, waits=suspected)
        detector.adopt(mind, rescue_id=live["id"], cause=cause, confirmed=False, sticky=True)
        await opening.save_memory(tx, lift, mind, now)
    return False


def _alarm_in(payload: bytes) -> str | None:
    """The rule that bytes which nobody can read may have been about (contract 2.3)."""
    if faults.ENTRAPMENT.encode() in payload:
        return "controller_says"
    return "alarm_pressed" if faults.ALARM_BUTTON.encode() in payload else None
