"""A life told by hand, for tests of the judge: what a lift sends, second by second, and the truth beside it."""

from collections.abc import Iterator
from typing import Any

from alerts.policy import Policy
from deploy.score import intake, virtual
from deploy.score.incidents import Incident
from deploy.score.judge import Verdict, judge
from elevator import wire
from elevator.model import Event, Link, Sample
from elevator.topics import Kind
from simulators.truth.story import Episode, Life, Lift, Message, Truth

BEGIN = 1_767_542_400_000  # ms
AT_A_LANDING = {"mode": "normal", "floor": "3", "moving": False, "door_zone": True, "door": "closed", "occupied": False}
BETWEEN_FLOORS = {"door_zone": False, "occupied": True}


class Told:
    """A lift that says what the test tells it to, and repeats itself every ten seconds between."""

    def __init__(self, lift_id: str = "L-1", **facts: Any) -> None:
        self.lift = Lift(lift_id=lift_id, **facts)
        self.messages: list[Message] = []
        self.episodes: list[Episode] = []
        self.deaf: list[tuple[int, int]] = []
        self.down: list[tuple[int, int]] = []
        self._state: dict[str, Any] = dict(AT_A_LANDING)
        self._now, self._seq, self._event_seq = BEGIN, -1, -1
        self.link(0)

    def _send(self, kind: Kind, item: Sample | Event | Link) -> None:
        self.messages.append(Message(at=self._now, kind=kind, payload=wire.encode(item)))

    def _sample(self) -> None:
        self._seq += 1
        sample = wire.decode_samples(
            wire.encode({"ts": self._now, "seq": self._seq, "boot": "b"} | self._state), self.lift.lift_class
        )
        assert not sample.bad, sample.bad
        self._send(Kind.TELEMETRY, sample.items[0])

    def link(self, second: float, *, interval: int = 10) -> "Told":
        """It says hello."""
        self._now = BEGIN + round(second * 1000)
        self._send(Kind.LINK, Link(online=True, ts=self._now, interval=interval))
        return self

    def at(self, second: float, *, every: int = 10, **changes: Any) -> "Told":
        """Repeat the state until then, and then send a changed one."""
        target = BEGIN + round(second * 1000)
        while self._now + every * 1000 < target:
            self._now += every * 1000
            self._sample()
        self._now = target
        self._state |= changes
        self._sample()
        return self

    def silent(self, second: float) -> "Told":
        """Say nothing until then."""
        self._now = BEGIN + round(second * 1000)
        return self

    def event(self, code: str, *, active: bool = True, ts: int | None = None, seq: int | None = None) -> "Told":
        """An event of this moment."""
        self._event_seq = self._event_seq + 1 if seq is None else seq
        ts = self._now if ts is None else ts
        self._send(Kind.EVENT, Event(ts=ts, seq=self._event_seq, boot="b", code=code, active=active))
        return self

    def again(self) -> "Told":
        """The last message comes once more."""
        self.messages.append(self.messages[-1])
        return self

    def raw(self, kind: Kind, payload: bytes) -> "Told":
        """Bytes, whatever they are."""
        self.messages.append(Message(at=self._now, kind=kind, payload=payload))
        return self

    def truth(self, truth: Truth, began: float, ended: float, cause: str = "made_up", **more: Any) -> "Told":
        """What was the matter between these seconds."""
        if "known_at" in more:
            more["known_at"] = BEGIN + round(more["known_at"] * 1000)
        self.episodes.append(
            Episode(
                lift_id=self.lift.lift_id, truth=truth, cause=cause, began=BEGIN + round(began * 1000),
                ended=BEGIN + round(ended * 1000), **more,
            )
        )  # fmt: skip
        return self

    def trapped(self, began: float, ended: float, within_s: float = 60, **more: Any) -> "Told":
        """Somebody is trapped between these seconds."""
        return self.truth(Truth.ENTRAPMENT, began, ended, within_s=within_s, **more)

    def innocent(self, began: float, ended: float, cause: str = "made_up") -> "Told":
        """It only looks like it."""
        return self.truth(Truth.INNOCENT, began, ended, cause)

    @property
    def end(self) -> int:
        """When the life ends: a moment after the last word."""
        return self._now + 1_000

    def life(self) -> Life:
        """As the simulated city would hand it out."""

        def messages() -> Iterator[Message]:
            yield from self.messages
            life.episodes.extend(self.episodes)

        life = Life(lift=self.lift, begin=BEGIN, end=self.end, messages=messages(), deaf=self.deaf, down=self.down)
        return life

    def incidents(self, policy: Policy | None = None, *, quick: bool = True) -> list[Incident]:
        """What the detector makes of it."""
        taken = intake.take(self.lift, self.messages, {})
        return virtual.live(
            taken.heard, facts=virtual.facts_of(self.lift), begin=BEGIN, end=self.end, policy=policy or Policy(),
            episodes=self.episodes, deaf=self.deaf, down=self.down, quick=quick,
        )  # fmt: skip

    def verdict(self, policy: Policy | None = None) -> Verdict:
        """And what the judge says of that."""
        return judge(self.lift.lift_id, self.episodes, self.incidents(policy))


def seconds(ms: int | None) -> float | None:
    """Since the life began."""
    return None if ms is None else (ms - BEGIN) / 1000
