"""The intake between the real broker and the real database: what lifts send stands there once, and nothing is lost."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import aiomqtt
import psycopg
import pytest
from prometheus_client import REGISTRY
from psycopg.rows import dict_row

from alerts import memory, view
from alerts.policy import Policy
from deploy.servers import Mosquitto
from elevator import clock
from elevator.settings import Settings
from ingest.pipeline import Intake
from ingest.written import THINNED

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


async def test_a_sample_and_an_event_are_stored_once_with_what_they_said(db: Database, broker: Mosquitto) -> None:
    async with intake(db.url, broker), lift_client(broker) as lift:
        await send(lift, "lift/v1/L1/telemetry", sample(0, door_zone=None, direction="up", speed=1.5, faults=["x"]))
        await send(lift, "lift/v1/L1/telemetry", [sample(n) for n in range(1, 51)])
        await send(lift, "lift/v1/L1/event", event(0, "vendor_17", raw="17", detail={"a": [1]}, active=False))
        await send(lift, "lift/v1/L1/link", {"online": True, "ts": clock.now_ms(), "interval": 30}, retain=True)
        await until(lambda: db.value("SELECT count(*) = 51 FROM sample"))
        await until(lambda: db.rows("SELECT 1 FROM link WHERE online AND interval_s = 30"))
        [row] = await until(lambda: db.rows("SELECT * FROM event"))
        assert (row["code"], row["text"], row["raw"], row["active"]) == ("other", "vendor_17", "17", False)
        assert row["detail"] == {"a": [1]}
        [row] = await db.rows("SELECT * FROM sample WHERE seq = 0")
        assert (row["direction"], row["speed"], row["door_zone"], row["faults"]) == (1, 1.5, None, ["x"])
        assert await db.value("SELECT count(*) FROM quarantine") == 0


async def test_a_message_is_stored_once_however_often_it_comes(db: Database, broker: Mosquitto) -> None:
    ts = clock.now_ms()
    async with intake(db.url, broker), lift_client(broker) as lift:
        for _ in range(3):
            await send(lift, "lift/v1/L1/telemetry", [sample(1, ts), sample(1, ts), sample(2, ts)])
            await send(lift, "lift/v1/L1/event", event(1, "door_held", ts))
        await send(lift, "lift/v1/L1/telemetry", sample(3, ts))
        await send(lift, "lift/v1/L1/event", event(2, "door_held", ts))
        await until(lambda: db.value("SELECT count(*) FROM sample WHERE seq = 3"))
        await until(lambda: db.value("SELECT count(*) FROM event WHERE seq = 2"))
        assert await db.value("SELECT count(*) FROM sample") == 3
        assert await db.value("SELECT count(*) FROM event") == 2


async def test_an_alarm_is_told_to_the_lift_each_time_it_comes(db: Database, broker: Mosquitto) -> None:
    ts = clock.now_ms()
    async with intake(db.url, broker), lift_client(broker) as lift:
        await lift.subscribe("lift/v1/L1/ack", qos=1)
        for _ in range(2):
            await send(lift, "lift/v1/L1/event", event(7, "entrapment", ts, boot="b"))
        await send(lift, "lift/v1/L1/event", event(8, "entrapment", ts, boot="b", active=False))
        acks = []
        async with asyncio.timeout(10):
            async for message in lift.messages:
                acks.append(json.loads(message.payload))
                if len(acks) == 3:
                    break
    assert [(ack["boot"], ack["seq"], ack["code"], ack["active"]) for ack in acks] == [
        ("b", 7, "entrapment", True), ("b", 7, "entrapment", True), ("b", 8, "entrapment", False),
    ]  # fmt: skip
    incident = await db.value("SELECT id FROM incident WHERE kind = 'rescue'")
    assert {ack["incident"] for ack in acks} == {incident}
    assert all(abs(ack["received_at"] - ts) < 60_000 for ack in acks)


async def test_an_alarm_whose_key_was_last_seen_long_ago_is_a_new_one(db: Database, broker: Mosquitto) -> None:
    """A controller without `boot` and with a dead clock sends the same key after every restart (contract 2.2)."""
    async with intake(db.url, broker), lift_client(broker) as lift:
        await send(lift, "lift/v1/L1/event", event(1, ts=0))
        await until(lambda: db.rows("SELECT 1 FROM event"))
        await db.rows("UPDATE event SET seen_at = seen_at - interval '11 min' RETURNING 1")
        await send(lift, "lift/v1/L1/event", event(1, ts=0))
        await until(lambda: db.value("SELECT count(*) = 2 FROM event"))
        await send(lift, "lift/v1/L1/event", event(1, ts=0))
        await send(lift, "lift/v1/L1/event", event(2, ts=0))
        await until(lambda: db.value("SELECT count(*) = 3 FROM event"))
    assert [row["reuse"] for row in await db.rows("SELECT reuse FROM event ORDER BY id")] == [0, 1, 0]


async def test_what_cannot_be_read_is_kept_byte_for_byte_and_the_rest_goes_on(db: Database, broker: Mosquitto) -> None:
    huge = b'{"ts": 1, "filler": "' + b"x" * 200_000 + b'"}'
    async with intake(db.url, broker), lift_client(broker) as lift:
        await send(lift, "lift/v1/L1/telemetry", b"\xff\x00 no json")
        await send(lift, "lift/v1/L1/telemetry", huge)
        await send(lift, "lift/v1/L1/telemetry", [sample(1), {"seq": 2}, sample(3)])
        await send(lift, "lift/v1/bad id!/telemetry", sample(1))
        await send(lift, "lift/v1/L1/raw/unheard_of", b"\x01\x02")
        await send(lift, "lift/v1/L1/telemetry", sample(4))
        await until(lambda: db.rows("SELECT 1 FROM sample WHERE seq = 4"))
    kept = {row["reason"]: row for row in await db.rows("SELECT * FROM quarantine")}
    assert {reason: bytes(row["payload"]) for reason, row in kept.items()} == {
        "not_utf8": b"\xff\x00 no json",
        "too_large": huge,
        "missing_field": b'{"seq": 2}',
        "bad_topic": kept["bad_topic"]["payload"],
        "unknown_adapter": b"\x01\x02",
    }
    assert kept["bad_topic"]["topic"] == "lift/v1/bad id!/telemetry"
    assert {row["seq"] for row in await db.rows("SELECT seq FROM sample")} == {1, 3, 4}


async def test_a_thousand_bad_messages_do_not_delay_a_good_alarm(db: Database, broker: Mosquitto) -> None:
    async with intake(db.url, broker), lift_client(broker) as lift:
        await asyncio.gather(*(send(lift, "lift/v1/L1/event", f"nonsense {n}".encode()) for n in range(1000)))
        began = asyncio.get_running_loop().time()
        await send(lift, "lift/v1/L2/event", event(1, "entrapment"))
        await until(lambda: db.rows("SELECT 1 FROM incident WHERE kind = 'rescue'"), within=3)
        took = asyncio.get_running_loop().time() - began
        await until(lambda: db.value("SELECT count(*) = 1000 FROM quarantine"))
    assert took < 1.5
    assert await db.value("SELECT count(*) FROM incident WHERE kind = 'system'") == 1


async def test_an_unreadable_alarm_is_a_suspicion(db: Database, broker: Mosquitto) -> None:
    async with intake(db.url, broker), lift_client(broker) as lift:
        await send(lift, "lift/v1/L1/event", b'{"code": "entrapment", "ts": ')
        await until(lambda: db.rows("SELECT 1 FROM incident WHERE kind = 'rescue' AND unreadable"))


async def test_a_restart_of_broker_and_intake_loses_nothing(db: Database, broker: Mosquitto) -> None:
    async with intake(db.url, broker):
        pass
    async with lift_client(broker) as lift:  # nobody listens: the broker queues
        for n in range(20):
            await send(lift, "lift/v1/L1/telemetry", sample(n))
        await send(lift, "lift/v1/L1/event", event(0, "door_held"))
    broker.stop()
    async with intake(db.url, broker, ready=False) as service:

        async def has_no_connection() -> bool:
            return "no connection" in (service.ready() or "")

        await until(has_no_connection)
        broker.start()
        await until(lambda: db.value("SELECT count(*) = 20 FROM sample"), within=20)
        await until(lambda: db.rows("SELECT 1 FROM event"))
        broker.stop()
        broker.start()
        async with lift_client(broker) as lift:
            for n in range(20, 40):
                await send(lift, "lift/v1/L1/telemetry", sample(n))
        await until(lambda: db.value("SELECT count(*) = 40 FROM sample"), within=20)


async def test_nothing_is_acknowledged_while_the_database_refuses_us(
    db: Database, broker: Mosquitto, postgres_server: Any
) -> None:
    """The database goes away in the middle; what came meanwhile is stored when it is back, once."""
    name = urlsplit(db.url).path[1:]
    async with intake(db.url, broker) as service, lift_client(broker) as lift:
        await send(lift, "lift/v1/L1/telemetry", sample(0))
        await until(lambda: db.rows("SELECT 1 FROM sample"))
        admin = Database(postgres_server.url_of("postgres"))
        await admin.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await admin.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", name)
        for n in range(1, 11):
            await send(lift, "lift/v1/L1/telemetry", sample(n))
        await send(lift, "lift/v1/L1/event", event(0, "door_held"))

        async def unstored() -> bool:
            # the telemetry lane hears the event too, and leaves it to the other
            return service.lanes[1].unacknowledged == 11 and service.lanes[0].unacknowledged == 1

        await until(unstored)
        await asyncio.sleep(0.5)
        assert await unstored()
        await admin.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await until(lambda: db.value("SELECT count(*) = 11 FROM sample"), within=20)
        await until(lambda: db.rows("SELECT 1 FROM event"))


async def test_a_flood_is_thinned_in_history_only_counted_and_shown(db: Database, broker: Mosquitto) -> None:
    """Contract 2.8: what repeats is not kept; every change still reaches the rules, and nothing of it is lost."""
    topic = "lift/v1/43020000009/telemetry"
    changes = {number: {"floor": str(number)} for number in range(100, 600, 100)}
    counted = ("liftline_messages_total", {"topic": "telemetry", "outcome": THINNED})
    before = REGISTRY.get_sample_value(*counted) or 0
    async with intake(db.url, broker), lift_client(broker) as lift:
        await send(lift, topic, sample(0))
        await until(lambda: db.value("SELECT count(*) = 1 FROM sample"))
        floor: dict[str, Any] = {}
        for number in range(1, 600):
            floor = changes.get(number, floor)
            await send(lift, topic, sample(number, **floor))

        async def heard() -> bool:
            stored = await db.value("SELECT count(*) FROM sample")
            return bool(stored + (REGISTRY.get_sample_value(*counted) or 0) - before == 600)

        await until(heard)

        async def written_behind() -> bool:
            kept = memory.decode(await db.value("SELECT memory FROM lift_state"))
            return kept.sample is not None and kept.sample.seq == 599  # the newest state, thinned or not

        await until(written_behind, within=40)
    stored = {row["seq"] for row in await db.rows("SELECT seq FROM sample")}
    thinned = (REGISTRY.get_sample_value(*counted) or 0) - before
    assert thinned > 300
    assert set(changes) <= stored
    kept = memory.decode(await db.value("SELECT memory FROM lift_state"))
    assert kept.notes == {memory.FLOODS: thinned}
    shown = view.lift_state(memory.encode(kept), online=True, heard_at=clock.now())
    assert shown is not None
    assert [note["code"] for note in shown["notes"]] == ["flood"]
    assert await db.value("SELECT count(*) FROM sequence_gap") == 0


async def test_missing_numbers_stand_in_the_ledger_until_they_come(db: Database, broker: Mosquitto) -> None:
    """Contract 2.1: the one loss left shows as a gap in `seq`; on the short way, on the long way, and in the API's rows."""
    lift, other = "43020000011", "43020000012"
    ledger = (
        "SELECT lift_id, topic, boot, first_seq, last_seq, missing, filled_at IS NOT NULL AS filled FROM sequence_gap "
        "JOIN lift USING (lift_no) ORDER BY id"
    )

    def gap(lift_id: str, first: int, last: int, missing: int, **fields: Any) -> dict[str, Any]:
        fixed = {"lift_id": lift_id, "topic": "telemetry", "boot": "b1", "filled": missing == 0}
        return fixed | {"first_seq": first, "last_seq": last, "missing": missing} | fields

    async def holds(*expected: dict[str, Any]) -> bool:
        return await db.rows(ledger) == list(expected)

    async with intake(db.url, broker), lift_client(broker) as client:
        for number in (0, 1, 2, 6, 7):  # the short way after the first, 3–5 are missing
            await send(client, f"lift/v1/{lift}/telemetry", sample(number, boot="b1"))
        await until(lambda: holds(gap(lift, 3, 5, 3)))
        again = sample(4, boot="b1")
        for late in (again, sample(5, boot="b1"), again):
            await send(client, f"lift/v1/{lift}/telemetry", late)
        await until(lambda: holds(gap(lift, 3, 5, 1)))
        await send(client, f"lift/v1/{lift}/telemetry", sample(3, boot="b1"))
        await until(lambda: holds(gap(lift, 3, 5, 0)))
        for number in (0, 2):
            await send(client, f"lift/v1/{other}/event", event(number, "door_held", boot="b1"))
        await until(lambda: holds(gap(lift, 3, 5, 0), gap(other, 1, 1, 1, topic="event")))
        await send(client, f"lift/v1/{lift}/telemetry", sample(1, boot="b2"))  # a new boot begins at 0
        await until(
            lambda: holds(gap(lift, 3, 5, 0), gap(other, 1, 1, 1, topic="event"), gap(lift, 0, 0, 1, boot="b2"))
        )
