"""The memories of lifts that this process has decided about lately, so that a message need not read and write them.

Rules (ADR 0010):

- A memory is kept only while nothing but timers runs (`quiet.is_simple`); everything that could have consequences goes
  by `alerts.desk`, under the lift's lock.
- What the cache did stands in no transaction of its own: the samples do. `recall` makes the same memory from them, for
  whoever opens it next and after any crash. So a lost cache loses nothing.
- Each memory carries the version of its row. Whoever uses it checks that version in the transaction that stores the
  samples; somebody else's decision makes it worthless, and the lift takes the long way once.
- Memories are written behind: at most once a second for each lift, as many as the budget allows, the longest waiting
  first; one whose timer is about to fall due without fail, because `dispatch` must find it.
- `done` or `undo` ends a batch: what an undone one has `touched` is forgotten.

One cache belongs to one lane, and is used by one task.
"""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from alerts import detector, memory, opening, quiet
from alerts.memory import Memory
from alerts.policy import Policy
from alerts.situation import Facts
from alerts.store import Kept
from elevator.model import Sample

MOST = 120_000  # lifts, some 2 kB each
SAVED_EVERY = 1_000  # ms
AHEAD = 1_500  # ms before a timer falls due its memory is written


@dataclass(slots=True, eq=False)
class Known:
    """One lift."""

    lift_id: str
    lift_no: int
    facts: Facts
    memory: Memory
    version: int
    saved_at: int  # ms
    dirty: bool = False  # it knows more than its row
    second: int = 0  # in which the newest samples came, and how many
    in_second: int = 0


class Cache:
    """See the head of this file."""

    def __init__(self, policy: Policy, *, most: int = MOST) -> None:
        self._policy, self._bounds = policy, quiet.Bounds(policy)
        self._most = most
        self._known: dict[str, Known] = {}
        self.get = self._known.get  # a lift's memory, if it is kept: asked for with every message
        self.touched: dict[str, Known] = {}  # by the batch in hand
        self._dirty: dict[str, Known] = {}  # longest waiting first
        self._dues: list[tuple[int, str]] = []
        self.left: list[int] = []  # lift_no of memories dropped while a timer ran: dispatch must look at them

    def hear(self, known: Known, sample: Sample, now: int, *, hold: bool) -> bool:
        """Carry a sample, received at `now` (ms), into a kept memory; False: it must take the long way.

        After False the memory may be half changed: `forget` the lift.
        """
        mind, before = known.memory, known.memory.due
        if not quiet.is_next(mind, sample) or (mind.sample is not None and sample.power is not mind.sample.power):
            return False  # power lost, or back: areas shall see it at once
        if before is not None and before <= now:
            decision = detector.observe(mind, known.facts, sample, now=now, policy=self._policy, hold=hold)
            if decision.effects or decision.verdict.late or not quiet.is_simple(mind):
                return False
        elif not quiet.hear(mind, known.facts, sample, now, self._bounds, hold=hold):
            return False
        if mind.due is not None and mind.due != before:
            heapq.heappush(self._dues, (mind.due, known.lift_id))
        self.touched[known.lift_id] = known
        return True

    def done(self) -> None:
        """The batch is committed."""
        for lift_id, known in self.touched.items():
            if not known.dirty and lift_id in self._known:
                known.dirty = True
                self._dirty[lift_id] = known
        self.touched = {}

    def undo(self) -> None:
        """The batch is not, or nobody knows."""
        touched, self.touched = self.touched, {}
        self.forget(touched)

    def keep(self, lift_id: str, *, lift_no: int, facts: Facts, mind: Memory, version: int, now: int) -> None:
        """A memory that was just written under its lock."""
        if not quiet.is_simple(mind) or mind.sample is None:
            self.forget((lift_id,))
            return
        self._dirty.pop(lift_id, None)
        self._known[lift_id] = Known(
            lift_id=lift_id, lift_no=lift_no, facts=facts, memory=mind, version=version, saved_at=now,
        )  # fmt: skip
        if len(self._known) > self._most:
            self._drop(next(iter(self._known)))

    def forget(self, lift_ids: Iterable[str]) -> None:
        """Drop memories that somebody else knows better; `dispatch` will hear their history."""
        for lift_id in list(lift_ids):
            self._drop(lift_id)

    def _drop(self, lift_id: str) -> None:
        known = self._known.pop(lift_id, None)
        self._dirty.pop(lift_id, None)
        self.touched.pop(lift_id, None)
        if known is not None and known.memory.due is not None:
            self.left.append(known.lift_no)

    def waits(self, now: int) -> bool:
        """Whether `to_save` would find anything."""
        if self._dues and self._dues[0][0] - AHEAD <= now:
            return True
        return any(known.saved_at + SAVED_EVERY <= now for known in islice(self._dirty.values(), 1))

    def to_save(self, now: int, budget: int) -> list[Known]:
        """Whose memories to write now."""
        found: dict[str, Known] = {}
        while self._dues and self._dues[0][0] - AHEAD <= now:
            due, lift_id = heapq.heappop(self._dues)
            known = self._known.get(lift_id)
            if known is not None and known.memory.due == due:
                found[lift_id] = known
        for lift_id, known in self._dirty.items():
            if len(found) >= budget or known.saved_at + SAVED_EVERY > now:
                break
            found[lift_id] = known
        return list(found.values())

    def not_saved(self, asked: Iterable[Known]) -> None:
        """These were asked to be written, and nobody knows whether they were: ask again."""
        for known in asked:
            due = known.memory.due
            if due is not None and self._known.get(known.lift_id) is known:
                heapq.heappush(self._dues, (due, known.lift_id))

    def saved(self, asked: Iterable[Known], written: set[int], now: int) -> None:
        """These were asked to be written, and `written` (lift_no) were; the others' rows have changed meanwhile."""
        for known in asked:
            if known.lift_no in written:
                known.version += 1
                known.saved_at, known.dirty = now, False
                self._dirty.pop(known.lift_id, None)
            else:
                self._drop(known.lift_id)


def row_of(known: Known, now: int, policy: Policy) -> Kept:
    """What is written of a memory."""
    mind = known.memory
    decision = detector.Decision(due=mind.due)
    due = detector.next_look(decision, mind, now=now, policy=policy, listening=None)
    return known.lift_no, known.version, memory.encode(mind), opening.is_online(mind), mind.heard_at, due
