"""Reads quarantined messages again when an operator asks for it (the api marks the row, contract 2.3).

With a program that understands them by now they are handled like `replay` from a lift's store; the outcome is
written beside the row, which stays.
"""

from typing import Any

import psycopg

from alerts.policy import Policy
from elevator import clock, db, log
from elevator.codes import Book, built_in
from elevator.db import Connection
from elevator.errors import DatabaseError, Unreadable
from ingest import normalise, store, transaction
from ingest.adapters import ADAPTERS
from ingest.subscriber import Message
from ingest.telling import Teller
from ingest.written import Circumstances, Written

PERIOD = 0.5  # s between looks
_LIMIT = 20
_DETAIL = 200  # characters of a reason that are kept


async def work_off(database: Connection, policy: Policy, teller: Teller, codes: Book | None = None) -> int:
    """Replay what was asked for, each message in a transaction of its own; returns how many."""
    done = 0
    while done < _LIMIT and await _one(database, policy, teller, codes or built_in()):
        done += 1
    return done


async def _one(database: Connection, policy: Policy, teller: Teller, codes: Book) -> bool:
    with db.translated():
        async with database.transaction():
            rows = await store.rows(database, "replays_to_do", limit=1)
            if not rows:
                return False
            row = rows[0]
            written = Written()
            try:
                async with database.transaction():  # a savepoint: a refused row leaves the mark to be written
                    written, outcome = await _handle(database, row, policy, codes)
            except psycopg.Error as error:
                if isinstance(error, psycopg.OperationalError):
                    raise
                outcome = f"refused by the database: {error}"[:_DETAIL]
            except DatabaseError:
                raise
            except Exception as error:  # noqa: BLE001 - one message stops no other
                log.get().exception("replay_failed", id=row["id"])
                outcome = f"the program failed: {type(error).__name__}: {error}"[:_DETAIL]
            await store.run(database, "replayed", id=row["id"], now=clock.now(), outcome=outcome)
    log.get().info("replayed", id=row["id"], outcome=outcome)
    teller.tell(written.acks)
    return True


async def _handle(tx: Connection, row: dict[str, Any], policy: Policy, codes: Book) -> tuple[Written, str]:
    malformed = row["reason"] == Unreadable.MALFORMED_PACKET
    message = Message(
        topic=row["topic"], payload=bytes(row["payload"]), dup=True, retain=False, received_at_ms=clock.now_ms(),
        epoch=0, packet_id=None, malformed="a packet that no program can read" if malformed else None,
    )  # fmt: skip
    reading = normalise.read(message, None, ADAPTERS, replay=True)
    # what is still unreadable is already kept: only the good parts are written
    circumstances = Circumstances(policy=policy, now=clock.now(), codes=codes, keep_refused=False)
    written = await transaction.write(tx, [reading], {}, circumstances)
    outcome = ", ".join(sorted(outcome for _, outcome in written.outcomes))
    if written.still_bad:
        outcome = f"still unreadable: {written.still_bad[0].detail}"[:_DETAIL]
    return written, outcome
