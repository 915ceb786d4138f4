"""`liftline bench`: carries the plan out, shows what it is at, prints the tables, writes the JSON and the picture."""

import os
import platform
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy import leaving
from deploy.bench import contenders, plot, report
from deploy.bench.figures import Mode, Trial, latency
from deploy.bench.generator import Generator
from deploy.bench.laboratory import Laboratory
from deploy.bench.plan import FLEETS, Plan, Turn, turns
from deploy.bench.trials import Order, run
from deploy.servers import server_version
from elevator.errors import ServerError, SettingsError

_ALONE = 100_000  # messages by which the generator is measured alone
_SENT_WITHIN = 120.0  # s


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the command line says; None is the usual."""

    quick: bool = False
    scale: bool = False
    only: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    rounds: int | None = None
    messages: int | None = None
    lifts: int = 10_000
    alarms: float = 20.0
    json: Path | None = None
    plot: Path | None = None


def planned(wish: Wish) -> Plan:
    """The plan of a wish.

    Raises:
        SettingsError: there is no such contender or mode.
    """
    everyone = contenders.names()
    if unknown := [name for name in wish.only if name not in everyone]:
        raise SettingsError(f"there is no contender {unknown[0]!r}; there are {', '.join(everyone)}")
    if unknown := [name for name in wish.modes if name not in set(Mode)]:
        raise SettingsError(f"there is no mode {unknown[0]!r}; there are {', '.join(Mode)}")
    return Plan(
        contenders=tuple(name for name in everyone if not wish.only or name in wish.only),
        modes=tuple(Mode(name) for name in wish.modes) or tuple(Mode),
        rounds=wish.rounds or (1 if wish.quick else 5),
        lifts=wish.lifts,
        backlog=wish.messages or (10_000 if wish.quick else 300_000),
        live=wish.messages or (10_000 if wish.quick else 150_000),
        alarms=wish.alarms,
        presses=30 if wish.quick else 200,
        half_s=3.0 if wish.quick else 10.0,
        fleets=FLEETS if wish.scale else (),
        fleet_rounds=min(wish.rounds or 3, 3) if not wish.quick else 1,
    )


def measure(plan: Plan, console: Console) -> dict[str, Any]:
    """Carry out the plan; returns the JSON document.

    Raises:
        ServerError: a trial failed: there is no result without all of its rows.
    """
    trials: list[Trial] = []
    ours = [name for name in plan.contenders if contenders.is_ours(name)]
    todo = list(turns(plan, answers_alarms=ours, slow=[contenders.PLAIN]))
    with Laboratory() as laboratory, _progress(console) as progress:
        whole = progress.add_task("trials", total=len(todo))
        machine = _machine(laboratory)
        generator = _alone(laboratory, plan.lifts)
        console.print(
            f"The load generator alone: {generator['messages_per_s']:,.0f} messages/s into a broker nobody reads from,"
            f" {generator['cpu_us_per_message']:.1f} µs of CPU each"
        )
        for turn in todo:
            title = f"{turn.contender}, {turn.mode}, {turn.lifts:,} lifts, round {turn.round}"
            task = progress.add_task(title, total=turn.messages or None)
            try:
                trial = run(laboratory, _order(turn, plan, trials), _shower(progress, task))
            except ServerError:
                _print_tables(console, trials, plan)  # what was measured until then; no document, no picture
                raise
            trials.append(trial)
            progress.remove_task(task)
            progress.advance(whole)
            console.print(f"{title}: {_said(trial)}")
    names = report.Names(reference=contenders.REFERENCE, ours={contenders.transport_of(name): name for name in ours})
    _print_tables(console, trials, plan)
    return report.document(trials, names, plan.lifts, machine, generator)


def bench(wish: Wish) -> int:
    """Measure, print, write."""
    console = leaving.console()
    plan = planned(wish)
    document = measure(plan, console)
    leaving.figures(console, document, plot.draw, into=wish.json, picture=wish.plot)
    return 0


def _order(turn: Turn, plan: Plan, before: Iterable[Trial]) -> Order:
    """A turn with what follows from the trials before it."""
    rate, messages = None, turn.messages
    if turn.mode is Mode.HALF:
        live = [trial.rate for trial in before if (trial.contender, trial.mode) == (turn.contender, Mode.LIVE)]
        rate = live[-1] / 2
        messages = max(1, int(rate * plan.half_s))
    return Order(
        contender=turn.contender, mode=turn.mode, lifts=turn.lifts, round=turn.round, messages=messages, rate=rate,
        alarms=plan.alarms, presses=plan.presses,
    )  # fmt: skip


def _alone(laboratory: Laboratory, lifts: int) -> dict[str, float]:
    """What the generator can do when nobody listens."""
    with laboratory.place(lifts) as place, Generator(place.broker.lift_url, lifts=lifts, messages=_ALONE) as load:
        load.wait_sent(_SENT_WITHIN)
        load.finish()
        return {"messages_per_s": round(load.rate, 1), "cpu_us_per_message": round(load.cpu_us, 2)}


def _machine(laboratory: Laboratory) -> dict[str, Any]:
    """Where this was measured."""
    model = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return {
        "processor": model[1] if model else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
        "database": server_version(laboratory.postgres.binaries),
        "timescaledb": laboratory.postgres.timescale,
        "durable": "fsync, full_page_writes and synchronous_commit on, for every contender",
        "load_average_at_start": round(os.getloadavg()[0], 2),
    }


def _said(trial: Trial) -> str:
    parts = []
    if trial.messages:
        parts.append(f"{trial.rate:,.0f} messages/s, {trial.worker_us:.1f} µs of worker CPU each")
    if (found := latency([trial])) is not None:
        parts.append(f"alarms p50 {found.p50:,.1f} ms, p99 {found.p99:,.1f} ms, max {found.max:,.1f} ms")
    if trial.unanswered:
        parts.append(f"{trial.unanswered} alarms unanswered")
    return "; ".join(parts)


def _print_tables(console: Console, trials: list[Trial], plan: Plan) -> None:
    for title, head, rows in (
        ("Rates and costs", report.RATE_HEAD, report.rate_rows(trials, contenders.REFERENCE)),
        ("Alarms, from the device to its ack", report.ALARM_HEAD, report.alarm_rows(trials, plan.lifts)),
    ):
        if rows:
            table = Table(title=title, title_justify="left")
            for number, name in enumerate(head):
                table.add_column(name, justify="left" if number < 2 else "right")
            for row in rows:
                table.add_row(*row)
            console.print(table)


def _progress(console: Console) -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, TimeElapsedColumn(), console=console, transient=True)


def _shower(progress: Progress, task: Any) -> Callable[[int, int], None]:
    return lambda rows, wanted: progress.update(task, completed=rows, total=wanted)
