"""Registry files: lifts and people, in and out, as CSV or Excel."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from alerts.incident import Actor, Role
from api import lift_csv, registry, sheets, worker_sheet
from api.answers.lifts import Imported
from api.deps import DESK, Answer, Caller, Ctx, Writing, only
from api.problems import invalid
from api.reads import rows
from api.registry import Outcome
from api.routes.workers import Owner, Reader, only_firm
from api.schemas import Word, problem
from api.scope import parameters
from api.sheets import CSV, XLSX
from elevator.db import Connection

router = APIRouter(tags=["files"])

_LIFTS = "lift_id,rescue_code,name,building,firm,floors\nL-1,430217,1 号梯,湘江花园 3 栋,湘安电梯,B1 1 2 3\n"
_PEOPLE = "name,phone,certificate_kind,certificate_number,valid_until\n王维,139 0733 2211,T 电梯修理,T4302,2028-05-31\n"
_AT_ONCE = asyncio.Semaphore(1)  # a large workbook takes seconds and a hundred megabytes
DryRun = Annotated[bool, Query(description="check everything, change nothing")]
Format = Annotated[Literal["csv", "xlsx"], Query(description="of the file")]
Importer = Annotated[Actor, only(*DESK, Role.FIRM)]
_NO_FILE: dict[int | str, dict[str, Any]] = {415: problem("no CSV or Excel file")}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in (CSV, XLSX)}}
}


def _body(example: str) -> dict[str, Any]:
    content = {
        CSV: {"schema": {"type": "string"}, "example": example},
        XLSX: {"schema": {"type": "string", "format": "binary"}, "example": "the bytes of a workbook"},
    }
    return {"requestBody": {"required": True, "content": content}}


async def _read(request: Request) -> sheets.Table:
    content, kind = await request.body(), request.headers.get("content-type", "")
    async with _AT_ONCE:  # a large file takes seconds: the live stream must not wait for it
        return await asyncio.to_thread(sheets.read, content, kind)


def _told(count: int, outcome: Outcome, *, dry_run: bool) -> Answer:
    counts = {name: len(getattr(outcome, name)) for name in ("inserted", "updated", "unchanged")}
    return Answer(body={"rows": count, **counts, "dry_run": dry_run})


@router.post("/lifts/import", response_model=Imported, responses=_NO_FILE, openapi_extra=_body(_LIFTS))
async def import_lifts(
    request: Request,
    actor: Importer,
    writing: Writing,
    dry_run: DryRun = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """Insert and update lifts from a CSV or Excel file; every error at once by line and column, nothing half done.

    A firm changes its own lifts, and of them what decides nothing: rated load and year. The file
    may hold the other columns as they are, as the export gives them.
    """
    table = await _read(request)
    entries = await asyncio.to_thread(lift_csv.entries, table)
    own = (actor.firm_id or "-") if actor.role is Role.FIRM else None

    async def work(tx: Connection, now: datetime) -> Answer:
        async with tx.transaction(force_rollback=dry_run):
            outcome = await registry.save(tx, entries, now=now, own=own)
        return _told(len(entries), outcome, dry_run=dry_run)

    return await writing.once(work)


@router.post("/workers/import", response_model=Imported, responses=_NO_FILE, openapi_extra=_body(_PEOPLE))
async def import_workers(
    request: Request,
    actor: Owner,
    writing: Writing,
    dry_run: DryRun = False,  # noqa: FBT002 - a query parameter
    firm: Annotated[Word | None, Query(description="by an admin: whose people, by id or name")] = None,
) -> Response:
    """Insert and update people with their certificates from a CSV or Excel file, a line for each certificate."""
    table = await _read(request)

    async def work(tx: Connection, now: datetime) -> Answer:
        whose = await _firm(tx, actor, firm)
        people = await asyncio.to_thread(worker_sheet.people, table, whose)
        async with tx.transaction(force_rollback=dry_run):
            outcome = await worker_sheet.save(tx, people, whose["id"], now=now)
        return _told(len(people), outcome, dry_run=dry_run)

    return await writing.once(work)


async def _firm(tx: Connection, actor: Actor, named: str | None) -> Mapping[str, str]:
    asked = named if actor.role is Role.ADMIN else actor.firm_id
    found = await rows(tx, "firms_named", names=[asked]) if asked else []
    if len(found) != 1 or (actor.role is not Role.ADMIN and named not in {None, *found[0].values()}):
        raise invalid("query.firm", "there is no such firm", "the id or name of a firm")
    return found[0]


@router.get("/export/lifts", response_class=Response, responses=_FILE)
async def export_lifts(ctx: Ctx, actor: Caller, file: Annotated[Format, Query(alias="format")] = "csv") -> Response:
    """The registered lifts in the caller's care, with the columns that the import reads."""
    async with ctx.connection() as connection:
        found = await rows(connection, "lifts_to_export", **parameters(actor))
    return await _file("lifts", registry.COLUMNS, found, file)


@router.get("/export/workers", response_class=Response, responses=_FILE)
async def export_workers(ctx: Ctx, actor: Reader, file: Annotated[Format, Query(alias="format")] = "csv") -> Response:
    """The people of the caller's firm, of all firms for the desk; a line for each certificate."""
    async with ctx.connection() as connection:
        found = await rows(connection, "workers_to_export", only=only_firm(actor))
    return await _file("workers", worker_sheet.COLUMNS, found, file)


async def _file(name: str, columns: Sequence[str], found: Sequence[Mapping[str, Any]], kind: str) -> Response:
    lines = [[one[column] for column in columns] for one in found]
    if kind == "csv":
        content, media = await asyncio.to_thread(sheets.csv_file, columns, lines), f"{CSV}; charset=utf-8"
    else:
        async with _AT_ONCE:
            content, media = await asyncio.to_thread(sheets.xlsx_file, name, columns, lines), XLSX
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    return Response(content, media_type=media, headers=headers)
