"""`/lifts` and `/events`: the registry, the live state and the history of lifts."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import JSONResponse, Response

from alerts.incident import Actor
from api import explaining, objects, reads, registry
from api.answers.lifts import EventItem, GapItem, Lift, LiftDecision, Telemetry
from api.deps import Answer, Caller, Ctx, Desk, Pages, Writing
from api.forms import LiftForm, LiftPut
from api.problems import ProblemError, Wrong, invalid, not_found
from api.reads import rows
from api.registry import Entry
from api.schemas import LiftId, Moment, Page, Word
from api.scope import parameters
from elevator import clock
from elevator.db import Connection
from elevator.storage import history, plan
from elevator.storage.plan import Resolution
from elevator.times import to_ms

router = APIRouter(tags=["lifts"])

LiftRef = Annotated[LiftId, Path(description="registration code or other id of the lift")]
From = Annotated[Moment | None, Query(alias="from", description="from this time on")]
To = Annotated[Moment | None, Query(alias="to", description="before this time")]
_LAST = timedelta(hours=1)
_MAX_BUCKETS = 20_000
_ESCAPED = str.maketrans({"\\": r"\\", "%": r"\%", "_": r"\_"})


@router.get("/lifts", response_model=Page[Lift])
async def lifts(
    ctx: Ctx,
    actor: Caller,
    pages: Pages,
    q: Annotated[Word | None, Query(description="part of id, rescue code, name, address or building")] = None,
    registered: Annotated[bool | None, Query(description="only registered ones, or only others")] = None,
) -> Response:
    """The registry with every lift's live state, as far as the caller may see it."""
    (after,) = pages.after("lifts", int)
    now_ms = to_ms(clock.now())
    like = None if q is None else f"%{q.translate(_ESCAPED)}%"
    async with ctx.connection() as connection:
        found = await rows(
            connection, "lifts", q=like, registered=registered, after=after and min(after, 2**31 - 1),
            limit=pages.limit + 1, **parameters(actor),
        )  # fmt: skip
    items = [objects.lift(one, policy=ctx.policy, now_ms=now_ms) for one in found[: pages.limit]]
    return pages.page("lifts", found, items, "lift_no")


@router.post("/lifts", response_model=Lift, status_code=201)
async def register(ctx: Ctx, actor: Desk, writing: Writing, form: LiftForm) -> Response:
    """Register a lift; one that was only heard so far becomes a registered one."""

    async def work(tx: Connection, now: datetime) -> Answer:
        await registry.save(tx, [Entry(form=form, said=frozenset(LiftForm.model_fields))], now=now, create=True)
        body = await reads.lift(tx, actor, form.lift_id, policy=ctx.policy, now=now)
        return Answer(body=body, status=201, headers={"Location": f"/api/v1/lifts/{form.lift_id}"})

    return await writing.once(work)


@router.get("/lifts/{lift_id}", response_model=Lift)
async def lift(ctx: Ctx, actor: Caller, lift_id: LiftRef) -> Response:
    """One lift with its live state."""
    async with ctx.connection() as connection:
        found = await reads.lift(connection, actor, lift_id, policy=ctx.policy, now=clock.now())
    if found is None:
        raise not_found("lift")
    return JSONResponse(found)


@router.get("/lifts/{lift_id}/decision", response_model=LiftDecision)
async def decision(ctx: Ctx, actor: Caller, lift_id: LiftRef) -> Response:
    """Why there is an alarm for this lift, or none: every rule's state now, and which parts of it hold."""
    async with ctx.connection() as connection:
        found = await explaining.decision(connection, actor, lift_id, policy=ctx.policy, now=clock.now())
    if found is None:
        raise not_found("lift")
    return JSONResponse(found)


@router.put("/lifts/{lift_id}", response_model=Lift, responses={201: {"model": Lift, "description": "registered"}})
async def change(ctx: Ctx, actor: Desk, writing: Writing, lift_id: LiftRef, form: LiftPut) -> Response:
    """Replace a lift's registry entry; fields that are not sent become empty. 201 when it was not registered before."""
    if form.lift_id not in {None, lift_id}:
        raise invalid("body.lift_id", "a lift keeps its id", lift_id)
    whole = LiftForm(**{**form.model_dump(), "lift_id": lift_id})

    async def work(tx: Connection, now: datetime) -> Answer:
        entry = Entry(form=whole, said=frozenset(LiftForm.model_fields))
        outcome = await registry.save(tx, [entry], now=now)
        body = await reads.lift(tx, actor, lift_id, policy=ctx.policy, now=now)
        return Answer(body=body, status=201 if outcome.inserted else 200)

    return await writing.once(work)


@router.get("/lifts/{lift_id}/telemetry", response_model=Telemetry)
async def telemetry(
    ctx: Ctx,
    actor: Caller,
    pages: Pages,
    lift_id: LiftRef,
    since: From = None,
    until: To = None,
    step: Annotated[int | None, Query(ge=1, le=7 * 86_400, description="s; one item for each step")] = None,
) -> Response:
    """Samples by the lift's clock, newest first; the last hour unless asked otherwise.

    With `step` each item is the last sample of its bucket, with `bucket`, `count` and `extremes`. Steps of whole
    minutes over more than two hours come from roll-ups by minute (`resolution` `1m`) or hour (`1h`): fewer fields of
    that last sample, but `seconds` of each state, and in `faults` every code of the bucket.
    """
    until = until or clock.now() + timedelta(minutes=5)  # a lift's clock may be ahead
    since = since or max(until - _LAST, plan.EPOCH)
    if since >= until:
        raise _bad_query("from", "`from` is not before `to`", "an earlier time")
    if step is not None and (until - since).total_seconds() / step > _MAX_BUCKETS:
        raise _bad_query(
            "step",
            f"more than {_MAX_BUCKETS} steps",
            f"{int((until - since).total_seconds() / _MAX_BUCKETS) + 1} or more",
        )
    async with ctx.connection() as connection:
        lift_no = await _lift_no(connection, actor, lift_id)
        span: dict[str, Any] = {"lift_no": lift_no, "since": since, "until": until, "limit": pages.limit + 1}
        if step is None:
            ts, boot, seq = pages.after("samples", datetime, str, int)
            found = await rows(connection, "samples", ts=ts, boot=boot, seq=seq, **span)
            items = [objects.sample(one) for one in found]
            return pages.page("samples", found, items, "ts", "boot", "seq", resolution=Resolution.RAW)
        (before,) = pages.after("buckets", datetime)
        made_from = plan.resolution(step, until - since)
        if made_from is Resolution.RAW:
            found = await rows(connection, "sample_buckets", step=step, origin=plan.EPOCH, before=before, **span)
            items = [objects.sample(one) for one in found]
        else:
            found = await history.steps(connection, step=step, resolution=made_from, before=before, **span)
            items = [objects.rolled_up(one) for one in found]
    return pages.page("buckets", found, items, "bucket", resolution=made_from)


@router.get("/lifts/{lift_id}/events", response_model=Page[EventItem])
async def lift_events(
    ctx: Ctx,
    actor: Caller,
    pages: Pages,
    lift_id: LiftRef,
    since: From = None,
    until: To = None,
    code: Annotated[Word | None, Query()] = None,
) -> Response:
    """Faults, alarms and modes of one lift by time of receipt, newest first."""
    (after,) = pages.after("events", int)
    async with ctx.connection() as connection:
        lift_no = await _lift_no(connection, actor, lift_id)
        found = await rows(
            connection, "events", lift_no=lift_no, review=False, code=code, since=since, until=until, after=after,
            limit=pages.limit + 1, **parameters(actor),
        )  # fmt: skip
    return pages.page("events", found, [objects.event(one) for one in found[: pages.limit]], "id")


@router.get("/lifts/{lift_id}/gaps", response_model=Page[GapItem])
async def lift_gaps(
    ctx: Ctx,
    actor: Caller,
    pages: Pages,
    lift_id: LiftRef,
    missing: Annotated[bool, Query(description="only those of which numbers are still missing")] = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """Numbers missing between a lift's messages, newest first; what comes late fills them again."""
    (after,) = pages.after("gaps", int)
    async with ctx.connection() as connection:
        lift_no = await _lift_no(connection, actor, lift_id)
        found = await rows(connection, "gaps", lift_no=lift_no, open=missing, after=after, limit=pages.limit + 1)
    return pages.page("gaps", found, [objects.gap(one) for one in found[: pages.limit]], "id")


@router.get("/events", response_model=Page[EventItem])
async def events(
    ctx: Ctx,
    actor: Caller,
    pages: Pages,
    review: Annotated[bool, Query(description="only those that a person must look at")] = False,  # noqa: FBT002 - a query parameter
    since: From = None,
    until: To = None,
    code: Annotated[Word | None, Query()] = None,
) -> Response:
    """Events of all lifts in the caller's scope; `review=true`: alarms that came too late to be decided."""
    (after,) = pages.after("events", int)
    async with ctx.connection() as connection:
        found = await rows(
            connection, "events", lift_no=None, review=review, code=code, since=since, until=until, after=after,
            limit=pages.limit + 1, **parameters(actor),
        )  # fmt: skip
    return pages.page("events", found, [objects.event(one) for one in found[: pages.limit]], "id")


async def _lift_no(connection: Connection, actor: Actor, lift_id: str) -> int:
    found = await reads.lift_no(connection, actor, lift_id)
    if found is None:
        raise not_found("lift")
    return found


def _bad_query(name: str, message: str, expected: str) -> ProblemError:
    return ProblemError(422, message, errors=[Wrong(field=f"query.{name}", message=message, expected=expected)])
