"""What samples say over some time of standing and moving: a long stay, and movement that leads nowhere. Pure.

Both are kept as "since when, and since when interrupted", so that an interruption under 3 s goes on (contract 5).
`note` runs for every fresh sample, on the short way too: it compares and sets, and asks nobody.
"""

from alerts.memory import Memory
from alerts.policy import Policy
from elevator.model import Door, Mode, Sample

SWITCHES_OFF = frozenset({Mode.INSPECTION, Mode.FIREFIGHTER})  # the † of contract section 5


def note(memory: Memory, before: Sample | None, sample: Sample, now: int, policy: Policy) -> None:
    """Carry a fresh sample, received at `now`, into the memory; `before` was the newest until now."""
    zone, door = sample.door_zone, sample.door
    if sample.moving:
        if memory.stay is not None:
            _interrupt_stay(memory, now, policy)
        _note_movement(memory, before, sample, now, policy)
        return
    if memory.still_since is not None:
        _interrupt_still(memory, before, sample, now, policy)
    if door is not Door.OPEN and zone is not False and (memory.latched or memory.person_since is not None):
        if sample.mode in SWITCHES_OFF:
            if memory.stay is not None:
                _interrupt_stay(memory, now, policy)
            return
        gone = memory.stay_gone
        if memory.stay is None or (gone is not None and now - gone >= policy.conditions.interruption_s * 1000):
            memory.stay = now
        memory.stay_gone = None
    elif memory.stay is not None:
        if door is Door.OPEN and zone is not False:
            memory.stay = memory.stay_gone = None  # the open door in the zone ends it at once
        else:
            _interrupt_stay(memory, now, policy)


def _interrupt_stay(memory: Memory, now: int, policy: Policy) -> None:
    if memory.stay_gone is None:
        memory.stay_gone = now
    elif now - memory.stay_gone >= policy.conditions.interruption_s * 1000:
        memory.stay = memory.stay_gone = None


def _note_movement(memory: Memory, before: Sample | None, sample: Sample, now: int, policy: Policy) -> None:
    """Movement goes on without progress while floor and position stay, seen without a gap in which it could stop."""
    since, gone = memory.still_since, memory.still_gone
    if (
        since is not None and before is not None
        and now - memory.sample_at <= (memory.interval * policy.silence.intervals + policy.silence.slack_s) * 1000
        and (gone is None or now - gone < policy.conditions.interruption_s * 1000)
        and _is_there_still(memory, before, sample, policy)
    ):  # fmt: skip
        memory.still_gone = None
    elif sample.floor is None and sample.position is None:
        memory.still_since = memory.still_gone = memory.still_position = None  # nothing says where it is
    else:
        memory.still_since, memory.still_gone, memory.still_position = now, None, sample.position
        memory.still_taken = memory.corrected


def _interrupt_still(memory: Memory, before: Sample | None, sample: Sample, now: int, policy: Policy) -> None:
    gone = memory.still_gone
    open_in_zone = sample.door is Door.OPEN and sample.door_zone is not False
    over = gone is not None and now - gone >= policy.conditions.interruption_s * 1000
    if open_in_zone or over or before is None or not _is_there_still(memory, before, sample, policy):
        memory.still_since = memory.still_gone = memory.still_position = None
    elif gone is None:
        memory.still_gone = now


def _is_there_still(memory: Memory, before: Sample, sample: Sample, policy: Policy) -> bool:
    """Floor as before, position as when movement was first seen; another boot may count from elsewhere."""
    if sample.floor != before.floor or sample.boot != before.boot:
        return False
    if sample.position is None or memory.still_position is None:
        return sample.position is memory.still_position
    return abs(sample.position - memory.still_position) <= policy.conditions.unmoved_m
