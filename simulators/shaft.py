"""What a simulated car is built of, who rides in it, and what its sensors read: plain records.

Units: m, m/s, kg, s. Landings are counted from 0, the lowest.
"""

from dataclasses import dataclass
from enum import StrEnum

from elevator.model import Direction, Door, DoorCommand, Mode, Power
from simulators.motion import ACCELERATION, JERK

# The unlocking zone: ±0.20 m about the landing (EN 81-20 and GB/T 7588.1, 5.3.8.1).
DOOR_ZONE = 0.20
# Stopping accuracy ±10 mm; a car that loading pushes beyond ±20 mm levels itself again (the same, 5.12.1.1.4).
STOPPING_ACCURACY = 0.010
KEPT_ACCURACY = 0.020
# Re-levelling with the door open: at most 0.3 m/s (the same, 5.12.1.4); drives use far less.
RELEVELLING_SPEED = 0.06
# A crew moves a car on the brake or by emergency electrical operation: at most 0.30 m/s (the same, 5.12.1.6.1).
RESCUE_SPEED = 0.25

PERSON = 75.0  # kg, the mass of a person by EN 81-20 and GB/T 7588.1


@dataclass(frozen=True, slots=True, kw_only=True)
class CarSpec:
    """One car and its shaft."""

    landings: tuple[str, ...]  # as displayed in the car, lowest first
    heights: tuple[float, ...]  # above the lowest landing
    rated_speed: float
    load_rated: float = 1000.0
    acceleration: float = ACCELERATION
    jerk: float = JERK
    door_opens: float = 2.2  # s, centre opening, 900 mm; GB/T 10058 allows 4.0 s for opening and closing together
    door_closes: float = 2.8
    dwell: float = 3.0  # s the door stays open, and `per_person` for everyone who walks through it
    per_person: float = 0.8
    sag: float = 2.5e-5  # m/kg that ropes or oil give under load

    def nearest(self, position: float) -> int:
        """The landing nearest to a position."""
        return min(range(len(self.heights)), key=lambda landing: abs(self.heights[landing] - position))

    def off(self, position: float) -> float:
        """How far a position is from its nearest landing."""
        return abs(self.heights[self.nearest(position)] - position)


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """People who travel together."""

    origin: int
    destination: int
    persons: int = 1
    mass: float = PERSON  # kg, all together


class Phase(StrEnum):
    """What the car is doing."""

    IDLE = "idle"  # at a landing, door closed, nothing asked of it
    OPENING = "opening"
    OPEN = "open"
    LEVELLING = "levelling"  # moving by millimetres with its door open
    CLOSING = "closing"
    RUNNING = "running"
    BRAKING = "braking"  # the brake has fallen during a run
    STALLED = "stalled"  # stands where the brake left it
    JAMMED = "jammed"  # at a landing, told to open, does not
    RESCUED = "rescued"  # moved to a landing by a crew, or by itself after a power cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the car's own sensors say at one moment; what a broken sensor makes of it is the controller's affair."""

    mode: Mode
    floor: str
    moving: bool
    door_zone: bool
    door: Door
    direction: Direction
    speed: float
    position: float
    persons: int
    load: float
    power: Power
    door_command: DoorCommand
    car_calls: int
    trips: int
    running_hours: float
    phase: Phase
    codes: tuple[str, ...]
