"""One lift's life in virtual time: the real detector over what was taken in, timers and people exactly on time. Pure.

Theory of operation. Three things make time go on: a message, the moment at which the detector asked to be looked at
again (what `liftline dispatch` does for a due lift), and an appointment of somebody in the control room. They are
carried out in the order of their times; at the same moment a message comes first. Nothing sleeps and nothing reads a
clock, so the same life gives the same incidents for ever.

Samples take the short way (`alerts.quiet`) where the intake's would, and fall back to the detector where it would have
something to say; with `quick` off everything goes through the detector, and a test holds the two equal.

Not listening. While the platform is deaf its timers run, but silence is not counted; while it is down itself nothing is
decided at all, and what fell due waits. For `QUEUE` after that the queue
is being read, and what only elapsed time would decide waits (contract 5, "Silence"). Then each lift has a full window.
"""

import heapq
import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from alerts import detector, quiet
from alerts.detector import Decision
from alerts.effects import Effect, Found, Gone
from alerts.memory import Memory
from alerts.policy import Policy, ms
from alerts.situation import Facts
from deploy.score.incidents import RESCUE, Incident, Ledger
from deploy.score.intake import Heard, Unreadable
from deploy.score.people import NOTHING, Deed, Room
from elevator import faults
from elevator.model import Event, Link, Sample
from simulators.truth.story import Episode, Lift

QUEUE = 1_000  # ms that working off a queue takes
_NEVER = math.inf
_ENDS = {Deed.CANCEL: "cancelled", Deed.RELEASE: "released", Deed.CLOSE: "closed"}


def facts_of(lift: Lift) -> Facts:
    """What a registry would tell the detector of a lift."""
    return Facts(lift_class=lift.lift_class, rated_speed=lift.rated_speed)


@dataclass(frozen=True, slots=True)
class Ears:
    """When the platform listens."""

    begin: int
    deaf: Sequence[tuple[int, int]] = ()
    down: Sequence[tuple[int, int]] = ()  # of these, when nothing ran that could decide

    def up_again(self, now: int) -> int | None:
        """When the platform runs again, if it is down now."""
        return next((end for start, end in self.down if start <= now < end), None)

    def at(self, now: int) -> tuple[int | None, bool]:
        """Since when silence may be counted (None: not now), and whether a queue is being read."""
        since = self.begin
        for start, end in self.deaf:
            if start <= now < end:
                return None, False
            if end <= now < end + QUEUE:
                return None, True
            if end <= now:
                since = max(since, end + QUEUE)
        return since, False

    def steady_until(self, now: int) -> float:
        """Until when no queue is read, if none is now."""
        return min((start for start, end in self.deaf if end + QUEUE > now), default=_NEVER)


@dataclass(slots=True, kw_only=True)
class Run:
    """One life under one policy."""

    facts: Facts
    policy: Policy
    ears: Ears
    room: Room | None  # None: nobody answers
    quick: bool = True
    memory: Memory = field(default_factory=Memory)
    ledger: Ledger = field(default_factory=Ledger)
    _due: float = _NEVER  # when the detector wants to look again
    _next: float = _NEVER  # the same, or an earlier appointment
    _appointments: list[tuple[int, int, Incident]] = field(default_factory=list)
    _number: "itertools.count[int]" = field(default_factory=itertools.count)
    _keys: dict[tuple[str, int, int], int] = field(default_factory=dict)  # of events → when last seen
    _simple: bool = False  # the memory may take the short way
    _calm: float = 0  # ms from the last sample until silence could matter

    def through(self, heard: Iterable[Heard], end: int) -> list[Incident]:
        """Live the whole life; returns its incidents, oldest first."""
        memory, bounds, steady = self.memory, quiet.Bounds(self.policy), 0.0
        hear, is_next = quiet.hear, quiet.is_next
        for at, item, retained in heard:
            if self._next < at:
                self._until(at)
            if self._simple and type(item) is Sample and is_next(memory, item):
                hold = False
                if at >= steady:
                    hold, steady = self.ears.at(at)[1], self.ears.steady_until(at)
                if hear(memory, self.facts, item, at, bounds, hold=hold, undo=True):
                    due = memory.due
                    silent = at + self._calm
                    self._next = self._due = silent if due is None or due > silent else due
                    if self._appointments:
                        self._plan()
                    continue
            self._take(item, at, retained=retained)
        self._until(end)
        return self.ledger.all

    def _take(self, item: Sample | Event | Link | Unreadable, at: int, *, retained: bool) -> None:
        if isinstance(item, Unreadable):
            self._suspect(item.rule, at)
            return
        key_reused = False
        if isinstance(item, Event):
            seen = self._seen(item, at)
            if seen is None:
                return
            key_reused = seen
        decision = detector.observe(
            self.memory, self.facts, item, now=at, policy=self.policy, retained=retained, key_reused=key_reused,
            hold=self.ears.at(at)[1],
        )  # fmt: skip
        self._keep(decision, at, listening=None, heard=True)

    def _seen(self, event: Event, at: int) -> bool | None:
        """Whether an event's key is used again (contract 2.2); None: it is a duplicate."""
        key = (event.boot, event.seq, event.ts)
        last = self._keys.get(key)
        self._keys[key] = at
        if last is None:
            return False
        alarm = faults.canonical(event.code)[0] in faults.ALARMS
        return True if alarm and at - last > ms(self.policy.clocks.key_reuse_s) else None

    def _suspect(self, rule: str, now: int) -> None:
        """As `alerts.reports` does with an alarm that cannot be read: a suspicion that only a person ends."""
        live = self.memory.rescue is not None
        detector.adopt(self.memory, rescue_id="", cause=rule, confirmed=False, sticky=True)
        self._simple = False
        if not live:
            self._meet(self.ledger.open(rule, now, confirmed=False, waits=True))
            self._plan()

    def _until(self, target: float) -> None:
        """Let all that is due before `target` happen."""
        while self._next < target:
            now = int(self._next)
            back = self.ears.up_again(now)
            if self._due <= now and back is not None:
                self._due = back
                self._plan()
            elif self._due <= now:
                listening, hold = self.ears.at(now)
                decision = detector.advance(
                    self.memory, self.facts, now=now, policy=self.policy, hold=hold, listening=listening
                )
                self._keep(decision, now, listening=listening)
            else:
                _, _, incident = heapq.heappop(self._appointments)
                if incident.live:
                    self._see_to(incident, now)
                self._plan()

    def _keep(self, decision: Decision, now: int, *, listening: int | None, heard: bool = False) -> None:
        """Carry the effects out, and plan the next look as `alerts.desk` does."""
        memory = self.memory
        for effect in decision.effects:
            self._learn(effect)
            rings = self.ledger.apply(effect, now)
            if rings is not None:
                self._meet(rings)
        due = detector.next_look(decision, memory, now=now, policy=self.policy, listening=listening, heard=heard)
        self._due = _NEVER if due is None else due
        self._simple = self.quick and quiet.is_simple(memory)
        if self._simple and memory.heard_at is not None:
            silent = detector.next_look(Decision(), memory, now=memory.heard_at, policy=self.policy, listening=None)
            self._calm = _NEVER if silent is None else silent - memory.heard_at
        self._plan()

    def _learn(self, effect: Effect) -> None:
        """An open fault of the door zone's sensor is a fact about the lift (`alerts.view.facts_of`)."""
        match effect:
            case Found(kind="fault", code=faults.SENSOR_FAULT, reason="door_zone"):
                self.facts = replace(self.facts, zone_sensor_fault=True)
            case Gone(kind="fault", code=faults.SENSOR_FAULT):
                self.facts = replace(self.facts, zone_sensor_fault=False)

    def _plan(self) -> None:
        first = self._appointments[0][0] if self._appointments else _NEVER
        self._next = min(self._due, first)

    # --- people --------------------------------------------------------------------------------------------

    def _meet(self, incident: Incident, at: int | None = None) -> None:
        """Somebody will see to it: at its usual time, or at this one."""
        when = at
        if when is None and self.room is not None:
            when = self.room.appointment(incident)
        if when is not None:
            heapq.heappush(self._appointments, (when, next(self._number), incident))

    def _see_to(self, incident: Incident, now: int) -> None:
        step = self.room.see_to(incident, now) if self.room is not None else NOTHING
        if step.again is not None:
            self._meet(incident, step.again)
        if step.deed is None:
            return
        if step.deed is Deed.CONFIRM:
            incident.person_at = now
            detector.confirm(self.memory)
            self._meet(incident, now)
        elif incident.kind == RESCUE:
            detector.answer(self.memory, now=now)
            self.ledger.end_rescue(_ENDS[step.deed], now)
        else:
            detector.close(self.memory, kind=incident.kind, code=incident.code, now=now)
            self.ledger.end_finding(incident, "closed", now)
        self._simple = False
        self._due = now  # the dispatch worker looks at once


def live(
    heard: Iterable[Heard],
    *,
    facts: Facts,
    begin: int,
    end: int,
    policy: Policy,
    episodes: Iterable[Episode] | None = (),
    deaf: Sequence[tuple[int, int]] = (),
    down: Sequence[tuple[int, int]] = (),
    quick: bool = True,
) -> list[Incident]:
    """The incidents of a life.

    Args:
        heard: what was taken in, in order.
        facts: what the registry says of the lift.
        begin: when the life begins, ms.
        end: and ends.
        policy: thresholds.
        episodes: the truth, by which people answer; None: nobody answers.
        deaf: when the platform did not listen.
        down: of these, when it did not run itself.
        quick: take the short way where it can be taken.
    """
    room = None if episodes is None else Room(episodes)
    return Run(facts=facts, policy=policy, ears=Ears(begin, deaf, down), room=room, quick=quick).through(heard, end)
