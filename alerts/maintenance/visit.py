"""The visit's state machine: who may do what, when, and what follows. Pure.

Rules. A visit goes `new → on_site ⇄ interrupted`, then `left` (checked out), then `complete` (the property's officer
has signed); `void` is a side exit. `TABLE` holds every operation with the roles that may do it and the states it may
start from; what is not in the table is refused and changes nothing. Whoever changes the record after a signature takes
the signature away. A check-out asks for every item of the plan and the signatures of those who worked.

Theory of operation. A visit is the fold of its operations (`alerts.maintenance.folding`). `operations.apply` takes the
visit so far and one operation with the facts that were looked up when it was received, and returns `Applied` (the visit
after it, with marks) or `Refused` with a sentence and every problem. It never looks at a clock: each operation carries
when the phone says it was done, when it was received, and when it was done by our clock, as well as that is known.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from alerts.incident import Role
from alerts.maintenance.checks import Problem, Result
from alerts.maintenance.plans.plan import Item, Kind, Text


class State(StrEnum):
    """Of a visit."""

    NEW = "new"  # something of it is known, but not its check-in
    ON_SITE = "on_site"
    INTERRUPTED = "interrupted"
    LEFT = "left"
    COMPLETE = "complete"
    VOID = "void"


class Op(StrEnum):
    """What is done at a visit, in the order of one."""

    CHECK_IN = "check_in"
    RESULTS = "results"
    PART = "part"
    SECOND = "second"
    ALIVE = "alive"
    PAUSE = "pause"
    RESUME = "resume"
    SIGN = "sign"
    CHECK_OUT = "check_out"
    COUNTERSIGN = "countersign"
    NOTE = "note"
    VOID = "void"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the table: who may do it, and from where."""

    roles: frozenset[Role]
    states: frozenset[State]


_CREW = frozenset({Role.FIRM, Role.RESPONDER})
_BEGUN = frozenset(State) - {State.NEW}
_HERE = frozenset({State.ON_SITE})

TABLE: dict[Op, Row] = {
    Op.CHECK_IN: Row(roles=_CREW, states=frozenset({State.NEW})),
    Op.RESULTS: Row(roles=_CREW, states=_HERE),
    Op.PART: Row(roles=_CREW, states=_HERE),
    Op.SECOND: Row(roles=_CREW, states=_HERE),
    Op.ALIVE: Row(roles=_CREW, states=_HERE),
    Op.PAUSE: Row(roles=_CREW, states=_HERE),
    Op.RESUME: Row(roles=_CREW, states=frozenset({State.INTERRUPTED})),
    Op.SIGN: Row(roles=_CREW, states=_HERE),
    Op.CHECK_OUT: Row(roles=_CREW, states=_HERE),
    Op.COUNTERSIGN: Row(roles=_CREW | {Role.PROPERTY}, states=frozenset({State.ON_SITE, State.LEFT})),
    Op.NOTE: Row(roles=_CREW | {Role.PROPERTY}, states=_BEGUN),
    Op.VOID: Row(roles=frozenset({Role.FIRM}), states=frozenset({State.ON_SITE, State.INTERRUPTED})),
}
OPEN = frozenset({State.ON_SITE, State.INTERRUPTED})
DONE = frozenset({State.LEFT, State.COMPLETE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody of the firm, as known when an operation was received."""

    id: str
    name: str
    valid_until: date | None = None  # the last day of the best certificate; None: has none


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was looked up when an operation was received, so that it is judged the same for ever."""

    plan_id: str | None = None
    worker: Person | None = None
    second: Person | None = None
    distance_m: float | None = None  # of the check-in from the lift
    overlaps: bool = False
    lift_id: str | None = None  # where the visit is; sealed with every operation
    photos: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # those named: id, sha256 as sent, kept
    photos_missing: tuple[str, ...] = ()  # named, and not here yet
    reused: tuple[Mapping[str, Any], ...] = ()  # name of a photo, and another visit that names it
    plan_digest: str | None = None  # SHA-256 of the plan's items, so that what a code meant is sealed too


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that was done, as it was received."""

    id: str  # the phone's; the same is taken once
    op: Op
    role: Role
    by: str  # who, as people read it
    at: datetime  # received
    done_at: datetime  # by our clock, as well as that is known; never after `at`
    device_at: datetime | None = None  # by the phone's
    device: str = ""
    n: int | None = None  # its place on that phone, from 1; None: on line, in the order of receipt
    body: Mapping[str, Any] = field(default_factory=dict)
    facts: Facts = Facts()
    clock_off_s: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Something that was put in."""

    name: str
    count: float
    number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who signed what, how and when."""

    name: str
    drawing: Mapping[str, str]  # kind (svg, png) and data
    done_at: datetime
    device_at: datetime | None
    worker_id: str | None = None  # None: the property's safety officer
    channel: str = "screen"  # or link, account


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A visit so far."""

    state: State = State.NEW
    kind: Kind | None = None
    plan_id: str | None = None
    worker: Person | None = None
    second: Person | None = None
    alone: bool = False
    interval_s: float = 0  # between signs of life
    planned_s: float = 0
    lat: float | None = None
    lon: float | None = None
    checked_in_at: datetime | None = None  # received
    began_at: datetime | None = None  # done
    checked_out_at: datetime | None = None  # received
    left_at: datetime | None = None  # done
    completed_at: datetime | None = None
    paused_at: datetime | None = None
    paused_s: float = 0
    life_at: datetime | None = None  # the last sign of life
    results: Mapping[str, Result] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    notes: tuple[Mapping[str, Any], ...] = ()
    signatures: tuple[Signature, ...] = ()
    countersigned: Signature | None = None
    void_reason: str | None = None

    @property
    def workers(self) -> tuple[Person, ...]:
        """Who works here."""
        return tuple(one for one in (self.worker, self.second) if one is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Something that does not forbid an operation and must be seen."""

    code: str
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """The visit after an operation."""

    visit: Visit
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why nothing was changed; `problems` are of the form, all of them."""

    status: str  # state, role, invalid
    reason: str
    text: Text
    problems: tuple[Problem, ...] = ()


Items = Mapping[str, Item]
