"""Rows of the seals in and out of the database; it decides nothing."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from elevator import sql
from elevator.db import Connection

QUERIES = sql.load("alerts.seals")

Record = dict[str, Any]


async def run(tx: Connection, name: str, /, **values: Any) -> None:
    """Execute a named statement."""
    await tx.execute(QUERIES[name], values)


async def rows(tx: Connection, name: str, /, **values: Any) -> list[Record]:
    """All rows of a named query."""
    return await (await tx.execute(QUERIES[name], values)).fetchall()


async def row(tx: Connection, name: str, /, **values: Any) -> Record | None:
    """The first row of a named query."""
    return await (await tx.execute(QUERIES[name], values)).fetchone()


async def of_lift(tx: Connection, lift_no: int, since: datetime, before: datetime) -> list[Record]:
    """Whole timelines, with their seals, of a lift's incidents that have an entry in this time; in order."""
    found = await rows(tx, "records_of_lift", lift_no=lift_no, since=since, before=before)
    return await chains(tx, [record["subject"] for record in found])


async def chains(tx: Connection, subjects: Sequence[str]) -> list[Record]:
    """Whole timelines of these incidents with their seals, in order."""
    return await rows(tx, "incident_chain", subjects=subjects)


async def next_incidents(tx: Connection, after: str, limit: int) -> list[str]:
    """Ids of the incidents that follow one, in order."""
    return [record["subject"] for record in await rows(tx, "next_incidents", after=after, limit=limit)]


async def orphans(tx: Connection) -> list[Record]:
    """Some seals whose entries are gone."""
    return await rows(tx, "orphans")
