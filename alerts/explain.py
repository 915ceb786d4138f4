"""Why is there an alarm, or none? The state of every rule for one lift at one moment, as the detector would say. Pure.

Theory. Nothing is judged a second time here: a copy of the lift's memory is brought to `now` by the detector itself,
then every rule is asked what it says, and its answer is put into a word: `State`. What the rule goes by is told by
`alerts.parts`, which says the rule's own condition in parts. So an explanation cannot promise what the detector would
not do; `tests/property/test_alerts_explain.py` holds the two together.
"""

from copy import deepcopy
from dataclasses import dataclass
from enum import StrEnum

from alerts import detector, parts, situation
from alerts.memory import Memory
from alerts.parts import Part
from alerts.policy import Policy, ms
from alerts.rules import catalogue
from alerts.rules.base import Level, Rule, Signal
from alerts.situation import Facts, Situation

_MODES = frozenset({"mode", "no_inspection"})  # parts that a mode of the lift makes false
_BY_TIME = frozenset({"silent", "stays"})  # parts that come true by time alone


class State(StrEnum):
    """What a rule is about."""

    IDLE = "idle"  # its condition is not complete
    RUNNING = "running"  # complete, not for long enough
    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"
    ANSWERED = "answered"  # true, and a person has answered it: asked about once more, later
    SWITCHED_OFF = "switched_off"  # by the lift's mode
    OTHER_CLASS = "other_class"  # not asked of this class of lift


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One rule now; times in ms."""

    rule: str
    state: State
    parts: tuple[Part, ...]
    since: int | None = None  # what it goes by began
    interrupted_at: int | None = None  # not so just now, but for too short to end it
    suspects_at: int | None = None
    confirms_at: int | None = None
    never_confirms: bool = False  # a person decides
    asks_again_at: int | None = None  # of an answered one
    cause: bool = False  # of the live rescue


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A lift now: what was seen, and every rule."""

    seen: Situation
    memory: Memory  # as the detector would leave it
    rules: tuple[Explained, ...]


def explain(
    memory: Memory, facts: Facts, *, now: int, policy: Policy, hold: bool = False, listening: int | None = None
) -> Explanation:
    """Say what every rule of the catalogue makes of a lift at `now`; the memory stays as it is.

    Args:
        memory: of the lift.
        facts: of the lift.
        now: ms.
        policy: the thresholds.
        hold: a queue is being read: what only elapsed time would decide waits.
        listening: since when (ms) silence may be counted; None: not now.
    """
    mind = deepcopy(memory)
    detector.advance(mind, facts, now=now, policy=policy, hold=hold, listening=listening)
    seen = situation.look(mind, facts, now, hold=hold, listening=listening)
    asked = catalogue.RULES if facts.is_lift else catalogue.EVERY_CLASS
    found = []
    for rule in catalogue.RULES:
        if rule in asked:
            found.append(_explained(rule, mind, seen, policy))
        else:
            found.append(Explained(rule=rule.id, state=State.OTHER_CLASS, parts=()))
    return Explanation(seen=seen, memory=mind, rules=tuple(found))


def _explained(rule: Rule, mind: Memory, seen: Situation, policy: Policy) -> Explained:
    told = parts.of(rule.id, mind, seen, policy)
    trial = deepcopy(mind)
    signal = rule.signal(trial, seen, policy)
    threshold = policy.rules[rule.id]
    state = _state(rule, mind, signal, told, started=_started(seen, signal, told, ms(threshold.suspect_s)))
    timer = mind.timers.get(rule.id)
    since = None if state in {State.IDLE, State.SWITCHED_OFF} else parts.since(rule.id, mind)
    suspects_at = None
    if state is State.RUNNING:
        suspects_at = timer.since + ms(threshold.suspect_s) if timer else signal.due
    answered = mind.answered.get(rule.id)
    return Explained(
        rule=rule.id,
        state=state,
        parts=told,
        since=since,
        interrupted_at=timer.gone if timer else None,
        suspects_at=suspects_at,
        confirms_at=signal.confirms if state in {State.RUNNING, State.SUSPECTED} else None,
        never_confirms=signal.asks or threshold.confirm_s is None,
        asks_again_at=answered.at + ms(policy.conditions.ask_again_s) if answered and not answered.asked else None,
        cause=mind.rescue is not None and rule.id in mind.rescue.causes,
    )


def _started(seen: Situation, signal: Signal, told: tuple[Part, ...], needed: int) -> bool:
    """Only time is missing, and it has begun to count (of a rule that keeps no timer of its own: silence)."""
    waits = [part for part in told if part.holds is not True]
    only_time = bool(waits) and all(part.key in _BY_TIME for part in waits)
    return only_time and signal.due is not None and seen.now >= signal.due - needed


def _state(rule: Rule, mind: Memory, signal: Signal, told: tuple[Part, ...], *, started: bool) -> State:
    """The rule's own word; an answered cause is silent until it has been false once, or is asked about again."""
    if signal.level is not Level.NONE:
        answered = mind.answered.get(rule.id)
        if answered is not None:
            asked = mind.rescue is not None and mind.rescue.causes.get(rule.id, 0) is None  # and not gone since
            return State.SUSPECTED if asked else State.ANSWERED
        return State.CONFIRMED if signal.level is Level.CONFIRMED else State.SUSPECTED
    if signal.active and not mind.timers.get(rule.id) and mind.rescue is not None:  # a person's report
        return State.CONFIRMED if mind.rescue.confirmed else State.SUSPECTED
    if started or rule.id in mind.timers:
        return State.RUNNING
    if any(part.key in _MODES and part.holds is False for part in told):
        return State.SWITCHED_OFF
    return State.IDLE
