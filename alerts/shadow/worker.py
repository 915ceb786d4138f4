"""The work of `liftline shadow`: rows out of the database, a slice at a time, to the tried policy; its incidents back.

What must survive a restart stands in `shadow_run`, `shadow_memory` and `shadow_incident`. Incidents are written as they
change; memories once a minute together with `kept_until`. After a crash the rows behind that are heard again, and come
to the same incidents under the same ids. So at most a minute of reading is done twice, and nothing is told twice.

One process at a time does it (an advisory lock); others stand by.
"""

import asyncio
import contextlib
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import uuid_utils

from alerts.policy import Policy
from alerts.shadow import compare, follow, metrics, store
from alerts.shadow.follow import Follower
from elevator import clock, db, log
from elevator.db import Connection
from elevator.errors import DatabaseError
from elevator.service import wait
from elevator.times import to_ms

if TYPE_CHECKING:
    from alerts.facts import Facts

WARM_UP = timedelta(minutes=10)  # of history that a new run hears before it is compared
MOST_BEHIND = timedelta(hours=6)  # after a longer stop a new run begins
KEPT_RUNS = timedelta(days=90)
_PERIOD = 1.0  # s between rounds at the present
_RETRY = 2.0
_DEADLINE = 60.0  # s for one round
_ROWS = 5_000  # of one table in one round
_MOST_ROWS = 320_000
_FIRST_STRIDE, _MOST_STRIDE = timedelta(seconds=5), timedelta(seconds=60)
_KEEP_EVERY = timedelta(seconds=60)
_TELL_EVERY = timedelta(seconds=3)
_FACTS_EVERY = timedelta(seconds=30)
_COUNT_EVERY = timedelta(seconds=60)
_COUNT_BEHIND = timedelta(seconds=90)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class Run:
    """The run in hand."""

    id: str
    follower: Follower
    began: datetime
    heard_until: datetime
    kept_until: datetime
    heard: int = 0
    missed: int = 0
    known: set[str] = field(default_factory=set)  # ids of its incidents
    spans: deque[tuple[datetime, datetime, int]] = field(default_factory=deque)  # heard lately, to be counted again


class Shadow:
    """See the head of this file."""

    def __init__(self, url: str, policy: Policy, *, samples_kept: timedelta) -> None:
        self.alive_at: datetime | None = None
        self.run_now: Run | None = None
        self._url, self._policy, self._kept = url, policy, samples_kept
        self._facts: dict[int, Facts] = {}
        self._stride, self._rows = _FIRST_STRIDE, _ROWS
        self._told = self._counted = self._facts_at = _LONG_AGO

    def adopt(self, policy: Policy) -> None:
        """The file has changed: another run."""
        self._policy = policy

    async def run(self, stop: asyncio.Event) -> None:
        """Follow until `stop`; a database that is away is waited for."""
        while not stop.is_set():
            try:
                async with await db.connect(self._url, application="shadow") as connection:
                    with db.translated():
                        await self._while_connected(connection, stop)
            except (DatabaseError, TimeoutError) as error:
                log.get().warning("shadow_retries", reason=str(error) or type(error).__name__)
            await wait(stop, _RETRY)

    async def _while_connected(self, connection: Connection, stop: asyncio.Event) -> None:
        while not await store.take_turn(connection):
            self.alive_at = clock.now()  # it stands by
            if await wait(stop, _RETRY):
                return
        self.run_now = None
        try:
            while not stop.is_set():
                async with asyncio.timeout(_DEADLINE):
                    more = await self.round(connection)
                if not more:
                    await wait(stop, _PERIOD)
        finally:
            if self.run_now is not None:
                with contextlib.suppress(DatabaseError, TimeoutError), db.translated():
                    async with asyncio.timeout(_DEADLINE):
                        await self._keep(connection, self.run_now, clock.now(), memories=True)

    async def round(self, connection: Connection) -> bool:
        """Hear one slice; whether more is waiting."""
        now = clock.now()
        await self._refresh_facts(connection, now)
        run = self.run_now
        if run is None or run.follower.fleet.policy != self._policy:
            run = self.run_now = await self._take_up(connection, now)
        lanes = await store.rows(connection, "intake")
        horizon = follow.horizon(lanes, now)
        until = min(horizon, run.heard_until + self._stride)
        if until > run.heard_until:
            await self._hear(connection, run, until, follow.ears(lanes, now, self._policy.conditions.hold_s))
        await self._keep(connection, run, now, memories=run.heard_until - run.kept_until >= _KEEP_EVERY)
        await self._count(connection, run, now)
        metrics.LAG.set((now - run.heard_until).total_seconds())
        self.alive_at = clock.now()
        return run.heard_until < horizon

    async def _take_up(self, connection: Connection, now: datetime) -> Run:
        """Go on with the run that is stored, or begin another."""
        wanted = compare.thresholds(self._policy)
        found = next(iter(await store.rows(connection, "run")), None)
        if found is not None and found["thresholds"] == wanted and now - found["kept_until"] <= MOST_BEHIND:
            return await self._go_on(connection, found)
        run_id, since = str(uuid_utils.uuid7()), now - WARM_UP
        await store.begin(
            connection, run_id, wanted, began=now, since=since, now=now, keep_runs=KEPT_RUNS,
        )  # fmt: skip
        log.get().info("shadow_begins", run=run_id, differs=found is not None)
        follower = Follower(run_id, self._policy, self._facts, at=to_ms(since))
        return Run(id=run_id, follower=follower, began=now, heard_until=since, kept_until=since)

    async def _go_on(self, connection: Connection, found: dict[str, Any]) -> Run:
        kept_until = found["kept_until"]
        follower = Follower(found["id"], self._policy, self._facts, at=to_ms(kept_until))
        incidents = await store.open_incidents(connection, found["id"], kept_until)
        for lift_no, (mind, due) in (await store.memories(connection)).items():
            follower.adopt(lift_no, mind, due, incidents.get(lift_no, []))
        known = {one.id for each in incidents.values() for one in each}
        log.get().info("shadow_goes_on", run=found["id"], since=kept_until.isoformat())
        return Run(
            id=found["id"], follower=follower, began=found["began_at"], heard_until=kept_until, kept_until=kept_until,
            heard=found["heard"], missed=found["missed"], known=known,
        )  # fmt: skip

    async def _hear(self, connection: Connection, run: Run, until: datetime, ears: follow.Ears) -> None:
        after = run.heard_until
        heard, reached = await store.received(connection, after, until, limit=self._rows, kept=self._kept)
        if reached == after:  # one instant holds more
            self._rows = min(self._rows * 4, _MOST_ROWS)
            return
        self._stride = (
            max(self._stride / 2, _FIRST_STRIDE / 50) if reached < until else min(self._stride * 2, _MOST_STRIDE)
        )
        run.follower.hear(heard, to_ms(reached), ears)
        people = await store.people(connection, run.follower.rescues(), after - _MOST_STRIDE)
        run.follower.settle(people)
        run.heard_until = reached
        run.heard += len(heard)
        run.spans.append((after, reached, len(heard)))
        metrics.ROWS.inc(len(heard))

    async def _keep(self, connection: Connection, run: Run, now: datetime, *, memories: bool) -> None:
        changed = run.follower.take_changed()
        if not changed and not memories and now - self._told < _TELL_EVERY:
            return
        touched = run.follower.take_touched() if memories else []
        try:
            async with connection.transaction():
                await store.keep_incidents(connection, run.id, changed)
                await store.keep_memories(connection, touched)
                await store.run(
                    connection, "progress", id=run.id, heard_until=run.heard_until, heard=run.heard, missed=run.missed,
                    now=now,
                )  # fmt: skip
                if memories:
                    await store.run(connection, "kept", id=run.id, kept_until=run.heard_until)
        except BaseException:
            self.run_now = None  # what was taken is not written: begin again from what is
            raise
        self._told = now
        if memories:
            run.kept_until = run.heard_until
        for one in changed:
            if one.id not in run.known:
                run.known.add(one.id)
                metrics.INCIDENTS.labels(one.kind).inc()

    async def _count(self, connection: Connection, run: Run, now: datetime) -> None:
        """Count once more what was heard a while ago: what has come to disk since was missed."""
        if now - self._counted < _COUNT_EVERY:
            return
        self._counted = now
        known, first, last = 0, None, None
        while run.spans and run.spans[0][1] <= now - _COUNT_BEHIND:
            begin, last, rows = run.spans.popleft()
            first = begin if first is None else first
            known += rows
        if first is None or last is None:
            return
        missed = max(await store.count(connection, first, last, kept=self._kept) - known, 0)
        if missed:
            run.missed += missed
            metrics.MISSED.inc(missed)
            log.get().warning("shadow_missed", rows=missed, since=first.isoformat(), until=last.isoformat())

    async def _refresh_facts(self, connection: Connection, now: datetime) -> None:
        if now - self._facts_at >= _FACTS_EVERY:
            since = self._facts_at if self._facts_at == _LONG_AGO else self._facts_at - _FACTS_EVERY
            self._facts.update(await store.facts(connection, since))
            self._facts_at = now
