"""Rows of maintenance in and out of the database; it decides nothing."""

from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from alerts.maintenance.plans.plan import Plan, items_as_json, items_of_json
from alerts.store import Record
from elevator import sql
from elevator.db import Connection
from elevator.model import LiftClass

QUERIES = sql.load("alerts.maintenance")


async def run(tx: Connection, name: str, /, **values: Any) -> None:
    """Execute a named statement."""
    await tx.execute(QUERIES[name], values)


async def rows(tx: Connection, name: str, /, **values: Any) -> list[Record]:
    """All rows of a named query."""
    return await (await tx.execute(QUERIES[name], values)).fetchall()


async def row(tx: Connection, name: str, /, **values: Any) -> Record | None:
    """The first row of a named query."""
    return await (await tx.execute(QUERIES[name], values)).fetchone()


async def keep_plan(tx: Connection, plan: Plan, *, by: str, now: datetime) -> None:
    """Write a plan, once for each version."""
    await run(
        tx, "keep_plan", id=plan.id, firm_id=plan.firm_id, lift_class=plan.lift_class, version=plan.version,
        base=plan.base, title=Jsonb(plan.title), source=Jsonb(plan.source), items=Jsonb(items_as_json(plan.items)),
        by=by, now=now,
    )  # fmt: skip


def plan_of(record: Record) -> Plan:
    """A row of `plan`."""
    return Plan(
        id=record["id"], firm_id=record["firm_id"], lift_class=LiftClass(record["lift_class"]),
        version=record["version"], base=record["base"], title=record["title"], source=record["source"],
        items=items_of_json(record["items"]),
    )  # fmt: skip
