"""`/lifts/{lift_id}/records`: what was done about a lift, sealed, as a document that proves itself offline."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response

from alerts.seals import proof, store
from alerts.seals.chain import moment
from api import reads
from api.answers import Records
from api.deps import Caller, Ctx
from api.problems import invalid, not_found
from api.routes.lifts import LiftRef
from api.schemas import Moment
from elevator import clock

router = APIRouter(tags=["lifts"])

_LONGEST = timedelta(days=366 * 5)


@router.get("/lifts/{lift_id}/records", response_model=Records)
async def records(
    ctx: Ctx,
    actor: Caller,
    lift_id: LiftRef,
    since: Annotated[Moment | None, Query(alias="from", description="from this time on; 30 days ago if absent")] = None,
    until: Annotated[Moment | None, Query(alias="to", description="before this time; now if absent")] = None,
) -> Response:
    """The whole, sealed timelines of every incident of the lift with an entry in this time.

    Keep the answer as a file; `liftline verify FILE` proves it without a database.
    """
    before = until or clock.now()
    begin = since or before - timedelta(days=30)
    if not timedelta() < before - begin <= _LONGEST:
        raise invalid("query.from", "must lie before `to`, at most five years")
    async with ctx.snapshot() as tx:
        number = await reads.lift_no(tx, actor, lift_id)
        if number is None:
            raise not_found("lift")
        rows = await store.of_lift(tx, number, begin, before)
    document = proof.export(lift_id, str(moment(begin)), str(moment(before)), rows)
    name = f"records-{lift_id}-{begin:%Y%m%d}-{before:%Y%m%d}.json"
    return JSONResponse(document, headers={"Content-Disposition": f'attachment; filename="{name}"'})
