"""The seam to PostgreSQL: connections, the pool, and the driver's errors translated into ours."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from elevator.errors import DamagedError, RowRefusedError, TransientError

Connection = psycopg.AsyncConnection[DictRow]
Pool = AsyncConnectionPool[Connection]

CONNECT_TIMEOUT = 5  # s
# A commit is told to anybody only when it is on disk; a hung statement must not hold a lift's row for ever.
_SETTINGS = {
    "synchronous_commit": "on",
    "timezone": "UTC",
    "lock_timeout": "5s",
    "statement_timeout": "20s",
    "idle_in_transaction_session_timeout": "10s",
}
_OPTIONS = " ".join(f"-c {name}={value}" for name, value in _SETTINGS.items())

# Classes of SQLSTATE that speak of the data itself: 22 data exception, 23 integrity constraint violation.
_DATA_CLASSES = ("22", "23")
_DAMAGED = frozenset({"XX001", "XX002"})  # data and index corrupted


async def connect(url: str, *, application: str) -> Connection:
    """One connection with the settings every service needs, in autocommit: transactions are explicit.

    Raises:
        TransientError: the server cannot be reached now.
    """
    with translated():
        return await psycopg.AsyncConnection[DictRow].connect(
            url, autocommit=True, row_factory=dict_row, connect_timeout=CONNECT_TIMEOUT,
            options=_OPTIONS, application_name=f"liftline {application}",
        )  # fmt: skip


@asynccontextmanager
async def pool(url: str, *, application: str, size: int = 8) -> AsyncIterator[Pool]:
    """A pool of such connections, open as long as the block runs."""
    kwargs: dict[str, Any] = {
        "autocommit": True, "row_factory": dict_row, "connect_timeout": CONNECT_TIMEOUT,
        "options": _OPTIONS, "application_name": f"liftline {application}",
    }  # fmt: skip
    opened: Pool = AsyncConnectionPool(
        url,
        kwargs=kwargs,
        min_size=1,
        max_size=size,
        open=False,
        timeout=10,
        check=AsyncConnectionPool.check_connection,
    )
    async with opened:
        yield opened


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's exceptions into ours (`elevator.errors.DatabaseError`); a programming error stays."""
    try:
        yield
    except psycopg.Error as error:
        state = error.sqlstate or ""
        if state.startswith(_DATA_CLASSES):
            raise RowRefusedError(f"{state}: {error}") from error
        if state in _DAMAGED:
            raise DamagedError(f"{state}: {error}") from error
        if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError | psycopg.InternalError):
            raise TransientError(f"{state or type(error).__name__}: {error}") from error
        raise
