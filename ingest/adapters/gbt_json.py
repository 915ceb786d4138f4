"""`gbt-json`: the real-time items of GB/T 24476-2017 under the names of a city's upload interface. Pure.

The interface has iotRealData, for lifts and for escalators, iotAlarms and iotStatisticsData.

Which of them an object is, its fields say: `failureCode` makes an alarm, `Escalator_Operation_Direction` an escalator,
`Car_Status` a lift. Statistics are understood and hold nothing for us. An alarm is a moment and never cleared: it is
read as an event that sets its code and one that clears it, so that the next alarm is a new one and not an old cause.
"""

import re
from typing import Any

from msgspec import UNSET, UnsetType

from elevator.errors import Unreadable, WireError
from elevator.model import Direction, Door, Event, Mode, Sample
from elevator.wire import Decoded
from ingest.adapters.fields import (
    NO_TIME,
    Object,
    Unknown,
    amount,
    choice,
    codes,
    each,
    moment,
    need,
    number,
    truth,
    whole,
    word,
)

TABLE = "gbt-24476-2017"
MARKS = {
    "entrapment": re.compile(rb'"failureCode"\s*:\s*"?0*9\b'),
    "alarm_button": re.compile(rb'"Message_Code"\s*:\s*\[?[^\]}]*\b90\b'),
}
_ALARM_PREFIX = "SHA"  # alarms are numbered apart from faults

_MODE = {
    0: Mode.OUT_OF_SERVICE, 1: Mode.NORMAL, 2: Mode.INSPECTION, 3: Mode.FIRE_RECALL, 4: Mode.FIREFIGHTER,
    5: Mode.EMERGENCY_POWER, 6: Mode.EARTHQUAKE, 7: Mode.UNKNOWN,
}  # fmt: skip
_DIRECTION = {0: Direction.NONE, 1: Direction.UP, 2: Direction.DOWN}
# 5 is locked; 6 is held, not fully closed: neither shut nor open enough to leave by.
_DOOR = {
    0: Door.UNKNOWN, 1: Door.CLOSING, 2: Door.CLOSED, 3: Door.OPENING, 4: Door.OPEN, 5: Door.CLOSED, 6: Door.UNKNOWN,
}  # fmt: skip
# 0 is standing to save energy; 1, 2 up and 3, 4 down at nominal and reduced speed.
_BELT = {
    0: (False, Direction.NONE), 1: (True, Direction.UP), 2: (True, Direction.UP), 3: (True, Direction.DOWN),
    4: (True, Direction.DOWN),
}  # fmt: skip
_STATISTICS = frozenset({"Door_Open_Count", "Power_Consumption", "Rope_Bend_Count", "Lift_Mileage"})


def read(payload: bytes) -> Decoded[Sample | Event]:
    """One object of the interface, or a list of them."""
    return each(payload, _one)


def _one(said: Object, decoded: Decoded[Sample | Event]) -> None:
    if "failureCode" in said:
        decoded.items += _alarm(said, decoded.unknown)
    elif "Escalator_Operation_Direction" in said:
        decoded.items.append(_escalator(said, decoded.unknown))
    elif "Car_Status" in said:
        decoded.items.append(_lift(said, decoded.unknown))
    elif _STATISTICS.isdisjoint(said):
        raise WireError(
            Unreadable.MISSING_FIELD, "Object missing required field `Car_Status`, or what makes it anything else"
        )


def _lift(said: Object, unknown: Unknown) -> Sample:
    moving = truth(need(said, "Car_Status"), "Car_Status")
    zone = _zone(said.get("Door_Zone", UNSET))
    return Sample(
        ts=moment(said.get("samplingTime") or said.get("Time_Stamps"), "samplingTime", unknown),
        seq=0,
        mode=choice(need(said, "Service_Mode"), "Service_Mode", _MODE, Mode.UNKNOWN, unknown),
        floor=word(need(said, "Car_Position"), 4),
        moving=moving,
        door_zone=zone,
        door=_door(said, standing=not moving and zone is True, unknown=unknown),
        direction=choice(said.get("Car_Direction"), "Car_Direction", _DIRECTION, None, unknown),
        occupied=truth(said.get("Passenger_Status"), "Passenger_Status"),
        people=whole(said.get("People_Number"), "People_Number"),
        speed=amount(said.get("speed"), "speed"),
        temperature=_real(said.get("Machine_Room_Temperature"), "Machine_Room_Temperature"),
        running_hours=amount(said.get("Total_Running_Time"), "Total_Running_Time"),
        trips=amount(said.get("Present_Counter_Value"), "Present_Counter_Value"),
        faults=codes(said.get("Message_Code"), "Message_Code"),
    )


def _zone(value: Any) -> bool | UnsetType | None:
    """In the unlocking zone; a database variant says 1 for in and 2 for out."""
    if value is UNSET or value is None:
        return UNSET if value is UNSET else None
    return False if str(value) == "2" else truth(value, "Door_Zone")


def _door(said: Object, *, standing: bool, unknown: Unknown) -> Door | None:
    """The seven-valued state where there is one, else the bit "fully closed".

    Not fully closed is open only where the car stands in its zone: elsewhere nobody could leave by it.
    """
    state = said.get("Door_Status")
    if state is not None and not isinstance(state, bool):
        found: Door = choice(state, "Door_Status", _DOOR, Door.UNKNOWN, unknown)
        return found
    shut = truth(said.get("Door_Close_Status") if state is None else state, "Door_Close_Status")
    if shut is None:
        return None
    if shut:
        return Door.CLOSED
    return Door.OPEN if standing else Door.UNKNOWN


def _real(value: Any, name: str) -> float | None:
    found = number(value, name)
    return None if found is None else float(found)


def _escalator(said: Object, unknown: Unknown) -> Sample:
    moving, direction = choice(
        said["Escalator_Operation_Direction"], "Escalator_Operation_Direction", _BELT, (None, None), unknown
    )
    return Sample(
        ts=moment(said.get("samplingTime") or said.get("Time_Stamps"), "samplingTime", unknown),
        seq=0,
        mode=choice(
            need(said, "Escalator_Service_Mode"), "Escalator_Service_Mode", _MODE, Mode.UNKNOWN, unknown
        ),
        moving=moving,
        direction=direction,
        running_hours=amount(said.get("Total_Running_Time"), "Total_Running_Time"),
        faults=codes(said.get("Message_Code"), "Message_Code"),
    )  # fmt: skip


def _alarm(said: Object, unknown: Unknown) -> list[Sample | Event]:
    code = word(need(said, "failureCode"), 32)
    if code is None:
        raise WireError(Unreadable.WRONG_TYPE, "Expected a code - at `$.failureCode`")
    ts = moment(said.get("occurTime"), "occurTime", unknown)
    details = {name: said[name] for name in ("alarmId", "alarmChannel", "eventDesc", "statusDetails") if name in said}
    if ts == NO_TIME and said.get("occurTime") is not None:
        details["occurTime"] = str(said["occurTime"])[:64]
    raw = f"{_ALARM_PREFIX}:{code}"
    return [
        Event(ts=ts, seq=0, code=raw, active=True, raw=code, detail=details or None),
        Event(ts=ts, seq=0, code=raw, active=False, raw=code, detail=details or None),
    ]
