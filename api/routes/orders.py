"""`/orders`: what must be repaired, opened by abnormal items of visits or by people, and closed with evidence."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from starlette.responses import JSONResponse, Response

from alerts.incident import Actor, Role
from alerts.maintenance import ordering, photos
from alerts.maintenance.order import ENDED, Action, Refused, Request, State
from api.answers.orders import OrderDetail, OrderItem
from api.deps import Answer, Caller, Ctx, Pages, Writing, only
from api.problems import ProblemError, Wrong, invalid, not_found
from api.reads import row, rows
from api.schemas import LiftId, Page, Ref
from api.scope import parameters
from api.work_forms import OrderActionForm, OrderForm
from api.work_objects import order_detail, order_item, order_photos
from elevator.db import Connection

router = APIRouter(tags=["maintenance"])

OrderRef = Annotated[Ref, Path(description="id of an order")]
_OPENERS = (Role.ADMIN, Role.DISPATCHER, Role.FIRM, Role.RESPONDER, Role.PROPERTY)
_STATES: dict[str, list[str] | None] = {
    "open": [str(one) for one in State if one not in ENDED], "closed": [str(one) for one in ENDED], "all": None,
}  # fmt: skip
_STATUS = {"state": 409, "role": 403, "invalid": 422}


@router.get("/orders", response_model=Page[OrderItem])
async def orders(
    ctx: Ctx,
    actor: Caller,
    pages: Pages,
    state: Annotated[Literal["open", "closed", "all"], Query()] = "open",
    lift_id: Annotated[LiftId | None, Query()] = None,
    firm: Annotated[Ref | None, Query(description="for this firm")] = None,
) -> Response:
    """Orders at the lifts in the caller's care or house; open ones unless asked otherwise."""
    (after,) = pages.after("orders", str)
    async with ctx.connection() as connection:
        found = await rows(
            connection, "orders", states=_STATES[state], lift_id=lift_id, firm=firm, after=after,
            limit=pages.limit + 1, **parameters(actor),
        )  # fmt: skip
    return pages.page("orders", found, [order_item(one) for one in found[: pages.limit]], "id")


@router.get("/orders/{order_id}", response_model=OrderDetail)
async def order(ctx: Ctx, actor: Caller, order_id: OrderRef) -> Response:
    """One order with its story and what the caller may do."""
    async with ctx.snapshot() as connection:
        return JSONResponse(await _detail(connection, actor, order_id))


async def _detail(connection: Connection, actor: Actor, order_id: str) -> dict[str, Any]:
    found = await row(connection, "order", id=order_id, **parameters(actor))
    if found is None:
        raise not_found("order")
    entries = await rows(connection, "order_entries", id=order_id)
    pictures = await photos.in_record(
        connection, found["lift_no"], found["firm_id"], sorted(order_photos(found, entries))
    )
    return order_detail(found, entries, pictures, actor)


@router.post("/orders", response_model=OrderDetail, status_code=201)
async def open_order(actor: Annotated[Actor, only(*_OPENERS)], writing: Writing, form: OrderForm) -> Response:
    """Something must be repaired, a person says; the lift's firm gets the order."""

    async def work(tx: Connection, now: datetime) -> Answer:
        lift = await row(tx, "lift_in_care", lift_id=form.lift_id, **parameters(actor))
        if lift is None:
            raise invalid("body.lift_id", "there is no such lift", "the id of a lift")
        order_id = await ordering.open_order(
            tx, lift_no=lift["lift_no"], firm_id=lift["firm_id"], text=form.text, photos=form.photos, actor=actor,
            now=now,
        )  # fmt: skip
        location = {"Location": f"/api/v1/orders/{order_id}"}
        return Answer(body=await _detail(tx, actor, order_id), status=201, headers=location)

    return await writing.once(work)


@router.post("/orders/{order_id}/{action}", response_model=OrderDetail)
async def act(
    actor: Caller,
    writing: Writing,
    order_id: OrderRef,
    action: Annotated[Action, Path(description="what is done")],
    form: OrderActionForm | None = None,
) -> Response:
    """One action on an order; what the state forbids is 409, what the role forbids 403, and changes nothing."""
    said = form or OrderActionForm()

    async def work(tx: Connection, now: datetime) -> Answer:
        found = await row(tx, "order", id=order_id, **parameters(actor))
        if found is None:
            raise not_found("order")
        request = Request(action=action, text=said.text, photos=tuple(said.photos))
        refused = await ordering.act(tx, order_id, request, actor, now, device_at=said.at)
        if refused is not None:
            raise _problem(refused)
        return Answer(body=await _detail(tx, actor, order_id))

    return await writing.once(work)


def _problem(refused: Refused) -> ProblemError:
    errors = [Wrong(field=f"body.{name}", message=text["en"], text=text) for name, text in refused.fields]
    extra = {"reason": refused.reason, "text": refused.text}
    return ProblemError(_STATUS[refused.status], refused.text["en"], errors=errors, extra=extra)
