"""A lift's past read from roll-ups, with what is not rolled up yet made from its samples on the way."""

from datetime import datetime
from typing import Any

from elevator.db import Connection
from elevator.storage import plan, rows
from elevator.storage.plan import Resolution


async def steps(
    connection: Connection,
    *,
    lift_no: int,
    since: datetime,
    until: datetime,
    step: int,
    resolution: Resolution,
    before: datetime | None,
    limit: int,
) -> list[dict[str, Any]]:
    """Buckets of `step` seconds, newest first; the first may begin before `since`, on a whole minute or hour.

    Args:
        connection: outside or inside a transaction.
        lift_no: whose past.
        since: from this moment of the lift's clock on.
        until: before this moment.
        step: a multiple of the resolution.
        resolution: `MINUTE` or `HOUR`.
        before: only buckets that begin before this moment (the page before ended there).
        limit: at most so many.
    """
    whole = plan.HOUR if resolution is Resolution.HOUR else plan.MINUTE
    since -= (since - plan.EPOCH) % whole
    return await rows.fetch(
        connection, "history", lift_no=lift_no, since=since, until=until, step=step,
        hours=resolution is Resolution.HOUR, before=before, limit=limit, first=since - plan.HOLD,
        end=until, **rows.CONSTANTS,
    )  # fmt: skip
