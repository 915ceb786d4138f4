"""What time alone does to maintenance: alarms, lifts entered, due days told, visits judged; run by the worker."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerts import metrics
from alerts.failing import Failing
from alerts.maintenance import scheduling, store, watching
from alerts.maintenance.plausibility import keeping
from alerts.policy import Policy
from elevator import clock, log
from elevator.db import Connection, Pool, translated
from elevator.errors import TransientError

WATCH_EVERY = 1.0  # s, for those on site
KEEP_EVERY = 10.0  # s, for what is due
JUDGE_EVERY = 5.0  # s, for visits that are over
_ROUNDS = 20  # of one kind in one look, so that nothing else starves
_VISITS = 100


def _unwatched() -> Failing:
    return Failing(first=timedelta(seconds=1), longest=timedelta(seconds=10))  # somebody may be lying there


def _unjudged() -> Failing:
    return Failing(first=timedelta(minutes=1), longest=timedelta(hours=1))


@dataclass(slots=True)
class Timers:
    """Over one pool, for as long as the service runs: it remembers which visits failed."""

    pool: Pool
    policy: Policy
    unwatched: Failing = field(default_factory=_unwatched)
    unjudged: Failing = field(default_factory=_unjudged)

    async def watch(self) -> None:
        """Ring for those on site whose time has come; a visit that cannot be looked at stops no other."""
        now = clock.now()
        async with self.pool.connection() as connection:
            waiting = await self._due(connection, self.unwatched.left_out, now, again=False)
            await self._look(connection, waiting, now)

    async def watch_again(self) -> None:
        """The same for visits that could not be looked at; apart, so that however long they take nobody waits."""
        now = clock.now()
        if not (asked := self.unwatched.again(now, _VISITS)):
            return
        async with self.pool.connection() as connection:
            waiting = await self._due(connection, asked, now, again=True)
            self.unwatched.keep(asked, waiting)
            await self._look(connection, waiting, now)

    async def _due(self, connection: Connection, failed: list[str], now: datetime, *, again: bool) -> list[str]:
        found = await store.rows(connection, "due_visits", now=now, limit=_VISITS, failed=failed, again=again)
        return [record["id"] for record in found]

    async def _look(self, connection: Connection, visits: list[str], now: datetime) -> None:
        async def look(visit_id: str) -> None:
            # what fails by what is remembered of the lift rings without it: every second try
            ring = watching.ring_anyway if self.unwatched.tries(visit_id) % 2 else watching.look
            async with connection.transaction():
                rung = await ring(connection, visit_id, self.policy, now)
            metrics.count(rung)

        await _each(visits, look, self.unwatched, now, work="visits", event="visit_failed")

    async def judge(self) -> int:
        """Compute the plausibility of visits that are over; one that fails stops no other. Returns how many."""
        now, done = clock.now(), 0

        async def compute(visit_id: str) -> None:
            nonlocal done
            async with connection.transaction():
                judged = await keeping.compute(connection, visit_id, self.policy, now)
            done += judged is not None

        async with self.pool.connection() as connection:
            waiting = await keeping.waiting(connection, now, _VISITS, failed=self.unjudged.left_out, again=False)
            asked = self.unjudged.again(now, _VISITS)
            if asked:
                once_more = await keeping.waiting(connection, now, _VISITS, failed=asked, again=True)
                self.unjudged.keep(asked, once_more)
                waiting += once_more
            await _each(waiting, compute, self.unjudged, now, work="plausibility", event="plausibility_failed")
        return done

    async def enter(self) -> None:
        """Keep the maintenance of lifts that were registered since."""
        for _ in range(_ROUNDS):
            async with self.pool.connection() as connection, connection.transaction():
                if not await scheduling.enter(connection, self.policy, clock.now()):
                    return

    async def remind(self) -> None:
        """Tell what comes due and what is overdue; a module of its own, so that no failure of `enter` stops it."""
        for _ in range(_ROUNDS):
            async with self.pool.connection() as connection, connection.transaction():
                if not await scheduling.remind(connection, self.policy, clock.now()):
                    return


async def _each(
    visits: list[str], do: Callable[[str], Awaitable[None]], failing: Failing, now: datetime, *, work: str, event: str
) -> None:
    """Each visit by itself; those that fail are put behind the others."""
    try:
        for visit_id in visits:
            try:
                with failing.tried(visit_id, now), translated():
                    await do(visit_id)
            except TransientError:
                raise
            except Exception:  # noqa: BLE001 - the isolation loop
                log.get().exception(event, visit_id=visit_id)
    finally:
        metrics.FAILING.labels(work).set(len(failing))
