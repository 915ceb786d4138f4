"""`/lifts/{lift_id}/records`: what was done about a lift, sealed, as a document that proves itself offline."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response

from alerts.incident import Actor
from alerts.seals import proof, store
from alerts.seals.chain import moment
from api.answers import Records
from api.deps import Caller, Ctx
from api.problems import invalid, not_found
from api.reads import row, rows
from api.routes.lifts import LiftRef
from api.schemas import Moment
from api.scope import parameters
from elevator import clock
from elevator.db import Connection

router = APIRouter(tags=["lifts"])

From = Annotated[Moment | None, Query(alias="from", description="from this time on; 30 days ago if absent")]
To = Annotated[Moment | None, Query(alias="to", description="before this time; now if absent")]
_LONGEST = timedelta(days=366 * 5)


@router.get("/lifts/{lift_id}/records", response_model=Records)
async def records(ctx: Ctx, actor: Caller, lift_id: LiftRef, since: From = None, until: To = None) -> Response:
    """The whole, sealed stories of every incident, visit and order of the lift with an entry in this time.

    Keep the answer as a file; `liftline verify FILE` proves it without a database.
    """
    begin, before = _period(since, until)
    async with ctx.snapshot() as tx:
        document = await _document(tx, actor, lift_id, begin, before)
    name = f"records-{lift_id}-{begin:%Y%m%d}-{before:%Y%m%d}.json"
    return JSONResponse(document, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _period(since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    before = until or clock.now()
    begin = since or before - timedelta(days=30)
    if not timedelta() < before - begin <= _LONGEST:
        raise invalid("query.from", "must lie before `to`, at most five years")
    return begin, before


async def _document(tx: Connection, actor: Actor, lift_id: str, begin: datetime, before: datetime) -> dict[str, Any]:
    """The records of a lift that the actor may see, with their seals."""
    lift = await row(tx, "lift_of_records", lift_id=lift_id, **parameters(actor))
    if lift is None:
        raise not_found("lift")
    subjects: dict[str, list[str]] = {}
    for one in await rows(
        tx, "records_of_lift", lift_no=lift["lift_no"], since=begin, before=before, **parameters(actor)
    ):
        subjects.setdefault(one["kind"], []).append(one["subject"])
    chains = {kind: await store.chains(tx, kind, found) for kind, found in subjects.items()}
    return proof.export(lift_id, str(moment(begin)), str(moment(before)), chains, whole=lift["whole"])
