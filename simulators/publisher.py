"""The fleet's lines to the broker: one real MQTT 5 connection for each lift, all driven by the one event loop.

paho-mqtt is used as its documentation calls "external event loop": asyncio watches each socket and calls paho when
there is something to read or to write, so there is neither a thread nor a `select()` for each lift; what limits
the fleet is the number of open files. Every connection is a new paho client: what it had not delivered goes back
to the controller's buffer, and nothing is sent twice behind its back.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from elevator import log, topics, wire
from elevator.errors import SettingsError
from elevator.model import Link
from elevator.topics import Kind
from simulators.controller import Message
from simulators.fleet import Fleet, SimLift

KEEPALIVE = 15  # s
RETRY = (0.5, 15.0)  # s before the first and at most before a later new attempt
CONNECTING = 10.0  # s for the broker's answer
DRAINING = 2.0  # s for the last packets of a goodbye
WILL = wire.encode(Link(online=False))
_WITH_WILL = ReasonCode(PacketTypes.DISCONNECT, "Disconnect with will message")


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Where the broker is."""

    host: str
    port: int = 1883
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def broker(url: str) -> Broker:
    """Read `mqtt://[user[:password]@]host[:port]`.

    Raises:
        SettingsError: it is no such address.
    """
    parts = urlsplit(url)
    try:
        port = 1883 if parts.port is None else parts.port
    except ValueError:
        port = 0
    if parts.scheme != "mqtt" or not parts.hostname or not port:
        raise SettingsError("the simulators reach a broker at mqtt://[user[:password]@]host[:port], without TLS")
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    return Broker(host=parts.hostname, port=port, user=user, password=password)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """What a line tells its lift."""

    up: Callable[[], list[Message]]  # connected: what is to be said first
    down: Callable[[list[Message]], None]  # lost: what the broker had not confirmed
    heard: Callable[[str, bytes], None]  # the last level of a topic of ours, and the payload


class Line:
    """One lift's connection, opened and reopened as long as it is wanted."""

    def __init__(self, lift_id: str, where: Broker, ends: Ends, rng: Random) -> None:
        self.lift_id = lift_id
        self.up = False
        self._where, self._ends, self._rng = where, ends, rng
        self._loop = asyncio.get_running_loop()
        self._client: paho.Client | None = None
        self._sock: Any = None  # paho's socket, once asyncio watches it
        self._opening: asyncio.Task[None] | None = None
        self._undelivered: dict[int, Message] = {}
        self._attempts = 0
        self._retry_at = 0.0
        self._deadline = 0.0
        self._closing = False
        self._refusals = 0

    # What the publisher asks of it

    def tend(self, *, wanted: bool) -> None:
        """Open, close and keep alive; to be called about once a second or more often."""
        now = self._loop.time()
        if not wanted:
            self.cut()
        elif self._client is None:
            if now >= self._retry_at and self._opening is None:
                self._opening = self._loop.create_task(self._open(), name=f"line-{self.lift_id}")
        elif self._sock is not None:
            if not self.up and now > self._deadline:
                self._gone("the broker does not answer")
            else:
                self._client.loop_misc()

    def send(self, message: Message) -> None:
        """Publish; a message that the broker does not confirm before the line is lost goes back to the lift."""
        if self._client is None:
            self._ends.down([message])
            return
        topic = f"{topics.PREFIX}/{self.lift_id}/{message.kind}"
        info = self._client.publish(topic, message.payload, qos=1, retain=message.retain)
        self._undelivered[info.mid] = message

    def cut(self) -> None:
        """The wire is cut: the broker sees the connection end without a goodbye and publishes the last will."""
        if self._client is not None:
            self._gone(None)

    async def close(self) -> None:
        """Say goodbye; the broker is asked to publish the last will all the same, for the lift will be silent."""
        if self._opening:
            self._opening.cancel()
            with suppress(asyncio.CancelledError):
                await self._opening
        if self._client is None or not self.up:
            self.cut()
            return
        client, self._closing = self._client, True
        client.disconnect(reasoncode=_WITH_WILL)
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAINING):
                while self._client is not None and client.want_write():  # noqa: ASYNC110 - paho tells nobody
                    await asyncio.sleep(0.005)
        self.cut()

    # The life of one connection

    async def _open(self) -> None:
        client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=self.lift_id, protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
        )  # fmt: skip
        if self._where.user:
            client.username_pw_set(self._where.user, self._where.password)
        client.will_set(topics.link(self.lift_id), WILL, qos=1, retain=True)
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_publish, client.on_message = self._on_publish, self._on_message
        client.on_socket_close = self._on_socket_close
        client.on_socket_register_write = self._on_register_write
        client.on_socket_unregister_write = self._on_unregister_write
        never = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        never.SessionExpiryInterval = 0
        try:
            # Only the TCP connect blocks, so only that happens in a thread; callbacks before `_sock` is set do nothing.
            await asyncio.to_thread(
                client.connect, self._where.host, self._where.port, KEEPALIVE, clean_start=True, properties=never
            )
        except OSError as error:
            self._later(str(error))
            return
        finally:
            self._opening = None
        self._client, self._sock = client, client.socket()
        self._deadline = self._loop.time() + CONNECTING
        if self._sock is None:
            self._gone("the connection ended at once")
            return
        self._loop.add_reader(self._sock, client.loop_read)
        if client.want_write():
            self._loop.add_writer(self._sock, client.loop_write)

    def _gone(self, reason: str | None) -> None:
        """The connection is over, from whichever end."""
        client, self._client = self._client, None
        undelivered, self._undelivered = list(self._undelivered.values()), {}
        was_up, self.up = self.up, False
        if self._sock is not None and client is not None:
            sock = self._sock
            self._on_socket_close(client, None, sock)
            sock.close()
        if was_up:
            self._ends.down(undelivered)
        if reason is not None:
            self._later(reason)

    def _later(self, reason: str) -> None:
        first, most = RETRY
        wait = min(most, first * 2**self._attempts) * self._rng.uniform(0.7, 1.3)
        if self._attempts == 0:
            log.get().warning("line_lost", lift=self.lift_id, reason=reason)
        self._attempts = min(self._attempts + 1, 8)
        self._retry_at = self._loop.time() + wait

    # paho's callbacks, all in the event loop but for those during the TCP connect

    def _on_connect(self, client: paho.Client, _data: Any, _flags: Any, reason: ReasonCode, _props: Any) -> None:
        if client is not self._client:
            return
        if reason.is_failure:
            self._loop.call_soon(self._refused, client, str(reason))
            return
        self.up, self._attempts = True, 0
        own = (topics.ack(self.lift_id), topics.notice(self.lift_id))
        client.subscribe([(topic, SubscribeOptions(qos=1)) for topic in own])
        for message in self._ends.up():
            self.send(message)

    def _refused(self, client: paho.Client, reason: str) -> None:
        if client is self._client:
            self._gone(f"the broker refuses: {reason}")

    def _on_disconnect(self, client: paho.Client, _data: Any, _flags: Any, reason: ReasonCode, _props: Any) -> None:
        if client is self._client:
            self._gone(None if self._closing else str(reason))

    def _on_publish(self, client: paho.Client, _data: Any, mid: int, reason: ReasonCode, _props: Any) -> None:
        if client is not self._client:
            return
        message = self._undelivered.pop(mid, None)
        if message and reason.is_failure:
            self._refusals += 1
        if message and reason.is_failure and self._refusals == 1:
            log.get().warning("publish_refused", lift=self.lift_id, kind=message.kind, reason=str(reason))

    def _on_message(self, client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        if client is self._client:
            self._ends.heard(message.topic.rsplit("/", 1)[-1], bytes(message.payload))

    def _on_socket_close(self, _client: paho.Client, _data: Any, sock: Any) -> None:
        if sock is self._sock:
            self._loop.remove_reader(sock)
            self._loop.remove_writer(sock)
            self._sock = None

    def _on_register_write(self, client: paho.Client, _data: Any, sock: Any) -> None:
        if sock is self._sock:
            self._loop.add_writer(sock, client.loop_write)

    def _on_unregister_write(self, _client: paho.Client, _data: Any, sock: Any) -> None:
        if sock is self._sock:
            self._loop.remove_writer(sock)


class Publisher:
    """All lines of a fleet."""

    def __init__(self, fleet: Fleet, where: Broker, rng: Random, now_ms: Callable[[], int]) -> None:
        self._fleet = fleet
        self._lines = {lift_id: Line(lift_id, where, _ends(lift, now_ms), rng) for lift_id, lift in fleet.lifts.items()}

    @property
    def up(self) -> int:
        """How many lines are up."""
        return sum(line.up for line in self._lines.values())

    def tend(self) -> None:
        """Open, close and keep alive what has to be; a few times a second."""
        for lift_id, line in self._lines.items():
            lift = self._fleet.lifts[lift_id]
            restarted = line.up and not lift.controller.online
            line.tend(wanted=lift.wants_line and not restarted)

    def send(self, said: Iterable[tuple[str, Message]]) -> None:
        """Publish what controllers say."""
        for lift_id, message in said:
            self._lines[lift_id].send(message)

    async def close(self) -> None:
        """Say goodbye on every line."""
        await asyncio.gather(*(line.close() for line in self._lines.values()))


def _ends(lift: SimLift, now_ms: Callable[[], int]) -> Ends:
    controller = lift.controller

    def heard(kind: str, payload: bytes) -> None:
        if kind == Kind.ACK:
            controller.acknowledged(payload)
        elif kind == Kind.NOTICE:
            lift.heard_notice(payload)

    return Ends(
        up=lambda: controller.connected(now_ms()),
        down=lambda undelivered: controller.lost(undelivered, now_ms()),
        heard=heard,
    )
