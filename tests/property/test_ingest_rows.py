"""A packed row says what its sample says: read back by PostgreSQL's own description of binary COPY, column by column."""

import re
from struct import unpack
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elevator import sql
from elevator.columns import ENUM_COLUMNS
from elevator.model import Sample
from ingest import rows
from tests.property.test_elevator_wire import samples

_EPOCH_US = 946_684_800_000_000  # 2000-01-01
_FORMATS = {
    **dict.fromkeys(("ts", "seq", "received_at"), "!q"),
    **dict.fromkeys(("lift_no", "people", "car_calls"), "!i"),
    **dict.fromkeys(("moving", "door_zone", "occupied", "replay", "late"), "!?"),
    **dict.fromkeys(("speed", "position", "load", "temperature"), "!f"),
    **dict.fromkeys(("trips", "running_hours"), "!d"),
    **dict.fromkeys(ENUM_COLUMNS, "!h"),
}
_QUERY = sql.load("ingest")["copy_samples"].decode()
COLUMNS = tuple(re.findall(r"\w+", _QUERY[_QUERY.index("(") : _QUERY.index(")")]))  # as they stand in COPY


def _texts(data: bytes) -> list[str]:
    dimensions, nulls, oid, number, first = unpack("!iiiii", data[:20])
    assert (dimensions, nulls, oid, first) == (1, 0, 25, 1)
    found, at = [], 20
    for _ in range(number):
        (size,) = unpack("!i", data[at : at + 4])
        found.append(data[at + 4 : at + 4 + size].decode())
        at += 4 + size
    assert at == len(data)
    return found


def read(row: bytes, columns: tuple[str, ...]) -> dict[str, Any]:
    (number,) = unpack("!h", row[:2])
    assert number == len(columns)
    found: dict[str, Any] = {}
    at = 2
    for column in columns:
        (size,) = unpack("!i", row[at : at + 4])
        at += 4
        if size < 0:
            found[column] = None
            continue
        data = row[at : at + size]
        at += size
        if column in {"faults", "raw_faults"}:
            found[column] = _texts(data)
        elif column in _FORMATS:
            (found[column],) = unpack(_FORMATS[column], data)
        else:
            found[column] = data.decode()
    assert at == len(row)
    return found


def _near(value: float | None, digits: float) -> Any:
    return None if value is None else pytest.approx(value, rel=digits, abs=1e-30)


@given(
    samples, st.integers(0, 2**31 - 1), st.booleans(), st.none() | st.lists(st.sampled_from(["E1", "门"]), max_size=3)
)
def test_a_row_says_what_its_sample_says(sample: Sample, lift_no: int, late: bool, raw: list[str] | None) -> None:
    received = 1_800_000_000_123
    row = rows.pack(lift_no, sample, received, late=late, raw_faults=raw)
    found = read(row, COLUMNS if raw is None else (*COLUMNS, "raw_faults"))
    expected: dict[str, Any] = {
        "lift_no": lift_no, "ts": sample.ts * 1000 - _EPOCH_US, "received_at": received * 1000 - _EPOCH_US,
        "door_zone": sample.zone, "late": late, "faults": sample.faults or None,
    }  # fmt: skip
    if raw is not None:
        expected["raw_faults"] = raw or None
    for column in COLUMNS:
        value = getattr(sample, column, None)
        if column in ENUM_COLUMNS:
            expected[column] = None if value is None else ENUM_COLUMNS[column].index(value)
        elif _FORMATS.get(column) == "!f":
            expected[column] = _near(value, 1e-6)
        else:
            expected.setdefault(column, value)
    assert found == expected
