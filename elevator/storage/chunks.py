"""Chunks of hypertables: made ahead, sized by the measured rate, dropped when their time is over, compressed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from elevator import log
from elevator.db import Connection
from elevator.storage import plan, rows
from elevator.storage.plan import Chunk, Edition

_SHORT = timedelta(seconds=3)
_COMPRESS = timedelta(minutes=10)
_MOST_AT_ONCE = 100
_SEEDS = {
    "sample": ("seed_sample", "unseed_sample"),
    "sample_minute": ("seed_sample_minute", "unseed_sample_minute"),
    "sample_hour": ("seed_sample_hour", "unseed_sample_hour"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """What the database server can do, and the hypertables with the length of their next chunks."""

    edition: Edition
    memory: int  # bytes it counts on
    intervals: Mapping[str, timedelta]


async def look(connection: Connection) -> Server:
    """Ask the server; this is the one place where the edition is found out."""
    found = await rows.fetch(connection, "has_extension")
    if not found:
        return Server(edition=Edition.PLAIN, memory=0, intervals={})
    intervals = {row["name"]: row["interval"] for row in await rows.fetch(connection, "dimensions")}
    edition = plan.edition(hypertable="sample" in intervals, licence=found[0]["licence"])
    return Server(edition=edition, memory=found[0]["memory"], intervals=intervals if edition.chunks else {})


async def make_ahead(connection: Connection, server: Server, now: datetime) -> int:
    """Make what is missing, each chunk in a transaction of its own.

    A transaction that makes a chunk holds up everybody who needs a new one until it ends: this one ends at once, and
    no transaction of the intake is ever the one that makes it.
    """
    made = 0
    for table, interval in server.intervals.items():
        for _ in range(_MOST_AT_ONCE):
            at = plan.next_missing(await rows.chunks_of(connection, table), now, interval)
            if at is None:
                break
            async with connection.transaction():
                await rows.bounded(connection, _SHORT)
                for query in _SEEDS[table]:
                    await rows.run(connection, query, lift_no=plan.RESERVED_LIFT, at=at)
            made += 1
            log.get().info("chunk_made", table=table, at=at.isoformat())
    return made


async def resize(connection: Connection, server: Server, now: datetime, kept: timedelta) -> timedelta | None:
    """Give `sample` chunks of a length that suits the rate; the new length if it was changed."""
    present = server.intervals["sample"]
    until = now.replace(minute=0, second=0, microsecond=0)
    measured = (await rows.fetch(connection, "rate", since=until - plan.DAY, until=until))[0]
    if not measured["seconds"]:
        return None
    per_day = measured["rows"] * plan.DAY.total_seconds() / measured["seconds"]
    wanted = plan.chunk_interval(per_day, memory=server.memory, kept=kept)
    if not plan.worth_changing(present, wanted):
        return None
    async with connection.transaction():
        await rows.bounded(connection, _SHORT)
        await rows.run(connection, "set_interval", table="sample", interval=wanted)
    log.get().info(
        "chunk_interval", table="sample", before=str(present), after=str(wanted), rows_per_day=round(per_day)
    )
    return wanted


async def drop(connection: Connection, table: str, chunk: Chunk, strays_since: datetime | None) -> int:
    """Drop one chunk; what of it was received since a moment goes to `sample_stray` first. How many rows went there.

    The chunk is locked before it is read, so that nothing can be written to it between the two.
    """
    moved = 0
    async with connection.transaction():
        await rows.bounded(connection, _SHORT)
        await rows.lock_chunk(connection, chunk)
        if strays_since is not None:
            moved = await rows.run(connection, "keep_strays", first=chunk.first, end=chunk.end, since=strays_since)
        await rows.run(connection, "drop_chunk", table=table, first=chunk.first, end=chunk.end)
    log.get().info("chunk_dropped", table=table, first=chunk.first.isoformat(), end=chunk.end.isoformat(), kept=moved)
    return moved


async def compress(connection: Connection, now: datetime, after: timedelta) -> int:
    """Compress old chunks of `sample`, where the edition can; one at a time, each takes as long as it takes.

    A chunk cannot be written to meanwhile: a sample that comes so late waits, and its lane tries again.
    """
    old = plan.to_compress(await rows.chunks_of(connection, "sample"), now, after)
    if not old:
        return 0
    async with connection.transaction():
        await rows.bounded(connection, _SHORT)
        await rows.run(connection, "compression_on")
    for chunk in old:
        async with connection.transaction():
            await rows.bounded(connection, _COMPRESS)
            await rows.run(connection, "compress", chunk=chunk.name)
        log.get().info("chunk_compressed", first=chunk.first.isoformat())
    return len(old)
