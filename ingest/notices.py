"""Delivers the outbox's `mqtt` rows: words for passengers, written by `alerts` and published here, where the broker is.

A row's body is `{"payload": text, "retain": bool}`; an empty payload empties a retained notice.
"""

from datetime import timedelta
from typing import Any

from alerts.metrics import DELIVERIES
from elevator import clock, db, wire
from elevator.db import Connection
from ingest import store
from ingest.subscriber import NotConnectedError, PublishRefusedError, Subscriber

PERIOD = 0.25  # s between looks
_LEASE = timedelta(seconds=30)
_AGAIN = timedelta(seconds=2)
_LIMIT = 100
_MOST_ATTEMPTS = 1000  # then it is marked as failed; by that time the rescue is long over
_CHANNEL = "mqtt"


async def deliver(database: Connection, subscriber: Subscriber) -> int:
    """Publish what is due; returns how many were taken. Nothing is sent while a row is locked."""
    if subscriber.connected_at is None:
        return 0
    now = clock.now()
    with db.translated():
        due = await store.rows(database, "claim_notices", now=now, lease_until=now + _LEASE, limit=_LIMIT)
    for row in sorted(due, key=lambda row: int(row["id"])):
        await _publish(database, subscriber, row)
    return len(due)


async def _publish(database: Connection, subscriber: Subscriber, row: dict[str, Any]) -> None:
    body = row["body"]
    payload = body.get("payload")
    data = payload.encode() if isinstance(payload, str) else wire.encode(payload) if payload is not None else b""
    try:
        await subscriber.publish(row["target"], data, retain=bool(body.get("retain")))
    except (NotConnectedError, PublishRefusedError) as error:
        now = clock.now()
        over = row["attempts"] >= _MOST_ATTEMPTS
        DELIVERIES.labels(_CHANNEL, "failed" if over else "retry").inc()
        with db.translated():
            await store.run(
                database, "notice_failed", id=row["id"], error=str(error), again_at=now + _AGAIN,
                failed_at=now if over else None,
            )  # fmt: skip
        return
    DELIVERIES.labels(_CHANNEL, "sent").inc()
    with db.translated():
        await store.run(database, "notice_sent", id=row["id"], now=clock.now())
