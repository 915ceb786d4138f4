"""Whether visits happened: `/visits/{visit_id}/plausibility` and the list for firms, houses and supervisors."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import JSONResponse, Response

from api.deps import Caller, Ctx, Pages
from api.plausible import Level, PlausibilityItem, PlausibilityLine, item, line
from api.problems import not_found
from api.reads import row, rows
from api.schemas import LiftId, Moment, Page, Ref, Word
from api.scope import parameters

router = APIRouter(tags=["maintenance"])


@router.get("/visits/{visit_id}/plausibility", response_model=PlausibilityItem)
async def plausibility(
    ctx: Ctx, actor: Caller, visit_id: Annotated[Ref, Path(description="id of a visit")]
) -> Response:
    """The evidence that one visit happened, or did not; a hint where to ask, never a verdict."""
    async with ctx.snapshot() as connection:
        if await row(connection, "visit", id=visit_id, **parameters(actor)) is None:
            raise not_found("visit")
        found = await row(connection, "plausibility", id=visit_id)
    return JSONResponse(item(visit_id, found))


@router.get("/maintenance/plausibility", response_model=Page[PlausibilityLine])
async def plausibilities(
    ctx: Ctx,
    actor: Caller,
    pages: Pages,
    level: Annotated[Level | None, Query()] = None,
    firm: Annotated[Ref | None, Query(description="visits made by this firm")] = None,
    district: Annotated[Word | None, Query()] = None,
    lift_id: Annotated[LiftId | None, Query()] = None,
    since: Annotated[Moment | None, Query(alias="from", description="begun from this time on")] = None,
    until: Annotated[Moment | None, Query(alias="to", description="begun before this time")] = None,
) -> Response:
    """The same for visits at the lifts in the caller's care or house, the newest first."""
    after, after_id = pages.after("plausibility", datetime, str)
    async with ctx.connection() as connection:
        found = await rows(
            connection, "plausibilities", level=level, firm=firm, district=district, lift_id=lift_id, since=since,
            until=until, after=after, after_id=after_id, limit=pages.limit + 1, **parameters(actor),
        )  # fmt: skip
    return pages.page("plausibility", found, [line(one) for one in found[: pages.limit]], "from_at", "id")
