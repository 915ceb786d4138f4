"""Messages about an incident: outbox rows for consoles, webhooks and the car, and the feed line. It decides nothing."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from psycopg.types.json import Jsonb

from alerts import store, words
from alerts.incident import LIVE, State
from alerts.store import Record
from elevator import times, topics
from elevator.db import Connection

NOTICE_KEPT = timedelta(minutes=10)  # after the end (contract section 3)
_TO_FIRM = frozenset(
    {"asked", "danger", "stood_down", "cancelled", "released", "pressed_again", "man_down", "visit_overrun"}
)
_TO_SITE = frozenset({"suspected", "confirmed", "cause_added", "pressed_again", "danger"})
_STAGES = {
    State.CONFIRMED: "received",
    State.DISPATCHED: "dispatched",
    State.ACCEPTED: "accepted",
    State.ARRIVED: "arrived",
    State.RELEASED: "released",
    State.CANCELLED: "cancelled",
}


async def tell(
    tx: Connection, incident_id: str, names: Sequence[str], now: datetime, *, assignments: Sequence[str] = ()
) -> None:
    """Write what people must be told of an incident as it stands now, and wake the consoles.

    Args:
        tx: the transaction of the change.
        incident_id: whose change it was.
        names: of the messages, keys of `words.MESSAGES`; none: consoles only refresh.
        now: time of the change.
        assignments: ids that the change was about; webhooks get the first.
    """
    incident = await store.row(tx, "incident_object", id=incident_id)
    if incident is None:
        return
    asked = await store.load_assignments(tx, incident_id)
    what = words.summary(incident, incident if incident["lift_id"] else None)
    firms = {one.firm_id for one in asked if one.firm_id}
    if incident["firm_id"]:
        firms.add(incident["firm_id"])
    for name in names:
        key = f"{incident_id}:{incident['version']}:{name}"
        text = words.message(name, what)
        targets = ["dispatchers", *(f"firm:{firm}" for firm in sorted(firms) if name in _TO_FIRM)]
        for target in targets:
            body: Record = {"name": name, "text": text, "incident": incident_id}
            sent = await _add(tx, f"{key}:{target}", incident_id, "console", target, body, now, due=None)
            if sent is not None:
                await store.add_feed(tx, "message", str(sent), now)
        for hook in await store.rows(tx, "webhooks_for", firm_ids=sorted(firms)):
            body = {"name": name, "assignment": assignments[0] if assignments else None}
            await _add(tx, f"{key}:webhook:{hook['id']}", incident_id, "webhook", hook["id"], body, now, due=now)
    if _TO_SITE & set(names):
        await tell_site(tx, incident, f"{incident_id}:{incident['version']}", now)
    await _notice(tx, incident, [one.eta_s for one in asked if one.is_live and one.eta_s is not None], now)
    await store.add_feed(tx, "incident", incident_id, now)
    await store.run(tx, "wake_feed")


async def tell_site(tx: Connection, incident: Record, key: str, now: datetime) -> None:
    """Tell those who work at the lift just now what has happened to it: they are the nearest.

    Args:
        tx: the transaction of the change.
        incident: a row of `incident_object`.
        key: of what is told; the same is told once.
        now: time of the change.
    """
    if incident["lift_no"] is None:
        return
    body: Record = {
        "name": "on_site", "text": words.message("on_site", words.summary(incident, incident)),
        "incident": incident["id"],
    }  # fmt: skip
    for visit in await store.rows(tx, "on_site", lift_no=incident["lift_no"]):
        target = f"unit:{visit['unit_id']}" if visit["unit_id"] else f"firm:{visit['firm_id']}"
        sent = await _add(tx, f"{key}:on_site:{target}", incident["id"], "console", target, body, now, due=None)
        if sent is not None:
            await store.add_feed(tx, "message", str(sent), now)


async def _add(
    tx: Connection,
    key: str,
    incident_id: str,
    channel: str,
    target: str,
    body: Record,
    now: datetime,
    *,
    due: datetime | None,
) -> int | None:
    added = await store.row(
        tx, "add_message", key=key, incident_id=incident_id, assignment_id=None, channel=channel, target=target,
        body=Jsonb(body), now=now, due_at=due,
    )  # fmt: skip
    return None if added is None else added["id"]


async def _notice(tx: Connection, incident: Record, etas: Sequence[int], now: datetime) -> None:
    """Words for the passengers of a confirmed rescue, retained; emptied some time after its end."""
    state = State(incident["state"])
    if incident["kind"] != "rescue" or incident["lift_id"] is None or state not in _STAGES:
        return
    if incident["confirmed_at"] is None:
        return
    stage = _STAGES[state]
    topic = topics.notice(incident["lift_id"])
    payload = {
        "incident": incident["id"],
        "stage": stage,
        "eta_s": min(etas, default=None) if state is State.ACCEPTED else None,
        "text": words.NOTICES[stage],
        "ts": times.to_ms(now),
    }
    key = f"{incident['id']}:{stage}:{incident['version']}:notice"
    await store.run(tx, "drop_empty_notices", topic=topic)
    body = {"payload": json.dumps(payload, ensure_ascii=False), "retain": True}
    await _add(tx, key, incident["id"], "mqtt", topic, body, now, due=now)
    if state not in LIVE:
        empty = {"payload": "", "retain": True}
        await _add(tx, f"{key}:empty", incident["id"], "mqtt", topic, empty, now, due=now + NOTICE_KEPT)
