"""The loop that people write first: aiomqtt, and one INSERT for each message. A contender, run as a program of its own.

It acknowledges a message when it has been read, not when it is stored: that is what the library does by itself.
"""

import asyncio
import sys

import aiomqtt
import psycopg
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from deploy.bench.sql import QUERIES
from elevator import clock, settings
from elevator.settings import Settings
from simulators.publisher import broker

_KEPT = 3600  # s that the broker keeps the session
TOPIC = "lift/v1/+/telemetry"


def client(config: Settings) -> aiomqtt.Client:
    """A session that outlives the connection."""
    where = broker(config.need_broker())
    lasting = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    lasting.SessionExpiryInterval = _KEPT
    return aiomqtt.Client(
        where.host, where.port, username=where.user, password=where.password, identifier=config.mqtt_client_id,
        protocol=aiomqtt.ProtocolVersion.V5, clean_start=False, properties=lasting,
    )  # fmt: skip


async def insert(config: Settings) -> None:
    """For ever."""
    database = await psycopg.AsyncConnection.connect(config.need_database(), autocommit=True)
    async with database, client(config) as session:
        await session.subscribe(TOPIC, qos=1)
        async for message in session.messages:
            row = {"topic": message.topic.value, "payload": bytes(message.payload).decode(), "received_at": clock.now()}
            await database.execute(QUERIES["insert_one"], row)


async def subscribe(config: Settings) -> None:
    """Leave a session at the broker."""
    async with client(config) as session:
        await session.subscribe(TOPIC, qos=1)


if __name__ == "__main__":
    asyncio.run((subscribe if sys.argv[1:] == ["subscribe"] else insert)(settings.load()))
