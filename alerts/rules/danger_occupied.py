"""`danger_occupied`: a danger (over-travel, unintended movement, …) while someone is in the car.

Every danger code counts that the catalogue gives to this class of equipment, and what `alerts.dangers` derives. An
escalator has no car: nobody is inside, so its dangers are findings of kind `danger`, P1, and no rescue; contract
section 5 gives it `alarm_pressed`, `controller_says` and `caller` for that. A hoist and a dumbwaiter have a car,
occupied by its sensor. A code of other equipment is a finding of kind `danger` too: it rings, whatever it does there.
"""

from alerts.memory import Memory
from alerts.policy import Policy
from alerts.rules.base import NOTHING, Level, Signal
from alerts.situation import Situation


class DangerOccupied:
    """Confirmed at once; an empty car becomes a `danger` finding (see `alerts.findings`)."""

    id = "danger_occupied"
    every_class = True

    def signal(self, memory: Memory, situation: Situation, policy: Policy) -> Signal:
        """A danger is told or derived, the car occupied, and nobody inspects it."""
        del memory, policy
        if situation.inspection or not situation.own_dangers:
            return NOTHING
        if situation.occupied is not True:
            return Signal(false=False)
        return Signal(level=Level.CONFIRMED, active=True, false=False)


RULE = DangerOccupied()
