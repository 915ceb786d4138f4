"""One trial: put a contender to work in one mode, watch the rows come, and read what it has cost.

The time runs from the first rows seen in the table to the moment at which a count finds all of them; the rows of the
first look are not counted as done in it.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Self

import psycopg

from deploy.bench.contenders import Contender, contender, is_ours
from deploy.bench.figures import SOON, Mode, Trial, next_look
from deploy.bench.generator import Alarms, Generator
from deploy.bench.laboratory import Bench, Laboratory
from deploy.bench.sql import QUERIES
from elevator.errors import ServerError

FIRST_LOOK = 0.01  # s between looks for the first row
STUCK = 60.0  # s without a new row
Show = Callable[[int, int], None]  # rows, rows wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to do."""

    contender: str
    mode: Mode
    lifts: int
    round: int
    messages: int  # none in mode idle
    rate: float | None = None  # of mode half, messages/s
    alarms: float = 20.0  # presses/s
    presses: int = 100  # of mode idle


@dataclass(frozen=True, slots=True)
class _Costs:
    """At one moment."""

    at: float
    rows: int
    worker_s: float
    database_s: float
    broker_s: float


class _Watch:
    """Counts rows with little work for the database, and notices a contender that is stuck or dead."""

    def __init__(self, bench: Bench, who: Contender, wanted: int, show: Show) -> None:
        self._bench = bench
        self._who = who
        self._wanted = wanted
        self._show = show
        self._database = psycopg.connect(bench.database_url, autocommit=True)
        self.peak = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def ask(self, query: str) -> int:
        """One number of the database."""
        row = self._database.execute(QUERIES[query]).fetchone()
        return int(row[0]) if row else 0

    def count(self) -> int:
        """Messages that are done: in the table, or left out of it as those of a lift that floods (contract 2.8)."""
        return self.ask(self._who.counter) + self._who.thinned()

    def costs(self, rows: int) -> _Costs:
        """What everything has cost until now."""
        at = time.monotonic()
        worker, self.peak = self._who.cost()
        return _Costs(at, rows, worker, *self._bench.costs())

    def first(self) -> _Costs:
        """Wait for the first row."""
        began = time.monotonic()
        while not self.ask(self._who.starter):
            if time.monotonic() - began > STUCK:
                raise ServerError(f"no row has come for {STUCK:.0f} s")
            self._who.check()
            time.sleep(FIRST_LOOK)
        return self.costs(self.count())

    def last(self, first: _Costs) -> _Costs:
        """Wait until all rows are there."""
        rows, moved = first.rows, first.at
        ended = False
        while rows < self._wanted:
            spent = time.monotonic() - first.at
            pause = next_look(rows, self._wanted, (rows - first.rows) / spent if spent > 0 else 0)
            # who commits once, at its end, is watched by its end
            time.sleep(SOON if self._who.starter != self._who.counter else pause)
            ended = self._who.check()
            if self._who.starter == self._who.counter or ended:
                found = self.count()
                moved = time.monotonic() if found > rows else moved
                rows = found
                self._show(rows, self._wanted)
            if (ended and rows < self._wanted) or time.monotonic() - moved > STUCK * (3 if rows == 0 else 1):
                raise ServerError(f"{rows} of {self._wanted} messages came into the database, then no more")
        return self.costs(rows)

    def row_bytes(self) -> float:
        """Table and indexes by rows."""
        rows = self.ask(self._who.counter)
        row = self._database.execute(QUERIES["total_bytes"], {"name": self._who.table}).fetchone()
        return float(row[0]) / rows if row and rows else 0.0


def run(laboratory: Laboratory, order: Order, show: Show) -> Trial:
    """Carry out one order.

    Raises:
        ServerError: something failed, or not all messages are in the database.
    """
    with laboratory.place(order.lifts) as bench, contender(order.contender, bench) as who:
        match order.mode:
            case Mode.DRAIN:
                return _drain(bench, who, order, show)
            case Mode.IDLE:
                return _idle(bench, who, order, show)
            case Mode.LIVE | Mode.HALF:
                return _live(bench, who, order, show)


def _drain(bench: Bench, who: Contender, order: Order, show: Show) -> Trial:
    """Fill the queue while the contender is away, then let it come back."""
    who.subscribe()
    with Generator(bench.broker.lift_url, lifts=order.lifts, messages=order.messages) as load:
        while not load.wait_sent(0.2):
            show(load.sent, order.messages)
        fill_rate = load.rate
        load.finish()
    with ExitStack() as stack:
        watch = stack.enter_context(_Watch(bench, who, order.messages, show))
        alarms = None
        who.start(order.messages)  # presses begin when it is at it: its start is no draining
        if is_ours(order.contender) and order.alarms:
            alarms = stack.enter_context(Generator(bench.broker.lift_url, lifts=1, alarms=order.alarms))
        first = watch.first()
        last = watch.last(first)
        heard = alarms.finish() if alarms else Alarms()
        return _trial(order, watch, first, last, heard, fill_rate=fill_rate)


def _live(bench: Bench, who: Contender, order: Order, show: Show) -> Trial:
    """Let messages come while the contender works."""
    who.subscribe()
    alarms = order.alarms if is_ours(order.contender) else 0
    with _Watch(bench, who, order.messages, show) as watch:
        who.start(order.messages)
        with Generator(
            bench.broker.lift_url, lifts=order.lifts, messages=order.messages, rate=order.rate, alarms=alarms
        ) as load:
            first = watch.first()
            last = watch.last(first)
            load.wait_sent(STUCK)
            heard = load.finish()
            return _trial(order, watch, first, last, heard, fill_rate=load.rate)


def _idle(bench: Bench, who: Contender, order: Order, show: Show) -> Trial:
    """Press alarm buttons of an intake that has nothing else to do."""
    with _Watch(bench, who, 0, lambda *_: None) as watch:
        who.start(0)
        first = watch.costs(0)
        with Generator(bench.broker.lift_url, lifts=1, alarms=order.alarms) as load:
            began = time.monotonic()
            while load.answered < order.presses:
                show(load.answered, order.presses)
                who.check()
                load.wait_sent(0.1)  # notices its end
                if time.monotonic() - began > STUCK + order.presses / order.alarms:
                    raise ServerError(f"{load.answered} of {order.presses} alarms were answered, then no more")
            heard = load.finish()
        return _trial(order, watch, first, watch.costs(0), heard)


def _trial(
    order: Order, watch: _Watch, first: _Costs, last: _Costs, heard: Alarms, *, fill_rate: float | None = None
) -> Trial:
    done, seconds = last.rows - first.rows, last.at - first.at
    micro = 1e6 / done if done else 0.0
    return Trial(
        contender=order.contender, mode=order.mode, lifts=order.lifts, round=order.round, messages=last.rows,
        seconds=seconds, rate=done / seconds if done else 0.0, worker_us=(last.worker_s - first.worker_s) * micro,
        database_us=(last.database_s - first.database_s) * micro,
        broker_us=(last.broker_s - first.broker_s) * micro, rss_mb=watch.peak, row_bytes=watch.row_bytes(),
        fill_rate=fill_rate, presses_ms=heard.took_ms, unanswered=heard.unanswered,
    )  # fmt: skip
