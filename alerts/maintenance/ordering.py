"""The only writer of work orders: what visits open and withdraw, and what people do to them."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from psycopg.types.json import Jsonb

from alerts import acting
from alerts.incident import SYSTEM, Actor
from alerts.maintenance import order, store
from alerts.maintenance.checks import Outcome, Result
from alerts.maintenance.order import Action, Refused, Request, State
from alerts.maintenance.photos import look, use
from alerts.maintenance.plans.plan import Item
from alerts.store import Record, new_id
from elevator.db import Connection

_ABOUT = ("lift_id", "firm_id", "visit_id", "item_code")


async def open_order(
    tx: Connection,
    *,
    lift_no: int,
    firm_id: str | None,
    text: str,
    photos: Sequence[str],
    actor: Actor,
    now: datetime,
    visit_id: str | None = None,
    item_code: str | None = None,
) -> str:
    """A new order with the first line of its story; returns its id."""
    order_id = new_id()
    if photos:
        await _hold(tx, lift_no, now)
    await store.run(
        tx, "add_order", id=order_id, lift_no=lift_no, firm_id=firm_id, visit_id=visit_id, item_code=item_code,
        text=text, photos=list(photos), now=now,
    )  # fmt: skip
    found = await store.row(tx, "order_for_update", id=order_id)
    if found is None:
        raise ValueError(f"no order {order_id}")
    await _tell(tx, found, actor, "open", None, State.OPEN, now, text=text, photos=photos)
    return order_id


async def reconcile(
    tx: Connection, visit: Record, results: Mapping[str, Result], items: Mapping[str, Item], now: datetime
) -> None:
    """Every abnormal item of a visit has its order; one that was corrected at the visit itself loses it."""
    abnormal = {code: one for code, one in results.items() if one.outcome is Outcome.ABNORMAL}
    known = {record["item_code"]: record for record in await store.rows(tx, "orders_of_visit", visit_id=visit["id"])}
    for code, found in abnormal.items():
        if code not in known:
            text = f"{code} {items[code].zh}：{found.text}" if code in items else f"{code}：{found.text}"
            await open_order(
                tx, lift_no=visit["lift_no"], firm_id=visit["firm_id"], text=text, photos=found.photos, actor=SYSTEM,
                now=now, visit_id=visit["id"], item_code=code,
            )  # fmt: skip
    for code, record in known.items():
        if code not in abnormal and record["state"] == State.OPEN:
            await _move(tx, record, Request(action=Action.WITHDRAW), State.WITHDRAWN, SYSTEM, None, now)


async def act(
    tx: Connection, order_id: str, request: Request, actor: Actor, now: datetime, *, device_at: datetime | None = None
) -> Refused | None:
    """Carry out one action on an order, or say why not."""
    if request.photos and (found := await store.row(tx, "order_lift", id=order_id)) is not None:
        await _hold(tx, found["lift_no"], now)
    record = await store.row(tx, "order_for_update", id=order_id)
    if record is None:
        raise ValueError(f"no order {order_id}")
    decided = order.decide(State(record["state"]), request, actor.role)
    if isinstance(decided, Refused):
        return decided
    await _move(tx, record, request, decided, actor, device_at, now)
    return None


async def _hold(tx: Connection, lift_no: int, now: datetime) -> None:
    """Hold the lift before the order, as visits do, so that no photo comes meanwhile unseen."""
    lift = await store.row(tx, "lift_by_no", lift_no=lift_no)
    await acting.lock(tx, lift["lift_id"] if lift else None, now)


async def photo_came(tx: Connection, order_id: str, names: Sequence[str], now: datetime) -> None:
    """A photo has come that the order names: its story keeps that with the digests."""
    record = await store.row(tx, "order_for_update", id=order_id)
    if record is None:
        raise ValueError(f"no order {order_id}")
    sealed = await store.rows(tx, "order_photos", order_id=order_id)
    if {one["name"] for one in sealed} >= set(names):
        return
    await _tell(tx, record, SYSTEM, "photo_came", record["state"], record["state"], now, photos=names)


async def _move(
    tx: Connection,
    record: Record,
    request: Request,
    to: State,
    actor: Actor,
    device_at: datetime | None,
    now: datetime,
) -> None:
    if to != record["state"]:
        await store.run(tx, "save_order", id=record["id"], state=to, now=now)
    await _tell(tx, record, actor, request.action, record["state"], to, now, text=request.text,
                photos=request.photos, device_at=device_at)  # fmt: skip


async def _tell(
    tx: Connection,
    record: Record,
    actor: Actor,
    action: str,
    before: str | None,
    after: str,
    now: datetime,
    *,
    text: str | None = None,
    photos: Sequence[str] = (),
    device_at: datetime | None = None,
) -> None:
    known = await look(tx, lift_no=record["lift_no"], firm_id=record["firm_id"], visit_id=None, names=photos)
    facts: Record = {name: record[name] for name in _ABOUT if record[name] is not None}
    if known.photos:
        facts["photos"] = dict(known.photos)
    if known.missing:
        facts["photos_missing"] = list(known.missing)
    kept = await store.row(
        tx, "add_order_entry", order_id=record["id"], now=now, device_at=device_at, actor=Jsonb(store.who(actor)),
        action=action, from_state=before, to_state=after, text=text, photos=list(photos), facts=Jsonb(facts),
    )  # fmt: skip
    item = record["item_code"] or ""
    given = [(name, item) for name in photos]
    await use(tx, "order", record["id"], kept["n"] if kept else 1, record["lift_no"], record["firm_id"], given)
