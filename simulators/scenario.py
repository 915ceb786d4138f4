"""A scenario: a TOML file that says at which second which lift gets which trouble; read here, played by the fleet.

title = "…"
[[step]]
at = 5.0                      # seconds after the start
target = "LIFT_ID"            # a lift's id or rescue code, a building's name, or "*" for every lift
do = "entrapment"             # a kind of simulators.trouble
persons = 2                   # its options, if any
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from simulators.trouble import Command, TroubleError, order


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the script."""

    at: float
    command: Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A whole script, in order of time."""

    title: str
    steps: tuple[Step, ...]

    def due(self, after: float, until: float) -> list[Command]:
        """What is to be done in the time (after, until]."""
        return [step.command for step in self.steps if after < step.at <= until]


NOTHING = Scenario(title="", steps=())


def parse(text: str) -> Scenario:
    """Read a scenario.

    Raises:
        TroubleError: naming the step and what is wrong with it.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise TroubleError(f"the scenario is not TOML: {error}") from None
    extra = set(document) - {"title", "step"}
    steps = document.get("step", [])
    if extra or not isinstance(steps, list):
        raise TroubleError(f"a scenario holds title and [[step]], not {', '.join(sorted(extra)) or 'step'}")
    read = [_step(number, step) for number, step in enumerate(steps, 1)]
    return Scenario(title=str(document.get("title", "")), steps=tuple(sorted(read, key=lambda step: step.at)))


def _step(number: int, step: object) -> Step:
    if not isinstance(step, Mapping):
        raise TroubleError(f"step {number}: expected a table")
    missing = {"at", "target", "do"} - set(step)
    if missing:
        raise TroubleError(f"step {number}: {', '.join(sorted(missing))} missing")
    at = step["at"]
    if isinstance(at, bool) or not isinstance(at, int | float) or not 0 <= at < float("inf"):
        raise TroubleError(f"step {number}: at is a number of seconds from 0, not {at!r}")
    options = {name: str(value) for name, value in step.items() if name not in {"at", "target", "do"}}
    try:
        return Step(at=float(at), command=Command(target=str(step["target"]), order=order(str(step["do"]), options)))
    except TroubleError as error:
        raise TroubleError(f"step {number}: {error}") from None
