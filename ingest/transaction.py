"""What one transaction of the intake does: look up, decide, store, quarantine; what is left to do after its commit.

Order inside, and why:

1. `Desk.open` locks the rule memory of every lift concerned, so whatever is looked up afterwards about these lifts
   stays true until the commit, on every lane and in every process.
2. Only what the memory cannot rule out is looked up as a duplicate (contract 2.2).
3. Rows are written before `Desk.save`, because the evidence of an incident reads them.
4. Quarantine comes last: `alerts.commands.quarantined` changes the same memories and wants them saved.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from alerts.desk import Desk
from alerts.detector import Verdict
from elevator import arrays, faults, times, wire
from elevator.db import Connection
from elevator.model import Event, Link, Sample, sane_interval
from elevator.storage.plan import is_stray
from elevator.topics import Kind
from ingest import normalise, rows, store
from ingest.adapters import ADAPTERS
from ingest.express import Express
from ingest.gaps import Ledger
from ingest.normalise import Reading
from ingest.numbering import number as number_foreign
from ingest.refusing import refusals_of, refuse
from ingest.store import Key, KnownEvent, Refusal
from ingest.translate import into_ours
from ingest.written import (
    DUPLICATE,
    EMPTY,
    LATE,
    QUARANTINED,
    RANK,
    STORED,
    THINNED,
    Ack,
    Circumstances,
    ClassCache,
    Fresh,
    Written,
)

_MOST_CODE = 64  # characters of an unknown code that are counted by
_SLICE = 10  # messages decided before the other lane may run


async def write(
    tx: Connection,
    readings: Sequence[Reading],
    classes: ClassCache,
    circumstances: Circumstances,
    express: Express | None = None,
) -> Written:
    """Carry messages, in order, into the database; `readings` are brought to the lift's true class.

    Args:
        tx: a connection inside a transaction.
        readings: messages on the long way.
        classes: what was known of the lifts' classes.
        circumstances: of this transaction.
        express: messages on the short way; those of lifts that somebody has changed meanwhile are taken from it.
    """
    work = _Work(tx, circumstances)
    if express is not None and express.read:
        known = express.cache.touched.values()
        stale = await store.rows(
            tx,
            "stale_memories",
            lift_nos=arrays.numbers(one.lift_no for one in known),
            versions=arrays.numbers(one.version for one in known),
        )
        if stale:
            back = express.spill(record["lift_no"] for record in stale)
            readings = [*(normalise.read(message, None, ADAPTERS) for message in back), *readings]
    lift_ids = {reading.topic.lift_id for reading in readings if reading.topic is not None and reading.needs_lift}
    if lift_ids:
        work.desk = await Desk.open(
            tx, lift_ids, policy=circumstances.policy, now=circumstances.now, hold=circumstances.hold
        )
        readings = [_with_class(reading, work.desk, classes) for reading in readings]
        for reading in readings:
            if reading.items and reading.topic is not None:
                into_ours(reading, circumstances.codes, work.desk.model(reading.topic.lift_id))
        await number_foreign(tx, readings, work.desk, careful=circumstances.careful)
        await work.look_up(readings)
    for number, reading in enumerate(readings, 1):
        work.take(reading)
        if number % _SLICE == 0:
            await asyncio.sleep(0)
    if express is not None:
        work.take_express(express)
    await work.store_all()
    work.written.desk = work.desk
    return work.written


def _with_class(reading: Reading, desk: Desk, classes: ClassCache) -> Reading:
    """Read a sample again where the lift's class needs other fields than the one it was read for."""
    topic = reading.topic
    if topic is None or topic.kind not in {Kind.TELEMETRY, Kind.RAW} or not reading.needs_lift:
        return reading
    known = classes[topic.lift_id] = desk.lift_class(topic.lift_id)
    if wire.needs_lift_fields(known) is wire.needs_lift_fields(reading.read_as):
        return reading
    return normalise.read(reading.message, known, ADAPTERS, replay=reading.replay)


class _Work:
    """One transaction in the making."""

    def __init__(self, tx: Connection, circumstances: Circumstances) -> None:
        self.written = Written()
        self.desk: Desk | None = None
        self._tx = tx
        self._with = circumstances
        self._reuse_after = timedelta(seconds=circumstances.policy.clocks.key_reuse_s)
        self._samples: list[bytes] = []
        self._strays: list[bytes] = []
        self._translated: list[bytes] = []  # those with what the lift said
        self._translated_strays: list[bytes] = []
        self._unknown_codes: Counter[tuple[int, str]] = Counter()
        self._events: list[dict[str, Any]] = []
        self._links: list[tuple[int, Link, datetime, bool]] = []
        self._known_samples: set[Key] = set()
        self._known_events: dict[Key, KnownEvent] = {}
        self._ledger = Ledger()
        self._refusals: list[Refusal] = []
        self._acks: list[Ack] = []

    async def look_up(self, readings: Sequence[Reading]) -> None:
        """Find what is stored already, of what may be."""
        samples: list[Key] = []
        events: list[Key] = []
        for reading in readings:
            doubtful = self._with.careful or reading.message.dup or reading.replay
            for item in reading.items:
                if isinstance(item, Link) or not (doubtful or self._maybe_stored(reading, item)):
                    continue
                (samples if isinstance(item, Sample) else events).append(self._key(reading, item))
        self._known_samples = await store.samples_known(self._tx, samples)
        self._known_events = await store.events_known(self._tx, events)

    def take(self, reading: Reading) -> None:
        """Decide about one message."""
        self._refusals.extend(refusals_of(reading, careful=self._with.careful))
        outcomes = {QUARANTINED} if reading.bad else set()
        if reading.told_before:
            outcomes.add(DUPLICATE)
        received_at = times.at(reading.message.received_at_ms)
        self.written.unknown.update(name for name, _ in reading.unknown)
        unknown = tuple(reading.unknown)  # told to the lift's memory once, with the first item
        for place, item in enumerate(reading.items):
            match item:
                case Sample():
                    outcomes.add(self._take_sample(reading, place, item, unknown))
                case Event():
                    outcomes.add(self._take_event(reading, place, item, received_at, unknown))
                case Link():
                    outcomes.add(self._take_link(reading, item, received_at))
            unknown = ()
        outcome = next(one for one in RANK if one in outcomes or one is EMPTY)
        self.written.outcomes[reading.kind, outcome] += 1

    def take_express(self, express: Express) -> None:
        """What takes the short way is decided already."""
        self._samples.extend(express.rows())
        thinned = 0
        for _, _, packed, stamps in express.read:
            self.written.ages += stamps
            thinned += not packed
        self.written.outcomes[Kind.TELEMETRY, STORED] += len(express.read) - thinned
        self.written.outcomes[Kind.TELEMETRY, THINNED] += thinned

    async def store_all(self) -> None:
        """Write what was decided, in the order that the file's head explains."""
        await store.add_samples(self._tx, self._samples, self._strays)
        await store.add_translated(self._tx, self._translated, self._translated_strays)
        await store.note_unknown_codes(self._tx, self._unknown_codes, self._with.now)
        await store.add_events(self._tx, self._events)
        await store.events_seen(self._tx, [known for known in self._known_events.values() if known.seen_again])
        await store.add_links(self._tx, self._links)
        await store.note_gaps(self._tx, self._ledger, self._with.now)
        self.written.gaps = len(self._ledger.gaps)
        if self.desk is not None:
            await self.desk.save()
            self.written.transitions = self.desk.transitions
            self.written.acks = [replace(ack, incident=self.desk.rescue(ack.lift_id)) for ack in self._acks]
        if self._with.keep_refused:
            self.written.refused, rung = await refuse(
                self._tx, self._refusals, policy=self._with.policy, now=self._with.now
            )
            self.written.transitions = self.written.transitions + rung
        else:
            self.written.still_bad = self._refusals

    def _take_sample(self, reading: Reading, place: int, sample: Sample, unknown: Sequence[tuple[str, str]]) -> str:
        key = self._key(reading, sample)
        if key in self._known_samples:
            return DUPLICATE
        self._known_samples.add(key)
        self._note_number(reading, sample)
        self._note_strange(reading, place)
        verdict = self._observe(reading, sample, unknown=unknown)
        said = reading.said.get(place)
        packed = rows.pack(key[0], sample, reading.message.received_at_ms, late=verdict.late, raw_faults=said)
        if is_stray(key[1], self._with.now, self._with.kept):
            (self._strays if said is None else self._translated_strays).append(packed)
        else:
            (self._samples if said is None else self._translated).append(packed)
        return self._stored(reading, sample, late=verdict.late)

    def _take_event(
        self, reading: Reading, place: int, event: Event, received_at: datetime, unknown: Sequence[tuple[str, str]]
    ) -> str:
        key = self._key(reading, event)
        code, text = faults.canonical(event.code)
        if place in reading.said:
            text = reading.said[place][0]
        alarm = code in faults.ALARMS
        if alarm:
            self._acks.append(_ack(reading, event, code))
        known = self._known_events.get(key)
        reused = known is not None and alarm and received_at - known.seen_at > self._reuse_after
        if known is not None and not reused:
            known.seen_at = max(known.seen_at, received_at)
            known.seen_again = True
            return DUPLICATE
        if not reused:
            self._note_number(reading, event)
        self._note_strange(reading, place)
        verdict = self._observe(reading, event, key_reused=reused, unknown=unknown)
        reuse = known.reuse + 1 if known is not None else 0
        self._known_events[key] = KnownEvent(id=None, reuse=reuse, seen_at=received_at)
        self._events.append({
            "lift_no": key[0], "ts": key[1], "boot": event.boot, "seq": event.seq, "reuse": reuse, "code": code,
            "text": text, "raw": event.raw, "active": event.active, "detail": event.detail, "replay": event.replay,
            "late": verdict.late, "review": verdict.review, "outcome": verdict.outcome, "received_at": received_at,
            "seen_at": received_at,
        })  # fmt: skip
        return self._stored(reading, event, late=verdict.late, alarm=alarm)

    def _take_link(self, reading: Reading, link: Link, received_at: datetime) -> str:
        self._observe(reading, link, retained=reading.message.retain)
        if link.interval is not None and link.interval != sane_interval(link.interval):
            self.written.unknown["interval"] += 1
        self._links.append((self._lift_no(reading), link, received_at, reading.message.retain))
        return STORED

    def _stored(self, reading: Reading, item: Sample | Event, *, late: bool, alarm: bool = False) -> str:
        if late:
            return LATE
        self.written.fresh.append(
            Fresh(
                topic=Kind.TELEMETRY if isinstance(item, Sample) else Kind.EVENT,
                ts=item.ts,
                received_at_ms=reading.message.received_at_ms,
                alarm=alarm,
            )
        )
        return STORED

    def _note_strange(self, reading: Reading, place: int) -> None:
        """Count codes that nobody knows: of a sample those that the one before did not list."""
        listed: frozenset[str] | None = None
        for where, code in reading.strange:
            if where != place:
                continue
            if listed is None:
                sample = isinstance(reading.items[place], Sample)
                listed = self._desk.listed(self._lift_id(reading)) if sample else frozenset()
            if code not in listed:
                self._unknown_codes[self._lift_no(reading), code[:_MOST_CODE]] += 1
                self.written.unknown["code"] += 1

    def _note_number(self, reading: Reading, item: Sample | Event) -> None:
        if reading.kind == Kind.RAW:  # numbered by their time: what is missing does not show
            return
        kind = Kind.TELEMETRY if isinstance(item, Sample) else Kind.EVENT
        highest = self._desk.highest(self._lift_id(reading), kind, item.boot)
        self._ledger.note(self._lift_no(reading), kind, item.boot, item.seq, highest)

    def _observe(self, reading: Reading, item: Sample | Event | Link, **how: Any) -> Verdict:
        return self._desk.observe(self._lift_id(reading), item, reading.message.received_at_ms, **how)

    def _maybe_stored(self, reading: Reading, item: Sample | Event) -> bool:
        kind = Kind.TELEMETRY if isinstance(item, Sample) else Kind.EVENT
        return self._desk.maybe_stored(self._lift_id(reading), kind, item.boot, item.seq)

    def _key(self, reading: Reading, item: Sample | Event) -> Key:
        return (self._lift_no(reading), times.at(item.ts), item.boot, item.seq)

    def _lift_no(self, reading: Reading) -> int:
        return self._desk.lift_no(self._lift_id(reading))

    @property
    def _desk(self) -> Desk:
        assert self.desk is not None  # noqa: S101 - opened for every message that has items
        return self.desk

    @staticmethod
    def _lift_id(reading: Reading) -> str:
        assert reading.topic is not None  # noqa: S101 - a message without a topic has no items
        return reading.topic.lift_id


def _ack(reading: Reading, event: Event, code: str) -> Ack:
    message = reading.message
    return Ack(
        lift_id=reading.topic.lift_id if reading.topic is not None else "",
        boot=event.boot,
        seq=event.seq,
        code=code,
        active=event.active,
        received_at_ms=message.received_at_ms,
    )
