"""Roll-ups: minutes and hours of every lift, kept up by the time of receipt.

How it works. A slice is a span of `received_at`. Every minute that a sample of the slice belongs to, by the lift's own
clock, is computed anew from all its samples, and every hour from its minutes; minutes, hours and the mark move in one
transaction, so that a slice is done or not done, and doing it twice changes nothing. A sample that comes late or from
a wrong clock is found like any other, because it was received just now.

Receipt is not commit: a batch that waited for the database carries an old `received_at`. So every slice is looked at a
second time, a quarter of an hour of uninterrupted work later (`settled`), and what was missed is mended then.
"""

import math
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from elevator.db import Connection, translated
from elevator.errors import TransientError
from elevator.storage import plan, rows

LAG = timedelta(seconds=5)
"""So long the newest receipts are left alone: most have been committed by then."""

SETTLE_AFTER = timedelta(minutes=15)
_GAP = timedelta(minutes=2)  # without a round for so long: we, or the database, were away
_FIRST_WIDTH = plan.MINUTE
_SLICE = timedelta(seconds=5)


@dataclass(slots=True, kw_only=True)
class Pass:
    """One of the two looks: how wide its next slice is."""

    name: str
    width: timedelta = _FIRST_WIDTH


@dataclass(slots=True, kw_only=True)
class Rollups:
    """The work of one process; what must survive it stands in `storage_mark`."""

    kept: timedelta  # of samples
    fresh: Pass = field(default_factory=lambda: Pass(name="fresh"))
    settled: Pass = field(default_factory=lambda: Pass(name="settled"))
    behind: timedelta = timedelta()
    minutes: int = 0  # written by the last round
    _round_at: datetime | None = None
    _settle: tuple[datetime, datetime] | None = None  # from this moment on, everything received before that one

    async def round(self, connection: Connection, now: datetime, *, seconds: float) -> None:
        """Bring the roll-ups up to now, or as far as the time given suffices."""
        until = time.monotonic() + seconds
        if self._round_at is None or now - self._round_at > _GAP:
            self._settle = None
        self._round_at = now
        self.minutes = 0
        marks = await self._marks(connection, now)
        end = _floor(now - LAG)
        marks["fresh"] = await self._advance(connection, self.fresh, marks["fresh"], end, until, now)
        self.behind = max(end - marks["fresh"], timedelta())
        if self._settle is None:
            self._settle = (now + SETTLE_AFTER, marks["fresh"])
        due, upto = self._settle
        if now >= due:
            marks["settled"] = await self._advance(connection, self.settled, marks["settled"], upto, until, now)
            if marks["settled"] >= upto:
                self._settle = (now + SETTLE_AFTER, marks["fresh"])

    async def _marks(self, connection: Connection, now: datetime) -> dict[str, datetime]:
        found = {row["name"]: row["at"] for row in await rows.fetch(connection, "marks")}
        if not found:
            first = (await rows.fetch(connection, "lift_numbers"))[0]["first"]
            start = _floor(max(first, now - self.kept) if first else now - LAG)
            found = {"fresh": start, "settled": start}
            for name, at in found.items():
                await rows.run(connection, "set_mark", name=name, at=at)
        return found

    async def _advance(
        self, connection: Connection, look: Pass, mark: datetime, end: datetime, until: float, now: datetime
    ) -> datetime:
        while mark < end and time.monotonic() < until:
            upto = min(mark + look.width, end)
            began = time.monotonic()
            try:
                await self._slice(connection, look.name, mark, upto, now)
            except TransientError:
                if look.width <= plan.next_width(look.width, math.inf):
                    raise
                look.width = plan.next_width(look.width, math.inf)
                continue
            mark = upto
            look.width = plan.next_width(look.width, time.monotonic() - began)
        return mark

    async def _slice(self, connection: Connection, name: str, first: datetime, end: datetime, now: datetime) -> None:
        with translated():
            async with connection.transaction():
                await rows.bounded(connection, _SLICE)
                touched = await rows.fetch(
                    connection, "received", first=first, end=end, oldest=now - self.kept,
                    newest=now + plan.CLOCK_AHEAD, **rows.CONSTANTS,
                )  # fmt: skip
                portions = plan.portions((row["lift_no"], row["bucket"]) for row in touched)
                written = [await self._portion(connection, minutes) for minutes in portions]
                await rows.run(connection, "set_mark", name=name, at=end)
        self.minutes += sum(written)

    async def _portion(self, connection: Connection, minutes: list[plan.Minute]) -> int:
        lifts, buckets = [lift for lift, _ in minutes], [bucket for _, bucket in minutes]
        hours = await rows.fetch(
            connection, "roll_minutes", lifts=lifts, buckets=buckets, first=min(buckets) - plan.HOLD,
            end=max(buckets) + plan.MINUTE, **rows.CONSTANTS,
        )  # fmt: skip
        if hours:
            moments = [row["hour"] for row in hours]
            await rows.run(
                connection, "roll_hours", lifts=[row["lift_no"] for row in hours], hours=moments, first=min(moments),
                end=max(moments) + plan.HOUR,
            )  # fmt: skip
        return sum(row["minutes"] for row in hours)


def _floor(moment: datetime) -> datetime:
    """The whole minute before."""
    return moment.replace(second=0, microsecond=0)
