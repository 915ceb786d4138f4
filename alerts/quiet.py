"""The short way of a sample that has no consequences: what the detector would do with it, at a tenth of its cost.

Theory. Most samples of most lifts open, confirm and end nothing: only timers may run in the lift's memory (`is_simple`)
and the sample comes in order (`is_next`) and on time and lists no code. Then only the timed rules can have something to
say, and mostly not even they. `hear` carries such a sample into the memory exactly as `detector.observe` would, which
would then have had no effect; where it would have had one, `hear` gives up. `tests/property/test_alerts_quiet.py` holds
the two equal over made-up histories; a new rule that is not told here breaks it.
"""

from copy import copy

from alerts import situation
from alerts.dangers import catalogue as dangers
from alerts.memory import Memory
from alerts.policy import Policy, ms
from alerts.rules import catalogue, no_progress
from alerts.rules.base import Level
from alerts.situation import Facts
from elevator.model import Door, DoorCommand, Power, Sample

_MINUTE = 60_000
_OPEN, _MAINS, _ASKED = Door.OPEN, Power.MAINS, DoorCommand.OPEN  # once, not for every sample


def is_simple(memory: Memory) -> bool:
    """Whether only timers may run: no rescue, button, code or danger, nothing that a person or an event has left."""
    return (
        memory.sample is not None and memory.heard_at is not None
        and memory.rescue is None and memory.button is None and memory.silence is None
        and memory.lost_at is None and memory.known is None and memory.drift is None and memory.moving_again is None
        and not (memory.codes or memory.answered or memory.faults or memory.closed or memory.dangers or memory.active)
    )  # fmt: skip


def is_next(memory: Memory, sample: Sample) -> bool:
    """Whether a sample follows the newest one without a gap, and can be found again behind it in the history."""
    before = memory.sample
    return (
        before is not None and sample.seq == memory.sample_seq + 1 and sample.ts >= before.ts
        and not (sample.replay or sample.faults) and sample.seq > memory.stored_sample_seq
        and sample.boot == before.boot and sample.boot == memory.boots[0]
    )  # fmt: skip


def snapshot(memory: Memory) -> Memory:
    """What `hear` could change, to be put back by `restore`; the rest is shared."""
    kept = copy(memory)
    if memory.timers:
        kept.timers = {name: copy(timer) for name, timer in memory.timers.items()}
    if memory.empty:
        kept.empty = {name: copy(timer) for name, timer in memory.empty.items()}
    return kept


def restore(memory: Memory, kept: Memory) -> None:
    """Make a half changed memory what it was."""
    for name in Memory.__struct_fields__:
        setattr(memory, name, getattr(kept, name))


class Bounds:
    """A policy with what is asked for every message at hand."""

    __slots__ = ("late", "policy", "stay", "still", "window")

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.late, self.window = ms(policy.clocks.late_s), ms(policy.clocks.offset_window_s)
        self.stay = ms(policy.rules["long_stay"].suspect_s)
        self.still = ms(policy.rules["no_progress"].suspect_s)


def hear(
    memory: Memory, facts: Facts, sample: Sample, now: int, bounds: Bounds, *, hold: bool = False, undo: bool = False
) -> bool:
    """Carry the next sample, received at `now` (ms), into a simple memory (`is_simple`, `is_next`).

    Returns:
        Whether that was all there is to do. If not, the memory may be half changed: throw it away, or ask for `undo`.
    """
    due = memory.due
    if due is not None and due <= now:
        return False
    offsets, corrected = _correct(memory.offsets, sample.ts, now, bounds)
    if corrected is None or (hold and memory.offsets[0][0] <= (now - bounds.window) // _MINUTE):
        return False
    kept = snapshot(memory) if undo and _may_give_up(memory, facts, sample, now, bounds) else None
    memory.offsets = offsets
    memory.corrected_before, memory.corrected = memory.corrected, corrected
    memory.sample_seq = memory.stored_sample_seq = sample.seq
    situation.note_sample(memory, facts, sample, now, corrected, bounds.policy)
    memory.heard_at = memory.looked_at = now
    memory.online = True
    done = not memory.dangers and _decide(memory, facts, sample, now, bounds, hold=hold)
    if kept is not None and not done:
        restore(memory, kept)
    return done


def _correct(
    offsets: list[tuple[int, int]], ts: int, now: int, bounds: Bounds
) -> tuple[list[tuple[int, int]], int | None]:
    """The clock with this sample entered, and its corrected time; None where it is late, or nothing is known before."""
    minute, value = now // _MINUTE, ts - now
    oldest = (now - bounds.window) // _MINUTE
    if not offsets:
        return offsets, None
    if offsets[0][0] <= oldest or offsets[-1][0] > minute:
        offsets = [(m, v) for m, v in offsets if oldest < m <= minute]
    if not offsets or offsets[0][1] <= value:  # they fall from each to the next (`lateness.note_clock`)
        offsets = [(minute, value)]
    elif offsets[-1][1] <= value:
        offsets = [*(one for one in offsets if one[1] > value), (minute, value)]
    elif offsets[-1][0] != minute:
        offsets = [*offsets, (minute, value)]
    corrected = ts - offsets[0][1]
    return offsets, None if now - corrected > bounds.late else corrected


def _decide(memory: Memory, facts: Facts, sample: Sample, now: int, bounds: Bounds, *, hold: bool) -> bool:
    """What the rules make of it; False where one of them has something to say."""
    latches = None
    if memory.person_since is not None and not memory.latched:
        latches = situation.settle(memory, now, bounds.policy)
    memory.due = None
    if not facts.is_lift:
        return True
    if (memory.stay is not None or memory.still_since is not None) and not _lasts_quietly(memory, facts, now, bounds):
        return False
    if memory.zone_lies and len(memory.zone_lies) >= bounds.policy.faults.zone_times:
        return False
    if memory.timers or memory.empty or (not sample.moving and _may_matter(sample)):
        return _run_timers(memory, facts, now, bounds.policy, latches=latches, hold=hold)
    return True


def _lasts_quietly(memory: Memory, facts: Facts, now: int, bounds: Bounds) -> bool:
    """Whether `long_stay` and `no_progress` have nothing to say yet; notes when the first will."""
    if memory.stay is not None:
        suspected = memory.stay + bounds.stay
        if memory.stay_gone is None:
            memory.due = suspected
        elif memory.stay_gone >= suspected:
            return False
    since = memory.still_since
    if since is None:
        return True
    until = memory.still_gone or now
    return until - since < bounds.still or until - since < no_progress.takes(memory, facts, bounds.policy)


def _may_give_up(memory: Memory, facts: Facts, sample: Sample, now: int, bounds: Bounds) -> bool:
    """Whether `hear` might find out only half way that it cannot go on."""
    return bool(
        memory.timers or memory.empty or memory.zone_lies
        or (memory.stay is not None and now - memory.stay >= bounds.stay)
        or (memory.still_since is not None and now - memory.still_since >= bounds.still)
        or (not sample.moving and _may_matter(sample))
        or dangers.may_show(memory, facts, sample, bounds.policy)
    )  # fmt: skip


def _may_matter(sample: Sample) -> bool:
    """Whether a timed rule may hold of a standing car without active codes, occupied or not."""
    if sample.door_zone is False:
        return True
    if sample.door is _OPEN:
        return False
    power = sample.power
    if power is not None and power is not _MAINS:
        return True
    return sample.door_command is _ASKED or bool(sample.car_calls)


def _run_timers(memory: Memory, facts: Facts, now: int, policy: Policy, *, latches: int | None, hold: bool) -> bool:
    """Let the timed rules judge; False where one of them is suspicious, or sure of an empty car."""
    seen = situation.look(memory, facts, now, hold=hold)
    dues = [] if memory.due is None else [memory.due]
    if latches is not None and any(rule.condition(seen) for rule in catalogue.TIMED):
        dues.append(latches)
    for rule in catalogue.TIMED:
        if rule.id not in memory.timers and rule.id not in memory.empty and not rule.condition(seen):
            continue
        signal = rule.signal(memory, seen, policy)
        if signal.level is not Level.NONE:
            return False
        if signal.due is not None:
            dues.append(signal.due)
        empty = rule.empty(memory, seen, policy)
        if empty.level is Level.CONFIRMED and rule.empty_code:
            return False
        if empty.due is not None and empty.due > now:
            dues.append(empty.due)
    memory.due = min(dues, default=None)
    return True
