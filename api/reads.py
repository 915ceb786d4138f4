"""What the API reads: named queries within the actor's scope, and the objects made of their rows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from alerts import part_words
from alerts.advice import advice
from alerts.incident import Actor
from alerts.listening import ALIVE_WITHIN
from alerts.policy import Policy
from api import objects
from api.objects import Object, Row
from api.scope import SEES_ALL, hears_caller, parameters
from elevator import sql
from elevator.db import Connection
from elevator.times import to_ms

_PARTS = (
    "scope_incident", "scope_lift", "scope_upkeep", "scope_visit", "scope_order", "scope_photo", "lift_columns",
    "incident_columns", "visit_columns", "order_columns",
)  # fmt: skip
_LANES = frozenset({"alarm", "telemetry"})


class Queries:
    """The package's queries, with the parts that several of them share put in."""

    def __init__(self) -> None:
        loaded = sql.load("api")
        self._texts = {name: loaded[name] for name in loaded.names()}
        for part in _PARTS:
            marker = b"{" + part.encode() + b"}"
            self._texts = {name: text.replace(marker, self._texts[part]) for name, text in self._texts.items()}

    def __getitem__(self, name: str) -> bytes:
        return self._texts[name]

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(self._texts)


QUERIES = Queries()


async def run(connection: Connection, name: str, /, **values: Any) -> None:
    """Execute a named statement."""
    await connection.execute(QUERIES[name], values)


async def rows(connection: Connection, name: str, /, **values: Any) -> list[dict[str, Any]]:
    """All rows of a named query."""
    return await (await connection.execute(QUERIES[name], values)).fetchall()


async def row(connection: Connection, name: str, /, **values: Any) -> dict[str, Any] | None:
    """The first row of a named query."""
    return await (await connection.execute(QUERIES[name], values)).fetchone()


async def lift(connection: Connection, actor: Actor, lift_id: str, *, policy: Policy, now: datetime) -> Object | None:
    """One lift, if the actor may see it."""
    found = await row(connection, "lift", lift_id=lift_id, **parameters(actor))
    return None if found is None else objects.lift(found, policy=policy, now_ms=to_ms(now))


async def lift_no(connection: Connection, actor: Actor, lift_id: str) -> int | None:
    """The short number of a lift, if the actor may see it."""
    found = await row(connection, "lift", lift_id=lift_id, **parameters(actor))
    return None if found is None else found["lift_no"]


async def assignments_by_incident(connection: Connection, ids: Sequence[str]) -> dict[str, list[Row]]:
    """Everybody who was asked, by incident."""
    found: dict[str, list[Row]] = {one: [] for one in ids}
    for one in await rows(connection, "assignments_of", ids=list(ids)):
        found[one["incident_id"]].append(one)
    return found


async def lifts_by_group(connection: Connection, found: Sequence[Row]) -> dict[str, list[Row]]:
    """The lifts of those incidents that group lifts: of an area, and of the alarm that says we are blind."""
    ids = [one["id"] for one in found if one["kind"] == "area" or (one["kind"], one["code"]) == ("system", "blind")]
    lifts: dict[str, list[Row]] = {one: [] for one in ids}
    if ids:
        for one in await rows(connection, "group_lifts", ids=ids):
            lifts[one["incident_id"]].append(one)
    return lifts


async def incident_objects(connection: Connection, actor: Actor, found: Sequence[Row]) -> list[Object]:
    """Rows of incidents as the viewer's list objects."""
    asked = await assignments_by_incident(connection, [one["id"] for one in found])
    lifts = await lifts_by_group(connection, found)
    return [
        objects.incident(
            one, asked[one["id"]], caller=hears_caller(actor, [dict(each) for each in asked[one["id"]]]),
            lifts=lifts.get(one["id"]),
        )
        for one in found
    ]  # fmt: skip


async def incident_detail(connection: Connection, actor: Actor, incident_id: str) -> Object | None:
    """An incident with evidence, story, messages and what the viewer may do; None if it is not theirs to see."""
    found = await row(connection, "incident", id=incident_id, **parameters(actor))
    if found is None:
        return None
    asked = await rows(connection, "assignments_of", ids=[incident_id])
    lifts = (await lifts_by_group(connection, [found])).get(incident_id)
    shown = objects.incident(found, asked, caller=hears_caller(actor, asked), lifts=lifts)
    told = [
        message
        for one in await rows(connection, "messages", id=incident_id)
        if _may_read(actor, one) and (message := objects.message(one, shown["summary"])) is not None
    ]
    story = [objects.timeline_entry(one) for one in await rows(connection, "timeline", id=incident_id, after=0)]
    return shown | {
        "advice": advice(found),
        "why": part_words.why(found["evidence"], kind=found["kind"], code=found["code"]),
        "evidence": objects.evidence(found["evidence"]),
        "timeline": story,
        "messages": told,
        "allowed": objects.actions(found, asked, actor),
    }


def _may_read(actor: Actor, message: Row) -> bool:
    """The desk reads everything; others what was for their firm, and the words in the car."""
    if actor.role in SEES_ALL or message["channel"] == "mqtt":
        return True
    return bool(message["channel"] == "console" and message["target"] == f"firm:{actor.firm_id}")


async def overview(connection: Connection, actor: Actor, *, now: datetime) -> Object:
    """The installation at a glance, as far as the actor may see it."""
    scope = parameters(actor)
    lifts = await row(connection, "overview", **scope) or {"lifts": 0, "lifts_online": 0}
    counts = {one["priority"]: one["count"] for one in await rows(connection, "open_by_priority", **scope)}
    lanes = await rows(connection, "intake")
    worker = await row(connection, "service", name="dispatch")
    blind = await row(connection, "blind_since")
    alive = [one for one in lanes if now - one["alive_at"] <= ALIVE_WITHIN]
    listening = {one["lane"] for one in alive} >= _LANES and all(one["listening_since"] for one in alive)
    return {
        "now": objects.time(now),
        **lifts,
        "intake": {
            "listening": listening,
            "alive_at": objects.time(min((one["alive_at"] for one in lanes), default=None)),
            "since": objects.time(max(one["listening_since"] for one in alive)) if listening else None,
        },
        "dispatch": {"alive_at": objects.time(worker["alive_at"]) if worker else None},
        "blind_since": objects.time(blind["since"]) if blind else None,
        "open": {f"P{priority}": counts.get(priority, 0) for priority in (1, 2, 3, 4)},
    }
