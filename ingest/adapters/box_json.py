"""`box-json`: the compact status of a widely copied IoT box, `{"type": "info", "data": {…}}`. Pure.

It has no time, no motion bit and no door command: moving is a direction other than none, and the platform takes the
time of receipt. `time` or `ts` in `data` is taken where a box does send it. `inmaintenance` (a maintenance visit)
changes nothing that is decided; `reparing` is the inspection switch.
"""

import re

from elevator.errors import Unreadable, WireError
from elevator.model import Direction, Door, Event, Mode, Sample
from elevator.wire import Decoded
from ingest.adapters.fields import Object, an_object, choice, codes, each, moment, need, truth, word

TABLE = "shmashine"
MARKS = {
    "entrapment": re.compile(rb'"fault"\s*:\s*\[?[^\]}]*\b0*[78]\b'),
    "alarm_button": re.compile(rb'"fault"\s*:\s*\[?[^\]}]*\b0*21\b'),
}
_DIRECTION = {0: Direction.NONE, 1: Direction.UP, 2: Direction.DOWN}
_DOOR = {0: Door.CLOSED, 1: Door.OPEN, 2: Door.CLOSING, 3: Door.OPENING}


def read(payload: bytes) -> Decoded[Sample | Event]:
    """One status, or a list of them."""
    return each(payload, _one)


def _one(said: Object, decoded: Decoded[Sample | Event]) -> None:
    kind = need(said, "type")
    if kind != "info":
        raise WireError(Unreadable.WRONG_TYPE, f"a message of type {str(kind)[:32]!r}, not 'info'")
    data = an_object(need(said, "data"), "$.data")
    direction = choice(need(data, "direction"), "direction", _DIRECTION, None, decoded.unknown)
    decoded.items.append(
        Sample(
            ts=moment(data.get("time", data.get("ts")), "time", decoded.unknown),
            seq=0,
            mode=Mode.INSPECTION if truth(data.get("reparing"), "reparing") else Mode.NORMAL,
            floor=word(need(data, "floor"), 4),
            moving=None if direction is None else direction is not Direction.NONE,
            door_zone=truth(need(data, "inposition"), "inposition"),
            door=choice(need(data, "door"), "door", _DOOR, Door.UNKNOWN, decoded.unknown),
            direction=direction,
            occupied=truth(data.get("haspeople"), "haspeople"),
            faults=codes(data.get("fault"), "fault"),
        )
    )
