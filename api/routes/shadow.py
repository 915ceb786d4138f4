"""`/shadow`: a policy that is tried beside the live one, and who of them was right."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from alerts.shadow.compare import Verdict
from api import shadowed
from api.answers.shadow import ShadowPage
from api.deps import Ctx, Pages, Watch
from api.schemas import Moment
from elevator import clock

router = APIRouter(tags=["shadow"])

_LAST = timedelta(days=30)


@router.get("/shadow", response_model=ShadowPage)
async def shadow(
    ctx: Ctx,
    _actor: Watch,
    pages: Pages,
    since: Annotated[
        Moment | None, Query(alias="from", description="opened from this time on; a month if absent")
    ] = None,
    until: Annotated[Moment | None, Query(alias="to", description="opened before this time")] = None,
    verdict: Annotated[Verdict | None, Query(description="only these cases")] = None,
) -> Response:
    """What the tried policy caught, missed and raised for nothing, beside the live one; totals over all cases."""
    at, lift_id = pages.after("shadow", datetime, str)
    now = clock.now()
    end = until or now + timedelta(days=1)
    async with ctx.snapshot() as connection:
        found = await shadowed.read(
            connection, ctx.policy, configured=ctx.settings.shadow_policy is not None, since=since or now - _LAST,
            until=end, now=now,
        )  # fmt: skip
    cases = shadowed.page(found, verdict, None if at is None else (at, lift_id), pages.limit)
    items = [shadowed.case_object(case, found.names[case.lift_id]) for case in cases[: pages.limit]]
    keys = [{"at": case.at, "lift_id": case.lift_id} for case in cases]
    return pages.page("shadow", keys, items, "at", "lift_id", **found.about)
