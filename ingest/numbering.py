"""Numbers for foreign payloads, which have no `seq` of ours: the same message always gets the same one (ADR 0013).

Theory. A message is known by (lift, boot, seq, ts), and its place among the others by `seq`. Makers' payloads carry a
time, often of whole seconds, or none.

- With a time: `seq` is that time in ms, times `STEP`, plus the place among the different things that this lift has said
  for this very time, in the order in which they came. Whatever is stored for that time is read under the lift's lock:
  the same content is the same message, however often it is delivered and by whoever it is read again.
- Without one: the time of receipt is taken. A redelivery is known by the broker's packet number together with the
  bytes, which the lift's memory keeps of the last `memory.FOREIGN` such messages.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec import structs

from alerts.desk import Desk
from alerts.store import sample_of
from elevator import faults, times
from elevator.db import Connection
from elevator.model import Event, Link, Sample
from elevator.topics import Kind
from ingest import rows, store
from ingest.adapters import NO_TIME
from ingest.normalise import Reading

STEP = 256  # numbers for each ms; more different things for one ms only lose their order
_BOOT = ""

Moment = tuple[int, int]
"""(lift_no, ts in ms)."""


@dataclass(slots=True)
class _Said:
    """What is stored, or about to be, for some moments: each as its number and its content."""

    samples: dict[Moment, list[tuple[int, Any]]] = field(default_factory=dict)
    events: dict[Moment, list[tuple[int, Any]]] = field(default_factory=dict)

    def number(self, kind: type, moment: Moment, content: Any) -> int:
        """The number of this content: the one that it has already, or the next."""
        there = (self.samples if kind is Sample else self.events).setdefault(moment, [])
        for seq, known in there:
            if known == content:
                return seq
        seq = max([seq for seq, _ in there], default=moment[1] * STEP - 1) + 1
        there.append((seq, content))
        return seq


async def number(tx: Connection, readings: Sequence[Reading], desk: Desk, *, careful: bool) -> None:
    """Give the items of foreign messages their `seq`, and their time where the payload has none.

    Args:
        tx: a connection inside a transaction, which holds the lifts of `desk`.
        readings: in order; translated, because what they say is compared with what is stored.
        desk: the lifts' memories.
        careful: any message may be stored already.
    """
    foreign = [reading for reading in readings if reading.kind == Kind.RAW and reading.items]
    if not foreign:
        return
    samples: set[Moment] = set()
    events: set[Moment] = set()
    for reading in foreign:
        _date(reading, desk)
        lift_id = reading.lift_id or ""
        doubtful = careful or reading.message.dup or reading.replay
        for item in reading.items:
            assert not isinstance(item, Link)  # noqa: S101 - no adapter makes one
            kind = Kind.TELEMETRY if isinstance(item, Sample) else Kind.EVENT
            if doubtful or desk.maybe_stored(lift_id, kind, _BOOT, item.ts * STEP):
                (samples if isinstance(item, Sample) else events).add((desk.lift_no(lift_id), item.ts))
    said = await _stored(tx, samples, events)
    for reading in foreign:
        lift_no = desk.lift_no(reading.lift_id or "")
        for place, item in enumerate(reading.items):
            assert not isinstance(item, Link)  # noqa: S101 - see above
            content = _content(item, reading.said.get(place))
            seq = said.number(type(item), (lift_no, item.ts), content)
            reading.items[place] = structs.replace(item, seq=seq, boot=_BOOT)


def _date(reading: Reading, desk: Desk) -> None:
    """Date what has no time by its receipt; forget a message that was delivered before."""
    if all(isinstance(item, Link) or item.ts != NO_TIME for item in reading.items):
        return
    message = reading.message
    if message.packet_id is not None:
        body = f"{message.topic}\n{message.packet_id}\n".encode() + message.payload
        identity = hashlib.blake2b(body, digest_size=6).hexdigest()
        if desk.told_before(reading.lift_id or "", identity) and message.dup:
            reading.items.clear()
            reading.told_before = True
            return
        desk.note_told(reading.lift_id or "", identity)
    for place, item in enumerate(reading.items):
        if not isinstance(item, Link) and item.ts == NO_TIME:
            reading.items[place] = structs.replace(item, ts=message.received_at_ms)


async def _stored(tx: Connection, samples: set[Moment], events: set[Moment]) -> _Said:
    said = _Said()
    for record in await store.samples_at(tx, samples):
        moment = record["lift_no"], times.to_ms(record["ts"])
        content = _content(sample_of(record), record["raw_faults"])
        said.samples.setdefault(moment, []).append((record["seq"], content))
    for record in await store.events_at(tx, events):
        moment = record["lift_no"], times.to_ms(record["ts"])
        content = tuple(record[name] for name in ("code", "text", "raw", "active", "detail"))
        said.events.setdefault(moment, []).append((record["seq"], content))
    return said


def _content(item: Sample | Event, said: list[str] | None) -> Any:
    """What makes two messages of one moment the same, as the database would give it back."""
    if isinstance(item, Sample):
        plain = structs.replace(item, seq=0, boot=_BOOT, replay=False)
        return rows.pack(0, plain, 0, late=False, raw_faults=said)
    code, text = faults.canonical(item.code)
    return code, said[0] if said else text, item.raw, item.active, item.detail
