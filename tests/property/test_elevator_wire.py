"""What holds for every payload: the way to the wire and back, and that nothing a stranger sends gets past a WireError."""

import json
from contextlib import suppress
from typing import Any

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from elevator import wire
from elevator.errors import WireError
from elevator.model import (
    MAX_BIGINT,
    MAX_INT,
    MAX_REAL,
    MAX_TS,
    Direction,
    Door,
    DoorCommand,
    Event,
    LiftClass,
    Link,
    Mode,
    Power,
    SafetyChain,
    Sample,
)

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=40)
amount = st.floats(0, MAX_REAL, allow_nan=False)
real = st.floats(-MAX_REAL, MAX_REAL, allow_nan=False)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


samples = st.builds(
    Sample,
    ts=st.integers(0, MAX_TS), seq=st.integers(0, MAX_BIGINT), boot=text.map(lambda boot: boot[:32]),
    mode=st.sampled_from(Mode), floor=text.map(lambda floor: floor[:4]), moving=st.booleans(),
    door_zone=maybe(st.booleans()), door=st.sampled_from(Door), direction=maybe(st.sampled_from(Direction)),
    speed=maybe(amount), position=maybe(real), occupied=maybe(st.booleans()), people=maybe(st.integers(0, MAX_INT)),
    load=maybe(amount), power=maybe(st.sampled_from(Power)), safety_chain=maybe(st.sampled_from(SafetyChain)),
    door_command=maybe(st.sampled_from(DoorCommand)), car_calls=maybe(st.integers(0, MAX_INT)),
    faults=st.lists(text, max_size=5), trips=maybe(amount), running_hours=maybe(amount), temperature=maybe(real),
    replay=st.booleans(),
)  # fmt: skip
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)
events = st.builds(
    Event,
    ts=st.integers(0, MAX_TS), seq=st.integers(0, MAX_BIGINT), code=text, active=st.booleans(),
    boot=text.map(lambda boot: boot[:32]), raw=maybe(text), detail=maybe(st.dictionaries(text, json_values, max_size=3)),
    replay=st.booleans(),
)  # fmt: skip
links = st.builds(
    Link, online=st.booleans(), ts=maybe(st.integers(0, MAX_TS)), interval=maybe(real), firmware=maybe(text),
    boot=maybe(text.map(lambda boot: boot[:32])),
)  # fmt: skip


@given(st.lists(samples, min_size=1, max_size=4), st.sampled_from([None, *LiftClass]))
def test_samples_come_back_as_they_went(batch: list[Sample], lift_class: LiftClass | None) -> None:
    payload = b"[" + b",".join(wire.encode(sample) for sample in batch) + b"]"
    decoded = wire.decode_samples(payload, lift_class)
    assert decoded.items == batch
    assert (decoded.bad, decoded.unknown) == ([], [])


@given(st.lists(events, min_size=1, max_size=4))
def test_events_come_back_as_they_went(batch: list[Event]) -> None:
    decoded = wire.decode_events(b"[" + b",".join(wire.encode(event) for event in batch) + b"]")
    assert decoded.items == batch
    assert (decoded.bad, decoded.unknown) == ([], [])


@given(links)
def test_links_come_back_as_they_went(link: Link) -> None:
    assert wire.decode_link(wire.encode(link)) == link


@given(samples, st.dictionaries(st.sampled_from(["mode", "door", "direction", "power"]), text, min_size=1))
def test_unknown_words_never_cost_a_sample(sample: Sample, words: dict[str, str]) -> None:
    """Whatever a controller calls its mode or door, the rest of its sample counts."""
    fields = json.loads(wire.encode(sample)) | words
    decoded = wire.decode_samples(json.dumps(fields).encode(), None)
    assert decoded.bad == []
    read = decoded.items[0]
    assert (read.ts, read.seq, read.floor, read.moving, read.zone) == (
        sample.ts, sample.seq, sample.floor, sample.moving, sample.zone,
    )  # fmt: skip
    assert len(decoded.unknown) <= len(words)


def _broken(sample: bytes, cut: int, insert: bytes) -> bytes:
    place = cut % (len(sample) + 1)
    return sample[:place] + insert + sample[place:]


@settings(max_examples=300)
@given(
    st.binary(max_size=200)
    | st.text(max_size=100).map(str.encode)
    | json_values.map(lambda value: json.dumps(value).encode())
    | st.builds(_broken, samples.map(wire.encode), st.integers(0), st.binary(max_size=3))
    | st.builds(lambda a, b: json.dumps(json.loads(wire.encode(a)) | b).encode(), samples | events, st.dictionaries(
        st.sampled_from(list(Sample.__struct_fields__ + Event.__struct_fields__)), json_values, max_size=3))
)  # fmt: skip
@example(b"[" * 60_000)
@example(b'{"a":' * 10_000)
@example(b'{"detail":' * 2_000 + b"1" + b"}" * 2_000)
def test_a_stranger_gets_no_other_answer_than_read_or_refused(payload: bytes) -> None:
    """Nothing is raised, nothing is lost: every element is an item, or is kept with its reason."""
    for decoded in (wire.decode_samples(payload, None), wire.decode_events(payload)):
        assert decoded.items or decoded.bad
        for bad in decoded.bad:
            assert bad.payload in payload
            assert bad.detail
        for item in decoded.items:  # what is read can be stored and shown
            text = json.dumps(msgspec.to_builtins(item), ensure_ascii=False)
            assert "\\u0000" not in text
            text.encode()
    with suppress(WireError):
        wire.decode_link(payload)
