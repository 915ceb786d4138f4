"""The default transport: a kept session whose connections are those of `ingest.mqtt5_connection`."""

import asyncio

from ingest.kept_session import CONNECT_TIMEOUT, Deliver, KeptSession
from ingest.mqtt5_connection import Connection
from ingest.subscriber import Session


class Mqtt5Subscriber(KeptSession):
    """`ingest.subscriber.Subscriber` on the `mqtt5` codec."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, _connect)


async def _connect(epoch: int, session: Session, deliver: Deliver) -> Connection:
    connection = Connection(epoch, session, deliver)
    async with asyncio.timeout(CONNECT_TIMEOUT):
        await asyncio.get_running_loop().create_connection(
            lambda: connection, session.host, session.port, ssl=session.tls
        )
    return connection
