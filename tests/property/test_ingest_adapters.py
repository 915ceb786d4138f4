"""Whatever a stranger sends to an adapter: no exception, nothing that cannot be stored, and the bytes are kept."""

import base64
import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from elevator import wire
from elevator.codes import built_in
from elevator.errors import Unreadable
from elevator.model import Event, LiftClass, Sample
from ingest import normalise
from ingest.adapters import OURS
from ingest.translate import into_ours
from tests.property.test_ingest_normalise import _storable, anything, message, storable_text, values

BOOK = built_in()
STARTS: dict[str, list[dict[str, Any]]] = {
    "gbt-json": [
        {
            "Service_Mode": 1, "Car_Status": 0, "Car_Direction": 0, "Door_Zone": True, "Car_Position": "3",
            "Passenger_Status": False, "Door_Status": 2, "Door_Close_Status": True, "People_Number": 1,
            "Machine_Room_Temperature": 30, "Total_Running_Time": 5, "Present_Counter_Value": 5, "Message_Code": [4],
            "samplingTime": "2026-08-06 14:26:40",
        },
        {"Escalator_Service_Mode": 1, "Escalator_Operation_Direction": 3, "Message_Code": 64, "samplingTime": 1_786_000_000},
        {"alarmId": "a", "failureCode": "09", "occurTime": "2026-08-06 14:26:40", "statusDetails": [{"a": 1}]},
    ],
    "box-json": [
        {"type": "info", "data": {"direction": 0, "inposition": 0, "floor": 3, "door": 0, "haspeople": 1, "fault": [8]}},
    ],
    "box-binary": [
        {"TY": "Monitor", "ST": "add", "D": base64.b64encode(bytes(range(25))).decode()},
        {"TY": "Fault", "ST": "add", "fault_type": "8", "faultName": "x", "time": "2026-08-06 14:26:40"},
    ],
    "hoist-json": [
        {
            "time": "2026-08-06 14:26:40", "real_time_height": 5, "real_time_speed": 0.5, "weight_percentage": 95,
            "real_time_number_of_people": 3, "alarm": 2, "door_lock_state_front": 1, "driver_identification_state": 1,
            "limits": {"wind": {"warn": 1, "alarm": 2}}, "wind_speed": 3,
        },
    ],
}  # fmt: skip


@st.composite
def spoilt(draw: st.DrawFn, adapter: str) -> Any:
    """A good payload with some of its fields spoilt, gone or strange, at either level."""
    one = json.loads(json.dumps(draw(st.sampled_from(STARTS[adapter]))))
    for inner in [one, *(value for value in one.values() if isinstance(value, dict))]:
        for name in draw(st.lists(st.sampled_from(sorted(inner)), max_size=3)):
            if draw(st.booleans()):
                inner[name] = draw(values)
            else:
                inner.pop(name, None)
        inner.update(draw(st.dictionaries(anything, values, max_size=1)))
    if adapter == "box-binary" and draw(st.booleans()):
        one["D"] = base64.b64encode(draw(st.binary(max_size=40))).decode()
    return one


@st.composite
def payloads(draw: st.DrawFn, adapter: str) -> bytes:
    """One, a list of them, or bytes with a wound."""
    match draw(st.integers(0, 5)):
        case 0:
            return draw(st.binary(max_size=60))
        case 1:
            return json.dumps(draw(st.lists(spoilt(adapter) | values, max_size=3))).encode()
        case 2:
            data = json.dumps(draw(spoilt(adapter))).encode()
            at = draw(st.integers(0, len(data)))
            return (
                data[:at] + draw(st.sampled_from([b"", b"\xff", b"\x00", b"\\u0000", b"\\udc00", b"1e999"])) + data[at:]
            )
        case _:
            return json.dumps(draw(spoilt(adapter))).encode()


@pytest.mark.parametrize("adapter", sorted(OURS))
def test_reading_never_raises_and_lets_nothing_unstorable_through(adapter: str) -> None:
    classes = st.none() | st.sampled_from(LiftClass)

    @settings(max_examples=250, deadline=None)
    @given(payloads(adapter), classes)
    @example(b"[" * 60_000, None)
    @example(b"", None)
    @example(b"[" + b",".join([json.dumps(STARTS[adapter][0]).encode()] * 100) + b"]", LiftClass.HOIST)
    def read(payload: bytes, lift_class: LiftClass | None) -> None:
        reading = normalise.read(message(f"lift/v1/L1/raw/{adapter}", payload), lift_class, OURS)
        assert len(reading.items) + len(reading.bad) <= 2 * wire.MAX_ITEMS
        for bad in reading.bad:
            assert bad.reason is not Unreadable.ADAPTER_FAILED, bad.detail
            assert bad.payload in payload
        into_ours(reading, BOOK, None)
        for item in reading.items:
            assert isinstance(item, Sample | Event)
            _storable(item)
            assert item.seq == 0
        for field, value in reading.unknown:
            assert storable_text(field)
            assert storable_text(value)
        normalise.may_be_urgent(message(f"lift/v1/L1/raw/{adapter}", payload), OURS, BOOK)

    read()
