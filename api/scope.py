"""Who may see what: the parameters of the scope queries, and the same rule for rows that are in memory already. Pure.

`queries/parts.sql` holds the rule as `scope_incident` and `scope_lift`; a test holds the two equal.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from alerts.incident import Actor, Role

SEES_ALL = frozenset({Role.ADMIN, Role.DISPATCHER, Role.SUPERVISOR})
HEARS_CALLERS = SEES_ALL
_COMING = frozenset({"accepted", "arrived"})


def parameters(actor: Actor) -> dict[str, Any]:
    """What the scope queries ask of the actor."""
    return {
        "sees_all": actor.role in SEES_ALL,
        "role": str(actor.role),
        "firm_id": actor.firm_id,
        "unit_id": actor.unit_id,
        "building": actor.building,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """Whom a lift or an incident concerns: its own firm and building, and everybody who was asked."""

    own_firm: str | None
    building: str | None
    firms: frozenset[str]
    units: frozenset[str]
    unbound: frozenset[str]  # firms of assignments that no unit has taken
    on_site: frozenset[tuple[str, str | None]] = frozenset()  # firm and unit of those who work at the lift just now

    @classmethod
    def of(
        cls,
        own_firm: str | None,
        building: str | None,
        asked: Iterable[tuple[str | None, str | None]],
        on_site: Iterable[tuple[str, str | None]] = (),
    ) -> "Concern":
        """From a row, the (firm, unit) of its assignments, and of those on site while it is open."""
        pairs = list(asked)
        return cls(
            own_firm=own_firm,
            building=building,
            firms=frozenset(firm for firm, _unit in pairs if firm),
            units=frozenset(unit for _firm, unit in pairs if unit),
            unbound=frozenset(firm for firm, unit in pairs if firm and unit is None),
            on_site=frozenset(on_site),
        )

    def includes(self, actor: Actor) -> bool:
        """Whether the actor may see it."""
        match actor.role:
            case Role.ADMIN | Role.DISPATCHER | Role.SUPERVISOR:
                return True
            case Role.FIRM:
                return actor.firm_id is not None and (actor.firm_id == self.own_firm or actor.firm_id in self.firms)
            case Role.RESPONDER:
                if actor.unit_id in self.units or actor.firm_id in self.unbound:
                    return True
                return any(firm == actor.firm_id and unit in {None, actor.unit_id} for firm, unit in self.on_site)
            case Role.PROPERTY:
                return actor.building is not None and actor.building == self.building
            case _:
                return False

    def was_asked(self, actor: Actor) -> bool:
        """Whether the actor's firm was asked, though another unit may have taken it: its screen may show it still."""
        return actor.role is Role.RESPONDER and actor.firm_id in self.firms


def addressed(target: str) -> Concern:
    """Whom a message concerns by its address alone."""
    kind, _, name = target.partition(":")
    firm, unit = (name if kind == one else None for one in ("firm", "unit"))
    return Concern(own_firm=firm, building=None, firms=frozenset(), units=frozenset({unit} if unit else ()),
                   unbound=frozenset({firm} if firm else ()))  # fmt: skip


def hears_caller(actor: Actor, assignments: Iterable[dict[str, Any]]) -> bool:
    """Callers' telephones are for the desk and for the unit that has accepted (contract section 7)."""
    if actor.role in HEARS_CALLERS:
        return True
    return (
        actor.role is Role.RESPONDER
        and actor.unit_id is not None
        and any(one["unit_id"] == actor.unit_id and one["state"] in _COMING for one in assignments)
    )


def takes_message(actor: Actor, target: str) -> bool:
    """Whether a console message is for this actor: the desk's, the supervisors', or its own firm's."""
    if target == "dispatchers":
        return actor.role in SEES_ALL
    if target == "supervisors":
        return actor.role in {Role.ADMIN, Role.SUPERVISOR}
    if actor.role is Role.RESPONDER and target == f"unit:{actor.unit_id}":
        return True
    return actor.role in {Role.FIRM, Role.RESPONDER} and target == f"firm:{actor.firm_id}"
