"""The car as the rules see it: newest state, active codes and occupancy, at one moment (contract section 5).

Occupancy has a memory because nobody leaves a closed car: once the sensor said "someone" for two seconds the car is
occupied until its door stands open in the door zone. Where the contract leaves room, this errs towards "someone":

- the two seconds are by the lift's clock or ours, whichever is longer, so that a burst from a queue counts too;
- a person seen for two seconds in the open car, whom the sensor loses in the very sample in which the door is no longer
  open, counts as inside: nobody was seen to leave;
- a count of zero `people` without `occupied` is no word about emptiness.

A hoist has no door zone, and its terminal mostly tells of no door: there the sensor's word at rest ends an occupancy.
"""

from enum import StrEnum

from msgspec import Struct

from alerts import impossible, landings, motion
from alerts.dangers import catalogue as dangers
from alerts.facts import Facts
from alerts.memory import Memory
from alerts.policy import Policy, ms
from elevator import faults
from elevator.model import Door, LiftClass, Mode, Power, SafetyChain, Sample

_OPEN = Door.OPEN  # once, not for every sample
_NONE: frozenset[str] = frozenset()
_MOVED_M = 0.1  # m: a position that changed by more than levelling play

__all__ = ["Facts", "OccupiedBy", "Situation", "is_open_in_zone", "look", "note_sample", "settle"]


class OccupiedBy(StrEnum):
    """What makes a car count as occupied; stands in the evidence."""

    SENSOR = "sensor"
    OUTSIDE_ZONE = "outside_zone"
    MOVED = "moved"
    NO_SAMPLE = "no_sample"


class Situation(Struct, frozen=True, kw_only=True):
    """One moment of one car; a struct, because one is made for every sample that a rule may be about."""

    now: int
    facts: Facts
    sample: Sample | None
    zone: bool | None
    moving: bool
    door: Door | None
    power: Power
    open_in_zone: bool
    occupied: bool | None  # None: unknown
    occupied_by: OccupiedBy | None
    switched_off: bool  # inspection or firefighter: the † rules are off
    inspection: bool
    codes: frozenset[str]  # that the controller says are active
    derived: frozenset[str]  # dangers that samples alone show (alerts.dangers)
    zone_doubtful: bool  # its zone sensor is known to be faulty
    hold: bool  # the queue is not read yet: what only time would decide must wait
    listening: int | None  # since when silence may be counted; None: we are not listening

    def has(self, codes: frozenset[str]) -> bool:
        """Whether one of `codes` is active."""
        return not self.codes.isdisjoint(codes)

    @property
    def own_dangers(self) -> frozenset[str]:
        """Dangers of this class of equipment: those that trap people in it (contract 5)."""
        return (self.codes & faults.dangers_of(self.facts.lift_class)) | self.derived

    @property
    def dangers(self) -> frozenset[str]:
        """Codes of class `danger`, told or derived."""
        return (self.codes & faults.DANGERS) | self.derived


def is_open_in_zone(sample: Sample) -> bool:
    """The door stands open where people can leave; without a zone signal: open while stopped."""
    if sample.door is not _OPEN:
        return False
    return sample.door_zone is True or (sample.door_zone is not False and not sample.moving)


def note_sample(memory: Memory, facts: Facts, sample: Sample, now: int, corrected: int, policy: Policy) -> None:
    """Carry a fresh sample into the memory of occupancy and motion.

    It runs for every sample: what most samples have nothing to do with is asked for before it is called.
    """
    before, moving, door, zone = memory.sample, sample.moving, sample.door, sample.door_zone
    if memory.person_since is not None or sample.people or sample.occupied:
        _note_person(memory, sample, now, policy)
    if memory.dangers or dangers.may_show(memory, facts, sample, policy):
        dangers.note(memory, facts, sample, now, policy)
    if (
        door is _OPEN or memory.kept_open or memory.zone_lied or (zone is False and not moving)
        or before is None or before.boot != sample.boot
    ):  # fmt: skip
        landings.note(memory, before, sample, now, policy)
    if moving:
        memory.moving_at, memory.moved, memory.stopped_at = now, True, None
        memory.moving_since = memory.moving_since or now
        if before is not None:
            impossible.note(memory, facts, before, sample, policy)
    else:
        if before is not None and (before.moving or _displaced(before, sample)):
            memory.moving_at, memory.moved = now, True
            impossible.note(memory, facts, before, sample, policy)
        memory.moving_since, memory.stopped_at = None, memory.stopped_at or now
    if door is _OPEN or (memory.latched and door is None):
        _note_way_out(memory, facts, sample, corrected)
    if (
        moving or memory.latched or memory.person_since is not None or memory.stay is not None
        or memory.still_since is not None
    ):  # fmt: skip
        motion.note(memory, before, sample, now, policy)
    memory.sample, memory.sample_at = sample, now
    if memory.known is not None and memory.known_corrected <= corrected:
        memory.known = None


def _note_person(memory: Memory, sample: Sample, now: int, policy: Policy) -> None:
    """Latch who was inside until this sample, and follow what the sensor says now."""
    before = memory.sample
    if memory.person_since is not None and before is not None and not memory.latched:
        lasted = now - memory.person_since
        if before.boot == sample.boot:
            lasted = max(lasted, sample.ts - memory.person_ts)
        memory.latched = lasted >= ms(policy.conditions.occupied_s)
    if not (sample.people or sample.occupied):
        memory.person_since = None
    elif memory.person_since is None or before is None or before.boot != sample.boot:
        memory.person_since, memory.person_ts = memory.person_since or now, sample.ts


def _note_way_out(memory: Memory, facts: Facts, sample: Sample, corrected: int) -> None:
    """Whoever was inside may have left: by the open door, or out of a hoist whose gate nobody tells of."""
    if is_open_in_zone(sample):
        memory.latched = memory.moved = False
        memory.opened_at = max(memory.opened_at or 0, corrected)
    elif sample.door is None and _stands_empty(memory, facts, sample):
        memory.latched = False


def _stands_empty(memory: Memory, facts: Facts, sample: Sample) -> bool:
    """A hoist at rest with nothing the matter says that nobody is inside: they have left.

    Nothing else would ever end its occupancy. As soon as anything is the matter nobody can have left, and what was
    known before holds.
    """
    return (
        facts.lift_class is LiftClass.HOIST and sample.occupied is False and not (sample.people or sample.moving)
        and sample.safety_chain is not SafetyChain.OPEN and not (sample.faults or memory.codes or memory.rescue)
    )  # fmt: skip


def settle(memory: Memory, now: int, policy: Policy) -> int | None:
    """Latch an occupancy that has lasted long enough; returns when the next one would."""
    if memory.latched or memory.person_since is None or memory.sample is None or is_open_in_zone(memory.sample):
        return None
    due = memory.person_since + ms(policy.conditions.occupied_s)
    if now < due:
        return due
    memory.latched = True
    return None


def look(
    memory: Memory,
    facts: Facts,
    now: int,
    *,
    hold: bool = False,
    listening: int | None = None,
    sample: Sample | None = None,
) -> Situation:
    """The situation by the newest fresh sample, or by `sample` where one is given."""
    seen = sample or memory.sample
    codes = frozenset(memory.codes) | frozenset(seen.faults if seen else ())
    occupied, by = _occupancy(memory, seen, never_sampled=seen is None and bool(codes) and facts.carries_people)
    if not facts.has_car:
        occupied, by = None, None
    return Situation(
        now=now,
        facts=facts,
        sample=seen,
        zone=seen.zone if seen else None,
        moving=bool(seen and seen.moving),
        door=seen.door if seen else None,
        power=(seen.power if seen else None) or Power.MAINS,
        open_in_zone=bool(seen and is_open_in_zone(seen)),
        occupied=occupied,
        occupied_by=by,
        switched_off=bool(seen and seen.mode in motion.SWITCHES_OFF),
        inspection=bool(seen and seen.mode is Mode.INSPECTION),
        codes=codes,
        derived=dangers.active(memory) if memory.dangers and sample is None else _NONE,
        zone_doubtful=facts.zone_sensor_fault or memory.zone_found,
        hold=hold,
        listening=listening,
    )


def _occupancy(memory: Memory, sample: Sample | None, *, never_sampled: bool) -> tuple[bool | None, OccupiedBy | None]:
    if sample is None:
        return (True, OccupiedBy.NO_SAMPLE) if never_sampled else (None, None)
    sensor = sample.occupied_now
    if is_open_in_zone(sample):
        return (sensor, OccupiedBy.SENSOR if sensor else None)
    if memory.latched:
        return True, OccupiedBy.SENSOR
    if sensor is None:
        if sample.zone is False:
            return True, OccupiedBy.OUTSIDE_ZONE
        return (True, OccupiedBy.MOVED) if memory.moved else (None, None)
    return (None, None) if sensor else (False, None)


def _displaced(before: Sample, after: Sample) -> bool:
    if before.floor is not None and after.floor is not None and before.floor != after.floor:
        return True
    if before.position is None or after.position is None:
        return False
    return abs(before.position - after.position) > _MOVED_M
