"""A real broker with a small queue: that it fills, and that it drops, is seen."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from deploy.servers import Mosquitto, find_mosquitto, scratch_folder
from elevator.broker import access
from elevator.errors import ServerError
from ingest.broker_watch import Limits
from ingest.broker_watcher import BrokerWatcher, watching
from ingest.subscriber import session
from ingest.transports import TRANSPORTS, Transport
from tests.conftest import _missing
from tests.ingest_service import IngestService
from tests.ingest_session import running

LIMIT = 100
SECONDS = 15  # two of the broker's intervals, and some


@pytest.fixture
def small() -> Iterator[Mosquitto]:
    """A broker that queues 100 messages for a session."""
    try:
        find_mosquitto()
    except ServerError as error:
        _missing(str(error))
    with scratch_folder("small") as folder, Mosquitto(folder / "mosquitto", queued_messages=LIMIT) as server:
        yield server


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110 - it watches another process
            await asyncio.sleep(0.05)


def figure(name: str) -> float:
    value = REGISTRY.get_sample_value(name)
    assert value is not None
    return value


def connections(logs: list[MutableMapping[str, Any]]) -> list[MutableMapping[str, Any]]:
    return [entry for entry in logs if entry["event"] == "broker_connected" and entry.get("client_id") == "watch"]


async def absent(broker: Mosquitto) -> None:
    """A session that is away."""
    who = session(access(broker.url), client_id="absent", filters=("lift/v1/+/event",), retained=False)
    async with running(TRANSPORTS["mqtt5"](who)):
        pass


async def publish(broker: Mosquitto, number: int) -> None:
    who = session(access(broker.url), client_id="lifts", filters=("none",), retained=False)
    async with running(TRANSPORTS["mqtt5"](who)) as lifts:
        await asyncio.gather(*[lifts.publish("lift/v1/L/event", b"{}") for _ in range(number)])


@asynccontextmanager
async def watcher(transport: Transport, broker: Mosquitto) -> AsyncIterator[BrokerWatcher]:
    stop = asyncio.Event()
    async with running(transport(watching(access(broker.url), "watch"))) as subscriber:
        made = BrokerWatcher(subscriber, Limits(messages=LIMIT, size=0))
        task = asyncio.create_task(made.run(stop))
        try:
            yield made
        finally:
            stop.set()
            await task


@pytest.mark.integration
@pytest.mark.parametrize("name", TRANSPORTS)
async def test_a_queue_that_fills_and_overflows_is_seen(name: str, small: Mosquitto) -> None:
    dropped = figure("liftline_broker_dropped_total")
    await absent(small)
    with capture_logs() as logs:
        async with watcher(TRANSPORTS[name], small) as watch:
            await until(lambda: figure("liftline_broker_queued_messages") == 0)
            assert watch.reason is None
            await publish(small, 90)
            await until(lambda: watch.reason is not None)
            assert watch.reason == "the broker's queue is 90% full (90 messages wait); full, it drops messages"
            assert figure("liftline_broker_queue_fill") == pytest.approx(0.9)
            assert figure("liftline_broker_dropped_total") == dropped
            await publish(small, 50)
            await until(lambda: figure("liftline_broker_dropped_total") == dropped + 40)
            await until(lambda: "dropped 40 messages" in str(watch.reason))
            assert figure("liftline_broker_queued_messages") == LIMIT
            before = len(connections(logs))
            small.stop()
            small.start()
            await until(lambda: len(connections(logs)) > before)
    troubles = [entry["trouble"] for entry in logs if entry["event"] == "broker_trouble"]
    assert troubles == ["queue_full", "dropped"]  # once each, however often it is looked at
    assert not [entry for entry in logs if entry["event"] == "broker_forgot_us"]


async def test_after_an_absence_ingest_says_what_was_lost(small: Mosquitto, database: str) -> None:
    """Its own queue ran over while it was away: it works again, and its health is yellow."""
    service = IngestService(
        LIFTLINE_DATABASE_URL=database,
        LIFTLINE_MQTT_URL=small.url,
        LIFTLINE_BROKER_QUEUE_MESSAGES=str(LIMIT),
    )
    async with service:
        assert (await service.answers("/readyz", "200")).startswith("200 text/plain")
    await publish(small, LIMIT + 20)
    async with service:
        answer = await service.answers("/readyz", "200 application/json")
        found = json.loads(answer.split(" ", 2)[2])
        assert found["state"] == "degraded"
        assert "the broker dropped 40 messages" in found["reason"]  # two lanes, 20 each
        assert "liftline_broker_dropped_total 40.0" in await service.answers("/metrics", "broker_dropped_total 4")
