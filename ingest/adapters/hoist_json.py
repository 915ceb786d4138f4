"""`hoist-json`: the real-time fields of a construction hoist's safety monitoring (GB/T 37537-2019). Pure.

Its limits are the hoist's own: it sends how far each is used (`…_percentage`, of the alarm limit), or two bits for each
(`alarm`: 0 well, 1 pre-warning, 2 alarm), or its `limits` beside the values. Whichever says the worst counts. The
number of people is held to 9 with the driver where no limit is sent (a rule of 2017 that many places follow).
"""

from collections.abc import Iterator
from typing import Any

from elevator.errors import Unreadable, WireError
from elevator.model import Direction, Event, Mode, Sample
from elevator.wire import Decoded
from ingest.adapters.fields import Object, amount, choice, each, moment, number, truth, whole

_DIRECTION = {0: Direction.NONE, 1: Direction.DOWN, 2: Direction.UP}
_NEAR = "hoist_limit_near"
_PEOPLE = 9
_NEAR_PERCENT = 90
# code of the alarm; its place in the alarm bits; value, percentage and limits (pre-warning, alarm) by their names
_LIMITS: tuple[tuple[str, int, tuple[str, ...], tuple[str, ...], str], ...] = (
    ("hoist_overload", 0, ("real_time_lifting_weight",), ("weight_percentage",), "weight"),
    ("hoist_driver_unidentified", 2, (), (), "identity"),
    ("hoist_overspeed", 4, ("real_time_speed",), (), "speed"),
    ("hoist_over_height", 6, ("real_time_height",), ("height_percentage",), "height"),
    ("hoist_too_many_people", 8, ("real_time_number_of_people",), (), "people"),
    (
        "hoist_tilt",
        10,
        ("real_time_gradient1", "real_time_gradient2"),
        ("tilt_percentage1", "tilt_percentage2"),
        "tilt",
    ),
    ("hoist_wind", 12, ("wind_speed",), (), "wind"),
)
_WELL, _NEARLY, _ALARM = 0, 1, 2


def read(payload: bytes) -> Decoded[Sample | Event]:
    """One real-time or alarm record, or a list of them."""
    return each(payload, _one)


def _one(said: Object, decoded: Decoded[Sample | Event]) -> None:
    if said.get("real_time_height") is None and said.get("real_time_lifting_weight") is None:
        raise WireError(
            Unreadable.MISSING_FIELD, "Object missing required field `real_time_height` or `real_time_lifting_weight`"
        )
    speed = amount(said.get("real_time_speed"), "real_time_speed")
    direction = choice(
        said.get("real_time_speed_direction"), "real_time_speed_direction", _DIRECTION, None, decoded.unknown
    )
    moving = speed > 0 if speed is not None else direction not in {None, Direction.NONE}
    people = whole(said.get("real_time_number_of_people"), "real_time_number_of_people")
    height = number(said.get("real_time_height"), "real_time_height")
    decoded.items.append(
        Sample(
            ts=moment(said.get("time"), "time", decoded.unknown),
            seq=0,
            mode=Mode.NORMAL,
            moving=moving,
            direction=direction,
            speed=speed,
            position=None if height is None else float(height),
            people=people,
            occupied=None if people is None else people > 0,
            load=amount(said.get("real_time_lifting_weight"), "real_time_lifting_weight"),
            faults=list(_faults(said, moving=moving)),
        )
    )


def _faults(said: Object, *, moving: bool) -> Iterator[str]:
    near = False
    for code, bit, values, percentages, limit in _LIMITS:
        worst = max(_by_bits(said, bit), _by_percentage(said, percentages), _by_limit(said, values, limit))
        if code == "hoist_driver_unidentified" and moving and _unidentified(said):
            worst = _ALARM
        if worst >= _ALARM:
            yield code
        near = near or worst == _NEARLY
    if near:
        yield _NEAR
    if moving and _door_open(said):
        yield "door_open_moving"


def _by_bits(said: Object, bit: int) -> int:
    bits = whole(said.get("alarm"), "alarm")
    return _WELL if bits is None else bits >> bit & 0b11


def _by_percentage(said: Object, names: tuple[str, ...]) -> int:
    used = max([amount(said.get(name), name) or 0 for name in names], default=0)
    return _ALARM if used > 100 else _NEARLY if used >= _NEAR_PERCENT else _WELL


def _by_limit(said: Object, names: tuple[str, ...], limit: str) -> int:
    """By the hoist's settable limits, where it sends them: `limits.{weight,…}.{warn,alarm}`."""
    limits: Any = said.get("limits") or {}
    own: Any = limits.get(limit) if isinstance(limits, dict) else None
    if not isinstance(own, dict):
        own = {"alarm": _PEOPLE} if limit == "people" else {}
    value = max([abs(number(said.get(name), name) or 0) for name in names], default=0)
    alarm, warn = amount(own.get("alarm"), "alarm"), amount(own.get("warn"), "warn")
    if alarm is not None and value > alarm:
        return _ALARM
    return _NEARLY if warn is not None and value > warn else _WELL


def _unidentified(said: Object) -> bool:
    return truth(said.get("driver_identification_state"), "driver_identification_state") is False


def _door_open(said: Object) -> bool:
    """`door_lock_state`: 1 locked, 0 open; front and rear where there are two."""
    names = [name for name in said if name.startswith("door_lock_state")]
    return any(truth(said[name], name) is False for name in names)
