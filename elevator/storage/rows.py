"""Storage's named queries with their shared parts put in, and how they are run; it decides nothing."""

from datetime import timedelta
from typing import Any

from psycopg import sql

from elevator import sql as queries
from elevator.columns import POSITIONS
from elevator.db import Connection
from elevator.model import Door, Power
from elevator.storage.plan import EPOCH, HOLD, MINUTE, RESERVED_LIFT, Chunk

COLUMNS = (
    "lift_no", "bucket", "ts", "received_at", "count", "mode", "door", "power", "moving", "door_zone", "occupied",
    "late", "speed", "position", "speed_min", "speed_max", "speed_avg", "position_min", "position_max", "load_min",
    "load_max", "temperature_min", "temperature_max", "known_s", "moving_s", "door_open_s", "occupied_s",
    "off_mains_s", "door_cycles", "trips_first", "trips_last", "floor", "floor_first", "codes",
)  # fmt: skip
"""Of both roll-ups."""

CONSTANTS: dict[str, Any] = {
    "epoch": EPOCH,
    "hold": HOLD,
    "more": -(-HOLD // MINUTE),  # minutes after its own that a sample may reach into
    "reserved": RESERVED_LIFT,
    "open": POSITIONS["door"][Door.OPEN],
    "mains": POSITIONS["power"][Power.MAINS],
}
"""What the shared parts need."""

_LOCK_WAIT = timedelta(milliseconds=500)


_EVERYTHING = b"(SELECT * FROM sample UNION ALL SELECT * FROM sample_stray) both_tables"


def _assembled() -> dict[str, bytes]:
    loaded = queries.load("elevator.storage")
    columns = ", ".join(COLUMNS).encode()
    assignments = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[2:]).encode()
    parts = {
        b"{buckets_of_samples}": loaded["buckets_of_samples"],
        b"{buckets_of_buckets}": loaded["buckets_of_buckets"],
        b"{columns}": columns,
        b"{assignments}": assignments,
    }
    texts = {}
    for name in loaded.names():
        text = loaded[name]
        for marker, part in parts.items():
            text = text.replace(marker, part)
        text = text.replace(b"{samples}", _EVERYTHING if name == "history" else b"sample")
        texts[name] = text
    return texts


_TEXTS = _assembled()


# A prepared statement may be planned without its values, and then opens every chunk.
async def fetch(connection: Connection, name: str, /, **values: Any) -> list[dict[str, Any]]:
    """All rows of a named query."""
    return await (await connection.execute(_TEXTS[name], values, prepare=False)).fetchall()


async def run(connection: Connection, name: str, /, **values: Any) -> int:
    """Execute a named statement; how many rows it was about."""
    return (await connection.execute(_TEXTS[name], values, prepare=False)).rowcount


async def bounded(tx: Connection, statement: timedelta) -> None:
    """No statement of this transaction takes longer, and none waits long for a lock with others queueing behind it."""
    in_ms = {"statement": statement, "lock": _LOCK_WAIT}
    await fetch(tx, "within_seconds", **{name: f"{one // timedelta(milliseconds=1)}ms" for name, one in in_ms.items()})


async def chunks_of(connection: Connection, table: str) -> list[Chunk]:
    """The chunks of a hypertable, in order."""
    return [Chunk(**row) for row in await fetch(connection, "chunks", table=table)]


async def lock_chunk(tx: Connection, chunk: Chunk) -> None:
    """Nobody writes or reads this chunk until the transaction ends."""
    statement = sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE")
    await tx.execute(statement.format(sql.SQL(chunk.name)))  # quoted by the catalogue query
