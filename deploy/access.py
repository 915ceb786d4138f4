"""Users, tokens and one-time sign-in addresses from the command line, and for `up` and `demo`."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from api import access
from api.forms import TokenForm, UserForm
from elevator import db, migrate
from elevator.db import Connection
from elevator.errors import SettingsError
from elevator.settings import Settings

T = TypeVar("T")


def _with(url: str, work: Callable[[Connection], Awaitable[T]]) -> T:
    async def _run() -> T:
        connection = await db.connect(url, application="command line")
        try:
            async with connection.transaction():
                return await work(connection)
        finally:
            await connection.close()

    return asyncio.run(_run())


def _checked(settings: Settings) -> str:
    url = settings.need_database()
    migrate.verify(url)
    return url


def _check(form: type[BaseModel], **fields: Any) -> None:
    """The same words are good here as over HTTP.

    Raises:
        SettingsError: they are not; one sentence.
    """
    try:
        form.model_validate(fields)
    except ValidationError as error:
        wrong = [f"{problem['loc'][0] if problem['loc'] else 'it'}: {problem['msg']}" for problem in error.errors()]
        raise SettingsError("; ".join(wrong)) from None


def add_user(
    settings: Settings, *, login: str, name: str, role: str, password: str, firm: str | None, unit: str | None,
    building: str | None,
) -> int:  # fmt: skip
    """Add a person who signs in with a password."""
    _check(
        UserForm, login=login, name=name, role=role, password=password, firm_id=firm, unit_id=unit, building=building
    )
    _with(
        _checked(settings),
        lambda c: access.create_user(
            c, login=login, name=name, role=role, password=password, firm_id=firm, unit_id=unit, building=building
        ),
    )
    print(f"added {login}, {role}")
    return 0


def add_token(
    settings: Settings, *, name: str, role: str, firm: str | None, unit: str | None, building: str | None
) -> int:
    """Make a token and print its secret, which is not kept."""
    _check(TokenForm, name=name, role=role, firm_id=firm, unit_id=unit, building=building)
    print(
        _with(
            _checked(settings),
            lambda c: access.create_token(c, name=name, role=role, firm_id=firm, unit_id=unit, building=building),
        )
    )
    return 0


def link(settings: Settings, login: str) -> int:
    """Print a one-time sign-in address."""
    address = settings.public_url or f"http://{settings.api_host}:{settings.api_port}"
    print(sign_in_link(_checked(settings), address.rstrip("/"), login))
    return 0


def sign_in_link(database_url: str, address: str, login: str) -> str:
    """A one-time sign-in address for a person who exists."""
    code = _with(database_url, lambda c: access.create_signin_link(c, login))
    return f"{address}/#signin={code}"


def ensure_user(database_url: str, *, login: str, name: str, role: str) -> None:
    """A person without a password, who signs in by one-time addresses only; nothing happens if there is one."""

    async def _ensure(connection: Connection) -> None:
        found = await (await connection.execute("SELECT 1 FROM app_user WHERE login = %s", [login])).fetchone()
        if found is None:
            await access.create_user(connection, login=login, name=name, role=role, password=None)

    _with(database_url, _ensure)


def first_admin_link(database_url: str, address: str) -> str | None:
    """On an installation without users: make `admin` and a one-time address for it."""

    async def _any(connection: Connection) -> bool:
        return (
            await (
                await connection.execute("SELECT 1 FROM app_user WHERE password_hash IS NOT NULL LIMIT 1")
            ).fetchone()
            is not None
        )

    if _with(database_url, _any):
        return None
    ensure_user(database_url, login="admin", name="Administrator", role="admin")
    return sign_in_link(database_url, address, "admin")
