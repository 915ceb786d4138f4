"""A memory brought up to date from the history: what was heard and stored since it was last written. Pure.

Theory. While nothing but bookkeeping happens to a lift, its memory is not written with every message (ADR 0010). What
such messages said stands in the table `sample`: they came in order, so they are the rows of the memory's boot behind
its newest sample that are not late. Whoever opens a memory hears these first, and then knows what the intake knew. They
are heard with `hold`: nothing is decided by the time that passed between them, only by what comes after.
"""

from collections.abc import Iterable

from alerts import detector
from alerts.effects import Effect
from alerts.memory import Memory
from alerts.policy import Policy
from alerts.situation import Facts
from elevator.model import Sample


def recall(memory: Memory, facts: Facts, history: Iterable[tuple[Sample, int]], policy: Policy) -> list[Effect]:
    """Hear samples, oldest first, each with its time of receipt (ms), that the memory does not know yet.

    Returns:
        What follows; nothing, unless somebody has changed the memory since they were heard first.
    """
    effects: list[Effect] = []
    for sample, received_at in history:
        decision = detector.observe(memory, facts, sample, now=received_at, policy=policy, hold=True, recalled=True)
        effects += decision.effects
    return effects
