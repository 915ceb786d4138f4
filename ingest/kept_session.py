"""A session kept open over any number of connections: what every transport has in common, whatever reads the socket.

A transport says how one connection is opened; here stand the epochs, the inbox that outlives them, the waiting
between two tries, and the promises of `ingest.subscriber` that follow from these.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Protocol

from elevator import clock, log
from elevator.broker import failure
from ingest.batch import Inbox, Window
from ingest.subscriber import BrokerRefusedError, Message, NotConnectedError, Session

CONNECT_TIMEOUT = 5.0  # s
BACKOFF_FIRST = 0.1  # s
BACKOFF_LAST = 5.0  # s
TAKEN_OVER = "session taken over"  # MQTT 5 reason 0x8E, in words
AFTER_TAKEN_OVER = 2.5  # s
STEADY = 10.0  # s a connection must hold before the next failure counts as the first

_jitter = random.SystemRandom()

Deliver = Callable[[list[Message]], None]


class Connection(Protocol):
    """One connection from its socket to its end; never used twice."""

    window: Window
    session_present: bool
    ended: "asyncio.Future[str]"  # why, in words

    async def establish(self) -> None:
        """CONNECT and SUBSCRIBE.

        Raises:
            BrokerRefusedError: the broker said no.
            NotConnectedError: the connection ended, or no answer came.
        """

    def acknowledge(self, epoch: int, packet_ids: list[int]) -> None:
        """Send what the window lets go."""

    def pause(self) -> None:
        """Stop reading."""

    def resume(self) -> None:
        """Read on."""

    async def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool) -> None:
        """Send a message; with QoS 1 wait for the broker's answer."""

    def close(self) -> None:
        """Say goodbye; `ended` follows."""


Open = Callable[[int, Session, Deliver], Awaitable[Connection]]
"""Open the socket for an epoch; OSError or TimeoutError when that fails."""


class KeptSession:
    """`ingest.subscriber.Subscriber` on whatever opens its connections."""

    def __init__(self, session: Session, connect: Open) -> None:
        self._session = session
        self._connect = connect
        self._log = log.get().bind(client_id=session.client_id)
        self._inbox = Inbox(
            messages=session.inbox_messages,
            size=session.inbox_bytes,
            batch_messages=session.batch_messages,
            batch_size=session.batch_bytes,
        )
        self._arrived = asyncio.Event()
        self._connection: Connection | None = None
        self._connected_at: datetime | None = None
        self._epoch = 0
        self._closing = asyncio.Event()

    @property
    def connected_at(self) -> datetime | None:
        """Since when the present connection is subscribed; None without one."""
        return self._connected_at

    @property
    def epoch(self) -> int:
        """Number of the newest connection."""
        return self._epoch

    @property
    def unacknowledged(self) -> int:
        """Messages delivered on the present connection and not yet acknowledged."""
        return len(self._connection.window) if self._connection is not None else 0

    async def run(self) -> None:
        """Keep a connection until `close`; between two, wait with full jitter: many clients must not march in step."""
        loop = asyncio.get_running_loop()
        failures = 0
        while not self._closing.is_set():
            began = loop.time()
            try:
                reason = await self._live()
            except (OSError, TimeoutError, NotConnectedError, BrokerRefusedError) as error:
                reason = failure(error)
            if self._closing.is_set():
                break
            failures = 1 if loop.time() - began > STEADY else failures + 1
            wait = _jitter.uniform(0, min(BACKOFF_LAST, BACKOFF_FIRST * 2 ** min(failures, 10)))
            if TAKEN_OVER in reason:  # somebody has our name: whose lease it is shows before we try again
                wait = max(wait, AFTER_TAKEN_OVER)
            self._log.warning("broker_lost", reason=reason, failures=failures, retry_in_s=round(wait, 2))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), wait)

    async def _live(self) -> str:
        """One connection from its beginning to its end; returns why it ended."""
        self._epoch += 1
        connection = await self._connect(self._epoch, self._session, self._deliver)
        self._connection = connection
        try:
            if self._closing.is_set():  # `close` found no connection, and nobody else will end this one
                return "we closed it"
            if self._inbox.full:
                connection.pause()
            await self._establish(connection)
            self._connected_at = clock.now()
            self._log.info("broker_connected", epoch=self._epoch, session_present=connection.session_present)
            if self._epoch > 1 and self._session.session_expiry_s and not connection.session_present:
                self._log.error("broker_forgot_us", epoch=self._epoch, lost="what it had queued for this session")
            return await connection.ended
        finally:
            self._connected_at = None
            self._connection = None
            connection.close()

    async def _establish(self, connection: Connection) -> None:
        try:
            await connection.establish()
        except NotConnectedError as error:
            # a broker that does not like our certificate says so after the handshake, and often only hangs up
            if self._session.tls is not None and connection.ended.done():
                raise NotConnectedError(f"{error} (does the broker want another client certificate?)") from None
            raise

    def _deliver(self, messages: list[Message]) -> None:
        self._inbox.put(messages)
        self._arrived.set()
        if self._inbox.full and self._connection is not None:
            self._connection.pause()

    async def receive(self, wait_s: float) -> list[Message]:
        """Everything that has come, up to the limits; an empty list when nothing came for `wait_s` seconds."""
        if not self._inbox:
            self._arrived.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._arrived.wait(), wait_s)
        batch = self._inbox.take()
        if self._connection is not None and self._inbox.roomy:
            self._connection.resume()
        return batch

    def acknowledge(self, epoch: int, packet_ids: list[int]) -> None:
        """Tell the broker, unless the connection that brought these messages is gone."""
        if self._connection is not None:
            self._connection.acknowledge(epoch, packet_ids)

    async def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        """Send a message; with QoS 1 returns when the broker has it."""
        if self._connection is None or self._connected_at is None:
            raise NotConnectedError("not connected to the broker")
        await self._connection.publish(topic, payload, qos=qos, retain=retain)

    async def close(self) -> None:
        """End the connection in good order; `run` returns."""
        self._closing.set()
        if (connection := self._connection) is not None:
            connection.close()
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(connection.ended), CONNECT_TIMEOUT)
