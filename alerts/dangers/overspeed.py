"""`overspeed`: faster than 1.2 times the registry's rated speed, as lifts' own terminals reckon it.

One broken reading is not enough: two fresh samples in a row must show it, the second later by the lift's own clock.
A speed that no lift has (over 30 m/s; the fastest run 21) is a broken sensor and counts as no reading at all.
"""

from alerts.dangers.base import Danger, Shows
from alerts.facts import Facts
from alerts.memory import Memory
from alerts.policy import Policy
from elevator.model import Sample


def shows(memory: Memory, facts: Facts, sample: Sample, policy: Policy) -> Shows:
    """Moving, and too fast for this lift."""
    del memory
    speed, rated = sample.speed, facts.rated_speed
    if speed is None or not rated or not sample.moving or speed > policy.dangers.fastest_m_s:
        return Shows.NO
    return Shows.DOUBTFUL if speed > rated * policy.dangers.overspeed_factor else Shows.NO


DANGER = Danger(code="overspeed", shows=shows)
