"""`/workers`: who works at lifts, with certificates; a firm's own. A signature needs one that has not ended."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import JSONResponse, Response

from alerts.incident import Actor, Role
from alerts.maintenance import due
from alerts.store import new_id
from api.answers.workers import WorkerItem
from api.deps import Answer, Context, Ctx, Pages, Writing, only
from api.problems import invalid, not_found
from api.reads import row, rows, run
from api.routes.plans import whose
from api.schemas import Page, Ref
from api.scope import SEES_ALL
from api.work_forms import WorkerForm
from elevator import clock
from elevator.db import Connection

router = APIRouter(tags=["maintenance"])

WorkerRef = Annotated[Ref, Path(description="id of somebody who works at lifts")]
Owner = Annotated[Actor, only(Role.ADMIN, Role.FIRM)]
Reader = Annotated[Actor, only(*(role for role in Role if role not in {Role.PROPERTY, Role.SYSTEM}))]
_NOBODYS = "-"


def only_firm(actor: Actor) -> str | None:
    """The one firm whose people the caller sees; None: all."""
    return None if actor.role in SEES_ALL else actor.firm_id or _NOBODYS


def _shown(found: Mapping[str, Any], today: date) -> dict[str, Any]:
    certificates = [one | {"expired": date.fromisoformat(one["valid_until"]) < today} for one in found["certificates"]]
    qualified = any(not one["expired"] for one in certificates)
    return {**found, "certificates": certificates, "qualified": qualified}


def _today(ctx: Context, now: datetime) -> date:
    return due.day_of(now, ctx.policy.maintenance.utc_offset_h)


@router.get("/workers", response_model=Page[WorkerItem])
async def workers(
    ctx: Ctx,
    actor: Reader,
    pages: Pages,
    firm: Annotated[Ref | None, Query(description="of this firm")] = None,
    until: Annotated[date | None, Query(description="only those with a certificate that ends before this day")] = None,
) -> Response:
    """People of the caller's firm; of all firms for the desk."""
    (after,) = pages.after("workers", str)
    async with ctx.connection() as connection:
        found = await rows(
            connection, "workers", only=only_firm(actor), firm=firm, until=until, after=after, limit=pages.limit + 1
        )
    today = _today(ctx, clock.now())
    return pages.page("workers", found, [_shown(one, today) for one in found], "id")


@router.get("/workers/{worker_id}", response_model=WorkerItem)
async def worker(ctx: Ctx, actor: Reader, worker_id: WorkerRef) -> Response:
    """One of them."""
    async with ctx.connection() as connection:
        found = await row(connection, "worker", id=worker_id, only=only_firm(actor))
    if found is None:
        raise not_found("worker")
    return JSONResponse(_shown(found, _today(ctx, clock.now())))


@router.post("/workers", response_model=WorkerItem, status_code=201)
async def add_worker(ctx: Ctx, actor: Owner, writing: Writing, form: WorkerForm) -> Response:
    """Enter somebody."""

    async def work(tx: Connection, now: datetime) -> Answer:
        firm_id, worker_id = await whose(tx, actor, form.firm_id), new_id()
        body = await _save(tx, ctx, worker_id, firm_id, form, now)
        return Answer(body=body, status=201, headers={"Location": f"/api/v1/workers/{worker_id}"})

    return await writing.once(work)


@router.put("/workers/{worker_id}", response_model=WorkerItem)
async def change_worker(ctx: Ctx, actor: Owner, writing: Writing, worker_id: WorkerRef, form: WorkerForm) -> Response:
    """Change somebody, with all certificates; nobody is deleted, `active: false` signs no more."""

    async def work(tx: Connection, now: datetime) -> Answer:
        before = await row(tx, "worker", id=worker_id, only=only_firm(actor))
        if before is None:
            raise not_found("worker")
        if form.firm_id not in {None, before["firm_id"]}:
            raise invalid("body.firm_id", "somebody who changes firms is entered anew", before["firm_id"])
        return Answer(body=await _save(tx, ctx, worker_id, before["firm_id"], form, now))

    return await writing.once(work)


async def _save(
    tx: Connection, ctx: Context, worker_id: str, firm_id: str, form: WorkerForm, now: datetime
) -> dict[str, Any]:
    await run(
        tx, "save_worker", id=worker_id, firm_id=firm_id, name=form.name, phone=form.phone, active=form.active, now=now
    )
    await run(tx, "drop_certificates", worker_id=worker_id)
    given = form.certificates
    await run(
        tx, "add_certificates", worker_id=worker_id, kinds=[one.kind for one in given],
        numbers=[one.number for one in given], ends=[one.valid_until for one in given],
    )  # fmt: skip
    found = await row(tx, "worker", id=worker_id, only=None)
    return _shown(found or {}, _today(ctx, now))
