"""`/lifts/{lift_id}/photos` and `/photos/{id}`: photos of maintenance work."""

import asyncio
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from alerts.store import new_id
from api import objects, pictures, reads
from api.answers import Photo
from api.deps import Answer, Caller, Ctx, Pages, Writing
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
        number = await reads.lift_no(connection, actor, lift_id)
    if number is None:
        raise not_found("lift")
    data = await request.body()
    try:
        async with _AT_ONCE:
            picture = await asyncio.to_thread(pictures.read, data)
    except NoPhotoError as error:
        wrong = Wrong(field="body", message=str(error), expected=", ".join(pictures.FORMATS))
        raise ProblemError(422, str(error), errors=[wrong]) from error

    async def work(tx: Connection, now: datetime) -> Answer:
        before = await row(tx, "photo_sent", lift_no=number, by=actor.id, sha256=picture.sha256)
        if before is not None:
            return Answer(body=objects.photo(before))
        photo_id = new_id()
        await ctx.photos.keep(f"{photo_id}.jpg", picture.data)
        await run(
            tx, "add_photo", id=photo_id, lift_no=number, firm_id=actor.firm_id, by_id=actor.id, by_name=actor.name,
            width=picture.width, height=picture.height, size=len(picture.data), taken_at=picture.taken_at,
            sha256=picture.sha256, likeness=picture.likeness, now=now,
        )  # fmt: skip
        made = await row(tx, "photo", id=photo_id, **parameters(actor))
        if made is None:
            raise not_found("lift")
        return Answer(body=objects.photo(made), status=201)

    return await writing.once(work)


@router.get("/lifts/{lift_id}/photos", response_model=Page[Photo])
async def photos(ctx: Ctx, actor: Caller, pages: Pages, lift_id: LiftRef) -> Response:
    """Photos of a lift, newest first, without the pictures themselves."""
    (after,) = pages.after("photos", str)
    async with ctx.connection() as connection:
        number = await reads.lift_no(connection, actor, lift_id)
        if number is None:
            raise not_found("lift")
        found = await rows(connection, "photos", lift_no=number, after=after, limit=pages.limit + 1)
    return pages.page("photos", found, [objects.photo(one) for one in found], "id")


@router.get("/photos/{photo_id}", response_class=Response, responses={200: {"content": {"image/jpeg": {}}}})
async def photo(ctx: Ctx, actor: Caller, photo_id: Annotated[Ref, Path()]) -> Response:
    """The picture, JPEG, to whoever may see the lift."""
    async with ctx.connection() as connection:
        found = await row(connection, "photo", id=photo_id, **parameters(actor))
    if found is None:
        raise not_found("photo")
    try:
        data = await ctx.photos.fetch(f"{photo_id}.jpg")
    except PhotoGoneError as error:
        raise ProblemError(410, "the storage does not have this photo any more") from error
    headers = {"Cache-Control": f"private, max-age={_YEAR}, immutable", "Content-Disposition": "inline"}
    return Response(data, media_type="image/jpeg", headers=headers)
