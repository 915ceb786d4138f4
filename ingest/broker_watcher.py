"""Listens to what the broker tells of its queue, on a small connection of its own; shows it as metrics and in the log.

The session ends with its connection: nothing is queued for it, and it takes nothing of the lanes' window.
"""

import asyncio
import math
from dataclasses import replace

from elevator import clock, log
from elevator.broker import Access
from ingest import metrics
from ingest.broker_watch import FILTERS, Limits, Watch
from ingest.subscriber import Session, Subscriber, session

LOOK = 0.25  # s between two looks when nothing is heard


def watching(way: Access, client_id: str) -> Session:
    """The session that hears the broker's figures."""
    made = session(way, client_id=client_id, filters=FILTERS, retained=True)
    return replace(made, session_expiry_s=0, receive_maximum=100, inbox_messages=200)


class BrokerWatcher:
    """Runs a `Watch` on a subscriber that somebody else keeps connected."""

    def __init__(self, subscriber: Subscriber, limits: Limits) -> None:
        self._subscriber = subscriber
        self._watch = Watch(limits)
        self._troubles: dict[str, str] = {}
        metrics.BROKER_QUEUED.set(math.nan)
        metrics.BROKER_FILL.set(math.nan)

    @property
    def reason(self) -> str | None:
        """Why the state is degraded, in words; None when it is not."""
        return "; ".join(self._troubles.values()) or None

    async def run(self, stop: asyncio.Event) -> None:
        """Listen until `stop`."""
        while not stop.is_set():
            for message in await self._subscriber.receive(LOOK):
                metrics.BROKER_DROPPED.inc(self._watch.heard(message.topic, message.payload, clock.now()))
                if message.packet_id is not None:
                    self._subscriber.acknowledge(message.epoch, [message.packet_id])
            self._look()

    def _look(self) -> None:
        now = clock.now()
        queued, fill = self._watch.queued(now), self._watch.fill(now)
        metrics.BROKER_QUEUED.set(math.nan if queued is None else queued)
        metrics.BROKER_FILL.set(math.nan if fill is None else fill)
        before, self._troubles = self._troubles, self._watch.troubles(now)
        for name in self._troubles.keys() - before.keys():
            log.get().warning("broker_trouble", trouble=name, reason=self._troubles[name])
        for name in before.keys() - self._troubles.keys():
            log.get().info("broker_trouble_over", trouble=name)
