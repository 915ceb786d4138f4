"""`power_lost`: the mains are gone and someone is in a car whose door is not open."""

from alerts.memory import Memory
from alerts.policy import Policy, ms
from alerts.rules.base import TimedRule
from alerts.situation import OccupiedBy, Situation
from elevator import faults
from elevator.model import Door, Power

_POWER_CODES = frozenset({faults.POWER_LOSS})


def condition(situation: Situation) -> bool:
    """On battery or off, or its code active; stopped; door not open."""
    lost = situation.power is not Power.MAINS or situation.has(_POWER_CODES)
    return lost and not situation.moving and situation.door is not Door.OPEN


def occupied(memory: Memory, situation: Situation, policy: Policy) -> bool | None:
    """Without a sensor, a car counts only if it moved shortly (120 s) before the power went."""
    if situation.occupied_by is not OccupiedBy.MOVED:
        return situation.occupied
    timer = memory.timers.get(RULE.id)
    began = timer.since if timer else situation.now
    earliest = began - ms(policy.conditions.moved_before_power_loss_s)
    return True if memory.moving_at is not None and memory.moving_at >= earliest else None


RULE = TimedRule(id="power_lost", condition=condition, occupied=occupied, empty_code=faults.POWER_LOSS)
