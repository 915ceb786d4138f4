"""Work orders as a table, and what the text of a code on a lift says."""

import pytest

from alerts.incident import Role
from alerts.maintenance import qr
from alerts.maintenance.order import ENDED, TABLE, Action, Refused, Request, State, decide

F, R, P, D, A, S, X = (
    Role.FIRM, Role.RESPONDER, Role.PROPERTY, Role.DISPATCHER, Role.ADMIN, Role.SUPERVISOR, Role.SYSTEM,
)  # fmt: skip
# action → who, from where, where to
TOLD = {
    Action.ACCEPT: ({F, R}, {State.OPEN}, State.ACCEPTED),
    Action.DONE: ({F, R}, {State.OPEN, State.ACCEPTED}, State.DONE),
    Action.CLOSE: ({F, P, D, A}, {State.DONE}, State.CLOSED),
    Action.REOPEN: ({F, P, D, A}, {State.DONE, State.CLOSED}, State.OPEN),
    Action.NOTE: ({F, R, P, D, A, S}, set(State), None),
    Action.WITHDRAW: ({X}, {State.OPEN}, State.WITHDRAWN),
}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("state", State)
def test_orders(state: State, action: Action, role: Role) -> None:
    who, states, to = TOLD[action]
    decided = decide(state, Request(action=action, text="换灯", photos=("p1",)), role)
    if role in who and state in states:
        assert decided == (to or state)
    else:
        assert isinstance(decided, Refused)
        assert decided.status == ("role" if role not in who else "state")
        assert decided.text["zh"]
        assert decided.text["en"]


@pytest.mark.parametrize(
    ("action", "text", "photos", "fields"),
    [
        (Action.DONE, None, (), ["text", "photos"]), (Action.DONE, " ", ("p",), ["text"]), (Action.DONE, "x", (), ["photos"]),
        (Action.REOPEN, None, (), ["text"]), (Action.NOTE, "", (), ["text"]),
    ],
)  # fmt: skip
def test_all_that_is_missing_is_told(
    action: Action, text: str | None, photos: tuple[str, ...], fields: list[str]
) -> None:
    state = State.DONE if action is Action.REOPEN else State.OPEN
    decided = decide(state, Request(action=action, text=text, photos=photos), F)
    assert isinstance(decided, Refused)
    assert decided.status == "invalid"
    assert [name for name, _ in decided.fields] == fields


def test_every_order_can_be_ended_by_somebody() -> None:
    reached = {State.OPEN}
    while more := {row.to for row in TABLE.values() if row.to and row.states & reached} - reached:
        reached |= more
    assert reached == set(State)
    assert {State.CLOSED, State.WITHDRAWN} == ENDED


@pytest.mark.parametrize(
    ("text", "lift"),
    [
        ("31104302002017080012", "31104302002017080012"),
        (" L-1\n", "L-1"),
        ("430217", "430217"),
        ("https://lift.example/lifts/L-1", "L-1"),
        ("https://lift.example/lifts/L-1/?a=b", "L-1"),
        ("https://lift.example/#/lift/L-1", "L-1"),
        ("https://lift.example/lifts/L%2D1", "L-1"),
        ("https://lift.example/", None),
        ("https://lift.example", None),
        ("https://[broken/L-1", None),
        ("https://lift.example/电梯", None),
        ("-L1", None),
        ("two words", None),
        ("", None),
        ("a" * 65, None),
    ],
)
def test_the_text_of_a_code(text: str, lift: str | None) -> None:
    assert qr.lift_of(text) == lift
