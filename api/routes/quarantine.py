"""`/quarantine`: messages that could not be read, and taking them again."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from api import objects
from api.answers.operation import QuarantineItem
from api.deps import Answer, Ctx, Desk, Pages, Watch, Writing
from api.problems import ProblemError, not_found
from api.reads import row, rows, run
from api.schemas import LiftId, Page, Ref
from elevator.db import Connection
from elevator.errors import Unreadable

router = APIRouter(prefix="/quarantine", tags=["quarantine"])


@router.get("", response_model=Page[QuarantineItem])
async def quarantine(
    ctx: Ctx,
    _actor: Watch,
    pages: Pages,
    lift_id: Annotated[LiftId | None, Query()] = None,
    reason: Annotated[Unreadable | None, Query()] = None,
) -> Response:
    """Unreadable messages with their bytes and the reason, newest first."""
    (after,) = pages.after("quarantine", str)
    async with ctx.connection() as connection:
        found = await rows(connection, "quarantine", lift_id=lift_id, reason=reason, after=after, limit=pages.limit + 1)
    return pages.page("quarantine", found, [objects.quarantined(one) for one in found], "id")


@router.post("/{message_id}/replay", response_model=QuarantineItem, status_code=202)
async def replay(actor: Desk, writing: Writing, message_id: Annotated[Ref, Path()]) -> Response:
    """Have the intake take a message again, as `replay`; `replay_outcome` says what came of it."""

    async def work(tx: Connection, now: datetime) -> Answer:
        found = await row(tx, "quarantined", id=message_id)
        if found is None:
            raise not_found("message")
        if found["replay_requested_at"] is not None and found["replayed_at"] is None:
            raise ProblemError(409, "this message waits for its replay already")
        await run(tx, "ask_replay", id=message_id, now=now, by=actor.id)
        after = await row(tx, "quarantined", id=message_id)
        return Answer(body=objects.quarantined(after or found), status=202)

    return await writing.once(work)
