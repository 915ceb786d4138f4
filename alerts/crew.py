"""Who is asked, comes, arrives or leaves: the actions that are about assignments. Pure; called by `alerts.actions`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from alerts.incident import (
    DESK,
    ORDER,
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
    furthest,
    is_for,
    may_volunteer,
)

LAST_TIER = 3


def stamp(incident: Incident, name: str, now: datetime) -> dict[str, Any]:
    """A first time is set once."""
    return {} if name in incident.stamps else {name: now}


def invalid(field: str, detail: str) -> Refused:
    """The body is wrong in this field."""
    return Refused(status="invalid", reason=f"{field}_invalid", detail=detail, field=field)


def dispatch(i: Incident, a: Sequence[Assignment], r: Request, _who: Actor, now: datetime) -> Change | Refused:
    """Ask a unit or a firm; from a suspicion it also confirms."""
    if r.unit_id is None and r.firm_id is None:
        return invalid("unit_id", "say who is asked: unit_id or firm_id")
    if r.tier is not None and not 1 <= r.tier <= LAST_TIER:
        return invalid("tier", f"a tier is 1 to {LAST_TIER}")
    if asked := _asked_already(a, r):
        return asked
    tier = r.tier or max(i.tier, 1)
    change = Change(
        state=max(i.state, State.DISPATCHED, key=ORDER.index),
        set={**stamp(i, "confirmed_at", now), **stamp(i, "dispatched_at", now), "tier": max(i.tier, tier)},
        asks=[Ask(tier=tier, firm_id=r.firm_id, unit_id=r.unit_id)],
        told=["asked"],
    )
    if i.state is State.SUSPECTED:
        change.told.insert(0, "confirmed")
    return change


def _asked_already(a: Sequence[Assignment], r: Request) -> Refused | None:
    """Nobody is asked twice at a time."""
    for one in a:
        same_unit = r.unit_id is not None and one.unit_id == r.unit_id
        same_firm = r.unit_id is None and one.unit_id is None and one.firm_id == r.firm_id
        if one.is_live and (same_unit or same_firm):
            return Refused(
                status="state", reason="already_asked", detail=f"assignment {one.id} is {one.state} already",
                candidates=(one.id,),
            )  # fmt: skip
    return None


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
        return invalid("unit_id", "say who comes: unit_id or firm_id")
    return Ask(tier=max(i.tier, 1), firm_id=firm_id, unit_id=unit_id)


def _join(
    i: Incident, a: Sequence[Assignment], r: Request, actor: Actor, now: datetime, reached: Asked
) -> Change | Refused:
    """Accept, set out or arrive: one assignment goes on, the incident follows."""
    if wrong := _wrong_body(r, actor):
        return wrong
    picked = _pick_joining(i, a, r, actor)
    if isinstance(picked, Refused):
        return picked
    chosen, answered = picked
    stamps = {**stamp(i, "confirmed_at", now), **stamp(i, "dispatched_at", now), **stamp(i, "accepted_at", now)}
    if reached is Asked.ARRIVED:
        stamps |= stamp(i, "arrived_at", now)
    others = [one.state for one in a if one not in (chosen, answered)]
    change = Change(state=furthest(max(i.state, State.DISPATCHED, key=ORDER.index), [*others, reached]), set=stamps)
    change.told = ["arrived" if reached is Asked.ARRIVED else "accepted"]
    if i.state is State.SUSPECTED:
        change.told.insert(0, "confirmed")
    if chosen is None:
        ask = _new_for(r, i, actor)
        if isinstance(ask, Refused):
            return ask
        change.asks = [Ask(tier=ask.tier, firm_id=ask.firm_id, unit_id=ask.unit_id, state=reached, eta_s=r.eta_s)]
        change.set["tier"] = max(i.tier, ask.tier)
    elif r.unit_id is not None and chosen.firm_id not in {None, r.firm_id}:
        return invalid("unit_id", "this unit is of another firm than the one that was asked")
    else:
        change.assignments = {chosen.id: _goes_on(chosen, r, actor, now, reached)}
        change.detail["assignment"] = chosen.id
        if answered is not None:
            over = {"state": Asked.STOOD_DOWN, "ended_at": now, "reason": "unit_was_asked_itself"}
            change.assignments[answered.id] = over
    return change


def _wrong_body(r: Request, actor: Actor) -> Refused | None:
    if actor.role is Role.RESPONDER and r.unit_id not in {None, actor.unit_id}:
        return Refused(status="role", reason="not_yours", detail="a unit speaks for itself alone")
    if actor.role is Role.FIRM and r.firm_id not in {None, actor.firm_id}:
        return Refused(status="role", reason="not_yours", detail="a firm speaks for itself alone")
    if r.eta_s is not None and not 0 <= r.eta_s <= 24 * 3600:
        return invalid("eta_s", "eta_s is seconds, 0 to 86400")
    return None


def _pick_joining(
    i: Incident, a: Sequence[Assignment], r: Request, actor: Actor
) -> tuple[Assignment | None, Assignment | None] | Refused:
    """The assignment that goes on (None: a new one), and the firm's question that this answers as well.

    A unit that was asked itself takes neither its firm's assignment nor a new one beside its own.
    """
    chosen = _pick(i, a, r, actor, or_new=True)
    unit_id = r.unit_id or actor.unit_id
    if isinstance(chosen, Refused):
        return chosen
    if unit_id is None or (chosen is not None and chosen.unit_id is not None):
        return chosen, None
    own = next((one for one in a if one.is_live and one.unit_id == unit_id), None)
    if own is None:
        return chosen, None
    if own not in candidates(r.action, a, actor):
        return Refused(
            status="state", reason="already_asked", detail=f"this unit has assignment {own.id}, {own.state}",
            candidates=(own.id,),
        )  # fmt: skip
    return own, chosen


def _goes_on(chosen: Assignment, r: Request, actor: Actor, now: datetime, reached: Asked) -> dict[str, Any]:
    """What changes in an assignment that is accepted, set out for or arrived at."""
    columns: dict[str, Any] = {"state": reached}
    if chosen.state is Asked.ASKED:
        columns["accepted_at"] = now
    if reached is Asked.ARRIVED:
        columns["arrived_at"] = now
    if r.eta_s is not None:
        columns["eta_s"] = r.eta_s
    if chosen.unit_id is None and (r.unit_id or actor.unit_id):
        columns["unit_id"] = r.unit_id or actor.unit_id
    return columns


def accept(i: Incident, a: Sequence[Assignment], r: Request, actor: Actor, now: datetime) -> Change | Refused:
    """Somebody comes; from a suspicion it also confirms."""
    return _join(i, a, r, actor, now, Asked.ACCEPTED)


def on_way(i: Incident, a: Sequence[Assignment], r: Request, actor: Actor, now: datetime) -> Change | Refused:
    """They set out; without an acceptance it counts as one."""
    change = _join(i, a, r, actor, now, Asked.ACCEPTED)
    if isinstance(change, Change):
        change.detail |= _where(r)
        if change.assignments and "accepted_at" not in next(iter(change.assignments.values())):
            change.told = ["on_way"]
    return change


def arrive(i: Incident, a: Sequence[Assignment], r: Request, actor: Actor, now: datetime) -> Change | Refused:
    """They are there; without an acceptance it counts as one."""
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


def decline(i: Incident, a: Sequence[Assignment], r: Request, actor: Actor, now: datetime) -> Change | Refused:
    """They do not come, or no longer."""
    return _leave(i, a, r, actor, now, Asked.DECLINED)


def stand_down(i: Incident, a: Sequence[Assignment], r: Request, actor: Actor, now: datetime) -> Change | Refused:
    """The dispatcher needs them no longer."""
    return _leave(i, a, r, actor, now, Asked.STOOD_DOWN)


def escalate(i: Incident, a: Sequence[Assignment], r: Request, _who: Actor, now: datetime) -> Change | Refused:
    """The next tier; never takes back an acceptance."""
    tier = r.tier or i.tier + 1
    if not i.tier < tier <= LAST_TIER:
        return invalid("tier", f"the next tier is {i.tier + 1} to {LAST_TIER}; this rescue is in tier {i.tier}")
    change = Change(
        state=max(i.state, State.DISPATCHED, key=ORDER.index),
        set={"tier": tier, **stamp(i, "dispatched_at", now)},
        detail={"tier": tier},
        told=["escalated"],
    )
    if r.unit_id is not None or r.firm_id is not None:
        if asked := _asked_already(a, r):
            return asked
        change.asks = [Ask(tier=tier, firm_id=r.firm_id, unit_id=r.unit_id)]
        change.told.append("asked")
    return change
