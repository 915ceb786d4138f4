"""The work order's state machine: what an abnormal item opens, and who may close it. Pure.

Rules. An order goes `open → accepted → done → closed`; accepting may be left out. Done asks for what was done and a
photo of it. It is closed by the firm, the property or the desk, and opened again by them with a reason. An order whose
item was entered as abnormal by mistake, and corrected before the check-out, is `withdrawn` by the visit itself.
"""

from dataclasses import dataclass
from enum import StrEnum

from alerts.incident import Role
from alerts.maintenance.plans.plan import Text


class State(StrEnum):
    """Of an order."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DONE = "done"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Action(StrEnum):
    """What is done to an order."""

    ACCEPT = "accept"
    DONE = "done"
    CLOSE = "close"
    REOPEN = "reopen"
    NOTE = "note"
    WITHDRAW = "withdraw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the table: who may do it, from where, and where it leads (None: it stays)."""

    roles: frozenset[Role]
    states: frozenset[State]
    to: State | None


_CREW = frozenset({Role.FIRM, Role.RESPONDER})
_JUDGES = frozenset({Role.FIRM, Role.PROPERTY, Role.DISPATCHER, Role.ADMIN})
_ALL = _CREW | _JUDGES | {Role.SUPERVISOR}

TABLE: dict[Action, Row] = {
    Action.ACCEPT: Row(roles=_CREW, states=frozenset({State.OPEN}), to=State.ACCEPTED),
    Action.DONE: Row(roles=_CREW, states=frozenset({State.OPEN, State.ACCEPTED}), to=State.DONE),
    Action.CLOSE: Row(roles=_JUDGES, states=frozenset({State.DONE}), to=State.CLOSED),
    Action.REOPEN: Row(roles=_JUDGES, states=frozenset({State.DONE, State.CLOSED}), to=State.OPEN),
    Action.NOTE: Row(roles=_ALL, states=frozenset(State), to=None),
    Action.WITHDRAW: Row(roles=frozenset({Role.SYSTEM}), states=frozenset({State.OPEN}), to=State.WITHDRAWN),
}
ENDED = frozenset({State.CLOSED, State.WITHDRAWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An action with its body."""

    action: Action
    text: str | None = None
    photos: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why nothing was changed."""

    status: str  # state, role, invalid
    reason: str
    text: Text
    fields: tuple[tuple[str, Text], ...] = ()


_STATES: dict[State, Text] = {
    State.OPEN: {"zh": "工单尚未处理", "en": "this order is open"},
    State.ACCEPTED: {"zh": "工单已接", "en": "this order is accepted"},
    State.DONE: {"zh": "工单已处理，待关闭", "en": "this order is done and waits to be closed"},
    State.CLOSED: {"zh": "工单已关闭", "en": "this order is closed"},
    State.WITHDRAWN: {"zh": "工单已撤回", "en": "this order was withdrawn"},
}
_SAY: dict[Action, tuple[str, Text]] = {
    Action.DONE: ("text", {"zh": "请说明处理情况", "en": "say what was done"}),
    Action.REOPEN: ("text", {"zh": "请说明重开原因", "en": "say why it is opened again"}),
    Action.NOTE: ("text", {"zh": "备注不能为空", "en": "a note needs its text"}),
}
_PHOTO: Text = {"zh": "处理结果须附照片", "en": "what was done needs a photo"}


def decide(state: State, request: Request, role: Role) -> State | Refused:
    """Where an action leads, or why it is refused, with everything that is wrong."""
    row = TABLE[request.action]
    if role not in row.roles:
        text = {"zh": f"角色 {role} 不能进行此操作", "en": f"the role {role} may not {request.action}"}
        return Refused(status="role", reason="role", text=text)
    if state not in row.states:
        return Refused(status="state", reason=f"is_{state}", text=_STATES[state])
    wrong = []
    if request.action in _SAY and not (request.text or "").strip():
        wrong.append(_SAY[request.action])
    if request.action is Action.DONE and not request.photos:
        wrong.append(("photos", _PHOTO))
    if wrong:
        return Refused(status="invalid", reason=wrong[0][0], text=wrong[0][1], fields=tuple(wrong))
    return row.to or state
