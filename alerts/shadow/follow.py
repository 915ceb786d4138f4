"""The tried policy over what was stored: rows in the order of their receipt, and what people did meanwhile. Pure.

Theory. A `Fleet` in virtual time hears the rows behind the present; its clock is that of their receipt. Three things
are taken over from the living platform, because they are not the policy's doing: whether the intake listened (from its
heartbeats), registry facts, and people's ends of rescues, without which one confirmed rescue would hide all that
follow. Where the live policy has no rescue nobody will ever look: there one that looks recovered ends by itself, and
one that nothing ends is given up after `FORGOTTEN_MS`.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from alerts.facts import Facts
from alerts.memory import Memory
from alerts.policy import Policy
from alerts.virtual import End, Fleet, Virtual
from elevator.faults import OTHER
from elevator.model import Event, Link, Sample
from elevator.times import to_ms

LAG = timedelta(seconds=10)
"""So long the newest receipts are left alone: by then they are committed."""
STUCK = timedelta(seconds=60)
"""An intake that has not spoken for longer is gone, and commits nothing any more."""
FORGOTTEN_MS = 24 * 3_600_000
_ALIVE = timedelta(seconds=5)
_LANES = frozenset({"alarm", "telemetry"})
_NAMES = uuid.UUID("6f7d5c52-1c53-4c0e-9d0e-5a1a0c7b3f11")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One row, as the message that it was."""

    at: int  # ms, its receipt
    lift_no: int
    item: Sample | Event | Link
    retained: bool = False
    key_reused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ears:
    """What is known of the intake: since when silence counts, and when it was reading a queue (all ms)."""

    since: int | None
    queue_from: int | None = None
    queue_to: int | None = None

    def hold(self, at: int) -> bool:
        """Whether timers had to wait at this moment."""
        return self.queue_from is not None and self.queue_from <= at and (self.queue_to is None or at < self.queue_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """What people did about the live rescues of one lift."""

    is_live: bool = False
    ended_at: int | None = None  # ms: the last that a person ended


def horizon(lanes: Sequence[Mapping[str, Any]], now: datetime) -> datetime:
    """Up to when rows may be read: what was received before stands on disk."""
    alive: list[datetime] = [row["alive_at"] for row in lanes if now - row["alive_at"] < STUCK]
    return min([now, *alive]) - LAG


def ears(lanes: Sequence[Mapping[str, Any]], now: datetime, hold_s: float) -> Ears:
    """How the intake hears, from its heartbeats; timers wait at most `hold_s` for a queue."""
    alive = [row for row in lanes if now - row["alive_at"] <= _ALIVE]
    if not {row["lane"] for row in alive} >= _LANES:
        return Ears(since=None)
    began = to_ms(max(row["started_at"] for row in alive))
    at_most = began + round(hold_s * 1000)
    since = [row["listening_since"] for row in alive]
    if not all(since):
        return Ears(since=None, queue_from=began, queue_to=at_most)
    listening = to_ms(max(since))
    return Ears(since=listening, queue_from=began, queue_to=min(listening, at_most))


def event_of(row: Mapping[str, Any]) -> Heard:
    """A row of `event` as it was heard."""
    code = row["text"] if row["code"] == OTHER and row["text"] else row["code"]
    event = Event(
        ts=to_ms(row["ts"]), seq=row["seq"], boot=row["boot"], code=code, active=row["active"], raw=row["raw"],
        detail=row["detail"], replay=row["replay"],
    )  # fmt: skip
    return Heard(at=to_ms(row["received_at"]), lift_no=row["lift_no"], item=event, key_reused=row["reuse"] > 0)


def link_of(row: Mapping[str, Any]) -> Heard:
    """A row of `link` as it was heard."""
    link = Link(
        online=row["online"], ts=None if row["ts"] is None else to_ms(row["ts"]), interval=row["interval_s"],
        firmware=row["firmware"],
    )  # fmt: skip
    return Heard(at=to_ms(row["received_at"]), lift_no=row["lift_no"], item=link, retained=row["retained"])


class Follower:
    """One run of a tried policy."""

    def __init__(self, run_id: str, policy: Policy, facts: Mapping[int, Facts], *, at: int) -> None:
        self.run_id = run_id
        self._facts = facts
        self._began = at
        self._unknown = Facts()
        self.fleet = Fleet(policy, lambda key: facts.get(int(key), self._unknown), tidy=False)
        self.fleet.now = at

    def adopt(self, lift_no: int, mind: Memory, due: int | None, incidents: Iterable[Virtual]) -> None:
        """Go on with what was kept of a lift."""
        self.fleet.adopt(str(lift_no), mind, due, incidents)

    def hear(self, rows: Iterable[Heard], until: int, intake: Ears) -> None:
        """Rows in order, then the time up to `until` (ms)."""
        fleet = self.fleet
        fleet.listening = None if intake.since is None else max(intake.since, self._began)
        for one in rows:
            fleet.hold = intake.hold(one.at)
            fleet.observe(str(one.lift_no), one.item, now=one.at, retained=one.retained, key_reused=one.key_reused)
        fleet.hold = intake.hold(until)
        fleet.advance(now=until)

    def rescues(self) -> dict[int, Virtual]:
        """The open ones, by lift."""
        return {int(key): one["rescue"] for key, one in self.fleet.open.items() if "rescue" in one}

    def settle(self, people: Mapping[int, People]) -> None:
        """End the rescues that are over for people, and those that nobody will ever look at."""
        nobody, now = People(), self.fleet.now
        for lift_no, rescue in self.rescues().items():
            did = people.get(lift_no, nobody)
            if did.ended_at is not None and did.ended_at >= rescue.opened_at:
                self.fleet.end(str(lift_no), now=now)
            elif did.is_live:
                continue
            elif rescue.recovered_at is not None:
                self.fleet.end(str(lift_no), now=now, how=End.RECOVERED)
            elif now - rescue.opened_at >= FORGOTTEN_MS:
                self.fleet.end(str(lift_no), now=now, how=End.FORGOTTEN)

    def take_changed(self) -> list[Virtual]:
        """Incidents to be stored, each with its id: the same whenever the same rows are heard again."""
        found = self.fleet.take_changed()
        for one in found:
            one.id = one.id or str(
                uuid.uuid5(_NAMES, f"{self.run_id} {one.lift_id} {one.kind} {one.code or ''} {one.opened_at}")
            )
        return found

    def take_touched(self) -> list[tuple[int, Memory, int | None]]:
        """Memories that have changed since this was last asked."""
        fleet, touched = self.fleet, self.fleet.touched
        fleet.touched = set()
        return [(int(key), fleet.minds[key], fleet.dues.get(key)) for key in sorted(touched, key=int)]
