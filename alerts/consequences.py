"""What the detector's effects do to the incidents of one lift, in the transaction of `alerts.desk`."""

from collections.abc import Iterable
from datetime import datetime

from psycopg.types.json import Jsonb

from alerts import acting, metrics, opening, outage, situation, store, telling
from alerts.effects import (
    CauseAdded,
    Cleared,
    Confirmed,
    Effect,
    Expected,
    Found,
    Gone,
    Opened,
    PressedAgain,
    Recovered,
)
from alerts.incident import SYSTEM, State
from alerts.memory import Memory
from alerts.policy import Policy
from alerts.store import Record
from alerts.view import facts_of
from elevator import times
from elevator.db import Connection
from elevator.faults import Priority


class Consequences:
    """Applies effects in order; `live` follows the rescue through them, whatever the memory holds at their end."""

    def __init__(self, tx: Connection, lift: Record, mind: Memory, *, live: str, policy: Policy, now: datetime) -> None:
        self._tx, self._lift, self._mind, self._live = tx, lift, mind, live
        self._policy, self._now = policy, now
        self.transitions: list[metrics.Transition] = []  # to be counted after the commit

    def settle(self) -> None:
        """Let the memory know the id of its rescue."""
        if self._mind.rescue is not None and self._live:
            self._mind.rescue.id = self._live

    async def apply(self, effect: Effect) -> None:
        """Write what one effect means."""
        match effect:
            case Opened():
                await self._open(effect)
            case Confirmed():
                await self._confirm(effect.reason)
            case CauseAdded():
                quiet = effect.cause == "silence" and "blind" in await self._groups()
                await opening.add_cause(self._tx, self._live, effect.cause, self._now, waits=effect.waits, quiet=quiet)
            case Expected():
                await self._expect(effect)
            case PressedAgain():
                await self._ring_again()
            case Cleared():
                await self._clear()
            case Recovered():
                await self._note("technically_recovered")
            case Found():
                await self._found(effect)
            case Gone():
                await self._gone(effect)

    async def _open(self, effect: Opened) -> None:
        lift = {"lift_no": self._lift["lift_no"]}
        live, standing = await store.rows_of_each(self._tx, ("live_rescue", lift), ("group_of_lift", lift))
        if live:  # the database knows of one that the memory does not: join it
            self._live = live[0]["id"]
            await opening.add_cause(self._tx, self._live, effect.cause, self._now, waits=effect.waits)
            if effect.confirmed:
                await self._confirm(effect.cause)
            return
        groups = _by_kind(standing)
        quiet = effect.cause == "silence" and "blind" in groups  # the alarm that says we are blind rings for it
        self._live = await opening.open_incident(
            self._tx, self._lift, kind="rescue", reason=effect.cause, confirmed=effect.confirmed, mind=self._mind,
            waits=effect.waits, priority=effect.priority, event_ts=effect.event_ts, policy=self._policy, now=self._now,
            confirm_at=effect.confirm_at, area=groups.get("area") or groups.get("blind"), quiet=quiet,
        )  # fmt: skip
        self.transitions.append(("", State.CONFIRMED if effect.confirmed else State.SUSPECTED, effect.cause))
        said = [] if quiet else ["confirmed" if effect.confirmed else "suspected"]
        await telling.tell(self._tx, self._live, said, self._now)
        if effect.confirmed:
            await self._dispatch()

    async def _confirm(self, reason: str) -> None:
        if await self._state() is not State.SUSPECTED:
            return
        await opening.confirm(self._tx, self._live, self._lift, self._mind, reason, self._policy, self._now)
        self.transitions.append((State.SUSPECTED, State.CONFIRMED, reason))
        await telling.tell(self._tx, self._live, ["confirmed"], self._now)
        await self._dispatch()

    async def _dispatch(self) -> None:
        if await acting.dispatch_first(self._tx, self._live, self._now):
            self.transitions.append((State.CONFIRMED, State.DISPATCHED, "dispatch"))

    async def _expect(self, effect: Expected) -> None:
        if await self._state() is State.SUSPECTED:
            columns = {"confirm_at": times.at(effect.confirm_at), "clear_at": times.at(effect.clear_at)}
            await store.update(self._tx, "incident", self._live, columns, versioned=True)
            await telling.tell(self._tx, self._live, [], self._now)

    async def _ring_again(self) -> None:
        if not self._live:
            return
        await store.update(self._tx, "incident", self._live, {"ringing": True}, versioned=True)
        await self._note("pressed_again")
        await telling.tell(self._tx, self._live, ["pressed_again"], self._now)

    async def _note(self, action: str) -> None:
        state = await self._state()
        if state is not None:
            await store.add_timeline(
                self._tx, self._live, now=self._now, actor=SYSTEM, action=action, from_state=state, to_state=state
            )
            await telling.tell(self._tx, self._live, [], self._now)

    async def _clear(self) -> None:
        """The suspicion is gone; a person's confirmation in between would have been told to the memory."""
        if await self._state() is not State.SUSPECTED:
            return
        columns = {
            "state": State.CLEARED, "closed_at": self._now, "ringing": False, "waits_for_person": False,
            "confirm_at": None, "clear_at": None,
        }  # fmt: skip
        await store.update(self._tx, "incident", self._live, columns, versioned=True)
        await store.add_timeline(
            self._tx, self._live, now=self._now, actor=SYSTEM, action="clear", from_state=State.SUSPECTED,
            to_state=State.CLEARED, reason="causes_gone",
        )  # fmt: skip
        self.transitions.append((State.SUSPECTED, State.CLEARED, "causes_gone"))
        await telling.tell(self._tx, self._live, [], self._now)
        self._live = ""

    async def _state(self) -> State | None:
        loaded = await store.load_incident(self._tx, self._live) if self._live else None
        return None if loaded is None else loaded[1].state

    async def _found(self, effect: Found) -> None:
        found = await self._open_finding(effect.kind, effect.code)
        if found is not None:
            await self._more(found, effect)
            return
        seen = situation.look(self._mind, facts_of(self._lift), times.to_ms(self._now))
        if outage.is_folded(effect, await self._groups(), empty=seen.occupied is not True):
            return
        created = await opening.open_incident(
            self._tx, self._lift, kind=effect.kind, reason=effect.reason, code=effect.code, confirmed=True,
            mind=self._mind, priority=effect.priority, policy=self._policy, now=self._now,
        )  # fmt: skip
        if effect.detail:
            await store.run(self._tx, "add_detail", id=created, detail=Jsonb(dict(effect.detail)))
        self.transitions.append(("", State.CONFIRMED, effect.code))
        await telling.tell(self._tx, created, ["danger"] if effect.kind == "danger" else [], self._now)

    async def _more(self, found: Record, effect: Found) -> None:
        """One that is open: more is known of it, or it has become worse and rings for that."""
        if effect.detail:
            await store.run(self._tx, "add_detail", id=found["id"], detail=Jsonb(dict(effect.detail)))
        worse = effect.priority < found["priority"]
        if worse:
            columns: Record = {"priority": int(effect.priority), "ringing": effect.priority <= Priority.P2}
            await store.update(self._tx, "incident", found["id"], columns, versioned=True)
            state = State(found["state"])
            await store.add_timeline(
                self._tx, found["id"], now=self._now, actor=SYSTEM, action="priority", from_state=state, to_state=state,
                reason=effect.reason, detail={"from": found["priority"], "to": int(effect.priority)},
            )  # fmt: skip
        if worse or effect.detail:
            await telling.tell(self._tx, found["id"], [], self._now)

    async def _gone(self, effect: Gone) -> None:
        """It ends by itself, unless a person has accepted it: then it is that person's to close, and told so."""
        found = await self._open_finding(effect.kind, effect.code)
        if found is None:
            return
        state = State(found["state"])
        over = state is State.CONFIRMED
        if over:
            columns = {"state": State.CLEARED, "closed_at": self._now, "ringing": False}
            await store.update(self._tx, "incident", found["id"], columns, versioned=True)
            self.transitions.append((state, State.CLEARED, effect.code))
        await store.add_timeline(
            self._tx, found["id"], now=self._now, actor=SYSTEM, action="clear" if over else "technically_recovered",
            from_state=state, to_state=State.CLEARED if over else state, reason="gone",
        )  # fmt: skip
        await telling.tell(self._tx, found["id"], [], self._now)

    async def _groups(self) -> dict[str, str]:
        """The incidents that stand for the lift now: of its area, and of our blindness."""
        return _by_kind(await store.rows(self._tx, "group_of_lift", lift_no=self._lift["lift_no"]))

    async def _open_finding(self, kind: str, code: str) -> Record | None:
        return await store.row(self._tx, "open_finding", lift_no=self._lift["lift_no"], kind=kind, code=code)


def _by_kind(groups: Iterable[Record]) -> dict[str, str]:
    return {one["kind"]: one["incident_id"] for one in groups}
