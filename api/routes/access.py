"""`/users` and `/tokens`: who may call; for administrators."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.responses import JSONResponse, Response

from alerts.store import new_id
from api import access
from api.access import AccessError, Rights
from api.deps import Admin, Answer, Ctx, Pages, Writing
from api.directory import Token, User
from api.forms import TokenForm, UserForm
from api.objects import plain
from api.problems import ProblemError, not_found
from api.reads import row, rows, run
from api.schemas import Page, Ref
from elevator.db import Connection

router = APIRouter(tags=["access"])

UserRef = Annotated[Ref, Path(description="id of a user")]


def _rights(form: UserForm | TokenForm) -> Rights:
    return Rights(role=form.role, firm_id=form.firm_id, unit_id=form.unit_id, building=form.building)


def _refused(error: AccessError) -> ProblemError:
    status = 409 if error.wrong.field == "body.login" else 422
    return ProblemError(status, error.wrong.message, errors=[error.wrong])


@router.get("/users", response_model=Page[User])
async def users(ctx: Ctx, _actor: Admin, pages: Pages) -> Response:
    """Everybody who may sign in, or once might."""
    (after,) = pages.after("users", str)
    async with ctx.connection() as connection:
        found = await rows(connection, "users", after=after, limit=pages.limit + 1)
    return pages.page("users", found, found, "id")


@router.get("/users/{user_id}", response_model=User)
async def user(ctx: Ctx, _actor: Admin, user_id: UserRef) -> Response:
    """One user."""
    async with ctx.connection() as connection:
        found = await row(connection, "user", id=user_id)
    if found is None:
        raise not_found("user")
    return JSONResponse(found)


async def _save(tx: Connection, user_id: str, form: UserForm) -> Answer:
    try:
        rights = await access.checked(tx, _rights(form))
        await access.save_user(
            tx, user_id, form.login, form.name, rights, password=form.password, active=form.active
        )  # fmt: skip
    except AccessError as error:
        raise _refused(error) from None
    return Answer(body=await row(tx, "user", id=user_id))


@router.post("/users", response_model=User, status_code=201)
async def add_user(_actor: Admin, writing: Writing, form: UserForm) -> Response:
    """Enter a user; without a password there are one-time links only (`liftline user link`)."""

    async def work(tx: Connection, _now: datetime) -> Answer:
        saved = await _save(tx, new_id(), form)
        return Answer(body=saved.body, status=201)

    return await writing.once(work)


@router.put("/users/{user_id}", response_model=User)
async def change_user(actor: Admin, writing: Writing, user_id: UserRef, form: UserForm) -> Response:
    """Change a user. A new password, role or scope, or not being active any more, ends all sessions of the user."""

    async def work(tx: Connection, _now: datetime) -> Answer:
        before = await row(tx, "user", id=user_id)
        if before is None:
            raise not_found("user")
        if actor.kind == "user" and actor.id == user_id and (form.role != "admin" or not form.active):
            raise ProblemError(409, "you would lock yourself out; let another administrator do it")
        saved = await _save(tx, user_id, form)
        rights = ("role", "firm_id", "unit_id", "building", "active")
        if form.password is not None or any(before[name] != saved.body[name] for name in rights):
            await run(tx, "end_sessions", user_id=user_id)
            await run(tx, "end_links", user_id=user_id)
        return saved

    return await writing.once(work)


@router.get("/tokens", response_model=Page[Token])
async def tokens(ctx: Ctx, _actor: Admin, pages: Pages) -> Response:
    """Programs that may call; never their secrets."""
    (after,) = pages.after("tokens", str)
    async with ctx.connection() as connection:
        found = await rows(connection, "tokens", after=after, limit=pages.limit + 1)
    return pages.page("tokens", found, [plain(one) for one in found], "id")


@router.post("/tokens", response_model=Token, status_code=201)
async def add_token(_actor: Admin, writing: Writing, form: TokenForm) -> Response:
    """Enter a program; the answer holds its `token`, this once (a repetition with the same key gives null)."""

    async def work(tx: Connection, now: datetime) -> Answer:
        try:
            rights = await access.checked(tx, _rights(form))
            token_id, secret = await access.add_token(tx, form.name, rights)
        except AccessError as error:
            raise _refused(error) from None
        shown = plain({"id": token_id, "name": form.name, **asdict(rights), "created_at": now, "last_used_at": None})
        return Answer(body=shown | {"token": secret}, status=201, kept=shown | {"token": None})

    return await writing.once(work)


@router.delete("/tokens/{token_id}", status_code=204)
async def revoke_token(_actor: Admin, writing: Writing, token_id: Annotated[Ref, Path()]) -> Response:
    """Revoke a token; its streams end within 5 s."""

    async def work(tx: Connection, now: datetime) -> Answer:
        if await row(tx, "revoke_token", id=token_id, now=now) is None:
            raise not_found("token")
        return Answer(status=204)

    return await writing.once(work)
