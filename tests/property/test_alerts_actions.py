"""A rescue in the hands of any number of people: whatever they ask for, it stays inside the table of contract 6."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from alerts.actions import decide
from alerts.incident import (
    LIVE_ASSIGNMENTS,
    SYSTEM,
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
    span,
)

_ACTORS = [
    SYSTEM,
    Actor(kind="user", id="d", name="D", role=Role.DISPATCHER),
    Actor(kind="user", id="a", name="A", role=Role.ADMIN),
    Actor(kind="user", id="s", name="S", role=Role.SUPERVISOR),
    Actor(kind="user", id="f1", name="F1", role=Role.FIRM, firm_id="f1"),
    Actor(kind="user", id="f2", name="F2", role=Role.FIRM, firm_id="f2"),
    Actor(kind="user", id="r1", name="R1", role=Role.RESPONDER, firm_id="f1", unit_id="u1"),
    Actor(kind="user", id="r2", name="R2", role=Role.RESPONDER, firm_id="f1", unit_id="u2"),
    Actor(kind="user", id="p", name="P", role=Role.PROPERTY, building="B"),
]
_MAY_BE_UNSET = {"released_at", "closed_at"}  # by `reopen` alone
# Where each action may lead, written down from the contract's table.
_TO: dict[Action, set[State]] = {
    Action.CONFIRM: {State.CONFIRMED},
    Action.RELEASE: {State.RELEASED},
    Action.CLOSE: {State.CLOSED},
    Action.CANCEL: {State.CANCELLED},
    Action.REOPEN: {State.CONFIRMED},
    Action.DISPATCH: {State.DISPATCHED, State.ACCEPTED, State.ARRIVED},
    Action.ESCALATE: {State.DISPATCHED, State.ACCEPTED, State.ARRIVED},
    Action.ACCEPT: {State.ACCEPTED, State.ARRIVED},
    Action.ON_WAY: {State.ACCEPTED, State.ARRIVED},
    Action.ARRIVE: {State.ARRIVED},
    Action.DECLINE: {State.DISPATCHED, State.ACCEPTED, State.ARRIVED},
    Action.STAND_DOWN: {State.DISPATCHED, State.ACCEPTED, State.ARRIVED, State.RELEASED},
}


class Rescue(RuleBasedStateMachine):
    """One rescue; `alerts.acting` without its database."""

    @initialize(state=st.sampled_from([State.SUSPECTED, State.CONFIRMED]))
    def begin(self, state: State) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.columns: dict[str, Any] = {"confirmed_at": self.now} if state is State.CONFIRMED else {}
        self.incident = Incident(id="i", kind="rescue", state=state, firm_id="f1", stamps=frozenset(self.columns))
        self.assignments: list[Assignment] = []

    @rule(
        action=st.sampled_from(Action),
        actor=st.sampled_from(_ACTORS),
        number=st.integers(0, 4),
        unit=st.sampled_from([None, "u1", "u2", "u3"]),
        firm=st.sampled_from([None, "f1", "f2"]),
        reason=st.sampled_from([None, "false_alarm", "duplicate", "why"]),
        persons=st.sampled_from([None, 0, 2]),
        tier=st.sampled_from([None, 1, 2, 3]),
        wait=st.integers(0, 3600),
    )
    def somebody_acts(self, action: Action, actor: Actor, number: int, wait: int, **body: Any) -> None:
        self.now += timedelta(seconds=wait)
        request = Request(
            action=action, unit_id=body["unit"], firm_id=body["firm"], reason=body["reason"], persons=body["persons"],
            tier=body["tier"], method="crew", said_by="somebody", cause="door", text="text", duplicate_of="other",
            assignment_id=f"a{number}" if number < len(self.assignments) else None,
        )  # fmt: skip
        row, before = TABLE[action], self.incident
        offered = {one.action for one in allowed("rescue", before.state, self.assignments, actor, firm_id="f1")}
        result = decide(before, self.assignments, request, actor, self.now)
        if isinstance(result, Refused):
            assert result.detail
            return
        assert actor.role in row.roles
        assert before.state in row.states
        assert action in offered or action is Action.ACKNOWLEDGE
        assert result.state in _TO.get(action, {before.state})
        self._apply(action, result)

    def _apply(self, action: Action, change: Change) -> None:
        for name, value in change.set.items():
            if name.endswith("_at"):
                assert (value is None) is (action is Action.REOPEN and name in _MAY_BE_UNSET)
                if value is not None:
                    assert self.columns.get(name) is None, f"{name} is set a second time"
        self.columns |= change.set
        known = {field.name for field in fields(Assignment)}
        self.assignments = [
            replace(one, **{name: value for name, value in change.assignments.get(one.id, {}).items() if name in known})
            for one in self.assignments
        ]
        assert set(change.assignments) <= {one.id for one in self.assignments}
        for ask in change.asks:
            self.assignments.append(
                Assignment(
                    id=f"a{len(self.assignments)}", firm_id=ask.firm_id, unit_id=ask.unit_id, tier=ask.tier,
                    state=Asked(ask.state), asked_at=self.now,
                )
            )  # fmt: skip
        self.assignments = [replace(one, state=Asked(one.state)) for one in self.assignments]
        self.incident = replace(
            self.incident, state=change.state, tier=self.columns.get("tier", 0),
            ringing=self.columns.get("ringing", False), acknowledged_at=self.columns.get("acknowledged_at"),
            ended_at=self.columns.get("closed_at") or self.columns.get("released_at"),
            stamps=frozenset(name for name, value in self.columns.items() if name.endswith("_at") and value),
        )  # fmt: skip

    @invariant()
    def the_state_is_the_furthest_of_the_live_assignments(self) -> None:
        state = self.incident.state
        states = [one.state for one in self.assignments]
        if state in {State.RELEASED, State.CLOSED, State.CANCELLED}:
            assert not any(one in {Asked.ASKED, Asked.ACCEPTED} for one in states)
            return
        assert furthest(state, states) is state
        if Asked.ARRIVED in states:
            assert state is State.ARRIVED
        elif Asked.ACCEPTED in states:
            assert state in {State.ACCEPTED, State.ARRIVED}  # it goes back only when nobody is coming any more
        elif any(one in LIVE_ASSIGNMENTS for one in states):
            assert state is State.DISPATCHED
        else:
            assert state in {State.SUSPECTED, State.CONFIRMED, State.DISPATCHED}

    @invariant()
    def times_agree_with_the_state(self) -> None:
        state, stamps = self.incident.state, self.incident.stamps
        if state in span(State.CONFIRMED, State.CLOSED):
            assert "confirmed_at" in stamps
        if state is State.RELEASED:
            assert "released_at" in stamps
        if state in {State.CLOSED, State.CANCELLED}:
            assert "closed_at" in stamps
        if state in {State.ACCEPTED, State.ARRIVED}:
            assert {"dispatched_at", "accepted_at"} <= stamps
        assert (state is not State.ARRIVED) or "arrived_at" in stamps

    @invariant()
    def everybody_is_asked_once_at_a_time(self) -> None:
        live = [(one.firm_id, one.unit_id) for one in self.assignments if one.is_live and one.unit_id is not None]
        assert len(live) == len(set(live))


Rescue.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestRescue = Rescue.TestCase
