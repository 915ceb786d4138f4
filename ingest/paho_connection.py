"""One MQTT 5 connection from CONNECT to its end on a paho client of its own; never used twice (ADR 0012).

A client for each connection gives paho the epoch it does not have: an acknowledgement cannot reach another connection
than the one that delivered, because that one's client is gone. The event loop watches paho's socket and calls
`loop_read`, `loop_write` and `loop_misc`: there is no thread beside it but the one that opens the socket.

What differs from `ingest.mqtt5_connection`, because paho does not let it be otherwise:

- A PUBLISH whose topic is not UTF-8 is handed on as malformed all the same, rebuilt from its parts (its properties in
  paho's order). One whose *properties* cannot be read ends the connection, and the broker sends it again: the log
  then repeats `broker_lost` with "no MQTT 5", and nothing behind that message comes. The default transport keeps it
  in quarantine; no broker that checks what it forwards sends one.
- A packet is held whole before it can be judged too large (256 MiB are possible, our own broker sends at most 1 MiB).
- While reading is paused, and until what had come meanwhile is read, paho's keep-alive would take the unread PINGRESP
  for a dead broker. It is not asked then; the broker is shown that we live by cancelling a subscription that there
  never was, the one packet without effect that paho sends on request.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Any, TypeVar

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from elevator import clock
from ingest.batch import Window
from ingest.paho_packets import LastWords, TidySocket, decrypted, read, why, words
from ingest.subscriber import BrokerRefusedError, Message, NotConnectedError, PublishRefusedError, Session

ANSWER_TIMEOUT = 10.0  # s for any answer of the broker
CONNECT_TIMEOUT = 5.0  # s for each address of the broker
_AT_ONCE = 100  # messages read before the loop has another turn
_GOODBYE = 1.0  # s for the DISCONNECT to leave
_NOTHING = "liftline/nothing"  # a filter that is never subscribed
_RETAIN_IF_NEW, _RETAIN_NEVER = 1, 2  # retain handling (MQTT 5, 3.8.3.1)

T = TypeVar("T")


class Connection:
    """What happens on one socket."""

    def __init__(self, epoch: int, session: Session, deliver: Callable[[list[Message]], None]) -> None:
        self.window = Window(epoch)
        self.session_present = False
        loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[str] = loop.create_future()  # why, in words
        self._loop = loop
        self._session = session
        self._deliver = deliver
        self._connack: asyncio.Future[tuple[ReasonCode, Properties]] = loop.create_future()
        self._suback: asyncio.Future[list[ReasonCode]] = loop.create_future()
        self._published: dict[int, asyncio.Future[tuple[ReasonCode, Properties]]] = {}
        self._quota = asyncio.Semaphore(1)  # the broker's Receive Maximum, known after CONNACK
        self._arrived: list[Message] = []  # of the read that is going on
        self._words = LastWords()
        self._sock: Any = None  # paho's socket, while the loop watches it
        self._paused = False
        self._abandoned = False
        self._keep_alive = session.keep_alive_s
        self._quiet_until = 0.0  # before this, what the broker answered may still stand unread
        self._tick: asyncio.TimerHandle | None = None
        self._reason = ""
        self._client = self._new_client()

    def _new_client(self) -> paho.Client:
        session = self._session
        client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=session.client_id, protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False, manual_ack=True,
        )  # fmt: skip
        client.connect_timeout = CONNECT_TIMEOUT
        client.max_inflight_messages_set(0)  # `_quota` does that
        client.enable_logger(self._words)
        if session.username is not None or session.password is not None:
            client.username_pw_set(session.username, session.password)
        if session.tls is not None:
            session.tls.sslsocket_class = TidySocket
            client.tls_set_context(session.tls)
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_subscribe, client.on_publish = self._on_subscribe, self._on_publish
        client.on_message = self._on_message
        client.on_socket_close = self._on_socket_close
        client.on_socket_register_write = self._on_register_write
        client.on_socket_unregister_write = self._on_unregister_write
        return client

    # -- the session's beginning -------------------------------------------------------------------------

    async def open(self) -> None:
        """Open the socket in a thread, because paho blocks there; CONNECT leaves when the loop has taken over.

        Raises:
            OSError: there is no way to the broker.
        """
        session = self._session
        wishes = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        wishes.SessionExpiryInterval = session.session_expiry_s
        wishes.ReceiveMaximum = session.receive_maximum

        def connect() -> None:
            try:
                self._client.connect(
                    session.host, session.port, session.keep_alive_s, clean_start=False, properties=wishes
                )
            finally:
                if self._abandoned and (sock := self._client.socket()) is not None:
                    sock.close()

        try:
            await asyncio.to_thread(connect)
        except asyncio.CancelledError:
            self._abandoned = True  # the thread runs on, and nobody else will close its socket
            raise
        self._sock = self._client.socket()
        # an answer behind an acknowledgement would wait 40 ms for the broker's, which waits for more to acknowledge
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._loop.add_reader(self._sock, self._read)
        self._loop.add_writer(self._sock, self._write)

    async def establish(self) -> None:
        """Wait for CONNACK, and SUBSCRIBE.

        Raises:
            BrokerRefusedError: the broker said no.
            NotConnectedError: the connection ended, or no answer came.
        """
        session = self._session
        reason, told = await self._answer(self._connack)
        if reason.is_failure:
            raise BrokerRefusedError(f"the broker refused the connection: {why(reason, told)}")
        self._quota = asyncio.Semaphore(max(1, getattr(told, "ReceiveMaximum", 65_535)))
        self._keep_alive = getattr(told, "ServerKeepAlive", session.keep_alive_s)
        if self._keep_alive:
            self._watch()
        # a resumed session is not told the retained messages again: what changed meanwhile stands in its queue
        options = SubscribeOptions(
            qos=1, retainAsPublished=False, retainHandling=_RETAIN_IF_NEW if session.retained else _RETAIN_NEVER
        )
        self._client.subscribe([(pattern, options) for pattern in session.filters])
        granted = await self._answer(self._suback)
        for pattern, code in zip(session.filters, granted, strict=True):
            if code.is_failure:
                raise BrokerRefusedError(f"the broker refused to subscribe us to {pattern}: {words(code)}")

    async def _answer(self, future: "asyncio.Future[T]") -> T:
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT):
                return await future
        except TimeoutError:
            raise NotConnectedError(f"no answer within {ANSWER_TIMEOUT:.0f} s") from None

    # -- deliveries --------------------------------------------------------------------------------------

    def acknowledge(self, epoch: int, packet_ids: list[int]) -> None:
        """Send what the window lets go."""
        for packet_id in self.window.committed(epoch, packet_ids):
            self._client.ack(packet_id, 1)

    def pause(self) -> None:
        """Stop reading: the inbox is full, the broker shall queue."""
        self._paused = True
        if self._sock is not None:
            self._loop.remove_reader(self._sock)

    def resume(self) -> None:
        """Read on."""
        if self._paused:
            self._paused = False
            self._quiet_until = self._loop.time() + self._keep_alive
            if self._sock is not None:
                self._loop.add_reader(self._sock, self._read)
                self._loop.call_soon(self._read)  # what TLS has already decrypted shows on no socket

    # -- our own messages --------------------------------------------------------------------------------

    async def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool) -> None:
        """Send a message; with QoS 1 wait for the broker's answer, never more at once than it allows."""
        if not qos:
            self._client.publish(topic, payload, 0, retain)
            return
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT), self._quota:
                if self.ended.done():
                    raise NotConnectedError(self.ended.result())
                info = self._client.publish(topic, payload, 1, retain)
                if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
                    raise NotConnectedError(paho.error_string(info.rc))
                answer = self._published[info.mid] = self._loop.create_future()
                try:
                    reason, told = await answer
                finally:
                    self._published.pop(info.mid, None)
        except TimeoutError:
            raise NotConnectedError(f"no answer to a publish within {ANSWER_TIMEOUT:.0f} s") from None
        if reason.is_failure:
            raise PublishRefusedError(f"{topic}: {why(reason, told)}")

    # -- the socket --------------------------------------------------------------------------------------

    def _read(self) -> None:
        """Let paho read as long as messages come, then deliver them at once."""
        try:
            for _ in range(_AT_ONCE):
                before = len(self._arrived)
                if self._paused or self._sock is None:
                    break
                rc = self._client.loop_read()
                if self._client.socket() is None:
                    self._finish(self._told(rc))
                elif len(self._arrived) == before:
                    break
        except Exception as error:  # noqa: BLE001 - whatever paho raises over a packet: this connection is over
            self._abort(f"the broker sent what is no MQTT 5: {error}")
        finally:
            if self._arrived:
                messages, self._arrived = self._arrived, []
                self._deliver(messages)
        if self._sock is not None and not self._paused and decrypted(self._sock):
            self._loop.call_soon(self._read)

    def _write(self) -> None:
        rc = self._client.loop_write()
        if self._client.socket() is None:
            self._finish(self._told(rc))

    def close(self) -> None:
        """Say goodbye; the session stays for `session_expiry_s`."""
        self._reason = self._reason or "we closed it"
        if self._sock is None:
            self._finish(self._reason)
            return
        self._client.disconnect()
        self._write()
        if not self.ended.done():
            self._loop.call_later(_GOODBYE, self._abort, self._reason)

    def _abort(self, reason: str) -> None:
        self._reason = self._reason or reason
        if (sock := self._sock) is not None:
            self._unwatch(sock)
            sock.close()
        self._finish(self._reason)

    def _unwatch(self, sock: Any) -> None:
        self._sock = None
        self._loop.remove_reader(sock)
        self._loop.remove_writer(sock)

    def _finish(self, reason: str) -> None:
        """The socket is gone: everything that waited on this connection is told."""
        if self._tick is not None:
            self._tick.cancel()
        reason = self._reason or reason
        _resolve(self.ended, reason)
        waiting: list[asyncio.Future[Any]] = [self._connack, self._suback, *self._published.values()]
        for future in waiting:
            if not future.done():
                future.set_exception(NotConnectedError(reason))
                future.exception()  # seen, even where nobody waits

    def _told(self, rc: MQTTErrorCode) -> str:
        """Why paho closed the socket, in words."""
        if rc == MQTTErrorCode.MQTT_ERR_PROTOCOL:
            return f"the broker sent what is no MQTT 5: {self._words.last or 'a broken packet'}"
        return self._words.last or "the broker closed the connection"

    def _watch(self) -> None:
        """Show that we live, and see that the broker does (MQTT 5, 3.1.2.10)."""
        if self._paused or self._loop.time() < self._quiet_until:
            self._client.unsubscribe(_NOTHING)
        else:
            self._client.loop_misc()
            if self._client.socket() is None:
                self._finish("no sign of life from the broker")
                return
        self._tick = self._loop.call_later(self._keep_alive / 4, self._watch)

    # -- paho's callbacks, in the event loop; before it has the socket they do nothing -----------------------

    def _on_connect(self, _client: paho.Client, _data: Any, flags: Any, reason: ReasonCode, told: Any) -> None:
        self.session_present = flags.session_present
        _resolve(self._connack, (reason, told))

    def _on_subscribe(self, _client: paho.Client, _data: Any, _mid: int, codes: list[ReasonCode], _told: Any) -> None:
        _resolve(self._suback, codes)

    def _on_publish(self, _client: paho.Client, _data: Any, mid: int, reason: ReasonCode, told: Any) -> None:
        _resolve(self._published.get(mid), (reason, told))

    def _on_message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        packet_id = message.mid if message.qos else None
        if packet_id is not None:
            self.window.delivered(packet_id)
        topic, payload, detail = read(message)
        self._arrived.append(
            Message(
                topic, payload, message.dup, message.retain and detail is None, clock.now_ms(), self.window.epoch,
                packet_id, detail,
            )
        )  # fmt: skip

    def _on_disconnect(self, _client: paho.Client, _data: Any, flags: Any, reason: ReasonCode, told: Any) -> None:
        if flags.is_disconnect_packet_from_server:
            self._reason = self._reason or f"the broker ended it: {why(reason, told)}"

    def _on_socket_close(self, _client: paho.Client, _data: Any, sock: Any) -> None:
        if sock is self._sock:
            self._unwatch(sock)

    def _on_register_write(self, _client: paho.Client, _data: Any, sock: Any) -> None:
        if sock is self._sock:
            self._loop.add_writer(sock, self._write)

    def _on_unregister_write(self, _client: paho.Client, _data: Any, sock: Any) -> None:
        if sock is self._sock:
            self._loop.remove_writer(sock)


def _resolve(future: "asyncio.Future[T] | None", value: T) -> None:
    if future is not None and not future.done():
        future.set_result(value)
