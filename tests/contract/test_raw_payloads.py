"""The golden payloads of makers' adapters: what is read, as what, and what is refused for which reason.

`payloads/raw/good/ADAPTER__CLASS__STORY.json` is read as its `.read.json` says, codes translated by the adapter's own table;
`payloads/raw/bad/REASON__ADAPTER__STORY.json` is refused with REASON; where the story ends with `alarm` or `entrapment`,
it is known for what it may have been about.
"""

import json
from pathlib import Path

import pytest

from elevator import wire
from elevator.codes import built_in
from elevator.errors import Unreadable
from elevator.model import Event, LiftClass, Sample
from ingest import normalise
from ingest.adapters import ADAPTERS, OURS
from ingest.normalise import Reading
from ingest.subscriber import Message
from ingest.translate import into_ours

FOLDER = Path(__file__).with_name("payloads") / "raw"
GOOD = sorted(path for path in (FOLDER / "good").glob("*.json") if not path.name.endswith(".read.json"))
BAD = sorted((FOLDER / "bad").glob("*"))
CLASSES = {"lift": LiftClass.TRACTION, "escalator": LiftClass.ESCALATOR, "hoist": LiftClass.HOIST}


def read(adapter: str, payload: bytes, lift_class: LiftClass | None) -> Reading:
    message = Message(
        f"lift/v1/L/raw/{adapter}", payload, dup=False, retain=False, received_at_ms=1, epoch=1, packet_id=1
    )
    reading = normalise.read(message, lift_class, ADAPTERS)
    into_ours(reading, built_in(), None)
    return reading


def shown(reading: Reading) -> dict[str, object]:
    items = []
    for place, item in enumerate(reading.items):
        assert isinstance(item, Sample | Event)
        one = json.loads(wire.encode(item))
        del one["seq"]  # the platform's business
        items.append(one | ({"said": reading.said[place]} if place in reading.said else {}))
    return {"items": items, "unknown": [list(one) for one in reading.unknown], "strange": reading.strange}


def test_there_are_golden_payloads_of_every_adapter() -> None:
    assert {path.name.split("__")[0] for path in GOOD} == set(OURS)
    assert {path.name.split("__")[1] for path in BAD} == {*OURS, "nobody"}


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good_payloads_are_read_as_written_down(path: Path) -> None:
    adapter, lift_class, _ = path.stem.split("__")
    reading = read(adapter, path.read_bytes(), CLASSES[lift_class])
    assert reading.bad == []
    assert json.loads(json.dumps(shown(reading))) == json.loads(path.with_suffix(".read.json").read_text())


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_bad_payloads_are_refused_for_the_right_reason(path: Path) -> None:
    reason, adapter, story = path.stem.split("__")
    reading = read(adapter, path.read_bytes(), LiftClass.TRACTION)
    assert reading.items == []
    assert [one.reason for one in reading.bad] == [reason], reading.bad
    assert reading.bad[0].payload == path.read_bytes()
    assert reading.bad[0].detail
    alarm = {"entrapment": "entrapment", "alarm": "alarm_button"}.get(story.rsplit("_", 1)[-1])
    assert reading.bad[0].alarm == alarm
    assert Unreadable(reason)


@pytest.mark.parametrize("adapter", sorted(OURS))
def test_one_bad_object_of_a_list_costs_only_itself(adapter: str) -> None:
    path = next(path for path in GOOD if path.name.startswith(adapter) and not path.read_bytes().startswith(b"["))
    lift_class = CLASSES[path.stem.split("__")[1]]
    good = path.read_bytes().strip()
    alone = len(read(adapter, good, lift_class).items)
    assert alone
    reading = read(adapter, b"[" + good + b',{"x": 1},7,' + good + b"]", lift_class)
    assert len(reading.items) == 2 * alone
    assert [(bad.payload, bad.reason) for bad in reading.bad] == [(b'{"x": 1}', "missing_field"), (b"7", "wrong_type")]
