"""Adapters: how others are found, what is done with what they make, and that the example of the documentation works."""

import re
import sys
import types
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

from elevator.codes import built_in, read
from elevator.errors import Unreadable, WireError
from elevator.model import Event, LiftClass, Link, Sample
from elevator.wire import Bad, Decoded
from ingest import adapters, normalise
from ingest.adapters import OURS, fields
from ingest.normalise import Reading
from ingest.subscriber import Message
from ingest.translate import into_ours

GOOD: dict[str, Any] = {
    "ts": 5,
    "seq": 0,
    "mode": "normal",
    "floor": "1",
    "moving": False,
    "door_zone": True,
    "door": "open",
}


def message(payload: bytes = b"{}", adapter: str = "acme") -> Message:
    return Message(f"lift/v1/L/raw/{adapter}", payload, dup=False, retain=False, received_at_ms=5, epoch=1, packet_id=1)


def reading_of(adapter: Any, lift_class: LiftClass | None = None, payload: bytes = b"{}") -> Reading:
    return normalise.read(message(payload), lift_class, {"acme": adapter})


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    module = types.ModuleType("acme_of_a_test")
    monkeypatch.setitem(sys.modules, "acme_of_a_test", module)
    return module


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, adapters.GROUP)


def test_others_are_found_by_their_entry_point(acme: types.ModuleType) -> None:
    acme.read = lambda _payload: Decoded(items=[Sample(**GOOD)])  # type: ignore[attr-defined]
    acme.number = 7  # type: ignore[attr-defined]
    found = adapters.load([
        point("acme", "acme_of_a_test:read"), point("gone", "acme_of_a_test:nothing"), point("far", "no_such_module:x"),
        point("box-json", "acme_of_a_test:read"), point("a/b", "acme_of_a_test:read"), point("seven", "acme_of_a_test:number"),
    ])  # fmt: skip
    assert set(found.adapters) == {*OURS, "acme"}
    assert found.adapters["box-json"] is OURS["box-json"]
    assert {name: why.split(":")[0] for name, why in found.broken.items()} == {
        "gone": "AttributeError", "far": "ModuleNotFoundError", "box-json": "this name is ours",
        "a/b": "this name cannot stand in a topic", "seven": "acme_of_a_test",
    }  # fmt: skip
    assert normalise.read(message(), None, found.adapters).items == [Sample(**GOOD)]


def raising(error: BaseException) -> Any:
    def adapter(_payload: bytes) -> Decoded[Sample | Event]:
        raise error

    return adapter


@pytest.mark.parametrize(
    ("adapter", "reason"),
    [
        (raising(RuntimeError("no")), Unreadable.ADAPTER_FAILED),
        (raising(RecursionError()), Unreadable.ADAPTER_FAILED),
        (raising(WireError(Unreadable.NOT_JSON, "no")), Unreadable.NOT_JSON),
        (lambda _payload: None, Unreadable.ADAPTER_FAILED),
        (lambda _payload: Decoded(items=[Link(online=True)]), Unreadable.ADAPTER_FAILED),
        (lambda _payload: Decoded(items=["sample"]), Unreadable.ADAPTER_FAILED),
        (lambda _payload: Decoded(bad=[Bad(payload=b"", reason="bad", detail="")]), Unreadable.ADAPTER_FAILED),
        (lambda _payload: Decoded(items=[Sample(**GOOD)] * 101), Unreadable.ARRAY_LENGTH),
        (lambda _payload: Decoded(items=[Sample(**GOOD | {"ts": -1})]), Unreadable.OUT_OF_RANGE),
        (lambda _payload: Decoded(items=[Sample(**GOOD | {"speed": float("nan")})]), Unreadable.OUT_OF_RANGE),
        (lambda _payload: Decoded(items=[Sample(**GOOD | {"load": float("inf")})]), Unreadable.OUT_OF_RANGE),
        (lambda _payload: Decoded(items=[Sample(**GOOD | {"floor": "12345"})]), Unreadable.OUT_OF_RANGE),
        (lambda _payload: Decoded(items=[Sample(**GOOD | {"door": "ajar"})]), Unreadable.WRONG_TYPE),
        (lambda _payload: Decoded(items=[Sample(**GOOD | {"moving": None})]), Unreadable.MISSING_FIELD),
        (lambda _payload: Decoded(items=[Sample(**GOOD | {"floor": "\x00"})]), Unreadable.NUL_CHARACTER),
        (lambda _payload: Decoded(items=[Event(ts=1, seq=0, code="x", active=True, detail={"\x00": 1})]), Unreadable.NUL_CHARACTER),
    ],
)  # fmt: skip
def test_whatever_an_adapter_does_it_ends_in_quarantine(adapter: Any, reason: Unreadable) -> None:
    reading = reading_of(adapter, payload=b"the bytes")
    assert reading.items == []
    assert [(bad.reason, bad.payload) for bad in reading.bad][:1] == [(reason, b"the bytes")]
    assert not reading.needs_lift or reason is Unreadable.MISSING_FIELD


def test_one_bad_sample_costs_only_itself() -> None:
    some = [Sample(**GOOD), Sample(**GOOD | {"ts": -1}), Event(ts=1, seq=0, code="x", active=True)]
    reading = reading_of(lambda _payload: Decoded(items=some))
    assert (len(reading.items), len(reading.bad)) == (2, 1)


def test_the_class_decides_what_a_sample_must_say() -> None:
    bare = Sample(ts=5, seq=0, mode="normal")  # type: ignore[arg-type]
    for lift_class in (None, LiftClass.TRACTION, LiftClass.HYDRAULIC):
        reading = reading_of(lambda _payload: Decoded(items=[bare]), lift_class)
        assert reading.bad[0].reason is Unreadable.MISSING_FIELD
        assert reading.needs_lift  # another class may make it good
    for lift_class in (LiftClass.ESCALATOR, LiftClass.HOIST, LiftClass.DUMBWAITER):
        assert len(reading_of(lambda _payload: Decoded(items=[bare]), lift_class).items) == 1


def test_too_large_a_payload_reaches_no_adapter() -> None:
    reading = reading_of(raising(AssertionError("it was asked")), payload=b" " * 65_537)
    assert reading.bad[0].reason is Unreadable.TOO_LARGE


def test_an_alarm_that_is_refused_is_known_as_one() -> None:
    lost = Event(ts=-1, seq=0, code="entrapment", active=True)
    assert reading_of(lambda _payload: Decoded(items=[lost])).bad[0].alarm == "entrapment"
    marked = adapters.Spoken(read=raising(RuntimeError()), marks={"entrapment": re.compile(b"T=1")})
    assert reading_of(marked, payload=b"x T=1").bad[0].alarm == "entrapment"
    assert reading_of(marked, payload=b"x T=0").bad[0].alarm is None
    assert reading_of(marked, payload=b"ALARM_BUTTON").bad[0].alarm == "alarm_button"


@pytest.mark.parametrize(
    ("adapter", "payload", "urgent"),
    [
        ("gbt-json", b'{"failureCode": "12"}', True),  # any event
        ("gbt-json", b'{"failureCode": "09", "x', True),  # broken, and may be one
        ("gbt-json", b'{"x', False),
        ("box-json", b'{"type":"info","data":{"direction":0,"inposition":0,"floor":1,"door":0,"fault":[8]}}', True),
        ("box-json", b'{"type":"info","data":{"direction":0,"inposition":0,"floor":1,"door":0,"fault":[93]}}', True),
        ("box-json", b'{"type":"info","data":{"direction":0,"inposition":0,"floor":1,"door":0,"fault":[12]}}', False),
        ("box-json", b'{"type":"info","data":{"direction":0,"inposition":0,"floor":1,"door":0}}', False),
        ("nobody", b"\x00", False),
        ("nobody", b"entrapment", True),
    ],
)
def test_what_goes_first(adapter: str, payload: bytes, urgent: bool) -> None:
    assert normalise.may_be_urgent(message(payload, adapter), adapters.ADAPTERS, built_in()) is urgent


@pytest.mark.parametrize(
    ("value", "ms", "counted"),
    [
        ("1970-01-01 08:00:01", 1000, False),
        ("2026-08-06 14:26:40", 1_785_997_600_000, False),
        ("2026-08-06T06:26:40Z", 1_785_997_600_000, False),
        (1_786_000_000, 1_786_000_000_000, False),
        ("1786000000", 1_786_000_000_000, False),
        (1_786_000_000_123, 1_786_000_000_123, False),
        (1_786_000_000.5, 1_786_000_000_500, False),
        (None, 0, False),
        (0, 0, True),
        (-5, 0, True),
        (True, 0, True),
        ("yesterday", 0, True),
        ("0000-00-00 00:00:00", 0, True),
        ("9999-12-31 23:59:59", 253_402_271_999_000, False),
        (1e300, 0, True),
        ([], 0, True),
    ],
)
def test_times(value: object, ms: int, counted: bool) -> None:
    unknown: list[tuple[str, str]] = []
    assert fields.moment(value, "time", unknown) == ms
    assert bool(unknown) is counted


@pytest.mark.parametrize(
    ("code", "raw", "model", "read_as", "text", "strange"),
    [
        ("overspeed", "17", None, "overspeed", None, []),
        ("other", None, None, "other", None, []),
        ("other", "8", None, "restart_prevented", "other", []),
        ("other", "999", None, "other", None, ["999"]),
        ("8", None, "R", "door_open_moving", "8", []),
        ("F12", "8", "R", "door_open_moving", "F12", []),
        ("F12", None, None, "F12", None, ["F12"]),
        ("SHA:5", "5", None, "SHA:5", None, ["SHA:5"]),  # a table of its own: the number is not the lift's
        ("0", None, None, "automatic_running", "0", []),
    ],
)
def test_codes_of_events(
    code: str, raw: str | None, model: str | None, read_as: str, text: str | None, strange: list[str]
) -> None:
    book = read('[models]\nR = "regional"')
    reading = reading_of(lambda _payload: Decoded(items=[Event(ts=1, seq=0, code=code, active=True, raw=raw)]))
    into_ours(reading, book, model)
    (event,) = reading.items
    assert isinstance(event, Event)
    assert event.code == read_as
    assert reading.said.get(0, [None])[0] == text
    assert [one for _, one in reading.strange] == strange
    assert event.raw == (raw if raw is not None or text is None else code)


def test_the_example_of_the_documentation_is_an_adapter() -> None:
    page = (Path(__file__).parents[2] / "docs" / "adapters.md").read_text()
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    names: dict[str, Any] = {}
    exec(example, names)
    payload = re.search(r"# liftline_nova.py: (.*)", example)
    assert payload is not None
    reading = reading_of(names["ADAPTER"], payload=payload[1].encode())
    assert reading.bad == []
    (sample,) = reading.items
    assert isinstance(sample, Sample)
    assert (sample.ts, sample.floor, sample.moving, sample.door_zone, sample.faults) == (
        1_786_000_000_000,
        "12",
        False,
        True,
        ["17"],
    )
    assert reading_of(names["ADAPTER"], payload=b'{"t": 1, "err": [3, 15]').bad[0].alarm == "alarm_button"
