"""A life's messages as the platform takes them in: decoded, each stored once (contract 2.2), in their order. Pure.

It is the real decoder (`elevator.wire`), and for all but plain telemetry the real `ingest.normalise`. What the database
does there, knowing a message by its key, is done here in memory.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from elevator import faults, wire
from elevator.model import Event, LiftId, Link, Sample
from elevator.topics import Kind, Topic
from ingest import normalise, subscriber
from ingest.adapters import Adapter
from simulators.truth.story import Lift, Message


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Bytes on `event` that nobody can read but that speak of an alarm (contract 2.3)."""

    rule: str


Item = Sample | Event | Link | Unreadable
Heard = tuple[int, Item, bool]
"""When it came (ms), what it says, whether the broker told it from its store. A plain tuple: one for every sample."""

_RULE_OF = {faults.ENTRAPMENT: "controller_says", faults.ALARM_BUTTON: "alarm_pressed"}


@dataclass(slots=True)
class Taken:
    """What was taken in."""

    heard: list[Heard] = field(default_factory=list)
    messages: int = 0
    samples: int = 0
    duplicates: int = 0  # samples that were there already
    unreadable: int = 0  # parts that went to quarantine


class _Once:
    """Which samples have come already: by boot, sequence number and time, as the database knows them."""

    def __init__(self) -> None:
        self._stamps: dict[str, dict[int, int]] = {}
        self._again: set[tuple[str, int, int]] = set()  # numbers that were used for another time too

    def is_new(self, sample: Sample) -> bool:
        """Whether this is the first time; takes note of it."""
        stamps = self._stamps.get(sample.boot)
        if stamps is None:
            stamps = self._stamps[sample.boot] = {}
        known = stamps.get(sample.seq)
        if known is None:
            stamps[sample.seq] = sample.ts
            return True
        key = (sample.boot, sample.seq, sample.ts)
        if known == sample.ts or key in self._again:
            return False
        self._again.add(key)
        return True


def take(lift: Lift, messages: Iterable[Message], adapters: Mapping[str, Adapter]) -> Taken:
    """Read all messages of a life, in their order."""
    taken, once = Taken(), _Once()
    append, lift_class = taken.heard.append, lift.lift_class
    for message in messages:
        taken.messages += 1
        samples = wire.read_plain(message.payload, lift_class) if message.kind is Kind.TELEMETRY else None
        if samples is None:
            _take_slowly(taken, once, lift, message, adapters)
            continue
        for sample in samples:
            if once.is_new(sample):
                append((message.at, sample, False))
            else:
                taken.duplicates += 1
        taken.samples += len(samples)
    return taken


def _take_slowly(taken: Taken, once: _Once, lift: Lift, message: Message, adapters: Mapping[str, Adapter]) -> None:
    reading = normalise.read(as_delivered(lift, message), lift.lift_class, adapters)
    taken.unreadable += len(reading.bad)
    for item in reading.items:
        if isinstance(item, Sample):
            taken.samples += 1
            if not once.is_new(item):
                taken.duplicates += 1
                continue
        taken.heard.append((message.at, item, message.retained))
    if reading.from_event:
        for bad in reading.bad:
            rule = next(
                (rule for code, rule in _RULE_OF.items() if code in (bad.alarm or "") or code.encode() in bad.payload),
                None,
            )
            if rule is not None:
                taken.heard.append((message.at, Unreadable(rule), False))


def topic_of(lift: Lift, message: Message) -> str:
    """Where the lift published it."""
    return str(Topic(LiftId(lift.lift_id), message.kind, message.adapter))


def as_delivered(lift: Lift, message: Message) -> subscriber.Message:
    """The message as a broker delivers it."""
    return subscriber.Message(
        topic=topic_of(lift, message), payload=message.payload, dup=False, retain=message.retained,
        received_at_ms=message.at, epoch=0, packet_id=None,
    )  # fmt: skip
