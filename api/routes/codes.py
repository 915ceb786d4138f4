"""`/codes`: the fault catalogue with its mapping tables, and the raw codes that nobody knows yet."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response

from api import objects
from api.answers.codes import Catalogue, UnknownCode
from api.deps import Caller, Ctx, Pages, Watch
from api.reads import rows
from api.schemas import Page, Word

router = APIRouter(prefix="/codes", tags=["codes"])


@router.get("", response_model=Catalogue)
async def codes(ctx: Ctx, _actor: Caller) -> Response:
    """Every code with titles, class, priorities and first advice; the tables, and which lift model speaks which."""
    return JSONResponse(objects.catalogue(ctx.codes))


@router.get("/unknown", response_model=Page[UnknownCode])
async def unknown(
    ctx: Ctx,
    _actor: Watch,
    pages: Pages,
    model: Annotated[Word | None, Query(description="only of this lift model")] = None,
) -> Response:
    """Raw codes that no table knows, by lift model, the newest first: what the tables lack."""
    (after,) = pages.after("unknown codes", int)
    async with ctx.connection() as connection:
        found = await rows(connection, "unknown_codes", model=model, after=after, limit=pages.limit + 1)
    return pages.page(
        "unknown codes", found, [objects.unknown_code(one, ctx.codes) for one in found[: pages.limit]], "newest_id"
    )
