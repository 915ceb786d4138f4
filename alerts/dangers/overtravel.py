"""`overtravel_top`, `overtravel_bottom`: the car is beyond its last landing, towards the roof or the buffer.

Only where every landing of the registry is learnt (`alerts.landings`), so that the last one is known to be the last;
and never while the car says that it is in the zone. A position that jumped there is shown twice before it is believed;
one that the car can have reached since its last sample only has to last.
"""

from alerts import landings
from alerts.dangers.base import Danger, Shows
from alerts.facts import Facts
from alerts.memory import Memory
from alerts.policy import Policy
from elevator.model import Sample

_LOOKS_BACK_S = 3  # s: within that a position can be followed from one sample to the next
_PLAY_M = 0.5


def _top(memory: Memory, facts: Facts, sample: Sample, policy: Policy) -> Shows:
    last = memory.landings.get(facts.floors[-1]) if facts.floors else None
    beyond = last is not None and (sample.position or 0) > last + policy.dangers.overtravel_m
    return _judge(memory, facts, sample, policy) if beyond else Shows.NO


def _bottom(memory: Memory, facts: Facts, sample: Sample, policy: Policy) -> Shows:
    last = memory.landings.get(facts.floors[0]) if facts.floors else None
    beyond = last is not None and (sample.position or 0) < last - policy.dangers.overtravel_m
    return _judge(memory, facts, sample, policy) if beyond else Shows.NO


def _judge(memory: Memory, facts: Facts, sample: Sample, policy: Policy) -> Shows:
    if sample.position is None or sample.door_zone is True or landings.ends(memory, facts.floors) is None:
        return Shows.NO
    before = memory.sample
    if before is None or before.position is None or before.boot != sample.boot:
        return Shows.DOUBTFUL
    took = min(max(sample.ts - before.ts, 0) / 1000, _LOOKS_BACK_S)
    fastest = (facts.rated_speed or policy.dangers.fastest_m_s) * policy.dangers.overspeed_factor
    reached = abs(sample.position - before.position) <= took * fastest + _PLAY_M
    return Shows.CLEAR if reached else Shows.DOUBTFUL


DANGERS = (Danger(code="overtravel_top", shows=_top), Danger(code="overtravel_bottom", shows=_bottom))
