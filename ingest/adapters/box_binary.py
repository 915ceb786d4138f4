"""`box-binary`: an envelope of JSON around a binary status in base64, as an IoT box family sends it. Pure.

The envelope: `TY` is `Monitor` (a status) or `Fault` (one fault begins, `ST` `add`, or ends, `disappear`; `update_log`
only amends a log and holds nothing for us); `sensorType`, `fault_type`, `faultId`, `faultName`, `time`; the status in
`D`, in a `Monitor` always, in a `Fault` where the box adds it. The status has 25 bytes or more, one for each field
after the time (4 bytes, little-endian, s):

    version, nowStatus, direction, floorStatus (0 level), speed × 10, carStatus, hasPeople, powerStatus, floor (signed),
    signal, battery %, modeStatus, runStatus, doorClosed, motor, temperature (signed), doorClosed2, safeLoop, doorLoop,
    stopOutLockArea, carAccidentShift

What is not published is read as its neighbours are: `carStatus` 1 is moving; the last four are 1 when something is
wrong.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from struct import Struct

from elevator.errors import Unreadable, WireError
from elevator.model import Direction, Door, Event, Mode, Power, SafetyChain, Sample
from elevator.wire import Decoded
from ingest.adapters.fields import NO_TIME, Object, Unknown, choice, each, moment, need, word

TABLE = "shmashine"
MARKS = {
    "entrapment": re.compile(rb'"fault_type"\s*:\s*"?0*[78]\b'),
    "alarm_button": re.compile(rb'"fault_type"\s*:\s*"?0*21\b'),
}
_layout = Struct("<I8Bb6Bb5B")
_DIRECTION = {0: Direction.NONE, 1: Direction.UP, 2: Direction.DOWN}
_POWER = {0: Power.MAINS, 1: Power.BATTERY}
_MODE = {0: Mode.NORMAL, 1: Mode.INSPECTION, 2: Mode.OUT_OF_SERVICE}
_TRAPPED = {0: None, 1: None, 2: "7", 3: "8"}  # nowStatus as a fault of the same maker's numbering
_ACTIVE = {"add": True, "disappear": False}
_LOG = "update_log"


@dataclass(frozen=True, slots=True)
class _Status:
    """The fields of the layout, in its order."""

    ts: int
    version: int
    now_status: int
    direction: int
    floor_status: int
    speed: int
    car_status: int
    has_people: int
    power_status: int
    floor: int
    signal: int
    battery: int
    mode_status: int
    run_status: int
    door_closed: int
    motor: int
    temperature: int
    door_closed_2: int
    safe_loop: int
    door_loop: int
    stop_out_lock_area: int
    car_accident_shift: int


def read(payload: bytes) -> Decoded[Sample | Event]:
    """One envelope, or a list of them."""
    return each(payload, _one)


def _one(said: Object, decoded: Decoded[Sample | Event]) -> None:
    match need(said, "TY"):
        case "Monitor":
            decoded.items.append(_sample(need(said, "D"), decoded.unknown))
        case "Fault":
            if need(said, "ST") == _LOG:
                return
            decoded.items.append(_event(said, decoded.unknown))
            if said.get("D") is not None:
                decoded.items.append(_sample(said["D"], decoded.unknown))
        case other:
            raise WireError(Unreadable.WRONG_TYPE, f"TY is {str(other)[:32]!r}, neither 'Monitor' nor 'Fault'")


def _status(data: object) -> _Status:
    if not isinstance(data, str):
        raise WireError(Unreadable.WRONG_TYPE, "Expected base64 - at `$.D`")
    try:
        status = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise WireError(Unreadable.WRONG_TYPE, f"no base64 - at `$.D`: {error}") from None
    if len(status) < _layout.size:
        raise WireError(Unreadable.OUT_OF_RANGE, f"{len(status)} bytes of status, not {_layout.size} - at `$.D`")
    return _Status(*_layout.unpack_from(status))


def _sample(data: object, unknown: Unknown) -> Sample:
    status = _status(data)
    moving, zone = status.car_status != 0, status.floor_status == 0
    faults = [code for code in (choice(status.now_status, "nowStatus", _TRAPPED, None, unknown),) if code]
    faults += [
        name for name in ("stop_out_lock_area", "car_accident_shift", "door_loop", "safe_loop")
        if getattr(status, name) == 1
    ]  # fmt: skip
    return Sample(
        ts=moment(status.ts, "ts", unknown) if status.ts else NO_TIME,
        seq=0,
        mode=choice(status.mode_status, "modeStatus", _MODE, Mode.UNKNOWN, unknown),
        floor=str(status.floor),
        moving=moving,
        door_zone=zone,
        door=Door.CLOSED if status.door_closed else Door.OPEN if zone and not moving else Door.UNKNOWN,
        direction=choice(status.direction, "direction", _DIRECTION, None, unknown),
        speed=status.speed / 10,
        occupied=status.has_people != 0,
        power=choice(status.power_status, "powerStatus", _POWER, None, unknown),
        safety_chain=SafetyChain.OPEN if status.safe_loop == 1 or status.door_loop == 1 else SafetyChain.CLOSED,
        temperature=float(status.temperature),
        faults=faults,
    )


def _event(said: Object, unknown: Unknown) -> Event:
    code = word(need(said, "fault_type"), 64)
    if code is None:
        raise WireError(Unreadable.WRONG_TYPE, "Expected a code - at `$.fault_type`")
    active = _ACTIVE.get(str(said["ST"]))
    if active is None:
        raise WireError(Unreadable.WRONG_TYPE, f"ST is {str(said['ST'])[:32]!r}, none of add, disappear, {_LOG}")
    ts = moment(said.get("time"), "time", unknown)
    if ts == NO_TIME and said.get("D") is not None:
        ts = _sample(said["D"], unknown).ts
    detail = {name: said[name] for name in ("faultId", "faultName", "sensorType") if name in said}
    return Event(ts=ts, seq=0, code=code, active=active, raw=code, detail=detail or None)
