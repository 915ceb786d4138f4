"""`/overview`: the installation at a glance; the stream's heartbeat is the same object."""

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from api import reads
from api.answers.operation import Overview
from api.deps import Caller, Ctx
from elevator import clock

router = APIRouter(tags=["overview"])


@router.get("/overview", response_model=Overview)
async def overview(ctx: Ctx, actor: Caller) -> Response:
    """Lifts, open incidents by priority, and whether intake and dispatch are alive."""
    async with ctx.snapshot() as connection:
        return JSONResponse(await reads.overview(connection, actor, now=clock.now()))
