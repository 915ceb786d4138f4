"""The whole intake: three lanes, their heartbeat, the chores beside them, and what of it is told to the outside."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import psycopg

from alerts.policy import Policy
from elevator import clock, codes, db, log, topics
from elevator.db import Connection
from elevator.errors import DatabaseError
from elevator.service import wait
from elevator.settings import Settings
from ingest import metrics, notices, replay, store
from ingest.adapters import LOADED
from ingest.broker_watch import Limits as BrokerLimits
from ingest.broker_watcher import BrokerWatcher, watching
from ingest.lane import Lane, Terms
from ingest.lease import Lease, LeaseLostError
from ingest.subscriber import Session, Subscriber, session
from ingest.telling import Teller
from ingest.transports import TRANSPORTS
from ingest.way import Way
from ingest.writer import Limits

ALARM = Terms(
    name="alarm",
    filters=topics.ALARM_LANE,
    retained=True,
    hears_everything=False,
    keeps_memories=False,
    gives_way=False,
    # an alarm shall be seen, however much nonsense stands unanswered before it; the 65 535 that MQTT takes for granted
    # would not be said, and Mosquitto then allows its own 20
    ahead=60_000,
    # a lift that telemetry holds locked is set aside after this, and the other alarms go on
    # each may open an incident: a batch that cannot be through in time would be tried again, and again
    limits=Limits(lock_timeout_ms=100, statement_timeout_ms=3000, deadline_s=5, lifts=40),
)
TELEMETRY = Terms(
    name="telemetry",
    # everything below the prefix, so that what stands beside the grammar is seen and quarantined
    filters=topics.TELEMETRY_LANE,
    retained=False,
    hears_everything=True,
    keeps_memories=True,
    gives_way=True,
    ahead=8_000,
    # it holds the rows of its lifts: an alarm of theirs waits at most this long
    limits=Limits(lock_timeout_ms=2000, statement_timeout_ms=3000, deadline_s=5, lifts=200),
)
RAW = Terms(
    name="raw",
    filters=topics.RAW_LANE,
    retained=False,
    hears_everything=False,
    keeps_memories=False,  # their numbers follow from their times and leave gaps: no short way
    gives_way=True,
    foreign=True,
    # an alarm among them is seen as long as it is among so many
    ahead=20_000,
    limits=Limits(lock_timeout_ms=500, statement_timeout_ms=3000, deadline_s=5, lifts=40),
)
HEARTBEAT = 1.0  # s
FRESH = timedelta(seconds=5)  # a heartbeat older than this is none
DRAIN = 3.0  # s for what is in hand when the service stops


class Intake:
    """What runs between the broker and the database in this process."""

    def __init__(self, settings: Settings, policy: Policy) -> None:
        self._url = settings.need_database()
        self._settings = settings
        self._policy = policy
        self._codes = codes.load(settings.codes)
        self._anew = asyncio.Event()  # another policy has come
        self._started = clock.now()
        self._alive_at: datetime | None = None
        self._subscribers: list[Subscriber] = []
        self.lanes: list[Lane] = []
        self._teller: Teller | None = None
        self._way = Way()
        self._watcher: BrokerWatcher | None = None
        share = settings.mqtt_share
        self._share = share.get_secret_value() if share is not None else None
        # who shares the messages with others needs no lease; see docs/operating.md, "More than one worker"
        self.lease = Lease(self._url, settings.mqtt_client_id) if self._share is None else None
        settings.need_access()
        for name, why in LOADED.broken.items():
            log.get().warning("adapter_not_loaded", adapter=name, reason=why)

    def _open(self) -> Teller:
        """Lanes and their sessions at the broker, new for each time that we hold the lease."""
        self._anew.clear()
        settings, policy = self._settings, self._policy
        way = self._way = Way()
        access = settings.need_access()
        self._subscribers, self.lanes = [], []
        teller: Teller | None = None
        transport = TRANSPORTS[settings.mqtt_transport]
        kept = timedelta(days=settings.samples_days)
        for lane in (ALARM, TELEMETRY, RAW):
            terms = replace(
                lane, limits=replace(lane.limits, kept=kept), keeps_memories=lane.keeps_memories and self._share is None
            )
            asked, marker = self._session(terms)
            subscriber: Subscriber = transport(asked)
            teller = teller or Teller(subscriber)  # answers leave by the alarm lane
            self._subscribers.append(subscriber)
            self.lanes.append(
                Lane(
                    terms, subscriber, teller, database_url=self._url, policy=policy, marker=marker, way=way,
                    lease=self.lease, codes=self._codes,
                )
            )  # fmt: skip
        for one in self.lanes:
            one.peers = tuple(other for other in self.lanes if other is not one)
        self._watcher = None
        if settings.broker_watch:
            self._subscribers.append(transport(watching(access, f"{settings.mqtt_client_id}-watch")))
            limits = BrokerLimits(messages=settings.broker_queue_messages, size=settings.broker_queue_bytes)
            self._watcher = BrokerWatcher(self._subscribers[-1], limits)
        assert teller is not None  # noqa: S101 - there are lanes
        self._started = clock.now()
        return teller

    def _session(self, terms: Terms) -> tuple[Session, str]:
        """A lane's session, and the topic by which it writes to itself.

        A share's session ends with its connection: the broker then gives what we had in hand to the others at once.
        """
        client_id, filters = f"{self._settings.mqtt_client_id}-{terms.name}", terms.filters
        if self._share is not None:
            client_id += f"-{secrets.token_hex(8)}"
            filters = tuple(f"$share/{self._share}/{each}" for each in filters)
        marker = f"liftline/intake/{client_id}"
        asked = session(
            self._settings.need_access(), client_id=client_id, filters=(*filters, marker), retained=terms.retained
        )
        expiry = asked.session_expiry_s if self._share is None else 0
        return replace(asked, receive_maximum=terms.ahead, session_expiry_s=expiry), marker

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop`: read the broker whenever the lease is ours, stand by while it is another's."""
        if self.lease is None:
            while not stop.is_set():
                self._teller = self._open()
                await self._serve(stop, self._teller, asyncio.Event())
            return
        while await self.lease.take(stop):
            self._teller = self._open()
            try:
                await self._serve(stop, self._teller, self.lease.lost)
            except* LeaseLostError as group:
                log.get().warning("lease_lost", reason=str(group.exceptions[0]))
            finally:
                self._teller, self._alive_at = None, None
                await self.lease.give_back()

    def adopt(self, policy: Policy) -> None:
        """Decide by another policy: what is in hand is finished by the old one, then the sessions are opened anew."""
        self._policy = policy
        self._anew.set()

    async def _serve(self, stop: asyncio.Event, teller: Teller, lost: asyncio.Event) -> None:
        """Read the broker until `stop`, a new policy or the loss of the lease; then finish, and say goodbye."""
        over = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            connections = [
                tasks.create_task(subscriber.run(), name="broker session") for subscriber in self._subscribers
            ]
            beside = [
                tasks.create_task(self._chore("heartbeat", HEARTBEAT, self.heartbeat, over), name="heartbeat"),
                tasks.create_task(self._chore("notices", notices.PERIOD, self._notices, over), name="notices"),
                tasks.create_task(self._chore("replay", replay.PERIOD, self._replay, over), name="replay"),
            ]
            if self.lease is not None:
                beside.append(tasks.create_task(self.lease.watch(over), name="lease"))
            if self._watcher is not None:
                beside.append(tasks.create_task(self._watcher.run(over), name="broker watch"))
            lanes = [tasks.create_task(lane.run(over), name=f"lane {lane.name}") for lane in self.lanes]
            waits = [asyncio.create_task(event.wait()) for event in (stop, lost, self._anew)]
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                over.set()
                for wait_ in waits:
                    wait_.cancel()
            _, late = await asyncio.wait([*lanes, *beside], timeout=DRAIN)
            for task in late:  # the database does not answer; nothing of this was acknowledged
                task.cancel()
            await teller.drain(DRAIN)
            for subscriber in self._subscribers:
                await subscriber.close()
            await asyncio.wait(connections, timeout=DRAIN)

    def ready(self) -> str | None:
        """None when messages flow into the database, or would if the holder of the lease died; else why not."""
        if self.lease is not None and not self.lease.held:
            return None if self.lease.standing_by else "the lease cannot be asked for: the database does not answer"
        now = clock.now()
        if away := [lane.name for lane in self.lanes if not lane.connected]:
            return f"no connection to the broker: {', '.join(away)}"
        if self._alive_at is None or now - self._alive_at > FRESH:
            return "the database does not answer"
        stuck = [lane.name for lane in self.lanes if lane.troubled_at and now - lane.troubled_at < FRESH]
        return f"messages cannot be stored: {', '.join(stuck)}" if stuck else None

    def quiet(self) -> bool:
        """Whether no alarm is on its way through."""
        return self._way.is_free

    def degraded(self) -> str | None:
        """None when nothing is wrong that can still be mended in time, else what."""
        return self._watcher.reason if self._watcher is not None else None

    async def heartbeat(self, database: Connection) -> None:
        """Say that we live, and since when silence may be counted."""
        now = clock.now()
        metrics.HOLDS_LEASE.set(self.lease is None or self.lease.held)
        metrics.UNACKED.set(sum(lane.unacknowledged for lane in self.lanes))
        for lane in self.lanes:
            metrics.CONNECTED.labels(lane.name).set(lane.connected)
            with db.translated():
                await store.run(
                    database, "intake_alive", lane=lane.name, now=now, started_at=self._started,
                    listening_since=lane.listening.since, shared=self._share is not None,
                    alive_since=now - FRESH,
                )  # fmt: skip
        self._alive_at = now

    async def _notices(self, database: Connection) -> None:
        while await notices.deliver(database, self._subscribers[0]):
            pass

    async def _replay(self, database: Connection) -> None:
        if self._teller is not None:
            await replay.work_off(database, self._policy, self._teller, self._codes)

    async def _chore(
        self, name: str, period: float, chore: Callable[[Connection], Awaitable[None]], stop: asyncio.Event
    ) -> None:
        """Do something every `period` seconds on a connection of its own; a failure is logged and tried again."""
        database: Connection | None = None
        failing = ""
        try:
            while True:
                try:
                    async with asyncio.timeout(_CHORE_DEADLINE):
                        if database is None or database.closed:
                            database = await db.connect(self._url, application=f"ingest {name}")
                        await chore(database)
                except Exception as error:  # noqa: BLE001 - the isolation loop: a chore stops no lane
                    expected = isinstance(error, DatabaseError | TimeoutError)
                    reason = str(error) or type(error).__name__
                    if reason != failing:  # once, not at every look
                        trace = None if expected else error
                        log.get().warning("chore_failed", chore=name, reason=reason, exc_info=trace)
                    failing = reason
                    if database is not None:
                        await _close(database)
                        database = None
                else:
                    failing = ""
                if await wait(stop, max(period, _FAILED_PERIOD) if failing else period):
                    return
        finally:
            if database is not None:
                await _close(database)


_CHORE_DEADLINE = 15.0  # s
_FAILED_PERIOD = 1.0  # s between tries of a chore that fails


async def _close(database: Connection) -> None:
    with suppress(psycopg.Error, TimeoutError):
        async with asyncio.timeout(1):
            await database.close()
