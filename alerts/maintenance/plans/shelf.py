"""The published plans, read from the TOML files beside this module; each class has its versions, the newest counts."""

import functools
import re
from importlib.resources import files

from alerts.maintenance.plans.plan import Plan, parse
from elevator.model import LiftClass

_FILE = re.compile(r"[a-z]+-\d+\.toml")


@functools.cache
def published() -> tuple[Plan, ...]:
    """Every published plan in every version, by class and version.

    Raises:
        ValueError: a file cannot be read as a plan, or is not named after what it holds.
    """
    found = []
    for entry in files("alerts.maintenance.plans").iterdir():
        if _FILE.fullmatch(entry.name):
            plan = parse(entry.read_text(encoding="utf-8"))
            if entry.name != f"{plan.id}.toml":
                raise ValueError(f"{entry.name} holds {plan.id}")
            found.append(plan)
    return tuple(sorted(found, key=lambda plan: (plan.lift_class, plan.version)))


def newest(lift_class: LiftClass) -> Plan:
    """The plan that new visits of a class follow, where their firm has none of its own."""
    return max((one for one in published() if one.lift_class is lift_class), key=lambda plan: plan.version)
