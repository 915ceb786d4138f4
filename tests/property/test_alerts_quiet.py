"""The short way changes a memory exactly as the detector does, and the history brings an old memory to the same state."""

from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from alerts import detector, memory, quiet, recall
from alerts.detector import Verdict
from alerts.memory import Memory
from alerts.policy import Policy
from alerts.situation import Facts
from elevator.model import Direction, Door, DoorCommand, Event, LiftClass, Mode, Power, SafetyChain, Sample

START = 1_700_000_000_000
POLICY = Policy()
BOUNDS = quiet.Bounds(POLICY)

_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "mode": st.sampled_from([Mode.NORMAL] * 8 + [Mode.INSPECTION, Mode.FIREFIGHTER, Mode.UNKNOWN]),
    "floor": st.sampled_from(["1", "2", "2", "3", None]),
    "moving": st.sampled_from([True, False, False, None]),
    "door_zone": st.sampled_from([True, True, True, False, None]),
    "door": st.sampled_from([Door.CLOSED, Door.OPEN, Door.OPENING, Door.CLOSING, None]),
    "direction": st.sampled_from([None, Direction.UP]),
    "speed": st.sampled_from([None, None, 1.0, 2.5, 99.0]),
    "position": st.sampled_from([None, 0.0, 3.0, 3.05, 3.15, 6.0, 6.5, 7.0]),
    "occupied": st.sampled_from([True, False, False, None]),
    "people": st.sampled_from([None, None, 0, 2]),
    "power": st.sampled_from([None, Power.MAINS, Power.MAINS, Power.MAINS, Power.MAINS, Power.BATTERY]),
    "safety_chain": st.sampled_from([None, SafetyChain.CLOSED, SafetyChain.CLOSED, SafetyChain.OPEN]),
    "door_command": st.sampled_from([None, None, DoorCommand.NONE, DoorCommand.OPEN, DoorCommand.CLOSE]),
    "car_calls": st.sampled_from([None, None, 0, 1]),
    "faults": st.sampled_from([[]] * 20 + [["position_lost"], ["alarm_button"]]),
}  # fmt: skip
_normal = st.fixed_dictionaries(_FIELDS)
_CALM: dict[str, Any] = {
    "mode": Mode.NORMAL, "floor": "1", "moving": False, "door_zone": True, "door": Door.OPEN, "direction": None,
    "speed": None, "position": 0.0, "occupied": False, "people": None, "power": None, "safety_chain": None,
    "door_command": None, "car_calls": None, "faults": [],
}  # fmt: skip
_SCENES: list[dict[str, Any]] = [
    {"door": Door.OPEN, "moving": False, "door_zone": True, "floor": "1", "position": 0.0},
    {"door": Door.OPEN, "moving": False, "door_zone": True, "floor": "2", "position": 3.0, "occupied": True},
    {"door": Door.CLOSED, "moving": False, "door_zone": True, "occupied": True},
    {"door": Door.CLOSED, "moving": True, "door_zone": False},
    {"door": Door.CLOSED, "moving": True, "door_zone": False, "speed": 2.5},
    {"door": Door.CLOSED, "moving": True, "door_zone": False, "floor": "2", "position": 3.6},
    {"door": Door.OPEN, "moving": True, "door_zone": False, "position": 1.5},
    {"door": Door.OPEN, "moving": False, "door_zone": False, "position": 3.5},
    {"door_command": DoorCommand.OPEN, "moving": False, "door_zone": False, "door": Door.OPENING, "position": 3.0},
    {},
]
_waits = st.sampled_from([0, 1, 500, 1_000, 1_000, 2_000, 3_000, 10_000, 30_000, 61_000, 130_000, 700_000])
_lag = st.sampled_from([0, 0, 0, 40, 1_000, 119_000, 130_000])


@st.composite
def _day(draw: st.DrawFn) -> list[tuple[int, Sample | Event, int]]:
    """(wait, item, lag): rarely a gap, a new boot, a replay or an event between samples.

    Half of the days are coherent: a car that boards, stays, runs, slips; the others are anything.
    """
    found: list[tuple[int, Sample | Event, int]] = []
    seq, boot = draw(st.sampled_from([0, 7])), draw(st.sampled_from(["", "b1"]))
    coherent, state = draw(st.booleans()), dict(_CALM)
    now, clock = START, draw(st.sampled_from([0, -3_600_000, 90_000]))
    for _ in range(draw(st.integers(2, 25))):
        wait, lag = draw(_waits), draw(_lag)
        now += wait
        odd = draw(st.integers(0, 30))
        seq += 2 if odd == 0 else 0 if odd == 1 else 1
        if odd == 2:
            boot, seq = "b2", 0
        fields: dict[str, Any] = {"ts": max(0, now - lag + clock), "seq": seq, "boot": boot, "replay": odd == 3}
        if odd == 4:
            code = draw(st.sampled_from(["alarm_button", "overspeed", "inspection"]))
            found.append((wait, Event(code=code, active=draw(st.booleans()), **fields), lag))
        else:
            if coherent:  # one scene after another, with a change or two
                state = state | draw(st.sampled_from(_SCENES))
                for name in draw(st.lists(st.sampled_from(sorted(_FIELDS)), max_size=2)):
                    state[name] = draw(_FIELDS[name])
            else:
                state = draw(_normal)
            found.append((wait, Sample(**fields, **state), lag))
    return found


_facts = st.sampled_from([
    Facts(), Facts(lift_class=LiftClass.ESCALATOR, rated_speed=0.5),
    Facts(lift_class=LiftClass.TRACTION, rated_speed=1.75, floors=("1", "2")),
    Facts(lift_class=LiftClass.TRACTION, rated_speed=1.75, floors=("1", "2"), zone_sensor_fault=True),
    Facts(lift_class=LiftClass.TRACTION, rated_speed=2.0, floors=("1", "2", "40")),
])  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(day=_day(), facts=_facts, hold=st.booleans())
def test_the_short_way_is_the_detectors_way(
    day: list[tuple[int, Sample | Event, int]], facts: Facts, hold: bool
) -> None:
    mind, now = Memory(), START
    for wait, item, _ in day:
        now += wait
        short = deepcopy(mind)
        taken = False
        if isinstance(item, Sample) and quiet.is_simple(short) and quiet.is_next(short, item):
            taken = quiet.hear(short, facts, item, now, BOUNDS, hold=hold)
            event(f"taken: {taken}, timers: {bool(short.timers or short.empty)}")
            event(
                f"taken: {taken}, stays: {short.stay is not None}, moves at one place: {short.still_since is not None}"
            )
        decision = detector.observe(mind, facts, item, now=now, policy=POLICY, hold=hold)
        for effect in decision.effects:
            event(f"{type(effect).__name__} {getattr(effect, 'cause', getattr(effect, 'code', ''))}")
        event(f"dangers: {sorted(mind.dangers)}")
        if taken:
            assert decision.effects == []
            assert decision.verdict == Verdict()
            assert short == mind
            assert quiet.is_simple(mind)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(day=_day(), facts=_facts, looks=st.lists(st.booleans(), min_size=25, max_size=25))
def test_an_old_memory_and_the_history_make_the_present_one(
    day: list[tuple[int, Sample | Event, int]], facts: Facts, looks: list[bool]
) -> None:
    """Whatever needs the long way is written at once, as the intake does; the rest is found behind the newest sample."""
    mind, now = Memory(), START
    written, history = memory.encode(mind), []
    for (wait, item, _), look in zip(day, looks, strict=False):
        now += wait
        if isinstance(item, Sample) and quiet.is_simple(mind) and quiet.is_next(mind, item):
            before = deepcopy(mind)
            decision = detector.observe(mind, facts, item, now=now, policy=POLICY)
            if not decision.effects and not decision.verdict.late:
                history.append((item, now))
                event("from the history")
                old = memory.decode(written)
                effects = recall.recall(old, facts, history, POLICY)
                assert effects == []
                assert old == mind
                if look:
                    written, history = memory.encode(mind), []
                continue
            mind = before
        effects = detector.observe(mind, facts, item, now=now, policy=POLICY).effects
        written, history = memory.encode(mind), []


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(day=_day(), facts=_facts, hold=st.booleans())
def test_who_drives_many_lifts_may_take_either_way(
    day: list[tuple[int, Sample | Event, int]], facts: Facts, hold: bool
) -> None:
    """Where the short way gives up it leaves no trace."""
    mind, other, now = Memory(), Memory(), START
    for wait, item, _ in day:
        now += wait
        ours = detector.hear(mind, facts, item, now=now, bounds=BOUNDS, hold=hold)
        theirs = detector.observe(other, facts, item, now=now, policy=POLICY, hold=hold)
        assert (ours, mind) == (theirs, other)
