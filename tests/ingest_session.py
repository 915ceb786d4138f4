"""A subscriber at work in a test: until it is connected, until so many messages have come."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ingest.subscriber import Message, Subscriber


@asynccontextmanager
async def running(subscriber: Subscriber, *, connected: bool = True) -> AsyncIterator[Subscriber]:
    task = asyncio.create_task(subscriber.run())
    try:
        if connected:
            await connection(subscriber)
        yield subscriber
    finally:
        await subscriber.close()
        await asyncio.wait_for(task, 10)


async def connection(subscriber: Subscriber, *, after: int = 0) -> None:
    async with asyncio.timeout(20):
        while subscriber.connected_at is None or subscriber.epoch <= after:  # noqa: ASYNC110 - as a lane does
            await asyncio.sleep(0.01)


async def collect(subscriber: Subscriber, number: int) -> list[Message]:
    found: list[Message] = []
    async with asyncio.timeout(20):
        while len(found) < number:
            found += await subscriber.receive(0.1)
    return found


def acknowledge(subscriber: Subscriber, messages: list[Message]) -> None:
    for message in messages:
        if message.packet_id is not None:
            subscriber.acknowledge(message.epoch, [message.packet_id])
