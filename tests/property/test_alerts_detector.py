"""Whatever a lift sends and whoever looks when: one rescue at a time, nothing twice, nothing lost on the way to disk."""

from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import detector, memory
from alerts.effects import (
    CauseAdded,
    Cleared,
    Confirmed,
    Effect,
    Expected,
    Found,
    Gone,
    Opened,
    PressedAgain,
    Recovered,
)
from alerts.memory import Memory
from alerts.policy import Policy
from alerts.situation import Facts
from elevator import faults
from elevator.model import Door, DoorCommand, Event, LiftClass, Link, Mode, Power, SafetyChain, Sample

START = 1_700_000_000_000
POLICY = Policy()
CODES = ["alarm_button", "alarm_button", "entrapment", "power_loss", "position_lost", "overspeed", "nobody_knows"]


@dataclass(frozen=True, kw_only=True)
class Step:
    """After `wait` ms something comes; without `item` a person acts."""

    wait: int
    item: Sample | Event | Link | None
    retained: bool = False
    person: str = ""


_waits = st.sampled_from([0, 1, 500, 1_999, 2_000, 3_000, 10_000, 20_000, 60_000, 130_000, 700_000])
_late = st.sampled_from([0, 0, 0, 0, 1_000, 130_000, 2_000_000])


@st.composite
def _steps(draw: st.DrawFn) -> list[Step]:
    """A lift's day: its clock goes on, its sequence rises, what it says is anything."""
    now, steps = START, []
    for number in range(draw(st.integers(1, 18))):
        wait = draw(_waits)
        now += wait
        ts = now - draw(_late)
        replay = draw(st.sampled_from([False, False, False, True]))
        boot = draw(st.sampled_from(["", "", "", "b2"]))
        kind = draw(st.sampled_from(["sample", "sample", "sample", "event", "event", "link", "person"]))
        if kind == "sample":
            steps.append(Step(wait=wait, item=_sample(draw, ts=ts, seq=number, boot=boot, replay=replay)))
        elif kind == "event":
            event = Event(
                ts=ts, seq=number, boot=boot, replay=replay, code=draw(st.sampled_from(CODES)), active=draw(st.booleans())
            )  # fmt: skip
            steps.append(Step(wait=wait, item=event))
        elif kind == "link":
            link = Link(online=draw(st.booleans()), interval=draw(st.sampled_from([None, 1.0, 30.0])))
            steps.append(Step(wait=wait, item=link, retained=draw(st.booleans())))
        else:
            steps.append(Step(wait=wait, item=None, person=draw(st.sampled_from(["end", "confirm", "close"]))))
    return steps


def _sample(draw: st.DrawFn, **known: Any) -> Sample:
    return Sample(
        mode=draw(st.sampled_from([Mode.NORMAL, Mode.NORMAL, Mode.NORMAL, Mode.INSPECTION, Mode.EARTHQUAKE])),
        floor=draw(st.sampled_from(["1", "2", None])),
        moving=draw(st.sampled_from([False, False, True])),
        door_zone=draw(st.sampled_from([False, False, True, None])),
        door=draw(st.sampled_from([Door.CLOSED, Door.CLOSED, Door.OPEN])),
        occupied=draw(st.sampled_from([True, True, False, None])),
        power=draw(st.sampled_from([Power.MAINS, Power.MAINS, Power.BATTERY])),
        speed=draw(st.sampled_from([None, 1.0, 3.0])),
        position=draw(st.sampled_from([None, 0.0, 3.0, 4.0])),
        safety_chain=draw(st.sampled_from([None, SafetyChain.OPEN])),
        door_command=draw(st.sampled_from([None, DoorCommand.OPEN])),
        faults=draw(st.sampled_from([[], [], ["alarm_button"], ["entrapment"], ["runtime_limit"]])),
        **known,
    )


class Lift:
    """Lives through the steps; how often anybody looks, and what is delivered twice, is up to the test."""

    def __init__(self, lift_class: LiftClass | None, listening: int | None) -> None:
        self.memory, self.facts = Memory(), Facts(lift_class=lift_class, rated_speed=1.75, floors=("1", "2"))
        self.listening = listening
        self.now, self.due = START, None
        self.effects: list[Effect] = []

    def live(self, steps: list[Step], *, worker: bool = True, looks: int = 0, twice: bool = False) -> "Lift":
        for step in [*steps, Step(wait=3_000_000, item=None)]:
            end = self.now + step.wait
            for part in range(1, looks + 1):
                moment = end - step.wait + step.wait * part // (looks + 1)
                if moment > self.now:  # between two messages of the same moment nobody can look
                    self._pass(moment, worker=worker)
                    self._look(self.now)
            self._pass(end, worker=worker)
            if step.item is not None:
                for _ in range(2 if twice and not isinstance(step.item, Link) else 1):
                    self._observe(step)
            elif step.person:
                self._person(step.person)
        if not worker:
            self._look(self.now)
        return self

    def _pass(self, end: int, *, worker: bool) -> None:
        while worker and self.due is not None and self.due <= end:
            self._look(max(self.now, self.due))
        self.now = end

    def _look(self, now: int) -> None:
        self.now = now
        self._keep(
            detector.advance(self.memory, self.facts, now=now, policy=POLICY, listening=self.listening), self.listening
        )

    def _observe(self, step: Step) -> None:
        assert step.item is not None
        self._keep(
            detector.observe(
                self.memory, self.facts, step.item, now=self.now, policy=POLICY, retained=step.retained
            ),
            None,
            heard=True,
        )  # fmt: skip

    def _person(self, what: str) -> None:
        """A person acts, and the dispatch worker looks at once."""
        self._look(self.now)
        if what == "end":
            if self.memory.rescue is not None:
                self.effects.append(Cleared())
            detector.answer(self.memory, now=self.now)
        elif what == "confirm" and self.memory.rescue is not None:
            if not self.memory.rescue.confirmed:
                self.effects.append(Confirmed(reason="person"))
            detector.confirm(self.memory)
        else:
            for key in list(self.memory.faults):
                kind, code = key.split(":")
                detector.close(self.memory, kind=kind, code=code, now=self.now)
        self._look(self.now)

    def _keep(self, decision: detector.Decision, listening: int | None, *, heard: bool = False) -> None:
        self.effects += decision.effects
        self.due = detector.next_look(
            decision, self.memory, now=self.now, policy=POLICY, listening=listening, heard=heard
        )
        assert self.due is None or self.due > self.now
        stored = memory.encode(self.memory)
        kept = memory.decode(stored)
        assert kept == self.memory
        assert memory.encode(kept) == stored
        self.memory = kept


_classes = st.sampled_from([LiftClass.TRACTION, LiftClass.TRACTION, None, LiftClass.ESCALATOR])


@settings(max_examples=60, deadline=None)
@given(_steps(), _classes)
def test_one_rescue_at_a_time_confirmed_and_ended_once(  # noqa: C901 - a branch for each effect
    steps: list[Step], lift_class: LiftClass | None
) -> None:
    """A restart before every step is part of it: the memory goes through its stored form."""
    lift = Lift(lift_class, START).live(steps)
    causes: set[str] | None = None
    confirmed = False
    open_findings: set[tuple[str, str]] = set()
    for effect in lift.effects:
        match effect:
            case Opened():
                assert causes is None
                causes, confirmed = {effect.cause}, effect.confirmed
            case CauseAdded():
                assert causes is not None
                causes.add(effect.cause)
            case Confirmed():
                assert causes is not None
                assert not confirmed
                confirmed = True
            case Cleared():
                assert causes is not None
                causes = None
            case Recovered():
                assert confirmed
            case Expected():
                assert causes is not None
                assert not confirmed
            case PressedAgain():
                assert causes is not None
            case Found():
                assert effect.kind == "danger" or effect.code in faults.CATALOGUE
                open_findings.add((effect.kind, effect.code))
            case Gone():
                assert (effect.kind, effect.code) in open_findings
    assert (lift.memory.rescue is not None) is (causes is not None)
    if lift.memory.rescue is not None:
        assert lift.memory.rescue.confirmed is confirmed
        assert set(lift.memory.rescue.causes) == causes


@settings(max_examples=60, deadline=None)
@given(_steps(), _classes, st.integers(1, 4))
def test_how_often_anybody_looks_changes_nothing(steps: list[Step], lift_class: LiftClass | None, looks: int) -> None:
    due = Lift(lift_class, START).live(steps)
    assert Lift(lift_class, START).live(steps, looks=looks).effects == due.effects


@settings(max_examples=60, deadline=None)
@given(_steps(), _classes)
def test_messages_alone_bring_about_what_a_worker_would_have(steps: list[Step], lift_class: LiftClass | None) -> None:
    """Silence apart, which only who listens can judge."""
    assert Lift(lift_class, None).live(steps, worker=False).effects == Lift(lift_class, None).live(steps).effects


@settings(max_examples=60, deadline=None)
@given(_steps(), _classes)
def test_a_message_delivered_twice_changes_nothing(steps: list[Step], lift_class: LiftClass | None) -> None:
    assert Lift(lift_class, START).live(steps, twice=True).effects == Lift(lift_class, START).live(steps).effects
