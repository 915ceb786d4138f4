"""A sample as the bytes of one row of PostgreSQL's binary COPY: nothing is converted, copied or asked twice. Pure.

What comes again and again, a car's state or a landing's name, is packed once and found again. The columns stand in the
order of the query `copy_samples`. In that format a row is the number of its fields and, for each, its length and bytes;
-1 is NULL; numbers are big-endian, moments are microseconds since 2000-01-01 UTC (PostgreSQL 17 manual, COPY, "Binary
Format"; src/include/datatype/timestamp.h).
"""

from collections.abc import Iterable
from itertools import product
from struct import Struct

from msgspec import UnsetType

from elevator.columns import POSITIONS
from elevator.model import Direction, Door, Mode, Sample

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
_two_float4 = Struct("!ifif").pack
_float8 = Struct("!id").pack
_length = Struct("!i").pack
_BOOL = {None: _NULL, True: b"\x00\x00\x00\x01\x01", False: b"\x00\x00\x00\x01\x00"}


def _small(column: str) -> dict[str | None, bytes]:
    """Each member of an enum as an int2 field."""
    return {None: _NULL, **{name: Struct("!ih").pack(2, n) for name, n in POSITIONS[column].items()}}


_MODE, _DOOR, _DIRECTION = _small("mode"), _small("door"), _small("direction")
_POWER, _CHAIN, _COMMAND = _small("power"), _small("safety_chain"), _small("door_command")
_DRIVES = {
    names: _POWER[names[0]] + _CHAIN[names[1]] + _COMMAND[names[2]] for names in product(_POWER, _CHAIN, _COMMAND)
}
# neither codes nor counters, no replay
_CALM = {late: 4 * _NULL + _BOOL[False] + _BOOL[late] for late in (False, True)}
_MOST = 4096  # texts, and states, that are kept packed
_texts: dict[str | None, bytes] = {None: _NULL}
_states: dict[tuple[Mode, str | None, bool | None, bool | UnsetType | None, Door | None, Direction | None], bytes] = {}


def _text(text: str | None) -> bytes:
    """A short text that comes again and again: a landing's name, a boot."""
    found = _texts.get(text)
    if found is None and text is not None:
        if len(_texts) > _MOST:
            _texts.clear()
            _texts[None] = _NULL
        data = text.encode()
        found = _texts[text] = _length(len(data)) + data
    return found or _NULL


def _state(sample: Sample) -> bytes:
    """Mode, floor, movement, zone, door and direction."""
    state = (sample.mode, sample.floor, sample.moving, sample.door_zone, sample.door, sample.direction)
    found = _states.get(state)
    if found is None:
        if len(_states) > _MOST:
            _states.clear()
        found = _states[state] = b"".join((
            _MODE[sample.mode], _text(sample.floor), _BOOL[sample.moving], _BOOL[sample.zone], _DOOR[sample.door],
            _DIRECTION[sample.direction],
        ))  # fmt: skip
    return found


def _rest(sample: Sample, *, late: bool) -> bytes:
    """What comes behind the car's calls."""
    faults, trips, hours, temperature = sample.faults, sample.trips, sample.running_hours, sample.temperature
    if not faults and trips is None and hours is None and temperature is None and not sample.replay:
        return _CALM[late]
    return b"".join((
        _text_array(faults),
        _NULL if trips is None else _float8(8, trips),
        _NULL if hours is None else _float8(8, hours),
        _NULL if temperature is None else _float4(4, temperature),
        _BOOL[sample.replay],
        _BOOL[late],
    ))  # fmt: skip


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
    speed, position = sample.speed, sample.position
    if speed is not None and position is not None:
        run = _two_float4(4, speed, 4, position)
    else:
        run = (_NULL if speed is None else _float4(4, speed)) + (_NULL if position is None else _float4(4, position))
    return b"".join((
        _head(FIELDS if raw_faults is None else FIELDS + 1, 4, lift_no, 8, (sample.ts - _EPOCH_MS) * 1000),
        _text(sample.boot),
        _seq(8, sample.seq, 8, (received_at_ms - _EPOCH_MS) * 1000),
        _state(sample),
        run,
        _BOOL[sample.occupied],
        _NULL if people is None else _int4(4, people),
        _NULL if load is None else _float4(4, load),
        _DRIVES[sample.power, sample.safety_chain, sample.door_command],
        _NULL if calls is None else _int4(4, calls),
        _rest(sample, late=late),
        b"" if raw_faults is None else _text_array(raw_faults),
    ))  # fmt: skip


def copy_data(rows: Iterable[bytes]) -> bytes:
    """A whole COPY of rows."""
    return b"".join((HEADER, *rows, TRAILER))
