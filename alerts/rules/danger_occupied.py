"""`danger_occupied`: a danger (over-travel, unintended movement, …) while someone is in the car.

Every code of the catalogue's class `danger` counts, and what `alerts.dangers` derives. An escalator has no car: nobody
is inside, so its dangers are findings of kind `danger`, P1, and no rescue; contract section 5 gives it
`alarm_pressed`, `controller_says` and `caller` for that. A hoist and a dumbwaiter have one, occupied by its sensor.
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
        if situation.inspection or not situation.dangers:
            return NOTHING
        if situation.occupied is not True:
            return Signal(false=False)
        return Signal(level=Level.CONFIRMED, active=True, false=False)


RULE = DangerOccupied()
