"""What the intake does when something is wrong: with the data, the program, a lock, the process, a message of ours."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import aiomqtt
import psycopg
import pytest
from psycopg.rows import dict_row

from alerts import mending, quiet
from alerts.desk import Desk
from alerts.memory import Memory
from alerts.policy import Policy
from deploy.servers import Mosquitto
from elevator import clock
from elevator.settings import Settings
from ingest.pipeline import Intake

SAMPLE = {"mode": "normal", "floor": "3", "moving": False, "door_zone": True, "door": "closed", "occupied": False}


def sample(seq: int, ts: int | None = None, **fields: Any) -> dict[str, Any]:
    return SAMPLE | {"ts": clock.now_ms() if ts is None else ts, "seq": seq} | fields


def event(seq: int, code: str = "alarm_button", ts: int | None = None, **fields: Any) -> dict[str, Any]:
    return {"ts": clock.now_ms() if ts is None else ts, "seq": seq, "code": code, "active": True} | fields


@asynccontextmanager
async def lift_client(broker: Mosquitto) -> AsyncIterator[aiomqtt.Client]:
    where = urlsplit(broker.lift_url)
    async with aiomqtt.Client(where.hostname or "", where.port or 0, protocol=aiomqtt.ProtocolVersion.V5) as client:
        yield client


async def send(client: aiomqtt.Client, topic: str, payload: Any, *, retain: bool = False) -> None:
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    await client.publish(topic, data, qos=1, retain=retain)


class Database:
    """What a test asks the database."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def rows(self, query: str, *args: Any) -> list[dict[str, Any]]:
        """The rows of a query."""
        async with await psycopg.AsyncConnection.connect(self.url, autocommit=True, row_factory=dict_row) as connection:
            return await (await connection.execute(query.encode(), args)).fetchall()

    async def run(self, statement: str) -> None:
        """Run what answers nothing."""
        async with await psycopg.AsyncConnection.connect(self.url, autocommit=True) as connection:
            await connection.execute(statement.encode())

    async def value(self, query: str, *args: Any) -> Any:
        """The first column of the first row."""
        return next(iter((await self.rows(query, *args))[0].values()))


async def until(condition: Callable[[], Awaitable[Any]], within: float = 10.0) -> Any:
    """Wait for a condition, however slow the machine; fail with its last value."""
    value: Any = None
    async with asyncio.timeout(within) as deadline:
        while not (value := await condition()):  # noqa: ASYNC110 - it watches a database
            await asyncio.sleep(0.02)
        deadline.reschedule(None)
    return value


@asynccontextmanager
async def intake(database: str, broker: Mosquitto, *, ready: bool = True) -> AsyncIterator[Intake]:
    settings = Settings(database_url=database, mqtt_url=broker.url)
    service = Intake(settings, Policy())
    stop = asyncio.Event()
    task = asyncio.create_task(service.run(stop))

    async def is_ready() -> bool:
        if task.done():
            task.result()
        return service.ready() is None

    try:
        if ready:
            await until(is_ready)
        yield service
    finally:
        stop.set()
        await task


@pytest.fixture
def db(database: str) -> Database:
    return Database(database)


async def test_a_hung_telemetry_transaction_delays_no_alarm_of_another_lift(db: Database, broker: Mosquitto) -> None:
    """Somebody holds a lift's rule memory for seconds; its alarm comes after that, the others at once (contract 2.8)."""
    async with intake(db.url, broker), lift_client(broker) as lift:
        for name in ("L1", "L2"):
            await send(lift, f"lift/v1/{name}/event", event(0, "door_held"))
        await until(lambda: db.value("SELECT count(*) = 2 FROM event"))
        async with await psycopg.AsyncConnection.connect(db.url) as hung:
            await hung.execute("SELECT FROM lift_state JOIN lift USING (lift_no) WHERE lift_id = 'L1' FOR UPDATE")
            await send(lift, "lift/v1/L1/event", event(1, "entrapment"))
            for n in range(1, 6):
                await send(lift, "lift/v1/L2/event", event(n, "entrapment"))
            began = asyncio.get_running_loop().time()
            await until(lambda: db.value("SELECT count(*) = 5 FROM event WHERE code = 'entrapment'"), within=2)
            assert asyncio.get_running_loop().time() - began < 1
            await send(lift, "lift/v1/L1/event", event(2, "entrapment", active=False))
            await asyncio.sleep(0.3)
            assert await db.value("SELECT count(*) FROM event") == 7
            await hung.rollback()
        await until(lambda: db.value("SELECT count(*) = 9 FROM event"))
        rows = await db.rows("SELECT seq FROM event JOIN lift USING (lift_no) WHERE lift_id = 'L1' ORDER BY id")
        assert [row["seq"] for row in rows] == [0, 1, 2]


async def test_a_row_that_the_database_refuses_costs_only_itself(db: Database, broker: Mosquitto) -> None:
    await db.run("ALTER TABLE event ADD CHECK (raw <> 'poison')")
    async with intake(db.url, broker), lift_client(broker) as lift:
        await lift.subscribe("lift/v1/+/ack", qos=1)
        await asyncio.gather(
            *(
                send(lift, f"lift/v1/L{n % 7}/event", event(n, "door_held", raw="poison" if n == 13 else "fine"))
                for n in range(40)
            )
        )
        await until(lambda: db.value("SELECT count(*) = 39 FROM event"))
        [row] = await until(lambda: db.rows("SELECT * FROM quarantine"))
        assert (row["reason"], row["lift_id"]) == ("refused_by_database", "L6")
        assert json.loads(bytes(row["payload"]))["seq"] == 13
        assert await db.value("SELECT count(*) FROM incident WHERE kind = 'system'") == 1


async def test_a_bug_for_one_message_stops_nothing(
    db: Database, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    observe = Desk.observe

    def broken(self: Desk, lift_id: str, item: Any, *args: Any, **kwargs: Any) -> Any:
        if getattr(item, "seq", None) == 13:
            raise ZeroDivisionError("a bug")
        return observe(self, lift_id, item, *args, **kwargs)

    is_next = quiet.is_next
    monkeypatch.setattr(quiet, "is_next", lambda mind, item: item.seq != 13 and is_next(mind, item))
    monkeypatch.setattr(Desk, "observe", broken)
    async with intake(db.url, broker), lift_client(broker) as lift:
        await asyncio.gather(*(send(lift, "lift/v1/L1/telemetry", sample(n)) for n in range(40)))
        await until(lambda: db.value("SELECT count(*) = 39 FROM sample"))
        [row] = await until(lambda: db.rows("SELECT * FROM quarantine"))
        assert "the program failed: ZeroDivisionError" in row["detail"]
        monkeypatch.setattr(Desk, "observe", observe)  # the program is repaired, an operator asks for a replay
        await db.run("UPDATE quarantine SET replay_requested_at = now(), replay_requested_by = 'somebody'")
        [row] = await until(lambda: db.rows("SELECT * FROM quarantine WHERE replayed_at IS NOT NULL"))
        assert row["replay_outcome"] in {"late", "stored"}
        [row] = await db.rows("SELECT * FROM sample WHERE seq = 13")
        assert row["replay"]


async def test_a_press_at_a_lift_whose_memory_is_damaged_opens_a_rescue(db: Database, broker: Mosquitto) -> None:
    """It went into quarantine, and as the quarantine could not ring either, nothing did."""
    async with intake(db.url, broker), lift_client(broker) as lift:
        await lift.subscribe("lift/v1/L1/ack", qos=1)
        await send(lift, "lift/v1/L1/event", event(0, "door_held"))
        await until(lambda: db.rows("SELECT 1 FROM event"))
        await db.run("UPDATE lift_state SET memory = 'broken'")
        await send(lift, "lift/v1/L1/event", event(1))
        await until(lambda: db.rows("SELECT 1 FROM incident WHERE kind = 'rescue' AND state = 'suspected'"))
        assert await db.rows("SELECT 1 FROM quarantine") == []
        async with asyncio.timeout(10):
            ack = json.loads(bytes((await anext(aiter(lift.messages))).payload))  # type: ignore[arg-type]
        assert (ack["seq"], ack["incident"]) == (1, await db.value("SELECT id FROM incident WHERE kind = 'rescue'"))
        await until(lambda: db.rows("SELECT 1 FROM incident WHERE code = 'memory_unreadable' AND ringing"))


async def test_an_alarm_of_a_lift_that_cannot_be_had_rings_without_it(
    db: Database, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is wrong with what is remembered of the lift: the topic says where it is."""

    async def lost(*_: Any) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(mending, "mind_of", lost)
    async with intake(db.url, broker), lift_client(broker) as lift:
        await send(lift, "lift/v1/L1/event", event(1))
        [row] = await until(lambda: db.rows("SELECT * FROM incident WHERE kind = 'rescue'"))
        assert (row["lift_no"], row["place"], row["ringing"], row["waits_for_person"], row["unreadable"]) == (
            None, "lift/v1/L1/event", True, True, True,
        )  # fmt: skip
        [kept] = await db.rows("SELECT * FROM quarantine")
        assert kept["lift_id"] == "L1"


async def test_a_damaged_row_of_one_lift_holds_no_alarm_of_another_up(db: Database, broker: Mosquitto) -> None:
    """The server itself fails at it: tried again for ever, it would stand before every alarm that comes after."""
    async with intake(db.url, broker), lift_client(broker) as lift:
        await send(lift, "lift/v1/L1/event", event(0, "door_held"))
        await until(lambda: db.rows("SELECT 1 FROM event"))
        damaged = await db.value("SELECT lift_no FROM lift WHERE lift_id = 'L1'")
        await db.run(
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " RAISE EXCEPTION 'invalid page in block 7' USING ERRCODE = 'data_corrupted'; END $$"
        )
        await db.run(
            "CREATE TRIGGER broken BEFORE UPDATE ON lift_state FOR EACH ROW"
            f" WHEN (OLD.lift_no = {damaged}) EXECUTE FUNCTION broken()"
        )
        await asyncio.gather(*(send(lift, f"lift/v1/{one}/event", event(1)) for one in ("L1", "L2")))
        rescues = await until(
            lambda: _two(
                db,
                "SELECT l.lift_id, i.place FROM incident i LEFT JOIN lift l USING (lift_no) WHERE i.kind = 'rescue' ORDER BY 1",
            )
        )
        assert [(row["lift_id"], row["place"]) for row in rescues] == [("L2", None), (None, "lift/v1/L1/event")]
        [kept] = await db.rows("SELECT * FROM quarantine")
        assert kept["lift_id"] == "L1"
        assert kept["detail"].startswith("DamagedError: XX001: invalid page in block 7")


async def _two(db: Database, query: str) -> list[dict[str, Any]]:
    found = await db.rows(query)
    return found if len(found) == 2 else []


async def test_a_replay_that_still_cannot_be_read_says_so(db: Database, broker: Mosquitto) -> None:
    async with intake(db.url, broker), lift_client(broker) as lift:
        await send(lift, "lift/v1/L1/telemetry", b"{")
        await until(lambda: db.rows("SELECT 1 FROM quarantine"))
        await db.run("UPDATE quarantine SET replay_requested_at = now()")
        [row] = await until(lambda: db.rows("SELECT * FROM quarantine WHERE replayed_at IS NOT NULL"))
        assert row["replay_outcome"].startswith("still unreadable")
        assert await db.value("SELECT count(*) FROM quarantine") == 1


async def test_words_for_passengers_are_published_once_and_in_order(db: Database, broker: Mosquitto) -> None:
    add = (
        "INSERT INTO outbox (key, channel, target, body, created_at, due_at) VALUES"
        " ('{0}', 'mqtt', 'lift/v1/L1/notice', '{{\"payload\": \"{0}\", \"retain\": true}}', now(), now())"
    )
    async with lift_client(broker) as lift:
        await lift.subscribe("lift/v1/L1/notice", qos=1)
        for words in ("one", "two", "three"):
            await db.run(add.format(words))
        async with intake(db.url, broker):
            await until(lambda: db.value("SELECT bool_and(sent_at IS NOT NULL AND due_at IS NULL) FROM outbox"))
            heard = []
            async with asyncio.timeout(5):
                async for message in lift.messages:
                    heard.append(message.payload)
                    if len(heard) == 3:
                        break
    assert heard == [b"one", b"two", b"three"]
    async with lift_client(broker) as late, asyncio.timeout(5):
        await late.subscribe("lift/v1/L1/notice", qos=1)
        async for message in late.messages:
            assert (message.payload, message.retain) == (b"three", True)
            break


async def test_it_says_since_when_it_is_listening(db: Database, broker: Mosquitto) -> None:
    listening = "SELECT count(*) = 3 FROM intake WHERE listening_since IS NOT NULL"
    async with intake(db.url, broker):
        await until(lambda: db.value(listening))
        broker.stop()
        await until(lambda: db.value("SELECT count(*) = 3 FROM intake WHERE listening_since IS NULL"))
        before = await db.value("SELECT max(alive_at) FROM intake")
        await until(lambda: db.value("SELECT min(alive_at) > %s FROM intake", before))
        broker.start()
        await until(lambda: db.value(listening))


async def test_a_killed_worker_loses_nothing(db: Database, broker: Mosquitto) -> None:
    """`kill -9` at any moment: the next one stores what the first had not, and what it had only once."""
    environment = os.environ | {
        "LIFTLINE_DATABASE_URL": db.url,
        "LIFTLINE_MQTT_URL": broker.url,
        "LIFTLINE_INGEST_METRICS_PORT": "0",
        "LIFTLINE_MQTT_CLIENT_ID": "killed",
    }

    async def start() -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(sys.executable, "-m", "ingest", env=environment)

    worker = await start()
    try:
        await until(lambda: db.value("SELECT count(*) = 3 FROM intake WHERE listening_since IS NOT NULL"), within=30)
        async with lift_client(broker) as lift:

            async def load() -> None:
                for n in range(0, 1200, 20):
                    await asyncio.gather(
                        *(send(lift, f"lift/v1/L{n % 9}/telemetry", sample(m)) for m in range(n, n + 20))
                    )
                    await send(lift, f"lift/v1/L{n % 9}/event", event(n, "door_held"))

            loading = asyncio.create_task(load())
            for stored in (100, 500):
                await until(lambda stored=stored: db.value("SELECT count(*) >= %s FROM sample", stored), within=30)
                worker.kill()
                await worker.wait()
                worker = await start()
            await loading
        await until(lambda: db.value("SELECT count(*) = 1200 FROM sample"), within=30)
        await until(lambda: db.value("SELECT count(*) = 60 FROM event"), within=30)
        await until(lambda: db.value("SELECT term = 3 FROM intake_lease"), within=30)  # the last one has begun
        worker.terminate()
        assert await asyncio.wait_for(worker.wait(), 15) == 0
        assert await db.value("SELECT count(*) FROM quarantine") == 0
    finally:
        if worker.returncode is None:
            worker.kill()
            await worker.wait()


async def test_a_bug_on_the_short_way_sends_messages_the_long_way(
    db: Database, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the broken batch is kept in memory, and nothing is lost or stored twice."""
    hear = quiet.hear

    def broken(mind: Memory, facts: Any, item: Any, *args: Any, **kwargs: Any) -> bool:
        heard = hear(mind, facts, item, *args, **kwargs)
        if item.seq % 7 == 3:
            raise ZeroDivisionError("a bug, after the memory was changed")
        return heard

    monkeypatch.setattr(quiet, "hear", broken)
    async with intake(db.url, broker), lift_client(broker) as lift:
        for n in range(30):
            await send(lift, "lift/v1/L1/telemetry", sample(n))
        await until(lambda: db.value("SELECT count(*) = 30 FROM sample"))
        await until(
            lambda: db.value("SELECT convert_from(memory, 'UTF8')::jsonb->>'sample_seq' = '29' FROM lift_state")
        )
        assert await db.value("SELECT count(*) FROM quarantine") == 0
