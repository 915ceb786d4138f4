"""`/reports`: what people at a lift report by the code on it, without an account; the sticker with that code.

Whoever reports is not kept: an address is counted for at most an hour, apart from the reports; a telephone number goes
to the rescue, where the desk and the coming unit see it. That somebody is trapped is never refused (`public_limits`).
"""

import io
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import segno
from fastapi import APIRouter, Path, Request
from starlette.responses import JSONResponse, Response

from alerts import commands
from alerts.incident import Actor, Role
from alerts.maintenance import ordering, scheduling
from alerts.maintenance.order import Action
from alerts.maintenance.order import Request as OrderRequest
from alerts.maintenance.plans.plan import Text
from alerts.store import new_id
from api import auth, public_limits
from api.deps import Answer, Context, Ctx, Writing, only
from api.objects import time
from api.problems import ProblemError, invalid, not_found
from api.public_forms import (
    TROUBLES,
    ReportForm,
    ReportLookForm,
    ReportTaken,
    ReportView,
    StickerForm,
    StickerItem,
    Trouble,
)
from api.reads import row, rows, run
from api.routes.incidents import counted
from api.schemas import LiftId, problem
from api.scope import parameters
from elevator import clock
from elevator.db import Connection

router = APIRouter(tags=["maintenance"])

_KEEPERS = (Role.ADMIN, Role.DISPATCHER, Role.FIRM, Role.PROPERTY)
_PUBLIC = Actor(kind="caller", id="sticker", name="扫码 / QR code", role=Role.PROPERTY)
_NO: dict[int | str, dict[str, Any]] = {
    404: problem("the code is not good; `text` says what to do, in both languages"),
    429: problem("too much of it; `text` says so in both languages, Retry-After when to try again"),
}
_WRONG_CODE: Text = {
    "zh": "此二维码不对应任何电梯，可能已更换。有人被困时请按轿厢内的报警按钮，或拨打轿厢内张贴的救援电话。",
    "en": "This code belongs to no lift; the sticker may have been replaced. If somebody is trapped, press the alarm"
    " button in the car or call the rescue number shown there.",
}
_SAID: Mapping[str, Text] = {
    "rescue": {
        "zh": "救援中心已收到，正在派人。请留在电梯旁，安抚被困人员不要扒门；同时请按轿厢内的报警按钮。",
        "en": "The rescue centre has it and is sending help. Stay at the lift, tell those inside not to force the door;"
        " have them press the alarm button in the car too.",
    },
    "known_rescue": {
        "zh": "这台电梯的救援已在进行。请留在电梯旁，安抚被困人员不要扒门。",
        "en": "A rescue at this lift is under way. Stay at the lift, and tell those inside not to force the door.",
    },
    "doubted": {
        "zh": "救援中心已收到并会核实。请同时按轿厢内的报警按钮，或拨打轿厢内的救援电话。",
        "en": "The rescue centre has it and will check. Press the alarm button in the car too, or call the rescue"
        " number.",
    },
    "order": {
        "zh": "已收到，已转给维保单位。谢谢！",
        "en": "Received and passed on to the maintenance firm. Thank you.",
    },
    "known_order": {
        "zh": "这个问题已有人报修，您的补充已转给维保单位。谢谢！",
        "en": "This is known already; what you say was passed on to the maintenance firm. Thank you.",
    },
}


@router.post("/reports/look", response_model=ReportView, responses=_NO)
async def look(request: Request, ctx: Ctx, form: ReportLookForm) -> Response:
    """Which lift a sticker is at, and what is known of it already."""
    now = clock.now()
    async with ctx.connection() as connection:
        await _allow(connection, "look", request, now)
        lift = await _lift(connection, form.code, request, now)
        known = await rows(connection, "reported_orders", lift_no=lift["lift_no"])
    names = ("name", "building", "address", "rescue_code", "firm_name", "rescue_under_way")
    return JSONResponse({name: lift[name] for name in names} | {
        "rescue_phone": ctx.settings.rescue_phone,
        "kinds": {kind: text.model_dump() for kind, text in TROUBLES.items()},
        "known": [one["kind"] for one in known],
    })  # fmt: skip


@router.post("/reports", response_model=ReportTaken, status_code=201, responses=_NO)
async def report(request: Request, ctx: Ctx, form: ReportForm) -> Response:
    """Something is wrong at a lift, or somebody is trapped in it."""
    auth.check_origin(request, ctx.settings)
    if form.phone is not None and form.kind is not Trouble.TRAPPED:
        raise invalid("body.phone", "a telephone number is only asked for an entrapment", "no phone")
    now = clock.now()
    trapped = form.kind is Trouble.TRAPPED
    async with ctx.connection() as connection:
        lift = await _lift(connection, form.code, request, now)
        if (first := await row(connection, "report_sent", key=form.key)) is not None:
            return _taken(Trouble(first["kind"]), first["at"], "known_rescue" if first["incident_id"] else "order")
        limited = await _over(connection, "trapped" if trapped else "fault", request, lift["lift_no"], now)
        if limited is not None and not trapped:
            raise _too_many(limited)
        async with connection.transaction():
            if trapped:
                outcome, after = await _trapped(ctx, connection, lift, form, sure=limited is None, now=now)
            else:
                outcome, after = await _fault(connection, lift, form, now), _nothing
    after()
    return _taken(form.kind, now, outcome)


def _nothing() -> None:
    """There are no changes of state to count."""


def _taken(kind: Trouble, at: datetime, outcome: str) -> JSONResponse:
    shown = "rescue" if outcome == "doubted" else outcome
    return JSONResponse({"kind": kind, "at": time(at), "outcome": shown, "text": _SAID[outcome]}, 201)


async def _trapped(
    ctx: Context, tx: Connection, lift: Mapping[str, Any], form: ReportForm, *, sure: bool, now: datetime
) -> tuple[str, Any]:
    reported = await commands.report(
        tx, lift_no=lift["lift_no"], place=None, caller=form.phone, note=form.text, actor=_PUBLIC, policy=ctx.policy,
        now=now, sure=sure,
    )  # fmt: skip
    await _keep(tx, lift, form, now, incident_id=reported.incident_id)
    after = await counted(ctx, tx, [reported.incident_id], now)
    if not reported.created:
        return "known_rescue", after
    return "rescue" if sure else "doubted", after


async def _fault(tx: Connection, lift: Mapping[str, Any], form: ReportForm, now: datetime) -> str:
    """An order for the lift's firm; what is reported again is a note to the order that is open for it."""
    words = TROUBLES[form.kind]
    said = f"：{form.text}" if form.text else ""
    open_ones = {one["kind"]: one["id"] for one in await rows(tx, "reported_orders", lift_no=lift["lift_no"])}
    order_id = open_ones.get(form.kind)
    if order_id is not None:
        note = OrderRequest(action=Action.NOTE, text=f"再次报修 · reported again{said}")
        await ordering.act(tx, order_id, note, _PUBLIC, now)
        await _keep(tx, lift, form, now, order_id=order_id)
        return "known_order"
    text = f"扫码报修 · reported by QR code：{words.zh} · {words.en}{said}"
    order_id = await ordering.open_order(
        tx, lift_no=lift["lift_no"], firm_id=lift["firm_id"], text=text, photos=[], actor=_PUBLIC, now=now
    )
    await _keep(tx, lift, form, now, order_id=order_id)
    told = {
        "zh": f"{lift['name'] or lift['lift_id']}：扫码报修，{words.zh}",
        "en": f"{lift['name'] or lift['lift_id']}: reported by QR code, {words.en}",
    }
    target = f"firm:{lift['firm_id']}" if lift["firm_id"] else "dispatchers"
    await scheduling.tell(tx, "reported", target, told, now, key=order_id)
    return "order"


async def _keep(
    tx: Connection, lift: Mapping[str, Any], form: ReportForm, now: datetime, *, order_id: str | None = None,
    incident_id: str | None = None,
) -> None:  # fmt: skip
    await run(
        tx, "add_report", id=new_id(), lift_no=lift["lift_no"], kind=str(form.kind), text=form.text, now=now,
        key=form.key, order_id=order_id, incident_id=incident_id,
    )  # fmt: skip


# --- limits --------------------------------------------------------------------------------------------------


def _address(request: Request) -> str:
    return public_limits.counted_as(request.client.host if request.client else None)


def _too_many(limited: public_limits.Limited) -> ProblemError:
    extra = {"reason": f"limit_{limited.reason}", "text": limited.text}
    return ProblemError(429, limited.text["en"], headers={"Retry-After": str(limited.seconds)}, extra=extra)


async def _over(
    connection: Connection, what: str, request: Request, lift_no: int | None, now: datetime
) -> public_limits.Limited | None:
    """Count one more; whether it is too much."""
    address = _address(request)
    await run(connection, "forget_tries", before=now - public_limits.KEPT)
    noted = await row(connection, "note_try", address=address, what=what, now=now)
    number = noted["id"] if noted else 0
    mine = await row(
        connection, "recent_tries", address=address, what=what, since=now - public_limits.WINDOW, id=number
    )
    of_lift = None
    if lift_no is not None:
        of_lift = await row(
            connection, "recent_reports", lift_no=lift_no, since=now - public_limits.LIFT_WINDOW,
            trapped=what == "trapped",
        )  # fmt: skip
    limited = public_limits.judge(
        what, of_address=mine["count"] if mine else 0, oldest_of_address=mine["oldest"] if mine else None,
        of_lift=of_lift["count"] if of_lift else 0, oldest_of_lift=of_lift["oldest"] if of_lift else None, now=now,
    )  # fmt: skip
    if limited is not None:
        await run(connection, "forget_try", id=number)
    return limited


async def _allow(connection: Connection, what: str, request: Request, now: datetime) -> None:
    limited = await _over(connection, what, request, None, now)
    if limited is not None:
        raise _too_many(limited)


async def _lift(connection: Connection, code: str, request: Request, now: datetime) -> Mapping[str, Any]:
    """The lift of a sticker; who tries codes is stopped after a few."""
    found = await row(connection, "lift_by_sticker", code=code)
    if found is None:
        await _allow(connection, "wrong", request, now)
        raise ProblemError(404, _WRONG_CODE["en"], extra={"reason": "wrong_code", "text": _WRONG_CODE})
    return found


# --- the sticker ---------------------------------------------------------------------------------------------


@router.post("/lifts/{lift_id}/sticker", response_model=StickerItem)
async def sticker(
    request: Request,
    ctx: Ctx,
    actor: Annotated[Actor, only(*_KEEPERS)],
    writing: Writing,
    lift_id: Annotated[LiftId, Path(description="registration code or other id of the lift")],
    form: StickerForm | None = None,
) -> Response:
    """The code to be put up at a lift, as a picture: people report by it, technicians check in by it."""

    async def work(tx: Connection, now: datetime) -> Answer:
        lift = await row(tx, "lift_in_care", lift_id=lift_id, **parameters(actor))
        if lift is None:
            raise not_found("lift")
        await run(
            tx, "save_sticker", lift_no=lift["lift_no"], code=public_limits.new_code(), now=now,
            by=f"{actor.kind}:{actor.id}", renew=form is not None and form.renew,
        )  # fmt: skip
        found = await row(tx, "sticker", lift_no=lift["lift_no"])
        code, made_at = (found["code"], found["made_at"]) if found else ("", now)
        # the lift's id stands last: whoever checks in by the same code needs no network to know the lift
        url = f"{(ctx.settings.public_url or str(request.base_url)).rstrip('/')}/#/report/{code}/{lift_id}"
        drawn = io.BytesIO()
        segno.make(url, error="m", micro=False).save(drawn, kind="svg", border=4, xmldecl=False, unit="mm", scale=1)
        body = {
            "lift_id": lift_id,
            "code": code,
            "url": url,
            "made_at": time(made_at),
            "picture": drawn.getvalue().decode(),
        }
        return Answer(body=body)

    return await writing.once(work)
