"""One transaction's look at some lifts: lock their memories, decide, write what follows; for ingest and dispatch.

async with connection.transaction():
desk = await Desk.open(connection, lift_ids, policy=policy, now=now, hold=False)
verdict = desk.observe(lift_id, sample, received_at_ms)
…                       # the caller stores its rows, with the verdicts
await desk.save()       # memories, incidents, messages; evidence reads the rows just stored
"""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime

from alerts import detector, effects, memory, mending, metrics, opening, store
from alerts.cache import Cache
from alerts.consequences import Consequences
from alerts.detector import Decision, Verdict
from alerts.memory import Memory
from alerts.outage import Outage, outage
from alerts.policy import Policy
from alerts.recall import recall
from alerts.situation import Facts
from alerts.store import Record
from alerts.view import facts_of
from elevator import times
from elevator.db import Connection
from elevator.model import MAX_BIGINT, Event, LiftClass, Link, Sample
from elevator.topics import Kind

_SLICE = 40  # memories read or written before others may run


class Desk:
    """The memories of some lifts, locked for this transaction."""

    def __init__(self, tx: Connection, records: Iterable[Record], *, policy: Policy, now: datetime, hold: bool) -> None:
        self._tx, self._policy, self._now, self._hold = tx, policy, now, hold
        self._lifts: dict[str, Record] = {record["lift_id"]: record for record in records}
        self._minds: dict[str, Memory] = {}
        self._facts: dict[str, Facts] = {}
        self._live: dict[str, str] = {}  # the rescue that each had when this transaction began
        self._effects: dict[str, list[effects.Effect]] = {}
        self._due: dict[str, int | None] = {}
        self._listening: dict[str, int] = {}
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
        desk = cls(tx, await store.lock_states(tx, lift_ids, now), policy=policy, now=now, hold=hold)
        await desk._remember()
        return desk

    async def _remember(self) -> None:
        """Hear what the intake has heard and stored since these memories were written."""
        minds: dict[int, Memory] = {}
        names: dict[int, str] = {}
        for number, lift_id in enumerate(self._lifts, 1):
            lift_no = self.lift_no(lift_id)
            mind = self._minds[lift_id] = await mending.mind_of(self._tx, self._lifts[lift_id], self._policy, self._now)
            self._live[lift_id] = mind.rescue.id if mind.rescue else ""
            minds[lift_no], names[lift_no] = mind, lift_id
            if number % _SLICE == 0:
                await asyncio.sleep(0)
        for lift_no, history in (await store.histories(self._tx, minds)).items():
            lift_id = names[lift_no]
            found = recall(self._minds[lift_id], self._facts_of(lift_id), history, self._policy)
            self._due[lift_id] = self._minds[lift_id].due
            if found:
                self._effects.setdefault(lift_id, []).extend(found)

    def lift_no(self, lift_id: str) -> int:
        """The short number under which time series know the lift."""
        number: int = self._lifts[lift_id]["lift_no"]
        return number

    def lift_class(self, lift_id: str) -> LiftClass | None:
        """Its class; None for an unregistered lift."""
        return self._facts_of(lift_id).lift_class

    def model(self, lift_id: str) -> str | None:
        """Its model, by which its codes are read."""
        found: str | None = self._lifts[lift_id]["model"]
        return found

    def listed(self, lift_id: str) -> frozenset[str]:
        """The codes that its newest sample lists."""
        sample = self._mind(lift_id).sample
        return frozenset(sample.faults if sample else ())

    def told_before(self, lift_id: str, identity: str) -> bool:
        """Whether a message without a time of its own was heard already, of the last ones."""
        return identity in self._mind(lift_id).foreign

    def note_told(self, lift_id: str, identity: str) -> None:
        """Remember a message without a time of its own."""
        mind = self._mind(lift_id)
        mind.foreign = [*(one for one in mind.foreign if one != identity), identity][-memory.FOREIGN :]

    def maybe_stored(self, lift_id: str, kind: Kind, boot: str, seq: int) -> bool:
        """Whether a message may be in the database already; False is certain, so no look-up is needed."""
        mind = self._mind(lift_id)
        if boot not in mind.boots[:1]:
            return bool(mind.boots) or not self._lifts[lift_id]["new"]
        return seq <= (mind.stored_sample_seq if kind is Kind.TELEMETRY else mind.stored_event_seq)

    def highest(self, lift_id: str, kind: Kind, boot: str) -> int | None:
        """The highest number stored of this boot, -1 where the next one should be 0; None where that is not known."""
        mind = self._mind(lift_id)
        if boot in mind.boots[:1]:
            stored = mind.stored_sample_seq if kind is Kind.TELEMETRY else mind.stored_event_seq
            if 0 <= stored < MAX_BIGINT:
                return stored
            return -1 if stored < 0 and boot and len(mind.boots) > 1 else None
        return -1 if boot and mind.boots and boot not in mind.boots else None

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
        decision = detector.observe(
            self._mind(lift_id), self._facts_of(lift_id), item, now=received_at_ms, policy=self._policy,
            retained=retained, key_reused=key_reused, hold=self._hold, unknown=unknown,
        )  # fmt: skip
        self._keep(lift_id, decision, listening=None, heard=True)
        return decision.verdict

    def advance(self, lift_id: str, *, listening: int | None) -> None:
        """Let time pass; `listening` (ms) is since when silence may be counted."""
        decision = detector.advance(
            self._mind(lift_id), self._facts_of(lift_id), now=times.to_ms(self._now), policy=self._policy,
            hold=self._hold, listening=listening,
        )  # fmt: skip
        self._keep(lift_id, decision, listening=listening)

    def keep_in(self, cache: Cache) -> None:
        """After the commit of what `save` wrote: let the process keep these memories."""
        now = times.to_ms(self._now)
        for lift_id in self._due:
            record = self._lifts[lift_id]
            cache.keep(
                lift_id, lift_no=record["lift_no"], facts=self._facts_of(lift_id), mind=self._minds[lift_id],
                version=record["version"], now=now,
            )  # fmt: skip

    def rescue(self, lift_id: str) -> str | None:
        """The id of the live rescue, known after `save`."""
        rescue = self._mind(lift_id).rescue
        return rescue.id or None if rescue else None

    async def save(self) -> None:
        """Write memories, incidents, messages and feed lines; what needs no answer is not waited for one by one."""
        async with self._tx.pipeline():
            await self._apply()
            await self._write()

    async def _apply(self) -> None:
        for lift_id, decided in self._effects.items():
            writer = Consequences(
                self._tx, self._lifts[lift_id], self._minds[lift_id], live=self._live[lift_id], policy=self._policy,
                now=self._now,
            )  # fmt: skip
            for effect in decided:
                await writer.apply(effect)
            writer.settle()
            self.transitions += writer.transitions

    async def _write(self) -> None:
        touched = sorted(self._due, key=self.lift_no)
        if not touched:
            return
        kept: list[store.Kept] = []
        outages: list[store.Lost] = []
        for number, lift_id in enumerate(touched, 1):
            record, mind = self._lifts[lift_id], self._minds[lift_id]
            kept.append((
                record["lift_no"], record["version"], memory.encode(mind), opening.is_online(mind), mind.heard_at,
                self._due[lift_id],
            ))  # fmt: skip
            record["version"] += 1
            before, now_lost = self._outage(lift_id)
            if now_lost != before:
                outages.append((record["lift_no"], now_lost.power, now_lost.link))
            if number % _SLICE == 0:
                await asyncio.sleep(0)
        await store.save_states(self._tx, kept, self._now)
        await store.save_outages(self._tx, outages)

    def _outage(self, lift_id: str) -> tuple[Outage, Outage]:
        """What the lift had lost before this transaction, and what it has lost now."""
        record, mind = self._lifts[lift_id], self._mind(lift_id)
        before = Outage(times.to_ms(record["power_lost_at"]), times.to_ms(record["link_lost_at"]))
        return before, outage(
            mind, self._facts_of(lift_id), before, now=times.to_ms(self._now), listening=self._listening.get(lift_id),
            policy=self._policy,
        )  # fmt: skip

    def _facts_of(self, lift_id: str) -> Facts:
        """What the registry says of it, made once: it is asked for with every message."""
        found = self._facts.get(lift_id)
        if found is None:
            found = self._facts[lift_id] = facts_of(self._lifts[lift_id])
        return found

    def _mind(self, lift_id: str) -> Memory:
        return self._minds[lift_id]

    def _keep(self, lift_id: str, decision: Decision, *, listening: int | None, heard: bool = False) -> None:
        self._due[lift_id] = detector.next_look(
            decision, self._mind(lift_id), now=times.to_ms(self._now), policy=self._policy, listening=listening,
            heard=heard,
        )  # fmt: skip
        if listening is not None:
            self._listening[lift_id] = listening
        if decision.effects:
            self._effects.setdefault(lift_id, []).extend(decision.effects)
