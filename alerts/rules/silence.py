"""`silence`: a car that was last known occupied and in trouble has stopped talking; a person decides.

Silence counts only while we were listening: after time without intake, or spent working off a queue, every lift gets
one full window first. A link reported lost (last will) counts at once, a retained one after a full window.
"""

from alerts.memory import Memory
from alerts.policy import Policy, ms
from alerts.rules.base import NOTHING, Level, Signal
from alerts.situation import Situation, look


def silent_from(memory: Memory, situation: Situation, policy: Policy) -> int | None:
    """From when the lift counts as silent if nothing is heard; None: it cannot be told, or was never heard."""
    heard, listening = memory.heard_at, situation.listening
    if heard is None and memory.lost_at is None:
        return None
    window = ms(policy.silence.intervals * memory.interval + policy.silence.slack_s)
    if listening is None:
        return None
    if memory.lost_at is not None and not memory.lost_retained and memory.lost_at >= listening:
        return memory.lost_at
    return max(memory.lost_at or heard or 0, listening) + window


def is_dangerous(memory: Memory, situation: Situation) -> bool:
    """Last known state: occupied and moving, outside the zone, or with another rule running."""
    last = look(memory, situation.facts, situation.now, sample=memory.known) if memory.known else situation
    if last.occupied is not True or last.switched_off or not last.facts.is_lift:
        return False
    pressed = memory.button is not None and memory.button.suspected_at is not None
    asked = memory.rescue is not None and "long_stay" in memory.rescue.causes
    return last.moving or last.zone is False or bool(memory.timers) or pressed or asked


class Silence:
    """The rule; ends only when fresh samples show the open door, 3 s of movement, or a mode that switches it off."""

    id = "silence"
    every_class = False

    def signal(self, memory: Memory, situation: Situation, policy: Policy) -> Signal:
        """Suspected some time after the lift fell silent in a dangerous state."""
        if memory.silence is not None:
            return self._running(memory, situation, policy)
        begins = silent_from(memory, situation, policy)
        if begins is None:
            return NOTHING
        due = begins + ms(policy.rules[self.id].suspect_s)
        if situation.now < due or situation.hold:
            return Signal(due=due)
        if not is_dangerous(memory, situation):
            return NOTHING
        memory.silence = situation.now
        return Signal(level=Level.SUSPECTED, active=True, false=False, asks=True)

    def _running(self, memory: Memory, situation: Situation, policy: Policy) -> Signal:
        """Only what is heard after the silence ends it: movement counts from the first fresh sample that shows it."""
        due = None
        if memory.sample is not None and memory.sample_at >= (memory.silence or 0):
            moving = situation.moving and memory.lost_at is None
            memory.moving_again = (memory.moving_again or memory.sample_at) if moving else None
            if memory.moving_again is not None:
                due = memory.moving_again + ms(policy.conditions.interruption_s)
            moved = due is not None and situation.now >= due and not situation.hold
            if situation.open_in_zone or situation.switched_off or moved:
                memory.silence = memory.moving_again = None
                return NOTHING
        return Signal(level=Level.SUSPECTED, active=True, false=False, due=due, asks=True)


RULE = Silence()
