"""`/firms` and `/units`: whom to send. The desk sees all, a firm and its units their own."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import JSONResponse, Response

from alerts.incident import Actor
from alerts.store import new_id
from api.deps import Admin, Answer, Caller, Ctx, Pages, Writing
from api.directory import Firm, Unit
from api.forms import FirmForm, UnitForm
from api.problems import ProblemError, Wrong, invalid, not_found
from api.reads import row, rows, run
from api.schemas import Page, Ref
from api.scope import SEES_ALL
from elevator.db import Connection

router = APIRouter(tags=["firms"])

FirmRef = Annotated[Ref, Path(description="id of a firm")]
UnitRef = Annotated[Ref, Path(description="id of a unit")]
_NOBODYS = "-"  # no id looks like this


def _only(actor: Actor) -> str | None:
    """The one firm whose entries the caller sees; None: all."""
    return None if actor.role in SEES_ALL else actor.firm_id or _NOBODYS


@router.get("/firms", response_model=Page[Firm])
async def firms(ctx: Ctx, actor: Caller, pages: Pages) -> Response:
    """Firms and rescue organisations."""
    (after,) = pages.after("firms", str)
    async with ctx.connection() as connection:
        found = await rows(connection, "firms", only=_only(actor), after=after, limit=pages.limit + 1)
    return pages.page("firms", found, found, "id")


@router.get("/firms/{firm_id}", response_model=Firm)
async def firm(ctx: Ctx, actor: Caller, firm_id: FirmRef) -> Response:
    """One firm."""
    async with ctx.connection() as connection:
        found = await row(connection, "firm", id=firm_id, only=_only(actor))
    if found is None:
        raise not_found("firm")
    return JSONResponse(found)


async def _save_firm(tx: Connection, firm_id: str, form: FirmForm, now: datetime) -> Answer:
    if await row(tx, "firm_named", id=firm_id, name=form.name):
        raise _taken("a firm of this name exists")
    await run(tx, "save_firm", id=firm_id, name=form.name, phone=form.phone, active=form.active, now=now)
    return Answer(body=await row(tx, "firm", id=firm_id, only=None))


def _taken(detail: str) -> ProblemError:
    return ProblemError(409, detail, errors=[Wrong(field="body.name", message=detail, expected="another name")])


@router.post("/firms", response_model=Firm, status_code=201)
async def add_firm(_actor: Admin, writing: Writing, form: FirmForm) -> Response:
    """Enter a firm."""

    async def work(tx: Connection, now: datetime) -> Answer:
        saved = await _save_firm(tx, new_id(), form, now)
        return Answer(body=saved.body, status=201)

    return await writing.once(work)


@router.put("/firms/{firm_id}", response_model=Firm)
async def change_firm(_actor: Admin, writing: Writing, firm_id: FirmRef, form: FirmForm) -> Response:
    """Change a firm; one that is not active is asked no more."""

    async def work(tx: Connection, now: datetime) -> Answer:
        if await row(tx, "firm", id=firm_id, only=None) is None:
            raise not_found("firm")
        return await _save_firm(tx, firm_id, form, now)

    return await writing.once(work)


@router.get("/units", response_model=Page[Unit])
async def units(
    ctx: Ctx, actor: Caller, pages: Pages, firm: Annotated[Ref | None, Query(description="of this firm")] = None
) -> Response:
    """Crews."""
    (after,) = pages.after("units", str)
    async with ctx.connection() as connection:
        found = await rows(connection, "units", only=_only(actor), firm=firm, after=after, limit=pages.limit + 1)
    return pages.page("units", found, found, "id")


@router.get("/units/{unit_id}", response_model=Unit)
async def unit(ctx: Ctx, actor: Caller, unit_id: UnitRef) -> Response:
    """One crew."""
    async with ctx.connection() as connection:
        found = await row(connection, "unit", id=unit_id, only=_only(actor))
    if found is None:
        raise not_found("unit")
    return JSONResponse(found)


async def _save_unit(tx: Connection, unit_id: str, form: UnitForm, now: datetime) -> Answer:
    if await row(tx, "firm", id=form.firm_id, only=None) is None:
        raise invalid("body.firm_id", "there is no such firm", "the id of a firm")
    if await row(tx, "unit_named", id=unit_id, firm_id=form.firm_id, name=form.name):
        raise _taken("the firm has a unit of this name")
    await run(
        tx, "save_unit", id=unit_id, firm_id=form.firm_id, name=form.name, phone=form.phone, active=form.active, now=now
    )
    return Answer(body=await row(tx, "unit", id=unit_id, only=None))


@router.post("/units", response_model=Unit, status_code=201)
async def add_unit(_actor: Admin, writing: Writing, form: UnitForm) -> Response:
    """Enter a crew."""

    async def work(tx: Connection, now: datetime) -> Answer:
        saved = await _save_unit(tx, new_id(), form, now)
        return Answer(body=saved.body, status=201)

    return await writing.once(work)


@router.put("/units/{unit_id}", response_model=Unit)
async def change_unit(_actor: Admin, writing: Writing, unit_id: UnitRef, form: UnitForm) -> Response:
    """Change a crew; it stays with its firm."""

    async def work(tx: Connection, now: datetime) -> Answer:
        before = await row(tx, "unit", id=unit_id, only=None)
        if before is None:
            raise not_found("unit")
        if before["firm_id"] != form.firm_id:
            raise invalid("body.firm_id", "a unit stays with its firm", before["firm_id"])
        return await _save_unit(tx, unit_id, form, now)

    return await writing.once(work)
