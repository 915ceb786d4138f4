"""`ingest` as it is, in a process that kills itself at a chosen place: `python -m deploy.chaos.worker PLACE LANE N`.

The places are named from outside, by replacing functions before the service starts: the product itself has no
switch for this, nothing that could be set off by accident or from the network.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import psycopg

from ingest import __main__ as program
from ingest.kept_session import KeptSession
from ingest.telling import Teller


class Place(StrEnum):
    """Where it dies, at the n-th time that it comes there."""

    IN_COPY = "in_copy"  # some rows are sent, the rest is not
    BEFORE_COMMIT = "before_commit"  # every row is sent, COMMIT is not
    AFTER_COMMIT = "after_commit"  # committed, and nobody was told
    BEFORE_PUBACK = "before_puback"  # the same, one step further
    BETWEEN_PUBACKS = "between_pubacks"  # half of a batch's PUBACKs are on their way
    BEFORE_ACK = "before_ack"  # the broker was told, the lift was not


LANES = ("alarm", "telemetry")


def die() -> None:
    """As `kill -9` does it: nothing is flushed, nothing is said."""
    os.kill(os.getpid(), signal.SIGKILL)


def countdown(number: int) -> Callable[[], bool]:
    """True at the n-th call."""
    left = number

    def now() -> bool:
        nonlocal left
        left -= 1
        return left == 0

    return now


def _is_lane(connection: psycopg.AsyncConnection[Any], lane: str) -> bool:
    return connection.info.get_parameters().get("application_name") == f"liftline ingest {lane}"


def arm(place: Place, lane: str, number: int) -> None:
    """Replace the function of the place."""
    due = countdown(number)
    match place:
        case Place.IN_COPY:
            _arm_copy(due)
        case Place.BEFORE_COMMIT | Place.AFTER_COMMIT:
            _arm_commit(due, lane, before=place is Place.BEFORE_COMMIT)
        case Place.BEFORE_PUBACK | Place.BETWEEN_PUBACKS:
            _arm_puback(due, lane, between=place is Place.BETWEEN_PUBACKS)
        case Place.BEFORE_ACK:
            tell = Teller.tell

            def tell_or_die(self: Teller, acks: Any) -> None:
                if acks and due():
                    die()
                tell(self, acks)

            Teller.tell = tell_or_die  # type: ignore[method-assign]


def _arm_copy(due: Callable[[], bool]) -> None:
    """Rows may be sent one by one, or packed together."""
    write_row, write = psycopg.AsyncCopy.write_row, psycopg.AsyncCopy.write

    async def write_row_or_die(self: psycopg.AsyncCopy, row: Any) -> None:
        if due():
            await _let_leave()
        await write_row(self, row)

    async def write_or_die(self: psycopg.AsyncCopy, buffer: Any) -> None:
        if due():
            await write(self, buffer[: len(buffer) // 2])
            await _let_leave()
        await write(self, buffer)

    psycopg.AsyncCopy.write_row = write_row_or_die  # type: ignore[method-assign]
    psycopg.AsyncCopy.write = write_or_die  # type: ignore[method-assign]


async def _let_leave() -> None:
    """Die when what was written has been sent."""
    await asyncio.sleep(0.01)
    die()


def _arm_commit(due: Callable[[], bool], lane: str, *, before: bool) -> None:
    leave = psycopg.AsyncTransaction.__aexit__

    async def leave_or_die(self: psycopg.AsyncTransaction, kind: Any, error: Any, trace: Any) -> bool:
        counts = error is None and not self.savepoint_name and _is_lane(self.connection, lane)
        if counts and before and due():
            await _let_leave()  # a PUBACK that was sent too early must reach the broker, or nobody would notice
        handled = await leave(self, kind, error, trace)
        if counts and not before and due():
            die()
        return handled

    psycopg.AsyncTransaction.__aexit__ = leave_or_die  # type: ignore[method-assign,assignment]


def _arm_puback(due: Callable[[], bool], lane: str, *, between: bool) -> None:
    acknowledge = KeptSession.acknowledge
    dying = False

    def acknowledge_or_die(self: KeptSession, epoch: int, packet_ids: list[int]) -> None:
        nonlocal dying
        if dying:
            return
        mine = self._session.client_id.endswith(f"-{lane}") and len(packet_ids) > int(between)
        if not mine or not due():
            acknowledge(self, epoch, packet_ids)
        elif between:
            dying = True
            acknowledge(self, epoch, packet_ids[: len(packet_ids) // 2])
            asyncio.get_running_loop().call_later(0.002, die)  # the loop sends at the end of its turn
        else:
            die()

    KeptSession.acknowledge = acknowledge_or_die  # type: ignore[method-assign]


if __name__ == "__main__":
    _, _place, _lane, _number = sys.argv
    arm(Place(_place), _lane, int(_number))
    sys.exit(program.main())
