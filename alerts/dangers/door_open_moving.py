"""`door_open_moving`: the car moves outside the door zone with its door open (contract 2.5).

Inside the zone, levelling and pre-opening are normal; without a zone signal nothing is derived. A zone sensor that
flaps while the car re-levels must not look like it: a position within the unlocking zone of the landing, learnt or
left, contradicts "outside", and movement must last.
"""

from alerts import landings
from alerts.dangers.base import Danger, Shows
from alerts.facts import Facts
from alerts.memory import Memory
from alerts.policy import Policy
from elevator.model import Door, Sample


def shows(memory: Memory, facts: Facts, sample: Sample, policy: Policy) -> Shows:
    """Moving, open, outside; and its position does not say otherwise."""
    del facts
    if not sample.moving or sample.door is not Door.OPEN or sample.door_zone is not False:
        return Shows.NO
    at_landing = landings.is_at(memory, sample, policy.dangers.zone_m)
    return Shows.NO if at_landing or is_near_where_it_stood(memory, sample, policy) else Shows.CLEAR


def is_near_where_it_stood(memory: Memory, sample: Sample, policy: Policy) -> bool:
    """Its door is open since it stood at a landing, and it has not left the unlocking zone around that place."""
    if not memory.kept_open or memory.stood is None or sample.position is None:
        return False
    return abs(sample.position - memory.stood) <= policy.dangers.zone_m


DANGER = Danger(code="door_open_moving", shows=shows)
