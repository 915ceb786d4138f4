"""What each action of the table changes; `decide` is the only door. Pure.

One function per action, in the order of a rescue; those about assignments stand in `alerts.crew`. They are called only
when the table allows the action, and still refuse what the body or the assignments forbid.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from alerts import crew
from alerts.crew import invalid, stamp
from alerts.incident import (
    CANCEL_REASONS,
    METHODS,
    ORDER,
    OTHER_KINDS,
    REOPEN_WITHIN_S,
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
    firm_may_accept,
    on_site,
)


def decide(
    incident: Incident, assignments: Sequence[Assignment], request: Request, actor: Actor, now: datetime
) -> Change | Refused:
    """What `request` changes, or why it is refused; a refusal changes nothing."""
    action = request.action
    table = TABLE if incident.kind == "rescue" else OTHER_KINDS
    row = table.get(action)
    if row is None:
        return Refused(
            status="state",
            reason="not_for_this_kind",
            detail=f"an incident of kind {incident.kind} knows {', '.join(table)}, not {action}",
        )
    if actor.role not in row.roles and not firm_may_accept(incident.kind, action, actor, incident.firm_id):
        return Refused(status="role", reason="role", detail=f"the role {actor.role} may not {action}")
    if incident.state not in row.states:
        states = ", ".join(sorted(row.states, key=ORDER.index))
        return Refused(
            status="state",
            reason=f"is_{incident.state}",
            detail=f"{action} is possible from {states}; this incident is {incident.state}",
        )
    if incident.kind != "rescue":
        return _other_kind(incident, request, actor, now)
    return _DECIDERS[action](incident, assignments, request, actor, now)


def _acknowledge(i: Incident, _a: Sequence[Assignment], _r: Request, actor: Actor, now: datetime) -> Change | Refused:
    if i.acknowledged_at is not None and not i.ringing:
        return Change(state=i.state, unchanged=True)
    first = {} if i.acknowledged_at is not None else {"acknowledged_at": now, "acknowledged_by": actor.id}
    return Change(state=i.state, set={"ringing": False, **first})


def _confirm(i: Incident, _a: Sequence[Assignment], _r: Request, _who: Actor, now: datetime) -> Change | Refused:
    return Change(state=State.CONFIRMED, set=stamp(i, "confirmed_at", now), dispatch_first=True, told=["confirmed"])


def _release(i: Incident, a: Sequence[Assignment], r: Request, actor: Actor, now: datetime) -> Change | Refused:
    if actor.role is Role.RESPONDER and not on_site(a, actor):
        if i.state is not State.ARRIVED:
            return Refused(
                status="state", reason="not_arrived", detail="report your arrival first, or let the dispatcher release"
            )
        return Refused(status="role", reason="not_on_site", detail="only a responder on site may release")
    if r.persons is None or not 0 <= r.persons <= 1000:
        return invalid("persons", "persons is needed: how many were freed, 0 to 1000")
    injured = r.injured or 0
    if not 0 <= injured <= r.persons:
        return invalid("injured", "injured is 0 to the number of persons")
    if r.method not in METHODS:
        return invalid("method", f"method is one of {', '.join(sorted(METHODS))}")
    if not r.said_by and i.state is not State.ARRIVED:
        return invalid("said_by", "before anybody arrived, say who told you that the car is empty")
    return Change(
        state=State.RELEASED,
        set={
            **stamp(i, "released_at", now), "persons": r.persons, "injured": injured, "method": r.method,
            "ringing": False, "waits_for_person": False,
        },
        assignments={
            one.id: {"state": Asked.STOOD_DOWN, "ended_at": now, "reason": "released"}
            for one in a if one.state in {Asked.ASKED, Asked.ACCEPTED}
        },
        detail={"persons": r.persons, "injured": injured, "method": r.method, "said_by": r.said_by or actor.name},
        told=["released"],
        ended=True,
    )  # fmt: skip


def _close(i: Incident, a: Sequence[Assignment], r: Request, _who: Actor, now: datetime) -> Change | Refused:
    if not r.cause:
        return invalid("cause", "say the cause that the crew found")
    return Change(
        state=State.CLOSED,
        set={**stamp(i, "closed_at", now), "cause": r.cause, "ringing": False},
        assignments={one.id: {"ended_at": now} for one in a if one.state is Asked.ARRIVED},
        detail={"cause": r.cause, "verified_with": r.verified_with},
        told=["closed"],
    )


def _cancel(i: Incident, a: Sequence[Assignment], r: Request, _who: Actor, now: datetime) -> Change | Refused:
    if r.reason not in CANCEL_REASONS:
        return invalid("reason", f"reason is one of {', '.join(sorted(CANCEL_REASONS))}")
    if r.reason == "duplicate":
        if not r.duplicate_of or r.duplicate_of == i.id:
            return invalid("duplicate_of", "name the other, open incident that this one repeats")
        if not i.duplicate_is_open:
            return invalid("duplicate_of", f"{r.duplicate_of} is no open incident")
    return Change(
        state=State.CANCELLED,
        set={
            **stamp(i, "closed_at", now), "ringing": False, "waits_for_person": False,
            "duplicate_of": r.duplicate_of if r.reason == "duplicate" else None,
        },
        assignments={
            one.id: {"state": Asked.STOOD_DOWN, "ended_at": now, "reason": "cancelled"} for one in a if one.is_live
        },
        detail={"duplicate_of": r.duplicate_of} if r.duplicate_of else {},
        told=["cancelled"],
        ended=True,
    )  # fmt: skip


def _reopen(i: Incident, a: Sequence[Assignment], r: Request, _who: Actor, now: datetime) -> Change | Refused:
    if not r.reason:
        return invalid("reason", "say why it is opened again")
    if i.ended_at is not None and (now - i.ended_at).total_seconds() > REOPEN_WITHIN_S:
        return Refused(status="state", reason="too_old", detail="an incident may be opened again within 24 h")
    if i.live_rescue_of_lift is not None:
        return Refused(
            status="state", reason="lift_has_live_rescue", detail=f"live rescue: {i.live_rescue_of_lift}",
            candidates=(i.live_rescue_of_lift,),
        )  # fmt: skip
    return Change(
        state=State.CONFIRMED,
        set={"released_at": None, "closed_at": None, "ringing": True, **stamp(i, "confirmed_at", now)},
        # who came before has left: everybody is asked anew
        assignments={
            one.id: {"state": Asked.STOOD_DOWN, "ended_at": now, "reason": "reopened"} for one in a if one.is_live
        },
        told=["confirmed"],
        dispatch_first=True,
    )


def _note(i: Incident, _a: Sequence[Assignment], r: Request, _who: Actor, _now: datetime) -> Change | Refused:
    if not (r.text or r.note):
        return invalid("text", "a note needs its text")
    return Change(state=i.state, detail={"text": r.text or r.note})


def _other_kind(i: Incident, r: Request, actor: Actor, now: datetime) -> Change | Refused:
    match r.action:
        case Action.ACKNOWLEDGE:
            return _acknowledge(i, (), r, actor, now)
        case Action.NOTE:
            return _note(i, (), r, actor, now)
        case Action.ACCEPT:
            return Change(state=State.ACCEPTED, set={**stamp(i, "accepted_at", now), "ringing": False})
        case _:
            return _close(i, (), r, actor, now)


_DECIDERS: dict[Action, Callable[[Incident, Sequence[Assignment], Request, Actor, datetime], Change | Refused]] = {
    Action.ACKNOWLEDGE: _acknowledge,
    Action.CONFIRM: _confirm,
    Action.DISPATCH: crew.dispatch,
    Action.ACCEPT: crew.accept,
    Action.ON_WAY: crew.on_way,
    Action.ARRIVE: crew.arrive,
    Action.RELEASE: _release,
    Action.CLOSE: _close,
    Action.ESCALATE: crew.escalate,
    Action.DECLINE: crew.decline,
    Action.STAND_DOWN: crew.stand_down,
    Action.CANCEL: _cancel,
    Action.REOPEN: _reopen,
    Action.NOTE: _note,
}
