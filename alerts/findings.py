"""Findings that are no rescue: a danger in an empty car, "empty by its sensor", a dead alarm button, a silent lift.

They stand beside the rules: each is a code that is true now or not, opened once and gone when it has been false for
10 s (an offline lift at once, when it is heard). Codes of class `fault` have habits of their own: `alerts.fault_codes`.

One that a person closes while it is still true is asked about once more after 10 min, as an answered cause of a rescue
is, then rests until it has been false once: neither a loop nor hidden for ever.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from alerts import fault_codes
from alerts.effects import Detail, Effect, Found, Gone
from alerts.memory import Memory
from alerts.policy import Policy, ms
from alerts.rules import catalogue, silence
from alerts.rules.base import Level
from alerts.situation import Situation
from elevator import faults
from elevator.faults import Priority

_ZONE_REASON = "door_zone"
_ZONE = f"fault:{faults.SENSOR_FAULT}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is true of the lift now."""

    kind: str
    code: str
    priority: Priority
    reason: str
    detail: Detail | None = None


def step(memory: Memory, situation: Situation, policy: Policy) -> tuple[list[Effect], list[int]]:
    """Open and end findings; returns what to do and when to look again."""
    dues: list[int] = []
    now = situation.now
    true_now = {_key(finding.kind, finding.code): finding for finding in _present(memory, situation, policy, dues)}
    effects: list[Effect] = []
    for key, finding in true_now.items():
        if key not in memory.faults or _asks_again(memory, key, situation, policy, dues) or _more(memory, key, finding):
            memory.ranks[key] = int(finding.priority)
            effects.append(
                Found(
                    kind=finding.kind, code=finding.code, priority=finding.priority, reason=finding.reason,
                    detail=finding.detail,
                )
            )  # fmt: skip
        memory.faults[key] = None
    memory.zone_found = _ZONE in true_now and true_now[_ZONE].reason == _ZONE_REASON
    for key, gone in list(memory.faults.items()):
        if key in true_now:
            continue
        kind, code = key.split(":", 1)
        since = memory.faults[key] = gone or now
        if kind == "offline":
            ends = since
        elif kind == "fault":
            ends = since + fault_codes.clears(memory, code, policy)
        else:
            ends = since + ms(policy.conditions.cleared_s)
        if now < ends or (situation.hold and kind != "offline"):
            dues.append(ends)
            continue
        del memory.faults[key]
        memory.closed.pop(key, None)
        memory.ranks.pop(key, None)
        if kind != "danger":  # never ends by itself
            effects.append(Gone(kind=kind, code=code))
    return effects, dues


def _more(memory: Memory, key: str, finding: Finding) -> bool:
    """One that is open has become worse, or it is known now that it is of the zone sensor; none that was closed."""
    if key in memory.closed:
        return False
    known = finding.reason != _ZONE_REASON or memory.zone_found
    return not known or (finding.kind == "fault" and finding.priority < memory.ranks.get(key, 0))


def _asks_again(memory: Memory, key: str, situation: Situation, policy: Policy, dues: list[int]) -> bool:
    """A person has closed it and it is still true: once more, after a while."""
    closed = memory.closed.get(key)
    if closed is None or closed.asked:
        return False
    again = closed.at + ms(policy.conditions.ask_again_s)
    if situation.now < again or situation.hold:
        dues.append(again)
        return False
    closed.asked = True
    return True


def _key(kind: str, code: str) -> str:
    return f"{kind}:{code}"


def _present(memory: Memory, situation: Situation, policy: Policy, dues: list[int]) -> Iterator[Finding]:
    """What is true of the lift now; of two with the same key the later speaks."""
    if situation.codes or situation.derived:
        yield from _dangers(situation)
    if memory.active or situation.codes:
        fault_codes.follow(memory, situation, policy, dues)
        for fault, priority, detail in fault_codes.present(memory, situation, policy, dues):
            yield Finding("fault", fault.code, priority, fault.code, detail)
    if situation.facts.is_lift:
        yield from _empty(memory, situation, policy, dues)
        if memory.zone_lies:
            yield from _zone(memory, situation, policy, dues)
    button = memory.button
    if button is not None and button.active:
        stuck = button.since + ms(policy.button.device_fault_s)
        if situation.now >= stuck and not situation.hold:
            yield Finding("fault", faults.ALARM_DEVICE_FAULT, Priority.P2, faults.ALARM_BUTTON)
        else:
            dues.append(stuck)
    yield from _offline(memory, situation, policy, dues)


def _dangers(situation: Situation) -> Iterator[Finding]:
    """Dangers that trap nobody: of an empty car, of what has no car, or of another kind of equipment than this."""
    if situation.inspection:
        return
    trapping = situation.own_dangers if situation.occupied is True else frozenset()
    for code in sorted(situation.dangers - trapping):
        yield Finding("danger", code, Priority.P1, code)


def _empty(memory: Memory, situation: Situation, policy: Policy, dues: list[int]) -> Iterator[Finding]:
    """Where a rule would be sure, but for the sensor that sees nobody."""
    for rule in catalogue.TIMED:
        signal = rule.empty(memory, situation, policy)
        if signal.level is Level.CONFIRMED and rule.empty_code:
            yield Finding("fault", rule.empty_code, Priority.P2, rule.id)
        elif signal.due is not None and signal.due > situation.now:
            dues.append(signal.due)


def _zone(memory: Memory, situation: Situation, policy: Policy, dues: list[int]) -> Iterator[Finding]:
    """Its door was opened at landings "outside the zone", so often in a day: the sensor of its zone is faulty."""
    day = ms(policy.faults.day_s)
    if len(memory.zone_lies) >= policy.faults.zone_times:
        over = memory.zone_lies[0] + day
        if situation.now < over or situation.hold:
            dues.append(over)
            yield Finding("fault", faults.SENSOR_FAULT, Priority.P4, _ZONE_REASON, {"sensor": _ZONE_REASON})
        else:
            memory.zone_lies = memory.zone_lies[1:]


def _offline(memory: Memory, situation: Situation, policy: Policy, dues: list[int]) -> Iterator[Finding]:
    """A silent lift that was in no trouble; what was found stays found while we cannot listen."""
    found = _key("offline", faults.OFFLINE) in memory.faults
    finding = Finding("offline", faults.OFFLINE, Priority.P3, "silence")
    heard_again = memory.lost_at is None and memory.heard_at is not None and memory.heard_at == situation.now
    if found:
        if not heard_again:
            yield finding
        return
    begins = silence.silent_from(memory, situation, policy)
    if begins is None or memory.silence is not None:
        return
    due = begins + ms(policy.rules["silence"].suspect_s)
    if situation.now < due or situation.hold:
        dues.append(due)
    else:
        yield finding
