"""`unintended_movement`: the car leaves the landing with its door open (EN 81-20, GB/T 7588.1).

Whatever `moving` says: a car that slips through its brake is not moved by its controller. Its door has been open
without a break since the car stood in the zone, and now it is outside: by its position, where it tells one, else by
`moving`. So a zone sensor that flaps is not enough. Once sure, it stays until the car is seen in the zone again, as a
real detector stays latched: a car that came to rest 1 m off the landing is no less dangerous.
"""

from alerts.dangers.base import Danger, Shows
from alerts.facts import Facts
from alerts.memory import Memory
from alerts.policy import Policy
from elevator.model import Door, Sample

CODE = "unintended_movement"


def shows(memory: Memory, facts: Facts, sample: Sample, policy: Policy) -> Shows:
    """Left the zone with its door open, or has not come back since."""
    del facts
    if sample.door_zone is not False:
        return Shows.NO
    shown = memory.dangers.get(CODE)
    if shown is not None and shown.sure:
        return Shows.CLEAR
    if sample.door is not Door.OPEN or not memory.kept_open:
        return Shows.NO
    if memory.stood is not None and sample.position is not None:
        left = abs(sample.position - memory.stood) > policy.dangers.zone_m
    else:
        left = bool(sample.moving) or shown is not None
    return Shows.CLEAR if left else Shows.NO


DANGER = Danger(code=CODE, shows=shows)
