"""`/incidents` and `/assignments`: what is going on, and everything that people do about it."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from starlette.responses import JSONResponse, Response

from alerts import commands
from alerts.incident import Action, Actor, Refused, Request, Role
from api import reads
from api.answers.incidents import Incident, IncidentDetail, Task
from api.deps import (
    Answer,
    Caller,
    Context,
    Ctx,
    IfMatch,
    Pages,
    Writing,
    check_match,
    etag,
    only,
    refusal,
)
from api.forms import ActionForm, Report, SetLift
from api.objects import Row, assignment
from api.problems import invalid, not_found
from api.reads import incident_detail, incident_objects, row, rows
from api.schemas import LiftId, Page, Ref
from api.scope import SEES_ALL, parameters
from elevator.db import Connection

router = APIRouter(tags=["incidents"])

IncidentRef = Annotated[Ref, Path(description="id of an incident")]
Kind = Literal["rescue", "danger", "fault", "offline", "area", "system"]
_OPEN = {"open": True, "closed": False, "all": None}
_BY_REASON = frozenset({"open", "confirm", "report"})  # counted by the rule; other reasons are free text
_REPORTERS = (Role.ADMIN, Role.DISPATCHER, Role.SUPERVISOR, Role.FIRM, Role.PROPERTY)


@router.get("/incidents", response_model=Page[Incident])
async def incidents(
    ctx: Ctx,
    actor: Caller,
    pages: Pages,
    state: Annotated[Literal["open", "closed", "all"], Query()] = "open",
    kind: Annotated[Kind | None, Query()] = None,
    lift_id: Annotated[LiftId | None, Query()] = None,
    firm: Annotated[Ref | None, Query(description="of the lift, or asked")] = None,
) -> Response:
    """Incidents in the caller's scope; open ones unless asked otherwise."""
    (after,) = pages.after("incidents", str)
    async with ctx.snapshot() as connection:
        found = await rows(
            connection, "incidents", open=_OPEN[state], kind=kind, lift_id=lift_id, firm=firm, after=after,
            limit=pages.limit + 1, **parameters(actor),
        )  # fmt: skip
        items = await incident_objects(connection, actor, found[: pages.limit])
    return pages.page("incidents", found, items, "id")


@router.get("/incidents/{incident_id}", response_model=IncidentDetail)
async def incident(ctx: Ctx, actor: Caller, incident_id: IncidentRef) -> Response:
    """One incident with evidence, timeline, messages and what the caller may do; `ETag` is its version."""
    async with ctx.snapshot() as connection:
        found = await incident_detail(connection, actor, incident_id)
    if found is None:
        raise not_found("incident")
    return JSONResponse(found, headers={"ETag": etag(found["version"])})


@router.post(
    "/incidents",
    response_model=IncidentDetail,
    status_code=201,
    dependencies=[only(*_REPORTERS)],
    responses={200: {"model": IncidentDetail, "description": "joined the live rescue of the lift"}},
)
async def report(ctx: Ctx, actor: Caller, writing: Writing, form: Report) -> Response:
    """Someone is trapped, a person says; 200 with the live rescue that the report has joined, if the lift has one."""

    async def work(tx: Connection, now: datetime) -> Answer:
        lift_no = await _lift_of(tx, actor, form)
        reported = await commands.report(
            tx, lift_no=lift_no, place=form.place, caller=form.caller, note=form.note, actor=actor, policy=ctx.policy,
            now=now,
        )  # fmt: skip
        count = await counted(ctx, tx, [reported.incident_id], now)
        answer = await _detail(tx, actor, reported.incident_id, count, status=201 if reported.created else 200)
        location = {"Location": f"/api/v1/incidents/{reported.incident_id}"}
        return replace(answer, headers={**answer.headers, **location})

    return await writing.once(work)


async def _lift_of(tx: Connection, actor: Actor, form: Report) -> int | None:
    """The lift that a report names; None where only a place is known."""
    scope = parameters(actor)
    found: Row | None = None
    if form.rescue_code is not None:
        found = await row(tx, "lift_by_code", rescue_code=form.rescue_code, **scope)
        if found is None:
            raise invalid("body.rescue_code", "no lift has this code", "the code in the car, or `place` alone")
    if form.lift_id is not None:
        by_id = await row(tx, "lift", lift_id=form.lift_id, **scope)
        if by_id is None:
            raise invalid("body.lift_id", "there is no such lift", "the id of a lift, or `place` alone")
        if found is not None and found["lift_no"] != by_id["lift_no"]:
            raise invalid(
                "body.rescue_code", f"this code is that of lift {found['lift_id']}", "lift and code of one lift"
            )
        found = by_id
    if found is None:
        if actor.role not in SEES_ALL:
            raise invalid("body.lift_id", "say which of your lifts", "lift_id or rescue_code")
        return None
    return int(found["lift_no"])


@router.put("/incidents/{incident_id}/lift", response_model=IncidentDetail)
async def set_lift(
    ctx: Ctx,
    actor: Annotated[Actor, only(Role.ADMIN, Role.DISPATCHER, Role.SUPERVISOR)],
    writing: Writing,
    incident_id: IncidentRef,
    form: SetLift,
    if_match: IfMatch = None,
) -> Response:
    """Which lift a report is about; if that lift has a live rescue, the answer is that one."""

    async def work(tx: Connection, now: datetime) -> Answer:
        await _hold(tx, actor, incident_id, if_match)
        lift_no = await reads.lift_no(tx, actor, form.lift_id)
        if lift_no is None:
            raise invalid("body.lift_id", "there is no such lift", "the id of a lift")
        done = await commands.set_lift(tx, incident_id, lift_no, actor, policy=ctx.policy, now=now)
        if isinstance(done, Refused):
            return refusal(done)
        count = await counted(ctx, tx, {incident_id, done.incident_id}, now)
        return await _detail(tx, actor, done.incident_id, count)

    return await writing.once(work)


@router.post(
    "/incidents/{incident_id}/{action}",
    response_model=IncidentDetail,
    responses={204: {"description": "done, and not the caller's to see any more"}},
)
async def act(
    ctx: Ctx,
    actor: Caller,
    writing: Writing,
    incident_id: IncidentRef,
    action: Annotated[Action, Path(description="contract section 6")],
    form: ActionForm | None = None,
    if_match: IfMatch = None,
) -> Response:
    """One action of the rescue; what the state forbids is 409, what the role forbids 403, and changes nothing."""
    fields = form.model_dump() if form is not None else {}
    request = Request(action=action, channel="api" if actor.kind == "token" else "console", **fields)

    async def work(tx: Connection, now: datetime) -> Answer:
        await _hold(tx, actor, incident_id, if_match)
        await _check_own(tx, actor, request)
        done = await commands.act(tx, incident_id, request, actor, policy=ctx.policy, now=now)
        if isinstance(done, Refused):
            return refusal(done)
        return await _detail(tx, actor, incident_id, await counted(ctx, tx, [incident_id], now))

    return await writing.once(work)


async def _hold(tx: Connection, actor: Actor, incident_id: str, if_match: str | None) -> None:
    """404 for what the caller may not see; then the version is held, so that it is the one that is judged."""
    if await row(tx, "incident", id=incident_id, **parameters(actor)) is None:
        raise not_found("incident")
    if if_match is not None:
        await row(tx, "lock_incident", id=incident_id)
        found = await row(tx, "incident_version", id=incident_id)
        check_match(if_match, found["version"] if found else 0)


async def _check_own(tx: Connection, actor: Actor, request: Request) -> None:
    """A firm speaks for its own units, a unit for itself."""
    if actor.role not in {Role.FIRM, Role.RESPONDER}:
        return
    if request.firm_id not in {None, actor.firm_id}:
        raise invalid("body.firm_id", "this is another firm", "your own firm")
    if request.unit_id is None:
        return
    if actor.role is Role.RESPONDER and request.unit_id != actor.unit_id:
        raise invalid("body.unit_id", "this is another unit", "your own unit")
    if await row(tx, "unit", id=request.unit_id, only=actor.firm_id) is None:
        raise invalid("body.unit_id", "your firm has no such unit", "a unit of your firm")


async def counted(ctx: Context, tx: Connection, incident_ids: Iterable[str], now: datetime) -> Callable[[], None]:
    """What counts the changes of state that this transaction has made, once they are committed."""
    found = [
        (one["from_state"] or "none", one["to_state"], one["reason"] if one["action"] in _BY_REASON else one["action"])
        for incident_id in incident_ids
        for one in await rows(tx, "timeline", id=incident_id, after=0)
        if one["at"] == now and one["from_state"] != one["to_state"]
    ]

    def count() -> None:
        for labels in found:
            ctx.metrics.transitions.labels(*labels).inc()

    return count


async def _detail(
    tx: Connection, actor: Actor, incident_id: str, after: Callable[[], None], *, status: int = 200
) -> Answer:
    found = await incident_detail(tx, actor, incident_id)
    if found is None:  # the action took it out of the caller's sight, as a unit's `decline` may
        return Answer(status=204, after=after)
    return Answer(body=found, status=status, headers={"ETag": etag(found["version"])}, after=after)


@router.get("/assignments", response_model=Page[Task])
async def assignments(
    ctx: Ctx, actor: Caller, pages: Pages, state: Annotated[Literal["open", "all"], Query()] = "open"
) -> Response:
    """What the caller's firm or unit was asked to do, each with its incident; everything for the desk."""
    (after,) = pages.after("assignments", str)
    async with ctx.snapshot() as connection:
        found = await rows(
            connection, "assignments", open=state == "open", after=after, limit=pages.limit + 1, **parameters(actor)
        )
        ids = list(dict.fromkeys(one["incident_id"] for one in found[: pages.limit]))
        about = await rows(connection, "incidents_of", ids=ids)
        objects = await incident_objects(connection, actor, about)
    by_id = {one["id"]: one for one in objects}
    items = [assignment(one) | {"incident": by_id[one["incident_id"]]} for one in found[: pages.limit]]
    return pages.page("assignments", found, items, "id")
