"""`/maintenance/standing`: how firms and districts stand with their maintenance."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response

from alerts.incident import Actor, Role
from alerts.maintenance import due
from api.answers.maintenance import StandingList
from api.deps import WATCH, Ctx, only
from api.objects import plain
from api.problems import invalid
from api.reads import rows
from api.schemas import Moment
from elevator import clock

router = APIRouter(tags=["maintenance"])

_DAYS = 30


@router.get("/maintenance/standing", response_model=StandingList)
async def standing(
    ctx: Ctx,
    actor: Annotated[Actor, only(*WATCH, Role.FIRM)],
    by: Annotated[Literal["firm", "district"], Query()] = "firm",
    since: Annotated[Moment | None, Query(alias="from", description="visits from here on; 30 days before `to`")] = None,
    until: Annotated[Moment | None, Query(alias="to", description="visits before; now")] = None,
) -> Response:
    """What is overdue now, how punctual the visits of a period were, which orders are open; the worst first.

    A firm sees itself alone.
    """
    now = clock.now()
    upto = until or now
    begin = since or upto - timedelta(days=_DAYS)
    if begin >= upto:
        raise invalid("query.from", "the period is empty", "a moment before `to`")
    only_firm = actor.firm_id if actor.role is Role.FIRM else None
    async with ctx.connection() as connection:
        found = await rows(
            connection, "standing", by_firm=by == "firm", only=only_firm, since=begin, until=upto,
            today=due.day_of(now, ctx.policy.maintenance.utc_offset_h),
        )  # fmt: skip
    items: list[dict[str, Any]] = [
        plain({name: value for name, value in one.items() if name not in {"key", "name"}})
        | {"id": one["key"], "name": one["name"] if by == "firm" else one["key"]}
        for one in found
        if one["lifts"] or one["visits"] or one["orders_open"]
    ]
    return JSONResponse({"items": items, "next_cursor": None} | plain({"from": begin, "to": upto}))
