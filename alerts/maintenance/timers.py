"""What time alone does to maintenance: alarms, lifts entered, due days told, visits judged; run by the worker."""

from dataclasses import dataclass

from alerts import metrics
from alerts.maintenance import scheduling, store, watching
from alerts.maintenance.plausibility import keeping
from alerts.policy import Policy
from elevator import clock, log
from elevator.db import Pool, translated
from elevator.errors import TransientError

WATCH_EVERY = 1.0  # s, for those on site
KEEP_EVERY = 10.0  # s, for what is due
JUDGE_EVERY = 5.0  # s, for visits that are over
_ROUNDS = 20  # of one kind in one look, so that nothing else starves
_VISITS = 100


@dataclass(slots=True)
class Timers:
    """Over one pool."""

    pool: Pool
    policy: Policy

    async def keep(self) -> None:
        """One round of what is due."""
        await self.enter()
        await self.remind()

    async def watch(self) -> None:
        """Ring for those on site whose time has come; a visit that cannot be looked at stops no other."""
        now = clock.now()
        async with self.pool.connection() as connection:
            for record in await store.rows(connection, "due_visits", now=now, limit=_VISITS):
                try:
                    with translated():
                        async with connection.transaction():
                            rung = await watching.look(connection, record["id"], self.policy, now)
                    metrics.count(rung)
                except TransientError:
                    raise
                except Exception:  # noqa: BLE001 - the isolation loop
                    log.get().exception("visit_failed", visit_id=record["id"])

    async def judge(self) -> int:
        """Compute the plausibility of visits that are over; one that fails stops no other. Returns how many."""
        now, done = clock.now(), 0
        async with self.pool.connection() as connection:
            for visit_id in await keeping.waiting(connection, now, _VISITS):
                try:
                    with translated():
                        async with connection.transaction():
                            done += await keeping.compute(connection, visit_id, self.policy, now) is not None
                except TransientError:
                    raise
                except Exception:  # noqa: BLE001 - the isolation loop
                    log.get().exception("plausibility_failed", visit_id=visit_id)
        return done

    async def enter(self) -> None:
        """Keep the maintenance of lifts that were registered since."""
        for _ in range(_ROUNDS):
            async with self.pool.connection() as connection, connection.transaction():
                if not await scheduling.enter(connection, self.policy, clock.now()):
                    return

    async def remind(self) -> None:
        """Tell what comes due and what is overdue."""
        for _ in range(_ROUNDS):
            async with self.pool.connection() as connection, connection.transaction():
                if not await scheduling.remind(connection, self.policy, clock.now()):
                    return
