"""Alarms for those on site: a missed sign of life of one who works alone, a visit that outlives its time."""

from datetime import datetime

from alerts import acting, mending
from alerts.maintenance import showing, store, visiting
from alerts.metrics import Transition
from alerts.policy import Policy
from alerts.store import Record
from elevator.db import Connection


async def look(tx: Connection, visit_id: str, policy: Policy, now: datetime) -> list[Transition]:
    """Ring for one visit whose time has come; any number of workers may ask at once, one of them does it.

    Returns:
        The changes of state, to be counted after the commit.
    """
    found = await store.row(tx, "visit_lift", id=visit_id)
    if found is None or await store.row(tx, "try_lift", lift_no=found["lift_no"]) is None:
        return []
    lift = await acting.lock(tx, found["lift_id"], now)
    visit = await store.row(tx, "visit_for_update", id=visit_id)
    if lift is None or visit is None:
        return []
    await mending.mind_of(tx, lift, policy, now)
    return await _ring(tx, visit, lift, policy, now)


async def ring_anyway(tx: Connection, visit_id: str, policy: Policy, now: datetime) -> list[Transition]:
    """The same where `look` fails: what is remembered of the lift, and its history, are neither locked nor read."""
    visit = await store.row(tx, "visit_for_update", id=visit_id)
    lift = visit and await store.row(tx, "registry_of_lift", lift_no=visit["lift_no"])
    return await _ring(tx, visit, lift, policy, now, bare=True) if visit and lift else []


async def _ring(
    tx: Connection, visit: Record, lift: Record, policy: Policy, now: datetime, *, bare: bool = False
) -> list[Transition]:
    visit_id: str = visit["id"]
    opened: dict[str, str] = {}
    for code, due_at, known in (
        (showing.MAN_DOWN, visit["life_due_at"], visit["man_down"]),
        (showing.OVERRUN, visit["end_due_at"], visit["overrun"]),
    ):
        if known is None and due_at is not None and due_at <= now:
            opened[code] = await showing.alarm(tx, visit, lift, code, policy, now, bare=bare)
            last = await store.row(tx, "last_entry", visit_id=visit_id)
            n = (last["n"] or 0) + 1 if last else 1
            await visiting.add_line(tx, visit_id, n, code, now, incident=opened[code])
    if opened:
        await store.run(
            tx, "set_alarm", id=visit_id, man_down=opened.get(showing.MAN_DOWN), overrun=opened.get(showing.OVERRUN)
        )
    return [("", "confirmed", code) for code in opened]
