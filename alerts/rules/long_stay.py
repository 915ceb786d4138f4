"""`long_stay`: somebody has been in a closed car at a landing for ten minutes; ask by intercom.

Only the person sensor speaks here, its latch included: nobody leaves a closed car. A car without a sensor stands closed
at a landing for hours every night, and says nothing by it. Its time is part of the condition, so nothing is "running"
for `silence` before that. `alerts.motion` keeps since when; a person decides, with priority P2.
"""

from alerts.memory import Memory
from alerts.policy import Policy, ms
from alerts.rules.base import NOTHING, Level, Signal
from alerts.situation import OccupiedBy, Situation


class LongStay:
    """Stopped in the zone, door not open, someone in the car by its sensor, all of it for so long."""

    id = "long_stay"
    every_class = False

    def signal(self, memory: Memory, situation: Situation, policy: Policy) -> Signal:
        """Suspected when the time is over; it never confirms by itself."""
        stay, gone = memory.stay, memory.stay_gone
        if stay is None or situation.switched_off:
            return NOTHING
        due = stay + ms(policy.rules[self.id].suspect_s)
        if gone is not None:
            ends = gone + ms(policy.conditions.interruption_s)
            return NOTHING if gone < due or situation.now >= ends else Signal(active=True, false=False, due=ends)
        if situation.now < due or situation.hold:
            return Signal(false=False, due=due)
        if situation.occupied_by is not OccupiedBy.SENSOR:
            return NOTHING
        return Signal(level=Level.SUSPECTED, active=True, false=False, asks=True)


RULE = LongStay()
