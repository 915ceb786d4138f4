"""One lane's life as a state machine: the real lane between a broker and a database as unkind as they may be.

`Lane`, `Writer`, `Inbox` and `Window` are the product's, the broker's session and the database are made up.

Whatever happens: acknowledged ⇒ committed; in the order of delivery; on the connection that delivered it; and in the end
every message that the broker ever delivered stands in the database once, those of one lift in their order.
"""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import psycopg
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from alerts.policy import Policy
from elevator import clock, db
from elevator.errors import RowRefusedError, TransientError
from elevator.settings import Settings
from ingest import portions, store, transaction, writer
from ingest.batch import Inbox, Window
from ingest.pipeline import Intake
from ingest.subscriber import Message
from ingest.written import Written

SETTINGS = Settings(database_url="postgresql://nowhere/none", mqtt_url="mqtt://nowhere")
LIFTS = ("A", "B", "C")
WINDOW = 4  # messages the broker sends ahead of our acknowledgements


class Crash(BaseException):
    """The process is gone."""


class Broker:
    """One session: a queue, what is delivered and unanswered, and packet ids that are used again."""

    def __init__(self, window: int = WINDOW) -> None:
        self.window = window
        self.queue: deque[tuple[str, int, bool]] = deque()  # (lift, number, sent before)
        self.unanswered: list[tuple[int, str, int]] = []  # (packet id, lift, number), in order of delivery
        self.held: set[tuple[str, int]] = set()  # delivered to the process that lives now

        self.wronged: list[str] = []  # kept apart: the lane survives what its hooks raise

    def next_ids(self) -> list[int]:
        """Packet ids that are free, the lowest first: used again as soon as they may be."""
        taken = {packet_id for packet_id, _, _ in self.unanswered}
        return [packet_id for packet_id in range(1, self.window + 1) if packet_id not in taken]

    def end_connection(self) -> None:
        """What is unanswered will come again, first and marked."""
        self.queue.extendleft((lift, number, True) for _, lift, number in reversed(self.unanswered))
        self.unanswered.clear()


class Database:
    """Keys that are committed, and what will go wrong."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, int]] = []  # in order of commit
        self.quarantine: list[tuple[str, int]] = []
        self.weather: deque[str] = deque()  # what happens to the next transactions; without, they succeed
        self.locked: set[str] = set()
        self.poison: set[tuple[str, int]] = set()  # what it refuses
        self.most = 10**6  # messages that it manages before the deadline
        self.too_slow = 0  # batches that were too large for it
        self.during: Any = None  # called in the middle of a transaction


class Transaction:
    """A connection of the made-up database."""

    closed = False

    def __init__(self, database: Database) -> None:
        self.database = database
        self.staged: list[tuple[str, int]] = []
        self.refused: list[tuple[str, int]] = []

    async def execute(self, *_: Any) -> None:
        """Settings of the connection."""

    async def close(self) -> None:
        """Nothing holds it."""
        self.closed = True

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """Commit, or what the weather makes of it."""
        self.staged, self.refused = [], []
        weather = self.database.weather.popleft() if self.database.weather else "fine"
        yield
        await asyncio.sleep(0)
        if weather.startswith("drop"):
            self.database.during("drop")
        elif weather.startswith("forget"):
            self.database.during("forget")
        if weather == "crash before":
            raise Crash
        if weather in {"fails", "drop, fails"}:
            self.closed = True
            raise psycopg.OperationalError("the server closed the connection")
        self.database.rows += self.staged
        self.database.quarantine += self.refused
        if weather == "crash after":
            raise Crash
        if weather in {"unknown", "drop, unknown"}:
            self.closed = True
            raise psycopg.OperationalError("the connection ended after COMMIT")


WEATHER = ("fine", "fails", "unknown", "drop", "drop, fails", "drop, unknown", "forget", "crash before", "crash after")


def name_of(message: Message) -> tuple[str, int]:
    return portions.lift_of(message), int(message.payload)


async def write(tx: Transaction, readings: Any, classes: Any, circumstances: Any, *_: Any) -> Written:
    """As `ingest.transaction.write`: duplicates are looked up where one may be, else the key itself refuses them."""
    database = tx.database
    if len(readings) > database.most:
        database.too_slow += 1
        raise TimeoutError
    for reading in readings:
        name = name_of(reading.message)
        if name[0] in database.locked:
            raise TransientError("locked") from psycopg.errors.LockNotAvailable()
        if name in database.poison:
            raise RowRefusedError("22000: poison")
        known = name in database.rows or name in tx.staged
        if known and not (circumstances.careful or reading.message.dup):
            raise RowRefusedError("23505: it is there already")
        if not known:
            tx.staged.append(name)
    return Written()


async def refuse(
    tx: Transaction, refusals: Any, *, policy: Any, now: Any, at_lift: bool
) -> tuple[Counter[str], list[Any]]:
    del policy, now
    for refusal in refusals:
        name = (refusal.topic.split("/")[2], int(refusal.payload))
        if name not in tx.database.quarantine:
            tx.refused.append(name)
    return Counter(), []


async def rows(tx: Transaction, query: str, *, lift_ids: Any = (), **_: Any) -> list[dict[str, Any]]:
    if query == "hold_lease":
        return [{"yes": 1}]
    return [{"lift_id": one} for one in lift_ids if query == "heard_lifts" or one not in tx.database.locked]


class Line:
    """`ingest.subscriber.Subscriber`, its windows and its inbox the real ones."""

    def __init__(self, broker: Broker, database: Database, epoch: int) -> None:
        self.broker = broker
        self.database = database
        self.epoch = epoch
        self.connected_at = clock.now()
        self.window = Window(epoch)
        self.inbox = Inbox(messages=10**4, size=10**6, batch_messages=self.broker.window - 1, batch_size=10**6)
        self.idle = 0
        self.looked = asyncio.Event()

    @property
    def unacknowledged(self) -> int:
        return len(self.window)

    def deliver(self) -> None:
        """The broker sends what its window allows."""
        for packet_id in self.broker.next_ids():
            if not self.broker.queue:
                return
            lift, number, dup = self.broker.queue.popleft()
            self.broker.unanswered.append((packet_id, lift, number))
            self.broker.held.add((lift, number))
            self.window.delivered(packet_id)
            topic = f"lift/v1/{lift}/event"
            self.inbox.put([Message(topic, str(number).encode(), dup, False, 0, self.epoch, packet_id)])
            self.idle = 0

    def reconnect(self) -> None:
        """Another connection for the same session; what the old one brought stays in the inbox."""
        self.broker.end_connection()
        self.epoch += 1
        self.window = Window(self.epoch)

    async def receive(self, wait_s: float) -> list[Message]:
        await asyncio.sleep(0)
        batch = self.inbox.take()
        if not batch:
            self.idle += 1
            self.looked.set()
        return batch

    def acknowledge(self, epoch: int, packet_ids: list[int]) -> None:
        for packet_id in self.window.committed(epoch, packet_ids):
            first, lift, number = self.broker.unanswered.pop(0) if self.broker.unanswered else (0, "", 0)
            if packet_id != first:
                self.broker.wronged.append(f"{packet_id} acknowledged, {first} was the next in the order of delivery")
            elif (lift, number) not in [*self.database.rows, *self.database.quarantine]:
                self.broker.wronged.append(f"{lift} {number} acknowledged, not committed")

    async def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Markers are not what this is about."""


class Deaf:
    def tell(self, acks: Any) -> None:
        """Nobody is told."""


class LaneLife(RuleBasedStateMachine):
    """See the head of this file."""

    def __init__(self, window: int = WINDOW) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.loop = asyncio.new_event_loop()
        self.broker, self.database = Broker(window), Database()
        self.database.during = self.during
        self.numbers = Counter[str]()
        self.epoch = 0
        self.patch.setattr(db, "connect", self.connect)
        self.patch.setattr(transaction, "write", write)
        self.patch.setattr(writer, "refuse", refuse)
        self.patch.setattr(store, "rows", rows)
        self.patch.setattr(writer, "BACKOFF_FIRST", 0)
        self.start()

    async def connect(self, url: str, *, application: str) -> Transaction:
        return Transaction(self.database)

    def start(self) -> None:
        """A new process: nothing is in its hands."""
        self.epoch += 1
        self.line = Line(self.broker, self.database, self.epoch)
        self.stop = asyncio.Event()
        # the lane as the intake makes it; only its line to the broker is another one
        intake = Intake(SETTINGS, Policy())
        intake._open()
        self.lane = intake.lanes[0]
        self.lane._subscriber, self.lane._teller = self.line, Deaf()
        self.task = self.loop.create_task(self.lane.run(self.stop))

    def bury(self) -> None:
        """The process is gone with all it held; the broker has what was not answered, and another one comes."""
        self.broker.end_connection()
        self.broker.held.clear()
        self.epoch = self.line.epoch
        self.start()

    def during(self, what: str) -> None:
        """In the middle of a transaction."""
        if what == "forget":
            self.forget()
        else:
            self.line.reconnect()
            self.line.deliver()

    def forget(self) -> None:
        """The broker lost its memory: what it had and had not delivered is its loss, not ours."""
        self.broker.unanswered.clear()
        self.broker.queue.clear()
        self.line.reconnect()

    def turn(self) -> None:
        """Let the lane work until it has nothing more to do, or died."""

        async def quiet() -> None:
            self.line.idle = 0
            while self.line.idle < 3 and not self.task.done():
                self.line.looked.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.line.looked.wait(), 0.05)

        self.loop.run_until_complete(quiet())
        if self.task.done():
            error = self.task.exception()
            assert isinstance(error, Crash), error
            self.bury()

    @rule(lift=st.sampled_from(LIFTS), number=st.integers(1, 3))
    def publish(self, lift: str, number: int) -> None:
        """A lift sends."""
        for _ in range(number):
            self.broker.queue.append((lift, self.numbers[lift], False))
            self.numbers[lift] += 1

    @rule()
    def deliver(self) -> None:
        """The broker sends, the lane does not yet work."""
        self.line.deliver()

    @rule()
    def work(self) -> None:
        """The broker sends, the lane works."""
        self.line.deliver()
        self.turn()

    @rule(some=st.lists(st.sampled_from(WEATHER), min_size=1, max_size=4))
    def foretell(self, some: list[str]) -> None:
        """What the next transactions will meet."""
        self.database.weather.extend(some)

    @rule()
    def lose_connection(self) -> None:
        """The line to the broker ends and comes back."""
        self.line.reconnect()

    @rule()
    def lose_session(self) -> None:
        """The broker was killed by force."""
        self.forget()

    @rule()
    def kill(self) -> None:
        """The process is killed between two of its steps."""
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            self.loop.run_until_complete(self.task)
        self.bury()

    @rule(lift=st.sampled_from(LIFTS))
    def lock(self, lift: str) -> None:
        """Somebody holds the memory of a lift."""
        self.database.locked.add(lift)

    @precondition(lambda self: self.database.locked)
    @rule()
    def unlock(self) -> None:
        """And lets it go."""
        self.database.locked.clear()

    @rule(lift=st.sampled_from(LIFTS))
    def poison(self, lift: str) -> None:
        """The next message of a lift is one that the database refuses."""
        self.database.poison.add((lift, self.numbers[lift]))

    @invariant()
    def acknowledged_as_promised(self) -> None:
        """Only what is committed, in order."""
        assert not self.broker.wronged

    @invariant()
    def stored_once(self) -> None:
        """However often it came."""
        kept = [*self.database.rows, *self.database.quarantine]
        assert len(kept) == len(set(kept))

    @invariant()
    def in_order(self) -> None:
        """The messages of one lift."""
        for lift in LIFTS:
            numbers = [number for name, number in self.database.rows if name == lift]
            assert numbers == sorted(numbers), lift

    def teardown(self) -> None:
        try:
            self.database.weather.clear()
            self.database.locked.clear()
            for turn in range(200):  # at least twice: what was set aside is seen by nobody
                if turn > 1 and not (self.broker.queue or self.broker.unanswered or self.line.inbox):
                    break
                self.work()
            assert not self.broker.wronged
            assert not self.broker.queue
            assert not self.broker.unanswered, "never acknowledged"
            lost = self.broker.held - {*self.database.rows, *self.database.quarantine}
            assert not lost
            assert not set(self.database.quarantine) - self.database.poison, "in quarantine without a reason"
        finally:
            self.stop.set()
            self.task.cancel()
            with suppress(BaseException):
                self.loop.run_until_complete(self.task)
            self.loop.close()
            self.patch.undo()


TestLaneLife = LaneLife.TestCase
TestLaneLife.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)


def test_a_slow_database_gets_small_batches_until_it_is_faster() -> None:
    """A database that manages 25 messages within the deadline, and a queue of five hundred.

    Each whole batch of 99 costs three deadlines, each of its halves three more, before the quarters are stored: on an
    overloaded machine the alarm lane stored less than came, and controllers, unanswered, repeated their alarms.
    """
    life = LaneLife(window=100)
    try:
        life.database.most = 25
        life.broker.queue.extend(("A", number, False) for number in range(500))
        for _ in range(10):
            life.work()
        assert len(life.database.rows) == 500
        assert life.database.too_slow <= 15
    finally:
        life.database.most = 10**6
        life.teardown()
