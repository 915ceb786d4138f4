"""Where the landings are, learnt from the car itself: its position whenever its door stood open in the zone. Pure.

Theory. A landing is known by the floor that the car displays. The first opening enters it, later ones confirm it. A
position that has moved a little (ropes stretch) is taken over; one that has moved by more than the unlocking zone means
that the car counts from elsewhere: everything learnt is forgotten and learnt anew. After a new boot nothing is believed
about the ends of the shaft until one landing was found again where it was (`referenced`).

Bounded by the registry's own limit of 300 landings, some 10 bytes each.
"""

from itertools import pairwise

from alerts.memory import Memory
from alerts.policy import Policy, ms
from elevator.model import Door, DoorCommand, Mode, Sample

MOST = 300


def note(memory: Memory, before: Sample | None, sample: Sample, now: int, policy: Policy) -> None:
    """Learn from a fresh sample, received at `now`; and follow the door that stands open since the car came to rest."""
    if before is not None and before.boot != sample.boot:
        memory.referenced = False
    if sample.door is not Door.OPEN:
        memory.kept_open = False
        if sample.moving:
            memory.zone_lied = False
        elif sample.door_command is DoorCommand.OPEN and sample.door_zone is False:
            _note_lie(memory, sample, now, policy)
    elif sample.door_zone is False:
        if sample.door_command is DoorCommand.OPEN and not sample.moving:
            _note_lie(memory, sample, now, policy)
    elif sample.door_zone is True and not sample.moving:
        memory.kept_open, memory.stood = True, sample.position
        if sample.position is not None and sample.floor is not None:
            _learn(memory, sample.floor, sample.position, policy)


def _learn(memory: Memory, floor: str, position: float, policy: Policy) -> None:
    landings = memory.landings
    known = landings.get(floor)
    if known is None:
        if len(landings) < MOST:
            memory.referenced = memory.referenced or not landings
            memory.landings = landings | {floor: round(position, 3)}
        return
    off = abs(known - position)
    if off <= policy.dangers.landing_m:
        memory.referenced = True
    elif off <= policy.dangers.zone_m:
        memory.landings = landings | {floor: round(position, 3)}
    else:
        memory.landings, memory.referenced = {floor: round(position, 3)}, True


def _note_lie(memory: Memory, sample: Sample, now: int, policy: Policy) -> None:
    """Its controller opens the door at a landing, and says that the car is outside the zone: once for each stop."""
    position = sample.position
    if memory.zone_lied or position is None or sample.mode is Mode.INSPECTION:
        return
    if any(abs(known - position) <= policy.dangers.landing_m for known in memory.landings.values()):
        memory.zone_lied = True
        today = [at for at in memory.zone_lies if at > now - ms(policy.faults.day_s)]
        memory.zone_lies = [*today, now][-policy.faults.zone_times :]


def is_at(memory: Memory, sample: Sample, within_m: float) -> bool:
    """By its position the car is at the landing that it displays, whatever its zone sensor says."""
    if sample.position is None or sample.floor is None:
        return False
    known = memory.landings.get(sample.floor)
    return known is not None and abs(known - sample.position) <= within_m


def ends(memory: Memory, floors: tuple[str, ...]) -> tuple[float, float] | None:
    """Lowest and highest landing, where all of the registry's are learnt, in order, and confirmed in this boot."""
    if not memory.referenced or not floors:
        return None
    found = [memory.landings.get(floor) for floor in floors]
    known = [position for position in found if position is not None]
    if len(known) < len(found) or any(low >= high for low, high in pairwise(known)):
        return None
    return known[0], known[-1]
