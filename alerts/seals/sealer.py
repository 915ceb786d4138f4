"""Sealing what is committed, within a second, behind those who write: no alarm waits for a hash.

The trigger of a sealed table enters each new entry into a queue in the writer's own transaction. One sealer at a time
(advisory lock) takes the oldest, hashes them onto their records' chains and takes them out of the queue, in one
transaction. A chain's entries are numbered under the record's lock, so they are queued in their order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from alerts import metrics
from alerts.seals import chain, heads, store
from alerts.seals.kinds import SEALED
from elevator import clock
from elevator.db import Connection, Pool

PERIOD = 1.0  # s
_LOCK = 0x4C_53_45_4C
_PORTION = 500


@dataclass(slots=True, kw_only=True)
class Sealer:
    """Seals the entries of one database; `folder` takes the heads of each day, None: nowhere."""

    pool: Pool
    folder: Path | None

    async def seal(self) -> None:
        """One round: everything that waits; then the heads of the days that are over."""
        while await self._portion():
            pass
        if self.folder is not None:
            async with self.pool.connection() as connection, connection.transaction():
                if await _alone(connection):
                    await heads.write_days(connection, self.folder, clock.now())

    async def _portion(self) -> bool:
        async with self.pool.connection() as connection, connection.transaction():
            if not await _alone(connection):
                return False
            waiting = await store.rows(connection, "next_unsealed", limit=_PORTION)
            for kind in sorted({record["kind"] for record in waiting}):
                await _seal(connection, kind, [one for one in waiting if one["kind"] == kind], clock.now())
            if waiting:
                await store.run(connection, "is_sealed", ids=[record["id"] for record in waiting])
            left = await store.row(connection, "waiting")
            metrics.UNSEALED.set(left["entries"] if left else 0)
            return len(waiting) == _PORTION


async def _alone(connection: Connection) -> bool:
    lock = await store.row(connection, "alone", key=_LOCK)
    return bool(lock and lock["yes"])


async def _seal(connection: Connection, kind: str, waiting: Sequence[store.Record], now: datetime) -> None:
    """Hash entries of one kind of record onto their chains."""
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
