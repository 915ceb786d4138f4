"""How a car moves between two points: the jerk-limited S-curve of a good drive, and the straight stop of a brake.

The profile is the one of R. D. Peters, "Ideal Lift Kinematics" (Elevator Technology 6, IAEE 1995): seven
stretches of constant jerk, symmetric about the middle, shortened from the inside where the way is too short to
reach rated acceleration or speed. Defaults lie well inside what people bear: GB/T 10058 allows a passenger lift at
most 1.5 m/s² at start and stop; 1.0 m/s² with 1.2 m/s³ is an ordinary setting of a residential or office lift.
Units: m, s, m/s, m/s², m/s³.
"""

import math
from dataclasses import dataclass, field
from typing import Protocol

ACCELERATION = 1.0
JERK = 1.2
# What a machine brake does to a car when the safety chain opens or the mains fail: clearly harder than
# normal stopping, clearly below the 1 g of a safety gear (EN 81-20, 5.6.2).
BRAKING = 2.0
NO_WAY = 1e-4  # a tenth of a millimetre is not worth a run


@dataclass(frozen=True, slots=True)
class Point:
    """Where the car is on its way: position, signed velocity and signed acceleration."""

    position: float
    velocity: float
    acceleration: float


class Motion(Protocol):
    """A way that is begun, lasts for a known time and can be read at any moment of it."""

    @property
    def duration(self) -> float:
        """Seconds from start to standstill."""
        ...

    @property
    def end(self) -> float:
        """Where the car stands afterwards."""
        ...

    def at(self, elapsed: float) -> Point:
        """Where the car is `elapsed` seconds after the start; beyond the end it stands."""
        ...


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A stretch of constant jerk and the state at its beginning, measured along the way."""

    begins: float
    jerk: float
    distance: float
    velocity: float
    acceleration: float


@dataclass(frozen=True, slots=True)
class Run:
    """A run from standstill to standstill."""

    start: float
    end: float
    speed: float
    acceleration: float = ACCELERATION
    jerk: float = JERK
    _stretches: tuple[_Stretch, ...] = field(init=False, repr=False, compare=False)
    duration: float = field(init=False)

    def __post_init__(self) -> None:
        stretches, duration = _plan(abs(self.end - self.start), self.speed, self.acceleration, self.jerk)
        object.__setattr__(self, "_stretches", stretches)
        object.__setattr__(self, "duration", duration)

    def at(self, elapsed: float) -> Point:
        """Where the car is `elapsed` seconds after the start."""
        if elapsed <= 0:
            return Point(self.start, 0.0, 0.0)
        if elapsed >= self.duration:
            return Point(self.end, 0.0, 0.0)
        stretch = next(s for s in reversed(self._stretches) if s.begins <= elapsed)
        t = elapsed - stretch.begins
        acceleration = stretch.acceleration + stretch.jerk * t
        velocity = stretch.velocity + stretch.acceleration * t + stretch.jerk * t * t / 2
        way = stretch.distance + stretch.velocity * t + stretch.acceleration * t * t / 2 + stretch.jerk * t**3 / 6
        sign = math.copysign(1.0, self.end - self.start)
        return Point(self.start + sign * way, sign * max(velocity, 0.0), sign * acceleration)


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop by the brake alone, from a velocity to standstill."""

    start: float
    velocity: float
    braking: float = BRAKING

    @property
    def duration(self) -> float:
        """Seconds until the car stands."""
        return abs(self.velocity) / self.braking

    @property
    def end(self) -> float:
        """Where it stands then."""
        return self.start + self.velocity * abs(self.velocity) / (2 * self.braking)

    def at(self, elapsed: float) -> Point:
        """Where the car is `elapsed` seconds after the brake fell."""
        if elapsed >= self.duration:
            return Point(self.end, 0.0, 0.0)
        slowing = -math.copysign(self.braking, self.velocity)
        return Point(
            self.start + self.velocity * elapsed + slowing * elapsed * elapsed / 2,
            self.velocity + slowing * elapsed,
            slowing,
        )


def _peaks(distance: float, speed: float, acceleration: float, jerk: float) -> tuple[float, float]:
    """The highest speed and acceleration that the way leaves room for."""
    ramp = acceleration / jerk
    # Rated acceleration is reached only where speed × jerk is at least its square.
    speed_limited = speed / acceleration + ramp if speed * jerk >= acceleration**2 else 2 * math.sqrt(speed / jerk)
    if speed * speed_limited > distance:  # no room for rated speed: the way is all speeding up and slowing down
        speed = acceleration / 2 * (math.sqrt(ramp**2 + 4 * distance / acceleration) - ramp)
        if speed * jerk < acceleration**2:
            speed = (distance**2 * jerk / 4) ** (1 / 3)
    return speed, min(acceleration, math.sqrt(speed * jerk))


def _plan(distance: float, speed: float, acceleration: float, jerk: float) -> tuple[tuple[_Stretch, ...], float]:
    if distance < NO_WAY:
        return (), 0.0
    top, peak = _peaks(distance, speed, acceleration, jerk)
    ramp = peak / jerk
    steady = max(top / peak - ramp, 0.0)
    cruise = max(distance / top - (2 * ramp + steady), 0.0)
    times = (ramp, steady, ramp, cruise, ramp, steady, ramp)
    signs = (1, 0, -1, 0, -1, 0, 1)
    stretches, begins, way, velocity, acc = [], 0.0, 0.0, 0.0, 0.0
    for length, sign in zip(times, signs, strict=True):
        stretches.append(_Stretch(begins, sign * jerk, way, velocity, acc))
        way += velocity * length + acc * length**2 / 2 + sign * jerk * length**3 / 6
        velocity += acc * length + sign * jerk * length**2 / 2
        acc += sign * jerk * length
        begins += length
    return tuple(stretches), begins
