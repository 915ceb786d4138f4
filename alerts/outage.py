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
    if listening is None:
        told = memory.lost_at if memory.lost_at is not None and not memory.lost_retained else None
        return before or told
    begins = silence.silent_from(memory, situation.look(memory, facts, now, listening=listening), policy)
    if begins is None or begins > now:
        return None
    return before if before is not None and before >= listening else begins


def is_folded(found: Found, groups: Container[str], *, empty: bool) -> bool:
    """Whether one of the lift's `groups` (area, blind) stands for a finding.

    Folded are a silent lift, and into an area also the faults of an empty car; not what the car would be missed by (its
    alarm device), nor what others decide by or nobody knows (sensors, unknown codes).
    """
    if found.kind == "offline":
        return "area" in groups or "blind" in groups
    may = found.kind == "fault" and found.code not in KEPT_CODES and found.priority in FOLDED_PRIORITIES
    return may and empty and "area" in groups


KEPT_CODES = [faults.ALARM_DEVICE_FAULT, faults.OTHER]
FOLDED_PRIORITIES = [Priority.P2, Priority.P3]


def standing(memory: Memory) -> Iterator[Found]:
    """Findings of the kind that a group stands for which are true now, and which no person has closed."""
    for key, gone in memory.faults.items():
        kind, code = key.split(":", 1)
        if gone is not None or key in memory.closed:
            continue
        if kind == "offline":
            yield Found(kind=kind, code=code, priority=Priority.P3, reason="silence")
        elif kind == "fault":
            reason = code if code in memory.active else _EMPTY.get(code, code)
            yield Found(kind=kind, code=code, priority=Priority(memory.ranks.get(key, Priority.P2)), reason=reason)


def passed(memory: Memory) -> list[str]:
    """Codes of faults that are gone but not forgotten yet; true again before that, they would not be told."""
    return [
        key.split(":", 1)[1] for key, gone in memory.faults.items() if gone is not None and key.startswith("fault:")
    ]


def forget(memory: Memory, code: str) -> None:
    """Let a fault that is gone be told anew when it is true again."""
    for kept in (memory.faults, memory.ranks, memory.closed):
        kept.pop(f"fault:{code}", None)
    memory.active.pop(code, None)  # it lasted long enough to be told: not of a code that is gone
