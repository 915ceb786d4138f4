"""What no lift can do: no exception, no alarm lost behind it, and counted."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts import detector, memory, view
from alerts.memory import Memory
from alerts.policy import Policy
from alerts.situation import Facts
from elevator.model import (
    MAX_REAL,
    MAX_TS,
    Direction,
    Door,
    DoorCommand,
    Event,
    LiftClass,
    Link,
    Mode,
    Power,
    SafetyChain,
    Sample,
)
from tests.alerts_timeline import Car

START = 1_700_000_000_000
POLICY = Policy()
BOUNDS = detector.Bounds(POLICY)

_reals = st.sampled_from([None, 0.0, -0.0, 3.0, 3.0, 6.0, 1e-30, 4e9, MAX_REAL, -MAX_REAL])
_amounts = st.sampled_from([None, 0.0, 1.7, 2.5, 2.5, 99.0, MAX_REAL])


@st.composite
def _nonsense(draw: st.DrawFn) -> list[tuple[int, Sample | Event | Link]]:
    """(wait, item): times that jump anywhere, values at their limits, states that exclude each other."""
    found: list[tuple[int, Sample | Event | Link]] = []
    now = START
    for seq in range(draw(st.integers(1, 20))):
        wait = draw(st.sampled_from([0, 1, 500, 1_000, 1_000, 5_000, 61_000, 700_000]))
        now += wait
        ts = draw(st.sampled_from([now, now, now, now - 500, now - 100_000, now + 3_600_000, 0, MAX_TS]))
        kind = draw(st.sampled_from(["sample"] * 8 + ["event", "link"]))
        if kind == "event":
            code = draw(st.sampled_from(["overspeed", "drive_fault", "\U0001f600", "", "offline", "power_loss"]))
            found.append((wait, Event(ts=ts, seq=seq, code=code, active=draw(st.booleans()))))
        elif kind == "link":
            interval = draw(st.sampled_from([None, -MAX_REAL, 0.0, 30.0, MAX_REAL]))
            found.append((wait, Link(online=draw(st.booleans()), ts=ts, interval=interval)))
        else:
            found.append((wait, _sample(draw, ts=ts, seq=seq)))
    return found


def _sample(draw: st.DrawFn, **known: Any) -> Sample:
    return Sample(
        mode=draw(st.sampled_from([*[Mode.NORMAL] * 5, Mode.INSPECTION, Mode.UNKNOWN])),
        floor=draw(st.sampled_from(["1", "2", "30", "", "\U0001f600", None])),
        moving=draw(st.sampled_from([True, False, None])), door_zone=draw(st.sampled_from([True, False, None])),
        door=draw(st.sampled_from([Door.OPEN, Door.OPEN, Door.CLOSED, Door.OPENING, Door.UNKNOWN, None])),
        direction=draw(st.sampled_from([None, Direction.UP])), speed=draw(_amounts), position=draw(_reals),
        occupied=draw(st.sampled_from([True, False, None])), people=draw(st.sampled_from([None, 0, 2**31 - 1])),
        power=draw(st.sampled_from([None, Power.MAINS, Power.OFF])),
        safety_chain=draw(st.sampled_from([None, SafetyChain.OPEN])),
        door_command=draw(st.sampled_from([None, DoorCommand.OPEN, DoorCommand.CLOSE])),
        car_calls=draw(st.sampled_from([None, 0, 2**31 - 1])),
        faults=draw(st.sampled_from([[], [], [], ["alarm_button"], ["nobody knows"], ["position_lost", ""]])), **known,
    )  # fmt: skip


_facts = st.sampled_from([
    Facts(), Facts(lift_class=LiftClass.TRACTION, rated_speed=1.75, floors=("1", "2", "30")),
    Facts(lift_class=LiftClass.TRACTION, rated_speed=0.0, floors=("1", "1")),
    Facts(lift_class=LiftClass.HOIST, rated_speed=1e30),
])  # fmt: skip


class Life:
    """A lift that a worker looks at whenever it is due, with its memory through its stored form."""

    def __init__(self, facts: Facts) -> None:
        self.memory, self.facts, self.now = Memory(), facts, START
        self.due: int | None = None

    def hears(self, wait: int, item: Sample | Event | Link) -> None:
        self.passes(wait)
        self._keep(detector.hear(self.memory, self.facts, item, now=self.now, bounds=BOUNDS), None)

    def passes(self, wait: int) -> None:
        until = self.now + wait
        while self.due is not None and self.due <= until:
            self.now = max(self.now, self.due)
            self._keep(
                detector.advance(self.memory, self.facts, now=self.now, policy=POLICY, listening=START), START
            )  # fmt: skip
        self.now = until

    def _keep(self, decision: detector.Decision, listening: int | None) -> None:
        self.due = detector.next_look(decision, self.memory, now=self.now, policy=POLICY, listening=listening)
        self.memory = memory.decode(memory.encode(self.memory))
        assert view.lift_state(memory.encode(self.memory), online=True, heard_at=None) is not None


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(nonsense=_nonsense(), facts=_facts)
def test_a_press_behind_any_nonsense_is_a_rescue(
    nonsense: list[tuple[int, Sample | Event | Link]], facts: Facts
) -> None:
    life = Life(facts)
    for wait, item in nonsense:
        life.hears(wait, item)
    life.hears(200_000, Event(ts=life.now, seq=99, code="alarm_button", active=True))
    life.passes(4_000)
    assert life.memory.rescue is not None
    assert life.memory.rescue.confirmed
    assert "alarm_pressed" in life.memory.rescue.causes


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(nonsense=_nonsense(), facts=_facts, reboots=st.booleans())
def test_somebody_trapped_behind_any_nonsense_is_found(
    nonsense: list[tuple[int, Sample | Event | Link]], facts: Facts, reboots: bool
) -> None:
    """As soon as the lift talks sense again: its clock is believed after ten seconds at the latest."""
    life = Life(facts)
    for wait, item in nonsense:
        life.hears(wait, item)
    life.passes(60_000)
    for number in range(30):
        life.passes(5_000)
        sample = Sample(
            ts=life.now, seq=100 + number, boot="b2" if reboots else "", mode=Mode.NORMAL, floor="2", moving=False,
            door_zone=False, door=Door.CLOSED, occupied=True,
        )  # fmt: skip
        life.hears(0, sample)
    if facts.is_lift:
        assert life.memory.rescue is not None
        assert "outside_zone" in life.memory.rescue.causes


# --- counted -----------------------------------------------------------------------------------------------


def car() -> Car:
    there = Car()
    there.facts = Facts(lift_class=LiftClass.TRACTION, floors=tuple(str(number) for number in range(1, 40)))
    return there.at(0).sends(moving=True, door_zone=False, floor="4", position=9.0)


@pytest.mark.parametrize(
    ("second", "changes", "reason"),
    [
        (1, {"position": 60.0}, "position_jump"),
        (1, {"position": -60.0, "moving": False}, "position_jump"),
        (1, {"floor": "39"}, "floor_jump"),
        (1, {"speed": 31.0}, "too_fast"),
        (1, {"ts": -1}, "time_back"),
        (1, {"position": 12.0, "floor": "5", "speed": 3.0}, None),
        (20, {"position": 60.0, "floor": "20"}, None),
        (1, {"position": 60.0, "boot": "b2", "seq": 0}, None),
    ],
)
def test_what_no_lift_can_have_done_is_counted(second: float, changes: dict[str, Any], reason: str | None) -> None:
    there = car()
    if changes.get("ts") == -1:
        changes = {"ts": there.now - 1}
    there.at(second).sends(**changes)
    assert there.memory.impossible == ({reason: 1} if reason else {})


def test_it_is_shown_on_the_lift() -> None:
    there = car().at(1).sends(position=90.0).at(2).sends(position=9.0)
    state = view.lift_state(memory.encode(there.memory), online=True, heard_at=None, lift_class="traction")
    assert state is not None
    (note,) = [note for note in state["notes"] if note["code"] == "impossible_position_jump"]
    assert note["en"].endswith("(2 times)")
