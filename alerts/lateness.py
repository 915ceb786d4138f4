"""Order and clocks (contract 2.6, 2.7): which message is late, and what time it was by our clock.

Theory. A lift's clock may be wrong by any amount, so its offset is estimated as the largest `ts − receipt` of the
last ten minutes: transport only ever delays. `corrected = ts − offset` is then the platform's time of the
measurement. Timers never use it; only order, age and the start of a condition do.

While a queue is worked off after an outage of ours, the last offset known is carried on (`keep_offset`). A new boot
that is first heard in a queue has no offset to be measured by: the contract starts it anew, so it reads as fresh.
"""

from dataclasses import dataclass

from alerts.memory import Drift, Memory
from alerts.policy import Policy, ms
from elevator import faults
from elevator.model import MAX_BIGINT, Event, Sample

_MINUTE = 60_000
_KEPT_BOOTS = 4
_DRIFT_SLACK = 1_000  # ms: a clock that "advances no faster than ours", read through a network


@dataclass(frozen=True, slots=True)
class Timing:
    """What is known of a message's time."""

    late: bool
    corrected: int  # ms, platform's clock
    behind: bool  # older than the state already known


def offset(memory: Memory, now: int, policy: Policy) -> int:
    """The lift's clock minus ours, in ms; 0 where nothing was heard in the window."""
    oldest = (now - ms(policy.clocks.offset_window_s)) // _MINUTE
    return max((value for minute, value in memory.offsets if minute > oldest), default=0)


def note_clock(memory: Memory, ts: int, now: int, policy: Policy) -> None:
    """Enter one `ts − receipt` into the offset's window; what a later and larger one outlives is not kept."""
    minute, value = now // _MINUTE, ts - now
    oldest = (now - ms(policy.clocks.offset_window_s)) // _MINUTE
    kept = [(m, v) for m, v in memory.offsets if oldest < m <= minute]
    while kept and kept[-1][1] <= value:
        kept.pop()
    if not kept or kept[-1][0] != minute:
        kept.append((minute, value))
    memory.offsets = kept


def keep_offset(memory: Memory, now: int, policy: Policy) -> None:
    """Carry the last known offset over an outage of ours.

    While a queue is worked off the window may be empty, and its first message, which has waited in the queue, would
    set an offset of minus that wait: everything old would look fresh.
    """
    oldest = (now - ms(policy.clocks.offset_window_s)) // _MINUTE
    if memory.offsets and all(minute <= oldest for minute, _ in memory.offsets):
        memory.offsets = [(now // _MINUTE, max(value for _, value in memory.offsets))]


def of_sample(memory: Memory, sample: Sample, now: int, policy: Policy) -> Timing:
    """Whether a sample is late; takes note of boot, clock and sequence."""
    _note_boot(memory, sample.boot, replay=sample.replay)
    if not sample.replay:
        note_clock(memory, sample.ts, now, policy)
    corrected = sample.ts - offset(memory, now, policy)
    behind = _is_behind(memory, sample, corrected)
    old = now - corrected > ms(policy.clocks.late_s)
    if not sample.replay and (old or behind) and _drifted(memory, sample, now, policy):
        memory.offsets = []
        note_clock(memory, sample.ts, now, policy)
        if behind:
            _restarted(memory, sample.boot)
        return _fresh_sample(memory, sample, now)
    if not (old or behind or sample.replay):
        return _fresh_sample(memory, sample, corrected)
    return Timing(late=True, corrected=corrected, behind=behind)


def _is_behind(memory: Memory, sample: Sample, corrected: int) -> bool:
    """Older than the state already known; a sequence that stands still is ordered by its clock."""
    if memory.boots[:1] != [sample.boot]:
        return corrected < memory.corrected
    if sample.seq == memory.sample_seq and memory.sample is not None:
        return sample.ts <= memory.sample.ts
    return sample.seq < memory.sample_seq


def of_event(memory: Memory, event: Event, now: int, policy: Policy) -> Timing:
    """Whether an event is late; an alarm event only is when it is a replay, whatever its clock says."""
    _note_boot(memory, event.boot, replay=event.replay)
    if not event.replay:
        note_clock(memory, event.ts, now, policy)
    corrected = event.ts - offset(memory, now, policy)
    current = memory.boots[:1] == [event.boot]
    same = current and event.seq == memory.event_seq  # a sequence that stands still is ordered by its clock
    behind = event.seq < memory.event_seq if current and not same else corrected < memory.event_corrected
    late = event.replay
    if event.code not in faults.ALARMS:
        late = late or behind or now - corrected > ms(policy.clocks.late_s)
    if not late and not behind:
        memory.event_corrected = max(memory.event_corrected, corrected)
        if current:
            memory.event_seq = event.seq
    return Timing(late=late, corrected=corrected, behind=behind)


def _fresh_sample(memory: Memory, sample: Sample, corrected: int) -> Timing:
    memory.corrected_before, memory.corrected = memory.corrected, corrected
    memory.drift = None
    if memory.boots[:1] == [sample.boot]:
        memory.sample_seq = sample.seq
    return Timing(late=False, corrected=corrected, behind=False)


def _note_boot(memory: Memory, boot: str, *, replay: bool) -> None:
    """A boot never heard of starts sequence and clock anew; a replay only ever speaks of the past."""
    if boot in memory.boots or (replay and memory.boots):
        return
    memory.boots = [boot, *memory.boots][:_KEPT_BOOTS]
    memory.sample_seq = memory.event_seq = -1
    memory.stored_sample_seq = memory.stored_event_seq = -1
    memory.offsets = []
    memory.drift = None


def _restarted(memory: Memory, boot: str) -> None:
    """Its controller has started again without a new name for it."""
    if memory.boots[:1] != [boot]:
        memory.boots = [boot, *(other for other in memory.boots if other != boot)]
        memory.stored_sample_seq = memory.stored_event_seq = MAX_BIGINT  # anything may be stored already
    memory.event_seq, memory.event_corrected = -1, 0


def _drifted(memory: Memory, sample: Sample, now: int, policy: Policy) -> bool:
    """Whether for 10 s every sample was late for a reason that is the lift's clock or restart, not its age.

    Three stories: the clock was set back (sequence rises, only the age is wrong); a controller that sends no `boot`
    restarted (sequence fell); one came back with a `boot` that it had used before. In each, `ts` advances no faster
    than our clock and nothing fresh comes in between. The contract names the first; the others would hide a lift for
    as long as it had run before, so they are read the same way. Only a sequence that falls within one named boot is
    what it says: behind.
    """
    if memory.boots[:1] == [sample.boot] and sample.boot and sample.seq <= memory.sample_seq:
        return False
    drift = memory.drift
    steady = (
        drift is not None
        and sample.seq > drift.seq
        and 0 <= sample.ts - drift.ts <= now - drift.received + _DRIFT_SLACK
    )
    if drift is None or not steady:
        memory.drift = Drift(since=now, received=now, ts=sample.ts, seq=sample.seq)
        return False
    memory.drift = Drift(since=drift.since, received=now, ts=sample.ts, seq=sample.seq)
    return now - drift.since >= ms(policy.clocks.set_back_s)
