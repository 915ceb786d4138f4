"""The fault catalogue (contract section 4): every code with its class, priorities, titles and first advice.

The codes themselves stand in `catalogue.toml` beside this file; `elevator.codes` maps makers' numbers to them.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from importlib.resources import files
from typing import Any

from elevator.model import LiftClass


class FaultClass(StrEnum):
    """What kind of thing a code reports."""

    ALARM = "alarm"
    DANGER = "danger"
    FAULT = "fault"
    LINK = "link"
    MODE = "mode"
    TEST = "test"


class Priority(IntEnum):
    """P1 and P2 ring, P3 and P4 stand in the list."""

    P1 = 1
    P2 = 2
    P3 = 3
    P4 = 4

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One code of the catalogue."""

    code: str
    fault_class: FaultClass
    zh: str
    en: str
    equipment: frozenset[LiftClass]  # the classes that it can be of
    empty: Priority | None = None  # None: opens nothing by itself
    occupied: Priority | None = None
    gbt: int | None = None  # GB/T 24476-2017
    traps: bool = False  # people may be unable to get out because of it
    rule: str | None = None  # the rule of contract section 5 that it counts in
    advice: Mapping[str, str] | None = None  # zh and en: what a dispatcher does first

    @property
    def outside_zone(self) -> bool:
        """Whether it counts in the rule `outside_zone`."""
        return self.rule == "outside_zone"


_EQUIPMENT = {
    "lift": frozenset({LiftClass.TRACTION, LiftClass.HYDRAULIC, LiftClass.DUMBWAITER}),
    "escalator": frozenset({LiftClass.ESCALATOR}),
    "hoist": frozenset({LiftClass.HOIST}),
}


def _fault(code: str, said: Mapping[str, Any]) -> Fault:
    priorities = [Priority[name] for name in said.get("priority", ())]
    return Fault(
        code=code,
        fault_class=FaultClass(said["class"]),
        zh=said["zh"],
        en=said["en"],
        equipment=frozenset().union(*(_EQUIPMENT[kind] for kind in said["on"])),
        empty=priorities[0] if priorities else None,
        occupied=priorities[-1] if priorities else None,
        gbt=said.get("gbt"),
        traps=said.get("traps", False),
        rule=said.get("rule"),
        advice=said.get("advice"),
    )


ALARM_BUTTON = "alarm_button"
ENTRAPMENT = "entrapment"
POWER_LOSS = "power_loss"
ALARM_DEVICE_FAULT = "alarm_device_fault"
OFFLINE = "offline"
SENSOR_FAULT = "sensor_fault"
OTHER = "other"

CATALOGUE: dict[str, Fault] = {
    code: _fault(code, said)
    for code, said in tomllib.loads(
        files("elevator").joinpath("catalogue.toml").read_text(encoding="utf-8")
    ).items()
}  # fmt: skip

ALARMS = frozenset(code for code, fault in CATALOGUE.items() if fault.fault_class is FaultClass.ALARM)
DANGERS = frozenset(code for code, fault in CATALOGUE.items() if fault.fault_class is FaultClass.DANGER)
OUTSIDE_ZONE = frozenset(code for code, fault in CATALOGUE.items() if fault.outside_zone)

_DANGERS_OF = {
    kind: frozenset(code for code in DANGERS if kind in CATALOGUE[code].equipment) for kind in LiftClass
}  # fmt: skip


def dangers_of(lift_class: LiftClass | None) -> frozenset[str]:
    """The danger codes of a class's own; an unregistered lift (None) is read as a lift."""
    return _DANGERS_OF[lift_class or LiftClass.TRACTION]


def canonical(code: str) -> tuple[str, str | None]:
    """A code of the catalogue, and the text as sent where nobody knows it (then the code is `other`)."""
    return (code, None) if code in CATALOGUE else (OTHER, code)
