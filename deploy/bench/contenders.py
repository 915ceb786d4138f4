"""Who is measured: the pipe of mosquitto_sub and psql, our intake on each transport, and the loop people write first.

Each leaves a session at the broker (`subscribe`), may be started on what has queued up in it, and tells which processes
are its own. What it has brought into the database is counted there; only what it has thinned, it is asked for.
"""

import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, get_args

from prometheus_client.parser import text_string_to_metric_families

from deploy.bench.laboratory import Bench
from deploy.bench.processes import cpu_of, peak_mb
from deploy.ports import free_port
from deploy.servers import find_clients
from deploy.services import Service, Services
from elevator.errors import ServerError
from elevator.settings import Settings
from simulators.publisher import broker

REFERENCE = "reference"  # with a window that does not hold it back
NARROW = "reference-default"  # as typed by people: the broker sends 20 messages ahead, no more
PLAIN = "plain"
_OURS = "liftline-"
_WINDOW = "65535"  # unacknowledged messages that the reference allows; MQTT 5 only
_HEARD, _THINNED = "liftline_messages_total", "thinned"  # the metric and its label
_PATIENCE = 30.0  # s for a program to end


def transports() -> tuple[str, ...]:
    """What LIFTLINE_MQTT_TRANSPORT may be, the default first."""
    field = Settings.model_fields["mqtt_transport"]
    return tuple(sorted(get_args(field.annotation), key=lambda name: name != field.default))


def names() -> tuple[str, ...]:
    """All contenders."""
    return (REFERENCE, NARROW, *(_OURS + transport for transport in transports()), PLAIN)


def is_ours(name: str) -> bool:
    """Whether it answers alarms."""
    return name.startswith(_OURS)


def transport_of(name: str) -> str:
    """The transport of one of ours."""
    return name.removeprefix(_OURS)


class Contender(Protocol):
    """One of them, for one trial."""

    table: str  # where its rows are
    counter: str  # the query that counts them
    starter: str  # the query that is above 0 once it has begun to write

    def subscribe(self) -> None:
        """Leave a session at the broker, and be gone."""

    def start(self, messages: int) -> None:
        """Work, on what is queued and on what comes; returns when it is at it."""

    def check(self) -> bool:
        """Whether it has ended by itself, with all committed.

        Raises:
            ServerError: it has failed.
        """

    def thinned(self) -> int:
        """Messages that it has heard and left out of its table, because their lift floods."""

    def cost(self) -> tuple[float, float]:
        """CPU seconds so far, and the largest resident size in MB."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def contender(name: str, bench: Bench) -> Contender:
    """The contender of that name."""
    if name in {REFERENCE, NARROW}:
        return _Pipe(bench, wide=name == REFERENCE)
    if name == PLAIN:
        return _Programs(bench, "plain")
    return _Intake(bench, transport_of(name))


class _Programs:
    """Programs as children that end with us; by itself the plain loop."""

    table = "inserted"
    counter = starter = "count_inserted"

    def __init__(self, bench: Bench, name: str) -> None:
        self._bench = bench
        self._running: list[subprocess.Popen[bytes]] = []
        self._spent = 0.0  # CPU s of those that have ended
        self._peaks: dict[int, float] = {}
        self._log = bench.folder / f"{name}.log"
        self._environment = {
            "LIFTLINE_DATABASE_URL": bench.database_url,
            "LIFTLINE_MQTT_URL": bench.broker.url,
            "LIFTLINE_MQTT_CLIENT_ID": bench.client_id,
        }

    def subscribe(self) -> None:
        self._complete(self._run(sys.executable, "-m", "deploy.bench.plain", "subscribe"))

    def start(self, messages: int) -> None:  # noqa: ARG002 - it never ends
        self._run(sys.executable, "-m", "deploy.bench.plain")

    def check(self) -> bool:
        self.cost()
        for process in self._running:
            self._reap(process)
            if process.returncode:
                raise ServerError(f"a contender failed: {self._words()}")
        return all(process.returncode == 0 for process in self._running)

    def thinned(self) -> int:
        return 0

    def cost(self) -> tuple[float, float]:
        alive = [process.pid for process in self._running if process.returncode is None]
        for pid in alive:
            self._peaks[pid] = max(self._peaks.get(pid, 0), peak_mb(pid))
        return self._spent + sum(cpu_of(pid) for pid in alive), sum(self._peaks.values())

    def _run(
        self, *words: str | Path, stdin: int | None = subprocess.DEVNULL, stdout: int | None = None
    ) -> "subprocess.Popen[bytes]":
        setpriv = shutil.which("setpriv")
        tied = [setpriv, "--pdeathsig=TERM", "--"] if setpriv else []
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                [*tied, *map(str, words)], stdin=stdin, stdout=log if stdout is None else stdout, stderr=log,
                env={**os.environ, **self._environment}, start_new_session=True,
            )  # fmt: skip
        self._running.append(process)
        return process

    def _complete(self, process: "subprocess.Popen[bytes]") -> None:
        """Wait for a program that only prepares something."""
        self._running.remove(process)
        try:
            code = process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise ServerError(f"a contender could not be prepared: {self._words()}") from None
        if code:
            raise ServerError(f"a contender could not be prepared: {self._words()}")

    def _reap(self, process: "subprocess.Popen[bytes]") -> None:
        """Notice its end, and what it has cost in all: `poll` would throw that away."""
        if process.returncode is None:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                process.returncode = os.waitstatus_to_exitcode(status)
                self._spent += usage.ru_utime + usage.ru_stime

    def _words(self) -> str:
        return self._log.read_text(errors="replace")[-1000:].strip() or "without a word"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._running:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
        for process in self._running:
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class _Pipe(_Programs):
    """`mosquitto_sub -q 1 -c … | psql -c 'COPY … FROM STDIN'`: the fastest that comes without a program of one's own.

    It checks nothing, knows no duplicate, acknowledges before anything is stored, and commits once, at its end.
    """

    table, counter, starter = "piped", "count_piped", "size_piped"

    def __init__(self, bench: Bench, *, wide: bool) -> None:
        super().__init__(bench, "reference")
        clients = find_clients()
        if clients is None:
            raise ServerError("the reference needs mosquitto_sub: run `make setup`, or install mosquitto-clients")
        where = broker(bench.broker.url)
        self._subscribe: list[str | Path] = [
            clients / "mosquitto_sub", "-h", where.host, "-p", str(where.port), "-u", where.user or "",
            "-P", where.password or "", "-q", "1", "-c", "-i", bench.client_id, "-t", "lift/v1/+/telemetry",
        ]  # fmt: skip
        if wide:
            self._subscribe += ["-V", "mqttv5", "-x", "3600", "-D", "connect", "receive-maximum", _WINDOW]
        self._psql = bench.postgres.binaries.bin / "psql"

    def subscribe(self) -> None:
        self._complete(self._run(*self._subscribe, "-E"))

    def start(self, messages: int) -> None:
        copy = "COPY piped (payload) FROM STDIN"
        left, right = os.pipe()
        self._run(*self._subscribe, "-C", str(messages), stdout=right)
        self._run(self._psql, self._bench.database_url, "-q", "-X", "-c", copy, stdin=left)
        os.close(left)
        os.close(right)


class _Intake:
    """`liftline ingest` as people start it."""

    table = "sample"
    counter = starter = "count_sample"

    def __init__(self, bench: Bench, transport: str) -> None:
        port = free_port()
        self._service = Service(
            name="ingest",
            module="ingest",
            env={
                "LIFTLINE_DATABASE_URL": bench.database_url,
                "LIFTLINE_MQTT_URL": bench.broker.url,
                "LIFTLINE_MQTT_CLIENT_ID": bench.client_id,
                "LIFTLINE_MQTT_TRANSPORT": transport,
                "LIFTLINE_INGEST_METRICS_PORT": str(port),
            },
            log=bench.folder / "ingest.log",
            ready_url=f"http://127.0.0.1:{port}/readyz",
        )
        self._metrics = f"http://127.0.0.1:{port}/metrics"

    def subscribe(self) -> None:
        self.start(0)
        self._stop()

    def start(self, messages: int) -> None:  # noqa: ARG002 - it never ends
        Services([self._service], lambda _: None).start()

    def check(self) -> bool:
        if not self._service.running:
            raise ServerError(f"liftline ingest ended: {self._service.last_words()}")
        return False

    def thinned(self) -> int:
        try:
            with urllib.request.urlopen(self._metrics, timeout=_PATIENCE) as answer:  # noqa: S310 - our own
                text = answer.read().decode()
        except OSError as error:
            raise ServerError(f"liftline ingest does not tell its metrics: {error}") from error
        told = (one for family in text_string_to_metric_families(text) for one in family.samples)
        return int(sum(one.value for one in told if one.name == _HEARD and one.labels["outcome"] == _THINNED))

    def cost(self) -> tuple[float, float]:
        pid = self._service.pid
        return (cpu_of(pid), peak_mb(pid)) if pid else (0.0, 0.0)

    def _stop(self) -> None:
        self._service.send(signal.SIGTERM)
        if not self._service.wait(_PATIENCE):
            self._service.send(signal.SIGKILL)
            self._service.wait(_PATIENCE)
        self._service.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
