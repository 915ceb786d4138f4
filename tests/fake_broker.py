"""What a real broker never sends, or never refrains from sending, comes from a socket of the test."""

import asyncio
import contextlib
import ssl
from typing import Self

import mqtt5


class FakeBroker:
    """A socket that speaks as much MQTT 5 as a test wants, byte by byte."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.sent: list[mqtt5.Packet] = []
        self.greetings: list[bytes] = []  # what each new connection gets after its SUBACK
        self.silent = False
        self.receive_max = 65_535
        self.published: list[int] = []  # packet ids; they wait for `answer`
        self._answered = 0
        self._writer: asyncio.StreamWriter | None = None
        self._server: asyncio.Server | None = None
        self.connections = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls)
        return self

    async def __aexit__(self, *args: object) -> None:
        assert self._server is not None
        self._server.close()

    @property
    def url(self) -> str:
        """Where it listens."""
        assert self._server is not None
        return f"mqtt{'s' if self._tls else ''}://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        greeting = self.greetings.pop(0) if self.greetings else b""
        rest = b""
        with contextlib.closing(writer):
            while data := await reader.read(4096):
                rest += data
                while rest:
                    try:
                        packet, size = mqtt5.read(memoryview(rest))
                    except IndexError:
                        break
                    rest = rest[size:]
                    self.sent.append(packet)
                    match packet:
                        case mqtt5.ConnectPacket():
                            self._writer = writer
                            writer.write(
                                mqtt5.ConnAckPacket(session_present=True, receive_max=self.receive_max).write()
                            )
                        case mqtt5.PublishPacket():
                            self.published.append(packet.packet_id)
                        case mqtt5.SubscribePacket():
                            codes = [mqtt5.SubAckReasonCode.GRANTED_QOS_AT_LEAST_ONCE] * len(packet.topic_filters)
                            writer.write(mqtt5.SubAckPacket(packet.packet_id, codes).write() + greeting)
                        case mqtt5.PingReqPacket() if not self.silent:
                            writer.write(mqtt5.PingRespPacket().write())

    def answer(self) -> None:
        """Acknowledge what was published so far."""
        assert self._writer is not None
        for packet_id in self.published[self._answered :]:
            self._writer.write(mqtt5.PubAckPacket(packet_id).write())
        self._answered = len(self.published)

    def acknowledged(self) -> list[int]:
        """Packet ids of the PUBACKs that came."""
        return [packet.packet_id for packet in self.sent if isinstance(packet, mqtt5.PubAckPacket)]


def delivery(packet_id: int, topic: str = "lift/v1/L/event") -> bytes:
    return mqtt5.PublishPacket(topic, b"{}", qos=mqtt5.QoS.AT_LEAST_ONCE, packet_id=packet_id).write()
