"""One scripted story for each rule, played through the detector in virtual time: what its strip chart shows. Pure.

A story is what the car tells, second by second; what the platform makes of it is the detector's own answer, timers
included. A rule without a story fails `tests/unit/test_deploy_pictures.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from alerts import detector, parts
from alerts.effects import CauseAdded, Confirmed, Effect, Opened
from alerts.memory import Memory
from alerts.policy import Policy
from alerts.situation import Facts
from elevator.model import Direction, Door, DoorCommand, Event, Link, Mode, Power, SafetyChain, Sample

START = 1_700_000_000_000  # ms
EVERY = 10.0  # s between samples while nothing changes
_RISE = 1.5  # m/s

_STANDING: dict[str, Any] = {
    "mode": Mode.NORMAL, "floor": "3", "moving": False, "door_zone": True, "door": Door.CLOSED, "position": 6.0,
    "direction": Direction.NONE, "occupied": False, "power": Power.MAINS, "safety_chain": SafetyChain.CLOSED,
    "door_command": DoorCommand.NONE, "car_calls": 0,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Something the car tells at a second: what has changed of its state, or an event; or what a person does."""

    at: float
    changes: dict[str, Any] = field(default_factory=dict)
    code: str | None = None
    active: bool = True
    caller: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What happens to one car."""

    rule: str
    told: Sequence[Told]
    until: float  # s
    silent_from: float | None = None  # no word after that


@dataclass(slots=True, kw_only=True)
class Played:
    """A story with what the detector made of it; times in seconds of the story."""

    story: Story
    samples: list[tuple[float, Sample]] = field(default_factory=list)
    events: list[tuple[float, str, bool]] = field(default_factory=list)
    suspected: float | None = None
    confirmed: float | None = None
    since: float | None = None  # what the rule went by began


def _boards(at: float = 0.0) -> list[Told]:
    """Somebody gets in at the third floor, and the door closes."""
    return [
        Told(at=at, changes={"door": Door.OPEN, "occupied": True}),
        Told(at=at + 6, changes={"door": Door.CLOSING}),
        Told(at=at + 8, changes={"door": Door.CLOSED}),
    ]


def _rides(begin: float, seconds: float, *, to: str) -> list[Told]:
    """Up from the third floor, with a sample every second."""
    return [
        Told(
            at=begin + second,
            changes={
                "moving": True, "door_zone": second == 0, "direction": Direction.UP, "position": 6.0 + _RISE * second,
                "floor": "3" if second < 2 else to,
            },
        )
        for second in range(int(seconds))
    ]  # fmt: skip


def _stops(at: float, seconds: float, **changes: Any) -> Told:
    """The ride that began `seconds` ago is over."""
    return Told(
        at=at, changes={"moving": False, "direction": Direction.NONE, "position": 6.0 + _RISE * seconds} | changes
    )


STORIES: tuple[Story, ...] = (
    Story(rule="outside_zone", told=[*_boards(), *_rides(10, 5, to="4"), _stops(15, 5)], until=95),
    Story(
        rule="door_wont_open",
        told=[
            *_boards(), *_rides(10, 4, to="5"), _stops(14, 4, door_zone=True),
            Told(at=15, changes={"door_command": DoorCommand.OPEN}),
        ],
        until=125,
    ),
    Story(
        rule="power_lost",
        told=[*_boards(), *_rides(10, 4, to="5"), _stops(14, 4, door_zone=True, power=Power.OFF)],
        until=95,
    ),
    Story(
        rule="chain_open",
        told=[*_boards(), *_rides(10, 5, to="4"), _stops(15, 5, safety_chain=SafetyChain.OPEN)],
        until=80,
    ),
    Story(
        rule="controller_says",
        told=[*_boards(), *_rides(10, 5, to="4"), _stops(15, 5), Told(at=27, code="entrapment")],
        until=45,
    ),
    Story(
        rule="alarm_pressed",
        told=[
            *_boards(), Told(at=3, code="alarm_button"), Told(at=5, code="alarm_button", active=False),
            *_rides(10, 5, to="4"), _stops(15, 5), Told(at=25, code="alarm_button"),
            Told(at=31, code="alarm_button", active=False),
        ],
        until=45,
    ),
    Story(
        rule="danger_occupied",
        told=[*_boards(), *_rides(10, 8, to="5"), Told(at=16.5, code="overspeed"), _stops(18, 8)],
        until=35,
    ),
    Story(rule="silence", told=[*_boards(), *_rides(10, 5, to="4")], until=85, silent_from=15),
    Story(
        rule="no_progress",
        told=[*_boards(), *_rides(10, 4, to="4"), Told(at=14, changes={"position": 12.0, "floor": "5"})],
        until=90,
    ),
    Story(
        rule="long_stay",
        told=[*_boards(), *_rides(10, 4, to="5"), _stops(14, 4, door_zone=True)],
        until=660,
    ),
    Story(rule="caller", told=[*_boards(), *_rides(10, 5, to="4"), _stops(15, 5), Told(at=24, caller=True)], until=32),
)  # fmt: skip


def play(story: Story, policy: Policy | None = None) -> Played:
    """Let the detector hear the story, and look whenever it wants to."""
    return _Player(story, policy or Policy()).run()


class _Player:
    """The dispatch worker and the intake of one car, without their database."""

    def __init__(self, story: Story, policy: Policy) -> None:
        self.story, self.policy = story, policy
        self.memory, self.facts = Memory(), Facts()
        self.now = START
        self.due: int | None = START
        self.state, self.seq = dict(_STANDING), 0
        self.played = Played(story=story)

    def run(self) -> Played:
        self._hear(Link(ts=START, online=True, interval=EVERY))
        told = sorted(self.story.told, key=lambda one: one.at)
        moments = sorted({*(one.at for one in told), *_ticks(self.story.until)})
        for second in moments:
            if self.story.silent_from is not None and second >= self.story.silent_from:
                break
            self._pass(second)
            for one in (one for one in told if one.at == second):
                self._tell(one)
            if not any(one.code or one.caller for one in told if one.at == second):
                self._sample(second)
        self._pass(self.story.until)
        return self.played

    def _pass(self, second: float) -> None:
        target = START + round(second * 1000)
        while self.due is not None and self.due <= target:
            self.now = max(self.now, self.due)
            decision = detector.advance(
                self.memory, self.facts, now=self.now, policy=self.policy, listening=START
            )  # fmt: skip
            self._keep(decision, START)
        self.now = target

    def _tell(self, one: Told) -> None:
        if one.caller:
            detector.adopt(self.memory, rescue_id="reported", cause="caller", confirmed=True)
            self.played.confirmed = one.at
        elif one.code:
            self.seq += 1
            self.played.events.append((one.at, one.code, one.active))
            self._hear(Event(ts=self.now, seq=self.seq, code=one.code, active=one.active))
        else:
            self.state |= one.changes

    def _sample(self, second: float) -> None:
        self.seq += 1
        sample = Sample(ts=self.now, seq=self.seq, **self.state)
        self.played.samples.append((second, sample))
        self._hear(sample)

    def _hear(self, item: Sample | Event | Link) -> None:
        self._keep(detector.observe(self.memory, self.facts, item, now=self.now, policy=self.policy), None)

    def _keep(self, decision: detector.Decision, listening: int | None) -> None:
        for effect in decision.effects:
            self._note(effect)
        self.due = detector.next_look(decision, self.memory, now=self.now, policy=self.policy, listening=listening)

    def _note(self, effect: Effect) -> None:
        """When this rule suspected and confirmed; what others say of the same car is not drawn."""
        played, second, rule = self.played, (self.now - START) / 1000, self.story.rule
        mine = isinstance(effect, Opened | CauseAdded) and effect.cause == rule
        if mine and played.suspected is None and played.confirmed is None:
            if isinstance(effect, Opened) and effect.confirmed:
                played.confirmed = second
            else:
                played.suspected = second
        if isinstance(effect, Confirmed) and effect.reason == rule:
            played.confirmed = second
        if mine or (isinstance(effect, Confirmed) and effect.reason == rule):
            began = parts.since(rule, self.memory)
            played.since = played.since if began is None else (began - START) / 1000


def _ticks(until: float) -> list[float]:
    return [n * EVERY for n in range(int(until / EVERY) + 1)]
