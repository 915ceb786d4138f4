"""The port between a broker and the pipeline: what every transport promises, and nothing of how it does it.

Rules that every transport keeps (one test suite runs over all of them, `tests/contract/test_ingest_subscriber.py`):

- A message is acknowledged to the broker only when `acknowledge` says so, in the order of delivery, and only on
  the very connection that delivered it. Packet ids start anew with each connection, so the pair (epoch, packet id)
  names a delivery; ids of another epoch are silently discarded, and the broker delivers those messages again.
- Nothing that was delivered is ever dropped, not even at a reconnect: a broker that lost its memory would not
  send it again. What comes twice is told apart by the database.
- What a transport holds is bounded: by the Receive Maximum for unacknowledged messages, by bytes and number for
  everything else (then it stops reading, and the broker queues).
"""

from dataclasses import dataclass, field
from datetime import datetime
from ssl import SSLContext
from typing import Protocol

from msgspec import Struct

from elevator.broker import Access
from elevator.errors import LiftlineError


class NotConnectedError(LiftlineError):
    """There is no connection now, or it ended before the broker had answered."""


class BrokerRefusedError(LiftlineError):
    """The broker did not let us in, or refused a subscription; the text holds its reason in words."""


class PublishRefusedError(LiftlineError):
    """The broker refused a message of ours; the text holds its reason in words."""


class Message(Struct, frozen=True):
    """One delivery. A struct, because it is made by the ten thousand a second (ADR 0004)."""

    topic: str
    payload: bytes
    dup: bool  # the broker says it may have sent this before
    retain: bool  # kept by the broker, sent because we subscribed
    received_at_ms: int  # ms UTC, our clock
    epoch: int  # which connection delivered it
    packet_id: int | None  # None: QoS 0, nothing to acknowledge
    malformed: str | None = None  # why the packet cannot be read; `payload` is then the whole packet


class Subscriber(Protocol):
    """A session at the broker, kept open over any number of connections."""

    @property
    def connected_at(self) -> datetime | None:
        """Since when the present connection is subscribed; None without one."""

    @property
    def epoch(self) -> int:
        """Number of the newest connection."""

    @property
    def unacknowledged(self) -> int:
        """Messages delivered on the present connection and not yet acknowledged."""

    async def run(self) -> None:
        """Connect, subscribe, and do so again whenever the connection ends; returns after `close`."""

    async def receive(self, wait_s: float) -> list[Message]:
        """Everything that has come, up to the limits; an empty list when nothing came for `wait_s` seconds."""

    def acknowledge(self, epoch: int, packet_ids: list[int]) -> None:
        """The messages are on disk: tell the broker, unless the connection that brought them is gone."""

    async def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Send a message; with QoS 1 returns when the broker has it.

        Raises:
            NotConnectedError: it may or may not have reached the broker.
            PublishRefusedError: the broker said no.
        """

    async def close(self) -> None:
        """End the connection in good order; the session, and what the broker queues in it, stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Who we are at which broker, and what we want to hear."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: SSLContext | None = None  # None: in plain text
    client_id: str
    filters: tuple[str, ...]
    retained: bool  # whether a new subscription wants what the broker has kept
    receive_maximum: int = 8000  # messages the broker may send ahead of our acknowledgements
    keep_alive_s: int = 20
    session_expiry_s: int = 7 * 86_400  # the longest absence after which the broker still has our queue
    batch_messages: int = 2000  # one database transaction
    batch_bytes: int = 4 * 1024 * 1024
    inbox_messages: int = 8000  # read ahead of the pipeline; above this we stop reading
    inbox_bytes: int = 32 * 1024 * 1024


def session(way: Access, *, client_id: str, filters: tuple[str, ...], retained: bool) -> Session:
    """A session at a broker."""
    return Session(
        host=way.host,
        port=way.port,
        username=way.username,
        password=way.password,
        tls=way.tls,
        client_id=client_id,
        filters=filters,
        retained=retained,
    )
