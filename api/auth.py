"""Who is calling: bearer tokens, cookie sessions with their CSRF word, sign-in and its rate limit.

A session cookie counts only together with the session's own CSRF word on everything that writes, and only from our own
pages (Origin, Sec-Fetch-Site). Tries to sign in are counted in the database before they are judged, so that any number
of tries at once, against any number of processes, count each other.
"""

import hmac
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request

from alerts.incident import Actor, Role
from api import access
from api.problems import ProblemError
from api.reads import row, rows, run
from elevator.db import Connection
from elevator.settings import Settings

COOKIE = "liftline_session"
CSRF_HEADER = "x-csrf-token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
WINDOW = timedelta(minutes=5)
# Failures within the window. The first is the contract's; the others stop guessing across logins and addresses
# without letting a stranger lock a dispatcher out from elsewhere.
PER_LOGIN_AND_ADDRESS, PER_ADDRESS, PER_LOGIN = 10, 50, 200
_DESK_LIFE, _FIELD_LIFE = timedelta(hours=24), timedelta(days=7)
_DESK = frozenset({"admin", "dispatcher", "supervisor"})
_USED_EVERY = timedelta(minutes=1)

_UNAUTHORIZED = {"WWW-Authenticate": 'Bearer realm="liftline"'}


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A signed-in person: who, the CSRF word, and what the cookie's hash is."""

    actor: Actor
    login: str
    csrf: str
    token_hash: bytes


def unauthorized(detail: str) -> ProblemError:
    """401 with the way to do better."""
    return ProblemError(401, detail, headers=_UNAUTHORIZED)


def actor_of(found: dict[str, Any], kind: str) -> Actor:
    """A user's or token's row as who acts."""
    return Actor(
        kind=kind, id=found["id"], name=found["name"], role=Role(found["role"]), firm_id=found["firm_id"],
        unit_id=found["unit_id"], building=found["building"],
    )  # fmt: skip


async def identify(request: Request, connection: Connection, settings: Settings, now: datetime) -> Actor:
    """Who is calling.

    Raises:
        ProblemError: 401 nobody we know, 403 a cookie without its word or from another page.
    """
    authorization = request.headers.get("authorization")
    if authorization is not None:
        scheme, _, secret = authorization.partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise unauthorized("Authorization: Bearer TOKEN is meant")
        return await by_token(connection, secret.strip(), settings, now)
    session = await by_cookie(request, connection, now)
    if session is None:
        raise unauthorized("sign in, or send a token")
    if request.method not in SAFE_METHODS:
        check_origin(request, settings)
        word = request.headers.get(CSRF_HEADER, "")
        if not hmac.compare_digest(word.encode(), session.csrf.encode()):
            raise ProblemError(403, "X-CSRF-Token is missing or not this session's")
    return session.actor


async def by_token(connection: Connection, secret: str, settings: Settings, now: datetime) -> Actor:
    """The program that a bearer token belongs to."""
    hashed = access.digest(secret)
    admin = settings.admin_token
    if admin is not None and admin.get_secret_value():
        expected = access.digest(admin.get_secret_value())
        if hmac.compare_digest(hashed, expected):
            return Actor(kind="token", id="admin-token", name="LIFTLINE_ADMIN_TOKEN", role=Role.ADMIN)
    found = await row(connection, "token", token_hash=hashed)
    if found is None:
        raise unauthorized("this token opens nothing here")
    if found["last_used_at"] is None or now - found["last_used_at"] > _USED_EVERY:
        await run(connection, "token_used", id=found["id"], now=now)
    return actor_of(found, "token")


async def by_cookie(request: Request, connection: Connection, now: datetime) -> Session | None:
    """The session of the request's cookie, if it has one that counts."""
    secret = request.cookies.get(COOKIE)
    if not secret:
        return None
    hashed = access.digest(secret)
    found = await row(connection, "session", token_hash=hashed, now=now)
    if found is None:
        return None
    return Session(actor=actor_of(found, "user"), login=found["login"], csrf=found["csrf"], token_hash=hashed)


def check_origin(request: Request, settings: Settings) -> None:
    """Refuse what another site's page sends in a person's name.

    Raises:
        ProblemError: 403.
    """
    if request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}:
        raise ProblemError(403, "this request comes from another page")
    origin = request.headers.get("origin")
    if origin is None:
        return
    ours = {request.headers.get("host", "").lower()}
    if settings.public_url:
        ours.add(urlsplit(settings.public_url).netloc.lower())
    try:
        theirs = urlsplit(origin).netloc.lower()
    except ValueError:
        theirs = ""
    if not theirs or theirs not in ours:
        raise ProblemError(403, "this request comes from another page")


Connect = Callable[[], AbstractAsyncContextManager[Connection]]


async def sign_in(connect: Connect, login: str, password: str, address: str, now: datetime) -> dict[str, Any]:
    """The user's row, if login and password fit and not too many tries came before.

    No connection is held while the password is hashed: a flood of sign-ins must not take them from the rescues.

    Raises:
        ProblemError: 401, or 429 with Retry-After.
    """
    own = f"login:{login}@{address}"
    limits = {own: PER_LOGIN_AND_ADDRESS, f"address:{address}": PER_ADDRESS, f"login:{login}": PER_LOGIN}
    async with connect() as connection:
        noted = [one["id"] for one in await rows(connection, "note_attempt", subjects=list(limits), now=now)]
        recent = await rows(connection, "recent_attempts", subjects=list(limits), since=now - WINDOW)
        full = [one["oldest"] for one in recent if one["count"] > limits[one["subject"]]]
        if full:
            await run(connection, "forget_attempts", ids=noted)
            seconds = max(1, round((max(full) + WINDOW - now).total_seconds()))
            raise ProblemError(
                429, f"too many failed sign-ins; try again in {seconds} s", headers={"Retry-After": str(seconds)}
            )
        user = await row(connection, "user_by_login", login=login)
    usable = user if user is not None and user["active"] else None
    if not await access.check_password(password, usable["password_hash"] if usable else None) or usable is None:
        raise unauthorized("login or password is wrong")
    renewed = await access.hash_password(password) if access.is_outdated(usable["password_hash"]) else None
    async with connect() as connection:
        await run(connection, "forget_attempts", ids=noted)
        await run(connection, "forget_subject", subject=own)
        if renewed is not None:
            await run(connection, "renew_hash", id=usable["id"], password_hash=renewed)
    return usable


async def use_link(connection: Connection, code: str, now: datetime) -> dict[str, Any]:
    """The user of a one-time link, which is used up.

    Raises:
        ProblemError: 401: unknown, used or too old; which of them is nobody's business.
    """
    used = await row(connection, "use_link", code_hash=access.digest(code), now=now)
    user = await row(connection, "user", id=used["user_id"]) if used else None
    if user is None or not user["active"]:
        raise unauthorized("this link was used already, or is too old")
    return user


async def open_session(connection: Connection, user: dict[str, Any], now: datetime) -> tuple[str, Session, timedelta]:
    """A new session: the cookie's value, the session, and how long it lasts."""
    secret, csrf = access.new_secret(), access.new_secret()
    life = _DESK_LIFE if user["role"] in _DESK else _FIELD_LIFE
    hashed = access.digest(secret)
    await run(
        connection, "add_session", token_hash=hashed, user_id=user["id"], csrf=csrf, now=now, expires_at=now + life
    )
    return secret, Session(actor=actor_of(user, "user"), login=user["login"], csrf=csrf, token_hash=hashed), life
