"""`/healthz`, `/readyz`, `/metrics`: for machines that watch this one; no prefix."""

import ipaddress

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import PlainTextResponse, Response

from api import auth
from api.deps import WATCH, Context, Ctx
from api.problems import ProblemError
from api.reads import row, rows
from elevator import clock
from elevator.errors import DatabaseError
from elevator.waiting import AWAY

router = APIRouter(tags=["health"])

# A proxy on this machine speaks for others: its requests are not "from loopback".
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


@router.get("/healthz", response_class=PlainTextResponse)
async def healthz() -> Response:
    """The process answers."""
    return PlainTextResponse("ok\n")


@router.get(
    "/readyz",
    response_class=PlainTextResponse,
    responses={503: {"description": "why not", "content": {"text/plain": {}}}},
)
async def readyz(ctx: Ctx) -> Response:
    """The database answers, and the live stream reads it."""
    try:
        async with ctx.connection() as connection:
            await row(connection, "ready")
    except DatabaseError:
        return PlainTextResponse(f"{ctx.waiting.why or AWAY}\n", 503)
    if not ctx.feed.alive:
        return PlainTextResponse("the live stream does not read the database\n", 503)
    return PlainTextResponse("ready\n")


@router.get("/metrics", response_class=PlainTextResponse)
async def metrics(request: Request, ctx: Ctx) -> Response:
    """Figures for Prometheus; open on loopback, elsewhere for a token of the desk."""
    if not _is_loopback(request):
        async with ctx.connection() as connection:
            actor = await auth.identify(request, connection, ctx.settings, clock.now())
        if actor.role not in WATCH:
            raise ProblemError(403, f"the role {actor.role} may not do this")
    await _measure(ctx)
    return Response(generate_latest(ctx.metrics.registry), media_type=CONTENT_TYPE_LATEST)


def _is_loopback(request: Request) -> bool:
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


async def _measure(ctx: Context) -> None:
    """Figures that the database knows; without it the last ones are not shown as if they were true."""
    ctx.metrics.open_incidents.clear()
    try:
        async with ctx.connection() as connection:
            for one in await rows(connection, "open_by_kind"):
                ctx.metrics.open_incidents.labels(one["kind"], f"P{one['priority']}").set(one["count"])
            online = await row(connection, "online_lifts")
            ctx.metrics.lifts_online.set(online["count"] if online else 0)
    except DatabaseError:
        ctx.metrics.lifts_online.set(float("nan"))
