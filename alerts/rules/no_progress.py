"""`no_progress`: the car says that it moves, and fresh samples a minute apart show it at the same place.

It is what a frozen controller, a slipping rope or a car held by its safety gear looks like from outside, where every
rule that wants a stopped car is blind. Only samples decide, not time: a car silent on its way is for `silence`.
An express run whose position changes begins anew with each sample. Where a lift tells no position its floor alone must
stay. Past a blind shaft the display stands still: where the registry shows that a lift needs longer than a minute for
its longest way between two landings, that long; but never longer than ten minutes, because a registry may err. A person
decides.
"""

from alerts.facts import Facts
from alerts.memory import Memory
from alerts.policy import Policy, ms
from alerts.rules.base import NOTHING, Level, Signal
from alerts.situation import Situation


class NoProgress:
    """Moving at one place, seen twice, so far apart; occupied."""

    id = "no_progress"
    every_class = False

    def signal(self, memory: Memory, situation: Situation, policy: Policy) -> Signal:
        """Suspected with the sample that shows it."""
        since, gone = memory.still_since, memory.still_gone
        if since is None or situation.switched_off or situation.occupied is not True:
            return NOTHING
        needed = takes(memory, situation.facts, policy)
        if gone is not None:
            ends = gone + ms(policy.conditions.interruption_s)
            return NOTHING if gone - since < needed or situation.now >= ends else _going(ends)
        if lasted(memory, since) < needed:
            return NOTHING
        return Signal(level=Level.SUSPECTED, active=True, false=False, asks=True)


def lasted(memory: Memory, since: int) -> int:
    """How long (ms) samples have shown it at one place, by their receipt or the lift's clock, whichever is shorter.

    A queue that is read after an absence of ours makes no minute of two seconds.
    """
    return min(memory.sample_at - since, memory.corrected - memory.still_taken)


def takes(memory: Memory, facts: Facts, policy: Policy) -> int:
    """How long (ms) the car must have been at one place."""
    least = policy.rules[RULE.id].suspect_s
    if memory.still_position is None and facts.rated_speed:
        terms = policy.conditions
        run = facts.blind_storeys * terms.storey_m / facts.rated_speed + terms.run_slack_s
        return ms(max(least, min(run, terms.longest_run_s)))
    return ms(least)


def _going(ends: int) -> Signal:
    """It is interrupted, and not yet for long enough to be over."""
    return Signal(active=True, false=False, due=ends)


RULE = NoProgress()
