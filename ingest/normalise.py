"""From a message to what it says: whose it is, the readable items, the unreadable parts with their reasons. Pure.

Whether an item is late, a duplicate or an alarm to act on is decided elsewhere (`alerts`, `ingest.transaction`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache

from msgspec import structs

from elevator import faults, topics, wire
from elevator.codes import Book
from elevator.errors import Unreadable, WireError
from elevator.model import Event, LiftClass, Link, Sample
from elevator.topics import Kind, Topic
from elevator.wire import Bad
from ingest.adapters import Adapter
from ingest.subscriber import Message

OTHER = "other"  # the metric's word for a topic beside the grammar
# Below lift/v1/{lift_id}/: what the telemetry lane hears too, because it listens to everything, and leaves alone.
_ELSEWHERE = ("/event", "/link", "/ack", "/notice")
_EVENT = "/event"
_LONGEST = 128  # characters of a topic about which an answer is remembered: anybody may make up long ones
_LEVELS = 3  # slashes in lift/v1/{lift_id}/{kind}
_MOST_DETAIL = 500  # characters of a reason that are kept
# What tells of an alarm in bytes that nobody can read, whoever wrote them (contract 2.3).
MARKS: Mapping[str, re.Pattern[bytes]] = {
    faults.ENTRAPMENT: re.compile("entrapment|困人".encode(), re.IGNORECASE),
    faults.ALARM_BUTTON: re.compile("alarm_?button|报警按钮".encode(), re.IGNORECASE),
}
_parse = lru_cache(maxsize=1 << 16)(topics.parse)


@dataclass(slots=True, kw_only=True)
class Reading:
    """One message, read."""

    message: Message
    topic: Topic | None  # None: no topic that a lift may publish on
    items: list[Sample | Event | Link] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    unknown: list[tuple[str, str]] = field(default_factory=list)  # field and value that nobody knows
    read_as: LiftClass | None = None  # the class that decided which fields a sample needs
    replay: bool = False  # an operator has it read again
    spoken: str | None = None  # the table of codes that its adapter speaks
    told_before: bool = False  # a redelivery of what has no time of its own (`ingest.numbering`)
    # by the place of an item: what the lift said where its codes were translated, and codes that nobody knows
    said: dict[int, list[str]] = field(default_factory=dict)
    strange: list[tuple[int, str]] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """The topic's kind, or `other`."""
        return self.topic.kind if self.topic is not None else OTHER

    @property
    def lift_id(self) -> str | None:
        """Whose it is; None where the topic does not say."""
        return self.topic.lift_id if self.topic is not None else None

    @property
    def needs_lift(self) -> bool:
        """Whether the lift must be looked up: for its items, or because its class may make bad samples good."""
        return bool(self.items) or (
            self.topic is not None
            and self.topic.kind in {Kind.TELEMETRY, Kind.RAW}
            and any(one.reason is Unreadable.MISSING_FIELD for one in self.bad)
        )

    @property
    def from_event(self) -> bool:
        """Whether it came on a lift's `event` topic, however badly that was written."""
        return self.message.topic.split("/")[3:4] == [Kind.EVENT]


def belongs_elsewhere(topic: str) -> bool:
    """Whether another lane reads this topic, or it is one of our own; asked only by the lane that hears everything."""
    return _is_elsewhere_soon(topic) if len(topic) <= _LONGEST else _is_elsewhere(topic)


def _is_elsewhere(topic: str) -> bool:
    return (topic.endswith(_ELSEWHERE) and topic.count("/") == _LEVELS) or is_raw(topic)


_is_elsewhere_soon = lru_cache(maxsize=1 << 17)(_is_elsewhere)


def is_raw(topic: str) -> bool:
    """Whether the lane of makers' payloads reads this topic."""
    return topic.split("/", _LEVELS + 1)[_LEVELS : _LEVELS + 1] == [Kind.RAW]


def may_be_urgent(message: Message, adapters: Mapping[str, Adapter], book: Book) -> bool:
    """Whether a maker's message may tell of an alarm, or holds an event: it goes before the others; never raises.

    Which table the lift speaks is not known here, so a number counts that is an alarm in any of them.
    """
    reading = read(message, None, adapters)
    for item in reading.items:
        if isinstance(item, Event) or (isinstance(item, Sample) and any(map(book.alarm_in, item.faults))):
            return True
    return any(bad.alarm for bad in reading.bad)


def is_rubbish(message: Message) -> bool:
    """Whether nothing in a message on `event` can be read; asked only by the lane that hears alarms."""
    if message.malformed is not None:
        return True
    return message.topic.endswith(_EVENT) and not wire.decode_events(message.payload).items


def read(
    message: Message, lift_class: LiftClass | None, adapters: Mapping[str, Adapter], *, replay: bool = False
) -> Reading:
    """Read a message; never raises.

    Args:
        message: as delivered.
        lift_class: of the registered lift, None for an unregistered or unknown one.
        adapters: makers' payloads by the name in the topic.
        replay: it comes from quarantine, where an operator has it read again: its items are marked `replay`.
    """
    reading = Reading(message=message, topic=None, read_as=lift_class, replay=replay)
    if message.malformed is not None:
        _refuse(reading, Unreadable.MALFORMED_PACKET, message.malformed)
        return reading
    try:
        reading.topic = topic = _parse(message.topic)
    except WireError as error:
        _refuse(reading, error.reason, error.detail)
        return reading
    match topic.kind:
        case Kind.TELEMETRY:
            _adopt(reading, wire.decode_samples(message.payload, lift_class))
        case Kind.EVENT:
            _adopt(reading, wire.decode_events(message.payload))
        case Kind.LINK:
            _read_link(reading)
        case _:
            _read_raw(reading, adapters.get(topic.adapter or ""), topic.adapter)
    if replay:
        reading.items = [
            item if isinstance(item, Link) else structs.replace(item, replay=True) for item in reading.items
        ]
    return reading


def _read_raw(reading: Reading, adapter: Adapter | None, name: str | None) -> None:
    """A maker's payload; whatever the adapter does, it ends here."""
    payload = reading.message.payload
    marks = MARKS
    try:
        reading.spoken = getattr(adapter, "table", None)
        marks = {**MARKS, **getattr(adapter, "marks", {})}
        decoded = _adapted(payload, adapter, name)
        _hold_to_limits(reading, decoded)
        reading.unknown = [(str(one)[:64], str(value)[:64].replace("\x00", "\ufffd")) for one, value in decoded.unknown]
    except WireError as error:
        _refuse(reading, error.reason, error.detail)
    except Exception as error:  # noqa: BLE001 - an adapter that fails must not stop the intake
        reading.items = []
        _refuse(reading, Unreadable.ADAPTER_FAILED, f"{type(error).__name__}: {error}"[:_MOST_DETAIL])
    for place, bad in enumerate(reading.bad):
        if bad.alarm is None:
            said = (code for code, mark in marks.items() if mark.search(bad.payload))
            reading.bad[place] = replace(bad, alarm=next(said, None))


def _adapted(payload: bytes, adapter: Adapter | None, name: str | None) -> "wire.Decoded[Sample | Event]":
    if adapter is None:
        raise WireError(Unreadable.UNKNOWN_ADAPTER, f"there is no adapter {name!r}")
    if len(payload) > wire.MAX_PAYLOAD:
        raise WireError(Unreadable.TOO_LARGE, f"{len(payload)} bytes; at most {wire.MAX_PAYLOAD}")
    return adapter(payload)


def _hold_to_limits(reading: Reading, decoded: "wire.Decoded[Sample | Event]") -> None:
    """Take what an adapter made where it is within the limits of the contract."""
    if len(decoded.items) + len(decoded.bad) > wire.MAX_ITEMS:
        raise WireError(Unreadable.ARRAY_LENGTH, f"more than {wire.MAX_ITEMS} samples and events in one message")
    bad = [
        Bad(payload=bytes(one.payload), reason=Unreadable(one.reason), detail=str(one.detail)[:_MOST_DETAIL],
            alarm=one.alarm if one.alarm in faults.ALARMS else None)
        for one in decoded.bad
    ]  # fmt: skip
    items: list[Sample | Event | Link] = []
    for item in decoded.items:
        if not isinstance(item, Sample | Event):
            raise TypeError(f"an adapter makes samples and events, not `{type(item).__name__}`")
        try:
            one = wire.proper(item)
            if isinstance(one, Sample) and wire.needs_lift_fields(reading.read_as):
                wire.require_lift_fields(one)
        except WireError as error:
            bad.append(Bad(payload=reading.message.payload, reason=error.reason, detail=error.detail,
                           alarm=_alarm_of(item)))  # fmt: skip
        else:
            items.append(one)
    reading.items, reading.bad = items, bad


def _alarm_of(item: Sample | Event) -> str | None:
    said = [item.code] if isinstance(item, Event) else item.faults
    return next((code for code in said if code in faults.ALARMS), None)


def _adopt(reading: Reading, decoded: "wire.Decoded[Sample] | wire.Decoded[Event]") -> None:
    reading.items.extend(decoded.items)
    reading.bad = decoded.bad
    reading.unknown = decoded.unknown


def _read_link(reading: Reading) -> None:
    payload = reading.message.payload
    if not payload:  # an operator emptied the retained message: it says nothing about the lift
        return
    try:
        link = wire.decode_link(payload)
    except WireError as error:
        _refuse(reading, error.reason, error.detail)
    else:
        reading.items.append(link)


def _refuse(reading: Reading, reason: Unreadable, detail: str) -> None:
    reading.bad = [Bad(payload=reading.message.payload, reason=reason, detail=detail)]
