"""Sealing what is committed, within a second, behind those who write: no alarm waits for a hash.

The trigger of a sealed table enters each new entry into a queue in the writer's own transaction. One sealer at a time
(advisory lock) takes the oldest, hashes them onto their records' chains and takes them out of the queue, in one
transaction. A chain's entries are numbered under the record's lock, so they are queued in their order. A record whose
entries cannot be sealed waits behind the others, all of it: its chain has no holes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from alerts import metrics
from alerts.failing import Failing
from alerts.seals import chain, heads, store
from alerts.seals.kinds import SEALED
from elevator import clock, log
from elevator.db import Connection, Pool, translated
from elevator.errors import TransientError

PERIOD = 1.0  # s
_LOCK = 0x4C_53_45_4C
_PORTION = 500


def _failing() -> Failing:
    return Failing(first=timedelta(minutes=1), longest=timedelta(hours=1))


@dataclass(slots=True, kw_only=True)
class Sealer:
    """Seals the entries of one database; `folder` takes the heads of each day, None: nowhere."""

    pool: Pool
    folder: Path | None
    failing: Failing = field(default_factory=_failing)  # records

    async def seal(self) -> None:
        """One round: everything that waits; then the heads of the days that are over."""
        while await self._portion(self.failing.left_out, again=False):
            pass
        if asked := self.failing.again(clock.now(), _PORTION):
            await self._portion(asked, again=True)
        metrics.FAILING.labels("seals").set(len(self.failing))
        if self.folder is not None:
            async with self.pool.connection() as connection, connection.transaction():
                if await _alone(connection):
                    await heads.write_days(connection, self.folder, clock.now())

    async def _portion(self, failed: list[str], *, again: bool) -> bool:
        async with self.pool.connection() as connection, connection.transaction():
            if not await _alone(connection):
                return False
            waiting = await store.rows(connection, "next_unsealed", limit=_PORTION, failed=failed, again=again)
            if again and len(waiting) < _PORTION:
                self.failing.keep(failed, {one["subject"] for one in waiting})
            for kind in sorted({record["kind"] for record in waiting}):
                await self._kind(connection, kind, [one for one in waiting if one["kind"] == kind], alone=again)
            left = await store.row(connection, "waiting")
            metrics.UNSEALED.set(left["entries"] if left else 0)
            return len(waiting) == _PORTION

    async def _kind(self, connection: Connection, kind: str, waiting: Sequence[store.Record], *, alone: bool) -> None:
        """Seal entries of one kind; together, and each record alone where that fails, or one of them has failed."""
        if not alone:
            try:
                await _seal(connection, kind, waiting, clock.now())
            except TransientError:
                raise
            except Exception:  # noqa: BLE001 - the isolation loop: which record it is, and why, is found below
                log.get().warning("seals_one_by_one", kind=kind)
            else:
                return
        for subject in sorted({one["subject"] for one in waiting}):
            now = clock.now()
            try:
                with self.failing.tried(subject, now):
                    await _seal(connection, kind, [one for one in waiting if one["subject"] == subject], now)
            except TransientError:
                raise
            except Exception:  # noqa: BLE001 - the same, for one record
                log.get().exception("record_not_sealed", kind=kind, subject=subject)


async def _alone(connection: Connection) -> bool:
    lock = await store.row(connection, "alone", key=_LOCK)
    return bool(lock and lock["yes"])


async def _seal(connection: Connection, kind: str, waiting: Sequence[store.Record], now: datetime) -> None:
    """Hash entries of one kind of record onto their chains, all or none."""
    with translated():
        async with connection.transaction():
            await _hash(connection, kind, waiting, now)
            await store.run(connection, "is_sealed", ids=[one["id"] for one in waiting])


async def _hash(connection: Connection, kind: str, waiting: Sequence[store.Record], now: datetime) -> None:
    """The seals of these entries."""
    subjects, numbers = [one["subject"] for one in waiting], [one["n"] for one in waiting]
    entries = {
        (row["subject"], row["n"]): SEALED[kind].content(row)
        for row in await store.rows(connection, SEALED[kind].entries, subjects=subjects, numbers=numbers)
    }
    last = {
        row["subject"]: bytes(row["hash"])
        for row in await store.rows(connection, "last_seals", kind=kind, subjects=sorted(set(subjects)))
    }
    hashes = []
    for subject, n in zip(subjects, numbers, strict=True):
        before = last.get(subject, chain.GENESIS)
        last[subject] = chain.seal(before, kind, subject, n, entries[subject, n])
        hashes.append(last[subject])
    await store.run(connection, "add_seals", kind=kind, subjects=subjects, numbers=numbers, hashes=hashes, now=now)
