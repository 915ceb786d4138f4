"""Whatever a stranger sends, on whatever topic: reading never raises, and what it lets through can be stored."""

import json
import math
from datetime import UTC, datetime
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from elevator import times, wire
from elevator.errors import Unreadable
from elevator.model import MAX_BIGINT, MAX_INT, MAX_REAL, MAX_TS, Event, LiftClass, Link, Sample
from elevator.topics import Kind
from ingest import normalise
from ingest.adapters import ADAPTERS
from ingest.subscriber import Message

anything = st.text(max_size=12) | st.sampled_from(["\x00", "a\x00b", "\ud800", "\udc00\ud800"])
lift_ids = st.sampled_from(
    ["L1", "31104302112016059001", "a" * 64, "a" * 65, "", ".hidden", "梯", "a b", "..", "L1\x00"]
)
kinds = st.sampled_from([*Kind, "telemetry ", "TELEMETRY", "", "raw/m", "raw/m/n", "event/", "ack", "状态"])
good_topics = st.sampled_from(["lift/v1/L1/telemetry", "lift/v1/L1/event", "lift/v1/L1/link"])
strange_topics = (
    st.builds("lift/v1/{}/{}".format, lift_ids | anything, kinds | anything)
    | anything
    | st.sampled_from(["lift/v1", "lift/v2/L1/event", "/".join("x" * 9000), "lift/v1/L1/" + "t" * 60_000])
)

topics = st.integers(0, 4).flatmap(lambda one: strange_topics if one == 0 else good_topics)

numbers = st.sampled_from([
    0, -1, 1.5, 2**31 - 1, 2**31, 2**53, 2**63 - 1, 2**63, 2**64, 10**400, -(10**400), 1e308, -1e308, 3.5e38, 1e-320,
    MAX_TS, MAX_TS + 1, MAX_INT, MAX_INT + 1, MAX_BIGINT, MAX_BIGINT + 1, MAX_REAL, 1_700_000_000_000,
])  # fmt: skip
leaves = st.none() | st.booleans() | numbers | st.integers() | anything
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(anything, inner, max_size=4), max_leaves=12
)
good_sample = {
    "ts": 1_700_000_000_000, "seq": 1, "mode": "normal", "floor": "3", "moving": False, "door_zone": True, "door": "closed"
}  # fmt: skip
good_event = {"ts": 1_700_000_000_000, "seq": 1, "code": "alarm_button", "active": True}
good_link = {"online": True, "ts": 1_700_000_000_000, "interval": 30}
fields = st.sampled_from(
    [one for kind in (Sample, Event, Link) for one in kind.__struct_fields__] + ["TS", "", "\ud800", "sql'; --"]
)


@st.composite
def near_valid(draw: st.DrawFn) -> Any:
    """A good object with some of its fields spoiled, or gone, or strangers beside them."""
    one = dict(draw(st.sampled_from([good_sample, good_event, good_link])))
    one |= draw(st.dictionaries(fields, values, max_size=3))
    if "code" in one and draw(st.booleans()):
        one["detail"] = draw(st.dictionaries(anything, values, max_size=2))
    for name in draw(st.lists(st.sampled_from(sorted(one)), max_size=1)):
        del one[name]
    return one


def nested(depth: int, opening: str, closing: str) -> bytes:
    return f'{{"ts": 1, "seq": 1, "code": "x", "active": true, "detail": {opening * depth}1{closing * depth}}}'.encode()


@st.composite
def mangled(draw: st.DrawFn) -> bytes:
    """JSON, cut, doubled, or with bytes in it that do not belong there."""
    data = bytearray(json.dumps(draw(near_valid())).encode())
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        match draw(st.integers(0, 3)):
            case 0:
                data[at:at] = draw(st.binary(max_size=4))
            case 1:
                del data[at:]
            case 2:
                data[at:at] = draw(st.sampled_from([b"\x00", b"\\u0000", b"\\ud800", b"\xed\xa0\x80", b"\xff", b"NaN"]))
            case _:
                data += data[at : at + 20]
    return bytes(data)


def dumped(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=True).encode()


plain = near_valid().map(dumped)
strange_payloads = (
    st.binary(max_size=200)
    | near_valid().map(lambda one: json.dumps(one, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    | mangled()
    | values.map(dumped)
    | st.lists(near_valid() | values, max_size=4).map(dumped)
    | st.builds(
        lambda number, one: dumped([one | {"seq": n} for n in range(number)]), st.sampled_from([0, 1, 100, 101]),
        st.sampled_from([good_sample, good_event]),
    )
    | st.builds(nested, st.sampled_from([1, 31, 32, 33, 500, 5000, 100_000]), st.just("["), st.just("]"))
    | st.builds(nested, st.sampled_from([1, 31, 32, 33, 500, 5000]), st.just('{"a":'), st.just("}"))
    | st.sampled_from([b"[" * 60_000, b'{"a":' * 12_000, b"x" * 65_536, b"x" * 65_537, b" " * 65_536, b"[]", b"[[]]", b""])
)  # fmt: skip


payloads = st.integers(0, 1).flatmap(lambda one: strange_payloads if one else plain)


def message(topic: str, payload: bytes) -> Message:
    return Message(topic, payload, dup=False, retain=False, received_at_ms=0, epoch=1, packet_id=1)


def storable_text(text: str | None) -> bool:
    """PostgreSQL's text: no U+0000, and nothing that UTF-8 cannot say."""
    return text is None or ("\x00" not in text and text.encode("utf-8", "replace").decode() == text)


def storable_json(value: Any, depth: int = 0) -> bool:
    match value:
        case str():
            return storable_text(value)
        case dict():
            return all(storable_text(key) and storable_json(inner, depth + 1) for key, inner in value.items())
        case list():
            return all(storable_json(inner, depth + 1) for inner in value)
        case float():
            return math.isfinite(value)
        case _:
            return depth <= wire.MAX_DEPTH + 1


@settings(max_examples=400, deadline=None)
@given(topics, payloads, st.none() | st.sampled_from(LiftClass), st.booleans())
@example("lift/v1/L1/event", nested(33, "[", "]"), None, False)
@example("lift/v1/L1/telemetry", dumped([good_sample] * 100), None, False)
@example("lift/v1/L1/telemetry", dumped([good_sample] * 101), None, False)
def test_reading_never_raises_and_lets_nothing_unstorable_through(
    topic: str, payload: bytes, lift_class: LiftClass | None, replay: bool
) -> None:
    reading = normalise.read(message(topic, payload), lift_class, ADAPTERS, replay=replay)
    empty_link = reading.topic is not None and reading.topic.kind is Kind.LINK and not payload
    assert empty_link != bool(reading.items or reading.bad)
    assert len(reading.items) + len(reading.bad) <= wire.MAX_ITEMS
    wanted = {Kind.TELEMETRY: Sample, Kind.EVENT: Event, Kind.LINK: Link}
    for item in reading.items:
        assert reading.topic is not None
        assert isinstance(item, wanted[reading.topic.kind])
        _storable(item)
    for bad in reading.bad:
        assert bad.reason in Unreadable
        assert bad.payload in payload
    for field, value in reading.unknown:
        assert storable_text(field)
        assert storable_text(value)


def _storable(item: Sample | Event | Link) -> None:
    """By the types of the columns (docs/mqtt.md, elevator/schema.sql)."""
    moment = times.at(item.ts)
    assert moment is None or datetime(1970, 1, 1, tzinfo=UTC) <= moment < datetime(10_000 - 1, 12, 31, 23, tzinfo=UTC)
    if isinstance(item, Link):
        assert storable_text(item.firmware)
        assert item.interval is None or math.isfinite(item.interval)
        return
    assert 0 <= item.seq <= MAX_BIGINT
    assert storable_text(item.boot)
    assert len(item.boot) <= 32
    if isinstance(item, Event):
        assert storable_text(item.code)
        assert storable_text(item.raw)
        assert storable_json(item.detail)
        return
    for name in ("speed", "position", "load", "temperature"):
        value = getattr(item, name)
        assert value is None or abs(value) <= MAX_REAL, name
    for name in ("trips", "running_hours"):
        value = getattr(item, name)
        assert value is None or math.isfinite(value), name
    for name in ("people", "car_calls"):
        value = getattr(item, name)
        assert value is None or 0 <= value <= MAX_INT, name
    assert item.floor is None or (storable_text(item.floor) and len(item.floor) <= 4)
    assert all(storable_text(one) for one in item.faults)
