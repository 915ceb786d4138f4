"""`liftline up` as a program: everything it starts, it watches, keeps and ends, and nothing else."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.servers import find_mosquitto, find_postgres, free_port, scratch_folder

pytestmark = pytest.mark.integration

PATIENCE = 60.0  # s; only a failing test waits so long
POLL = 0.05


def until(condition: Callable[[], Any], what: str, within: float = PATIENCE) -> Any:
    deadline = time.monotonic() + within
    while not (value := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"not within {within} s: {what}")
        time.sleep(POLL)
    return value


def _status(pid: int) -> tuple[str, int] | None:
    """State letter and parent of a process; None for one that is gone or a zombie."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return None
    return None if state == "Z" else (state, int(parent))


def descendants(pid: int) -> dict[int, str]:
    """Everything that a process has started, with its command line."""
    parents = {
        int(entry.name): status[1] for entry in Path("/proc").glob("[0-9]*") if (status := _status(int(entry.name)))
    }
    found: dict[int, str] = {}
    line = [pid]
    while line:
        parent = line.pop()
        for child in [one for one, of in parents.items() if of == parent and one not in found]:
            with suppress(OSError):  # ended meanwhile
                found[child] = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                line.append(child)
    return found


@dataclass
class Up:
    """A running `liftline up`."""

    process: "subprocess.Popen[bytes]"
    screen: Path
    api_port: int
    mqtt_port: int
    started: dict[int, str] = field(default_factory=dict)

    @property
    def said(self) -> str:
        """What stands on its screen."""
        return self.screen.read_text()

    @property
    def address(self) -> str:
        """Of the HTTP interface."""
        return f"http://127.0.0.1:{self.api_port}"

    def is_ready(self) -> bool:
        """Whether the HTTP interface says so."""
        try:
            return httpx.get(f"{self.address}/readyz", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    @contextmanager
    def sign_in(self) -> Iterator[httpx.Client]:
        """By the one-time link on the screen."""
        link = re.search(r"Sign in as admin, once, within 15 minutes: (\S+)/#signin=(\S+)", self.said)
        assert link, self.said
        with httpx.Client(base_url=f"{link[1]}/api/v1", timeout=5) as http:
            answer = http.post("/session/link", json={"code": link[2]})
            assert answer.status_code == 200, answer.text
            assert answer.json()["user"]["role"] == "admin"
            http.headers["X-CSRF-Token"] = answer.json()["csrf"]
            yield http

    def service(self, module: str) -> int:
        """The process of one service."""
        return next(pid for pid, line in descendants(self.process.pid).items() if line.endswith(f"-m {module} "))


@contextmanager
def up(folder: Path, number: int = signal.SIGINT, **variables: str) -> Iterator[Up]:
    """`liftline up` until the block ends; then a signal must end it, with 0, and all that it has started."""
    api_port, mqtt_port = free_port(), free_port()
    screen = folder / "screen"
    words = ["up", "--data-dir", folder / "data", "--api-port", str(api_port), "--mqtt-port", str(mqtt_port)]
    free = {"LIFTLINE_INGEST_METRICS_PORT": "0", "LIFTLINE_DISPATCH_METRICS_PORT": "0"}
    with screen.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "deploy.cli", *words], stdin=subprocess.DEVNULL, stdout=file, stderr=file,
            env={**os.environ, **free, "COLUMNS": "200", **variables},
        )  # fmt: skip
    running = Up(process, screen, api_port, mqtt_port)
    try:
        until(lambda: process.poll() is not None or "Ctrl-C stops" in running.said, "it is up")
        assert process.poll() is None, running.said
        yield running
        if process.poll() is not None:  # the test has ended it
            return
        running.started = descendants(process.pid)
        process.send_signal(number)
        assert process.wait(PATIENCE) == 0, running.said
        assert {pid: line for pid, line in running.started.items() if _status(pid) is not None} == {}
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)


@pytest.fixture
def folder() -> Iterator[Path]:
    find_mosquitto()
    find_postgres()
    with scratch_folder("up") as made:
        yield made


LIFT = {"lift_id": "31104302002017080012", "rescue_code": "100001", "name": "一号梯"}


def test_up_serves_heals_ends_and_keeps_its_data(folder: Path) -> None:
    bystander = subprocess.Popen([sys.executable, "-m", "http.server", str(free_port()), "--bind", "127.0.0.1"],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        with up(folder) as running:
            assert running.is_ready()
            lines = list(descendants(running.process.pid).values())
            for part in ("-m api ", "-m ingest ", "-m alerts ", "mosquitto", "postgres"):
                assert any(part in line for line in lines), part
            secrets = [folder / "data" / "postgres" / "password", folder / "data" / "broker" / "platform.password"]
            for secret in secrets:
                assert secret.read_text() not in running.said
            with running.sign_in() as http:
                assert http.post("/lifts", json=LIFT).status_code == 201
                assert http.post("/session/link", json={"code": "x" * 43}).status_code == 401
            _a_killed_service_is_started_again(running)
        assert "Stopping" in running.said
        assert bystander.poll() is None

        with up(folder, signal.SIGTERM) as again:
            assert "Schema: up to date" in again.said
            with again.sign_in() as http:
                found = http.get(f"/lifts/{LIFT['lift_id']}").json()
                assert (found["name"], found["registered"]) == (LIFT["name"], True)
        assert bystander.poll() is None
    finally:
        bystander.terminate()
        bystander.wait(10)


def _a_killed_service_is_started_again(running: Up) -> None:
    for module, name in (("api", "api"), ("alerts", "dispatch"), ("ingest", "ingest")):
        before = running.service(module)
        os.kill(before, signal.SIGKILL)
        until(lambda name=name: f"{name} ended (code -9) and is started again" in running.said, f"{name} is missed")
        until(lambda module=module, before=before: _another(running, module, before), f"{name} runs again")
    until(running.is_ready, "it is ready again")


def _another(running: Up, module: str, before: int) -> bool:
    try:
        return running.service(module) != before
    except StopIteration:
        return False


def test_a_second_one_on_the_same_data_is_refused_and_harms_nothing(folder: Path) -> None:
    with up(folder) as running:
        words = ["up", "--data-dir", folder / "data", "--api-port", "0", "--mqtt-port", "0"]
        second = subprocess.run(
            [sys.executable, "-m", "deploy.cli", *words], capture_output=True, text=True, timeout=60, check=False
        )
        assert second.returncode == 1
        last = second.stderr.strip().splitlines()[-1]
        assert f"is in use by another Liftline (process {running.process.pid})" in last
        assert running.is_ready()
        healthy = subprocess.run(
            [sys.executable, "-m", "deploy.cli", "doctor"], capture_output=True, text=True, timeout=60, check=False,
            env={**os.environ, "LIFTLINE_DATABASE_URL": (folder / "data" / "database.url").read_text().strip(),
                 "LIFTLINE_MQTT_URL": f"mqtt://127.0.0.1:{running.mqtt_port}"},
        )  # fmt: skip
        assert healthy.returncode == 0, healthy.stdout + healthy.stderr
        assert "✗" not in healthy.stdout
        for finding in ("✓ dispatch: alive", "✓ ingest, lane alarm: alive", "✓ schema", "✓ broker"):
            assert finding in healthy.stdout, healthy.stdout


def test_what_it_started_ends_even_when_it_is_killed(folder: Path) -> None:
    with up(folder) as running:
        started = descendants(running.process.pid)
        running.process.kill()
        running.process.wait(PATIENCE)
        until(lambda: not [pid for pid in started if _status(pid)], "its children have ended")
        with up(folder) as again:  # the data folder is free, and recovers
            assert again.is_ready()
