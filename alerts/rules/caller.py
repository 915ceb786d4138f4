"""`caller`: a person reports it by telephone, page or API. The report itself is entered by `alerts.commands`."""

from alerts.memory import Memory
from alerts.policy import Policy
from alerts.rules.base import Signal
from alerts.situation import Situation


class Caller:
    """No telemetry speaks for or against a caller: the cause stays until a person ends the rescue."""

    id = "caller"
    every_class = True

    def signal(self, memory: Memory, situation: Situation, policy: Policy) -> Signal:
        """Still there while the live rescue has it."""
        del situation, policy
        held = memory.rescue is not None and self.id in memory.rescue.causes
        return Signal(active=held, false=True)


RULE = Caller()
