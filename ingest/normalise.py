"""From a message to what it says: whose it is, the readable items, the unreadable parts with their reasons. Pure.

Whether an item is late, a duplicate or an alarm to act on is decided elsewhere (`alerts`, `ingest.transaction`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from msgspec import structs

from elevator import topics, wire
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
_LEVELS = 3  # slashes in lift/v1/{lift_id}/{kind}
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
            and self.topic.kind is Kind.TELEMETRY
            and any(one.reason is Unreadable.MISSING_FIELD for one in self.bad)
        )

    @property
    def from_event(self) -> bool:
        """Whether it came on a lift's `event` topic, however badly that was written."""
        return self.message.topic.split("/")[3:4] == [Kind.EVENT]


def belongs_elsewhere(topic: str) -> bool:
    """Whether another lane reads this topic, or it is one of our own; asked only by the lane that hears everything."""
    return topic.endswith(_ELSEWHERE) and topic.count("/") == _LEVELS


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
            adapter = adapters.get(topic.adapter or "")
            if adapter is None:
                _refuse(reading, Unreadable.UNKNOWN_ADAPTER, f"there is no adapter {topic.adapter!r}")
            else:
                _adopt(reading, adapter(message.payload))
    if replay:
        reading.items = [
            item if isinstance(item, Link) else structs.replace(item, replay=True) for item in reading.items
        ]
    return reading


def _adopt(
    reading: Reading, decoded: "wire.Decoded[Sample] | wire.Decoded[Event] | wire.Decoded[Sample | Event]"
) -> None:
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
