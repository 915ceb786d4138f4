"""What may happen to a worker, the database, the broker and the network; each breaks one thing and mends it.

A fault returns in words what was done. Whether everything comes right afterwards is not its business.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from deploy.chaos.arena import Arena, Loop
from deploy.chaos.proxy import Cut, Proxy
from deploy.chaos.verdict import QUERIES
from deploy.chaos.worker import LANES, Place
from deploy.child import is_alive

_REACHED = 20.0  # s in which a chosen moment must come
_COMES_BACK = 5.0  # s in which a worker must be connected again
_FULL_TABLES = ("sample", "event", "link", "quarantine")
_ANSWERS = 400  # bytes: a few answers of the database, or a message to a lane
_PUBACK = b"\x40\x02"


class NotReachedError(Exception):
    """The chosen moment did not come: this trial would prove nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spans:
    """How long things last, in seconds."""

    away: tuple[float, float]  # a server, or the network, is gone
    silent: tuple[float, float]  # nothing passes, and nobody is told
    steady: tuple[float, float]  # nothing happens before the blow


SHORT = Spans(away=(0.5, 1.0), silent=(0.5, 1.0), steady=(0.1, 0.3))
LONG = Spans(away=(1.0, 4.0), silent=(1.0, 7.0), steady=(0.2, 1.0))

Fault = Callable[[Arena, Spans], str]


def _last(arena: Arena, span: tuple[float, float]) -> float:
    """Wait that long."""
    seconds = arena.random.uniform(*span)
    time.sleep(seconds)
    return seconds


# --- the worker ---------------------------------------------------------------------------------------------


def worker_killed(arena: Arena, spans: Spans) -> str:
    """`kill -9` at a moment that nobody chose."""
    after = _last(arena, spans.steady)
    arena.end_workers()
    arena.start_worker()
    return f"after {after:.2f} s"


def worker_stopped(arena: Arena, spans: Spans) -> str:
    """SIGTERM: it must end in order, by itself."""
    _last(arena, spans.steady)
    codes = [worker.end(signal.SIGTERM) for worker in arena.workers]
    arena.workers.clear()
    arena.start_worker()
    return f"exit codes {codes}"


def worker_frozen(arena: Arena, spans: Spans) -> str:
    """A machine that stands still, and goes on as if nothing had happened."""
    for worker in arena.workers:
        os.kill(worker.process.pid, signal.SIGSTOP)
    seconds = _last(arena, spans.silent)
    for worker in arena.workers:
        os.kill(worker.process.pid, signal.SIGCONT)
    return f"for {seconds:.1f} s"


def worker_overtaken(arena: Arena, spans: Spans) -> str:
    """The worker freezes, another one comes, the first wakes up beside it and is killed."""
    frozen = list(arena.workers)
    for worker in frozen:
        os.kill(worker.process.pid, signal.SIGSTOP)
    arena.start_worker()
    _last(arena, spans.silent)
    for worker in frozen:
        os.kill(worker.process.pid, signal.SIGCONT)
    _last(arena, spans.steady)
    for worker in frozen:
        worker.end(signal.SIGKILL)
        arena.workers.remove(worker)
    return "frozen, doubled, awake, killed"


def second_worker(arena: Arena, spans: Spans) -> str:
    """Two workers for one session, and one of them dies."""
    arena.tend()
    arena.start_worker()
    seconds = _last(arena, spans.away) + _last(arena, spans.steady)
    victim = arena.random.choice(arena.workers)
    which = arena.workers.index(victim) + 1
    victim.end(signal.SIGKILL)
    arena.workers.remove(victim)
    return f"two for {seconds:.1f} s, number {which} killed"


def _dies(place: Place) -> Fault:
    def fault(arena: Arena, spans: Spans) -> str:
        """The next worker dies at a chosen place, and another one follows."""
        lane = "alarm" if place is Place.BEFORE_ACK else arena.random.choice(LANES)
        if place in {Place.BETWEEN_PUBACKS, Place.IN_COPY}:
            lane = "telemetry"  # the lane whose batches are large enough
        number = arena.random.randint(1, 40 if place is Place.IN_COPY else 3 if lane == "alarm" else 12)
        arena.end_workers(signal.SIGKILL if arena.random.random() < 0.5 else signal.SIGTERM)
        if place is Place.BETWEEN_PUBACKS:
            _last(arena, spans.steady)  # some messages queue up
        dying = arena.start_worker(place, lane, str(number))
        try:
            code = dying.process.wait(_REACHED)
        except subprocess.TimeoutExpired:
            raise NotReachedError(f"{place} on lane {lane} did not come {number} times") from None
        if code != -signal.SIGKILL:
            raise NotReachedError(f"the worker that was to die at {place} ended with {code}")
        arena.workers.remove(dying)
        arena.start_worker()
        return f"lane {lane}, time {number}"

    fault.__name__ = f"worker_dies_{place}"
    return fault


# --- the database -------------------------------------------------------------------------------------------


def database_killed(arena: Arena, spans: Spans) -> str:
    """SIGKILL of the server, as by a machine out of memory."""
    _last(arena, spans.steady)
    arena.postgres.kill()
    arena.postgres.start()
    return "SIGKILL"


def database_stopped_at_once(arena: Arena, spans: Spans) -> str:
    """Immediate stop: no checkpoint, recovery at the start."""
    _last(arena, spans.steady)
    os.kill(arena.postgres.pid, signal.SIGQUIT)
    arena.postgres.stop()
    arena.postgres.start()
    return "immediate"


def database_stopped(arena: Arena, spans: Spans) -> str:
    """Fast stop: whoever is connected is thrown out."""
    _last(arena, spans.steady)
    arena.postgres.stop()
    arena.postgres.start()
    return "fast"


def database_away(arena: Arena, spans: Spans) -> str:
    """No database for a while: everything waits at the broker."""
    arena.postgres.stop()
    seconds = _last(arena, spans.away)
    arena.postgres.start()
    return f"for {seconds:.1f} s"


def _backends(arena: Arena) -> list[int]:
    """The server processes of the workers, who may still be on their way back from the fault before.

    Raises:
        NotReachedError: none has come.
    """
    deadline = time.monotonic() + _COMES_BACK
    while not (pids := [row["pid"] for row in arena.rows("backends")]):
        if time.monotonic() > deadline:
            raise NotReachedError("no worker was connected")
        time.sleep(0.05)
    return pids


def backend_killed(arena: Arena, spans: Spans) -> str:
    """SIGKILL of a server process: PostgreSQL throws everybody out and recovers."""
    _last(arena, spans.steady)
    pids = _backends(arena)
    pid = arena.random.choice(pids)
    if is_alive(pid, "postgres"):  # else it has gone by itself meanwhile
        os.kill(pid, signal.SIGKILL)
    return f"one of {len(pids)}"


def backends_terminated(arena: Arena, spans: Spans) -> str:
    """An administrator throws the workers out."""
    _last(arena, spans.steady)
    pids = _backends(arena)
    for pid in pids:
        arena.rows("terminate", pid=pid)
    return f"{len(pids)} connections"


def disk_full(arena: Arena, spans: Spans) -> str:
    """The database answers 53100 to every row, for a while."""
    arena.execute(
        "CREATE OR REPLACE FUNCTION chaos_full() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = '53100'; END $$"
    )
    for table in _FULL_TABLES:
        arena.execute(
            f"CREATE OR REPLACE TRIGGER chaos_full BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION chaos_full()"
        )
    seconds = _last(arena, spans.away)
    for table in _FULL_TABLES:
        arena.execute(f"DROP TRIGGER IF EXISTS chaos_full ON {table}")
    return f"for {seconds:.1f} s"


def read_only(arena: Arena, spans: Spans) -> str:
    """The database takes no writes, as a standby after a switch does."""
    arena.execute("ALTER DATABASE liftline SET default_transaction_read_only = on", "postgres")
    for row in arena.rows("backends"):
        arena.rows("terminate", pid=row["pid"])
    seconds = _last(arena, spans.away)
    arena.execute("ALTER DATABASE liftline RESET default_transaction_read_only", "postgres")
    for row in arena.rows("backends"):
        arena.rows("terminate", pid=row["pid"])
    return f"for {seconds:.1f} s"


def memories_locked(arena: Arena, spans: Spans) -> str:
    """A hung transaction holds half of the lifts' memories."""

    def hold() -> str:
        with psycopg.connect(arena.postgres.url, connect_timeout=5) as connection:
            held = connection.execute(QUERIES["lock_lifts"], {"limit": 60}).rowcount
            seconds = _last(arena, spans.away)
        return f"{held} lifts for {seconds:.1f} s"

    return arena.patiently(hold)


# --- the network --------------------------------------------------------------------------------------------


def _cut(arena: Arena, proxy: Proxy, cut: Cut) -> None:
    proxy.arm(cut)
    if not cut.done.wait(_REACHED):
        raise NotReachedError(f"the byte did not come: {cut}")
    arena.tend()


def cut_before_commit(arena: Arena, _: Spans) -> str:
    """The connection ends and COMMIT never reaches the database."""
    _cut(arena, arena.to_database, Cut(up=True, word=b"COMMIT"))
    return "COMMIT not sent"


def cut_in_commit(arena: Arena, _: Spans) -> str:
    """The connection ends within the word."""
    skip = arena.random.randint(1, 6)
    _cut(arena, arena.to_database, Cut(up=True, word=b"COMMIT", skip=skip))
    return f"{skip} bytes of COMMIT sent"


def cut_after_commit(arena: Arena, _: Spans) -> str:
    """COMMIT is done, its answer is lost: the worker cannot know."""
    _cut(arena, arena.to_database, Cut(up=True, word=b"COMMIT", whole=True))
    return "outcome unknown"


def database_cut(arena: Arena, _: Spans) -> str:
    """The connection to the database ends at any byte, either way."""
    up = arena.random.random() < 0.5
    skip = arena.random.randint(0, 20_000 if up else _ANSWERS)
    _cut(arena, arena.to_database, Cut(up=up, skip=skip))
    return f"{'up' if up else 'down'}, byte {skip}"


def broker_cut(arena: Arena, _: Spans) -> str:
    """The connection to the broker ends within a message to the worker."""
    skip = arena.random.randint(0, 20 * _ANSWERS)
    _cut(arena, arena.to_broker, Cut(up=False, skip=skip))
    return f"down, byte {skip}"


def cut_in_puback(arena: Arena, _: Spans) -> str:
    """The connection to the broker ends within one of a batch's PUBACKs."""
    skip = 4 * arena.random.randint(0, 5) + arena.random.randint(0, 3)
    _cut(arena, arena.to_broker, Cut(up=True, word=_PUBACK, skip=skip))
    return f"{skip} bytes of PUBACKs sent"


@contextmanager
def _silent(loop: Loop, proxy: Proxy) -> Iterator[None]:
    loop.call(proxy.silence())
    try:
        yield
    finally:
        loop.call(proxy.speak())


def _falls_silent(where: str) -> Fault:
    def fault(arena: Arena, spans: Spans) -> str:
        """Nothing passes; then it goes on, or the connections turn out to be dead."""
        proxy = arena.to_database if where == "database" else arena.to_broker
        with _silent(arena.loop, proxy):
            seconds = _last(arena, spans.silent)
            dead = arena.random.random() < 0.5
            if dead:
                arena.loop.call(proxy.cut_now())
        return f"for {seconds:.1f} s, then {'cut' if dead else 'as before'}"

    fault.__name__ = f"{where}_silent"
    return fault


# --- the broker ---------------------------------------------------------------------------------------------


def broker_restarted(arena: Arena, spans: Spans) -> str:
    """An orderly restart: it writes down what it holds."""
    _last(arena, spans.steady)
    arena.broker.stop()
    arena.broker.start()
    return "in order"


def broker_away(arena: Arena, spans: Spans) -> str:
    """No broker for a while: lifts wait with what they have to say."""
    arena.broker.stop()
    seconds = _last(arena, spans.away)
    arena.broker.start()
    return f"for {seconds:.1f} s"


def broker_restarted_with_queue(arena: Arena, spans: Spans) -> str:
    """The broker restarts while it holds a queue for a worker that is not there."""
    arena.end_workers()
    seconds = _last(arena, spans.away)
    arena.broker.stop()
    arena.broker.start()
    arena.start_worker()
    return f"{seconds:.1f} s of queue"


CATALOGUE: dict[str, Fault] = {
    fault.__name__: fault
    for fault in (
        worker_killed, worker_stopped, worker_frozen, worker_overtaken, second_worker,
        *(_dies(place) for place in Place),
        database_killed, database_stopped_at_once, database_stopped, database_away, backend_killed,
        backends_terminated, disk_full, read_only, memories_locked,
        cut_before_commit, cut_in_commit, cut_after_commit, database_cut, broker_cut, cut_in_puback,
        _falls_silent("database"), _falls_silent("broker"),
        broker_restarted, broker_away, broker_restarted_with_queue,
    )
}  # fmt: skip
