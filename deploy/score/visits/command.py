"""`liftline score-visits`: makes firms' visits, judges them, prints the tables, writes what is asked for."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from alerts.maintenance.plausibility import thresholds
from deploy import leaving
from deploy.score.visits import plot, report
from deploy.score.visits.judged import judged
from deploy.score.visits.tally import Tally, figures
from elevator.errors import SettingsError
from simulators.firms.virtual import visits

_SHOWN = 12  # honest ones that were flagged, on the terminal


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is simulated."""

    name: str
    seed: int
    firms: int  # 120 visits each


# Thresholds are tuned on `tuning` only; whoever changes one because of what `test` showed gives `test` a new seed.
SETS = {
    "tuning": Plan(name="tuning", seed=20_260_201, firms=12),
    "test": Plan(name="test", seed=16_180_339, firms=50),
    "gate": Plan(name="gate", seed=14_142_135, firms=2),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the command line says; None is the usual."""

    name: str = "tuning"
    firms: int | None = None
    seed: int | None = None
    json: Path | None = None
    plot: Path | None = None
    report: Path | None = None
    gate: bool = False


def planned(wish: Wish) -> Plan:
    """The plan of a named set, or of what was asked for instead.

    Raises:
        SettingsError: there is no such set.
    """
    name = "gate" if wish.gate else wish.name
    if name not in SETS:
        raise SettingsError(f"there is no set {name!r}; there are {', '.join(SETS)}")
    known = SETS[name]
    return Plan(
        name=known.name if wish.seed is None else f"seed {wish.seed}",
        seed=known.seed if wish.seed is None else wish.seed,
        firms=known.firms if wish.firms is None else wish.firms,
    )


def run(plan: Plan, firms: Callable[[range], Any] = iter) -> dict[str, Any]:
    """Make and judge all visits of a plan; the document of what was found.

    Args:
        plan: what is simulated.
        firms: goes through the numbers of the firms, and may show how far it is.
    """
    tally, those = Tally(), thresholds.newest()
    for firm in firms(range(plan.firms)):
        tally.take(judged(visits(seed=plan.seed, firm=firm), those), those.limits["heard_share"])
    found = figures(tally)
    number = found["all_ghosts"]["number"] + found["all_honest"]["number"]
    return {
        "plan": asdict(plan), "visits": number, "thresholds": those.name, "doubtful": those.limits["doubtful"], **found,
    }  # fmt: skip


def score(wish: Wish) -> int:
    """Make, judge, print, write.

    Returns:
        1 if the gate was asked for and is not passed.

    Raises:
        SettingsError: there is no such set.
    """
    console = leaving.console()
    plan = planned(wish)
    found = run(plan, lambda numbers: track(numbers, f"{plan.firms} firms", console=console, transient=True))
    _print(console, found)
    _write(console, wish, found)
    if not wish.gate:
        return 0
    said = report.failures(found)
    for line in said:
        console.print(f"gate: {line}")
    console.print("gate: NOT passed" if said else "gate: passed")
    return 1 if said else 0


def _print(console: Console, found: dict[str, Any]) -> None:
    for table in report.tables(found):
        leaving.show(console, table.title, table.head, table.rows)
    for line in found["flagged"][:_SHOWN]:
        console.print(f"honest, and doubtful: {line}", markup=False)


def _write(console: Console, wish: Wish, found: dict[str, Any]) -> None:
    leaving.figures(console, found, plot.draw, into=wish.json, picture=wish.plot)
    if wish.report:
        leaving.page(console, wish.report, report.markdown(found, leaving.called()), (report.BEGIN, report.END))
