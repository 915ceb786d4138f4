"""Rows of maintenance in and out of the database; it decides nothing."""

from datetime import date, datetime
from typing import Any

from psycopg.types.json import Jsonb

from alerts.incident import Actor, Role
from alerts.maintenance.plans.plan import Plan, items_as_json, items_of_json
from alerts.maintenance.visit import Facts, Op, Operation, Person
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


def who(actor: Actor) -> dict[str, str]:
    """Who acts, as stories keep it."""
    return {"kind": actor.kind, "id": actor.id, "name": actor.name, "role": str(actor.role)}


def operation_of(record: Record) -> Operation | None:
    """A row of `visit_entry` as an operation; None for a line that is none."""
    if record["kind"] not in set(Op):
        return None
    return Operation(
        id=record["op_id"], op=Op(record["kind"]), role=Role(record["actor"]["role"]), by=record["actor"]["name"],
        at=record["at"], done_at=record["done_at"], device_at=record["device_at"], device=record["device"],
        n=record["device_n"], body=record["body"], facts=_facts(record["facts"]), clock_off_s=record["clock_off_s"],
    )  # fmt: skip


def facts_as_json(facts: Facts) -> dict[str, Any]:
    """What was looked up at a receipt, as it is stored; what is not known is left out."""
    found: dict[str, Any] = {
        "plan_id": facts.plan_id, "worker": _person(facts.worker), "second": _person(facts.second),
        "distance_m": facts.distance_m, "overlaps": facts.overlaps or None, "lift_id": facts.lift_id,
        "plan_digest": facts.plan_digest, "photos": dict(facts.photos) or None,
        "photos_missing": list(facts.photos_missing) or None, "reused": list(facts.reused) or None,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value is not None}


def _person(person: Person | None) -> dict[str, Any] | None:
    if person is None:
        return None
    ends = None if person.valid_until is None else person.valid_until.isoformat()
    return {"id": person.id, "name": person.name, "valid_until": ends}


def _facts(stored: dict[str, Any]) -> Facts:
    return Facts(
        plan_id=stored.get("plan_id"), worker=_person_of(stored.get("worker")),
        second=_person_of(stored.get("second")), distance_m=stored.get("distance_m"),
        overlaps=bool(stored.get("overlaps")), lift_id=stored.get("lift_id"), plan_digest=stored.get("plan_digest"),
        photos=stored.get("photos", {}), photos_missing=tuple(stored.get("photos_missing", ())),
        reused=tuple(stored.get("reused", ())),
    )  # fmt: skip


def _person_of(stored: dict[str, Any] | None) -> Person | None:
    if stored is None:
        return None
    ends = stored["valid_until"]
    return Person(id=stored["id"], name=stored["name"], valid_until=None if ends is None else date.fromisoformat(ends))
