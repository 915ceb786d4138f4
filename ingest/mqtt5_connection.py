"""One MQTT 5 connection from CONNECT to its end, as an asyncio protocol on the `mqtt5` codec; never used twice.

It owns what ends with the connection: the epoch, the window of unacknowledged deliveries, our own unanswered
publishes, keep-alive. What it delivers goes to the transport's inbox, which outlives it.
"""

import asyncio
from collections.abc import Callable
from enum import IntEnum
from typing import Any, TypeVar, cast

import mqtt5

from elevator import clock
from elevator.broker import failure
from ingest.batch import Window
from ingest.mqtt5_packets import Cutter, Malformed, StreamError
from ingest.subscriber import BrokerRefusedError, Message, NotConnectedError, PublishRefusedError, Session

ANSWER_TIMEOUT = 10.0  # s for any answer of the broker
_SUBSCRIBE_ID = 1
_FIRST_PUBLISH_ID = 2
_MAX_PACKET_ID = 65_535
_REFUSED = 128  # reason codes from here on are errors; the codec's enums compare only after int()
_PUBACK = b"\x40\x02"  # fixed header of a PUBACK that only says "success"

T = TypeVar("T")


def words(code: IntEnum) -> str:
    """A reason code as people say it: `NOT_AUTHORIZED` → "not authorized"."""
    return code.name.replace("_", " ").lower()


class Connection(asyncio.Protocol):
    """What happens on one socket."""

    def __init__(self, epoch: int, session: Session, deliver: Callable[[list[Message]], None]) -> None:
        self.window = Window(epoch)
        self.session_present = False
        loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[str] = loop.create_future()  # why, in words
        self._loop = loop
        self._session = session
        self._deliver = deliver
        self._cutter = Cutter()
        self._transport: asyncio.Transport | None = None
        self._connack: asyncio.Future[mqtt5.ConnAckPacket] = loop.create_future()
        self._suback: asyncio.Future[mqtt5.SubAckPacket] = loop.create_future()
        self._published: dict[int, asyncio.Future[mqtt5.PubAckPacket]] = {}
        self._next_id = _FIRST_PUBLISH_ID
        self._quota = asyncio.Semaphore(1)  # the broker's Receive Maximum, known after CONNACK
        self._keep_alive = float(session.keep_alive_s)
        self._heard = loop.time()
        self._paused = False
        self._tick: asyncio.TimerHandle | None = None
        self._reason = ""

    # -- the session's beginning -------------------------------------------------------------------------

    async def establish(self) -> None:
        """CONNECT and SUBSCRIBE.

        Raises:
            BrokerRefusedError: the broker said no.
            NotConnectedError: the connection ended, or no answer came.
        """
        session = self._session
        self._write(
            mqtt5.ConnectPacket(
                session.client_id,
                username=session.username,
                password=session.password.encode() if session.password is not None else None,
                clean_start=False,
                keep_alive=session.keep_alive_s,
                session_expiry_interval=session.session_expiry_s,
                receive_max=session.receive_maximum,
            ).write()
        )
        answer = await self._answer(self._connack)
        if int(answer.reason_code) >= _REFUSED:
            raise BrokerRefusedError(
                f"the broker refused the connection: {_why(answer.reason_code, answer.reason_str)}"
            )
        self.session_present = answer.session_present
        self._quota = asyncio.Semaphore(max(1, answer.receive_max))
        if answer.server_keep_alive is not None:
            self._keep_alive = float(answer.server_keep_alive)
        if self._keep_alive:
            self._watch()
        # a resumed session is not told the retained messages again: what changed meanwhile stands in its queue
        handling = (
            mqtt5.RetainHandling.SEND_IF_SUBSCRIPTION_NOT_EXISTS
            if session.retained
            else mqtt5.RetainHandling.SEND_NEVER
        )
        filters = [
            mqtt5.TopicFilter(
                pattern, max_qos=mqtt5.QoS.AT_LEAST_ONCE, retain_as_published=False, retain_handling=handling
            )
            for pattern in session.filters
        ]
        self._write(mqtt5.SubscribePacket(_SUBSCRIBE_ID, filters).write())
        granted = await self._answer(self._suback)
        for pattern, code in zip(session.filters, granted.reason_codes, strict=True):
            if int(code) >= _REFUSED:
                raise BrokerRefusedError(f"the broker refused to subscribe us to {pattern}: {words(code)}")

    async def _answer(self, future: "asyncio.Future[T]") -> T:
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                return await future
        except TimeoutError:
            raise NotConnectedError(f"no answer within {ANSWER_TIMEOUT:.0f} s") from None

    # -- deliveries --------------------------------------------------------------------------------------

    def acknowledge(self, epoch: int, packet_ids: list[int]) -> None:
        """Send what the window lets go, in one write."""
        ready = self.window.committed(epoch, packet_ids)
        if ready:
            self._write(b"".join([_PUBACK + packet_id.to_bytes(2, "big") for packet_id in ready]))

    def pause(self) -> None:
        """Stop reading: the inbox is full, the broker shall queue."""
        if not self._paused and self._transport is not None and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        if self._paused and self._transport is not None and not self._transport.is_closing():
            self._paused = False
            self._heard = self._loop.time()
            self._transport.resume_reading()

    # -- our own messages --------------------------------------------------------------------------------

    async def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool) -> None:
        """Send a message; with QoS 1 wait for the broker's answer, never more at once than it allows."""
        if not qos:
            self._write(mqtt5.PublishPacket(topic, payload, retain=retain).write())
            return
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT), self._quota:
                if self.ended.done():
                    raise NotConnectedError(self.ended.result())
                packet_id, answer = self._expect()
                try:
                    packet = mqtt5.PublishPacket(
                        topic, payload, qos=mqtt5.QoS.AT_LEAST_ONCE, retain=retain, packet_id=packet_id
                    )
                    self._write(packet.write())
                    puback = await answer
                finally:
                    self._published.pop(packet_id, None)
        except TimeoutError:
            raise NotConnectedError(f"no answer to a publish within {ANSWER_TIMEOUT:.0f} s") from None
        if int(puback.reason_code) >= _REFUSED:
            raise PublishRefusedError(f"{topic}: {_why(puback.reason_code, puback.reason_str)}")

    def _expect(self) -> "tuple[int, asyncio.Future[mqtt5.PubAckPacket]]":
        while self._next_id in self._published:
            self._next_id = self._after(self._next_id)
        packet_id = self._next_id
        self._next_id = self._after(packet_id)
        answer: asyncio.Future[mqtt5.PubAckPacket] = self._loop.create_future()
        self._published[packet_id] = answer
        return packet_id, answer

    @staticmethod
    def _after(packet_id: int) -> int:
        return packet_id + 1 if packet_id < _MAX_PACKET_ID else _FIRST_PUBLISH_ID

    # -- the socket --------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by inheritance

    def data_received(self, data: bytes) -> None:
        """Bytes have come: deliver what they complete."""
        self._heard = self._loop.time()
        try:
            packets = self._cutter.feed(data)
        except StreamError as error:
            self._abort(f"the broker sent what is no MQTT 5: {error}")
            return
        now_ms = clock.now_ms()
        epoch, delivered = self.window.epoch, self.window.delivered
        messages: list[Message] = []
        for packet in packets:
            if isinstance(packet, mqtt5.PublishPacket):
                packet_id = packet.packet_id
                if packet_id is not None:
                    delivered(packet_id)
                messages.append(
                    Message(packet.topic, packet.payload, packet.duplicate, packet.retain, now_ms, epoch, packet_id)
                )
            elif isinstance(packet, Malformed):
                if packet.packet_id is not None:
                    delivered(packet.packet_id)
                messages.append(
                    Message(packet.topic, packet.raw, packet.dup, False, now_ms, epoch, packet.packet_id, packet.detail)
                )
            else:
                self._control(packet)
        if messages:
            self._deliver(messages)

    def _control(self, packet: mqtt5.Packet) -> None:
        match packet:
            case mqtt5.PubAckPacket():
                _resolve(self._published.get(packet.packet_id), packet)
            case mqtt5.PingRespPacket():
                pass  # any byte counts as a sign of life
            case mqtt5.ConnAckPacket():
                _resolve(self._connack, packet)
            case mqtt5.SubAckPacket():
                _resolve(self._suback, packet)
            case mqtt5.DisconnectPacket():
                self._abort(f"the broker ended it: {_why(packet.reason_code, packet.reason_str)}")
            case _:
                self._abort(f"the broker sent an unexpected {type(packet).__name__}")

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone: everything that waited on this connection is told."""
        if self._tick is not None:
            self._tick.cancel()
        reason = self._reason or (failure(exc) if exc else "the broker closed the connection")
        _resolve(self.ended, reason)
        waiting: list[asyncio.Future[Any]] = [self._connack, self._suback, *self._published.values()]
        for future in waiting:
            if not future.done():
                future.set_exception(NotConnectedError(reason))
                future.exception()  # seen, even where nobody waits

    def close(self) -> None:
        """Say goodbye; the session stays for `session_expiry_s`."""
        self._write(mqtt5.DisconnectPacket().write())
        self._reason = self._reason or "we closed it"
        if self._transport is not None:
            self._transport.close()

    def _abort(self, reason: str) -> None:
        self._reason = self._reason or reason
        if self._transport is not None:
            self._transport.abort()

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _watch(self) -> None:
        """Twice per keep-alive: show that we live, and see that the broker does (MQTT 5, 3.1.2.10)."""
        silent = self._loop.time() - self._heard
        # while we do not read, the broker's answers stand unread: its silence is ours
        if silent > 1.5 * self._keep_alive and not self._paused:
            self._abort(f"no sign of life from the broker for {silent:.0f} s")
            return
        self._write(mqtt5.PingReqPacket().write())
        self._tick = self._loop.call_later(self._keep_alive / 2, self._watch)


def _why(code: IntEnum, text: str | None) -> str:
    return f"{words(code)} ({text})" if text else words(code)


def _resolve(future: "asyncio.Future[T] | None", value: T) -> None:
    if future is not None and not future.done():
        future.set_result(value)
