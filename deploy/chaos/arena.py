"""What is broken: database, broker, proxies, workers and lifts of one trial, all of it its own and gone afterwards.

The main thread breaks things, because only it may start servers (`deploy.child`); proxies and lifts live in an event
loop beside it.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import aiomqtt
import psycopg

from deploy.chaos import verdict
from deploy.chaos.ledger import Entry, Ledger
from deploy.chaos.lifts import Lifts, Load
from deploy.chaos.proxy import Proxy
from deploy.servers import Mosquitto, Postgres
from elevator import clock, migrate
from elevator.errors import ServerError

if TYPE_CHECKING:
    from concurrent.futures import Future

RECOVERY = 90.0  # s without any progress after a fault: then it has not recovered
_CALL = 30.0  # s for a thing to be done in the loop
_LOOK = 0.1  # s between two looks

T = TypeVar("T")


class Loop:
    """An event loop in a thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(_report)
        self._thread = threading.Thread(target=self._loop.run_forever, name="chaos loop", daemon=True)
        self._thread.start()

    def call(self, work: Coroutine[Any, Any, T], within: float = _CALL) -> T:
        """Have it done, and wait."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(within)

    def begin(self, work: Coroutine[Any, Any, T]) -> "Future[T]":
        """Have it done, without waiting."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def close(self) -> None:
        """End it."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_CALL)
        self._loop.close()


def _report(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """The client leaves an answer behind that nobody waits for when its broker goes away: that is no news here."""
    if not isinstance(context.get("exception"), aiomqtt.MqttError):
        loop.default_exception_handler(context)


class Worker:
    """One `ingest` process."""

    def __init__(self, env: dict[str, str], log: Path, death: tuple[str, ...] = ()) -> None:
        module = ["deploy.chaos.worker", *death] if death else ["ingest"]
        setpriv = shutil.which("setpriv")
        tied = [setpriv, "--pdeathsig=KILL", "--"] if setpriv else []
        with log.open("ab") as file:
            self.process = subprocess.Popen(
                [*tied, sys.executable, "-m", *module], env=env, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
                start_new_session=True,
            )  # fmt: skip

    def end(self, number: signal.Signals, within: float = 20.0) -> int:
        """Send it a signal and wait for its end; returns its exit code, by force if need be."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait(within)


@dataclass(slots=True, kw_only=True)
class Arena:
    """Everything that a fault may touch."""

    postgres: Postgres
    broker: Mosquitto
    loop: Loop
    to_database: Proxy
    to_broker: Proxy
    lifts: Lifts
    ledger: Ledger
    random: Random
    log: Path  # of the workers
    env: dict[str, str]
    workers: list[Worker] = field(default_factory=list)
    _checked: int = 0  # so many of the ledger's entries have been found stored
    _late: list[Entry] = field(default_factory=list)
    _looked: datetime = field(default_factory=clock.now)

    def start_worker(self, *death: str) -> Worker:
        """One more worker; with `death` one that kills itself (see `deploy.chaos.worker`)."""
        worker = Worker(self.env, self.log, death)
        self.workers.append(worker)
        return worker

    def end_workers(self, number: signal.Signals = signal.SIGKILL) -> None:
        """End all that run."""
        for worker in self.workers:
            worker.end(number)
        self.workers.clear()

    def tend(self) -> None:
        """What a supervisor does: start again what has died."""
        self.workers = [worker for worker in self.workers if worker.process.poll() is None]
        if not self.workers:
            self.start_worker()

    def patiently(self, work: Callable[[], T]) -> T:
        """Do something at the database, again while it is on its way up from the fault before."""
        deadline = time.monotonic() + RECOVERY
        while True:
            try:
                return work()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_LOOK)

    def execute(self, statement: str, database: str | None = None) -> None:
        """Run a statement of ours directly at the server, not through the proxy."""

        def work() -> None:
            url = self.postgres.url if database is None else self.postgres.url_of(database)
            with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
                connection.execute(statement.encode())

        self.patiently(work)

    def rows(self, query: str, **parameters: Any) -> list[dict[str, Any]]:
        """The rows of a named query."""
        return self.patiently(lambda: verdict.rows(self.postgres.url, query, **parameters))

    def behind(self) -> list[Entry]:
        """Of all that the ledger holds, what is not stored yet, looking only at what was missing before."""
        began = clock.now()
        upto = len(self.ledger.acknowledged)
        self._late += self.ledger.acknowledged[self._checked : upto]
        self._checked = upto
        # a message may be received long after it was sent, but never before we looked for what came before it
        self._late = verdict.missing(self.postgres.url, self._late, self._looked)
        if not self._late:
            self._looked = began
        return self._late

    def wait_stored(self) -> float:
        """Wait until all of this moment's ledger is stored; returns how long it took.

        Raises:
            ServerError: nothing more comes; the message says what is missing.
        """
        began = time.monotonic()
        mark = set(self.ledger.acknowledged[self._checked :]) | set(self._late)

        def left() -> list[Entry]:
            try:
                return sorted(mark.intersection(self.behind()))
            except psycopg.OperationalError:  # the database is on its way up
                return sorted(mark)

        if missing := self._progress(left):
            raise ServerError(f"for {RECOVERY:.0f} s nothing came of {len(missing)} messages, such as {missing[:3]}")
        return time.monotonic() - began

    def pause(self, *, paused: bool = True) -> None:
        """Have the lifts say nothing new, or go on."""
        self.loop.call(self.lifts.pause(paused=paused))

    def wait_quiet(self) -> None:
        """After `pause`: wait until what was begun is in the ledger and every alarm was answered.

        A verdict before that would miss messages that the broker is just taking, or find them lost.

        Raises:
            ServerError: some are not.
        """
        if missing := self._progress(lambda: [*self.lifts.busy(), *(e.lift_id for e in self.ledger.unwritten())]):
            raise ServerError(f"{len(missing)} messages have no PUBACK or no `ack`, such as of {missing[:3]}")

    def _progress(self, left: Callable[[], list[T]]) -> list[T]:
        """Wait until nothing is left, or until nothing changes any more; returns what is left."""
        missing = left()
        changed = time.monotonic()
        while missing and time.monotonic() - changed < RECOVERY:
            self.tend()
            time.sleep(_LOOK)
            now = left()
            if len(now) < len(missing):
                changed = time.monotonic()
            missing = now
        return missing


def _through(url: str, proxy: Proxy) -> str:
    """The same address by way of the proxy."""
    parts = urlsplit(url)
    user = parts.netloc.rpartition("@")[0]
    return parts._replace(netloc=f"{user}@127.0.0.1:{proxy.port}").geturl()


@contextmanager
def arena(folder: Path, load: Load, *, seed: int, durable: bool, say: Callable[[str], None]) -> Iterator[Arena]:
    """Start it all, and the first worker; stop it all."""
    with ExitStack() as stack:
        say("database and broker …")
        postgres = stack.enter_context(Postgres(folder / "postgres", durable=durable))
        broker = stack.enter_context(Mosquitto(folder / "broker"))
        migrate.apply(postgres.url)
        loop = Loop()
        stack.callback(loop.close)
        to_database = loop.call(Proxy(lambda: postgres.port).start())
        stack.callback(lambda: loop.call(to_database.stop()))
        to_broker = loop.call(Proxy(lambda: broker.platform_port).start())
        stack.callback(lambda: loop.call(to_broker.stop()))
        ledger = Ledger(folder / "ledger.tsv")
        stack.callback(ledger.close)
        lifts = Lifts(lambda: broker.port, ledger, load, seed=seed)
        env = {name: value for name, value in os.environ.items() if not name.startswith("LIFTLINE_")} | {
            "LIFTLINE_DATABASE_URL": _through(postgres.url, to_database),
            "LIFTLINE_MQTT_URL": _through(broker.url, to_broker),
            "LIFTLINE_MQTT_CLIENT_ID": broker.client_id,
            "LIFTLINE_INGEST_METRICS_PORT": "0",
            "LIFTLINE_LOG_FORMAT": "json",
        }
        stage = Arena(
            postgres=postgres, broker=broker, loop=loop, to_database=to_database, to_broker=to_broker, lifts=lifts,
            ledger=ledger, random=Random(seed), log=folder / "workers.log", env=env,  # noqa: S311 - repeatable
        )  # fmt: skip
        stack.callback(stage.end_workers)
        stage.start_worker()
        _wait_listening(stage)
        stop = asyncio.Event()
        running = loop.begin(lifts.run(stop))
        try:
            yield stage
        finally:
            loop.call(_set(stop))
            running.result(_CALL)


async def _set(event: asyncio.Event) -> None:
    event.set()


def _wait_listening(stage: Arena) -> None:
    """The broker queues for us only once we have been there."""
    deadline = time.monotonic() + RECOVERY
    while True:
        if {row["lane"] for row in stage.rows("listening")} >= {"alarm", "telemetry"}:
            return
        if time.monotonic() > deadline:
            raise ServerError(f"the worker does not listen: {stage.log.read_text()[-2000:]}")
        time.sleep(_LOOK)
