"""Reading messages: what is understood, what is not and why."""

import json

import pytest

from elevator.errors import Unreadable
from elevator.model import Event, LiftClass, Link, Sample
from elevator.wire import Decoded
from ingest import normalise
from ingest.subscriber import Message

SAMPLE = {"ts": 1, "seq": 1, "mode": "normal", "floor": "1", "moving": False, "door_zone": True, "door": "open"}
EVENT = {"ts": 1, "seq": 1, "code": "alarm_button", "active": True}


def message(topic: str, payload: object = b"", malformed: str | None = None) -> Message:
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Message(topic, data, dup=False, retain=False, received_at_ms=5, epoch=1, packet_id=1, malformed=malformed)


@pytest.mark.parametrize(
    ("topic", "payload", "kinds"),
    [
        ("lift/v1/L/telemetry", SAMPLE, [Sample]),
        ("lift/v1/L/telemetry", [SAMPLE, SAMPLE], [Sample, Sample]),
        ("lift/v1/L/event", EVENT, [Event]),
        ("lift/v1/L/link", {"online": False}, [Link]),
        ("lift/v1/L/link", b"", []),  # a retained message was emptied
    ],
)
def test_good_messages(topic: str, payload: object, kinds: list[type]) -> None:
    reading = normalise.read(message(topic, payload), None, {})
    assert [type(item) for item in reading.items] == kinds
    assert reading.bad == []
    assert reading.lift_id == "L"


@pytest.mark.parametrize(
    ("topic", "payload", "reason", "rings"),
    [
        ("lift/v1/L/telemetry", b"{", Unreadable.NOT_JSON, False),
        ("lift/v1/L/event", {"ts": 1}, Unreadable.MISSING_FIELD, True),
        ("lift/v1/not an id!/event", EVENT, Unreadable.BAD_TOPIC, True),
        ("lift/v1/L/event/more", EVENT, Unreadable.BAD_TOPIC, True),
        ("lift/v1/L/telemetri", SAMPLE, Unreadable.BAD_TOPIC, False),
        ("lift/v1", b"", Unreadable.BAD_TOPIC, False),
        ("lift/v1/L/raw/unheard_of", b"\x00", Unreadable.UNKNOWN_ADAPTER, False),
        ("lift/v1/L/link", b"", None, False),
        ("lift/v1/L/link", {"online": 1}, Unreadable.WRONG_TYPE, False),
    ],
)
def test_bad_messages(topic: str, payload: object, reason: Unreadable | None, rings: bool) -> None:
    original = message(topic, payload)
    reading = normalise.read(original, None, {})
    assert reading.items == []
    assert [(bad.reason, bad.payload) for bad in reading.bad] == ([(reason, original.payload)] if reason else [])
    assert reading.from_event is rings


def test_a_malformed_packet_is_bad_whatever_its_topic() -> None:
    reading = normalise.read(message("lift/v1/L/event", EVENT, malformed="not UTF-8"), None, {})
    assert (reading.items, reading.lift_id, reading.bad[0].reason) == ([], None, Unreadable.MALFORMED_PACKET)
    assert reading.from_event


def test_one_bad_sample_costs_only_itself() -> None:
    reading = normalise.read(message("lift/v1/L/telemetry", [SAMPLE, {"seq": 2}, SAMPLE]), None, {})
    assert (len(reading.items), [bad.payload for bad in reading.bad]) == (2, [b'{"seq": 2}'])
    assert reading.needs_lift


@pytest.mark.parametrize(
    ("lift_class", "good"), [(None, False), (LiftClass.TRACTION, False), (LiftClass.ESCALATOR, True)]
)
def test_the_class_decides_which_fields_a_sample_needs(lift_class: LiftClass | None, good: bool) -> None:
    reading = normalise.read(message("lift/v1/L/telemetry", {"ts": 1, "seq": 1, "mode": "normal"}), lift_class, {})
    assert bool(reading.items) is good
    assert reading.needs_lift  # the class may make it good
    assert reading.read_as is lift_class


def test_junk_needs_no_lift() -> None:
    """Bytes that nobody can read do not enter a lift in the registry, nor count as having heard it."""
    for topic in ("lift/v1/L/telemetry", "lift/v1/L/event", "lift/v1/L/link", "lift/v1/L/raw/x"):
        assert not normalise.read(message(topic, b"junk"), None, {}).needs_lift


def test_a_replay_is_marked_on_every_item() -> None:
    events = normalise.read(message("lift/v1/L/event", [EVENT, EVENT]), None, {}, replay=True)
    assert all(isinstance(item, Event) and item.replay for item in events.items)
    link = normalise.read(message("lift/v1/L/link", {"online": True}), None, {}, replay=True)
    assert link.items == [Link(online=True)]


def test_an_adapter_reads_its_own_payloads() -> None:
    def adapter(payload: bytes) -> Decoded[Sample | Event]:
        return Decoded(items=[Event(ts=payload[0], seq=1, code="other", active=True)])

    reading = normalise.read(message("lift/v1/L/raw/acme", b"\x07"), None, {"acme": adapter})
    assert [item.ts for item in reading.items] == [7]


@pytest.mark.parametrize(
    ("topic", "elsewhere"),
    [
        ("lift/v1/L/telemetry", False),
        ("lift/v1/L/raw/acme", True),
        ("lift/v1/L/raw", True),
        ("lift/v1/L/raw/acme/more", True),
        ("lift/v1/raw", False),
        ("lift/v1/raw/telemetry", False),
        ("lift/v1/L/event", True),
        ("lift/v1/bad id!/event", True),
        ("lift/v1/L/link", True),
        ("lift/v1/L/ack", True),
        ("lift/v1/L/notice", True),
        ("lift/v1/L/event/more", False),
        ("lift/v1/L/x/event", False),
        ("lift/v1/event", False),
    ],
)
def test_the_telemetry_lane_leaves_alone_what_the_other_lanes_read(topic: str, elsewhere: bool) -> None:
    assert normalise.belongs_elsewhere(topic) is elsewhere
