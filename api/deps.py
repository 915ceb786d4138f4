"""What every endpoint is given: the application's parts, who is calling, pages, and writes that happen once."""

import base64
import binascii
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Header, Query, Request
from fastapi.dependencies.utils import get_flat_params
from fastapi.params import Query as QueryParam
from starlette.responses import JSONResponse, Response

from alerts.incident import Actor, Role
from alerts.policy import Policy
from api import auth, problems
from api.feed import Feed
from api.metrics import Metrics
from api.photo_store import PhotoStore
from api.problems import ProblemError, Wrong
from api.reads import row, run
from api.schemas import Cursor, Limit
from elevator import clock
from elevator.codes import Book, built_in
from elevator.db import Connection, Pool, translated
from elevator.errors import TransientError
from elevator.settings import Settings
from elevator.waiting import Waiting

DESK = (Role.ADMIN, Role.DISPATCHER)
WATCH = (*DESK, Role.SUPERVISOR)
EVERYBODY = tuple(role for role in Role if role is not Role.SYSTEM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The application's parts."""

    settings: Settings
    pool: Pool
    policy: Policy
    feed: Feed
    metrics: Metrics
    codes: Book = field(default_factory=built_in)
    photos: PhotoStore
    waiting: Waiting = field(default_factory=lambda: Waiting(why=None))

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection of the pool, once the schema was looked at; the driver's errors come out as ours."""
        if self.waiting.why:
            raise TransientError(self.waiting.why)
        with translated():
            async with self.pool.connection() as connection:
                yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Connection]:
        """A connection that sees one moment: what is read together fits together."""
        async with self.connection() as connection, connection.transaction():
            await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield connection


def context(request: Request) -> Context:
    """The application's parts."""
    found: Context = request.app.state.context
    return found


Ctx = Annotated[Context, Depends(context)]


async def caller(request: Request, ctx: Ctx) -> Actor:
    """Who is calling; 401 for nobody."""
    async with ctx.connection() as connection:
        return await auth.identify(request, connection, ctx.settings, clock.now())


Caller = Annotated[Actor, Depends(caller)]


def only(*roles: Role) -> Any:
    """Who may use an endpoint at all; the rest gets 403."""

    async def _checked(actor: Caller) -> Actor:
        if actor.role not in roles:
            raise ProblemError(403, f"the role {actor.role} may not do this")
        return actor

    return Depends(_checked)


Desk = Annotated[Actor, only(*DESK)]
Watch = Annotated[Actor, only(*WATCH)]
Admin = Annotated[Actor, only(Role.ADMIN)]


def known_query(request: Request) -> None:
    """Refuse query parameters that nobody reads, and ones that stand twice: both are slips of the pen."""
    known = {
        param.alias
        for param in get_flat_params(request.scope["route"].dependant)
        if isinstance(param.field_info, QueryParam)
    }
    given = [name for name, _value in request.query_params.multi_items()]
    wrong = [
        Wrong(
            field=f"query.{name}",
            message="nobody reads this parameter" if name not in known else "it stands more than once",
            expected=f"one of {', '.join(sorted(known))}" if known else "no parameters",
        )
        for name in dict.fromkeys(given)
        if name not in known or given.count(name) > 1
    ]
    if wrong:
        raise ProblemError(422, "query parameters cannot be taken", errors=wrong)


# --- pages ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """Which page of a list is meant."""

    limit: int
    cursor: str | None

    def after(self, kind: str, *types: type) -> tuple[Any, ...]:
        """Where the page begins: the last key of the page before, or as many Nones.

        Args:
            kind: of the list; a cursor of another list is refused.
            types: of the key's parts.
        """
        if self.cursor is None:
            return (None,) * len(types)
        try:
            padded = self.cursor + "=" * (-len(self.cursor) % 4)
            found = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
            named, *key = found
            parts = tuple(_part(value, kind_) for value, kind_ in zip(key, types, strict=True))
        except (ValueError, TypeError, binascii.Error, RecursionError):
            named, parts = None, ()
        if named != kind:
            raise ProblemError(422, "cursor is not one of this list", errors=[_BAD_CURSOR])
        return parts

    def page(
        self,
        kind: str,
        found: Sequence[Mapping[str, Any]],
        items: Sequence[Any],
        *key: str,
        **more_fields: Any,
    ) -> JSONResponse:
        """The page's answer; `found` holds one row more than asked for where there is a next page."""
        more = None
        if len(found) > self.limit:
            last = found[self.limit - 1]
            parts = [one.isoformat() if isinstance(one := last[name], datetime) else one for name in key]
            more = base64.urlsafe_b64encode(json.dumps([kind, *parts]).encode()).decode().rstrip("=")
        return JSONResponse({"items": list(items[: self.limit]), "next_cursor": more, **more_fields})


_BAD_CURSOR = Wrong(field="query.cursor", message="cursor is not one of this list", expected="`next_cursor`, unchanged")
_MAX_INT = 2**63 - 1


def _part(value: Any, kind: type) -> Any:
    if kind is datetime and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None or not 1970 <= moment.year <= 9998:
            raise ValueError("no zone, or beyond the calendar")
        return moment
    if type(value) is not kind or (isinstance(value, str) and "\x00" in value):
        raise ValueError("of another type")
    if isinstance(value, int) and not 0 <= value <= _MAX_INT:
        raise ValueError("beyond the numbers")
    return value


def paging(limit: Annotated[Limit, Query()] = 50, cursor: Annotated[Cursor | None, Query()] = None) -> Paging:
    """Which page of a list is meant."""
    return Paging(limit=limit, cursor=cursor)


Pages = Annotated[Paging, Depends(paging)]

# --- writes --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a write answers; `kept` is what a repetition gets where the answer holds a secret."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str = "application/json"
    kept: Any = None
    after: Callable[[], None] | None = None  # once it is committed

    def encoded(self, body: Any) -> bytes:
        """JSON, unless it is bytes already; nothing for 204."""
        if isinstance(body, bytes):
            return body
        return b"" if self.status == 204 else json.dumps(body, ensure_ascii=False, allow_nan=False).encode()


Work = Callable[[Connection, datetime], Awaitable[Answer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One write: its transaction, and the memory of the first answer where the client gave a key."""

    context: Context
    actor: Actor
    key: str | None
    digest: bytes

    async def once(self, work: Work) -> Response:
        """Do the work in one transaction, or give the first answer again.

        What `work` returns is kept with the key; what it raises is undone and not kept.
        """
        now = clock.now()
        async with self.context.connection() as connection, connection.transaction():
            if self.key is not None:
                who = {"actor": f"{self.actor.kind}:{self.actor.id}", "key": self.key}
                claimed = await row(connection, "claim_key", request_hash=self.digest, now=now, **who)
                if claimed is None:
                    return await self._again(connection, who)
            answer = await work(connection, now)
            body = answer.encoded(answer.body)
            if self.key is not None:
                kept = body if answer.kept is None else answer.encoded(answer.kept)
                await run(
                    connection, "keep_answer", status=answer.status, body=kept, content_type=answer.media_type, **who
                )
        if answer.after is not None:
            answer.after()
        return Response(body, answer.status, dict(answer.headers), answer.media_type if body else None)

    async def _again(self, connection: Connection, who: Mapping[str, str]) -> Response:
        first = await row(connection, "first_answer", **who)
        if first is None or first["status"] is None:
            raise ProblemError(409, "the first request with this Idempotency-Key is still being answered")
        if first["request_hash"] != self.digest:
            wrong = Wrong(field="header.Idempotency-Key", message="used for another request", expected="a new key")
            raise ProblemError(422, "this Idempotency-Key was used for another request", errors=[wrong])
        headers = {"Idempotency-Replayed": "true"}
        return Response(first["body"], first["status"], headers, first["content_type"] if first["body"] else None)


IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key", min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$",
        description="the same key gives the first answer",
    ),
]  # fmt: skip


async def write(request: Request, ctx: Ctx, actor: Caller, key: IdempotencyKey = None) -> Write:
    """A write in the caller's name."""
    body = await request.body()
    asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return Write(context=ctx, actor=actor, key=key, digest=hashlib.sha256(asked + body).digest())


Writing = Annotated[Write, Depends(write)]


def etag(version: int) -> str:
    """The version as an entity tag."""
    return f'"{version}"'


IfMatch = Annotated[str | None, Header(alias="If-Match", max_length=500, description="the ETag of the version read")]


def check_match(if_match: str | None, version: int) -> None:
    """412 when somebody has changed it since.

    Raises:
        ProblemError: 412.
    """
    if if_match is None or if_match.strip() == "*":
        return
    if etag(version) not in [one.strip().removeprefix("W/") for one in if_match.split(",")]:
        raise ProblemError(412, f"it has version {version} by now", headers={"ETag": etag(version)})


def refusal(why: Any) -> Answer:
    """What the rescue's table refuses, as an answer that is kept."""
    status, body = problems.refused(why)
    return Answer(body=body, status=status, media_type=problems.MEDIA_TYPE)
