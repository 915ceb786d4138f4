"""Messages about an incident: outbox rows for consoles, webhooks and the car, and the feed line. It decides nothing."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One message to be."""

    key: str
    channel: str
    target: str
    body: Record
    due: datetime | None = None


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
    found, records = await store.rows_of_each(
        tx, ("incident_object", {"id": incident_id}), ("assignments", {"incident_id": incident_id})
    )
    if not found:
        return
    incident, asked = found[0], store.assignments_of(records)
    firms = {one.firm_id for one in asked if one.firm_id}
    if incident["firm_id"]:
        firms.add(incident["firm_id"])
    key = f"{incident_id}:{incident['version']}"
    lines: list[_Line] = []
    if names:
        hooks, visits = await store.rows_of_each(
            tx, ("webhooks_for", {"firm_ids": sorted(firms)}), ("on_site", {"lift_no": incident["lift_no"]})
        )
        about = assignments[0] if assignments else None
        what = words.summary(incident, incident if incident["lift_id"] else None)
        for name in names:
            body: Record = {"name": name, "text": words.message(name, what), "incident": incident_id}
            targets = ["dispatchers", *(f"firm:{firm}" for firm in sorted(firms) if name in _TO_FIRM)]
            lines += [
                _Line(key=f"{key}:{name}:{target}", channel="console", target=target, body=body) for target in targets
            ]
            body = {"name": name, "assignment": about}
            lines += [
                _Line(
                    key=f"{key}:{name}:webhook:{hook['id']}", channel="webhook", target=hook["id"], body=body, due=now
                )
                for hook in hooks
            ]
        if _TO_SITE & set(names):
            lines += _for_site(incident, visits, key)
    notice = _notice(incident, [one.eta_s for one in asked if one.is_live and one.eta_s is not None], now)
    if notice:
        await store.run(tx, "drop_empty_notices", topic=notice[0].target)
    await _write(tx, incident_id, [*lines, *notice], now, changed=True)
    await store.run(tx, "wake_feed")


async def tell_site(tx: Connection, incident: Record, key: str, now: datetime) -> None:
    """Tell those who work at the lift just now what has happened to it: they are the nearest.

    Args:
        tx: the transaction of the change.
        incident: a row of `incident_object`.
        key: of what is told; the same is told once.
        now: time of the change.
    """
    visits = await store.rows(tx, "on_site", lift_no=incident["lift_no"])
    await _write(tx, incident["id"], _for_site(incident, visits, key), now, changed=False)


def _for_site(incident: Record, visits: Iterable[Record], key: str) -> list[_Line]:
    """For who works at the lift; `visits` are rows of `on_site`, none of them where there is no lift."""
    body: Record = {
        "name": "on_site", "text": words.message("on_site", words.summary(incident, incident)),
        "incident": incident["id"],
    }  # fmt: skip
    targets = [f"unit:{one['unit_id']}" if one["unit_id"] else f"firm:{one['firm_id']}" for one in visits]
    return [_Line(key=f"{key}:on_site:{target}", channel="console", target=target, body=body) for target in targets]


async def _write(tx: Connection, incident_id: str, lines: Sequence[_Line], now: datetime, *, changed: bool) -> None:
    """Write messages with their feed lines, and with `changed` the incident's own."""
    if not (lines or changed):
        return
    await store.run(
        tx, "tell", incident_id=incident_id, now=now, changed=changed,
        keys=[one.key for one in lines], channels=[one.channel for one in lines],
        targets=[one.target for one in lines], bodies=[Jsonb(one.body) for one in lines],
        dues=[one.due for one in lines],
    )  # fmt: skip


def _notice(incident: Record, etas: Sequence[int], now: datetime) -> list[_Line]:
    """Words for the passengers of a confirmed rescue, retained; emptied some time after its end."""
    state = State(incident["state"])
    if incident["kind"] != "rescue" or incident["lift_id"] is None or state not in _STAGES:
        return []
    if incident["confirmed_at"] is None:
        return []
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
    body = {"payload": json.dumps(payload, ensure_ascii=False), "retain": True}
    lines = [_Line(key=key, channel="mqtt", target=topic, body=body, due=now)]
    if state not in LIVE:
        empty = {"payload": "", "retain": True}
        lines.append(_Line(key=f"{key}:empty", channel="mqtt", target=topic, body=empty, due=now + NOTICE_KEPT))
    return lines
