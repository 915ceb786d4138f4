"""`/session`: signing in and out of the console."""

from fastapi import APIRouter, Request, Response
from starlette.responses import JSONResponse

from api import auth
from api.auth import COOKIE, Session
from api.deps import Context, Ctx
from api.directory import Me
from api.forms import SignIn, SignInCode
from api.objects import time
from api.reads import run
from elevator import clock

router = APIRouter(prefix="/session", tags=["session"])


def _me(session: Session) -> dict[str, object]:
    who = session.actor
    user = {"id": who.id, "login": session.login, "name": who.name, "role": str(who.role), "firm_id": who.firm_id,
            "unit_id": who.unit_id, "building": who.building}  # fmt: skip
    return {"user": user, "csrf": session.csrf, "now": time(clock.now())}


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def _is_https(request: Request, ctx: Context) -> bool:
    return request.url.scheme == "https" or (ctx.settings.public_url or "").startswith("https:")


async def _open(request: Request, ctx: Context, user: dict[str, object]) -> Response:
    """A new session; one that the browser had before ends."""
    now = clock.now()
    async with ctx.connection() as connection, connection.transaction():
        before = await auth.by_cookie(request, connection, now)
        if before is not None:
            await run(connection, "end_session", token_hash=before.token_hash)
        secret, session, life = await auth.open_session(connection, user, now)
    answer = JSONResponse(_me(session))
    answer.set_cookie(
        COOKIE, secret, max_age=int(life.total_seconds()), path="/", httponly=True, samesite="strict",
        secure=_is_https(request, ctx),
    )  # fmt: skip
    return answer


@router.post("", response_model=Me)
async def sign_in(request: Request, ctx: Ctx, form: SignIn) -> Response:
    """Sign in with name and password; 10 failures within 5 minutes close the door for a while."""
    auth.check_origin(request, ctx.settings)
    user = await auth.sign_in(ctx.connection, form.login, form.password, _address(request), clock.now())
    return await _open(request, ctx, user)


@router.post("/link", response_model=Me)
async def sign_in_by_link(request: Request, ctx: Ctx, form: SignInCode) -> Response:
    """Sign in with the code of a one-time link."""
    auth.check_origin(request, ctx.settings)
    async with ctx.connection() as connection:
        user = await auth.use_link(connection, form.code, clock.now())
    return await _open(request, ctx, user)


@router.get("", response_model=Me)
async def who_am_i(request: Request, ctx: Ctx) -> Response:
    """Who is signed in, and the word that writes need."""
    async with ctx.connection() as connection:
        session = await auth.by_cookie(request, connection, clock.now())
    if session is None:
        raise auth.unauthorized("nobody is signed in")
    return JSONResponse(_me(session))


@router.delete("", status_code=204)
async def sign_out(request: Request, ctx: Ctx) -> Response:
    """Sign out; the session's streams end within 5 s."""
    now = clock.now()
    async with ctx.connection() as connection:
        session = await auth.by_cookie(request, connection, now)
        if session is None:
            raise auth.unauthorized("nobody is signed in")
        await auth.identify(request, connection, ctx.settings, now)
        await run(connection, "end_session", token_hash=session.token_hash)
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict", secure=_is_https(request, ctx))
    return answer
