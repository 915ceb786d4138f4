"""`controller_says`: the controller itself reports an entrapment; believed at once."""

from alerts.memory import Memory
from alerts.policy import Policy
from alerts.rules.base import NOTHING, Level, Signal
from alerts.situation import Situation
from elevator import faults


class ControllerSays:
    """Active while the code `entrapment` is; in inspection only a suspicion."""

    id = "controller_says"
    every_class = True

    def signal(self, memory: Memory, situation: Situation, policy: Policy) -> Signal:
        """Confirmed at once."""
        del memory, policy
        if faults.ENTRAPMENT not in situation.codes:
            return NOTHING
        if situation.inspection:
            return Signal(level=Level.SUSPECTED, active=True, false=False, asks=True)
        return Signal(level=Level.CONFIRMED, active=True, false=False)


RULE = ControllerSays()
