"""A sample as the bytes of one row of PostgreSQL's binary COPY: nothing is converted, copied or asked twice. Pure.

The columns stand in the order of the query `copy_samples`. In that format a row is the number of its fields and, for
each, its length and bytes; -1 is NULL; numbers are big-endian, moments are microseconds since 2000-01-01 UTC
(PostgreSQL 17 manual, COPY, "Binary Format"; src/include/datatype/timestamp.h).
"""

from collections.abc import Iterable
from struct import Struct

from elevator.columns import POSITIONS
from elevator.model import Sample

HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER = b"\xff\xff"
EMPTY = len(HEADER) + len(TRAILER)
FIELDS = 26
_NULL = b"\xff\xff\xff\xff"
_EPOCH_MS = 946_684_800_000  # 2000-01-01 in ms since 1970
_TEXT_OID = 25
_head = Struct("!hiiiq").pack  # fields, lift_no, ts
_seq = Struct("!iqiq").pack  # seq, received_at
_int4 = Struct("!ii").pack
_float4 = Struct("!if").pack
_float8 = Struct("!id").pack
_length = Struct("!i").pack
_BOOL = {None: _NULL, True: b"\x00\x00\x00\x01\x01", False: b"\x00\x00\x00\x01\x00"}


def _small(column: str) -> dict[str | None, bytes]:
    """Each member of an enum as an int2 field."""
    return {None: _NULL, **{name: Struct("!ih").pack(2, n) for name, n in POSITIONS[column].items()}}


_MODE, _DOOR, _DIRECTION = _small("mode"), _small("door"), _small("direction")
_POWER, _CHAIN, _COMMAND = _small("power"), _small("safety_chain"), _small("door_command")
_texts: dict[str | None, bytes] = {None: _NULL}
_MOST_TEXTS = 4096


def _text(text: str | None) -> bytes:
    """A short text that comes again and again: a landing's name, a boot."""
    found = _texts.get(text)
    if found is None and text is not None:
        if len(_texts) > _MOST_TEXTS:
            _texts.clear()
            _texts[None] = _NULL
        data = text.encode()
        found = _texts[text] = _length(len(data)) + data
    return found or _NULL


def _text_array(texts: list[str]) -> bytes:
    """text[]; NULL where it is empty, to save its 12 bytes of nothing."""
    if not texts:
        return _NULL
    items = [text.encode() for text in texts]
    body = Struct("!iiiii").pack(1, 0, _TEXT_OID, len(items), 1) + b"".join(
        [_length(len(item)) + item for item in items]
    )
    return _length(len(body)) + body


def pack(
    lift_no: int, sample: Sample, received_at_ms: int, *, late: bool, raw_faults: list[str] | None = None
) -> bytes:
    """One row; with `raw_faults` for the query `copy_translated`, which has that column as well.

    Raises:
        UnicodeEncodeError: a text holds a lone surrogate, which no payload can.
    """
    people, calls, load = sample.people, sample.car_calls, sample.load
    speed, position, temperature = sample.speed, sample.position, sample.temperature
    trips, hours = sample.trips, sample.running_hours
    return b"".join((
        _head(FIELDS if raw_faults is None else FIELDS + 1, 4, lift_no, 8, (sample.ts - _EPOCH_MS) * 1000),
        _text(sample.boot),
        _seq(8, sample.seq, 8, (received_at_ms - _EPOCH_MS) * 1000),
        _MODE[sample.mode],
        _text(sample.floor),
        _BOOL[sample.moving],
        _BOOL[sample.zone],
        _DOOR[sample.door],
        _DIRECTION[sample.direction],
        _NULL if speed is None else _float4(4, speed),
        _NULL if position is None else _float4(4, position),
        _BOOL[sample.occupied],
        _NULL if people is None else _int4(4, people),
        _NULL if load is None else _float4(4, load),
        _POWER[sample.power],
        _CHAIN[sample.safety_chain],
        _COMMAND[sample.door_command],
        _NULL if calls is None else _int4(4, calls),
        _text_array(sample.faults),
        _NULL if trips is None else _float8(8, trips),
        _NULL if hours is None else _float8(8, hours),
        _NULL if temperature is None else _float4(4, temperature),
        _BOOL[sample.replay],
        _BOOL[late],
        b"" if raw_faults is None else _text_array(raw_faults),
    ))  # fmt: skip


def copy_data(rows: Iterable[bytes]) -> bytes:
    """A whole COPY of rows."""
    return b"".join((HEADER, *rows, TRAILER))
