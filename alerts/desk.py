"""One transaction's look at some lifts: lock their memories, decide, write what follows; for ingest and dispatch.

async with connection.transaction():
desk = await Desk.open(connection, lift_ids, policy=policy, now=now, hold=False)
verdict = desk.observe(lift_id, sample, received_at_ms)
…                       # the caller stores its rows, with the verdicts
await desk.save()       # memories, incidents, messages; evidence reads the rows just stored
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from alerts import commands, detector, memory, metrics, opening, store, telling
from alerts.detector import Decision, Verdict
from alerts.effects import CauseAdded, Cleared, Confirmed, Effect, Found, Gone, Opened, PressedAgain, Recovered
from alerts.incident import SYSTEM, State
from alerts.memory import Memory
from alerts.policy import Policy, ms
from alerts.store import Record
from alerts.view import facts_of
from elevator import times
from elevator.db import Connection
from elevator.model import Event, LiftClass, Link, Sample
from elevator.topics import Kind


class Desk:
    """The memories of some lifts, locked for this transaction."""

    def __init__(self, tx: Connection, records: Iterable[Record], *, policy: Policy, now: datetime, hold: bool) -> None:
        self._tx, self._policy, self._now, self._hold = tx, policy, now, hold
        self._lifts: dict[str, Record] = {record["lift_id"]: record for record in records}
        self._minds: dict[str, Memory] = {}
        self._effects: dict[str, list[Effect]] = {}
        self._due: dict[str, int | None] = {}
        self.transitions: list[metrics.Transition] = []  # to be counted after the commit

    @classmethod
    async def open(
        cls, tx: Connection, lift_ids: Iterable[str], *, policy: Policy, now: datetime, hold: bool = False
    ) -> "Desk":
        """Lock the lifts' memories, in the one order that everybody uses; unknown lifts are entered first.

        Args:
            tx: a connection inside a transaction.
            lift_ids: public ids.
            policy: thresholds.
            now: the transaction's time.
            hold: a queue is being read: what only elapsed time would decide must wait.
        """
        return cls(tx, await store.lock_states(tx, lift_ids, now), policy=policy, now=now, hold=hold)

    def lift_no(self, lift_id: str) -> int:
        """The short number under which time series know the lift."""
        number: int = self._lifts[lift_id]["lift_no"]
        return number

    def lift_class(self, lift_id: str) -> LiftClass | None:
        """Its class; None for an unregistered lift."""
        return facts_of(self._lifts[lift_id]).lift_class

    def maybe_stored(self, lift_id: str, kind: Kind, boot: str, seq: int) -> bool:
        """Whether a message may be in the database already; False is certain, so no look-up is needed."""
        mind = self._mind(lift_id)
        if boot not in mind.boots[:1]:
            return True
        return seq <= (mind.stored_sample_seq if kind is Kind.TELEMETRY else mind.stored_event_seq)

    def observe(
        self,
        lift_id: str,
        item: Sample | Event | Link,
        received_at_ms: int,
        *,
        retained: bool = False,
        key_reused: bool = False,
        unknown: Sequence[tuple[str, str]] = (),
    ) -> Verdict:
        """Carry one message into the lift's memory and decide; effects wait for `save`."""
        del key_reused  # an alarm whose key comes again is a new alarm: nothing in its decision differs
        decision = detector.observe(
            self._mind(lift_id), facts_of(self._lifts[lift_id]), item, now=received_at_ms, policy=self._policy,
            retained=retained, hold=self._hold, unknown=unknown,
        )  # fmt: skip
        self._keep(lift_id, decision, listening=None)
        return decision.verdict

    def advance(self, lift_id: str, *, listening: int | None) -> None:
        """Let time pass; `listening` (ms) is since when silence may be counted."""
        decision = detector.advance(
            self._mind(lift_id), facts_of(self._lifts[lift_id]), now=times.to_ms(self._now), policy=self._policy,
            hold=self._hold, listening=listening,
        )  # fmt: skip
        self._keep(lift_id, decision, listening=listening)

    def rescue(self, lift_id: str) -> str | None:
        """The id of the live rescue, known after `save`."""
        rescue = self._mind(lift_id).rescue
        return rescue.id or None if rescue else None

    async def save(self) -> None:
        """Write memories, incidents, messages and feed lines."""
        for lift_id, effects in self._effects.items():
            for effect in effects:
                await self._apply(self._lifts[lift_id], self._minds[lift_id], effect)
        touched = sorted(self._due, key=self.lift_no)
        if not touched:
            return
        minds = [self._minds[lift_id] for lift_id in touched]
        await store.run(
            self._tx, "save_states",
            lift_nos=[self.lift_no(lift_id) for lift_id in touched],
            memories=[memory.encode(mind) for mind in minds],
            online=[opening.is_online(mind) for mind in minds],
            heard_at=[times.at(mind.heard_at) for mind in minds],
            due_at=[times.at(self._due[lift_id]) for lift_id in touched],
            now=self._now,
        )  # fmt: skip

    def _mind(self, lift_id: str) -> Memory:
        if lift_id not in self._minds:
            self._minds[lift_id] = memory.decode(self._lifts[lift_id]["memory"])
        return self._minds[lift_id]

    def _keep(self, lift_id: str, decision: Decision, *, listening: int | None) -> None:
        self._due[lift_id] = detector.next_look(
            decision, self._mind(lift_id), now=times.to_ms(self._now), policy=self._policy, listening=listening
        )
        if decision.effects:
            self._effects.setdefault(lift_id, []).extend(decision.effects)

    async def _apply(self, lift: Record, mind: Memory, effect: Effect) -> None:
        match effect:
            case Opened():
                await self._open(lift, mind, effect)
            case Confirmed():
                await self._confirm(lift, mind, effect.reason)
            case CauseAdded():
                if mind.rescue is not None:
                    await opening.add_cause(self._tx, mind.rescue.id, effect.cause, self._now, waits=effect.waits)
            case PressedAgain():
                await self._ring_again(mind)
            case Cleared():
                await self._clear(lift)
            case Recovered():
                await self._note(mind, "technically_recovered")
            case Found():
                await self._found(lift, mind, effect)
            case Gone():
                await self._gone(lift, effect)

    async def _open(self, lift: Record, mind: Memory, effect: Opened) -> None:
        live = await store.row(self._tx, "live_rescue", lift_no=lift["lift_no"])
        if live is not None:  # the database knows of one that the memory does not: join it
            if mind.rescue is not None:
                mind.rescue.id = live["id"]
            await opening.add_cause(self._tx, live["id"], effect.cause, self._now, waits=effect.waits)
            if effect.confirmed and live["state"] == State.SUSPECTED:
                await self._confirm(lift, mind, effect.cause)
            return
        created = await opening.open_incident(
            self._tx, lift, kind="rescue", reason=effect.cause, confirmed=effect.confirmed, mind=mind,
            waits=effect.waits, priority=effect.priority, event_ts=effect.event_ts, policy=self._policy, now=self._now,
            confirm_at=self._confirm_at(mind, effect),
        )  # fmt: skip
        if mind.rescue is not None:
            mind.rescue.id = created
        self.transitions.append(("", State.CONFIRMED if effect.confirmed else State.SUSPECTED, effect.cause))
        await telling.tell(self._tx, created, ["confirmed" if effect.confirmed else "suspected"], self._now)
        if effect.confirmed:
            await self._dispatch(created)

    def _confirm_at(self, mind: Memory, effect: Opened) -> int | None:
        timer, threshold = mind.timers.get(effect.cause), self._policy.rules.get(effect.cause)
        if effect.waits or timer is None or threshold is None or threshold.confirm_s is None:
            return None
        return timer.since + ms(threshold.confirm_s)

    async def _confirm(self, lift: Record, mind: Memory, reason: str) -> None:
        if mind.rescue is None or not mind.rescue.id:
            return
        await opening.confirm(self._tx, mind.rescue.id, lift, mind, reason, self._policy, self._now)
        self.transitions.append((State.SUSPECTED, State.CONFIRMED, reason))
        await telling.tell(self._tx, mind.rescue.id, ["confirmed"], self._now)
        await self._dispatch(mind.rescue.id)

    async def _dispatch(self, incident_id: str) -> None:
        if await commands.dispatch_first(self._tx, incident_id, self._now):
            self.transitions.append((State.CONFIRMED, State.DISPATCHED, "dispatch"))

    async def _ring_again(self, mind: Memory) -> None:
        if mind.rescue is None:
            return
        await store.update(self._tx, "incident", mind.rescue.id, {"ringing": True}, versioned=True)
        await self._note(mind, "pressed_again")
        await telling.tell(self._tx, mind.rescue.id, ["pressed_again"], self._now)

    async def _note(self, mind: Memory, action: str) -> None:
        if mind.rescue is None:
            return
        loaded = await store.load_incident(self._tx, mind.rescue.id)
        if loaded is not None:
            state = loaded[1].state
            await store.add_timeline(
                self._tx, mind.rescue.id, now=self._now, actor=SYSTEM, action=action, from_state=state, to_state=state
            )
            await telling.tell(self._tx, mind.rescue.id, [], self._now)

    async def _clear(self, lift: Record) -> None:
        """The suspicion is gone; a person's confirmation in between would have been told to the memory."""
        live = await store.row(self._tx, "live_rescue", lift_no=lift["lift_no"])
        if live is None or live["state"] != State.SUSPECTED:
            return
        columns = {"state": State.CLEARED, "closed_at": self._now, "ringing": False, "confirm_at": None}
        await store.update(self._tx, "incident", live["id"], columns, versioned=True)
        await store.add_timeline(
            self._tx, live["id"], now=self._now, actor=SYSTEM, action="clear", from_state=State.SUSPECTED,
            to_state=State.CLEARED, reason="causes_gone",
        )  # fmt: skip
        self.transitions.append((State.SUSPECTED, State.CLEARED, "causes_gone"))
        await telling.tell(self._tx, live["id"], [], self._now)

    async def _found(self, lift: Record, mind: Memory, effect: Found) -> None:
        if await store.row(self._tx, "open_finding", lift_no=lift["lift_no"], kind=effect.kind, code=effect.code):
            return
        created = await opening.open_incident(
            self._tx, lift, kind=effect.kind, reason=effect.reason, code=effect.code, confirmed=True, mind=mind,
            priority=effect.priority, policy=self._policy, now=self._now,
        )  # fmt: skip
        self.transitions.append(("", State.CONFIRMED, effect.code))
        await telling.tell(self._tx, created, [], self._now)

    async def _gone(self, lift: Record, effect: Gone) -> None:
        found = await store.row(self._tx, "open_finding", lift_no=lift["lift_no"], kind=effect.kind, code=effect.code)
        if found is None or found["state"] != State.CONFIRMED:  # accepted ones are a person's to close
            return
        columns = {"state": State.CLEARED, "closed_at": self._now, "ringing": False}
        await store.update(self._tx, "incident", found["id"], columns, versioned=True)
        await store.add_timeline(
            self._tx, found["id"], now=self._now, actor=SYSTEM, action="clear", from_state=State.CONFIRMED,
            to_state=State.CLEARED, reason="gone",
        )  # fmt: skip
        self.transitions.append((State.CONFIRMED, State.CLEARED, effect.code))
        await telling.tell(self._tx, found["id"], [], self._now)
