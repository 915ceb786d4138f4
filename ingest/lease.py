"""Who reads the broker: one holder at a time of a session's client ids, another within seconds when it dies (ADR 0011).

Rules:

- The holder keeps a session-level advisory lock on a connection of its own: when the process dies the database frees it
  at once, when its machine is cut off after three seconds of TCP keep-alives.
- Who stands by asks for the lock every `ASK_EVERY` and, having it, writes its name and a new term into `intake_lease`.
- Every transaction of a lane holds that row shared and names its term (`still_mine`). So taking over waits for what the
  old holder has in hand, and after it the old holder commits nothing any more, even if it only seemed to be dead.
- Whoever finds its lease lost ends its connections to the broker without acknowledging anything: what it had in hand is
  delivered again, to the new holder, and known by its keys.
"""

import asyncio
import os
import socket
from contextlib import suppress

import psycopg

from elevator import clock, db, log
from elevator.db import Connection
from elevator.errors import DatabaseError, LiftlineError
from elevator.service import wait
from ingest import store

ASK_EVERY = 0.25  # s
WATCH_EVERY = 1.0  # s
_DEADLINE = 12.0  # s for taking it: a predecessor's transaction may have to end first
_KEEP_ALIVE = (
    "SELECT set_config('tcp_keepalives_idle', '1', false), set_config('tcp_keepalives_interval', '1', false),"
    " set_config('tcp_keepalives_count', '2', false), set_config('tcp_user_timeout', '3000', false)"
)


class LeaseLostError(LiftlineError):
    """Somebody else reads the broker now."""


class Lease:
    """The right of this process to read the broker under `name`."""

    def __init__(self, url: str, name: str) -> None:
        self.name = name
        self.term = 0
        self.held = False
        self.standing_by = False  # another holds it
        self.lost = asyncio.Event()
        self._url = url
        self._holder = f"{socket.gethostname()}:{os.getpid()}"
        self._connection: Connection | None = None
        self._log = log.get().bind(lease=name)

    async def take(self, stop: asyncio.Event) -> bool:
        """Wait until the lease is ours; False when the service stops before."""
        waiting = ""
        while not stop.is_set():
            try:
                async with asyncio.timeout(_DEADLINE):
                    if await self._ask():
                        return True
                self.standing_by, reason = True, "held by another"
            except (DatabaseError, TimeoutError) as error:
                self.standing_by, reason = False, str(error) or "no answer"
                await self._close()
            if reason != waiting:
                self._log.info("standing_by", reason=reason)
                waiting = reason
            await wait(stop, ASK_EVERY)
        return False

    async def _ask(self) -> bool:
        if self._connection is None or self._connection.closed:
            self._connection = await db.connect(self._url, application=f"ingest lease {self.name}")
            with db.translated():
                await self._connection.execute(_KEEP_ALIVE)
        with db.translated():
            got = await store.rows(self._connection, "ask_for_lease", name=self.name)
            if not got[0]["mine"]:
                return False
            taken = await store.rows(
                self._connection, "take_lease", name=self.name, holder=self._holder, now=clock.now()
            )
        self.term, self.held, self.standing_by = taken[0]["term"], True, False
        self.lost.clear()
        self._log.info("lease_taken", term=self.term)
        return True

    async def watch(self, stop: asyncio.Event) -> None:
        """See that the lock's connection lives, until `stop`; sets `lost` when it does not."""
        while not await wait(stop, WATCH_EVERY):
            if (reason := await self._why_lost()) is not None:
                self._log.warning("lease_lost", reason=reason)
                self.held = False
                self.lost.set()
                return

    async def _why_lost(self) -> str | None:
        if self._connection is None:
            return "no connection"
        try:
            with db.translated():  # a slow answer is no loss: the lock lasts as long as the connection
                mine = await store.rows(self._connection, "lease_is_mine", name=self.name, term=self.term)
        except DatabaseError as error:
            return str(error)
        return None if mine else "another has taken it"

    async def give_back(self) -> None:
        """Let another read; at once, because the lock ends with its connection."""
        self.held = False
        await self._close()

    async def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error, TimeoutError):
                async with asyncio.timeout(1):
                    await connection.close()


async def still_mine(tx: Connection, lease: Lease | None) -> None:
    """Hold the lease's row until this transaction ends; without a lease, nothing has to be held.

    Raises:
        LeaseLostError: it is another's by now.
    """
    if lease is not None and not await store.rows(tx, "hold_lease", name=lease.name, term=lease.term):
        raise LeaseLostError(f"another reads the broker as {lease.name}")
