"""Writes the kept memories behind the messages: in the batch's own transaction, within a budget (ADR 0010)."""

import asyncio
from datetime import datetime

from alerts import cache, store
from alerts.cache import Cache, Known
from alerts.desk import Desk
from alerts.policy import Policy
from elevator import times
from elevator.db import Connection
from ingest import store as rows

PER_SECOND = 1_500  # memories; more would take the database from the messages
_AT_ONCE = 500  # in one transaction: nobody shall wait long for their rows

_SLICE = 40  # memories encoded before others may run


class Behind:
    """What waits to be written, and what is being written."""

    def __init__(self, kept: Cache, policy: Policy) -> None:
        self._cache = kept
        self._policy = policy
        self._asked: list[Known] = []
        self._written: set[int] = set()
        self._woken = 0
        self._budget, self._counted_at = float(_AT_ONCE), 0

    def waits(self, now: datetime) -> bool:
        """Whether anything should be written now."""
        return bool(self._cache.left) or self._cache.waits(times.to_ms(now))

    async def write(self, tx: Connection, now: datetime) -> None:
        """Write what is due, in the caller's transaction."""
        now_ms = times.to_ms(now)
        self._budget = min(_AT_ONCE, self._budget + (now_ms - self._counted_at) * PER_SECOND / 1000)
        self._counted_at = now_ms
        self._asked = self._cache.to_save(now_ms, int(self._budget))
        kept: list[store.Kept] = []
        for number, known in enumerate(self._asked, 1):
            kept.append(cache.row_of(known, now_ms, self._policy))
            if number % _SLICE == 0:
                await asyncio.sleep(0)
        self._written = await store.write_behind(tx, kept, now)
        left = self._cache.left
        self._woken = len(left)
        if left:
            await rows.run(tx, "wake_lifts", lift_nos=list(left), now=now)

    def done(self, now: datetime, desk: Desk | None) -> None:
        """The transaction is committed; the memories that `desk` has written may be kept."""
        self._cache.done()
        self._cache.saved(self._asked, self._written, times.to_ms(now))
        self._budget -= len(self._asked)
        del self._cache.left[: self._woken]
        self._asked, self._written, self._woken = [], set(), 0
        if desk is not None:
            desk.keep_in(self._cache)

    def undo(self) -> None:
        """It is not, or nobody knows."""
        self._cache.not_saved(self._asked)
        self._cache.undo()
        self._asked, self._written, self._woken = [], set(), 0
