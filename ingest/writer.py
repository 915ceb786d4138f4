"""The database's side of a lane: brings messages to a commit, whole or in parts, whatever goes wrong.

Rules:

- Whatever may pass by itself (no database, deadlock, time-out, a commit whose outcome is unknown) is tried again for
  ever, with a growing, jittered pause; meanwhile nothing is acknowledged and the broker queues. After any failure
  every message is looked up, because the commit may have happened.
- After a time-out the next transaction is half as large, and grows again by a quarter with each that succeeds: a
  database that has become slow is given what it can do, not ever more of what it cannot.
- Whatever is wrong with the data, or with our program for this data, is found by halving the batch, kept in
  quarantine, loudly, and so committed: intake never stops on it, and it can be replayed.
- A lift whose rule memory somebody else holds for longer than the lock time-out is set aside, and the rest goes on
  without it: a hung telemetry transaction delays the alarms of the lifts it holds, no others.
- The messages of one lift are never reordered.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

from alerts.policy import Policy
from elevator import clock, db, log, times
from elevator.codes import Book, built_in
from elevator.db import Connection
from elevator.errors import DatabaseError, TransientError, Unreadable
from ingest import metrics, normalise, store, transaction
from ingest.adapters import ADAPTERS
from ingest.behind import Behind
from ingest.express import Express
from ingest.lease import Lease, LeaseLostError, still_mine
from ingest.normalise import Reading
from ingest.portions import in_order, lift_of, of_few_lifts, split
from ingest.refusing import refuse
from ingest.store import Refusal
from ingest.subscriber import Message
from ingest.written import QUARANTINED, Circumstances, ClassCache, Written

BACKOFF_FIRST = 0.05  # s
BACKOFF_LAST = 5.0  # s
BACKOFF_STEPS = 10  # doublings
_SLICE = 10  # messages read before the other lane may run
_MOST_CLASSES = 200_000
_MOST = 10_000
_GROWS = 4  # by a quarter after each success
_DETAIL = 500  # characters of an error that are kept

_jitter = random.SystemRandom()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long one transaction may take and hold others up."""

    lock_timeout_ms: int
    statement_timeout_ms: int
    deadline_s: float
    kept: timedelta = timedelta(days=90)  # samples are
    lifts: int  # on the long way, in one transaction: it holds their rows


class LockedError(TransientError):
    """Somebody holds what we need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooks:
    """What the lane wants to know and say."""

    committed: Callable[[list[Message], Written], None]
    troubled: Callable[[], None]  # nothing can be stored now
    hold: Callable[[datetime], bool]  # whether elapsed time must wait for the queue
    give_way: Callable[[], Awaitable[None]]  # let others run


class Writer:
    """One connection to the database, opened again whenever it breaks."""

    def __init__(
        self,
        name: str,
        url: str,
        policy: Policy,
        limits: Limits,
        hooks: Hooks,
        lease: Lease | None,
        express: Express | None = None,
        codes: Book | None = None,
    ) -> None:
        self._name = name
        self._url = url
        self._lease = lease
        self._policy = policy
        self._limits = limits
        self._hooks = hooks
        self._log = log.get().bind(lane=name)
        self._database: Connection | None = None
        self._codes = codes or built_in()
        self._classes: ClassCache = {}
        self._most = _MOST  # messages in one transaction: fewer after it was too slow, then slowly more
        self._express = express  # None: every message takes the long way
        self._behind = Behind(express.cache, policy) if express is not None else None

    async def settle(self, messages: list[Message], *, careful: bool = False) -> list[Message]:
        """Commit these messages; returns those of locked lifts, in order, to be settled before their next ones."""
        failures = 0
        aside: list[Message] = []
        while messages:
            part = messages[: self._most]
            try:
                locked, left = await self._attempt(part, careful=careful)
                messages = left + messages[len(part) :]
                self._most = min(_MOST, self._most + self._most // _GROWS + 1)
                failures = 0
                aside += locked
                if aside and messages:
                    behind, messages = split(messages, {lift_of(message) for message in aside})
                    aside += behind
            except (TransientError, TimeoutError) as error:
                failures += 1
                await self._recover(error, failures)
                careful = True
                if _is_slow(error):
                    self._most = max(1, len(part) // 2)
            except LeaseLostError:
                raise
            except Exception as error:  # noqa: BLE001 - the isolation loop: one message stops no other
                if not careful:  # most likely a duplicate that the lift's memory did not know of
                    metrics.RETRIES.labels(self._name, "careful").inc()
                    careful = True
                elif len(part) > 1:
                    locked = await self._halve(part)
                    behind, messages = split(messages[len(part) :], {lift_of(message) for message in locked})
                    aside += locked + behind
                else:
                    messages = await self._quarantine(part[0], error) + messages[1:]
        return aside

    async def close(self) -> None:
        """Give the connection back."""
        if self._database is not None:
            with suppress(psycopg.Error, TimeoutError):
                async with asyncio.timeout(1):
                    await self._database.close()
            self._database = None

    async def _attempt(self, messages: list[Message], *, careful: bool) -> tuple[list[Message], list[Message]]:
        """Try once; returns the messages of locked lifts, and those that are still to be settled."""
        try:
            return [], await self._commit(messages, careful=careful)
        except LockedError:
            locked = await self._locked({lift_of(message) for message in messages})
            aside, go_on = split(messages, locked)
            if not aside:  # it waited for something else, or the lock is free again
                raise
            metrics.RETRIES.labels(self._name, "locked").inc()
            return aside, go_on

    async def _halve(self, messages: list[Message]) -> list[Message]:
        middle = len(messages) // 2
        aside = await self.settle(messages[:middle], careful=True)
        behind, go_on = split(messages[middle:], {lift_of(message) for message in aside})
        aside += await self.settle(go_on, careful=True) + behind
        return in_order(messages, aside)

    async def _commit(self, messages: list[Message], *, careful: bool) -> list[Message]:
        """One transaction; returns what it left for the next, because it holds only so many lifts."""
        now = clock.now()
        hold = self._hooks.hold(now)
        express = None if careful else self._express
        later: list[Message] = []
        try:
            rest = messages if express is None else await express.take(messages, hold=hold)
            now_, later = of_few_lifts(rest, self._limits.lifts, _MOST)
            if later:
                waiting = {id(message) for message in later}
                messages = [message for message in messages if id(message) not in waiting]
            readings = await self._read(now_)
            circumstances = Circumstances(
                policy=self._policy, now=now, hold=hold, codes=self._codes, kept=self._limits.kept, careful=careful
            )
            began = asyncio.get_running_loop().time()
            async with asyncio.timeout(self._limits.deadline_s):
                connection = await self._connection()
                with db.translated():
                    async with connection.transaction():
                        await still_mine(connection, self._lease)
                        written = await transaction.write(connection, readings, self._classes, circumstances, express)
                        if self._behind is not None:
                            await self._behind.write(connection, now)
        except BaseException as error:
            if self._behind is not None:
                self._behind.undo()
            if isinstance(error, TransientError) and isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
                raise LockedError(str(error)) from error.__cause__
            raise
        if self._behind is not None:
            self._behind.done(now, written.desk)
        metrics.COMMIT_SECONDS.observe(asyncio.get_running_loop().time() - began)
        metrics.BATCH_ROWS.observe(len(messages))
        self._tell(messages, written)
        return later

    async def _read(self, messages: Sequence[Message]) -> list[Reading]:
        readings = []
        for number, message in enumerate(messages, 1):
            readings.append(normalise.read(message, self._classes.get(lift_of(message)), ADAPTERS))
            if number % _SLICE == 0:
                await self._hooks.give_way()
        if len(self._classes) > _MOST_CLASSES:
            self._classes.clear()
        return readings

    async def write_behind(self) -> None:
        """Write the memories that wait, if any; what goes wrong is tried again with the next."""
        behind, now = self._behind, clock.now()
        if behind is None or not behind.waits(now):
            return
        try:
            async with asyncio.timeout(self._limits.deadline_s):
                connection = await self._connection()
                with db.translated():
                    async with connection.transaction():
                        await still_mine(connection, self._lease)
                        await behind.write(connection, now)
        except (TransientError, TimeoutError) as error:
            behind.undo()
            await self._recover(error, 1)
        else:
            behind.done(now, None)

    def _tell(self, messages: list[Message], written: Written) -> None:
        try:
            self._hooks.committed(messages, written)
        except Exception:  # noqa: BLE001 - it is committed, whatever happens in the telling
            self._log.exception("commit_not_told")

    async def _quarantine(self, message: Message, error: Exception) -> list[Message]:
        """Keep a message that cannot be stored; returns it where even that failed and must be tried again."""
        mine = not isinstance(error, DatabaseError)
        detail = f"{'the program failed: ' if mine else ''}{type(error).__name__}: {error}"[:_DETAIL]
        self._log.error("message_refused", topic=message.topic, detail=detail, exc_info=error if mine else None)
        reading = normalise.read(message, None, ADAPTERS)
        refusal = Refusal(
            lift_id=reading.lift_id, topic=message.topic, payload=message.payload,
            reason=Unreadable.REFUSED_BY_DATABASE, detail=detail, received_at=times.at(message.received_at_ms),
            from_event=reading.from_event, maybe_kept=True,
        )  # fmt: skip
        now = clock.now()
        # what breaks the ringing must not keep it from ringing elsewhere, nor the message from being kept
        for ring in ("at the lift", "at no lift", None):
            try:
                async with asyncio.timeout(self._limits.deadline_s):
                    connection = await self._connection()
                    with db.translated():
                        async with connection.transaction():
                            await still_mine(connection, self._lease)
                            if ring is not None:
                                refused, rung = await refuse(
                                    connection, [refusal], policy=self._policy, now=now, at_lift=ring == "at the lift"
                                )
                            else:
                                kept = await store.add_quarantine(connection, [refusal])
                                refused, rung = Counter(one.reason for one in kept), []
            except LeaseLostError:
                raise
            except (TransientError, TimeoutError) as trouble:
                await self._recover(trouble, 1)
                return [message]
            except Exception as trouble:  # noqa: BLE001 - see above
                self._log.error("quarantine_failed", topic=message.topic, ring=ring, exc_info=trouble)
            else:
                outcome = Counter({(reading.kind, QUARANTINED): 1})
                self._tell([message], Written(outcomes=outcome, refused=refused, transitions=rung))
                return []
        await self._recover(TransientError("quarantine cannot be written"), BACKOFF_STEPS)
        return [message]

    async def _connection(self) -> Connection:
        if self._database is None or self._database.closed:
            self._database = None
            connection = await db.connect(self._url, application=f"ingest {self._name}")
            limits = self._limits
            with db.translated():
                await connection.execute(
                    # everything is found by its key; a plan made while a table was small must not scan it for ever
                    "SELECT set_config('lock_timeout', %s, false), set_config('statement_timeout', %s, false),"
                    " set_config('enable_seqscan', 'off', false)",
                    [f"{limits.lock_timeout_ms}ms", f"{limits.statement_timeout_ms}ms"],
                )
            self._database = connection
        return self._database

    async def _locked(self, lift_ids: set[str]) -> set[str]:
        """Which of these lifts somebody holds right now."""
        connection = await self._connection()
        wanted = sorted(lift_ids)
        with db.translated():
            heard = {row["lift_id"] for row in await store.rows(connection, "heard_lifts", lift_ids=wanted)}
            free = {row["lift_id"] for row in await store.rows(connection, "free_lifts", lift_ids=wanted)}
        return heard - free

    async def _recover(self, error: BaseException, failures: int) -> None:
        """Wait a little; after trouble with the connection, open another."""
        locked = isinstance(error, LockedError)
        pause = _jitter.uniform(0, min(BACKOFF_LAST, BACKOFF_FIRST * 2 ** min(failures, BACKOFF_STEPS)))
        metrics.RETRIES.labels(self._name, "locked" if locked else "database").inc()
        if not locked:
            self._hooks.troubled()
            self._log.warning(
                "not_stored", reason=str(error) or type(error).__name__, failures=failures, retry_in_s=round(pause, 2)
            )
            await self.close()
        await asyncio.sleep(pause)


def _is_slow(error: BaseException) -> bool:
    return isinstance(error, TimeoutError) or isinstance(error.__cause__, psycopg.errors.QueryCanceled)
