"""The decision that someone is trapped: one lift's memory, one observation or the passing of time, in; effects out.

Theory of operation. `observe` first lets the time pass that was due before the message came, then carries the message
into the memory (`hearing`; order and clock: `lateness`; motion and occupancy: `situation`). `advance` asks every rule
of `rules.catalogue` about the situation, merges the signals into the one rescue a lift can have (`merging`) and looks
for what is no rescue (`findings`).

The same `advance` runs when a message comes and when a timer is due, and it goes through every moment that was due on
the way, so who runs it, and how often, changes nothing. It returns the next moment at which time alone could change
the outcome, and the memory keeps it.
"""

from collections.abc import Sequence

from msgspec import Struct

from alerts import findings, lateness, merging, quiet, situation
from alerts.dangers import catalogue as dangers
from alerts.effects import Effect
from alerts.hearing import Hearing, Verdict
from alerts.memory import Memory, note
from alerts.policy import Policy, ms
from alerts.quiet import Bounds
from alerts.rules import catalogue
from alerts.situation import Facts
from elevator.model import Event, Link, Sample

__all__ = [
    "Bounds", "Decision", "Verdict", "adopt", "advance", "answer", "close", "confirm", "hear", "next_look", "observe",
]  # fmt: skip

_LOOK_AGAIN = 1_000  # ms: for a timer that had to wait
_LIVE = Verdict()
_MOST_STEPS = 100  # far more than a lift has timers

adopt, answer, close, confirm = merging.adopt, merging.answer, merging.close, merging.confirm


class Decision(Struct, kw_only=True):
    """What follows."""

    effects: list[Effect] = []
    due: int | None = None  # ms: look again then, at the latest
    verdict: Verdict = _LIVE


def observe(
    memory: Memory,
    facts: Facts,
    item: Sample | Event | Link,
    *,
    now: int,
    policy: Policy,
    retained: bool = False,
    key_reused: bool = False,
    hold: bool = False,
    recalled: bool = False,
    unknown: Sequence[tuple[str, str]] = (),
) -> Decision:
    """Carry one message, received at `now` (ms), into the memory and decide.

    Args:
        memory: of the lift; changed in place.
        facts: of the lift.
        item: the message.
        now: when it was received, ms.
        policy: the thresholds.
        retained: the broker told it from its store.
        key_reused: its key was seen before, too long ago to be the same event.
        hold: a queue is being read: what only elapsed time would decide must wait.
        recalled: it was decided before and comes from the history (`alerts.recall`).
        unknown: values that the contract does not know, as (field, value).
    """
    decision = Decision()
    if hold and not recalled:
        lateness.keep_offset(memory, now, policy)
    if memory.due is not None and memory.due <= now:
        decision.effects += advance(memory, facts, now=now, policy=policy, hold=hold).effects
    for name, value in unknown:
        note(memory, f"{name}={value}")
    hearing = Hearing(memory=memory, facts=facts, now=now, policy=policy, effects=decision.effects)
    match item:
        case Sample():
            decision.verdict = hearing.sample(item)
        case Event():
            decision.verdict = hearing.event(item, key_reused=key_reused)
        case Link():
            decision.verdict = hearing.link(item, retained=retained)
    after = advance(memory, facts, now=now, policy=policy, hold=hold)
    decision.effects += after.effects
    decision.due = after.due
    return decision


def hear(
    memory: Memory, facts: Facts, item: Sample | Event | Link, *, now: int, bounds: Bounds, hold: bool = False
) -> Decision:
    """`observe` by the short way where a sample may take it; the same outcome, mostly at a tenth of the cost.

    For who drives many lifts through time in one process, with nothing to write.

    Args:
        memory: of the lift; changed in place.
        facts: of the lift.
        item: the message.
        now: when it was received, ms.
        bounds: `Bounds(policy)`, made once.
        hold: a queue is being read.
    """
    if (
        isinstance(item, Sample) and quiet.is_simple(memory) and quiet.is_next(memory, item)
        and quiet.hear(memory, facts, item, now, bounds, hold=hold, undo=True)
    ):  # fmt: skip
        return Decision(due=memory.due)
    return observe(memory, facts, item, now=now, policy=bounds.policy, hold=hold)


def advance(
    memory: Memory, facts: Facts, *, now: int, policy: Policy, hold: bool = False, listening: int | None = None
) -> Decision:
    """Let time pass up to `now`: ask every rule and merge what they say.

    Args:
        memory: of the lift; changed in place.
        facts: of the lift.
        now: ms.
        policy: the thresholds.
        hold: a queue is being read: what only elapsed time would decide must wait.
        listening: since when (ms) silence may be counted; None: not now.
    """
    decision = Decision()
    for _ in range(_MOST_STEPS):
        if memory.due is None or (moment := max(memory.due, memory.looked_at)) >= now:
            break
        decision.effects += _step(memory, facts, now=moment, policy=policy, hold=hold, listening=listening)
        if memory.due is not None and memory.due <= moment:
            break  # it has to wait
    decision.effects += _step(memory, facts, now=now, policy=policy, hold=hold, listening=listening)
    decision.due = memory.due
    return decision


def _step(memory: Memory, facts: Facts, *, now: int, policy: Policy, hold: bool, listening: int | None) -> list[Effect]:
    latches = situation.settle(memory, now, policy)
    shown = dangers.settle(memory, now, hold=hold) if memory.dangers else ()
    seen = situation.look(memory, facts, now, hold=hold, listening=listening)
    merge = merging.Merge(memory=memory, seen=seen, policy=policy, dues=[*shown])
    if latches is not None and (
        seen.codes or (facts.is_lift and any(rule.condition(seen) for rule in catalogue.TIMED))
    ):
        merge.dues.append(latches)  # elsewhere the next message latches as well
    for rule in catalogue.RULES if facts.is_lift else catalogue.EVERY_CLASS:
        merge.take(rule.id, rule.signal(memory, seen, policy))
    merge.finish()
    found, later = findings.step(memory, seen, policy)
    memory.due, memory.looked_at = min([*merge.dues, *later], default=None), now
    return [*merge.effects, *found]


def next_look(
    decision: Decision, memory: Memory, *, now: int, policy: Policy, listening: int | None, heard: bool = False
) -> int | None:
    """When the lift must be looked at again although nothing may have come: always after `now`.

    A lift is looked at when it falls silent, not only when that makes it suspect: several that do so are an area.
    While nobody listens (or a message was just `heard`) that is due by what was heard last; a look that comes too early
    only finds a later time. What a message has made due is due at once; what had to wait is asked again later.
    """
    due, silent = decision.due, _falls_silent(memory, policy, listening)
    if silent is not None and (listening is None or silent > now):
        due = silent if due is None else min(due, silent)
    return due if due is None or due > now else now + (1 if heard else _LOOK_AGAIN)


def _falls_silent(memory: Memory, policy: Policy, listening: int | None) -> int | None:
    """When the lift counts as silent if nothing more is heard (a lost link: when it is suspected); None: it does."""
    heard = memory.lost_at if memory.lost_at is not None else memory.heard_at
    if heard is None or memory.silence is not None or ("offline:offline" in memory.faults and memory.known is None):
        return None
    if memory.lost_at is not None and not memory.lost_retained and (listening is None or heard >= listening):
        return heard + ms(policy.rules["silence"].suspect_s)
    return max(heard, listening or 0) + ms(memory.interval * policy.silence.intervals + policy.silence.slack_s)
