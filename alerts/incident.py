"""The rescue's state machine (contract section 6): who may do what, when, and what follows. Pure.

Rules. A rescue goes `suspected → confirmed → dispatched → accepted → arrived → released → closed`; `cleared` and
`cancelled` are side exits. `TABLE` holds every action with the roles that may do it and the states it may start from;
what is not in the table is refused and changes nothing. The state is the furthest of the live assignments and goes
back, to `dispatched`, only when no accepted or arrived assignment is left. Findings of other kinds know four actions.

Theory of operation. `decide` takes the incident, its assignments, a request, who asks and `now`, and returns a
`Change` (new values, timeline entries, messages) or `Refused` with a reason. `alerts.commands` loads, decides, saves.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Role(StrEnum):
    """Who a user or token is; `system` is Liftline itself, acting by policy."""

    ADMIN = "admin"
    DISPATCHER = "dispatcher"
    SUPERVISOR = "supervisor"
    FIRM = "firm"
    RESPONDER = "responder"
    PROPERTY = "property"
    SYSTEM = "system"


class State(StrEnum):
    """Of an incident, in the order of a rescue."""

    SUSPECTED = "suspected"
    CONFIRMED = "confirmed"
    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    ARRIVED = "arrived"
    RELEASED = "released"
    CLOSED = "closed"
    CLEARED = "cleared"
    CANCELLED = "cancelled"


class Asked(StrEnum):
    """Of an assignment."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    ARRIVED = "arrived"
    DECLINED = "declined"
    NO_ANSWER = "no_answer"
    STOOD_DOWN = "stood_down"


class Action(StrEnum):
    """What a person, or the policy, may do to an incident; in the order of a rescue."""

    ACKNOWLEDGE = "acknowledge"
    CONFIRM = "confirm"
    DISPATCH = "dispatch"
    ACCEPT = "accept"
    ON_WAY = "on_way"
    ARRIVE = "arrive"
    RELEASE = "release"
    CLOSE = "close"
    ESCALATE = "escalate"
    DECLINE = "decline"
    STAND_DOWN = "stand_down"
    CANCEL = "cancel"
    REOPEN = "reopen"
    NOTE = "note"


ORDER: tuple[State, ...] = tuple(State)
ENDED = frozenset({State.CLOSED, State.CLEARED, State.CANCELLED})
LIVE = frozenset(ORDER[: ORDER.index(State.RELEASED)])
LIVE_ASSIGNMENTS = frozenset({Asked.ASKED, Asked.ACCEPTED, Asked.ARRIVED})
CANCEL_REASONS = frozenset({"false_alarm", "test", "duplicate"})
METHODS = frozenset({"crew", "property", "self", "other"})
REOPEN_WITHIN_S = 24 * 3600


def span(first: State, last: State) -> frozenset[State]:
    """All states from `first` to `last` in the order of a rescue."""
    return frozenset(ORDER[ORDER.index(first) : ORDER.index(last) + 1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the table: who may do it, and from where."""

    roles: frozenset[Role]
    states: frozenset[State]


DESK = frozenset({Role.DISPATCHER, Role.ADMIN})
_WATCH = DESK | {Role.SUPERVISOR}
_CREW = DESK | {Role.FIRM, Role.RESPONDER}
_SYSTEM = frozenset({Role.SYSTEM})
_OPEN = frozenset(State) - ENDED

TABLE: dict[Action, Row] = {
    Action.ACKNOWLEDGE: Row(roles=_WATCH, states=_OPEN),
    Action.CONFIRM: Row(roles=DESK, states=frozenset({State.SUSPECTED})),
    Action.DISPATCH: Row(roles=DESK | _SYSTEM, states=span(State.SUSPECTED, State.ARRIVED)),
    Action.ACCEPT: Row(roles=_CREW, states=span(State.SUSPECTED, State.ARRIVED)),
    Action.DECLINE: Row(roles=_CREW, states=span(State.DISPATCHED, State.ARRIVED)),
    Action.ON_WAY: Row(roles=_CREW, states=span(State.CONFIRMED, State.ARRIVED)),
    Action.ARRIVE: Row(roles=_CREW, states=span(State.CONFIRMED, State.ARRIVED)),
    Action.STAND_DOWN: Row(roles=DESK, states=span(State.DISPATCHED, State.RELEASED)),
    Action.ESCALATE: Row(roles=DESK | _SYSTEM, states=span(State.CONFIRMED, State.ARRIVED)),
    Action.RELEASE: Row(roles=DESK | {Role.RESPONDER}, states=span(State.CONFIRMED, State.ARRIVED)),
    Action.CLOSE: Row(roles=DESK, states=frozenset({State.RELEASED})),
    Action.CANCEL: Row(roles=DESK, states=span(State.SUSPECTED, State.ARRIVED)),
    Action.REOPEN: Row(roles=_WATCH, states=frozenset({State.RELEASED, State.CLOSED, State.CANCELLED})),
    Action.NOTE: Row(roles=frozenset(Role), states=frozenset(State)),
}

# danger, fault, offline, area, system
OTHER_KINDS: dict[Action, Row] = {
    Action.ACKNOWLEDGE: Row(roles=_WATCH, states=_OPEN),
    Action.ACCEPT: Row(roles=DESK, states=frozenset({State.CONFIRMED})),
    Action.CLOSE: Row(roles=DESK, states=frozenset({State.CONFIRMED, State.ACCEPTED})),
    Action.NOTE: Row(roles=frozenset(Role), states=frozenset(State)),
}
_FIRM_ACCEPTS = frozenset({"fault", "danger"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts."""

    kind: str  # user, token, system, caller
    id: str
    name: str
    role: Role
    firm_id: str | None = None
    unit_id: str | None = None
    building: str | None = None


SYSTEM = Actor(kind="system", id="system", name="Liftline", role=Role.SYSTEM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An action with its body."""

    action: Action
    assignment_id: str | None = None
    unit_id: str | None = None
    firm_id: str | None = None
    tier: int | None = None
    eta_s: int | None = None
    lat: float | None = None
    lon: float | None = None
    reason: str | None = None
    duplicate_of: str | None = None
    persons: int | None = None
    injured: int | None = None
    method: str | None = None
    said_by: str | None = None
    cause: str | None = None
    verified_with: str | None = None
    text: str | None = None
    note: str | None = None
    at: datetime | None = None  # the device's time
    channel: str = "api"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why nothing was changed."""

    status: str  # state, role, invalid, ambiguous, not_found
    reason: str
    detail: str
    field: str | None = None
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A unit or firm that was asked."""

    id: str
    firm_id: str | None
    unit_id: str | None
    tier: int
    state: Asked
    eta_s: int | None = None
    asked_at: datetime | None = None
    accepted_at: datetime | None = None
    arrived_at: datetime | None = None

    @property
    def is_live(self) -> bool:
        """Asked, accepted or arrived."""
        return self.state in LIVE_ASSIGNMENTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """What deciding needs of an incident."""

    id: str
    kind: str
    state: State
    firm_id: str | None = None  # the lift's contracted firm
    tier: int = 0
    ringing: bool = False
    acknowledged_at: datetime | None = None
    ended_at: datetime | None = None  # released, closed or cancelled
    stamps: frozenset[str] = frozenset()  # the *_at columns that are set
    live_rescue_of_lift: str | None = None  # another one, for `reopen`
    duplicate_is_open: bool = True  # whether `duplicate_of` names an open incident


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A new assignment."""

    tier: int
    firm_id: str | None = None
    unit_id: str | None = None
    state: Asked = Asked.ASKED
    eta_s: int | None = None


@dataclass(slots=True, kw_only=True)
class Change:
    """What an allowed action changes; `commands` adds ids and time."""

    state: State
    set: dict[str, Any] = field(default_factory=dict)  # incident columns
    asks: list[Ask] = field(default_factory=list)
    assignments: dict[str, dict[str, Any]] = field(default_factory=dict)  # id → columns
    detail: dict[str, Any] = field(default_factory=dict)  # of the timeline entry
    told: list[str] = field(default_factory=list)  # names of messages to send
    dispatch_first: bool = False  # ask tier 1 in the same breath
    ended: bool = False  # the rescue is over for the detector
    unchanged: bool = False  # answered with what is there already


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """An action the viewer may do now; `assignments` are those it would be about."""

    action: Action
    primary: bool
    assignments: tuple[str, ...] = ()


def is_for(actor: Actor, assignment: Assignment) -> bool:
    """Whether `actor` may act on this assignment: a dispatcher on all, a firm on its own, a unit on its own."""
    match actor.role:
        case Role.ADMIN | Role.DISPATCHER:
            return True
        case Role.FIRM:
            return actor.firm_id is not None and assignment.firm_id == actor.firm_id
        case Role.RESPONDER:
            if assignment.unit_id is not None:
                return assignment.unit_id == actor.unit_id
            return actor.firm_id is not None and assignment.firm_id == actor.firm_id
        case _:
            return False


def furthest(state: State, assignments: Sequence[Asked]) -> State:
    """The state that the assignments say, given the present one."""
    reached = {
        Asked.ASKED: State.DISPATCHED,
        Asked.ACCEPTED: State.ACCEPTED,
        Asked.ARRIVED: State.ARRIVED,
    }
    live = [reached[one] for one in assignments if one in reached]
    best = max(live, key=ORDER.index, default=State.DISPATCHED)
    if state in {State.ACCEPTED, State.ARRIVED} and best is State.DISPATCHED:
        return State.DISPATCHED
    if not live:
        return state
    return max(state, best, key=ORDER.index)


def allowed(kind: str, state: State, assignments: Sequence[Assignment], actor: Actor, *, firm_id: str | None = None,
            ringing: bool = True) -> list[Allowed]:  # fmt: skip
    """The actions `actor` may do now, in the order of the rescue; one is marked as the likeliest."""
    found: list[Allowed] = []
    table = TABLE if kind == "rescue" else OTHER_KINDS
    for action in Action:
        if action not in table or state not in table[action].states:
            continue
        if action is Action.ACKNOWLEDGE and not ringing:
            continue
        if kind != "rescue":
            if actor.role in table[action].roles or firm_may_accept(kind, action, actor, firm_id):
                found.append(Allowed(action=action, primary=False))
        elif actor.role in table[action].roles:
            fits = tuple(one.id for one in candidates(action, assignments, actor))
            if action in _ABOUT_ASSIGNMENTS and not fits and not may_volunteer(action, state, actor, firm_id):
                continue
            if action is Action.RELEASE and actor.role is Role.RESPONDER and not on_site(assignments, actor):
                continue
            found.append(Allowed(action=action, primary=False, assignments=fits))
    first = next((one.action for one in found if one.action is not Action.NOTE), None)
    return [Allowed(action=one.action, primary=one.action is first, assignments=one.assignments) for one in found]


_ABOUT_ASSIGNMENTS = frozenset({Action.ACCEPT, Action.DECLINE, Action.ON_WAY, Action.ARRIVE, Action.STAND_DOWN})


def candidates(action: Action, assignments: Sequence[Assignment], actor: Actor) -> list[Assignment]:
    """The live assignments an action could mean."""
    states = {
        Action.ACCEPT: {Asked.ASKED},
        Action.DECLINE: LIVE_ASSIGNMENTS,
        Action.ON_WAY: {Asked.ASKED, Asked.ACCEPTED},
        Action.ARRIVE: {Asked.ASKED, Asked.ACCEPTED},
        Action.STAND_DOWN: LIVE_ASSIGNMENTS,
    }.get(action, set())
    return [one for one in assignments if one.state in states and is_for(actor, one)]


def may_volunteer(action: Action, state: State, actor: Actor, firm_id: str | None) -> bool:
    """A firm told by telephone may accept its own lift's rescue before it was asked; a dispatcher for anybody."""
    if action not in {Action.ACCEPT, Action.ARRIVE, Action.ON_WAY}:
        return False
    if actor.role in DESK:
        return True
    return action is Action.ACCEPT and state in LIVE and actor.firm_id is not None and actor.firm_id == firm_id


def on_site(assignments: Sequence[Assignment], actor: Actor) -> bool:
    """Whether one of the actor's own assignments has arrived."""
    return any(one.state is Asked.ARRIVED and is_for(actor, one) for one in assignments)


def firm_may_accept(kind: str, action: Action, actor: Actor, firm_id: str | None) -> bool:
    """Whether a firm accepts a fault or a danger of its own lift."""
    return (
        action is Action.ACCEPT and kind in _FIRM_ACCEPTS and actor.role is Role.FIRM
        and actor.firm_id is not None and actor.firm_id == firm_id
    )  # fmt: skip
