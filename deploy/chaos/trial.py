"""One trial: the faults in their order, what each cost, and the verdict."""

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from deploy.chaos.arena import Arena
from deploy.chaos.faults import CATALOGUE, NotReachedError, Spans, database_away
from deploy.chaos.verdict import Verdict, judge
from elevator.errors import ServerError

_WARM_UP = 1.0  # s of peace at the beginning
_TWO_AT_ONCE = {"worker_overtaken", "second_worker"}
_OVERLAP = 0.25  # of the faults are followed by the next before all is well again


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a trial consists of."""

    faults: int
    spans: Spans
    only: tuple[str, ...] = ()  # of the catalogue; empty: all
    without_database: tuple[float, ...] = ()  # s of each long absence of the database, at the end


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What came of it."""

    recoveries: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))  # s, by fault
    not_reached: list[str] = field(default_factory=list)
    broken: str = ""  # why the trial was ended early
    verdict: Verdict = field(default_factory=Verdict)

    @property
    def good(self) -> bool:
        """Whether ingest has kept its promise, and was truly tried."""
        wrong = set(self.verdict.faults())
        if _TWO_AT_ONCE & self.recoveries.keys():
            # An unreadable message has no key: a worker that was overtaken and wakes up keeps it once more.
            wrong -= {"quarantined_twice"}
        return not wrong and not self.not_reached and not self.broken

    def table(self) -> list[str]:
        """For people: how often each fault was tried, and how long everything took to be stored after it."""
        lines = [f"{'fault':32} {'times':>5} {'median s':>9} {'longest s':>10}"]
        for name, took in sorted(self.recoveries.items()):
            known = [seconds for seconds in took if seconds >= 0]
            figures = f"{median(known):9.2f} {max(known):10.2f}" if known else f"{'–':>9} {'–':>10}"
            lines.append(f"{name:32} {len(took):5} {figures}")
        return lines


def order(plan: Plan, choose: Callable[[list[str]], None]) -> list[str]:
    """The names of the faults: the whole catalogue, shuffled, again and again, until there are enough."""
    names: list[str] = []
    while len(names) < plan.faults:
        lot = sorted(plan.only or CATALOGUE)
        choose(lot)
        names += lot
    return names[: plan.faults]


def run(arena: Arena, plan: Plan, say: Callable[[str], None]) -> Outcome:
    """Break one thing after the other; then let everything come to rest, and judge."""
    outcome = Outcome()
    began = time.monotonic()
    time.sleep(_WARM_UP)
    try:
        for number, name in enumerate(order(plan, arena.random.shuffle), 1):
            overlap = arena.random.random() < _OVERLAP
            told, took = _one(arena, name, plan.spans, outcome, wait=not overlap)
            outcome.recoveries[name].append(took)
            after = "the next at once" if took < 0 else f"all stored after {took:.2f} s"
            say(f"[{number:3}/{plan.faults}] {time.monotonic() - began:6.1f} s  {name}: {told}; {after}")
        for seconds in plan.without_database:
            spans = Spans(away=(seconds, seconds), silent=(0, 0), steady=(0, 0))
            told = database_away(arena, spans)
            took = arena.wait_stored()
            outcome.recoveries["database_away_long"].append(took)
            say(f"[  long ] {time.monotonic() - began:6.1f} s  no database {told}; all stored after {took:.2f} s")
        arena.pause()
        arena.wait_quiet()
        arena.wait_stored()
    except ServerError as error:
        outcome.broken = str(error)
    arena.pause()
    outcome.verdict = arena.patiently(lambda: judge(arena.postgres.url, arena.ledger))
    return outcome


def _one(arena: Arena, name: str, spans: Spans, outcome: Outcome, *, wait: bool) -> tuple[str, float]:
    """One fault: what was done, and how long all took to be stored (negative: nobody waited)."""
    try:
        told = CATALOGUE[name](arena, spans)
    except NotReachedError as error:
        outcome.not_reached.append(f"{name}: {error}")
        told = f"NOT REACHED, {error}"
    arena.tend()
    return told, arena.wait_stored() if wait else -1.0
