"""`/visits`: maintenance as it is done, on line or in batches from a phone that had no network; signing by link."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from starlette.responses import JSONResponse, Response

from alerts.incident import Actor, Role
from alerts.maintenance import folding, photos, qr, visiting
from alerts.maintenance.plans.plan import Kind, Text
from alerts.maintenance.visit import DONE, OPEN, Op, Refused
from alerts.maintenance.visiting import Sent
from alerts.store import new_id
from api import access, plausible
from api.answers.visits import SigningLink, SigningView, Synced, VisitDetail, VisitItem
from api.deps import Answer, Caller, Context, Ctx, Pages, Writing, only
from api.objects import time
from api.problems import ProblemError, Wrong, invalid, not_found
from api.reads import row, rows, run
from api.schemas import LiftId, Page, Ref, problem
from api.scope import parameters
from api.work_forms import CheckInForm, LookForm, OperationForm, SignForm, SyncForm, VisitForm, body_of
from api.work_objects import sent_outcome, signing_view, visit_detail, visit_item
from elevator import clock
from elevator.db import Connection

router = APIRouter(tags=["maintenance"])

VisitRef = Annotated[Ref, Path(description="id of a visit")]
Crew = Annotated[Actor, only(Role.FIRM, Role.RESPONDER)]
Signer = Annotated[Actor, only(Role.FIRM, Role.RESPONDER, Role.PROPERTY)]
_STATES: dict[str, list[str] | None] = {
    "open": [str(one) for one in OPEN], "done": [str(one) for one in DONE], "all": None,
}  # fmt: skip
_STATUS = {"state": 409, "role": 403, "invalid": 422}
_SEES_ALL = {"sees_all": True, "role": "admin", "firm_id": None, "unit_id": None, "building": None}
_NO_LINK: Mapping[str, Text] = {
    "unknown": {
        "zh": "此签字链接无效，请向维保人员索取新的链接",
        "en": "this link is not good; ask the crew for another",
    },
    "old": {"zh": "此签字链接已过期，请向维保人员索取新的链接", "en": "this link is too old; ask the crew for another"},
    "used": {"zh": "此签字链接已使用过", "en": "this link was used already"},
}
_CHANGED: Text = {
    "zh": "您查看之后，维保记录有改动，请重新查看后再签字",
    "en": "the record has changed since you looked at it; look again, then sign",
}
_GONE: dict[int | str, dict[str, Any]] = {404: problem("the link is not good, or not any more")}


@router.get("/visits", response_model=Page[VisitItem])
async def visits(
    ctx: Ctx,
    actor: Caller,
    pages: Pages,
    state: Annotated[Literal["open", "done", "all"], Query()] = "all",
    lift_id: Annotated[LiftId | None, Query()] = None,
    firm: Annotated[Ref | None, Query(description="made by this firm")] = None,
    kind: Annotated[Kind | None, Query()] = None,
) -> Response:
    """Visits at the lifts in the caller's care or house."""
    (after,) = pages.after("visits", str)
    async with ctx.connection() as connection:
        found = await rows(
            connection, "visits", states=_STATES[state], lift_id=lift_id, firm=firm, kind=kind, after=after,
            limit=pages.limit + 1, **parameters(actor),
        )  # fmt: skip
    return pages.page("visits", found, [visit_item(one) for one in found[: pages.limit]], "id")


@router.get("/visits/{visit_id}", response_model=VisitDetail)
async def visit(ctx: Ctx, actor: Caller, visit_id: VisitRef) -> Response:
    """One visit with its items, signatures, story, and what the caller may do."""
    async with ctx.snapshot() as connection:
        found = await _detail(connection, actor, visit_id, ctx)
    return JSONResponse(found)


async def _detail(connection: Connection, actor: Actor, visit_id: str, ctx: Context) -> dict[str, Any]:
    found = await row(connection, "visit", id=visit_id, **parameters(actor))
    if found is None:
        raise not_found("visit")
    story, entries, plans = await visiting.read(connection, visit_id, ctx.policy)
    orders = await rows(connection, "orders_of_visit", visit_id=visit_id)
    names = sorted(folding.photo_names(story.visit))
    pictures = await photos.in_record(connection, found["lift_no"], found["firm_id"], names)
    judged = await row(connection, "plausibility", id=visit_id)
    return visit_detail(found, story, entries, plans, orders, pictures, actor, plausible.short(judged))


@router.post("/visits", response_model=VisitDetail, status_code=201)
async def check_in(ctx: Ctx, actor: Crew, writing: Writing, form: CheckInForm) -> Response:
    """A visit begins: who is where, for what. The time is the server's; the phone's is kept beside it."""

    async def work(tx: Connection, now: datetime) -> Answer:
        named = form.lift_id or qr.lift_of(form.qr or "")
        lift_id = await _own_lift(tx, actor, named)
        visit_id = form.id or new_id()
        if await row(tx, "visit_exists", id=visit_id) is not None:
            lift_id = (await _own_visit(tx, actor, visit_id))["lift_id"]
        await _one(ctx, tx, visit_id, lift_id, Op.CHECK_IN, form, actor, now)
        location = {"Location": f"/api/v1/visits/{visit_id}"}
        return Answer(body=await _detail(tx, actor, visit_id, ctx), status=201, headers=location)

    return await writing.once(work)


@router.post("/visits/sync", response_model=Synced)
async def sync(ctx: Ctx, actor: Crew, writing: Writing, form: SyncForm) -> Response:
    """What a phone has gathered without network.

    Each operation is taken once, in the phone's order, however often and in whatever pieces it is sent. What is
    refused, or waits for what comes before it, is kept and told.
    """

    async def work(tx: Connection, now: datetime) -> Answer:
        if await row(tx, "visit_exists", id=form.visit) is None:
            lift_id = await _own_lift(tx, actor, form.lift_id)
        else:
            lift_id = (await _own_visit(tx, actor, form.visit))["lift_id"]
            if form.lift_id != lift_id:
                raise invalid("body.lift_id", f"this visit is at lift {lift_id}", lift_id)
        bodies = [(one, *body_of(one.op, one, f"body.operations.{n}")) for n, one in enumerate(form.operations)]
        if errors := [wrong for _, _, found in bodies for wrong in found]:
            raise ProblemError(422, f"{len(errors)} field(s) of the operations cannot be taken", errors=errors)
        sent = [
            Sent(id=one.id, op=one.op, body=body, device=form.device, n=one.n, device_at=one.at)
            for one, body, _ in bodies
        ]
        taken = await visiting.take(
            tx, form.visit, lift_id, sent, actor=actor, channel="sync", sent_at=form.sent_at, policy=ctx.policy, now=now
        )
        found = await row(tx, "visit", id=form.visit, **parameters(actor))
        return Answer(body={
            "visit": visit_item(found or {}),
            "operations": [
                sent_outcome(one.id, taken.story.told[one.id], repeated=one.id in taken.repeated)
                for one in {one.id: one for one in sent}.values()
            ],
        })  # fmt: skip

    return await writing.once(work)


@router.post("/visits/{visit_id}/link", response_model=SigningLink, status_code=201)
async def signing_link(ctx: Ctx, actor: Crew, writing: Writing, visit_id: VisitRef) -> Response:
    """An address for the property's safety officer to sign by; the code in it is used once."""

    async def work(tx: Connection, now: datetime) -> Answer:
        found = await _own_visit(tx, actor, visit_id)
        if found["state"] not in {"on_site", "left"}:
            raise ProblemError(409, "this visit is not to be signed now")
        code, expires_at = access.new_secret(), now + timedelta(seconds=ctx.policy.maintenance.link_s)
        await run(
            tx, "add_signing_link", code_hash=access.digest(code), visit_id=visit_id, by=f"{actor.kind}:{actor.id}",
            now=now, expires_at=expires_at,
        )  # fmt: skip
        kept = {"code": None, "url": None, "expires_at": time(expires_at)}
        url = f"{(ctx.settings.public_url or '').rstrip('/')}/#/sign/{code}"
        return Answer(body=kept | {"code": code, "url": url}, status=201, kept=kept)

    return await writing.once(work)


@router.post("/visits/{visit_id}/{operation}", response_model=VisitDetail)
async def operate(
    ctx: Ctx,
    actor: Signer,
    writing: Writing,
    visit_id: VisitRef,
    operation: Annotated[Op, Path(description="what is done")],
    form: OperationForm | None = None,
) -> Response:
    """One operation on line; what cannot be taken is told with every problem, and changes nothing."""

    async def work(tx: Connection, now: datetime) -> Answer:
        found = await _own_visit(tx, actor, visit_id)
        await _one(ctx, tx, visit_id, found["lift_id"], operation, form or OperationForm(), actor, now)
        return Answer(body=await _detail(tx, actor, visit_id, ctx))

    return await writing.once(work)


async def _own_lift(tx: Connection, actor: Actor, text: str | None) -> str:
    """The lift of the caller's own firm that an id or a code names; somebody else's is not there."""
    if text is None:
        raise invalid("body.qr", "this code names no lift", "the text of the code on the lift")
    found = await row(tx, "lift_by_text", text=text, firm_id=actor.firm_id)
    if found is None:
        raise not_found("lift")
    return str(found["lift_id"])


async def _own_visit(tx: Connection, actor: Actor, visit_id: str) -> Mapping[str, Any]:
    """A visit that the caller may write to: of the own firm, or in the own house."""
    found = await row(tx, "visit", id=visit_id, **parameters(actor))
    if found is None or (actor.role is not Role.PROPERTY and found["firm_id"] != actor.firm_id):
        raise not_found("visit")
    return found


async def _one(
    ctx: Context, tx: Connection, visit_id: str, lift_id: str, op: Op, form: VisitForm, actor: Actor, now: datetime
) -> None:
    """Take one operation, or raise what is wrong with it: then the transaction is undone."""
    body, errors = body_of(op, form, "body")
    if errors:
        raise ProblemError(422, f"{len(errors)} field(s) cannot be taken", errors=errors)
    if op is Op.COUNTERSIGN:
        body["channel"] = "account" if actor.role is Role.PROPERTY else "screen"
    one = Sent(id=new_id(), op=op, body=body, device_at=form.at)
    channel = "api" if actor.kind == "token" else "console"
    taken = await visiting.take(
        tx, visit_id, lift_id, [one], actor=actor, channel=channel, policy=ctx.policy, now=now
    )  # fmt: skip
    refused = taken.story.told[one.id].refused
    if refused is not None:
        raise _problem(refused)


def _problem(refused: Refused) -> ProblemError:
    errors: Sequence[Wrong] = [
        Wrong(field=f"body.{one.field}", message=one.text["en"], text=one.text) for one in refused.problems
    ]
    extra = {"reason": refused.reason, "text": refused.text}
    return ProblemError(_STATUS[refused.status], refused.text["en"], errors=errors, extra=extra)


@router.post("/signing/look", response_model=SigningView, responses=_GONE)
async def look(ctx: Ctx, form: LookForm) -> Response:
    """What a link is to sign, or who has signed by it; the code is all it needs."""
    async with ctx.connection() as connection:
        link = await _link(connection, form.code, clock.now())
        found = await row(connection, "visit", id=link["visit_id"], **_SEES_ALL)
        story, _, plans = await visiting.read(connection, link["visit_id"], ctx.policy)
    return JSONResponse(signing_view(found or {}, link, story, plans))


async def _link(connection: Connection, code: str, now: datetime) -> Mapping[str, Any]:
    """A link that is not too old; why it is not good is told to whoever has the code."""
    link = await row(connection, "signing_link", code_hash=access.digest(code))
    if link is None or link["expires_at"] <= now:
        reason = "unknown" if link is None else "old"
        raise ProblemError(404, _NO_LINK[reason]["en"], extra={"reason": reason, "text": _NO_LINK[reason]})
    return link


@router.post("/signing", response_model=SigningView, responses=_GONE)
async def sign(ctx: Ctx, form: SignForm) -> Response:
    """Sign by link; the code is used up."""
    now = clock.now()
    async with ctx.connection() as connection, connection.transaction():
        link = await _link(connection, form.code, now)
        used = await row(connection, "use_signing_link", code_hash=access.digest(form.code), now=now)
        if used is None:
            raise ProblemError(404, _NO_LINK["used"]["en"], extra={"reason": "used", "text": _NO_LINK["used"]})
        visit_id = used["visit_id"]
        found = await row(connection, "visit", id=visit_id, **_SEES_ALL)
        actor = Actor(kind="link", id=visit_id, name=form.name, role=Role.PROPERTY)
        body = {"name": form.name, "drawing": form.drawing.model_dump(), "channel": "link"}
        one = Sent(id=new_id(), op=Op.COUNTERSIGN, body=body)
        lift_id = found["lift_id"] if found else ""
        taken = await visiting.take(
            connection, visit_id, lift_id, [one], actor=actor, channel="link", policy=ctx.policy, now=now
        )
        if (refused := taken.story.told[one.id].refused) is not None:
            raise _problem(refused)
        found = await row(connection, "visit", id=visit_id, **_SEES_ALL)
        # under the visit's lock, so that nothing is signed that was not looked at
        if form.version is not None and found is not None and found["version"] != form.version + 1:
            extra = {"reason": "changed", "text": _CHANGED}
            raise ProblemError(409, _CHANGED["en"], extra=extra)
        story, _, plans = await visiting.read(connection, visit_id, ctx.policy)
    return JSONResponse(signing_view(found or {}, link, story, plans))
