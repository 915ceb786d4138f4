"""What each operation of a visit changes; `apply` is the only door. Pure.

One function for each operation, in the order of a visit. They are called only when the table allows the operation, and
still refuse what its body forbids, with every problem at once.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from alerts.maintenance import due
from alerts.maintenance.checks import Problem, check_results, result
from alerts.maintenance.plans.plan import Kind
from alerts.maintenance.visit import (
    TABLE,
    Applied,
    Items,
    Mark,
    Op,
    Operation,
    Part,
    Person,
    Refused,
    Signature,
    State,
    Visit,
)
from alerts.maintenance.words import say
from alerts.policy import Maintenance
from elevator.times import rfc3339

FAR_M = 500.0  # a phone in a shaft locates itself badly


def apply(visit: Visit, operation: Operation, items: Items, limits: Maintenance) -> Applied | Refused:
    """The visit after one operation, or why it is refused; a refusal changes nothing.

    Args:
        visit: so far.
        operation: with the facts of its receipt.
        items: of the visit's plan and kind, by code; empty before the check-in.
        limits: the policy's times.
    """
    row = TABLE[operation.op]
    if operation.role not in row.roles:
        return Refused(status="role", reason="role", text=say("role", role=str(operation.role)))
    if visit.state not in row.states:
        reason = "not_begun" if visit.state is State.NEW else f"is_{visit.state}"
        return Refused(status="state", reason=reason, text=say(reason))
    return _DECIDERS[operation.op](visit, operation, items, limits)


def _invalid(*problems: Problem) -> Refused:
    first = problems[0]
    return Refused(status="invalid", reason=first.field, text=first.text, problems=problems)


def _changed(visit: Visit) -> tuple[Visit, tuple[Mark, ...]]:
    """The record changes: signatures that stand under it are taken away."""
    if not visit.signatures and visit.countersigned is None:
        return visit, ()
    mark = Mark(code="signed_again", text=say("signed_again"))
    return replace(visit, signatures=(), countersigned=None), (mark,)


def _lives(visit: Visit, operation: Operation) -> Visit:
    """A tap of those on site is a sign of life."""
    return replace(visit, life_at=max(visit.life_at or operation.done_at, operation.done_at))


def _people(operation: Operation) -> list[Problem]:
    wrong = []
    for name, found in (("worker_id", operation.facts.worker), ("second_id", operation.facts.second)):
        asked = operation.body.get(name)
        if asked is not None and found is None:
            wrong.append(Problem(field=name, text=say("worker_unknown", id=asked)))
    return wrong


def _check_in(_visit: Visit, o: Operation, _items: Items, limits: Maintenance) -> Applied | Refused:
    wrong = _people(o)
    second = o.body.get("second_id")
    if second is not None and second == o.body.get("worker_id"):
        wrong.append(Problem(field="second_id", text=say("same_worker")))
    if second is not None and o.body.get("alone"):
        wrong.append(Problem(field="alone", text=say("not_alone")))
    if wrong:
        return _invalid(*wrong)
    kind = Kind(o.body["kind"])
    marks = []
    if o.facts.distance_m is not None and o.facts.distance_m > FAR_M:
        marks.append(Mark(code="far", text=say("far", metres=round(o.facts.distance_m))))
    if o.facts.overlaps:
        marks.append(Mark(code="overlaps", text=say("overlaps")))
    people = [one for one in (o.facts.worker, o.facts.second) if one is not None]
    unfit = [why for person in people if (why := _unfit(person, o.done_at, limits))]
    marks += [Mark(code=why.reason, text=why.text) for why in unfit]
    visit = Visit(
        state=State.ON_SITE, kind=kind, plan_id=o.facts.plan_id, worker=o.facts.worker, second=o.facts.second,
        alone=bool(o.body.get("alone")), interval_s=o.body.get("interval_s") or limits.alone_s,
        planned_s=o.body.get("planned_s") or getattr(limits, f"{kind}_s"), lat=o.body.get("lat"), lon=o.body.get("lon"),
        checked_in_at=o.at, began_at=o.done_at, life_at=o.at,
    )  # fmt: skip
    return Applied(visit=visit, marks=tuple(marks))


def _results(visit: Visit, o: Operation, items: Items, _limits: Maintenance) -> Applied | Refused:
    given = [result(one) for one in o.body["results"]]
    if wrong := check_results(items, given):
        return _invalid(*wrong)
    visit, marks = _changed(_lives(visit, o))
    return Applied(visit=replace(visit, results={**visit.results, **{one.code: one for one in given}}), marks=marks)


def _part(visit: Visit, o: Operation, _items: Items, _limits: Maintenance) -> Applied | Refused:
    part = Part(name=o.body["name"], count=o.body.get("count", 1), number=o.body.get("number"))
    visit, marks = _changed(_lives(visit, o))
    return Applied(visit=replace(visit, parts=(*visit.parts, part)), marks=marks)


def _second(visit: Visit, o: Operation, _items: Items, limits: Maintenance) -> Applied | Refused:
    """Another worker comes, or the second one goes (null)."""
    if wrong := _people(o):
        return _invalid(*wrong)
    second = o.facts.second
    if second is not None and visit.worker is not None and second.id == visit.worker.id:
        return _invalid(Problem(field="second_id", text=say("same_worker")))
    visit, marks = _changed(_lives(visit, o))
    if second is not None and (unfit := _unfit(second, o.done_at, limits)):
        marks = (*marks, Mark(code=unfit.reason, text=unfit.text))
    alone = second is None and bool(o.body.get("alone"))
    return Applied(visit=replace(visit, second=second, alone=alone), marks=marks)


def _alive(visit: Visit, o: Operation, _items: Items, _limits: Maintenance) -> Applied | Refused:
    return Applied(visit=_lives(visit, o))


def _pause(visit: Visit, o: Operation, _items: Items, _limits: Maintenance) -> Applied | Refused:
    return Applied(visit=replace(_lives(visit, o), state=State.INTERRUPTED, paused_at=o.done_at))


def _resume(visit: Visit, o: Operation, _items: Items, _limits: Maintenance) -> Applied | Refused:
    rested = (o.done_at - visit.paused_at).total_seconds() if visit.paused_at else 0
    back = replace(_lives(visit, o), state=State.ON_SITE, paused_at=None, paused_s=visit.paused_s + max(rested, 0))
    return Applied(visit=back)


def _unfit(person: Person, moment: datetime, limits: Maintenance) -> Refused | None:
    """Why somebody's signature does not count at a moment."""
    if person.valid_until is None:
        text = say("no_certificate", name=person.name)
        return Refused(status="invalid", reason="no_certificate", text=text)
    if person.valid_until < due.day_of(moment, limits.utc_offset_h):
        text = say("certificate_ended", name=person.name, day=person.valid_until)
        return Refused(status="invalid", reason="certificate_ended", text=text)
    return None


def _sign(visit: Visit, o: Operation, _items: Items, limits: Maintenance) -> Applied | Refused:
    person = o.facts.worker
    if person is None:
        return _invalid(Problem(field="worker_id", text=say("worker_unknown", id=o.body.get("worker_id"))))
    if person.id not in {one.id for one in visit.workers}:
        return _invalid(Problem(field="worker_id", text=say("not_here", name=person.name)))
    if unfit := _unfit(person, o.done_at, limits):
        return replace(unfit, problems=(Problem(field="worker_id", text=unfit.text),))
    kept = tuple(one for one in visit.signatures if one.worker_id != person.id)
    signature = Signature(
        name=person.name, worker_id=person.id, drawing=o.body["drawing"], done_at=o.done_at, device_at=o.device_at
    )
    return Applied(visit=replace(_lives(visit, o), signatures=(*kept, signature)))


def _check_out(visit: Visit, o: Operation, items: Items, _limits: Maintenance) -> Applied | Refused:
    if visit.began_at is not None and o.done_at < visit.began_at:
        text = say("out_before_in", out=rfc3339(o.done_at), into=rfc3339(visit.began_at))
        return Refused(
            status="state", reason="out_before_in", text=text, problems=(Problem(field="at", text=text),)
        )  # fmt: skip
    wrong = [
        Problem(field=f"results.{code}", text=say("item_missing", code=code, name_zh=one.zh, name_en=one.en))
        for code, one in items.items()
        if code not in visit.results
    ]
    signed = {one.worker_id for one in visit.signatures}
    wrong += [
        Problem(field=f"signatures.{place}", text=say("signature_missing", name=person.name))
        for place, person in zip(("worker", "second"), visit.workers, strict=False)
        if person.id not in signed
    ]
    if wrong:
        return _invalid(*wrong)
    left = replace(_lives(visit, o), state=State.LEFT, checked_out_at=o.at, left_at=o.done_at)
    return Applied(visit=_completed(left))


def _completed(visit: Visit) -> Visit:
    """A visit that was left and countersigned is complete."""
    if visit.state is not State.LEFT or visit.countersigned is None or visit.left_at is None:
        return visit
    return replace(visit, state=State.COMPLETE, completed_at=max(visit.left_at, visit.countersigned.done_at))


def _countersign(visit: Visit, o: Operation, _items: Items, _limits: Maintenance) -> Applied | Refused:
    signature = Signature(
        name=o.body["name"], drawing=o.body["drawing"], done_at=o.done_at, device_at=o.device_at,
        channel=o.body.get("channel", "screen"),
    )  # fmt: skip
    return Applied(visit=_completed(replace(visit, countersigned=signature)))


def _note(visit: Visit, o: Operation, _items: Items, _limits: Maintenance) -> Applied | Refused:
    note = {"text": o.body["text"], "photos": list(o.body.get("photos") or ()), "by": o.by, "at": rfc3339(o.done_at)}
    return Applied(visit=replace(visit, notes=(*visit.notes, note)))


def _void(visit: Visit, o: Operation, _items: Items, _limits: Maintenance) -> Applied | Refused:
    return Applied(visit=replace(visit, state=State.VOID, void_reason=o.body["reason"], left_at=o.done_at))


_DECIDERS: dict[Op, Callable[[Visit, Operation, Items, Maintenance], Applied | Refused]] = {
    Op.CHECK_IN: _check_in,
    Op.RESULTS: _results,
    Op.PART: _part,
    Op.SECOND: _second,
    Op.ALIVE: _alive,
    Op.PAUSE: _pause,
    Op.RESUME: _resume,
    Op.SIGN: _sign,
    Op.CHECK_OUT: _check_out,
    Op.COUNTERSIGN: _countersign,
    Op.NOTE: _note,
    Op.VOID: _void,
}
