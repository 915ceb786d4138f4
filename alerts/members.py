"""The lifts of area incidents, and of the alarm that says we are blind, in the database: who joins, is how, and leaves.

Nothing here holds a lift's memory locked but `settle`; whoever decides about a lift may run beside it. What it misses
at one look (a row that somebody holds) it finds at the next.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial

from alerts import areas, detector, memory, mending, opening, outage, situation, store, telling
from alerts.apart import Apart
from alerts.areas import Loss
from alerts.consequences import Consequences
from alerts.incident import SYSTEM, State
from alerts.policy import Policy
from alerts.store import Record
from alerts.view import facts_of
from elevator import log, times
from elevator.db import Connection

_LOOKED_AT = 1000  # members at one look
_TOLD = 100  # incidents changed in one transaction
_SETTLED = 50  # lifts locked in one transaction
Transition = tuple[str, str, str]


async def join(tx: Connection, incident_id: str, kind: str, lifts: Iterable[tuple[int, Loss]]) -> None:
    """Lifts that now stand in a group; they leave the one of the same kind that they stood in."""
    lift_nos, found = zip(*sorted(lifts), strict=True)
    await store.run(tx, "leave_groups", kind=kind, lift_nos=list(lift_nos))
    await store.run(
        tx, "join_group", incident_id=incident_id, kind=kind, lift_nos=list(lift_nos),
        since=[times.to_ms(loss.at) for loss in found], lost=[str(loss.what) for loss in found],
    )  # fmt: skip


async def look(tx: Connection) -> set[str]:
    """See how the lifts of open groups are now; returns the incidents whose list has changed."""
    seen: list[tuple[object, ...]] = []
    changed: set[str] = set()
    for row in await store.rows(tx, "changed_members", limit=_LOOKED_AT):
        heard_at, occupied = row["heard_at"], row["live"] is not None or _occupied(row)
        power_at = row["power_lost_at"] if row["kind"] == "area" else None
        back = areas.is_back(row["since"], power_at=power_at, link_at=row["link_lost_at"], heard_at=heard_at)
        since, back_at = row["since"], row["back_at"]
        if back:
            back_at = back_at or heard_at
        elif back_at is not None:  # it has lost it again
            since, back_at = max(one for one in (power_at, row["link_lost_at"], since) if one is not None), None
        rescue = row["live"] or row["rescue"]
        before = (row["occupied"], row["rescue"], row["rescue_state"], row["back_at"])
        if (occupied, rescue, row["state_now"], back_at) != before:
            changed.add(row["incident_id"])
        seen.append((
            row["incident_id"], row["lift_no"], occupied, rescue, row["state_now"], times.to_ms(since),
            times.to_ms(back_at), row["version"],
        ))  # fmt: skip
    if seen:
        names = ("incident_ids", "lift_nos", "occupied", "rescues", "rescue_states", "since", "back_at", "seen")
        columns = {name: list(column) for name, column in zip(names, zip(*seen, strict=True), strict=True)}
        await store.run(tx, "see_members", **columns)
    return changed


def _occupied(row: Record) -> bool | None:
    """What is remembered of a lift says so; where that cannot be read or judged, nobody knows that it is empty."""
    mind = memory.readable(row["memory"])
    if mind is None:
        return None
    try:
        return situation.look(mind, facts_of(row), times.to_ms(row["heard_at"]) or 0).occupied
    except Exception:  # noqa: BLE001 - one car stops no other; it is asked again when something is decided about it
        log.get().exception("member_not_judged", lift_no=row["lift_no"])
        return None


async def fold(tx: Connection, apart: Apart, now: datetime) -> list[Transition]:
    """Silent lifts and empty cars' faults that were opened before their group was: it stands for them now."""
    done: dict[str, str] = {}
    for row in await store.rows(
        tx, "to_fold", kept=outage.KEPT_CODES, priorities=outage.FOLDED_PRIORITIES, limit=_TOLD,
        paused=apart.paused("fold", now),
    ):  # fmt: skip
        done.setdefault(row["id"], row["group_id"])
    folded = [
        await apart.do(tx, f"fold:{incident_id}", partial(_fold, tx, incident_id, group_id, now), now)
        for incident_id, group_id in done.items()
    ]
    return [(State.CONFIRMED, State.CLEARED, "area")] * sum(folded)


async def _fold(tx: Connection, incident_id: str, group_id: str, now: datetime) -> None:
    columns = {"state": State.CLEARED, "closed_at": now, "ringing": False, "area": group_id}
    await store.update(tx, "incident", incident_id, columns, versioned=True)
    await store.add_timeline(
        tx, incident_id, now=now, actor=SYSTEM, action="fold", from_state=State.CONFIRMED, to_state=State.CLEARED,
        reason="area", detail={"area": group_id},
    )  # fmt: skip
    await telling.tell(tx, incident_id, [], now)


async def name_group(tx: Connection, apart: Apart, now: datetime) -> None:
    """Live rescues of these lifts name their group; one that is no more than silent leaves the ringing to the alarm."""
    for row in await store.rows(tx, "rescues_of_groups", limit=_TOLD, paused=apart.paused("name", now)):
        await apart.do(tx, f"name:{row['id']}", partial(_name, tx, row, now), now)


async def _name(tx: Connection, row: Record, now: datetime) -> None:
    columns: Record = {"area": row["group_id"]}
    if row["blind"] and row["causes"] == ["silence"] and row["state"] == State.SUSPECTED:
        columns["ringing"] = False
    await store.update(tx, "incident", row["id"], columns, versioned=True)
    await store.add_timeline(
        tx, row["id"], now=now, actor=SYSTEM, action="area", from_state=row["state"], to_state=row["state"],
        reason=row["kind"], detail={"area": row["group_id"]},
    )  # fmt: skip
    await telling.tell(tx, row["id"], [], now)


async def settle(tx: Connection, policy: Policy, apart: Apart, now: datetime) -> tuple[int, list[Transition]]:
    """Look after what was folded of lifts that their group stands for no more; returns how many there were.

    What is still true gets an incident of its own; where a person has closed the group, it counts as closed by that
    person and is asked about once more later, as every finding that is closed while it is true. All are let go at once;
    if that fails, each apart.
    """
    found = await store.rows(tx, "to_settle", limit=_SETTLED, paused=apart.paused("lift", now))
    transitions: list[Transition] = []

    async def let_go(some: Sequence[Record]) -> None:
        done = await _settle(tx, some, policy, now)
        transitions.extend(done)

    if found and not await apart.do(tx, "all", partial(let_go, found), now):
        for member in found:
            piece = f"lift:{member['incident_id']}:{member['lift_no']}"
            await apart.do(tx, piece, partial(let_go, [member]), now)
        apart.failing.forget("all")  # it was one of them
    return len(found), transitions


async def _settle(tx: Connection, found: Sequence[Record], policy: Policy, now: datetime) -> list[Transition]:
    lifts = {one["lift_no"]: one for one in await store.lock_states(tx, [one["lift_id"] for one in found], now)}
    await store.run(
        tx, "settled", incident_ids=[one["incident_id"] for one in found], lift_nos=[one["lift_no"] for one in found],
        now=now,
    )  # fmt: skip
    transitions: list[Transition] = []
    for member in found:
        lift = lifts[member["lift_no"]]
        closed = member["state"] == State.CLOSED and member["back_at"] is None
        transitions += await _let_go(tx, lift, member["kind"], closed=closed, policy=policy, now=now)
    return transitions


async def _let_go(
    tx: Connection, lift: Record, kind: str, *, closed: bool, policy: Policy, now: datetime
) -> list[Transition]:
    mind = await mending.mind_of(tx, lift, policy, now)
    writer = Consequences(tx, lift, mind, live=mind.rescue.id if mind.rescue else "", policy=policy, now=now)
    groups = {one["kind"] for one in await store.rows(tx, "group_of_lift", lift_no=lift["lift_no"])}
    taught = False
    for one in outage.standing(mind):
        if outage.is_folded(one, groups, empty=True) or not outage.is_folded(one, {kind}, empty=True):
            continue
        if closed and not await _is_open(tx, lift, one.kind, one.code):
            detector.close(mind, kind=one.kind, code=one.code, now=times.to_ms(now))
            taught = True
        else:
            await writer.apply(one)
    for code in outage.passed(mind) if kind == "area" else ():
        if not await _is_open(tx, lift, "fault", code):
            outage.forget(mind, code)
            taught = True
    if taught:
        await opening.save_memory(tx, lift, mind, now)
    if kind == "blind" and "blind" not in groups:
        for silent in await store.rows(tx, "silent_rescue", lift_no=lift["lift_no"]):
            await ring(tx, silent["id"], State.SUSPECTED, "suspected", now)
    return writer.transitions


async def _is_open(tx: Connection, lift: Record, kind: str, code: str) -> bool:
    return await store.row(tx, "open_finding", lift_no=lift["lift_no"], kind=kind, code=code) is not None


async def ring(tx: Connection, incident_id: str, state: State, name: str, now: datetime) -> None:
    """An incident that another one has rung for rings on its own."""
    await store.update(tx, "incident", incident_id, {"ringing": True}, versioned=True)
    await store.add_timeline(
        tx, incident_id, now=now, actor=SYSTEM, action="ring", from_state=state, to_state=state, reason="blind_over"
    )
    await telling.tell(tx, incident_id, [name], now)


async def counts(tx: Connection, incident_ids: Sequence[str]) -> dict[str, Record]:
    """What is to be said of some groups."""
    return {one["incident_id"]: one for one in await store.rows(tx, "group_counts", ids=list(incident_ids))}
