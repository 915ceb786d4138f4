"""The other transport: a kept session whose connections are those of `ingest.paho_connection`.

A sixth of the speed of the default one, for whoever wants the most widely used MQTT client between broker and
database, or meets a fault of the codec. It keeps the same promises; what differs is told in `ingest.paho_connection`.
"""

from ingest.kept_session import Deliver, KeptSession
from ingest.paho_connection import Connection
from ingest.subscriber import Session


class PahoSubscriber(KeptSession):
    """`ingest.subscriber.Subscriber` on paho-mqtt."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, _connect)


async def _connect(epoch: int, session: Session, deliver: Deliver) -> Connection:
    connection = Connection(epoch, session, deliver)
    await connection.open()
    return connection
