"""Lifts whose stored memory cannot be read: begun anew from what the database knows else, loudly.

Nothing that protects people may wait for a row to be repaired: a caller, a press, a technician who does not answer. So
whoever holds a lift locked and needs its memory asks here. The bytes are kept with the alarm that this opens.
"""

from datetime import datetime, timedelta

from alerts import memory, opening, salvage, store, telling
from alerts.incident import SYSTEM, State
from alerts.memory import Code, Memory
from alerts.policy import Policy
from alerts.salvage import Left
from alerts.store import Record
from alerts.view import facts_of
from elevator import faults, log, times
from elevator.db import Connection, translated
from elevator.errors import DatabaseError

CODE = "memory_unreadable"
_HISTORY = timedelta(minutes=15)  # longer than any condition takes to be sure
_EVENTS = timedelta(days=30)
_KEPT = 100_000  # characters of what could not be read


async def mind_of(tx: Connection, lift: Record, policy: Policy, now: datetime) -> Memory:
    """The memory of a locked lift (a row of `lock_states`, whose memory is replaced where it cannot be read)."""
    found = memory.readable(lift["memory"])
    return await _mend(tx, lift, policy, now) if found is None else found


async def _mend(tx: Connection, lift: Record, policy: Policy, now: datetime) -> Memory:
    log.get().error("memory_unreadable", lift_id=lift["lift_id"], size=len(lift["memory"]))
    damaged = bytes(lift["memory"]).decode(errors="backslashreplace")[:_KEPT]
    live = await store.row(tx, "live_rescue", lift_no=lift["lift_no"])
    mind = salvage.salvage(await _left(tx, lift, live, now), facts_of(lift), policy)
    await opening.save_memory(tx, lift, mind, now)
    lift["version"] += 1
    await _ring(tx, lift, mind, damaged, policy, now)
    if live is not None:
        await _hand_over(tx, live, now)
    return mind


async def _left(tx: Connection, lift: Record, live: Record | None, now: datetime) -> Left:
    asked = {"lift_no": lift["lift_no"]}
    heard, offline = await store.rows_of_each(
        tx, ("heard_at", asked), ("open_finding", {**asked, "kind": "offline", "code": "offline"})
    )
    samples, events = await _history(tx, lift, now)
    return Left(
        samples=[(store.sample_of(one), times.to_ms(one["received_at"])) for one in samples],
        codes={
            one["code"] if one["code"] != faults.OTHER else f"{faults.OTHER}:{(one['text'] or '')[:64]}": Code(
                since=times.to_ms(one["received_at"]), ts=times.to_ms(one["ts"]), boot=one["boot"], seq=one["seq"]
            )
            for one in events
            if one["active"] and faults.CATALOGUE[one["code"]].fault_class is not faults.FaultClass.MODE
        },
        rescue=live["id"] if live else None, causes=live["causes"] if live else (),
        confirmed=live is not None and live["state"] != State.SUSPECTED, offline=bool(offline),
        heard_at=times.to_ms(heard[0]["heard_at"]) if heard else None,
    )  # fmt: skip


async def _history(tx: Connection, lift: Record, now: datetime) -> tuple[list[Record], list[Record]]:
    """What was heard lately, and the codes; nothing where that cannot be read either, or takes too long."""
    asked = {"lift_no": lift["lift_no"]}
    try:
        with translated():
            async with tx.transaction():
                samples, events = await store.rows_of_each(
                    tx,
                    ("heard_lately", {**asked, "since": now - _HISTORY}),
                    ("codes_by_events", {**asked, "since": now - _EVENTS}),
                )
                return samples, events
    except DatabaseError as error:
        if tx.broken:
            raise
        log.get().error("history_unreadable", lift_id=lift["lift_id"], reason=str(error))
        return [], []


async def _ring(tx: Connection, lift: Record, mind: Memory, damaged: str, policy: Policy, now: datetime) -> None:
    """At every console; a lift that it happens to again rings again."""
    found = await store.row(tx, "open_finding", lift_no=lift["lift_no"], kind="system", code=CODE)
    if found is None:
        incident_id = await opening.open_incident(
            tx, lift, kind="system", reason=CODE, code=CODE, confirmed=True, mind=mind, detail={"memory": damaged},
            policy=policy, now=now,
        )  # fmt: skip
    else:
        incident_id = found["id"]
        await store.update(tx, "incident", incident_id, {"ringing": True}, versioned=True)
        await _line(tx, incident_id, found["state"], now)
    await telling.tell(tx, incident_id, [CODE], now)


async def _hand_over(tx: Connection, live: Record, now: datetime) -> None:
    """A rescue goes on; what only the memory could have ended or confirmed waits for a person."""
    suspected = live["state"] == State.SUSPECTED
    columns: Record = {"ringing": True, "waits_for_person": True, "confirm_at": None, "clear_at": None}
    await store.update(tx, "incident", live["id"], columns if suspected else {}, versioned=True)
    await _line(tx, live["id"], live["state"], now)
    await telling.tell(tx, live["id"], ["suspected"] if suspected else [], now)


async def _line(tx: Connection, incident_id: str, state: str, now: datetime) -> None:
    await store.add_timeline(
        tx, incident_id, now=now, actor=SYSTEM, action="memory_lost", from_state=state, to_state=state, reason=CODE
    )
