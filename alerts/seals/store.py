"""Rows of the seals in and out of the database; it decides nothing."""

from collections.abc import Sequence
from typing import Any

from alerts.seals.kinds import SEALED
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


async def chains(tx: Connection, kind: str, subjects: Sequence[str]) -> list[Record]:
    """All entries of these records with their seals, in order."""
    return await rows(tx, SEALED[kind].chain, subjects=list(subjects))


async def following(tx: Connection, kind: str, after: str, limit: int) -> list[str]:
    """Ids of the records that follow one, in order."""
    return [record["subject"] for record in await rows(tx, SEALED[kind].following, after=after, limit=limit)]


async def orphans(tx: Connection) -> list[Record]:
    """Some seals whose entries are gone."""
    return await rows(tx, "orphans")
