"""Which plan a visit follows, and new versions of a firm's own: published plans enter the database when first used."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from alerts.maintenance import store
from alerts.maintenance.plans import shelf
from alerts.maintenance.plans.plan import Plan, extended, item, items_as_json
from alerts.seals.chain import canonical
from alerts.store import new_id
from elevator.db import Connection
from elevator.model import LiftClass


async def plan_for(tx: Connection, lift_class: LiftClass, firm_id: str | None, now: datetime) -> Plan:
    """The plan of a visit that begins now: the firm's newest for this class, else the newest published one."""
    own = firm_id and await store.row(tx, "newest_plan_of_firm", firm_id=firm_id, lift_class=lift_class)
    if own:
        return store.plan_of(own)
    plan = shelf.newest(lift_class)
    await store.keep_plan(tx, plan, by="system", now=now)
    return plan


async def plan_by_id(tx: Connection, plan_id: str) -> Plan | None:
    """A plan in the version that something refers to."""
    found = await store.row(tx, "plan", id=plan_id)
    if found is not None:
        return store.plan_of(found)
    return next((one for one in shelf.published() if one.id == plan_id), None)


async def new_version(
    tx: Connection, *, firm_id: str, lift_class: LiftClass, added: Sequence[Mapping[str, Any]], by: str, now: datetime
) -> Plan:
    """A firm's plan for a class, in its next version: the newest published items and these.

    Raises:
        ValueError: an added item cannot be judged as it says.
    """
    await store.row(tx, "lock_firm", firm_id=firm_id)
    base = shelf.newest(lift_class)
    await store.keep_plan(tx, base, by="system", now=now)
    before = await store.row(tx, "newest_plan_of_firm", firm_id=firm_id, lift_class=lift_class)
    plan = extended(
        base, plan_id=new_id(), firm_id=firm_id, version=before["version"] + 1 if before else 1, added=added
    )
    await store.keep_plan(tx, plan, by=by, now=now)
    return plan


def digest(plan: Plan) -> str:
    """SHA-256 of a plan's items as a visit seals it."""
    return sha256(canonical(items_as_json(plan.items))).hexdigest()


def checked(values: Mapping[str, Any]) -> None:
    """Whether an item that a firm adds can be judged as it says.

    Raises:
        ValueError: it cannot.
    """
    item({**values, "code": "X"})
