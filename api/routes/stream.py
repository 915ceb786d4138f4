"""`GET /stream`: server-sent events for consoles, resumed without a gap by Last-Event-ID."""

import contextlib
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Request
from sse_starlette import EventSourceResponse, ServerSentEvent
from sse_starlette.sse import SendTimeoutError
from starlette.types import Receive, Scope, Send

from alerts.incident import Actor
from api import auth, feed, news, reads
from api.deps import Caller, Context, Ctx
from api.feed import Client, Frame
from api.problems import ProblemError
from elevator import clock
from elevator.errors import DatabaseError

router = APIRouter(tags=["stream"])

_SEND_TIMEOUT = 10.0  # s; a socket that takes nothing for so long is dead
_RETRY = 1000  # ms until a browser comes back

_EXAMPLE = """retry: 1000
event: heartbeat
id: 4711
data: {"now":"2026-03-01T08:30:00.000Z","lifts":40,"lifts_online":40,"open":{"P1":1,"P2":0,"P3":0,"P4":0}}

event: incident
id: 4712
data: {"id":"0198…","kind":"rescue","state":"confirmed","priority":"P1"}
"""


class _Stream(EventSourceResponse):
    """A stream whose end is no error, whichever side it comes from."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with contextlib.suppress(SendTimeoutError, OSError):
            await super().__call__(scope, receive, send)


@router.get(
    "/stream",
    response_class=_Stream,
    responses={
        200: {
            "description": "Events `incident`, `lift`, `message`, `heartbeat` (every 5 s) and `reset` (load anew). "
            "`data` is the object as its list gives it; `id` is a decimal number.",
            "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}},
        }
    },
)
async def stream(
    request: Request,
    ctx: Ctx,
    actor: Caller,
    last: Annotated[
        str | None, Header(alias="Last-Event-ID", max_length=100, description="resume after this id")
    ] = None,
) -> _Stream:
    """What happens, as it happens, as far as the role may see it."""
    client = await ctx.feed.join(actor)
    return _Stream(_events(request, ctx, client, last), ping=0, send_timeout=_SEND_TIMEOUT, sep="\n")


async def _events(request: Request, ctx: Context, client: Client, last: str | None) -> AsyncIterator[ServerSentEvent]:
    """Everything a client is sent, from what it missed to its end."""
    try:
        yield ServerSentEvent(retry=_RETRY, comment="liftline")
        if last is not None:
            async for frame in _missed(ctx, client, last):
                yield _sse(frame)
                ctx.feed.sent(frame)
        yield _sse(await _heartbeat(ctx, client))
        while (told := await client.queue.get()) is not None and not client.cut_off:
            if told.event == "heartbeat" and not await _still(request, ctx, client.actor):
                return
            yield _sse(told)
            ctx.feed.sent(told)
        if told is not None:
            ctx.feed.cut_off()
    except DatabaseError:
        return  # the client comes back, and so may the database
    finally:
        ctx.feed.leave(client)


async def _missed(ctx: Context, client: Client, last: str) -> AsyncIterator[Frame]:
    """What lies between the client's last id and where it joined; one `reset` where that cannot be said."""
    async with ctx.connection() as connection:
        head = await news.head(connection, clock.now())
    seen = int(last) if last.isascii() and last.isdigit() and len(last) < 19 else None  # fits a bigint
    reason = None
    if seen is None or seen > head["no"]:
        reason = "unknown"
    elif seen < head["oldest"] or head["no"] - seen > feed.MOST_MISSED:
        reason = "too_old"
    if reason is not None or seen is None:
        yield Frame("reset", client.joined_at, news.encode({"reason": reason}))
        return
    if seen >= client.joined_at:
        client.joined_at = seen  # another process was ahead of our reader: nothing twice
        return
    complete = False
    while not complete:
        async with ctx.connection() as connection:
            batch = await ctx.feed.missed(connection, client, seen)
        for frame in client.frames(batch.items):
            yield frame
        seen, complete = batch.upto, batch.complete


async def _heartbeat(ctx: Context, client: Client) -> Frame:
    async with ctx.connection() as connection:
        overview = await reads.overview(connection, client.actor, now=clock.now())
    return Frame("heartbeat", client.joined_at, news.encode(overview))


async def _still(request: Request, ctx: Context, actor: Actor) -> bool:
    """Whether the caller may still listen, as the same person with the same rights."""
    try:
        async with ctx.connection() as connection:
            return await auth.identify(request, connection, ctx.settings, clock.now()) == actor
    except ProblemError:
        return False


def _sse(frame: Frame) -> ServerSentEvent:
    return ServerSentEvent(frame.data, event=frame.event, id=str(frame.id), sep="\n")
