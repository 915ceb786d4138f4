"""What each action of the table changes; `decide` is the only door. Pure.

One function per action, in the order of a rescue. They are called only when the table allows the action, and still
refuse what the body or the assignments forbid.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from alerts.incident import (
    CANCEL_REASONS,
    DESK,
    METHODS,
    ORDER,
    OTHER_KINDS,
    REOPEN_WITHIN_S,
    TABLE,
    Action,
    Actor,
    Ask,
    Asked,
    Assignment,
    Change,
    Incident,
    Refused,
    Request,
    Role,
    State,
    candidates,
    firm_may_accept,
    furthest,
    is_for,
    may_volunteer,
    on_site,
)

LAST_TIER = 3


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


def _stamp(incident: Incident, name: str, now: datetime) -> dict[str, Any]:
    """A first time is set once."""
    return {} if name in incident.stamps else {name: now}


def _invalid(field: str, detail: str) -> Refused:
    return Refused(status="invalid", reason=f"{field}_invalid", detail=detail, field=field)


def _acknowledge(i: Incident, _a: Sequence[Assignment], _r: Request, actor: Actor, now: datetime) -> Change | Refused:
    if i.acknowledged_at is not None and not i.ringing:
        return Change(state=i.state, unchanged=True)
    first = {} if i.acknowledged_at is not None else {"acknowledged_at": now, "acknowledged_by": actor.id}
    return Change(state=i.state, set={"ringing": False, **first})


def _confirm(i: Incident, _a: Sequence[Assignment], _r: Request, _who: Actor, now: datetime) -> Change | Refused:
    return Change(state=State.CONFIRMED, set=_stamp(i, "confirmed_at", now), dispatch_first=True, told=["confirmed"])


def _dispatch(i: Incident, a: Sequence[Assignment], r: Request, _who: Actor, now: datetime) -> Change | Refused:
    if r.unit_id is None and r.firm_id is None:
        return _invalid("unit_id", "say who is asked: unit_id or firm_id")
    if r.tier is not None and not 1 <= r.tier <= LAST_TIER:
        return _invalid("tier", f"a tier is 1 to {LAST_TIER}")
    for one in a:
        same_unit = r.unit_id is not None and one.unit_id == r.unit_id
        same_firm = r.unit_id is None and one.unit_id is None and one.firm_id == r.firm_id
        if one.is_live and (same_unit or same_firm):
            return Refused(
                status="state", reason="already_asked", detail=f"assignment {one.id} is {one.state} already",
                candidates=(one.id,),
            )  # fmt: skip
    tier = r.tier or max(i.tier, 1)
    change = Change(
        state=max(i.state, State.DISPATCHED, key=ORDER.index),
        set={**_stamp(i, "confirmed_at", now), **_stamp(i, "dispatched_at", now), "tier": max(i.tier, tier)},
        asks=[Ask(tier=tier, firm_id=r.firm_id, unit_id=r.unit_id)],
        told=["asked"],
    )
    if i.state is State.SUSPECTED:
        change.told.insert(0, "confirmed")
    return change


def _pick(
    i: Incident, a: Sequence[Assignment], r: Request, actor: Actor, *, or_new: bool
) -> Assignment | Refused | None:
    """The assignment an action is about; None where a new one may be made for it."""
    fits = candidates(r.action, a, actor)
    if r.assignment_id is not None:
        chosen = next((one for one in a if one.id == r.assignment_id), None)
        if chosen is None:
            return Refused(
                status="not_found",
                reason="assignment",
                detail=f"no assignment {r.assignment_id}",
                field="assignment_id",
            )
        if chosen in fits:
            return chosen
        if chosen not in candidates(Action.DECLINE, a, actor) and chosen.is_live:
            return Refused(status="role", reason="not_yours", detail="this assignment is somebody else's")
        return Refused(status="state", reason=f"is_{chosen.state}", detail=f"this assignment is {chosen.state}")
    if r.unit_id is not None and len(fits) > 1:
        fits = [one for one in fits if one.unit_id == r.unit_id] or fits
    if len(fits) == 1:
        return fits[0]
    if fits:
        ids = tuple(one.id for one in fits)
        return Refused(
            status="ambiguous", reason="several_assignments", detail=f"say which: {', '.join(ids)}",
            field="assignment_id", candidates=ids,
        )  # fmt: skip
    mine = [one for one in a if one.is_live and (is_for(actor, one) if actor.role not in DESK else _names(r, one))]
    if mine:
        return Refused(
            status="state", reason=f"is_{mine[0].state}", detail=f"this assignment is {mine[0].state} already",
            candidates=(mine[0].id,),
        )  # fmt: skip
    if or_new and may_volunteer(r.action, i.state, actor, i.firm_id):
        return None
    return Refused(status="state", reason="nobody_asked", detail=f"there is no assignment to {r.action}")


def _names(r: Request, one: Assignment) -> bool:
    """Whether a dispatcher's request speaks of whom this assignment asked."""
    return one.unit_id == r.unit_id if r.unit_id else bool(r.firm_id) and one.firm_id == r.firm_id


def _new_for(r: Request, i: Incident, actor: Actor) -> Ask | Refused:
    """Somebody who was not asked comes all the same."""
    unit_id = r.unit_id or actor.unit_id
    firm_id = r.firm_id or actor.firm_id or (None if unit_id else i.firm_id)
    if unit_id is None and firm_id is None:
        return _invalid("unit_id", "say who comes: unit_id or firm_id")
    return Ask(tier=max(i.tier, 1), firm_id=firm_id, unit_id=unit_id)


def _join(
    i: Incident, a: Sequence[Assignment], r: Request, actor: Actor, now: datetime, reached: Asked
) -> Change | Refused:
    """Accept, set out or arrive: one assignment goes on, the incident follows."""
    if r.eta_s is not None and not 0 <= r.eta_s <= 24 * 3600:
        return _invalid("eta_s", "eta_s is seconds, 0 to 86400")
    chosen = _pick(i, a, r, actor, or_new=True)
    if isinstance(chosen, Refused):
        return chosen
    stamps = {**_stamp(i, "confirmed_at", now), **_stamp(i, "dispatched_at", now), **_stamp(i, "accepted_at", now)}
    if reached is Asked.ARRIVED:
        stamps |= _stamp(i, "arrived_at", now)
    others = [one.state for one in a if one is not chosen]
    change = Change(state=furthest(max(i.state, State.DISPATCHED, key=ORDER.index), [*others, reached]), set=stamps)
    change.told = ["arrived" if reached is Asked.ARRIVED else "accepted"]
    if chosen is None:
        ask = _new_for(r, i, actor)
        if isinstance(ask, Refused):
            return ask
        change.asks = [Ask(tier=ask.tier, firm_id=ask.firm_id, unit_id=ask.unit_id, state=reached, eta_s=r.eta_s)]
        change.set["tier"] = max(i.tier, ask.tier)
    else:
        columns: dict[str, Any] = {"state": reached}
        if chosen.state is Asked.ASKED:
            columns["accepted_at"] = now
        if reached is Asked.ARRIVED:
            columns["arrived_at"] = now
        if r.eta_s is not None:
            columns["eta_s"] = r.eta_s
        if chosen.unit_id is None and (r.unit_id or actor.unit_id):
            columns["unit_id"] = r.unit_id or actor.unit_id
        change.assignments = {chosen.id: columns}
        change.detail["assignment"] = chosen.id
    return change


def _accept(i: Incident, a: Sequence[Assignment], r: Request, actor: Actor, now: datetime) -> Change | Refused:
    return _join(i, a, r, actor, now, Asked.ACCEPTED)


def _on_way(i: Incident, a: Sequence[Assignment], r: Request, actor: Actor, now: datetime) -> Change | Refused:
    change = _join(i, a, r, actor, now, Asked.ACCEPTED)
    if isinstance(change, Change):
        change.detail |= _where(r)
        if change.assignments and "accepted_at" not in next(iter(change.assignments.values())):
            change.told = ["on_way"]
    return change


def _arrive(i: Incident, a: Sequence[Assignment], r: Request, actor: Actor, now: datetime) -> Change | Refused:
    change = _join(i, a, r, actor, now, Asked.ARRIVED)
    if isinstance(change, Change):
        change.detail |= _where(r)
    return change


def _where(r: Request) -> dict[str, Any]:
    return {} if r.lat is None or r.lon is None else {"lat": r.lat, "lon": r.lon}


def _leave(
    i: Incident, a: Sequence[Assignment], r: Request, actor: Actor, now: datetime, to: Asked
) -> Change | Refused:
    """An assignment ends without a rescue; the incident goes back if nobody else is coming."""
    chosen = _pick(i, a, r, actor, or_new=False)
    if chosen is None or isinstance(chosen, Refused):
        return chosen or Refused(status="state", reason="nobody_asked", detail="nobody was asked")
    left = [one.state for one in a if one is not chosen]
    state = i.state if i.state is State.RELEASED else furthest(i.state, left)
    change = Change(
        state=state,
        assignments={chosen.id: {"state": to, "ended_at": now, "reason": r.reason}},
        detail={"assignment": chosen.id},
        told=[str(to)],
    )
    if i.state is not State.RELEASED and not any(one.is_live for one in a if one is not chosen):
        change.told.append("nobody_left")
        change.set["ringing"] = True
    return change


def _decline(i: Incident, a: Sequence[Assignment], r: Request, actor: Actor, now: datetime) -> Change | Refused:
    return _leave(i, a, r, actor, now, Asked.DECLINED)


def _stand_down(i: Incident, a: Sequence[Assignment], r: Request, actor: Actor, now: datetime) -> Change | Refused:
    return _leave(i, a, r, actor, now, Asked.STOOD_DOWN)


def _escalate(i: Incident, _a: Sequence[Assignment], r: Request, _who: Actor, now: datetime) -> Change | Refused:
    tier = r.tier or i.tier + 1
    if not i.tier < tier <= LAST_TIER:
        return _invalid("tier", f"the next tier is {i.tier + 1} to {LAST_TIER}; this rescue is in tier {i.tier}")
    change = Change(
        state=max(i.state, State.DISPATCHED, key=ORDER.index),
        set={"tier": tier, **_stamp(i, "dispatched_at", now)},
        detail={"tier": tier},
        told=["escalated"],
    )
    if r.unit_id is not None or r.firm_id is not None:
        change.asks = [Ask(tier=tier, firm_id=r.firm_id, unit_id=r.unit_id)]
        change.told.append("asked")
    return change


def _release(i: Incident, a: Sequence[Assignment], r: Request, actor: Actor, now: datetime) -> Change | Refused:
    if actor.role is Role.RESPONDER and not on_site(a, actor):
        if i.state is not State.ARRIVED:
            return Refused(
                status="state", reason="not_arrived", detail="report your arrival first, or let the dispatcher release"
            )
        return Refused(status="role", reason="not_on_site", detail="only a responder on site may release")
    if r.persons is None or not 0 <= r.persons <= 1000:
        return _invalid("persons", "persons is needed: how many were freed, 0 to 1000")
    injured = r.injured or 0
    if not 0 <= injured <= r.persons:
        return _invalid("injured", "injured is 0 to the number of persons")
    if r.method not in METHODS:
        return _invalid("method", f"method is one of {', '.join(sorted(METHODS))}")
    if not r.said_by and i.state is not State.ARRIVED:
        return _invalid("said_by", "before anybody arrived, say who told you that the car is empty")
    return Change(
        state=State.RELEASED,
        set={
            **_stamp(i, "released_at", now), "persons": r.persons, "injured": injured, "method": r.method,
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
        return _invalid("cause", "say the cause that the crew found")
    return Change(
        state=State.CLOSED,
        set={**_stamp(i, "closed_at", now), "cause": r.cause, "ringing": False},
        assignments={one.id: {"ended_at": now} for one in a if one.state is Asked.ARRIVED},
        detail={"cause": r.cause, "verified_with": r.verified_with},
        told=["closed"],
    )


def _cancel(i: Incident, a: Sequence[Assignment], r: Request, _who: Actor, now: datetime) -> Change | Refused:
    if r.reason not in CANCEL_REASONS:
        return _invalid("reason", f"reason is one of {', '.join(sorted(CANCEL_REASONS))}")
    if r.reason == "duplicate":
        if not r.duplicate_of or r.duplicate_of == i.id:
            return _invalid("duplicate_of", "name the other, open incident that this one repeats")
        if not i.duplicate_is_open:
            return _invalid("duplicate_of", f"{r.duplicate_of} is no open incident")
    return Change(
        state=State.CANCELLED,
        set={
            **_stamp(i, "closed_at", now), "ringing": False, "waits_for_person": False,
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
        return _invalid("reason", "say why it is opened again")
    if i.ended_at is not None and (now - i.ended_at).total_seconds() > REOPEN_WITHIN_S:
        return Refused(status="state", reason="too_old", detail="an incident may be opened again within 24 h")
    if i.live_rescue_of_lift is not None:
        return Refused(
            status="state", reason="lift_has_live_rescue", detail=f"live rescue: {i.live_rescue_of_lift}",
            candidates=(i.live_rescue_of_lift,),
        )  # fmt: skip
    return Change(
        state=State.CONFIRMED,
        set={"released_at": None, "closed_at": None, "ringing": True, **_stamp(i, "confirmed_at", now)},
        # who came before has left: everybody is asked anew
        assignments={
            one.id: {"state": Asked.STOOD_DOWN, "ended_at": now, "reason": "reopened"} for one in a if one.is_live
        },
        told=["confirmed"],
        dispatch_first=True,
    )


def _note(i: Incident, _a: Sequence[Assignment], r: Request, _who: Actor, _now: datetime) -> Change | Refused:
    if not (r.text or r.note):
        return _invalid("text", "a note needs its text")
    return Change(state=i.state, detail={"text": r.text or r.note})


def _other_kind(i: Incident, r: Request, actor: Actor, now: datetime) -> Change | Refused:
    match r.action:
        case Action.ACKNOWLEDGE:
            return _acknowledge(i, (), r, actor, now)
        case Action.NOTE:
            return _note(i, (), r, actor, now)
        case Action.ACCEPT:
            return Change(state=State.ACCEPTED, set={**_stamp(i, "accepted_at", now), "ringing": False})
        case _:
            return _close(i, (), r, actor, now)


_DECIDERS: dict[Action, Callable[[Incident, Sequence[Assignment], Request, Actor, datetime], Change | Refused]] = {
    Action.ACKNOWLEDGE: _acknowledge,
    Action.CONFIRM: _confirm,
    Action.DISPATCH: _dispatch,
    Action.ACCEPT: _accept,
    Action.ON_WAY: _on_way,
    Action.ARRIVE: _arrive,
    Action.RELEASE: _release,
    Action.CLOSE: _close,
    Action.ESCALATE: _escalate,
    Action.DECLINE: _decline,
    Action.STAND_DOWN: _stand_down,
    Action.CANCEL: _cancel,
    Action.REOPEN: _reopen,
    Action.NOTE: _note,
}
