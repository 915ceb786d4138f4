"""The scheduler of storage: which job is due, under one lock, each isolated from the others.

Two rounds are offered to a service that runs periodic modules: `keep`, short, and `compress`, which takes as long as a
chunk takes. Any number of services may call them: whoever holds the advisory lock does the work, the others nothing.
"""

import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from elevator import clock, log
from elevator.db import Connection, Pool, translated
from elevator.errors import DatabaseError
from elevator.settings import Settings
from elevator.storage import chunks, metrics, plan, retention, rows
from elevator.storage.chunks import Server
from elevator.storage.rollups import Rollups

KEEP_EVERY = 10.0  # s between rounds; each job has its own period within them
KEEP_DEADLINE = 120.0  # for a whole round
COMPRESS_EVERY = 3600.0
COMPRESS_DEADLINE = 1800.0

_LOCK_KEEP = 0x4C_53_54_31
_LOCK_COMPRESS = 0x4C_53_54_32
_SPENDS = 8.0  # s that one job may go on in a round
_PERIODS = {
    "chunks": timedelta(minutes=10),
    "rollups": timedelta(minutes=1),
    "retention": timedelta(hours=1),
    "interval": timedelta(hours=1),
    "ranges": timedelta(days=1),
}
_AGAIN = timedelta(seconds=30)  # after a failure


@dataclass(slots=True)
class Keeper:
    """Keeps the storage of one database."""

    pool: Pool
    settings: Settings
    rollups: Rollups = field(init=False)
    server: Server | None = None
    _due: dict[str, datetime] = field(default_factory=dict)
    _page: int = 0

    def __post_init__(self) -> None:
        self.rollups = Rollups(kept=timedelta(days=self.settings.samples_days))

    async def keep(self) -> None:
        """One round: every job that is due, most urgent first."""
        async with self._turn(_LOCK_KEEP) as connection:
            if connection is None:
                self._due.clear()
                return
            server = await self._look(connection)
            jobs: list[tuple[str, Callable[[Connection, Server, datetime], Awaitable[bool]]]] = [
                ("chunks", self._chunks), ("rollups", self._rollups), ("retention", self._retention),
                ("interval", self._interval), ("ranges", self._ranges),
            ]  # fmt: skip
            for name, job in jobs:
                now = clock.now()
                if self._due.get(name, now) <= now:
                    await self._run(name, job, connection, server, now)

    async def compress(self) -> None:
        """One round of compression, where the edition has it."""
        async with self._turn(_LOCK_COMPRESS) as connection:
            if connection is None:
                return
            server = await self._look(connection)
            if not server.edition.compresses or self.settings.compress_days is None:
                return

            async def job(tx: Connection, _server: Server, now: datetime) -> bool:
                after = timedelta(days=self.settings.compress_days or 0)
                metrics.CHUNKS.labels("compressed").inc(await chunks.compress(tx, now, after))
                return True

            await self._run("compression", job, connection, server, clock.now())

    @contextlib.asynccontextmanager
    async def _turn(self, lock: int) -> AsyncIterator[Connection | None]:
        """A connection that holds the lock, or None while somebody else does."""
        async with self.pool.connection() as connection:
            if not (await rows.fetch(connection, "try_turn", lock=lock))[0]["mine"]:
                yield None
                return
            try:
                yield connection
            finally:
                try:
                    await rows.fetch(connection, "turn_over", lock=lock)
                except BaseException:
                    await connection.close()  # the lock must not go back into the pool
                    raise

    async def _look(self, connection: Connection) -> Server:
        server = await chunks.look(connection)
        if self.server is None or server.edition is not self.server.edition:
            log.get().info("storage_edition", edition=str(server.edition), note=_NOTES[server.edition])
        self.server = server
        return server

    async def _run(
        self,
        name: str,
        job: Callable[[Connection, Server, datetime], Awaitable[bool]],
        connection: Connection,
        server: Server,
        now: datetime,
    ) -> None:
        """One job; its failure is counted and told, and stops no other."""
        began = time.monotonic()
        try:
            with translated():
                finished = await job(connection, server, now)
        except Exception as error:
            metrics.FAILURES.labels(name).inc()
            if isinstance(error, DatabaseError):
                log.get().warning("storage_retries", job=name, reason=str(error))
            else:
                log.get().exception("storage_failed", job=name)
            self._due[name] = now + _AGAIN
            if connection.broken:
                raise
            return
        metrics.SECONDS.labels(name).observe(time.monotonic() - began)
        metrics.LAST_SUCCESS.labels(name).set(clock.now().timestamp())
        if name in _PERIODS:
            self._due[name] = now + _PERIODS[name] if finished else now

    async def _chunks(self, connection: Connection, server: Server, now: datetime) -> bool:
        metrics.CHUNKS.labels("made").inc(await chunks.make_ahead(connection, server, now))
        return True

    async def _rollups(self, connection: Connection, server: Server, now: datetime) -> bool:
        if server.edition.chunks:
            for chunk in await rows.chunks_of(connection, "sample"):
                if chunk.first <= now < chunk.end and not chunk.compressed:
                    await rows.fetch(connection, "summarise", table=chunk.name)
        else:
            await rows.fetch(connection, "summarise", table="sample")
        await self.rollups.round(connection, now, seconds=_SPENDS)
        metrics.MINUTES.inc(self.rollups.minutes)
        metrics.ROLLUP_BEHIND.set(self.rollups.behind.total_seconds())
        return not self.rollups.behind

    async def _retention(self, connection: Connection, server: Server, now: datetime) -> bool:
        keep = retention.kept(self.settings)
        outcome = await retention.apply(connection, server, keep, now, seconds=_SPENDS)
        metrics.CHUNKS.labels("dropped").inc(outcome.chunks)
        for table, number in outcome.rows.items():
            metrics.ROWS.labels(table).inc(number)
        return outcome.finished

    async def _interval(self, connection: Connection, server: Server, now: datetime) -> bool:
        if server.edition.chunks:
            await chunks.resize(connection, server, now, timedelta(days=self.settings.samples_days))
        return True

    async def _ranges(self, connection: Connection, server: Server, _now: datetime) -> bool:
        """On the plain table: once a day, read every page range of the index of receipt times again."""
        if server.edition.chunks:
            return True
        until = time.monotonic() + _SPENDS
        count = (await rows.fetch(connection, "receipt_ranges"))[0]["count"]
        while self._page < count:
            if time.monotonic() > until:
                return False
            await rows.fetch(connection, "narrow_range", page=self._page * RANGE_PAGES)
            self._page += 1
        self._page = 0
        return True


RANGE_PAGES = 32  # of the index `sample_by_receipt`

_NOTES = {
    plan.Edition.COMMUNITY: "chunks, retention and compression",
    plan.Edition.APACHE: "chunks and retention; compression is not in this edition of TimescaleDB",
    plan.Edition.PLAIN: "no TimescaleDB: one table, rows past their time are deleted singly",
}
