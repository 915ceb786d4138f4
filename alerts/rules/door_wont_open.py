"""`door_wont_open`: the car is at a landing, someone is inside, and the door that should open does not."""

from alerts.rules.base import TimedRule
from alerts.situation import Situation
from elevator.model import Door, DoorCommand

_CODES = frozenset({"door_open_failure"})


def condition(situation: Situation) -> bool:
    """Stopped in the zone, door not open, and it should: by its code, a command, or calls that nobody serves."""
    sample = situation.sample
    if situation.moving or situation.zone is False or situation.door is Door.OPEN:
        return False
    asked = sample is not None and (sample.door_command is DoorCommand.OPEN or bool(sample.car_calls))
    return asked or situation.has(_CODES)


RULE = TimedRule(id="door_wont_open", condition=condition, empty_code="door_open_failure")
