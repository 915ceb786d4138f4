"""The motion of a car keeps its limits, whatever the way, and ends where it should, standing."""

import itertools
import math

import pytest

from simulators.motion import BRAKING, Run, Stop

STEP = 0.01
RUNS = [
    (0.0, 2.9, 1.75, 1.0, 1.2),  # one storey: neither rated speed nor, later, rated acceleration is reached
    (0.0, 52.2, 1.75, 1.0, 1.2),
    (84.0, 0.0, 3.0, 1.0, 1.2),
    (0.0, 0.05, 1.0, 1.0, 1.2),
    (10.0, 9.99, 0.06, 1.0, 1.2),
    (0.0, 4.2, 0.4, 0.4, 0.6),  # hydraulic
    (0.0, 300.0, 10.0, 1.5, 2.0),
]


@pytest.mark.parametrize(("start", "end", "speed", "acceleration", "jerk"), RUNS)
def test_a_run_never_exceeds_speed_acceleration_and_jerk(start, end, speed, acceleration, jerk):
    run = Run(start, end, speed, acceleration, jerk)
    points = [run.at(n * STEP) for n in range(math.ceil(run.duration / STEP) + 2)]
    for a, b in itertools.pairwise(points):
        assert abs(b.velocity) <= speed + 1e-9
        assert abs(b.acceleration) <= acceleration + 1e-9
        assert abs(b.acceleration - a.acceleration) <= jerk * STEP + 1e-6
        assert abs(b.velocity - a.velocity) <= acceleration * STEP + 1e-6
        assert abs(b.position - a.position) <= speed * STEP + 1e-6, "the way is continuous"


@pytest.mark.parametrize(("start", "end", "speed", "acceleration", "jerk"), RUNS)
def test_a_run_ends_at_its_end_standing_and_never_goes_back(start, end, speed, acceleration, jerk):
    run = Run(start, end, speed, acceleration, jerk)
    almost = run.at(run.duration - 1e-6)
    assert almost.position == pytest.approx(end, abs=1e-4)
    assert almost.velocity == pytest.approx(0, abs=1e-4)
    assert run.at(run.duration + 5).position == end
    way = [run.at(n * STEP).position for n in range(math.ceil(run.duration / STEP) + 1)]
    assert way == sorted(way, reverse=end < start)


def test_a_long_run_travels_at_rated_speed():
    assert max(Run(0.0, 50.0, 2.5).at(t / 10).velocity for t in range(200)) == pytest.approx(2.5)


def test_the_duration_is_the_textbook_one():
    """Peters: where rated speed is reached, the time is distance/speed + speed/acceleration + acceleration/jerk."""
    assert Run(0.0, 50.0, 2.5, 1.0, 1.2).duration == pytest.approx(50 / 2.5 + 2.5 / 1.0 + 1.0 / 1.2)


def test_no_way_takes_no_time():
    run = Run(3.0, 3.0, 1.0)
    assert run.duration == 0
    assert run.at(0.5).position == 3.0


@pytest.mark.parametrize("velocity", [2.5, -1.0, 0.0])
def test_the_brake_stops_the_car_in_a_straight_line(velocity):
    stop = Stop(10.0, velocity)
    assert stop.duration == pytest.approx(abs(velocity) / BRAKING)
    assert stop.at(stop.duration).velocity == 0
    assert abs(stop.end - 10.0) == pytest.approx(velocity**2 / (2 * BRAKING))
    assert math.copysign(1, stop.end - 10.0) == math.copysign(1, velocity) or velocity == 0
    assert stop.at(stop.duration / 2).position == pytest.approx(10 + 0.75 * (stop.end - 10))
