"""Runs as lists of what changes on the way: worked out once per distance and speed, then only looked up."""

from dataclasses import dataclass
from functools import lru_cache

from simulators.motion import Run
from simulators.shaft import DOOR_ZONE

_FINE = 18  # halvings when looking for a moment: below a tenth of a millisecond


@dataclass(frozen=True, slots=True)
class Mark:
    """One moment of a run that a controller tells."""

    after: int  # ms from the start
    passed: int  # landings passed, rounded to the nearest
    zone: bool
    way: float  # m
    speed: float  # m/s


@dataclass(frozen=True, slots=True)
class Leg:
    """A run over a number of storeys."""

    marks: tuple[Mark, ...]  # without the standstill at the end
    took: int  # ms
    slow: int  # ms from the start at which the car is levelling, its door free to open ahead (pre-opening)


@lru_cache(maxsize=4096)
def leg(storey: float, storeys: int, speed: float, acceleration: float, jerk: float) -> Leg:
    """The run over `storeys`, from standstill to standstill."""
    end = storey * storeys
    run = Run(0.0, end, speed, acceleration, jerk)
    took = round(run.duration * 1000)
    moments = [(0, True)]
    leaving = _moment(run, DOOR_ZONE)
    moments.append((leaving, False))
    moments += [(_moment(run, storey * (n + 0.5)), False) for n in range(storeys)]
    moments.append((took - leaving, True))
    marks = []
    for after, zone in sorted(moments):
        point = run.at(after / 1000)
        passed = min(int(point.position / storey + 0.5 + 1e-3), storeys)
        marks.append(Mark(after, passed, zone, round(point.position, 3), round(point.velocity, 3)))
    return Leg(tuple(marks), took, took - leaving)


def _moment(run: Run, way: float) -> int:
    """When the car has come so far, in ms."""
    low, high = 0.0, run.duration
    for _ in range(_FINE):
        middle = (low + high) / 2
        if run.at(middle).position < way:
            low = middle
        else:
            high = middle
    return round(high * 1000)
