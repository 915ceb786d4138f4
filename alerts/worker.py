"""The dispatch worker: what time alone decides, the delivery of messages, the keeping of storage.

Each module runs apart and recovers.
Any number of workers may run: due lifts and messages are claimed with SKIP LOCKED.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from alerts import gathering, listening, metrics, store
from alerts.apart import Apart
from alerts.desk import Desk
from alerts.failing import Failing
from alerts.maintenance import timers as maintenance
from alerts.notify.webhook import Webhooks
from alerts.policy import Policy
from alerts.seals import sealer as seals
from alerts.seals.sealer import Sealer
from elevator import clock, log, times
from elevator.db import Connection, Pool, translated
from elevator.errors import TransientError
from elevator.service import wait
from elevator.settings import Settings
from elevator.storage.keeper import COMPRESS_DEADLINE, COMPRESS_EVERY, KEEP_DEADLINE, KEEP_EVERY, Keeper

_TICK = 0.1  # s between looks at due lifts
_GATHER_EVERY = 0.5  # s between looks at what lifts have lost together
_BATCH = 200
_DEADLINE = 30.0  # s that one round of a module may take
_RETRY = 1.0
_PURGE_EVERY = 3600.0
_FEED_KEPT = timedelta(hours=24)
_FAILED_AGAIN = timedelta(seconds=5)
_TALKED_LATELY = timedelta(hours=1)  # far longer than any memory waits to be written


def _broken_off() -> Failing:
    # it may have been the database's trouble, and soon be over; at last longer than a look's deadline
    return Failing(first=timedelta(seconds=1), longest=timedelta(seconds=60))


@dataclass(slots=True)
class Worker:
    """The modules of `liftline dispatch` over one pool."""

    pool: Pool
    policy: Policy
    settings: Settings
    started: datetime = field(default_factory=clock.now)
    alive_at: datetime | None = None
    intakes: set[tuple[str, datetime]] | None = None  # lanes that live, by their start; None: not looked yet
    careful: bool = False  # the last look at due lifts was broken off: by the database, or by one of them
    broken_off: Failing = field(default_factory=_broken_off)  # lifts
    gathering: Apart = field(default_factory=lambda: Apart(work="areas"))
    settling: Apart = field(default_factory=lambda: Apart(work="area_lifts"))
    upkeep: maintenance.Timers = field(init=False)

    def __post_init__(self) -> None:
        self.upkeep = maintenance.Timers(self.pool, self.policy)

    async def run(self, stop: asyncio.Event) -> None:
        """Run every module until `stop`."""
        webhooks = Webhooks(self.pool, allow_private=self.settings.webhook_private)
        storage = Keeper(self.pool, self.settings)
        sealer = Sealer(pool=self.pool, folder=self.settings.seals_dir)
        async with contextlib.aclosing(webhooks), asyncio.TaskGroup() as tasks:
            for name, period, module, deadline in (
                ("timers", _TICK, self.timers, _DEADLINE),
                ("areas", _GATHER_EVERY, self.areas, _DEADLINE),
                ("heartbeat", 1.0, self.heartbeat, _DEADLINE),
                ("webhooks", 0.5, webhooks.deliver, _DEADLINE),
                ("seals", seals.PERIOD, sealer.seal, _DEADLINE),
                ("purge", _PURGE_EVERY, self.purge, _DEADLINE),
                ("visits", maintenance.WATCH_EVERY, self.visits, _DEADLINE),
                ("visits_again", maintenance.WATCH_EVERY, self.upkeep.watch_again, _DEADLINE),
                ("plausibility", maintenance.JUDGE_EVERY, self.plausibility, _DEADLINE),
                ("entering", maintenance.KEEP_EVERY, self.upkeep.enter, _DEADLINE),
                ("reminders", maintenance.KEEP_EVERY, self.upkeep.remind, _DEADLINE),
                ("storage", KEEP_EVERY, partial(_until, stop, storage.keep), KEEP_DEADLINE),
                ("compression", COMPRESS_EVERY, partial(_until, stop, storage.compress), COMPRESS_DEADLINE),
            ):
                tasks.create_task(_module(name, period, module, stop, deadline), name=name)

    def adopt(self, policy: Policy) -> None:
        """Decide by another policy from now on; whoever talked lately is looked at again."""
        self.policy, self.intakes = policy, None
        self.upkeep.policy = policy

    async def heartbeat(self) -> None:
        """Say that this service is alive."""
        now = clock.now()
        async with self.pool.connection() as connection:
            await store.run(connection, "service_alive", name="dispatch", now=now)
        self.alive_at = now

    async def timers(self) -> None:
        """Look at every lift that is due, a batch in a transaction; one by one after a look that was broken off."""
        while True:
            now = clock.now()
            async with self.pool.connection() as connection:
                heard = await store.rows(connection, "intake")
                await self._wake_after(connection, heard, now)
                state = listening.judge(heard, self.started, now, timedelta(seconds=self.policy.conditions.hold_s))
                one_by_one, self.careful = self.careful, True  # until this look has come to its end
                try:
                    with translated():
                        look = self._one_by_one if one_by_one else self._look
                        looked = await look(connection, state, now)
                except (TransientError, TimeoutError):
                    raise
                except Exception:  # noqa: BLE001 - the isolation loop: one bad lift stops no other
                    log.get().exception("timers_failed")
                    looked = await self._one_by_one(connection, state, now)
                self.careful = False
            metrics.TIMERS_DUE.set(looked)
            if looked < _BATCH:
                return

    async def _wake_after(self, connection: Connection, heard: list[store.Record], now: datetime) -> None:
        """Look at everybody when an intake has come or gone: it may have died with what it kept of them (ADR 0010)."""
        present = {(row["lane"], row["started_at"]) for row in heard if now - row["alive_at"] <= listening.ALIVE_WITHIN}
        if present != self.intakes:
            await store.run(connection, "wake_all", now=now, since=now - _TALKED_LATELY)
            self.intakes = present

    async def _look(self, connection: Connection, state: listening.Listening, now: datetime) -> int:
        async with connection.transaction():
            records = await store.rows(connection, "due_lifts", now=now, limit=_BATCH)
            due = [record["lift_id"] for record in records]
            if due:
                desk = await Desk.open(connection, due, policy=self.policy, now=now, hold=state.hold)
                since = times.to_ms(state.since) if state.since else None
                for lift_id in due:
                    desk.advance(lift_id, listening=since)
                await desk.save()
        if due:
            self.broken_off.forget(*due)
            metrics.count(desk.transitions)
        for record in records:
            metrics.TIMER_LAG.observe((now - record["due_at"]).total_seconds())
        return len(due)

    async def _one_by_one(self, connection: Connection, state: listening.Listening, now: datetime) -> int:
        """One lift that cannot be decided must not hold up the others: it is put off, loudly.

        Each is put off before it is tried, so that it is behind the others whatever ends the try; deciding sets its
        time anew. Where the database can put off and not decide, the fault is this lift's.
        """
        due = [record["lift_id"] for record in await store.rows(connection, "due_lifts", now=now, limit=_BATCH)]
        since = times.to_ms(state.since) if state.since else None
        for lift_id in due:
            await store.run(connection, "put_off", lift_id=lift_id, due_at=self.broken_off.failed(lift_id, clock.now()))
            try:
                with translated():
                    async with connection.transaction():
                        desk = await Desk.open(connection, [lift_id], policy=self.policy, now=now, hold=state.hold)
                        desk.advance(lift_id, listening=since)
                        await desk.save()
                self.broken_off.forget(lift_id)
                metrics.count(desk.transitions)
            except TimeoutError:
                raise
            except TransientError as error:
                if connection.broken:
                    raise
                metrics.TIMER_FAILURES.inc()
                log.get().warning("lift_failed", lift_id=lift_id, reason=str(error))
            except Exception:  # noqa: BLE001 - the same, for one lift
                metrics.TIMER_FAILURES.inc()
                log.get().exception("lift_failed", lift_id=lift_id)
                await store.run(connection, "put_off", lift_id=lift_id, due_at=now + _FAILED_AGAIN)
        return 0

    async def areas(self) -> None:
        """Gather lifts that lose power or link together, and say when we hear nothing."""
        failed: Exception | None = None
        async with self.pool.connection() as connection:
            for step in (self._gather, self._settle):
                try:
                    with translated():
                        await step(connection, clock.now())
                except Exception as error:  # one step stops no other
                    if connection.broken:
                        raise
                    failed = failed or error
        if failed is not None:
            raise failed

    async def _gather(self, connection: Connection, now: datetime) -> None:
        heard = await store.rows(connection, "intake")
        state = listening.judge(heard, self.started, now, timedelta(seconds=self.policy.conditions.hold_s))
        async with connection.transaction():
            transitions = await gathering.gather(connection, state, self.policy, self.gathering, now)
        metrics.count(transitions)

    async def _settle(self, connection: Connection, now: datetime) -> None:
        settled = 1
        while settled:
            async with connection.transaction():
                settled, transitions = await gathering.settle(connection, self.policy, self.settling, now)
            metrics.count(transitions)

    async def visits(self) -> None:
        """Ring for those on site whose time has come."""
        await self.upkeep.watch()

    async def plausibility(self) -> None:
        """Hold visits that are over against what their lifts told."""
        await self.upkeep.judge()

    async def purge(self) -> None:
        """Forget what nobody can still need."""
        now = clock.now()
        async with self.pool.connection() as connection:
            await store.run(connection, "purge_feed", before=now - _FEED_KEPT)
            await store.run(connection, "purge_signins", now=now, before=now - timedelta(days=1))


async def _until(stop: asyncio.Event, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Work that may take long and loses nothing when it is broken off: the service's end does not wait for it."""
    doing = asyncio.create_task(work())
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        doing.cancel()
        stopping.cancel()
        await asyncio.gather(doing, stopping, return_exceptions=True)
    if not doing.cancelled():
        doing.result()


async def _module(
    name: str,
    period: float,
    work: Callable[[], Awaitable[None]],
    stop: asyncio.Event,
    deadline: float = _DEADLINE,
) -> None:
    """One module's life: a deadline for each round, and a new try after any failure."""
    while not stop.is_set():
        try:
            async with asyncio.timeout(deadline):
                with translated():
                    await work()
        except (TransientError, TimeoutError) as error:
            log.get().warning("module_retries", module=name, reason=str(error) or type(error).__name__)
            await wait(stop, _RETRY)
        except Exception:  # noqa: BLE001 - the isolation loop: one bad module stops no other
            log.get().exception("module_failed", module=name)
            await wait(stop, _RETRY)
        await wait(stop, period)
