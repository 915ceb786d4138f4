"""The golden payloads: what is read, as what, and what is refused for which reason (contract sections 2 and 2.3).

`payloads/good/KIND__STORY.json` is read as `payloads/good/KIND__STORY.read.json` says; `payloads/bad/REASON__KIND__STORY.json`
is refused with REASON and kept byte for byte. Whoever writes a controller may try his own against the same files.
"""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from elevator import wire
from elevator.errors import Unreadable, WireError
from elevator.model import Event, LiftClass, Link, Sample
from elevator.wire import Bad

FOLDER = Path(__file__).with_name("payloads")
GOOD = sorted(path for path in (FOLDER / "good").glob("*.json") if not path.name.endswith(".read.json"))
BAD = sorted((FOLDER / "bad").glob("*.json"))
SAMPLE = (FOLDER / "good" / "telemetry__smallest.json").read_bytes().strip()
EVENT = (FOLDER / "good" / "event__alarm_button.json").read_bytes().strip()


def read(kind: str, payload: bytes) -> tuple[list[Sample] | list[Event] | list[Link], list[Bad], list[tuple[str, str]]]:
    match kind:
        case "telemetry":
            samples = wire.decode_samples(payload, None)
            return samples.items, samples.bad, samples.unknown
        case "event":
            events = wire.decode_events(payload)
            return events.items, events.bad, events.unknown
        case "link":
            try:
                return [wire.decode_link(payload)], [], []
            except WireError as error:
                return [], [Bad(payload=payload, reason=error.reason, detail=error.detail)], []
        case _:
            raise AssertionError(kind)


def test_there_are_golden_payloads_of_every_kind() -> None:
    assert {path.name.split("__")[0] for path in GOOD} == {"telemetry", "event", "link"}
    told_by_payload = {path.name.split("__")[0] for path in BAD} | {Unreadable.TOO_LARGE}
    told_by_others = {
        Unreadable.BAD_TOPIC, Unreadable.UNKNOWN_ADAPTER, Unreadable.ADAPTER_FAILED, Unreadable.REFUSED_BY_DATABASE, Unreadable.MALFORMED_PACKET,
    }  # fmt: skip
    assert told_by_payload == set(Unreadable) - told_by_others


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good_payloads_are_read_as_written_down(path: Path) -> None:
    items, bad, unknown = read(path.name.split("__")[0], path.read_bytes())
    assert bad == []
    assert {"items": [json.loads(wire.encode(item)) for item in items], "unknown": [list(one) for one in unknown]} == (
        json.loads(path.with_suffix(".read.json").read_text())
    )


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_bad_payloads_are_refused_for_the_right_reason(path: Path) -> None:
    reason, kind, _ = path.stem.split("__", 2)
    items, bad, _ = read(kind, path.read_bytes())
    assert items == []
    assert [one.reason for one in bad] == [reason], bad
    assert bad[0].detail
    if kind == "link" or not path.read_bytes().startswith(b"[["):
        assert bad[0].payload == path.read_bytes()


@pytest.mark.parametrize("kind", ["telemetry", "event", "link"])
def test_64_kib_is_the_limit(kind: str) -> None:
    good = {"telemetry": SAMPLE, "event": EVENT, "link": b'{"online": true}'}[kind]
    items, bad, _ = read(kind, good.ljust(wire.MAX_PAYLOAD))
    assert (len(items), bad) == (1, [])
    items, bad, _ = read(kind, good.ljust(wire.MAX_PAYLOAD + 1))
    assert items == []
    assert [one.reason for one in bad] == [Unreadable.TOO_LARGE]


@pytest.mark.parametrize("kind", ["telemetry", "event"])
def test_an_array_holds_1_to_100(kind: str) -> None:
    good = {"telemetry": SAMPLE, "event": EVENT}[kind]
    for number, read_as in ((1, 1), (100, 100), (101, 0)):
        items, bad, _ = read(kind, b"[" + b",".join([good] * number) + b"]")
        assert len(items) == read_as, number
        assert [one.reason for one in bad] == ([] if read_as else [Unreadable.ARRAY_LENGTH])


@pytest.mark.parametrize("path", [path for path in BAD if "__telemetry__" in path.name], ids=lambda path: path.stem)
def test_one_bad_sample_costs_only_itself(path: Path) -> None:
    """Between two good ones, whatever is JSON in itself is quarantined alone; what is no JSON costs the message."""
    reason = path.stem.split("__")[0]
    spoilt = path.read_bytes().strip()
    items, bad, _ = read("telemetry", b"[" + SAMPLE + b"," + spoilt + b"," + SAMPLE + b"]")
    if reason in {Unreadable.NOT_JSON, Unreadable.NOT_UTF8}:
        assert items == []
    elif reason == Unreadable.ARRAY_LENGTH:  # an element that is a list is of the wrong type
        assert [one.reason for one in bad] == [Unreadable.WRONG_TYPE]
    else:
        assert len(items) == 2
        assert [(one.reason, one.payload) for one in bad] == [(reason, spoilt)]


def test_an_escaped_bomb_in_one_event_leaves_the_alarm_beside_it() -> None:
    """Walking a deep `detail` once ran into Python's recursion limit and cost the alarm in the same array."""
    bomb = b'{"ts":1,"seq":1,"code":"x","active":true,"detail":' + b'{"a":' * 400 + rb'"\u0000"' + b"}" * 400 + b"}"
    items, bad, _ = read("event", b"[" + bomb + b"," + EVENT + b"]")
    assert [item.code for item in items if isinstance(item, Event)] == ["alarm_button"]
    assert [one.reason for one in bad] == [Unreadable.OUT_OF_RANGE]


@pytest.mark.parametrize("lift_class", [None, LiftClass.TRACTION, LiftClass.HYDRAULIC])
@pytest.mark.parametrize("name", ["floor", "moving", "door_zone", "door"])
def test_lifts_must_tell_where_they_are(lift_class: LiftClass | None, name: str) -> None:
    fields = json.loads(SAMPLE)
    del fields[name]
    decoded = wire.decode_samples(json.dumps(fields).encode(), lift_class)
    assert [one.reason for one in decoded.bad] == [Unreadable.MISSING_FIELD]
    assert f"`{name}`" in decoded.bad[0].detail


@pytest.mark.parametrize("lift_class", [LiftClass.DUMBWAITER, LiftClass.ESCALATOR, LiftClass.HOIST])
def test_other_classes_may_leave_that_out(lift_class: LiftClass) -> None:
    decoded = wire.decode_samples(b'{"ts":1,"seq":1,"mode":"normal"}', lift_class)
    assert decoded.bad == []
    assert decoded.items[0].zone is None


@pytest.mark.parametrize("said", [True, False, None])
def test_person_count_and_sensor(said: bool | None) -> None:
    fields = json.loads(SAMPLE) | {"occupied": said}
    for people, occupied in ((None, said), (0, said), (1, True)):
        sample = wire.decode_samples(json.dumps(fields | {"people": people}).encode(), None).items[0]
        assert sample.occupied_now is occupied


# The words by which `elevator.wire` tells reasons apart are msgspec's; a release that changes them shows here.
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"seq": 1, "mode": "normal"}, "missing required field"),
        ({"ts": -1, "seq": 1, "mode": "normal"}, "Expected `int` >= 0"),
        ({"ts": 1, "seq": 2**63, "mode": "normal"}, "Expected `int` <= 9223372036854775807"),
        ({"ts": 1, "seq": 1, "mode": "normal", "floor": "12345"}, "Expected `str` of length <= 4"),
        ({"ts": 1, "seq": 1, "mode": 1}, "Expected `str`, got `int`"),
    ],
)
def test_the_words_of_msgspec(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=words):
        msgspec.convert(fields, Sample)
    with pytest.raises(msgspec.ValidationError, match="out of range"):
        msgspec.json.decode(b"1e999")
