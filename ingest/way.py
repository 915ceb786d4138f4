"""Alarms go first: while the alarm lane carries something, the telemetry lane begins nothing that takes time.

Both lanes share one event loop. The telemetry lane asks here between slices of its work, before its transaction is
open, so that it never waits with a lift's lock in its hand. It waits at most `AT_MOST`, then works as long at least:
neither a flood of alarms nor a lane of alarms that stands still (the database does not answer) takes it along.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

AT_MOST = 0.25  # s


class Way:
    """Whether an alarm is on its way through this process."""

    def __init__(self) -> None:
        self._free = asyncio.Event()
        self._free.set()
        self._not_before = 0.0  # it has just waited

    @property
    def is_free(self) -> bool:
        """Whether no alarm is in hand."""
        return self._free.is_set()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """An alarm is in hand."""
        self._free.clear()
        try:
            yield
        finally:
            self._free.set()

    async def give(self) -> None:
        """Let others run; where an alarm is in hand, until it is through."""
        await asyncio.sleep(0)
        if self._free.is_set():
            return
        loop = asyncio.get_running_loop()
        if loop.time() < self._not_before:
            return
        try:
            async with asyncio.timeout(AT_MOST):
                await self._free.wait()
        except TimeoutError:
            self._not_before = loop.time() + AT_MOST
