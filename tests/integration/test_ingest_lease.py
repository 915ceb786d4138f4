"""Two intakes at one broker: one reads, the other stands by and takes over; nobody commits on a lost lease."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from itertools import count

import pytest

from alerts.policy import Policy
from deploy.servers import Mosquitto
from elevator import db
from elevator.settings import Settings
from ingest.lease import Lease, LeaseLostError, still_mine
from ingest.pipeline import Intake
from tests.integration.test_ingest_pipeline import Database, event, lift_client, sample, send, until

LIFT = "43020000001"


@contextlib.asynccontextmanager
async def _ingest(database: str, broker: Mosquitto) -> AsyncIterator[subprocess.Popen[bytes]]:
    """A process of `liftline ingest`."""
    process = subprocess.Popen(  # noqa: ASYNC220 - it is only started here
        [sys.executable, "-m", "ingest"], stderr=subprocess.PIPE,
        env={
            **os.environ, "LIFTLINE_DATABASE_URL": database, "LIFTLINE_MQTT_URL": broker.url,
            "LIFTLINE_MQTT_CLIENT_ID": broker.client_id, "LIFTLINE_INGEST_METRICS_PORT": "0",
        },
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_another_takes_over_within_five_seconds_and_nothing_is_lost(
    database: str, broker: Mosquitto, how: signal.Signals
) -> None:
    numbers, asked = count(), Database(database)
    sent: set[int] = set()
    async with _ingest(database, broker) as first, _ingest(database, broker) as second, lift_client(broker) as lift:

        async def holder(term: int) -> int | None:
            rows = await asked.rows("SELECT holder FROM intake_lease WHERE term = %s", term)
            return int(rows[0]["holder"].split(":")[1]) if rows else None

        async def some() -> None:
            for _ in range(20):
                sent.add(number := next(numbers))
                await send(lift, f"lift/v1/{LIFT}/telemetry", sample(number))

        pid = await until(lambda: holder(1), within=20)
        subscribed = "SELECT count(*) = 3 FROM intake WHERE listening_since IS NOT NULL"
        await until(lambda: asked.value(subscribed), within=20)
        await some()
        (first if pid == first.pid else second).send_signal(how)
        began = asyncio.get_running_loop().time()
        await some()
        assert await until(lambda: holder(2), within=15) != pid
        print(f"\n{how.name}: taken over after {asyncio.get_running_loop().time() - began:.2f} s")

        async def all_there() -> bool:
            return {row["seq"] for row in await asked.rows("SELECT seq FROM sample")} == sent

        await until(all_there, within=15)


async def test_only_the_holder_commits(database: str) -> None:
    """The old holder only seemed dead: its next transaction is refused, and the new one waits for the present one."""
    first, second = Lease(database, "x"), Lease(database, "x")
    never = asyncio.Event()
    assert await first.take(never)
    async with contextlib.AsyncExitStack() as stack:
        connection = await db.connect(database, application="test")
        stack.push_async_callback(connection.close)
        async with connection.transaction():
            await still_mine(connection, first)
            await first.give_back()  # its lock is gone, its transaction is not
            taking = asyncio.create_task(second.take(never))
            done, _ = await asyncio.wait({taking}, timeout=0.5)
            assert not done
        assert await asyncio.wait_for(taking, 10)
        assert second.term == first.term + 1
        with pytest.raises(LeaseLostError):
            async with connection.transaction():
                await still_mine(connection, first)
        async with connection.transaction():
            await still_mine(connection, second)
    await second.give_back()


async def test_workers_that_share_a_subscription_read_at_a_time(database: str, broker: Mosquitto) -> None:
    """The same worker code without a lease, as for an EMQX cluster: each message once, each alarm one rescue."""
    asked = Database(database)
    settings = Settings(database_url=database, mqtt_url=broker.url, mqtt_share="a-name-hard-to-guess-7f3a")
    stop, workers = asyncio.Event(), [Intake(settings, Policy()) for _ in range(3)]
    tasks = [asyncio.create_task(worker.run(stop)) for worker in workers]
    try:

        async def all_ready() -> bool:
            return all(worker.ready() is None and worker.lanes for worker in workers)

        await until(all_ready, within=20)
        async with lift_client(broker) as lift:
            for n in range(90):
                await send(lift, f"lift/v1/S-{n % 9}/telemetry", sample(n // 9))
            for n in range(9):
                await send(lift, f"lift/v1/S-{n}/event", event(0, "entrapment"))
        await until(lambda: asked.value("SELECT count(*) = 90 FROM sample"), within=20)
        await until(lambda: asked.value("SELECT count(*) = 9 FROM incident WHERE kind = 'rescue'"), within=20)
        shares = [lane.stored_at is not None for worker in workers for lane in worker.lanes if lane.name == "telemetry"]
        assert sum(shares) > 1
    finally:
        stop.set()
        await asyncio.gather(*tasks)
    assert await asked.value("SELECT count(*) FROM intake_lease") == 0
