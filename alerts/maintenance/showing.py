"""What others see of a visit: the lift's "technician at work", lines in open incidents, alarms of those on site.

It changes what is shown, never what is decided: no memory of a lift is written here (contract section 5).
"""

from datetime import datetime

from alerts import opening, telling
from alerts import store as alerts_store
from alerts.incident import SYSTEM, State
from alerts.maintenance import store
from alerts.memory import Memory
from alerts.policy import Policy
from alerts.store import Record
from elevator.db import Connection
from elevator.faults import Priority

MAN_DOWN, OVERRUN = "man_down", "visit_overrun"
_PRIORITY = {MAN_DOWN: Priority.P1, OVERRUN: Priority.P2}
_RESCUES = frozenset({"rescue", "danger"})


async def presence(tx: Connection, visit: Record, *, came: bool, now: datetime) -> None:
    """Somebody works at the lift from now on, or does not any more; open incidents keep it in their story."""
    await store.run(tx, "show_lift", lift_no=visit["lift_no"], now=now)
    for found in await store.rows(tx, "open_incidents_of", lift_no=visit["lift_no"]):
        loaded = await alerts_store.load_incident(tx, found["id"])
        if loaded is None:
            continue
        state = loaded[1].state
        await alerts_store.add_timeline(
            tx, found["id"], now=now, actor=SYSTEM, action="visit_began" if came else "visit_ended", from_state=state,
            to_state=state, detail={"visit": visit["id"]},
        )  # fmt: skip
        await alerts_store.add_feed(tx, "incident", found["id"], now)
        incident = await alerts_store.row(tx, "incident_object", id=found["id"])
        if came and incident is not None and found["kind"] in _RESCUES:
            await telling.tell_site(tx, incident, f"{found['id']}:{visit['id']}", now)
    await alerts_store.run(tx, "wake_feed")


async def alarm(
    tx: Connection, visit: Record, lift: Record, code: str, policy: Policy, now: datetime, *, bare: bool = False
) -> str:
    """Ring for those on site; returns the incident, an open one of the same lift where there is one.

    With `bare` nothing is read of what the lift has told, and the alarm has no evidence.
    """
    known = await alerts_store.row(tx, "open_finding", lift_no=lift["lift_no"], kind="system", code=code)
    if known is not None:
        incident_id: str = known["id"]
        await _line(tx, incident_id, "alarm_again", visit["id"], now)
        await alerts_store.update(tx, "incident", incident_id, {"ringing": True}, versioned=True)
    else:
        crew = await store.rows(tx, "crew_of_visit", id=visit["id"])
        incident_id = await opening.open_incident(
            tx, lift, kind="system", reason=code, code=code, confirmed=True, priority=_PRIORITY[code],
            detail={"workers": [one["name"] for one in crew]}, mind=Memory() if bare else None, evidence=not bare,
            policy=policy, now=now,
        )  # fmt: skip
        await _line(tx, incident_id, "about_visit", visit["id"], now)
    await telling.tell(tx, incident_id, [code], now)
    return incident_id


async def all_clear(tx: Connection, visit: Record, incident_id: str, reason: str, now: datetime) -> None:
    """The reason of an alarm is gone: it ends by itself, unless a person has accepted it; then it is told there."""
    loaded = await alerts_store.load_incident(tx, incident_id)
    if loaded is None or loaded[1].state not in {State.CONFIRMED, State.ACCEPTED}:
        return
    state = loaded[1].state
    over = state is State.CONFIRMED
    if over:
        columns = {"state": State.CLEARED, "closed_at": now, "ringing": False}
        await alerts_store.update(tx, "incident", incident_id, columns, versioned=True)
    await alerts_store.add_timeline(
        tx, incident_id, now=now, actor=SYSTEM, action="clear" if over else reason, from_state=state,
        to_state=State.CLEARED if over else state, reason=reason, detail={"visit": visit["id"]},
    )  # fmt: skip
    await telling.tell(tx, incident_id, [], now)


async def _line(tx: Connection, incident_id: str, action: str, visit_id: str, now: datetime) -> None:
    loaded = await alerts_store.load_incident(tx, incident_id)
    if loaded is not None:
        state = loaded[1].state
        await alerts_store.add_timeline(
            tx, incident_id, now=now, actor=SYSTEM, action=action, from_state=state, to_state=state,
            detail={"visit": visit_id},
        )  # fmt: skip
