"""The table of contract section 6: who may do what from where, and what follows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts.actions import decide
from alerts.incident import (
    LIVE,
    OTHER_KINDS,
    TABLE,
    Action,
    Actor,
    Asked,
    Assignment,
    Change,
    Incident,
    Refused,
    Request,
    Role,
    State,
    allowed,
    furthest,
)

NOW = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)
UNTIL_ARRIVED = {"suspected", "confirmed", "dispatched", "accepted", "arrived"}
CONFIRMED_ON = UNTIL_ARRIVED - {"suspected"}

# The contract's table, written down a second time from the contract's text.
CONTRACT: dict[str, tuple[set[str], set[str]]] = {
    "acknowledge": ({"dispatcher", "supervisor", "admin"}, UNTIL_ARRIVED | {"released"}),
    "confirm": ({"dispatcher", "admin"}, {"suspected"}),
    "dispatch": ({"dispatcher", "admin", "system"}, UNTIL_ARRIVED),
    "accept": ({"dispatcher", "admin", "firm", "responder"}, UNTIL_ARRIVED),
    "decline": ({"dispatcher", "admin", "firm", "responder"}, CONFIRMED_ON - {"confirmed"}),
    "on_way": ({"dispatcher", "admin", "firm", "responder"}, CONFIRMED_ON),
    "arrive": ({"dispatcher", "admin", "firm", "responder"}, CONFIRMED_ON),
    "stand_down": ({"dispatcher", "admin"}, (CONFIRMED_ON - {"confirmed"}) | {"released"}),
    "escalate": ({"dispatcher", "admin", "system"}, CONFIRMED_ON),
    "release": ({"dispatcher", "admin", "responder"}, CONFIRMED_ON),
    "close": ({"dispatcher", "admin"}, {"released"}),
    "cancel": ({"dispatcher", "admin"}, UNTIL_ARRIVED),
    "reopen": ({"dispatcher", "supervisor", "admin"}, {"released", "closed", "cancelled"}),
    "note": (set(Role), set(State)),
}


def actor(role: str, **fields: Any) -> Actor:
    return Actor(kind="user", id="u1", name="Somebody", role=Role(role), **fields)


def incident(state: str = "dispatched", **fields: Any) -> Incident:
    return Incident(id="i1", kind=fields.pop("kind", "rescue"), state=State(state), firm_id="f1", **fields)


def asked(number: int = 1, state: str = "asked", firm: str = "f1", unit: str | None = None) -> Assignment:
    return Assignment(id=f"a{number}", firm_id=firm, unit_id=unit, tier=1, state=Asked(state))


def do(one: Incident, assignments: list[Assignment], who: Actor, action: str, **body: Any) -> Change | Refused:
    return decide(one, assignments, Request(action=Action(action), **body), who, NOW)


def changed(result: Change | Refused) -> Change:
    assert isinstance(result, Change), result
    return result


def refused(result: Change | Refused, status: str) -> Refused:
    assert isinstance(result, Refused), result
    assert result.status == status
    return result


def test_the_table_is_the_contracts() -> None:
    ours = {str(action): ({str(r) for r in row.roles}, {str(s) for s in row.states}) for action, row in TABLE.items()}
    assert ours == CONTRACT


@pytest.mark.parametrize("action", list(Action))
@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("state", list(State))
def test_what_the_table_forbids_is_refused_with_the_right_word(action: Action, role: Role, state: State) -> None:
    roles, states = CONTRACT[action]
    who = actor(role, firm_id="f1", unit_id="n1")
    result = decide(incident(state), [], Request(action=action), who, NOW)
    if role not in roles:
        refused(result, "role")
    elif state not in states:
        refused(result, "state")


def test_confirmation_dispatches_in_the_same_breath() -> None:
    change = changed(do(incident("suspected"), [], actor("dispatcher"), "confirm"))
    assert (change.state, change.dispatch_first) == (State.CONFIRMED, True)


def test_the_second_acknowledgement_is_answered_with_the_first() -> None:
    first = changed(do(incident(ringing=True), [], actor("dispatcher"), "acknowledge"))
    assert first.set == {"ringing": False, "acknowledged_at": NOW, "acknowledged_by": "u1"}
    again = changed(do(incident(acknowledged_at=NOW), [], actor("supervisor"), "acknowledge"))
    assert again.unchanged


def test_an_acknowledgement_after_a_new_ring_only_stops_the_ringing() -> None:
    again = changed(do(incident(acknowledged_at=NOW, ringing=True), [], actor("dispatcher"), "acknowledge"))
    assert again.set == {"ringing": False}


def test_a_unit_accepts_what_its_firm_was_asked_and_binds_it() -> None:
    change = changed(do(incident(), [asked()], actor("responder", firm_id="f1", unit_id="n1"), "accept", eta_s=300))
    assert change.state is State.ACCEPTED
    assert change.assignments["a1"] == {"state": "accepted", "accepted_at": NOW, "eta_s": 300, "unit_id": "n1"}
    assert change.set["accepted_at"] == NOW


def test_a_unit_cannot_take_another_units_assignment() -> None:
    who = actor("responder", firm_id="f1", unit_id="n2")
    refused(do(incident(), [asked(unit="n1")], who, "accept", assignment_id="a1"), "role")


def test_accepting_twice_changes_nothing() -> None:
    who = actor("responder", firm_id="f1", unit_id="n1")
    refused(do(incident("accepted"), [asked(state="accepted", unit="n1")], who, "accept"), "state")


def test_several_fitting_assignments_must_be_told_apart() -> None:
    result = do(incident(), [asked(1), asked(2, firm="f2")], actor("dispatcher"), "accept")
    assert refused(result, "ambiguous").candidates == ("a1", "a2")


def test_a_suspected_rescue_is_confirmed_by_its_firms_acceptance() -> None:
    change = changed(do(incident("suspected"), [], actor("firm", firm_id="f1"), "accept"))
    assert change.state is State.ACCEPTED
    assert change.set["confirmed_at"] == NOW
    assert change.asks[0].state is Asked.ACCEPTED
    refused(do(incident("suspected"), [], actor("firm", firm_id="f2"), "accept"), "state")


def test_arriving_without_accepting_counts_as_both() -> None:
    change = changed(
        do(incident(), [asked(unit="n1")], actor("responder", unit_id="n1"), "arrive", lat=27.8, lon=113.1)
    )
    assert change.state is State.ARRIVED
    assert change.assignments["a1"]["accepted_at"] == NOW
    assert {"accepted_at", "arrived_at"} <= set(change.set)
    assert change.detail["lat"] == 27.8


@pytest.mark.parametrize(
    ("state", "others", "expected", "rings"),
    [
        ("accepted", [], "dispatched", True),
        ("arrived", ["accepted"], "arrived", False),
        ("arrived", ["asked"], "dispatched", False),
        ("dispatched", [], "dispatched", True),
    ],
)
def test_a_refusal_sends_the_rescue_back_only_when_nobody_else_comes(
    state: str, others: list[str], expected: str, rings: bool
) -> None:
    mine = asked(1, "arrived" if state == "arrived" else "accepted" if state == "accepted" else "asked", unit="n1")
    rest = [asked(number + 2, one, firm="f2") for number, one in enumerate(others)]
    change = changed(do(incident(state), [mine, *rest], actor("responder", unit_id="n1"), "decline", reason="wrong"))
    assert change.state == expected
    assert change.set.get("ringing", False) is rings
    assert ("nobody_left" in change.told) is rings


def test_release_needs_a_responder_on_site_or_a_dispatcher_who_says_by_whom() -> None:
    crew = actor("responder", unit_id="n1")
    body = {"persons": 2, "method": "crew"}
    refused(do(incident("accepted"), [asked(state="accepted", unit="n1")], crew, "release", **body), "state")
    refused(do(incident("accepted"), [], actor("dispatcher"), "release", **body), "invalid")
    change = changed(do(incident("arrived"), [asked(state="arrived", unit="n1"), asked(2)], crew, "release", **body))
    assert change.state is State.RELEASED
    assert change.ended
    assert change.assignments == {"a2": {"state": "stood_down", "ended_at": NOW, "reason": "released"}}
    by_phone = do(incident("confirmed"), [], actor("dispatcher"), "release", said_by="passenger", **body)
    assert changed(by_phone).detail["said_by"] == "passenger"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"method": "crew", "said_by": "x"}, "persons"),
        ({"persons": -1, "method": "crew", "said_by": "x"}, "persons"),
        ({"persons": 1, "injured": 2, "method": "crew", "said_by": "x"}, "injured"),
        ({"persons": 1, "method": "magic", "said_by": "x"}, "method"),
        ({"persons": 1, "said_by": "x"}, "method"),
    ],
)
def test_a_release_says_what_is_wrong_with_it(body: dict[str, Any], field: str) -> None:
    assert refused(do(incident("arrived"), [], actor("dispatcher"), "release", **body), "invalid").field == field


def test_nobody_freed_is_a_release_too() -> None:
    change = changed(do(incident("arrived"), [], actor("dispatcher"), "release", persons=0, method="self"))
    assert change.set["persons"] == 0


def test_cancelling_as_a_duplicate_names_the_open_other() -> None:
    desk = actor("dispatcher")
    refused(do(incident(), [], desk, "cancel", reason="bored"), "invalid")
    refused(do(incident(), [], desk, "cancel", reason="duplicate"), "invalid")
    refused(do(incident(duplicate_is_open=False), [], desk, "cancel", reason="duplicate", duplicate_of="i2"), "invalid")
    change = changed(do(incident(), [asked()], desk, "cancel", reason="duplicate", duplicate_of="i2"))
    assert change.set["duplicate_of"] == "i2"
    assert change.assignments["a1"]["state"] == "stood_down"


def test_reopening_is_possible_for_a_day_and_not_beside_a_live_rescue() -> None:
    desk = actor("supervisor")
    ended = NOW - timedelta(hours=23)
    assert changed(do(incident("closed", ended_at=ended), [], desk, "reopen", reason="again")).state is State.CONFIRMED
    refused(do(incident("closed", ended_at=ended - timedelta(hours=2)), [], desk, "reopen", reason="again"), "state")
    other = incident("released", ended_at=ended, live_rescue_of_lift="i9")
    assert refused(do(other, [], desk, "reopen", reason="again"), "state").candidates == ("i9",)


def test_escalation_goes_up_and_never_takes_back_an_acceptance() -> None:
    change = changed(do(incident("accepted", tier=1), [asked(state="accepted")], actor("dispatcher"), "escalate"))
    assert (change.state, change.set["tier"], change.assignments) == (State.ACCEPTED, 2, {})
    refused(do(incident("accepted", tier=3), [], actor("dispatcher"), "escalate"), "invalid")


def test_nobody_is_asked_twice() -> None:
    refused(do(incident(), [asked()], actor("dispatcher"), "dispatch", firm_id="f1"), "state")
    assert changed(do(incident(), [asked()], actor("dispatcher"), "dispatch", unit_id="n7")).asks[0].unit_id == "n7"


@pytest.mark.parametrize("kind", ["fault", "danger", "offline", "area", "system"])
def test_other_kinds_know_four_actions(kind: str) -> None:
    assert set(OTHER_KINDS) == {Action.ACKNOWLEDGE, Action.ACCEPT, Action.CLOSE, Action.NOTE}
    refused(do(incident("confirmed", kind=kind), [], actor("dispatcher"), "cancel", reason="test"), "state")
    accepts = do(incident("confirmed", kind=kind), [], actor("firm", firm_id="f1"), "accept")
    if kind in {"fault", "danger"}:
        assert changed(accepts).state is State.ACCEPTED
    else:
        refused(accepts, "role")
    refused(do(incident("confirmed", kind=kind), [], actor("firm", firm_id="f2"), "accept"), "role")
    refused(do(incident("confirmed", kind=kind), [], actor("dispatcher"), "close"), "invalid")


def test_the_state_is_the_furthest_of_the_live_assignments() -> None:
    assert furthest(State.CONFIRMED, [Asked.DECLINED]) is State.CONFIRMED
    assert furthest(State.DISPATCHED, [Asked.ASKED, Asked.ACCEPTED]) is State.ACCEPTED
    assert furthest(State.ARRIVED, [Asked.ACCEPTED]) is State.ARRIVED
    assert furthest(State.ARRIVED, [Asked.NO_ANSWER]) is State.DISPATCHED


@pytest.mark.parametrize("role", ["firm", "responder", "property"])
def test_crews_can_never_cancel_close_or_reopen(role: str) -> None:
    for action in ("cancel", "close", "reopen"):
        for state in State:
            refused(do(incident(state), [], actor(role, firm_id="f1", unit_id="n1"), action, reason="x"), "role")


def test_the_likeliest_action_is_the_first_and_forbidden_ones_are_absent() -> None:
    offered = allowed("rescue", State.SUSPECTED, [], actor("dispatcher"), ringing=False)
    assert offered[0].action is Action.CONFIRM
    assert offered[0].primary
    crew = allowed("rescue", State.DISPATCHED, [asked()], actor("responder", firm_id="f1", unit_id="n1"))
    assert [one.action for one in crew] == [Action.ACCEPT, Action.ON_WAY, Action.ARRIVE, Action.DECLINE, Action.NOTE]
    assert allowed("rescue", State.CLOSED, [], actor("property")) == [
        one for one in allowed("rescue", State.CLOSED, [], actor("property")) if one.action is Action.NOTE
    ]


def test_live_is_suspected_to_arrived() -> None:
    assert {str(state) for state in LIVE} == UNTIL_ARRIVED


def test_reopening_asks_everybody_anew() -> None:
    came = asked(state="arrived", unit="n1")
    change = changed(do(incident("released", ended_at=NOW), [came], actor("dispatcher"), "reopen", reason="again"))
    assert change.dispatch_first
    assert change.assignments == {"a1": {"state": "stood_down", "ended_at": NOW, "reason": "reopened"}}


def test_a_firms_assignment_is_not_bound_to_another_firms_unit() -> None:
    desk = actor("dispatcher")
    refused(do(incident(), [asked(firm="f1")], desk, "accept", unit_id="n9", firm_id="f2"), "invalid")
    bound = changed(do(incident(), [asked(firm="f1")], desk, "accept", unit_id="n1", firm_id="f1"))
    assert bound.assignments["a1"]["unit_id"] == "n1"


def test_escalation_asks_nobody_twice() -> None:
    request = do(incident(tier=1), [asked(unit="n7")], actor("dispatcher"), "escalate", unit_id="n7")
    assert refused(request, "state").reason == "already_asked"


@pytest.mark.parametrize("who", [actor("responder", firm_id="f1", unit_id="n1"), actor("firm", firm_id="f1")])
def test_an_answer_to_the_firms_question_by_a_unit_that_was_asked_itself_is_one_answer(who: Actor) -> None:
    """The firm has two buttons on its phone; whichever it takes, its crew comes, once, and is never refused."""
    both = [asked(1), asked(2, unit="n1")]
    change = changed(do(incident(), both, who, "accept", assignment_id="a1", unit_id="n1", firm_id="f1", eta_s=600))
    assert change.assignments["a2"] == {"state": "accepted", "accepted_at": NOW, "eta_s": 600}
    assert change.assignments["a1"]["state"] == "stood_down"
    assert change.state is State.ACCEPTED


def test_a_unit_on_its_way_does_not_take_its_firms_assignment_too() -> None:
    who = actor("responder", firm_id="f1", unit_id="n1")
    result = do(incident(), [asked(1), asked(2, unit="n1", state="accepted")], who, "accept", assignment_id="a1")
    assert refused(result, "state").candidates == ("a2",)


def test_a_unit_speaks_for_itself_alone() -> None:
    who = actor("responder", firm_id="f1", unit_id="n1")
    assert refused(do(incident(), [asked()], who, "accept", unit_id="n2"), "role").reason == "not_yours"


@pytest.mark.parametrize("action", ["accept", "dispatch"])
def test_what_confirms_a_suspicion_tells_so(action: str) -> None:
    change = changed(do(incident("suspected"), [], actor("dispatcher"), action, firm_id="f1"))
    assert change.told[0] == "confirmed"
