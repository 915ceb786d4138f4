"""`/lifts/{lift_id}/photos` and `/photos/{id}`: photos of maintenance work."""

import asyncio
import re
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from alerts import acting
from alerts.maintenance import ordering, visiting
from alerts.maintenance import photos as naming
from alerts.store import new_id
from api import objects, pictures
from api.answers.records import Photo
from api.deps import Answer, Caller, Context, Ctx, Pages, Writing
from api.objects import Row
from api.photo_store import PhotoGoneError
from api.pictures import NoPhotoError
from api.problems import ProblemError, Wrong, not_found
from api.reads import row, rows, run
from api.routes.lifts import LiftRef
from api.schemas import Page, Ref
from api.scope import parameters
from elevator.db import Connection

router = APIRouter(tags=["photos"])

_TYPES = ("image/jpeg", "image/png", "image/webp")
_DIGEST = re.compile("[0-9a-f]{64}")
_YEAR = 365 * 24 * 3600
_AT_ONCE = asyncio.Semaphore(2)  # a large photo takes a hundred megabytes while it is drawn anew


@router.post(
    "/lifts/{lift_id}/photos",
    response_model=Photo,
    status_code=201,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}, "example": "the bytes of the file"}
                for kind in _TYPES
            },
        }
    },
)
async def add(ctx: Ctx, actor: Caller, writing: Writing, request: Request, lift_id: LiftRef) -> Response:
    """Keep a photo of the lift: checked, turned upright, shrunk, encoded anew, without its metadata but for the time.

    The same bytes of the same sender for the same lift are kept once; the answer is then 200 with the first.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in _TYPES:
        wrong = Wrong(field="header.Content-Type", message="this is no photo", expected=", ".join(_TYPES))
        raise ProblemError(415, "a photo is meant", errors=[wrong])
    async with ctx.connection() as connection:
        lift = await row(connection, "lift_of_records", lift_id=lift_id, **parameters(actor))
    if lift is None:
        raise not_found("lift")
    number = lift["lift_no"]
    data = await request.body()
    try:
        async with _AT_ONCE:
            picture = await asyncio.to_thread(pictures.read, data)
    except NoPhotoError as error:
        wrong = Wrong(field="body", message=str(error), expected=", ".join(pictures.FORMATS), text=error.text)
        raise ProblemError(422, str(error), errors=[wrong], extra={"text": error.text}) from error

    async def work(tx: Connection, now: datetime) -> Answer:
        before = await row(tx, "photo_sent", lift_no=number, by=actor.id, sha256=picture.sha256)
        if before is not None:
            return Answer(body=objects.photo(before))
        photo_id = new_id()
        await ctx.photos.keep(f"{photo_id}.jpg", picture.data)
        await acting.lock(tx, lift_id, now)  # after the storage: no alarm waits for that
        await run(
            tx, "add_photo", id=photo_id, lift_no=number, firm_id=actor.firm_id, by_id=actor.id, by_name=actor.name,
            width=picture.width, height=picture.height, size=len(picture.data), taken_at=picture.taken_at,
            sha256=picture.sha256, likeness=picture.likeness, now=now,
            kept_sha256=picture.kept_sha256,
        )  # fmt: skip
        made = await row(tx, "photo", id=photo_id, digest=None, **parameters(actor))
        if made is None:
            raise not_found("lift")
        await _came(ctx, tx, made, now)
        return Answer(body=objects.photo(made), status=201)

    return await writing.once(work)


async def _came(ctx: Context, tx: Connection, photo: Row, now: datetime) -> None:
    """Tell the records that have named this photo before it came."""
    names: dict[tuple[str, str], list[str]] = {}
    for one in await naming.awaited(tx, photo):
        names.setdefault((one["kind"], one["subject"]), []).append(one["name"])
    for (kind, subject), named in names.items():
        if kind == "visit":
            await visiting.photo_came(tx, subject, named, ctx.policy, now)
        else:
            await ordering.photo_came(tx, subject, named, now)


@router.get("/lifts/{lift_id}/photos", response_model=Page[Photo])
async def photos(ctx: Ctx, actor: Caller, pages: Pages, lift_id: LiftRef) -> Response:
    """Photos of a lift, newest first, without the pictures themselves."""
    (after,) = pages.after("photos", str)
    async with ctx.connection() as connection:
        lift = await row(connection, "lift_of_records", lift_id=lift_id, **parameters(actor))
        if lift is None:
            raise not_found("lift")
        found = await rows(
            connection, "photos", lift_no=lift["lift_no"], after=after, limit=pages.limit + 1, **parameters(actor)
        )
    return pages.page("photos", found, [objects.photo(one) for one in found], "id")


@router.get("/photos/{photo_id}", response_class=Response, responses={200: {"content": {"image/jpeg": {}}}})
async def photo(ctx: Ctx, actor: Caller, photo_id: Annotated[Ref, Path()]) -> Response:
    """The picture, JPEG, by the photo's id or the SHA-256 of its bytes as sent.

    It is for the desk, the firm that sent it, the firm that the lift is contracted to, and its house.
    """
    digest = bytes.fromhex(photo_id) if _DIGEST.fullmatch(photo_id) else None
    async with ctx.connection() as connection:
        found = await row(connection, "photo", id=photo_id, digest=digest, **parameters(actor))
    if found is None:
        raise not_found("photo")
    try:
        data = await ctx.photos.fetch(f"{found['id']}.jpg")
    except PhotoGoneError as error:
        raise ProblemError(410, "the storage does not have this photo any more") from error
    headers = {"Cache-Control": f"private, max-age={_YEAR}, immutable", "Content-Disposition": "inline"}
    return Response(data, media_type="image/jpeg", headers=headers)
