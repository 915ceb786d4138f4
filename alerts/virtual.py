"""The detector in virtual time: many lifts driven by messages and by the clock of those, without database or waiting.

    fleet = Fleet(policy)
    fleet.observe("L-1", sample, now=received_at_ms)   # first lets every timer of every lift run that was due before
    fleet.advance(now=end_ms)
    for incident in fleet.take_changed(): …

It does what `alerts.desk` and `alerts.worker` do with rows: the same `observe` and `advance`, asked again when
`next_look` says. What the effects mean is kept as `Virtual` incidents instead of being written and told.

Nobody acts here. Whoever drives the fleet may play the person: `end` is a release or a cancellation. With `tidy` a
rescue that looks technically recovered is ended at once, as if somebody had looked; otherwise one confirmed rescue
would hide all that follow it on that lift.
"""

import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from alerts import detector
from alerts.detector import Decision, Verdict
from alerts.effects import CauseAdded, Cleared, Confirmed, Effect, Found, Gone, Opened, PressedAgain, Recovered
from alerts.facts import Facts
from alerts.memory import Memory
from alerts.policy import Policy
from alerts.quiet import Bounds
from elevator.model import Event, Link, Sample


class End(StrEnum):
    """How a virtual incident ended."""

    CLEARED = "cleared"  # a suspicion whose causes are gone
    RECOVERED = "recovered"  # a confirmed one that looks normal again, and nobody to look
    PERSON = "person"  # somebody ended the rescue
    GONE = "gone"  # a finding that is no longer true
    FORGOTTEN = "forgotten"  # nothing ended it for so long that whoever drives the fleet gave it up


@dataclass(slots=True, kw_only=True, eq=False)
class Virtual:
    """An incident that would have been opened; times in ms of the driver's clock."""

    lift_id: str
    kind: str
    reason: str  # the rule that confirmed, before that the one that suspected first; of a finding its rule
    opened_at: int
    code: str | None = None
    priority: int = 1
    causes: list[str] = field(default_factory=list)
    confirmed_at: int | None = None
    rang_at: int | None = None  # when people would have been told: confirmed, or a suspicion that waits for a person
    recovered_at: int | None = None
    presses: int = 0  # of the button, after the first
    ended_at: int | None = None
    end: End | None = None
    id: str = ""  # for whoever stores it
    changed: bool = True  # since it was last stored


class Fleet:
    """See the head of this file."""

    def __init__(self, policy: Policy, facts: Callable[[str], Facts] = lambda _: Facts(), *, tidy: bool = True) -> None:
        self.policy = policy
        self.minds: dict[str, Memory] = {}
        self.dues: dict[str, int] = {}  # when each lift must be looked at
        self.open: dict[str, dict[str, Virtual]] = {}  # by lift, then by "rescue" or "kind:code"
        self.now = 0
        self.hold = False  # a queue is being read: what only elapsed time would decide must wait
        self.touched: set[str] = set()  # lifts whose memory has changed; the driver empties it
        self._facts, self._tidy, self._bounds = facts, tidy, Bounds(policy)
        self._heap: list[tuple[int, str]] = []
        self._listening: int | None = None
        self._changed: dict[int, Virtual] = {}

    @property
    def listening(self) -> int | None:
        """Since when (ms) silence may be counted; None: not now."""
        return self._listening

    @listening.setter
    def listening(self, since: int | None) -> None:
        """While nobody listens no lift is looked at for its silence alone; from then on each is."""
        if self._listening is None and since is not None:
            for lift_id in self.minds:
                self._wait(lift_id, min(self.now, self.dues.get(lift_id, self.now)))
        self._listening = since

    def adopt(self, lift_id: str, mind: Memory, due: int | None, incidents: Iterable[Virtual] = ()) -> None:
        """Go on with a memory that was kept elsewhere, and with the incidents it holds open."""
        self.minds[lift_id] = mind
        for one in incidents:
            one.changed = False
            self.open.setdefault(lift_id, {})[_key(one.kind, one.code)] = one
        self._wait(lift_id, due)

    def observe(
        self,
        lift_id: str,
        item: Sample | Event | Link,
        *,
        now: int,
        retained: bool = False,
        key_reused: bool = False,
        unknown: Sequence[tuple[str, str]] = (),
    ) -> Verdict:
        """One message, received at `now` (ms), after everything that was due before it on any lift.

        A message whose time lies before the fleet's is heard at the fleet's: time does not run back.
        """
        now = max(now, self.now)
        self.advance(now=now)
        mind = self.minds.get(lift_id)
        if mind is None:
            mind = self.minds[lift_id] = Memory()
        if isinstance(item, Sample) and not unknown:
            decision = detector.hear(mind, self._facts(lift_id), item, now=now, bounds=self._bounds, hold=self.hold)
        else:
            decision = detector.observe(
                mind, self._facts(lift_id), item, now=now, policy=self.policy, retained=retained,
                key_reused=key_reused, hold=self.hold, unknown=unknown,
            )  # fmt: skip
        self._keep(lift_id, decision, listening=None, heard=True)
        return decision.verdict

    def advance(self, *, now: int) -> None:
        """Let time pass up to `now` (ms): every look that is due, in order."""
        while self._heap and self._heap[0][0] <= now:
            due, lift_id = heapq.heappop(self._heap)
            if self.dues.get(lift_id) == due:
                self.now = max(self.now, due)
                self._look(lift_id)
        self.now = max(self.now, now)

    def end(self, lift_id: str, *, now: int, how: End = End.PERSON) -> None:
        """A person ends the live rescue of the lift; its causes count as answered (contract 5)."""
        self.advance(now=now)
        self._end(lift_id, how)
        self._look(lift_id)

    def rescue(self, lift_id: str) -> Virtual | None:
        """The live rescue of a lift."""
        return self.open.get(lift_id, {}).get("rescue")

    def take_changed(self) -> list[Virtual]:
        """The incidents that were opened or changed since this was last asked, oldest first."""
        found, self._changed = list(self._changed.values()), {}
        for one in found:
            one.changed = False
        return found

    def _look(self, lift_id: str) -> None:
        decision = detector.advance(
            self.minds[lift_id], self._facts(lift_id), now=self.now, policy=self.policy, hold=self.hold,
            listening=self.listening,
        )  # fmt: skip
        self._keep(lift_id, decision, listening=self.listening)

    def _keep(self, lift_id: str, decision: Decision, *, listening: int | None, heard: bool = False) -> None:
        ended = False
        for effect in decision.effects:
            ended |= self._apply(lift_id, effect)
        if self._listening is None and decision.due is None:
            due = None
        else:
            due = detector.next_look(
                decision, self.minds[lift_id], now=self.now, policy=self.policy, listening=listening, heard=heard
            )
        self.touched.add(lift_id)
        self._wait(lift_id, self.now + 1 if ended else due)

    def _wait(self, lift_id: str, due: int | None) -> None:
        if due is None:
            self.dues.pop(lift_id, None)
        elif self.dues.get(lift_id) != due:
            self.dues[lift_id] = due
            heapq.heappush(self._heap, (due, lift_id))

    def _end(self, lift_id: str, how: End) -> None:
        detector.answer(self.minds[lift_id], now=self.now)
        self.touched.add(lift_id)
        self._close(lift_id, "rescue", how)

    def _apply(self, lift_id: str, effect: Effect) -> bool:
        """Enter what an effect means; true when a rescue was ended for it."""
        match effect:
            case Opened():
                self._opened(lift_id, effect)
            case Found():
                self._found(lift_id, effect)
            case Gone():
                self._close(lift_id, _key(effect.kind, effect.code), End.GONE)
            case Cleared():
                self._close(lift_id, "rescue", End.CLEARED)
            case _:
                rescue = self.rescue(lift_id)
                return rescue is not None and self._change(rescue, effect)
        return False

    def _change(self, rescue: Virtual, effect: Effect) -> bool:
        """The live rescue changes; true when it was ended for it."""
        match effect:
            case CauseAdded():
                rescue.causes = list(dict.fromkeys([*rescue.causes, effect.cause]))
                rescue.recovered_at = None
                if effect.waits and rescue.rang_at is None:
                    rescue.rang_at = self.now
            case Confirmed():
                rescue.reason, rescue.confirmed_at = effect.reason, self.now
                rescue.rang_at = self.now if rescue.rang_at is None else rescue.rang_at
            case PressedAgain():
                rescue.presses += 1
            case Recovered():
                rescue.recovered_at = self.now
                if self._tidy:
                    self._end(rescue.lift_id, End.RECOVERED)
                    return True
            case _:  # when it would decide itself is not kept
                return False
        self._note(rescue)
        return False

    def _opened(self, lift_id: str, effect: Opened) -> None:
        told = self.now if effect.confirmed or effect.waits else None
        opened = Virtual(
            lift_id=lift_id, kind="rescue", reason=effect.cause, opened_at=self.now, causes=[effect.cause],
            priority=int(effect.priority), confirmed_at=self.now if effect.confirmed else None, rang_at=told,
        )  # fmt: skip
        self._enter(opened)

    def _found(self, lift_id: str, effect: Found) -> None:
        if _key(effect.kind, effect.code) in self.open.get(lift_id, {}):
            return
        self._enter(
            Virtual(
                lift_id=lift_id, kind=effect.kind, code=effect.code, reason=effect.reason, causes=[effect.reason],
                priority=int(effect.priority), opened_at=self.now, confirmed_at=self.now, rang_at=self.now,
            )
        )  # fmt: skip

    def _enter(self, incident: Virtual) -> None:
        self.open.setdefault(incident.lift_id, {})[_key(incident.kind, incident.code)] = incident
        self._note(incident)

    def _close(self, lift_id: str, key: str, how: End) -> None:
        found = self.open.get(lift_id, {}).pop(key, None)
        if found is not None:
            found.ended_at, found.end = self.now, how
            self._note(found)

    def _note(self, incident: Virtual) -> None:
        incident.changed = True
        self._changed[id(incident)] = incident


def _key(kind: str, code: str | None) -> str:
    return "rescue" if kind == "rescue" else f"{kind}:{code}"
