"""Services that are started before their database: each waits, says so at `/readyz`, and works as soon as it answers."""

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urlsplit, urlunsplit

import httpx
import pytest

from deploy.ports import free_port
from deploy.servers import Mosquitto

SERVICES = {"ingest": "ingest", "dispatch": "alerts", "api": "api"}
PORTS = {
    "ingest": "LIFTLINE_INGEST_METRICS_PORT",
    "dispatch": "LIFTLINE_DISPATCH_METRICS_PORT",
    "api": "LIFTLINE_API_PORT",
}
AWAY = "the database does not answer\n"


@contextlib.asynccontextmanager
async def door(url: str) -> AsyncIterator[tuple[str, Callable[[], Awaitable[None]]]]:
    """An address of the database at which nobody listens until it is opened."""
    real = urlsplit(url)
    port = free_port()
    servers: list[asyncio.Server] = []

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def through(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(real.hostname, real.port)
        await asyncio.gather(carry(reader, back), carry(there, writer))

    async def opens() -> None:
        servers.append(await asyncio.start_server(through, "127.0.0.1", port))

    who = f"{real.username}:{real.password}@" if real.password else f"{real.username}@"
    yield urlunsplit(real._replace(netloc=f"{who}127.0.0.1:{port}")), opens
    for server in servers:
        server.close()


@contextlib.asynccontextmanager
async def started(service: str, url: str, broker: Mosquitto) -> AsyncIterator[tuple[Process, str]]:
    """The service as a process of its own, and where it says whether it is ready."""
    port = free_port()
    variables = {"LIFTLINE_DATABASE_URL": url, "LIFTLINE_MQTT_URL": broker.url, PORTS[service]: str(port)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", SERVICES[service], env={**os.environ, **variables}, stdin=DEVNULL, stderr=PIPE
    )
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def told(http: httpx.AsyncClient, address: str, wanted: tuple[int, str]) -> None:
    """Wait until the service says this of itself."""
    async with asyncio.timeout(30):
        while True:
            with contextlib.suppress(httpx.TransportError):
                answer = await http.get(f"{address}/readyz")
                if (answer.status_code, answer.text) == wanted:
                    return
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_waits_for_its_database(service: str, database: str, broker: Mosquitto) -> None:
    """`dispatch` and `api` used to end with 1 where `ingest` waited: after a power cut it is chance who is up first."""
    async with door(database) as (url, opened), started(service, url, broker) as (process, address):
        async with httpx.AsyncClient(timeout=20) as http:
            await told(http, address, (503, AWAY))
            assert (await http.get(f"{address}/healthz")).status_code == 200
            if service == "api":
                answer = await http.get(f"{address}/api/v1/session", headers={"Authorization": "Bearer none"})
                assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
                assert answer.json()["detail"].startswith("the database does not answer")
            await opened()
            await told(http, address, (200, "ready\n"))
        process.terminate()
        async with asyncio.timeout(20):
            assert await process.wait() == 0


@pytest.mark.parametrize("service", SERVICES)
async def test_a_waiting_service_ends_when_it_is_told_to(service: str, database: str, broker: Mosquitto) -> None:
    async with door(database) as (url, _), started(service, url, broker) as (process, address):
        async with httpx.AsyncClient() as http:
            await told(http, address, (503, AWAY))
        process.terminate()
        async with asyncio.timeout(20):
            assert await process.wait() == 0


@pytest.mark.parametrize("service", SERVICES)
async def test_a_schema_that_is_not_ours_is_refused_though_the_service_had_to_wait(
    service: str, empty_database: str, broker: Mosquitto
) -> None:
    async with door(empty_database) as (url, opened), started(service, url, broker) as (process, address):
        async with httpx.AsyncClient() as http:
            await told(http, address, (503, AWAY))
        await opened()
        async with asyncio.timeout(20):
            assert await process.wait() == 2
        assert process.stderr is not None
        assert b"liftline migrate" in await process.stderr.read()
