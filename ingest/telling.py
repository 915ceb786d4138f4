"""Tells lifts that their alarm is on disk (`ack`, contract section 3); nothing waits for it.

What gets lost on the way is told again: the controller repeats its event until it has seen the answer.
"""

import asyncio
from collections.abc import Sequence

from elevator import log, topics, wire
from ingest.subscriber import NotConnectedError, PublishRefusedError, Subscriber
from ingest.written import Ack

_TRY_EVERY, _TRIES = 0.05, 60  # s; lifts repeat after 5 s
MOST_UNTOLD = 5000  # answers on their way; beyond, lifts repeat and are told later


class Teller:
    """Publishes answers on the alarm lane's connection."""

    def __init__(self, subscriber: Subscriber) -> None:
        self._subscriber = subscriber
        self._tasks: set[asyncio.Task[None]] = set()
        self._untold = 0

    def tell(self, acks: Sequence[Ack]) -> None:
        """Send these answers; returns at once."""
        if not acks:
            return
        if self._untold + len(acks) > MOST_UNTOLD:
            log.get().warning("acks_dropped", number=len(acks), reason="the broker does not take them fast enough")
            return
        self._untold += len(acks)
        task = asyncio.create_task(self._send(acks), name="tell lifts")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self, at_most_s: float) -> None:
        """Wait until all is told, for a while."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=at_most_s)

    async def _send(self, acks: Sequence[Ack]) -> None:
        try:
            answers = await asyncio.gather(*(self._publish(ack) for ack in acks))
            if failed := [answer for answer in answers if answer]:
                log.get().warning("acks_not_sent", number=len(failed), reason=failed[0])
        finally:
            self._untold -= len(acks)

    async def _publish(self, ack: Ack) -> str | None:
        """Send one; returns why it could not be sent."""
        payload = {
            "boot": ack.boot,
            "seq": ack.seq,
            "code": ack.code,
            "active": ack.active,
            "incident": ack.incident,
            "received_at": ack.received_at_ms,
        }
        try:
            await self._connected()
            await self._subscriber.publish(topics.ack(ack.lift_id), wire.encode(payload))
        except (NotConnectedError, PublishRefusedError) as error:
            return str(error)
        return None

    async def _connected(self) -> None:
        """Wait a little: a broker hands over its queue before it lets us speak; or a connection has just ended."""
        for _ in range(_TRIES):
            if self._subscriber.connected_at is not None:
                return
            await asyncio.sleep(_TRY_EVERY)
