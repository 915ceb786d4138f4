"""Running a service: exit codes, signals, waiting; and the port that shows its health."""

import asyncio
import os
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator

import pytest
from prometheus_client import Counter

from elevator import service
from elevator.errors import LiftlineError, SchemaError, ServerError, SettingsError, TransientError
from elevator.health import HealthServer

Main = Callable[[asyncio.Event], Awaitable[None]]


def failing(*errors: Exception) -> Main:
    async def main(_stop: asyncio.Event) -> None:
        if len(errors) == 1:
            raise errors[0]
        async with asyncio.TaskGroup() as tasks:
            for error in errors:
                tasks.create_task(_raise(error))

    return main


async def _raise(error: Exception) -> None:
    raise error


async def at_once(_stop: asyncio.Event) -> None:
    return


@pytest.mark.parametrize(
    ("main", "code", "told"),
    [
        (at_once, 0, ""),
        (failing(SettingsError("no such port")), 2, "liftline test: no such port\n"),
        (failing(SchemaError("run `liftline migrate`")), 2, "liftline test: run `liftline migrate`\n"),
        (failing(SettingsError("a"), SchemaError("b")), 2, "liftline test: a; b\n"),
        (failing(TransientError("the database is away")), 1, "the database is away"),
        (failing(ServerError("it did not start"), LiftlineError("nor that")), 1, "it did not start; nor that"),
    ],
)
def test_exit_codes(main: Main, code: int, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert service.run("test", main, log_format="json") == code
    err = capsys.readouterr().err
    assert told in err
    assert "Traceback" not in err


def test_a_bug_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        service.run("test", failing(ZeroDivisionError("a bug")), log_format="json")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_ask_it_to_stop(number: signal.Signals) -> None:
    async def main(stop: asyncio.Event) -> None:
        os.kill(os.getpid(), number)
        await asyncio.wait_for(stop.wait(), 5)

    assert service.run("test", main, log_format="console") == 0


async def test_waiting_ends_with_the_service() -> None:
    stop = asyncio.Event()
    assert await service.wait(stop, 0.01) is False
    began = time.monotonic()
    waiting = asyncio.create_task(service.wait(stop, 60))
    await asyncio.sleep(0)
    stop.set()
    assert await waiting is True
    assert time.monotonic() - began < 5


class Health:
    """A health server on a free port, and what its readiness is told."""

    def __init__(self) -> None:
        self.why: str | None = None
        self.yellow: str | None = None
        self.server = HealthServer("127.0.0.1", 0, lambda: self.why, lambda: self.yellow)

    def get(self, path: str) -> tuple[int, str, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.server.port}{path}", timeout=5) as answer:
                return answer.status, answer.headers["Content-Type"], answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers["Content-Type"], error.read().decode()


@pytest.fixture
def health() -> Iterator[Health]:
    made = Health()
    yield made
    made.server.close()


def test_health(health: Health) -> None:
    assert health.get("/healthz")[::2] == (200, "ok\n")
    assert health.get("/readyz?verbose")[::2] == (200, "ready\n")
    health.yellow = "the broker's queue is 90% full"
    assert health.get("/readyz") == (
        200, "application/json", '{"state": "degraded", "reason": "the broker\'s queue is 90% full"}\n',
    )  # fmt: skip
    health.why = "the database does not answer"
    assert health.get("/readyz")[::2] == (503, "the database does not answer\n")
    assert health.get("/healthz")[0] == 200
    status, _, body = health.get("/")
    assert status == 404
    assert "/metrics" in body


def test_metrics(health: Health) -> None:
    counter = Counter("liftline_test_of_health", "Only in this test")
    counter.inc(3)
    status, content_type, body = health.get("/metrics")
    assert status == 200
    assert content_type.startswith("text/plain")
    assert "liftline_test_of_health_total 3.0" in body.splitlines()


def test_health_answers_while_the_program_is_busy(health: Health) -> None:
    """Orchestrators kill what does not answer; a loop that decides a thousand lifts may be busy for a second."""

    async def main() -> str:
        asked = asyncio.create_task(asyncio.to_thread(health.get, "/healthz"))
        await asyncio.sleep(0.01)
        end = time.monotonic() + 0.3
        while time.monotonic() < end:  # holds the event loop
            pass
        return (await asked)[2]

    assert asyncio.run(main()) == "ok\n"


def test_a_taken_port_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(SettingsError, match=f"the metrics port 127.0.0.1:{port} cannot be opened"):
            HealthServer("127.0.0.1", port, lambda: None)
