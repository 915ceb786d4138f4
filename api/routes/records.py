"""`/lifts/{lift_id}/records`: what was done about a lift, sealed: as a document that proves itself, and as a page."""

import asyncio
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response

from alerts.incident import Actor
from alerts.maintenance import planning
from alerts.maintenance.plans.plan import items_as_json
from alerts.seals import proof, store
from alerts.seals.chain import moment
from api.answers.records import Records
from api.deps import Caller, Ctx
from api.printed import gather, page
from api.problems import invalid, not_found
from api.reads import row, rows
from api.routes.lifts import LiftRef
from api.schemas import Moment
from api.scope import parameters
from elevator import clock
from elevator.db import Connection

router = APIRouter(tags=["lifts"])

From = Annotated[Moment | None, Query(alias="from", description="from this time on; 30 days ago if absent")]
To = Annotated[Moment | None, Query(alias="to", description="before this time; now if absent")]
_LONGEST = timedelta(days=366 * 5)


@router.get("/lifts/{lift_id}/records", response_model=Records)
async def records(ctx: Ctx, actor: Caller, lift_id: LiftRef, since: From = None, until: To = None) -> Response:
    """The whole, sealed stories of every incident, visit and order of the lift with an entry in this time.

    Keep the answer as a file; `liftline verify FILE` proves it without a database.
    """
    begin, before = _period(since, until)
    async with ctx.snapshot() as tx:
        document = await _document(tx, actor, lift_id, begin, before)
    name = f"records-{lift_id}-{begin:%Y%m%d}-{before:%Y%m%d}.json"
    return JSONResponse(document, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _period(since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    before = until or clock.now()
    begin = since or before - timedelta(days=30)
    if not timedelta() < before - begin <= _LONGEST:
        raise invalid("query.from", "must lie before `to`, at most five years")
    return begin, before


@router.get(
    "/lifts/{lift_id}/records/page",
    response_class=Response,
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}},
)
async def printed(
    ctx: Ctx,
    actor: Caller,
    lift_id: LiftRef,
    since: From = None,
    until: To = None,
    lang: Annotated[Literal["zh", "en"], Query(description="language of the page")] = "zh",
    photos: Annotated[bool, Query(description="small pictures; without, their names and digests")] = True,  # noqa: FBT002 - a query parameter
) -> Response:
    """The same as a page for paper (A4): visits with items and signatures, orders, incidents, and how to verify."""
    begin, before = _period(since, until)
    async with ctx.snapshot() as tx:
        lift, subjects = await _found(tx, actor, lift_id, begin, before)
        told = await gather.gather(ctx, tx, actor, lift, subjects, begin, before, lang=lang, now=clock.now())
    told = await gather.illustrated(ctx, told, pictures=photos)
    document = await asyncio.to_thread(page.page, told)
    headers = {"Content-Security-Policy": page.POLICY, "Content-Disposition": "inline"}
    return Response(document, media_type="text/html; charset=utf-8", headers=headers)


async def _document(tx: Connection, actor: Actor, lift_id: str, begin: datetime, before: datetime) -> dict[str, Any]:
    """The records of a lift that the actor may see, with their seals, and the plans that visits followed."""
    lift, subjects = await _found(tx, actor, lift_id, begin, before)
    chains = {kind: await store.chains(tx, kind, found) for kind, found in subjects.items()}
    plans = {}
    for plan_id in sorted({one["facts"]["plan_id"] for one in chains.get("visit", ()) if "plan_id" in one["facts"]}):
        if (plan := await planning.plan_by_id(tx, plan_id)) is not None:
            plans[plan_id] = {"title": plan.title, "version": plan.version, "items": items_as_json(plan.items)}
    return proof.export(lift_id, str(moment(begin)), str(moment(before)), chains, whole=lift["whole"], plans=plans)


async def _found(
    tx: Connection, actor: Actor, lift_id: str, begin: datetime, before: datetime
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The lift, and by kind the records of it that the actor may see."""
    lift = await row(tx, "lift_of_records", lift_id=lift_id, **parameters(actor))
    if lift is None:
        raise not_found("lift")
    subjects: dict[str, list[str]] = {}
    span = {"lift_no": lift["lift_no"], "since": begin, "before": before}
    for one in await rows(tx, "records_of_lift", **span, **parameters(actor)):
        subjects.setdefault(one["kind"], []).append(one["subject"])
    return lift, subjects
