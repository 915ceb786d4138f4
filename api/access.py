"""Users, tokens and one-time links: made here for the command line and the HTTP interface alike.

Passwords are argon2id; everything else that opens a door is 256 random bits of which only the SHA-256 is stored.
"""

import asyncio
import functools
import hashlib
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

import argon2
from argon2.exceptions import Argon2Error, InvalidHashError

from alerts.store import new_id
from api.problems import Wrong
from api.reads import row, run
from elevator import clock
from elevator.db import Connection
from elevator.errors import LiftlineError

ROLES = ("admin", "dispatcher", "supervisor", "firm", "responder", "property")
LINK_LIFE = timedelta(minutes=15)
_HASHER = argon2.PasswordHasher()
# Each hash takes 64 MiB and a tenth of a second of a core: a flood of sign-ins must not starve the rescues.
_THREADS = ThreadPoolExecutor(2, thread_name_prefix="argon2")


@functools.cache
def _nobody() -> str:
    """The hash of a password that nobody knows: a login that does not exist costs the same time."""
    return _HASHER.hash(secrets.token_urlsafe(16))


class AccessError(LiftlineError):
    """A user or token cannot be made like this; `wrong` names the field."""

    def __init__(self, wrong: Wrong) -> None:
        super().__init__(f"{wrong.field.removeprefix('body.')}: {wrong.message}")
        self.wrong = wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What a user or token may see: a role, and whose."""

    role: str
    firm_id: str | None = None
    unit_id: str | None = None
    building: str | None = None


def digest(secret: str) -> bytes:
    """What is stored of a random secret."""
    return hashlib.sha256(secret.encode()).digest()


def new_secret() -> str:
    """256 bits, safe in addresses and headers."""
    return secrets.token_urlsafe(32)


async def hash_password(password: str) -> str:
    """Argon2id with the library's parameters, in a thread."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, _HASHER.hash, password)


async def check_password(password: str, stored: str | None) -> bool:
    """Whether a password fits; a user who does not exist costs the same time."""

    def _fits() -> bool:
        try:
            return _HASHER.verify(stored or _nobody(), password) and stored is not None
        except (Argon2Error, InvalidHashError):
            return False

    return await asyncio.get_running_loop().run_in_executor(_THREADS, _fits)


def is_outdated(stored: str) -> bool:
    """Whether a hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


async def checked(connection: Connection, rights: Rights) -> Rights:
    """Rights that make sense: each role has what it needs and nothing else; a unit brings its firm.

    Raises:
        AccessError: they do not.
    """
    if rights.role not in ROLES:
        raise _wrong("role", f"{rights.role!r} is no role", f"one of {', '.join(ROLES)}")
    needed = {"firm": "firm_id", "responder": "unit_id", "property": "building"}.get(rights.role)
    for field in ("firm_id", "unit_id", "building"):
        value = getattr(rights, field)
        if field == needed and value is None:
            raise _wrong(field, f"the role {rights.role} needs it", f"the {field} that this {rights.role} belongs to")
        if field != needed and value is not None and not (rights.role == "responder" and field == "firm_id"):
            raise _wrong(field, f"the role {rights.role} has none", "null")
    if rights.role == "firm" and await row(connection, "firm", id=rights.firm_id, only=None) is None:
        raise _wrong("firm_id", "there is no such firm", "the id of a firm")
    if rights.role == "responder":
        unit = await row(connection, "unit", id=rights.unit_id, only=None)
        if unit is None:
            raise _wrong("unit_id", "there is no such unit", "the id of a unit")
        if rights.firm_id not in {None, unit["firm_id"]}:
            raise _wrong("firm_id", "the unit is of another firm", unit["firm_id"])
        return Rights(role=rights.role, unit_id=rights.unit_id, firm_id=unit["firm_id"])
    return rights


def _wrong(field: str, message: str, expected: str) -> AccessError:
    return AccessError(Wrong(field=f"body.{field}", message=message, expected=expected))


async def create_user(
    connection: Connection,
    login: str,
    name: str,
    role: str,
    password: str | None = None,
    *,
    firm_id: str | None = None,
    unit_id: str | None = None,
    building: str | None = None,
) -> str:
    """Enter a user and return the id; without a password there are one-time links only.

    Raises:
        AccessError: the login is taken, or the rights make no sense.
    """
    rights = await checked(connection, Rights(role=role, firm_id=firm_id, unit_id=unit_id, building=building))
    user_id = new_id()
    await save_user(connection, user_id, login, name, rights, password=password)
    return user_id


async def save_user(
    connection: Connection,
    user_id: str,
    login: str,
    name: str,
    rights: Rights,
    *,
    password: str | None,
    active: bool = True,
) -> None:
    """Write a user, new or changed.

    Raises:
        AccessError: another user has this login.
    """
    other = await row(connection, "user_by_login", login=login)
    if other is not None and other["id"] != user_id:
        raise _wrong("login", f"{login} is somebody else's", "a login that nobody has")
    await run(
        connection, "save_user", id=user_id, login=login, name=name, role=rights.role, firm_id=rights.firm_id,
        unit_id=rights.unit_id, building=rights.building, active=active, now=clock.now(),
        password_hash=await hash_password(password) if password is not None else None,
    )  # fmt: skip


async def create_token(
    connection: Connection,
    name: str,
    role: str,
    *,
    firm_id: str | None = None,
    unit_id: str | None = None,
    building: str | None = None,
) -> str:
    """Enter a token and return its secret, which is shown this once.

    Raises:
        AccessError: the rights make no sense.
    """
    _token_id, secret = await add_token(
        connection, name, Rights(role=role, firm_id=firm_id, unit_id=unit_id, building=building)
    )
    return secret


async def add_token(connection: Connection, name: str, rights: Rights) -> tuple[str, str]:
    """Enter a token; returns its id and its secret."""
    rights = await checked(connection, rights)
    token_id, secret = new_id(), f"lift_{new_secret()}"
    await run(
        connection, "add_token", id=token_id, name=name, token_hash=digest(secret), role=rights.role,
        firm_id=rights.firm_id, unit_id=rights.unit_id, building=rights.building, now=clock.now(),
    )  # fmt: skip
    return token_id, secret


async def create_signin_link(connection: Connection, login: str, *, life: timedelta = LINK_LIFE) -> str:
    """The code of a link that signs this user in once: `http://host:port/#signin=CODE`.

    Raises:
        AccessError: there is no such active user.
    """
    user = await row(connection, "user_by_login", login=login)
    if user is None or not user["active"]:
        raise _wrong("login", f"there is no active user {login}", "the login of a user")
    code = new_secret()
    await run(connection, "add_link", code_hash=digest(code), user_id=user["id"], expires_at=clock.now() + life)
    return code
