"""What no lift can have done between two samples: counted for the lift and shown there, never decided by. Pure.

A broken sensor, a controller that counts from elsewhere, messages of two cars under one name: the samples are heard all
the same, because an alarm may stand behind any of them. What is dangerous if it is true (an open door on the way, the
car beyond its last landing) is a finding of its own (`alerts.dangers`).
"""

from alerts.facts import Facts
from alerts.memory import Memory
from alerts.policy import Policy
from elevator.model import Sample

_PLAY_M = 1.0
_LEAST_HEIGHT_M = 2.0  # of a floor

TIME_BACK = "time_back"  # a later sample is earlier by the lift's own clock
POSITION_JUMP = "position_jump"
FLOOR_JUMP = "floor_jump"
TOO_FAST = "too_fast"


def note(memory: Memory, facts: Facts, before: Sample, sample: Sample, policy: Policy) -> None:
    """Compare a fresh sample with the one before it, of the same boot."""
    if sample.boot != before.boot:
        return
    fastest, took = policy.dangers.fastest_m_s, sample.ts - before.ts
    if sample.speed is not None and sample.speed > fastest:
        _count(memory, TOO_FAST)
    if took < 0:
        _count(memory, TIME_BACK)
        return
    was, is_ = before.position, sample.position
    if was is not None and is_ is not None:
        way = is_ - was if is_ > was else was - is_
        if way > _PLAY_M and way > fastest * took / 1000 + _PLAY_M:
            _count(memory, POSITION_JUMP)
    if sample.floor != before.floor and _floors_apart(facts, before, sample) > fastest * took / 1000 + _PLAY_M:
        _count(memory, FLOOR_JUMP)


def _floors_apart(facts: Facts, before: Sample, sample: Sample) -> float:
    """How far the car must have moved at least, in m, between two floors that the registry knows."""
    if before.floor not in facts.floors or sample.floor not in facts.floors:
        return 0
    apart = abs(facts.floors.index(before.floor) - facts.floors.index(sample.floor))
    return max(apart - 1, 0) * _LEAST_HEIGHT_M


def _count(memory: Memory, reason: str) -> None:
    memory.impossible = memory.impossible | {reason: memory.impossible.get(reason, 0) + 1}
