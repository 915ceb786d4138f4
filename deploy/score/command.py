"""`liftline score`: lives the plan on all cores, shows how far it is, prints the tables, writes what is asked for."""

import os
import platform
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from alerts import policy_file
from alerts.policy import Policy
from deploy import leaving
from deploy.score import plot, pool, report
from deploy.score.plan import Plan, planned
from deploy.score.tally import LATE, Tally
from deploy.score.work import Effort

_PIECES_PER_JOB = 40  # so that the bar moves, and the last core does not work alone for long
_MOST_LIFTS = 25  # in a piece
_SHOWN = 5  # of what went wrong, on the terminal


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the command line says; None is the usual."""

    name: str = "tuning"
    lifts: int | None = None
    days: float | None = None
    seed: int | None = None
    trap_factor: float | None = None
    noise_factor: float = 1.0
    policy: Path | None = None
    jobs: int | None = None
    json: Path | None = None
    plot: Path | None = None
    report: Path | None = None
    gate: bool = False


def score(wish: Wish, live: Path | None = None) -> int:
    """Live, judge, print, write.

    Args:
        wish: the command line.
        live: the installation's own policy; None: the contract's.

    Returns:
        1 if the gate was asked for and is not passed.

    Raises:
        SettingsError: there is no such set, or a policy cannot be read.
    """
    console = leaving.console()
    plan = planned(
        "gate" if wish.gate else wish.name, lifts=wish.lifts, days=wish.days, seed=wish.seed,
        trap_factor=wish.trap_factor, noise_factor=wish.noise_factor,
    )  # fmt: skip
    tried = {live.stem if live else "default": policy_file.load(live)}
    if wish.policy:
        tried[_name_beside(tried, wish.policy.stem)] = policy_file.load(wish.policy)
    jobs = wish.jobs or (1 if wish.gate else pool.cores())
    began = time.monotonic()
    with pool.alone_with_ctrl_c(), _progress(console) as progress:
        task = progress.add_task(f"{plan.lifts:,} lifts, {plan.days:g} days", total=plan.lift_days)
        tallies, effort = run(
            plan, list(tried.values()), jobs, lambda lift_days: progress.update(task, completed=lift_days)
        )
    machine = _machine() | {"jobs": jobs, "elapsed_s": round(time.monotonic() - began, 1)}
    found = report.document(plan, list(tried), tallies, effort, machine)
    _print(console, found)
    _write(console, wish, found)
    if not wish.gate:
        return 0
    said = report.failures(found, late_s=LATE)
    for line in said:
        console.print(f"gate: {line}")
    console.print("gate: NOT passed" if said else "gate: passed")
    return 1 if said else 0


def run(plan: Plan, tried: Sequence[Policy], jobs: int, show: Callable[[float], None]) -> tuple[list[Tally], Effort]:
    """Live a plan under each policy; `show` hears how many lift-days are done."""
    size = max(1, min(_MOST_LIFTS, plan.lifts // (jobs * _PIECES_PER_JOB)))
    tallies, effort = [Tally() for _ in tried], Effort()
    for result in pool.shared_out(list(plan.pieces(size)), tuple(tried), jobs):
        for tally, part in zip(tallies, result.tallies, strict=True):
            tally.add(part)
        effort.add(result.effort)
        show(effort.lift_days)
    return tallies, effort


def _name_beside(names: dict[str, Policy], name: str) -> str:
    return f"{name} (2)" if name in names else name


def _print(console: Console, found: dict[str, Any]) -> None:
    for table in report.all_tables(found):
        if table.rows:
            leaving.show(console, table.title, table.head, table.rows)
    fast, machine = found["speed"], found["machine"]
    console.print(
        f"{found['lift_days']:,.1f} lift-days, {fast['samples']:,} samples, in {machine['elapsed_s']:,.0f} s with"
        f" {machine['jobs']} processes; a core lives"
        f" {fast['lift_days_per_core_minute'] or 0:,.0f} lift-days a minute; µs per sample:"
        f" {fast['making_us_per_sample']:.1f} to make, {fast['reading_us_per_sample']:.1f} to read,"
        f" {fast['deciding_us_per_sample']:.1f} to decide"
    )
    problems = report.wrong(found)
    for problem in problems[:_SHOWN]:
        console.print(problem, markup=False)
    if len(problems) > _SHOWN:
        console.print(f"… and {len(problems) - _SHOWN} more that went wrong; --json or --report tells them")


def _write(console: Console, wish: Wish, found: dict[str, Any]) -> None:
    leaving.figures(console, found, plot.draw, into=wish.json, picture=wish.plot)
    if wish.report:
        leaving.page(console, wish.report, report.markdown(found, leaving.called()), (report.BEGIN, report.END))


def _machine() -> dict[str, Any]:
    """Where this was measured."""
    about = Path("/proc/cpuinfo")
    text = about.read_text(encoding="utf-8") if about.exists() else ""
    model = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return {
        "processor": model[1] if model else platform.machine(),
        "cores": pool.cores(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load_average_at_end": round(os.getloadavg()[0], 2),
    }


def _progress(console: Console) -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    return Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console, transient=True)
