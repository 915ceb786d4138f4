"""Webhooks: signed by the Standard Webhooks scheme, tried again with growing pauses for a day, never in a lock."""

import asyncio
import ipaddress
import json
import random
import socket
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
from standardwebhooks import Webhook

from alerts import metrics, store, words
from alerts.store import Record
from elevator import clock, log, times
from elevator.db import Pool

_LEASE = timedelta(seconds=30)
_TIMEOUT = 5.0  # s for one delivery
_AT_ONCE = 20
_FIRST_PAUSE = 2.0  # s; doubled each time
_LONGEST_PAUSE = 3600.0
_GIVE_UP = timedelta(hours=24)

_INCIDENT_FIELDS = (
    "id", "lift_id", "rescue_code", "kind", "priority", "state", "reason", "causes", "tier", "version", "opened_at",
    "confirmed_at", "acknowledged_at", "dispatched_at", "accepted_at", "arrived_at", "released_at", "closed_at",
    "event_ts", "received_at", "drill", "unregistered", "unreadable", "area", "previous",
)  # fmt: skip


class Webhooks:
    """Delivers the outbox rows of channel `webhook`."""

    def __init__(self, pool: Pool, *, allow_private: bool) -> None:
        self._pool, self._allow_private = pool, allow_private
        self._client = httpx.AsyncClient(timeout=_TIMEOUT, follow_redirects=False)

    async def aclose(self) -> None:
        """Close its connections."""
        await self._client.aclose()

    async def deliver(self) -> None:
        """Claim what is due, then send it side by side."""
        now = clock.now()
        async with self._pool.connection() as connection:
            claimed = await store.rows(
                connection, "claim_messages", channel="webhook", now=now, lease_until=now + _LEASE, limit=_AT_ONCE
            )
        async with asyncio.TaskGroup() as tasks:
            for message in claimed:
                tasks.create_task(self._one(message), name=f"webhook {message['id']}")

    async def _one(self, message: Record) -> None:
        async with self._pool.connection() as connection:
            hook = await store.row(connection, "webhook", id=message["target"])
            incident = await store.row(connection, "incident_object", id=message["incident_id"])
            assignments = await store.rows(connection, "assignments", incident_id=message["incident_id"])
        if hook is None or not hook["active"] or incident is None:
            await self._failed(message, "the webhook was removed", again=False)
            return
        chosen = next((one for one in assignments if one["id"] == message["body"].get("assignment")), None)
        try:
            error = await self._send(hook, message, payload(message, incident, chosen))
        except Exception as failure:  # noqa: BLE001 - the isolation loop: one that cannot be sent stops no other
            log.get().exception("webhook_unsendable", message=message["id"])
            error = f"{type(failure).__name__}: {failure}"
        if error is None:
            metrics.DELIVERIES.labels("webhook", "sent").inc()
            async with self._pool.connection() as connection:
                await store.run(connection, "message_sent", id=message["id"], now=clock.now())
            return
        await self._failed(message, error, again=clock.now() - message["created_at"] < _GIVE_UP)

    async def _send(self, hook: Record, message: Record, body: bytes) -> str | None:
        """One try; None when the other side took it."""
        url = hook["url"]
        if not self._allow_private and (why := await _private(url)):
            return why
        now = clock.now()
        headers = {
            "content-type": "application/json",
            "webhook-id": message["key"],
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(hook["secret"]).sign(message["key"], now, body.decode()),
        }
        try:
            answer = await self._client.post(url, content=body, headers=headers)
        except httpx.HTTPError as error:
            return f"{type(error).__name__}: {error}"
        return None if answer.is_success else f"answered {answer.status_code}"

    async def _failed(self, message: Record, error: str, *, again: bool) -> None:
        metrics.DELIVERIES.labels("webhook", "failed").inc()
        log.get().warning("webhook_failed", message=message["id"], attempt=message["attempts"], reason=error)
        due = clock.now() + timedelta(seconds=pause(message["attempts"], random.random())) if again else None  # noqa: S311
        async with self._pool.connection() as connection:
            await store.run(
                connection, "message_failed", id=message["id"], due_at=due, error=error[:500], now=clock.now()
            )


def pause(attempts: int, chance: float) -> float:
    """Seconds before the next try: doubled each time up to an hour, anywhere in the upper half (`chance` 0–1)."""
    longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * float(2 ** min(attempts - 1, 20)))
    return longest * (0.5 + chance / 2)


def payload(message: Record, incident: Record, assignment: Record | None) -> bytes:
    """The body of contract section 7: `{type, id, at, incident, assignment}`."""
    body: dict[str, Any] = {
        "type": f"incident.{message['body']['name']}",
        "id": message["key"],
        "at": message["created_at"],
        "incident": {name: incident[name] for name in _INCIDENT_FIELDS}
        | {
            "priority": f"P{incident['priority']}",
            "summary": words.summary(incident, incident if incident["lift_id"] else None),
        },
        "assignment": assignment,
    }
    return json.dumps(body, default=_plain, ensure_ascii=False).encode()


def _plain(value: object) -> str:
    return times.rfc3339(value) if isinstance(value, datetime) else str(value)


async def _private(url: str) -> str | None:
    """Why an address may not be called: webhooks reach the public network only (no way into ours)."""
    parts = urlsplit(url)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            parts.hostname or "", parts.port or 443, type=socket.SOCK_STREAM
        )
    except OSError as error:
        return f"{parts.hostname}: {error}"
    for *_rest, address in found:
        if not ipaddress.ip_address(address[0]).is_global:
            return f"{parts.hostname} is at {address[0]}, which is not a public address"
    return None
