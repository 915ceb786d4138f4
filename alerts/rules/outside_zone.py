"""`outside_zone`: the car stands where nobody can leave it, with someone inside."""

from alerts.rules.base import TimedRule
from alerts.situation import Situation
from elevator import faults


def condition(situation: Situation) -> bool:
    """Stopped, and outside the door zone by its samples or, if not known to be inside, by one of its codes."""
    if situation.moving:
        return False
    return situation.zone is False or (situation.zone is not True and situation.has(faults.OUTSIDE_ZONE))


def zone_is_doubtful(situation: Situation) -> bool:
    """The lift's zone sensor is known to be faulty: only suspect."""
    return situation.zone_doubtful


RULE = TimedRule(
    id="outside_zone", condition=condition, suspects_only=zone_is_doubtful, empty_code="stopped_outside_zone"
)
