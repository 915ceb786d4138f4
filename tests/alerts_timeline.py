"""A car on a timeline, for tests of the decision that someone is trapped (contract 5)."""

from collections.abc import Iterable
from typing import Any

import msgspec

from alerts import detector, memory
from alerts.effects import Effect, Opened
from alerts.memory import Memory
from alerts.policy import Policy
from alerts.situation import Facts
from elevator.model import Event, LiftClass, Link, Sample

START = 1_700_000_000_000  # ms


class Car:
    """A car on a timeline: `at(seconds)` lets every timer run that is due before, as the dispatch worker would.

    Its memory goes through the database's form at every step, so that every test is also one of a restart.
    """

    def __init__(self, *, lift_class: LiftClass | None = LiftClass.TRACTION, clock_off_s: float = 0) -> None:
        self.memory = Memory()
        self.facts = Facts(lift_class=lift_class)
        self.policy = Policy()
        self.now = START
        self.clock_off = int(clock_off_s * 1000)
        self.listening: int | None = START
        self.hold = False
        self.due: int | None = None
        self.log: list[tuple[float, Effect]] = []
        self.seq = 0
        self.event_seq = 0
        self.verdict = detector.Verdict()
        self.state: dict[str, Any] = {
            "mode": "normal", "floor": "4", "moving": False, "door_zone": True, "door": "closed", "occupied": False,
        }  # fmt: skip

    def at(self, seconds: float) -> "Car":
        target = START + round(seconds * 1000)
        for _ in range(10_000):
            due = self.due
            if due is None or due > target:
                break
            self.now = max(self.now, due)
            self._keep(
                detector.advance(
                    self.memory, self.facts, now=self.now, policy=self.policy, hold=self.hold, listening=self.listening
                ),
                self.listening,
            )
        else:
            raise AssertionError("the detector never comes to rest")
        self.now = target
        return self

    def _keep(self, decision: detector.Decision, listening: int | None) -> None:
        second = (self.now - START) / 1000
        self.log += [(second, effect) for effect in decision.effects]
        self.verdict = decision.verdict
        self.due = detector.next_look(decision, self.memory, now=self.now, policy=self.policy, listening=listening)
        self.memory = memory.decode(memory.encode(self.memory))

    def observe(self, item: Sample | Event | Link, **options: Any) -> "Car":
        item = msgspec.convert(msgspec.to_builtins(item), type(item))  # enums as from the wire
        options.setdefault("hold", self.hold)
        self._keep(detector.observe(self.memory, self.facts, item, now=self.now, policy=self.policy, **options), None)
        return self

    def sends(self, *, ts: int | None = None, replay: bool = False, seq: int | None = None, boot: str = "",
              **changes: Any) -> "Car":  # fmt: skip
        self.state |= changes
        self.seq += 1
        return self.observe(
            Sample(
                ts=self.now + self.clock_off if ts is None else ts, seq=self.seq if seq is None else seq, boot=boot,
                replay=replay, **self.state,
            )
        )  # fmt: skip

    def event(self, code: str, *, active: bool = True, ts: int | None = None, **options: Any) -> "Car":
        self.event_seq += 1
        seq = options.pop("seq", self.event_seq)
        how = {"key_reused": options.pop("key_reused", False)}
        event = Event(ts=self.now + self.clock_off if ts is None else ts, seq=seq, code=code, active=active, **options)
        return self.observe(event, **how)

    def trapped(self, **changes: Any) -> "Car":
        return self.sends(**{"door_zone": False, "occupied": True, "moving": False, "door": "closed"} | changes)

    def every(self, period: float, until: float, **changes: Any) -> "Car":
        """Send the present state again and again."""
        second = (self.now - START) / 1000 + period
        while second <= until:
            self.at(second).sends(**changes)
            second += period
        return self

    def seconds(self, kind: type[Effect]) -> list[float]:
        return [second for second, effect in self.log if isinstance(effect, kind)]

    def causes(self) -> list[str]:
        """What opened a rescue, in order."""
        return [effect.cause for effect in self.effects(Opened)]

    def ended_by_a_person(self) -> "Car":
        """A person releases or cancels the rescue."""
        assert self.memory.rescue is not None
        detector.answer(self.memory, now=self.now)
        self.due = self.now
        return self

    def effects(self, kind: Any) -> list[Any]:
        return [effect for _, effect in self.log if isinstance(effect, kind)]


def near(values: Iterable[float], *expected: float, within: float = 0.01) -> bool:
    values = list(values)
    return len(values) == len(expected) and all(abs(a - b) <= within for a, b in zip(values, expected, strict=True))
