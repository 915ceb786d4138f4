"""What a lift has lost, power or link, by its memory; and which findings a group of such lifts stands for. Pure.

`lift_state` keeps since when, beside the memory: areas and blindness are found there without reading memories.
"""

from collections.abc import Container, Iterator
from dataclasses import dataclass

from alerts import situation
from alerts.effects import Found
from alerts.memory import Memory
from alerts.policy import Policy, ms
from alerts.rules import catalogue, silence
from alerts.situation import Facts
from elevator import faults
from elevator.faults import Priority
from elevator.model import Power

_EMPTY = {rule.empty_code: rule.id for rule in catalogue.TIMED if rule.empty_code}
_OFFLINE = f"offline:{faults.OFFLINE}"


@dataclass(frozen=True, slots=True)
class Outage:
    """Since when (ms) a lift is without power, and its link lost; None: it is not."""

    power: int | None = None
    link: int | None = None


def outage(
    memory: Memory, facts: Facts, before: Outage, *, now: int, listening: int | None, policy: Policy
) -> Outage:  # fmt: skip
    """What the lift has lost now.

    Args:
        memory: of the lift, after the decision.
        facts: of the lift.
        before: what it had lost at the last decision.
        now: ms.
        listening: since when (ms) silence may be counted; None: not known here, or not now.
        policy: the thresholds.
    """
    power = (before.power or now) if _has_no_power(memory) else None
    return Outage(power, _link_lost(memory, facts, before.link, now=now, listening=listening, policy=policy))


def _has_no_power(memory: Memory) -> bool:
    sample = memory.sample
    if faults.POWER_LOSS in memory.codes:
        return True
    return sample is not None and (sample.power not in {None, Power.MAINS} or faults.POWER_LOSS in sample.faults)


def _link_lost(
    memory: Memory, facts: Facts, before: int | None, *, now: int, listening: int | None, policy: Policy
) -> int | None:
    """A loss stays what it was until the lift is heard; one from before we were away gets its full window first."""
    heard = memory.heard_at or 0
    if before is not None and heard > before:
        before = None
    if _OFFLINE in memory.faults or (memory.silence is not None and heard <= memory.silence):
        return (
            before or memory.lost_at or heard + ms(policy.silence.intervals * memory.interval + policy.silence.slack_s)
        )
    if memory.lost_at == now and not memory.lost_retained:
        return now  # told just now
    if listening is None:
        return before
    begins = silence.silent_from(memory, situation.look(memory, facts, now, listening=listening), policy)
    if begins is None or begins > now:
        return None
    return before if before is not None and before >= listening else begins


def is_folded(found: Found, groups: Container[str]) -> bool:
    """Whether one of the lift's `groups` (area, blind) stands for it.

    Folded are a silent lift, and into an area also a car that is empty by its sensor where a rule would confirm, or
    whose controller says the same by a code.
    """
    if found.kind == "offline":
        return "area" in groups or "blind" in groups
    ours = found.code in _EMPTY and found.reason in FOLDED_REASONS
    return found.kind == "fault" and ours and found.priority > Priority.P1 and "area" in groups


FOLDED_REASONS = sorted(
    {"silence", *_EMPTY.values(), *_EMPTY}
)  # rules of an empty car, and the codes that tell the same


def standing(memory: Memory) -> Iterator[Found]:
    """Findings of the kind that a group stands for which are true now."""
    for key, gone in memory.faults.items():
        kind, code = key.split(":", 1)
        if gone is None and kind == "offline":
            yield Found(kind=kind, code=code, priority=Priority.P3, reason="silence")
        elif gone is None and kind == "fault" and code in _EMPTY:
            yield Found(kind=kind, code=code, priority=Priority.P2, reason=_EMPTY[code])
