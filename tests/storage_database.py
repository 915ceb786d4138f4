"""A database with some lifts and samples for tests of storage, on either kind of server, at a time the test chooses."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from elevator import clock, db
from elevator.db import Connection, Pool
from elevator.settings import Settings
from elevator.storage.keeper import Keeper

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CLOSED, OPEN = 0, 2


@dataclass
class Store:
    """The database; `now` is what our clock says."""

    url: str
    pool: Pool
    settings: Settings
    now: datetime = START
    seq: int = 0
    lifts: dict[int, int] = field(default_factory=dict)

    def at(self, seconds: float) -> "Store":
        """Move the clock."""
        self.now = START + timedelta(seconds=seconds)
        return self

    def keeper(self, **settings: Any) -> Keeper:
        """A keeper as a fresh process has it."""
        return Keeper(self.pool, self.settings.model_copy(update=settings))

    async def sql(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        """Look into, or change, the database."""
        async with self.pool.connection() as connection:
            cursor = await connection.execute(statement.encode(), values)
            return await cursor.fetchall() if cursor.description else []

    async def sample(
        self, ts: float | datetime, *, received: float | datetime | None = None, lift: int = 1, **more: Any
    ) -> None:
        """A sample whose lift's clock says `ts` (seconds from START), received then unless told otherwise."""
        self.seq += 1
        moment = ts if isinstance(ts, datetime) else START + timedelta(seconds=ts)
        receipt = (
            received
            if isinstance(received, datetime)
            else START + timedelta(seconds=received)
            if received is not None
            else moment
        )
        row = {
            "lift_no": lift, "ts": moment, "boot": "b", "seq": self.seq, "received_at": receipt, "mode": 0, "floor": "1",
            "moving": False, "door_zone": True, "door": CLOSED, "speed": 0.0, "position": 0.0, "occupied": False, "power": 0,
            "replay": False, "late": False, **more,
        }  # fmt: skip
        names = ", ".join(row)
        await self.sql(f"INSERT INTO sample ({names}) VALUES ({', '.join(f'%({name})s' for name in row)})", **row)

    async def chunks(self, table: str = "sample") -> int:
        """How many chunks a hypertable has."""
        found = await self.sql(
            "SELECT count(*) AS count FROM timescaledb_information.chunks WHERE hypertable_name = %(table)s",
            table=table,
        )
        return int(found[0]["count"])

    async def connection(self) -> Connection:
        """One more connection, to be closed by the test."""
        return await db.connect(self.url, application="test")


@contextlib.asynccontextmanager
async def store(url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Store]:
    """Open it, with lifts 1 to 3."""
    async with db.pool(url, application="test", size=4) as pool:
        place = Store(url, pool, Settings(database_url=url))
        monkeypatch.setattr(clock, "now", lambda: place.now)
        await place.sql(
            "INSERT INTO lift (lift_id, created_at, updated_at) SELECT 'L-' || n, %(at)s, %(at)s FROM generate_series(1, 3) n",
            at=START - timedelta(seconds=60),
        )
        yield place
