"""What is forgotten when: whole chunks where there are any, bounded deletes elsewhere. Incidents and timeline stay."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from elevator import log
from elevator.db import Connection
from elevator.settings import Settings
from elevator.storage import chunks, plan, rows
from elevator.storage.chunks import Server

BATCH = 5000  # rows in one delete: some tens of milliseconds
_LIFTS = 100
_SHORT = timedelta(seconds=5)
_PLAIN_SERIES = {
    "sample": "delete_samples",
    "sample_minute": "delete_sample_minute",
    "sample_hour": "delete_sample_hour",
}
_BY_RECEIPT = {
    "sample_stray": "delete_strays", "event": "delete_events", "link": "delete_links",
    "quarantine": "delete_quarantine",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a round of retention did."""

    rows: Mapping[str, int]  # table → rows deleted
    chunks: int
    finished: bool  # False: the time was over first


def kept(settings: Settings) -> dict[str, timedelta]:
    """How long each table keeps its rows."""
    days = {
        "sample": settings.samples_days, "sample_stray": settings.samples_days, "sample_minute": settings.minutes_days,
        "sample_hour": settings.hours_days, "event": settings.events_days, "link": settings.events_days,
        "quarantine": settings.quarantine_days,
    }  # fmt: skip
    return {table: timedelta(days=number) for table, number in days.items()}


async def apply(
    connection: Connection, server: Server, keep: Mapping[str, timedelta], now: datetime, *, seconds: float
) -> Outcome:
    """Forget what is past its time, for so long at most; what is left waits for the next round."""
    until = time.monotonic() + seconds
    dropped = 0
    for table, interval in server.intervals.items():
        for chunk in plan.outside(await rows.chunks_of(connection, table), now, interval, keep[table]):
            strays_since = now - keep["sample_stray"] if table == "sample" else None
            await chunks.drop(connection, table, chunk, strays_since)
            dropped += 1
            if time.monotonic() > until:
                return Outcome(rows={}, chunks=dropped, finished=False)
    deleted = {}
    finished = True
    if not server.edition.chunks:
        ahead = now + plan.CLOCK_AHEAD
        for table, query in _PLAIN_SERIES.items():
            deleted[table], done = await _by_lift(connection, query, until, before=now - keep[table], ahead=ahead)
            finished = finished and done
    for table, query in _BY_RECEIPT.items():
        deleted[table], done = await _delete(connection, query, until, before=now - keep[table])
        finished = finished and done
    deleted = {table: number for table, number in deleted.items() if number}
    if deleted:
        log.get().info("rows_forgotten", rows=deleted)
    return Outcome(rows=deleted, chunks=dropped, finished=finished)


async def _by_lift(connection: Connection, query: str, until: float, **values: object) -> tuple[int, bool]:
    """A table without chunks is kept in the order of its key, so it is tidied a few lifts at a time."""
    deleted = 0
    lifts = (await rows.fetch(connection, "lift_numbers"))[0]["lifts"] or []
    for start in range(0, len(lifts), _LIFTS):
        more, done = await _delete(connection, query, until, lifts=lifts[start : start + _LIFTS], **values)
        deleted += more
        if not done:
            return deleted, False
    return deleted, True


async def _delete(connection: Connection, query: str, until: float, **values: object) -> tuple[int, bool]:
    """Batches, each a transaction of its own, until nothing is left or the time is over."""
    deleted = 0
    while True:
        if time.monotonic() > until:
            return deleted, False
        async with connection.transaction():
            await rows.bounded(connection, _SHORT)
            number = await rows.run(connection, query, limit=BATCH, **values)
        deleted += number
        if number < BATCH:
            return deleted, True
