"""What paho hands over, in our terms: a message that cannot be read, a reason code, a failure, in words."""

import logging
import ssl
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from elevator.broker import failure
from ingest.mqtt5_packets import LIMIT

_PUBLISH = 0x30


def read(message: paho.MQTTMessage) -> tuple[str, bytes, str | None]:
    """Topic and payload; of what cannot be read the topic as far as it goes, the whole packet, and why."""
    try:
        topic = message.topic
    except UnicodeDecodeError as error:
        return error.object.decode(errors="replace"), _packet(message, error.object), "the packet's head is not UTF-8"
    if len(message.payload) > LIMIT:
        packet = _packet(message, topic.encode())
        return topic, packet[:LIMIT], f"a packet of {len(packet)} bytes; at most {LIMIT} are read"
    return topic, bytes(message.payload), None


def _packet(message: paho.MQTTMessage, topic: bytes) -> bytes:
    """The packet that a message came in, put together again."""
    packet_id = message.mid.to_bytes(2, "big") if message.qos else b""
    properties: bytes = message.properties.pack() if message.properties is not None else b"\0"  # type: ignore[no-untyped-call]
    body = len(topic).to_bytes(2, "big") + topic + packet_id + properties + message.payload
    head = _PUBLISH | message.dup << 3 | message.qos << 1 | message.retain
    return bytes([head]) + _length(len(body)) + body


def _length(number: int) -> bytes:
    """A variable byte integer (MQTT 5, 1.5.5)."""
    digits = bytearray()
    while True:
        number, digit = divmod(number, 128)
        digits.append(digit | (0x80 if number else 0))
        if not number:
            return bytes(digits)


def words(code: ReasonCode) -> str:
    """A reason code as people say it: "Not authorized" → "not authorized"."""
    return str(code).lower()


def why(code: ReasonCode, told: Properties) -> str:
    """The same with what the broker adds, if it does."""
    text = getattr(told, "ReasonString", None)
    return f"{words(code)} ({text})" if text else words(code)


class LastWords(logging.Logger):
    """Keeps what paho logs of a failure, which it tells nowhere else; formats nothing of the rest."""

    def __init__(self) -> None:
        super().__init__("paho")
        self.last = ""

    def log(self, level: int, msg: object, *args: object, **_more: Any) -> None:
        """Called by paho for every packet."""
        if level >= logging.WARNING or str(msg).startswith("Received malformed packet"):
            error = args[-1] if args else None
            self.last = failure(error) if isinstance(error, OSError) else str(msg) % args


class TidySocket(ssl.SSLSocket):
    """A socket that does not stay open after a failed handshake: paho forgets it then."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002 - the base class's signature
        """Agree on keys, or close."""
        try:
            super().do_handshake(block)
        except BaseException:
            self.close()
            raise


def decrypted(sock: Any) -> bool:
    """Whether TLS holds bytes that the socket itself no longer shows."""
    pending = getattr(sock, "pending", None)
    return bool(pending is not None and pending())
