"""The live stream behind every console: one relay and one shared reader for a process, a bounded queue for each client.

A client joins at the reader's position and is sent everything above it; one that comes back with an id is first sent
what lies between, read from the database. A client that does not keep up is cut off, not skipped: it comes back with
its last id and misses nothing. A heartbeat says that the reader itself has just read the database, not that a socket
lives: when the reader fails, heartbeats stop and the consoles say that they are blind.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic

from alerts.incident import Actor
from alerts.policy import Policy
from api import news, reads
from api.metrics import Metrics
from api.news import Batch, Item, Relay
from api.scope import SEES_ALL
from elevator import clock, db, log
from elevator.db import Connection, translated
from elevator.errors import LiftlineError, TransientError
from elevator.waiting import Waiting

CHANNEL = "liftline_feed"
POLL = 0.25  # s; NOTIFY only makes it sooner
HEARTBEAT = 5.0  # s (contract section 7)
LIFTS_EVERY = 1.0  # s
QUEUE = 2000  # events that a client may lag behind
MOST_MISSED = 20_000  # numbers; beyond, loading the lists anew is quicker
_FRESH = 3.0  # s since the reader last read the database, for it to count as alive
_PAUSE = 1.0  # s after a failure


@dataclass(frozen=True, slots=True)
class Frame:
    """One event as it goes to a client; `id` is what Last-Event-ID will say."""

    event: str
    id: int
    data: str
    item: Item | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Client:
    """One console."""

    actor: Actor
    joined_at: int  # the reader's position: everything above comes through the queue
    queue: asyncio.Queue[Frame | None] = field(default_factory=lambda: asyncio.Queue(QUEUE))
    shown: set[str] = field(default_factory=set)  # incidents sent to it, where it does not see all
    lost: set[str] = field(default_factory=set)  # incidents that it sees no more, and was told so
    cut_off: bool = False

    def frames(self, items: Sequence[Item]) -> list[Frame]:
        """What of these events is for this client."""
        found: list[Frame] = []
        for item in items:
            data = item.data_for(self.actor)
            if data is not None:
                found.append(Frame(item.event, item.no, data, item))
                self._sees(item)
            elif item.event == "incident" and self._loses(item):
                found.append(Frame("reset", item.no, news.encode({"reason": "scope"})))
        return found

    def _sees(self, item: Item) -> None:
        if item.event == "incident" and self.actor.role not in SEES_ALL:
            self.shown.add(item.ref)
            self.lost.discard(item.ref)

    def _loses(self, item: Item) -> bool:
        """Whether the incident has gone out of the client's sight, as when another unit of its firm accepted it.

        Its list may hold it though the stream never sent it; it is told once.
        """
        gone = item.ref not in self.lost and (item.ref in self.shown or item.concern.was_asked(self.actor))
        self.shown.discard(item.ref)
        self.lost.add(item.ref)
        return gone

    def put(self, frame: Frame | None) -> None:
        """Hand it over; a full queue cuts the client off."""
        try:
            self.queue.put_nowait(frame)
        except asyncio.QueueFull:
            self.cut_off = True


class Feed:
    """The relay, the reader and its clients."""

    def __init__(self, url: str, *, policy: Policy, metrics: Metrics, waiting: Waiting) -> None:
        self._url, self._policy, self._metrics, self._waiting = url, policy, metrics, waiting
        self._clients: set[Client] = set()
        self._relay = Relay()
        self._position: int | None = None
        self._read_at = float("-inf")
        self._lifts_at = float("-inf")
        self._beat_at = float("-inf")
        self._started = asyncio.Event()
        self._closed = False

    def adopt(self, policy: Policy) -> None:
        """Show by another policy from now on."""
        self._policy = policy

    @property
    def alive(self) -> bool:
        """Whether the reader has just read the database."""
        return monotonic() - self._read_at < _FRESH

    async def run(self) -> None:
        """Number and read, for ever; a failure ends the connection, never the position."""
        while not self._closed:
            if self._waiting.why:
                await asyncio.sleep(POLL)
                continue
            try:
                with translated():
                    connection = await db.connect(self._url, application="feed")
                    async with connection:
                        self._relay = Relay()
                        await connection.execute(f"LISTEN {CHANNEL}")
                        while not self._closed:
                            await self.turn(connection)
                            await _wait(connection)
            except LiftlineError as error:
                log.get().warning("feed_retries", reason=str(error))
                await asyncio.sleep(_PAUSE)
            except Exception:  # noqa: BLE001 - the isolation loop: the stream must come back whatever happens
                log.get().exception("feed_failed")
                await asyncio.sleep(_PAUSE)

    async def turn(self, connection: Connection) -> None:
        """One round: number what is new, read it, hand it to the clients."""
        now = monotonic()
        if not self._clients:
            await self._relay.rest(connection)
        lifts = bool(self._clients) and now - self._lifts_at >= LIFTS_EVERY
        if lifts:
            self._lifts_at = now
        await self._relay.number(connection, lifts=lifts)
        counter = await news.head(connection, clock.now())
        if self._position is None or counter["no"] < self._position or not self._clients:
            self._restart(counter["no"])
        complete = False
        while not complete and self._position is not None:
            batch = await news.read(connection, self._position, policy=self._policy)
            self._position, complete = batch.upto, batch.complete
            for client in list(self._clients):
                for frame in client.frames([item for item in batch.items if item.no > client.joined_at]):
                    client.put(frame)
        if not counter["stuck"]:
            self._read_at = monotonic()
            self._started.set()
        if self.alive and monotonic() - self._beat_at >= HEARTBEAT:
            self._beat_at = monotonic()
            await self._beat(connection)

    def _restart(self, position: int) -> None:
        """Take up the counter where it is; one that went back (another database) means every screen is wrong."""
        went_back = self._position is not None and position < self._position
        self._position = position
        if went_back:
            for client in self._clients:
                client.joined_at = position
                client.put(Frame("reset", position, news.encode({"reason": "unknown"})))

    async def _beat(self, connection: Connection) -> None:
        """The heartbeat: the overview in each client's scope, with the number up to which it has been told."""
        made: dict[tuple[str, str | None, str | None, str | None], str] = {}
        for client in list(self._clients):
            who = client.actor
            key = (str(who.role), who.firm_id, who.unit_id, who.building)
            if key not in made:
                made[key] = news.encode(await reads.overview(connection, who, now=clock.now()))
            client.put(Frame("heartbeat", self._position or 0, made[key]))

    async def join(self, actor: Actor) -> Client:
        """A new client, from the reader's position on.

        Raises:
            TransientError: the reader does not read.
        """
        try:
            async with asyncio.timeout(_FRESH):
                await self._started.wait()
        except TimeoutError:
            pass
        if not self.alive:
            raise TransientError("the live stream does not read the database now")
        client = Client(actor=actor, joined_at=self._position or 0)
        self._clients.add(client)
        self._metrics.clients.set(len(self._clients))
        return client

    def leave(self, client: Client) -> None:
        """The client has gone."""
        self._clients.discard(client)
        self._metrics.clients.set(len(self._clients))

    async def missed(self, connection: Connection, client: Client, last: int) -> Batch:
        """The next batch between a client's last id and where it joined."""
        return await news.read(connection, last, policy=self._policy, upto=client.joined_at)

    def sent(self, frame: Frame) -> None:
        """Count what was shown, and how long an alarm took to the first screen."""
        self._metrics.sent.labels(frame.event).inc()
        item = frame.item
        if item is not None and item.received_at is not None:
            self._metrics.alarm_seconds.labels("screen").observe((clock.now() - item.received_at).total_seconds())
            item.received_at = None

    def cut_off(self) -> None:
        """Count a client that did not keep up."""
        self._metrics.cut_off.inc()

    def close(self) -> None:
        """End the streams: the service stops."""
        self._closed = True
        for client in self._clients:
            client.cut_off = True
            client.put(None)


async def _wait(connection: Connection) -> None:
    """Until something was committed that the consoles must see, at most one poll."""
    async for _woken in connection.notifies(timeout=POLL, stop_after=1):
        pass
