"""The decision that someone is trapped: one lift's memory, one observation or the passing of time, in; effects out.

Theory of operation. `observe` first carries the message into the memory (order and clock: `lateness`; motion and
occupancy: `situation`; codes and the button: here), then `advance` asks every rule of `rules.catalogue` about the
situation and merges the signals into the one rescue a lift can have:

- a level that no live rescue explains opens one; a cause it does not have yet is added; a confirming rule confirms;
- a suspicion all of whose causes have been gone for 10 s is cleared, unless only a person may end it;
- what looks recovered is noted, never ended;
- a cause that an ended rescue has answered opens nothing until it has been false once, but for one suspicion after
  10 min that waits for a person.

Late messages amend the memory and nothing else, with the exceptions the contract makes for alarms (2.6). The same
`advance` runs when a message comes and when a timer is due, so who runs it, and how often, changes nothing. It
returns the next moment at which time alone could change the outcome.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from alerts import findings, lateness, situation
from alerts.effects import CauseAdded, Cleared, Confirmed, Effect, Opened, PressedAgain, Recovered
from alerts.memory import MAX_NOTES, Answered, Code, Memory, Rescue
from alerts.policy import Policy, ms
from alerts.rules import alarm_pressed, catalogue
from alerts.rules.base import Level, Signal, move_back
from alerts.situation import Facts, Situation
from elevator import faults
from elevator.model import Event, Link, Sample, sane_interval

_LOOK_AGAIN = 1_000  # ms: for a timer that had to wait
_ALARM_RULE = {faults.ALARM_BUTTON: "alarm_pressed", faults.ENTRAPMENT: "controller_says"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was made of one message."""

    late: bool = False
    outcome: str = "live"  # live, late, late_live, filtered, review, old_alarm, behind
    review: bool = False


@dataclass(slots=True, kw_only=True)
class Decision:
    """What follows."""

    effects: list[Effect] = field(default_factory=list)
    due: int | None = None  # ms: look again then, at the latest
    verdict: Verdict = field(default_factory=Verdict)


def observe(
    memory: Memory,
    facts: Facts,
    item: Sample | Event | Link,
    *,
    now: int,
    policy: Policy,
    retained: bool = False,
    hold: bool = False,
    unknown: Sequence[tuple[str, str]] = (),
) -> Decision:
    """Carry one message, received at `now` (ms), into the memory and decide."""
    decision = Decision()
    if hold:
        lateness.keep_offset(memory, now, policy)
    for name, value in unknown:
        _note(memory, f"{name}={value}")
    match item:
        case Sample():
            decision.verdict = _sample(memory, facts, item, now, policy)
        case Event():
            decision.verdict = _event(memory, facts, item, now, policy, decision.effects)
        case Link():
            decision.verdict = _link(memory, item, now, policy, retained=retained)
    _merge(decision, advance(memory, facts, now=now, policy=policy, hold=hold))
    return decision


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
    dues = [due for due in [situation.settle(memory, now, policy)] if due is not None]
    seen = situation.look(memory, facts, now, hold=hold, listening=listening)
    for rule in catalogue.RULES:
        if facts.is_lift or rule.every_class:
            signal = rule.signal(memory, seen, policy)
            _merge_signal(memory, rule.id, signal, seen, policy, decision.effects, dues)
            if signal.due is not None:
                dues.append(signal.due)
    _finish(memory, seen, policy, decision.effects, dues)
    more, later = findings.step(memory, seen, policy)
    decision.effects += more
    decision.due = min([*dues, *later], default=None)
    return decision


def next_look(decision: Decision, memory: Memory, *, now: int, policy: Policy, listening: int | None) -> int | None:
    """When the lift must be looked at again although nothing may have come: always after `now`.

    While nobody listens (or a message was just decided) silence is due by what was heard last; a look that comes too
    early only finds a later time.
    """
    due = decision.due
    if listening is None:
        due = min((one for one in (due, _silence_due(memory, policy)) if one is not None), default=None)
    return due if due is None or due > now else now + _LOOK_AGAIN


def _silence_due(memory: Memory, policy: Policy) -> int | None:
    heard = memory.lost_at if memory.lost_at is not None else memory.heard_at
    if heard is None or "offline:offline" in memory.faults or memory.silence is not None:
        return None
    window = memory.interval * policy.silence.intervals + policy.silence.slack_s
    at_once = memory.lost_at is not None and not memory.lost_retained
    return heard + ms((0 if at_once else window) + policy.rules["silence"].suspect_s)


def answer(memory: Memory, *, now: int) -> None:
    """A person has ended the rescue: its causes are answered until each has been false once."""
    if memory.rescue is None:
        return
    for cause in memory.rescue.causes:
        if cause != "caller":
            before = memory.answered.get(cause)
            memory.answered[cause] = Answered(at=now, asked=before is not None and before.asked)
    memory.rescue = None
    alarm_pressed.forget(memory)


def adopt(memory: Memory, *, rescue_id: str, cause: str, confirmed: bool, sticky: bool = False) -> None:
    """A rescue was opened, confirmed or reported by a person: the detector goes on from there."""
    rescue = memory.rescue = memory.rescue or Rescue()
    rescue.id = rescue_id
    rescue.confirmed = rescue.confirmed or confirmed
    rescue.sticky = rescue.sticky or sticky
    rescue.causes[cause] = None


# --- carrying a message into the memory ------------------------------------------------------------------


def _heard(memory: Memory, now: int) -> None:
    memory.heard_at, memory.lost_at, memory.lost_retained, memory.online = now, None, False, True


def _sample(memory: Memory, facts: Facts, sample: Sample, now: int, policy: Policy) -> Verdict:
    timing = lateness.of_sample(memory, sample, now, policy)
    if memory.boots[:1] == [sample.boot]:
        memory.stored_sample_seq = max(memory.stored_sample_seq, sample.seq)
    if not timing.late:
        listed_before = memory.sample is not None and faults.ALARM_BUTTON in memory.sample.faults
        situation.note_sample(memory, sample, now, timing.corrected)
        _heard(memory, now)
        _listed_button(memory, facts, sample, now, policy, before=listed_before)
        return Verdict()
    if memory.sample == sample:
        return Verdict(late=True, outcome="duplicate")
    newest = max(memory.corrected, memory.known_corrected if memory.known else 0)
    if timing.corrected > newest:
        memory.known, memory.known_corrected = sample, timing.corrected
    if situation.is_open_in_zone(sample):
        memory.opened_at = max(memory.opened_at or 0, min(timing.corrected, now))
    then = situation.look(memory, facts, now, sample=sample)
    for rule in catalogue.TIMED:
        holds = rule.condition(then) and not then.switched_off and rule.occupied(memory, then, policy) is True
        move_back(memory, rule, holds=holds, corrected=timing.corrected)
    return Verdict(late=True, outcome="late")


def _listed_button(memory: Memory, facts: Facts, sample: Sample, now: int, policy: Policy, *, before: bool) -> None:
    """The newest sample lists the alarm button: the same press, seen another way."""
    listed = faults.ALARM_BUTTON in sample.faults
    if listed and not before and not (memory.button and memory.button.active):
        alarm_pressed.press(memory, situation.look(memory, facts, now), policy, sample.ts)
        if memory.button is not None:
            memory.button.by_sample = True
    elif before and not listed and faults.ALARM_BUTTON not in memory.codes:
        alarm_pressed.release(memory, situation.look(memory, facts, now), policy, sample.ts)


def _event(memory: Memory, facts: Facts, event: Event, now: int, policy: Policy, effects: list[Effect]) -> Verdict:
    known_boot = event.boot in memory.boots
    timing = lateness.of_event(memory, event, now, policy)
    if not known_boot and memory.boots[:1] == [event.boot] and memory.sample is not None:
        memory.sample = msgspec.structs.replace(memory.sample, faults=[])  # a new boot clears what samples listed
    if memory.boots[:1] == [event.boot]:
        memory.stored_event_seq = max(memory.stored_event_seq, event.seq)
    code, _ = faults.canonical(event.code)
    if code in faults.ALARMS:
        return _alarm(memory, facts, event, timing, now, policy, effects)
    if timing.late:
        return Verdict(late=True, outcome="late")
    _heard(memory, now)
    if faults.CATALOGUE[code].fault_class is faults.FaultClass.MODE:
        return Verdict()  # mode events are history: only a sample's `mode` counts
    key = code if code != faults.OTHER else f"{faults.OTHER}:{event.code[:64]}"
    if event.active:
        memory.codes[key] = Code(since=now, boot=event.boot, seq=event.seq)
    else:
        memory.codes.pop(key, None)
    return Verdict()


def _alarm(
    memory: Memory,
    facts: Facts,
    event: Event,
    timing: lateness.Timing,
    now: int,
    policy: Policy,
    effects: list[Effect],
) -> Verdict:
    """`alarm_button` and `entrapment`: live unless a replay; an old replay is a suspicion or up for review."""
    if not event.replay:
        _heard(memory, now)
    elif event.active and (settled := _replayed(memory, facts, event, timing, now, policy, effects)) is not None:
        return settled
    this = Code(since=now, ts=event.ts, boot=event.boot, seq=event.seq)
    last_set, last_clear = memory.codes.get(event.code), memory.cleared.get(event.code)
    outcome = "late_live" if event.replay else "live"
    if not event.active:
        if last_set is not None and _came_before(event, last_set):
            return Verdict(late=event.replay, outcome="behind")  # a newer press is active: this clear is not of it
        memory.codes.pop(event.code, None)
        memory.cleared[event.code] = this
        if event.code == faults.ALARM_BUTTON:
            alarm_pressed.release(memory, situation.look(memory, facts, now), policy, event.ts)
        return Verdict(late=event.replay, outcome=outcome)
    over = last_clear is not None and _came_before(event, last_clear)
    if event.code == faults.ALARM_BUTTON and _press(memory, facts, event, now, policy, effects):
        outcome = "filtered"
    if not over:
        memory.codes[event.code] = this
    elif last_clear is not None and event.code == faults.ALARM_BUTTON:
        alarm_pressed.release(memory, situation.look(memory, facts, now), policy, last_clear.ts)
    return Verdict(late=event.replay, outcome=outcome)


def _replayed(
    memory: Memory,
    facts: Facts,
    event: Event,
    timing: lateness.Timing,
    now: int,
    policy: Policy,
    effects: list[Effect],
) -> Verdict | None:
    """An alarm from a controller's buffer; None where it is decided like a live one."""
    opened_since = memory.opened_at is not None and memory.opened_at > timing.corrected
    too_old = now - timing.corrected > ms(policy.clocks.alarm_replay_s)
    empty = too_old and situation.look(memory, facts, now).occupied is False
    if opened_since or empty:
        return Verdict(late=True, outcome="review", review=True)
    if not too_old:
        return None
    _open_or_add(memory, _ALARM_RULE[event.code], effects, confirmed=False, sticky=True, event_ts=event.ts)
    return Verdict(late=True, outcome="old_alarm")


def _came_before(event: Event, other: Code) -> bool:
    """By the lift's own count; across boots nothing is known, and in doubt the alarm counts."""
    return event.boot == other.boot and event.seq < other.seq


def _press(memory: Memory, facts: Facts, event: Event, now: int, policy: Policy, effects: list[Effect]) -> bool:
    """Enter a press; true when it is filtered."""
    if memory.button is not None and memory.button.active and memory.button.by_sample:
        memory.button.by_sample = False  # the same press, which a sample had told first
        return False
    filtered = alarm_pressed.press(memory, situation.look(memory, facts, now), policy, event.ts)
    if not filtered and memory.rescue is not None and alarm_pressed.RULE.id in memory.rescue.causes:
        effects.append(PressedAgain(ts=event.ts))
    return filtered


def _link(memory: Memory, link: Link, now: int, policy: Policy, *, retained: bool) -> Verdict:
    memory.link_at = now
    if link.firmware is not None:
        memory.firmware = link.firmware[:64]
    if link.interval is not None:
        memory.interval = sane_interval(link.interval)
        if memory.interval != link.interval:
            _note(memory, f"interval={link.interval:g}")
    if link.ts is not None and not retained:
        lateness.note_clock(memory, link.ts, now, policy)
    if link.online:
        if not retained:
            _heard(memory, now)
        elif memory.lost_at is None:
            memory.online = True
    elif memory.lost_at is None:
        memory.lost_at, memory.lost_retained, memory.online = now, retained, False
    return Verdict(outcome="retained" if retained else "live")


def _note(memory: Memory, key: str) -> None:
    if key in memory.notes or len(memory.notes) < MAX_NOTES:
        memory.notes[key] = memory.notes.get(key, 0) + 1


# --- merging what the rules say into the one rescue ----------------------------------------------------


def _merge(decision: Decision, more: Decision) -> None:
    decision.effects += more.effects
    decision.due = more.due


def _open_or_add(
    memory: Memory,
    cause: str,
    effects: list[Effect],
    *,
    confirmed: bool,
    waits: bool = False,
    sticky: bool = False,
    answered: bool = False,
    event_ts: int | None = None,
) -> None:
    rescue = memory.rescue
    if rescue is None:
        memory.rescue = Rescue(confirmed=confirmed, causes={cause: None}, sticky=sticky)
        effects.append(
            Opened(cause=cause, confirmed=confirmed, waits=waits or sticky, answered=answered, event_ts=event_ts)
        )
        return
    rescue.sticky = rescue.sticky or sticky
    if cause not in rescue.causes:
        effects.append(CauseAdded(cause=cause, waits=waits or sticky))
    rescue.causes[cause] = None
    rescue.recovered = False
    if confirmed and not rescue.confirmed:
        rescue.confirmed = True
        effects.append(Confirmed(reason=cause))


def _merge_signal(
    memory: Memory,
    cause: str,
    signal: Signal,
    seen: Situation,
    policy: Policy,
    effects: list[Effect],
    dues: list[int],
) -> None:
    answered = memory.answered.get(cause)
    if signal.false and answered is not None:
        del memory.answered[cause]
        answered = None
    if signal.level is not Level.NONE and answered is not None:
        again = answered.at + ms(policy.conditions.ask_again_s)
        if answered.asked:
            return
        if seen.now < again:
            dues.append(again)
            return
        answered.asked = True
        _open_or_add(memory, cause, effects, confirmed=False, waits=True, answered=True)
    elif signal.level is not Level.NONE:
        sure = signal.level is Level.CONFIRMED
        _open_or_add(memory, cause, effects, confirmed=sure, waits=signal.asks and not sure)
    elif memory.rescue is not None and cause in memory.rescue.causes:
        if signal.active:
            memory.rescue.causes[cause] = None
        elif memory.rescue.causes[cause] is None:
            memory.rescue.causes[cause] = seen.now


def _finish(memory: Memory, seen: Situation, policy: Policy, effects: list[Effect], dues: list[int]) -> None:
    """Clear a suspicion, or note a recovery, once all causes have been gone long enough."""
    rescue = memory.rescue
    if rescue is None or rescue.recovered:
        return
    gone = [since for since in rescue.causes.values() if since is not None]
    if len(gone) < len(rescue.causes):
        return
    ends = max(gone) + ms(policy.conditions.cleared_s)
    if seen.now < ends or seen.hold:
        dues.append(ends)
    elif rescue.confirmed:
        rescue.recovered = True
        effects.append(Recovered())
    elif not rescue.sticky:
        memory.rescue = None
        effects.append(Cleared())
