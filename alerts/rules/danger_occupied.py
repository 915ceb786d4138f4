"""`danger_occupied`: a danger code (over-travel, unintended movement, …) while someone is in the car."""

from alerts.memory import Memory
from alerts.policy import Policy
from alerts.rules.base import NOTHING, Level, Signal
from alerts.situation import Situation
from elevator import faults


class DangerOccupied:
    """Confirmed at once; an empty car becomes a `danger` finding (see `alerts.findings`)."""

    id = "danger_occupied"
    every_class = True

    def signal(self, memory: Memory, situation: Situation, policy: Policy) -> Signal:
        """A danger code is active, the car occupied, and nobody inspects it."""
        del memory, policy
        if situation.inspection or not situation.has(faults.DANGERS):
            return NOTHING
        if situation.occupied is not True:
            return Signal(false=False)
        return Signal(level=Level.CONFIRMED, active=True, false=False)


RULE = DangerOccupied()
