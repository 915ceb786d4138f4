"""The short way of a sample that changes nothing: bookkeeping done as the detector would do it, at a tenth of its cost.

Theory. Most samples of most lifts can neither start, feed nor end any condition of contract section 5: nothing runs in
the lift's memory (`is_calm`), and the sample comes in order and on time, lists no code and fulfils no condition. `hear`
recognises these and carries them into the memory as `detector.observe` would, which then would have had no effect. All
others it leaves to the detector, untouched. `tests/property/test_alerts_quiet.py` holds the two equal over made-up
histories; a new rule whose condition is not told here breaks it.
"""

from alerts import situation
from alerts.memory import Memory
from alerts.policy import Policy, ms
from elevator.model import Door, DoorCommand, Power, Sample

_MINUTE = 60_000
_CLOSED_POWERS = frozenset({None, Power.MAINS})


def is_calm(memory: Memory) -> bool:
    """Whether nothing runs that a further sample could feed or end."""
    return (
        memory.sample is not None and memory.due is None and memory.heard_at is not None
        and memory.rescue is None and memory.button is None and memory.silence is None
        and memory.lost_at is None and memory.known is None and memory.drift is None and memory.moving_again is None
        and not (memory.timers or memory.empty or memory.codes or memory.answered or memory.faults or memory.closed)
    )  # fmt: skip


def is_simple(memory: Memory) -> bool:
    """Whether only timers may run: no rescue, no button, no code, nothing that a person or an event has left open."""
    return (
        memory.sample is not None and memory.heard_at is not None
        and memory.rescue is None and memory.button is None and memory.silence is None
        and memory.lost_at is None and memory.known is None and memory.drift is None and memory.moving_again is None
        and not (memory.codes or memory.answered or memory.faults or memory.closed)
    )  # fmt: skip


def is_next(memory: Memory, sample: Sample) -> bool:
    """Whether a sample follows the newest one without a gap, and can be found again behind it in the history."""
    before = memory.sample
    return (
        before is not None and not sample.replay and not sample.faults
        and sample.seq == memory.sample_seq + 1 and sample.seq > memory.stored_sample_seq
        and sample.boot == memory.boots[0] and before.boot == sample.boot and sample.ts >= before.ts
    )  # fmt: skip


def hear(memory: Memory, sample: Sample, now: int, policy: Policy, *, hold: bool = False) -> bool:
    """Carry a sample, received at `now` (ms), into a calm memory (`is_calm`, `is_next`).

    Returns:
        Whether that was possible; if not, the memory is as it was.
    """
    if not sample.moving and _may_matter(sample):
        return False
    window = ms(policy.clocks.offset_window_s)
    minute, value = now // _MINUTE, sample.ts - now
    offsets = memory.offsets
    oldest = (now - window) // _MINUTE
    if not offsets or offsets[0][0] <= oldest or offsets[-1][0] > minute:
        if hold or not offsets:
            return False
        offsets = [(m, v) for m, v in offsets if oldest < m <= minute]
    offset = max(value, max([v for _, v in offsets], default=value))
    corrected = sample.ts - offset
    if now - corrected > ms(policy.clocks.late_s):
        return False
    if offsets and offsets[-1][0] == minute:
        if value > offsets[-1][1] or offsets is not memory.offsets:
            memory.offsets = [*offsets[:-1], (minute, max(offsets[-1][1], value))]
    else:
        memory.offsets = [*offsets, (minute, value)]
    memory.corrected_before, memory.corrected = memory.corrected, corrected
    memory.sample_seq = memory.stored_sample_seq = sample.seq
    situation.note_sample(memory, sample, now, corrected, policy)
    memory.heard_at = memory.looked_at = now
    memory.online = True
    if memory.person_since is not None and not memory.latched:
        situation.settle(memory, now, policy)
    return True


def _may_matter(sample: Sample) -> bool:
    """Whether a timed rule may hold of a standing car without active codes, occupied or not."""
    zone = sample.zone
    if zone is False or sample.door is Door.OPEN:
        return zone is False
    if sample.power not in _CLOSED_POWERS:
        return True
    return sample.door_command is DoorCommand.OPEN or bool(sample.car_calls)
