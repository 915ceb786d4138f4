"""Codes of class `fault` that a controller says are active: one incident each, with hysteresis and repeats. Pure.

A code opens an incident of kind `fault` when it has been active for `faults.opens_s`, or has come and gone
`faults.flaps` times in a day; pauses under 10 s are none. It is gone after `faults.clears_s` without it, so one that
flaps is one incident, not many. Codes that are only worth a word when they repeat (sensors) have `times`; one that
simply stays on for `faults.lasts_s` needs no repetition. What nobody knows is `other`, with its text in the detail.
Nothing is opened in inspection: whoever works at a lift makes faults.

Nothing twice. The codes that ring as P1 when someone is in the car are those that count in a rule of contract section
5, and a trapped person is that rule's business: it waits, suspects, confirms, rings, dispatches. A P1 fault beside it
would be the same news on a second line, with a second bell and a second person answering. So of such a code

- while its rule's timer runs, or any rescue lives on the lift, nothing is opened: the rescue, or what becomes of the
  timer, speaks; its evidence lists the code. When the timer ends without a suspicion (the car went on), or a person has
  ended the rescue, a code that is still active opens its incident, because then it is a repair;
- while neither is the case and someone is in the car, it opens as P1: the rule's condition does not hold (the car
  stands in the zone, or `firefighter` switches the rule off), so nobody else speaks for that person.

Codes without a rule (a drive, a door that does not close) say what to repair, not who is trapped. They are opened in
any case, but beside a live rescue with the priority of an empty car: that somebody is inside is known already.

An incident that is open rings again once if its priority rises because someone is inside; it never falls back.
"""

from collections.abc import Iterator

from alerts.effects import Detail
from alerts.memory import Memory, Timer
from alerts.policy import Policy, ms
from alerts.situation import Situation
from elevator import faults
from elevator.faults import CATALOGUE, Fault, FaultClass, Priority

_KEPT = 10  # activations remembered of a code


def follow(memory: Memory, situation: Situation, policy: Policy, dues: list[int]) -> None:
    """Note which fault codes are active, since when, and how often today."""
    now = situation.now
    active = {fault.code for fault in map(_fault_of, situation.codes) if fault is not None}
    for code in active:
        timer = memory.active.get(code)
        if timer is None:
            memory.active[code] = Timer(since=now)
            today = [at for at in memory.repeats.get(code, ()) if at > now - ms(policy.faults.day_s)]
            memory.repeats[code] = [*today, now][-_KEPT:]
        else:
            timer.gone = None
    for code, timer in list(memory.active.items()):
        if code in active:
            continue
        timer.gone = timer.gone or now
        over = timer.gone + ms(policy.conditions.cleared_s)
        if now >= over:
            del memory.active[code]
        else:
            dues.append(over)
    if memory.repeats:
        _forget(memory, now - ms(policy.faults.day_s))


def _forget(memory: Memory, before: int) -> None:
    for code, times in list(memory.repeats.items()):
        if times[-1] <= before and code not in memory.active and f"fault:{code}" not in memory.faults:
            del memory.repeats[code]


def present(
    memory: Memory, situation: Situation, policy: Policy, dues: list[int]
) -> Iterator[tuple[Fault, Priority, Detail | None]]:
    """The codes that are, or stay, an incident now: with their priority and what else is known."""
    for code, timer in sorted(memory.active.items()):
        fault = CATALOGUE[code]
        if f"fault:{code}" in memory.faults:
            if timer.gone is None:
                yield fault, _priority(memory, situation, fault), _detail(situation, code)
        elif (
            _is_due(memory, situation, policy, code, timer, dues)
            and not situation.inspection
            and not _explained(memory, fault)
        ):
            yield fault, _priority(memory, situation, fault), _detail(situation, code)


def clears(memory: Memory, code: str, policy: Policy) -> int:
    """How long (ms) a fault must be gone: a code that was told flaps, a rule's own condition does not."""
    if code not in memory.repeats:
        return ms(policy.conditions.cleared_s)
    habit = policy.faults.codes.get(code)
    own = None if habit is None else habit.clears_s
    return ms(policy.faults.clears_s if own is None else own)


def _fault_of(code: str) -> Fault | None:
    """The catalogue's entry where it is of class `fault`; what nobody knows is `other`."""
    fault = CATALOGUE.get(code, CATALOGUE[faults.OTHER])
    return fault if fault.fault_class is FaultClass.FAULT else None


def _is_due(
    memory: Memory, situation: Situation, policy: Policy, code: str, timer: Timer, dues: list[int]
) -> bool:  # fmt: skip
    now, habits, habit = situation.now, policy.faults, policy.faults.codes.get(code)
    day = now - ms(habits.day_s)
    today = sum(at > day for at in memory.repeats.get(code, ()))
    lasts = timer.since + ms(habits.lasts_s)
    times = habits.times if habit is None or habit.times is None else habit.times
    if today < times and (now < lasts or situation.hold):
        dues.append(lasts)
        return False
    opens = timer.since + ms(habits.opens_s if habit is None or habit.opens_s is None else habit.opens_s)
    if today >= habits.flaps or times > 1:
        return True  # it comes and goes: how long it stays says nothing
    if now < opens or situation.hold:
        if timer.gone is None:
            dues.append(opens)
        return False
    return timer.gone is None or timer.gone >= opens


def _explained(memory: Memory, fault: Fault) -> bool:
    """A rescue, or a rule about to open one, speaks for whoever is inside."""
    return fault.rule is not None and (memory.rescue is not None or fault.rule in memory.timers)


def _priority(memory: Memory, situation: Situation, fault: Fault) -> Priority:
    inside = situation.occupied is True and memory.rescue is None
    return (fault.occupied if inside else fault.empty) or Priority.P3


def _detail(situation: Situation, code: str) -> Detail | None:
    if code != faults.OTHER:
        return None
    unknown = sorted({told.removeprefix(f"{faults.OTHER}:") for told in situation.codes if told not in CATALOGUE})
    return {"text": ", ".join(unknown[:3])} if unknown else None
