"""Cuts a stream of bytes into MQTT 5 packets with the `mqtt5` codec, and survives what the codec cannot read.

The codec tells a packet that is not yet complete by IndexError and a malformed one by ValueError; invalid UTF-8
makes it panic, which Python sees as a BaseException. A packet that cannot be read is cut out by its own fixed
header and handed on as `Malformed`, with what is needed to keep and acknowledge it: otherwise the broker would
send it again for ever.
"""

from dataclasses import dataclass

import mqtt5

LIMIT = 4 * 1024 * 1024  # bytes; our broker takes 1 MiB, so only a foreign one sends more
_PUBLISH = 3
_MAX_LENGTH_BYTES = 4  # of the variable byte integer


class StreamError(Exception):
    """The stream itself is broken (no packet boundary can be found): the connection must end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """A PUBLISH that cannot be read."""

    raw: bytes  # the packet; of one above LIMIT only that much from its head
    topic: str  # undecodable bytes replaced
    packet_id: int | None
    dup: bool
    detail: str


class Cutter:
    """The bytes of one connection, cut into packets."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._rest = b""
        self._need = 0  # bytes before trying again is worth it
        self._huge: Malformed | None = None  # a packet above the limit, whose body is passing by
        self._skip = 0

    def feed(self, data: bytes) -> list[mqtt5.Packet | Malformed]:
        """The packets that `data` completes.

        Raises:
            StreamError: no more packets can be found in this stream.
        """
        if self._rest:
            data = self._rest + data
        found: list[mqtt5.Packet | Malformed] = []
        at = self._pass_by(data, 0, found) if self._skip else 0
        end = len(data)
        if end - at >= self._need:
            self._need = 0
            view = memoryview(data)
            while at < end and not self._need:
                try:
                    packet, size = mqtt5.read(view[at:])
                except BaseException as error:
                    if not isinstance(error, IndexError | ValueError) and type(error).__name__ != "PanicException":
                        raise
                    at = self._unread(data, at, error, found)
                else:
                    found.append(packet)
                    at += size
        self._rest = data[at:]
        return found

    def _unread(self, data: bytes, at: int, error: BaseException, found: list[mqtt5.Packet | Malformed]) -> int:
        """Deal with the packet at `at`, which the codec did not read; returns where the next one begins."""
        total = _total(data, at)
        have = len(data) - at
        if total > self._limit:
            if have >= self._limit:
                detail = f"a packet of {total} bytes; at most {self._limit} are read"
                self._huge = _malformed(data[at : at + self._limit], detail)
                self._skip = total
                return self._pass_by(data, at, found)
            self._need = self._limit
        elif total > have:
            self._need = total
        else:
            found.append(_malformed(data[at : at + total], _detail(error)))
            at += total
        return at

    def _pass_by(self, data: bytes, at: int, found: list[mqtt5.Packet | Malformed]) -> int:
        """Throw away the body of a packet above the limit; what was kept of it is handed on after its end."""
        taken = min(self._skip, len(data) - at)
        self._skip -= taken
        if not self._skip and self._huge is not None:
            found.append(self._huge)
            self._huge = None
        return at + taken


def _total(data: bytes, at: int) -> int:
    """Length of the packet at `at` by its own fixed header; more than there is if that is cut off."""
    length = 0
    for n, byte in enumerate(data[at + 1 : at + 1 + _MAX_LENGTH_BYTES]):
        length |= (byte & 0x7F) << (7 * n)
        if not byte & 0x80:
            return n + 2 + length
    if len(data) - at > _MAX_LENGTH_BYTES:
        raise StreamError("a fixed header without an end")
    return len(data) - at + 1


def _detail(error: BaseException) -> str:
    if isinstance(error, IndexError):
        return "the packet is shorter than its parts"
    return str(error) if isinstance(error, ValueError) else "the packet's head is not UTF-8"


def _malformed(raw: bytes, detail: str) -> Malformed:
    """Read of a PUBLISH what can be read without the codec.

    Raises:
        StreamError: it is another packet, or has not even a topic and an id.
    """
    body = 1
    while raw[body] & 0x80:
        body += 1
    body += 1
    topic_end = body + 2 + int.from_bytes(raw[body : body + 2], "big")
    qos = (raw[0] >> 1) & 0b11
    if raw[0] >> 4 != _PUBLISH or qos > 1 or topic_end + 2 * qos > len(raw):
        raise StreamError(detail)
    return Malformed(
        raw=raw,
        topic=raw[body + 2 : topic_end].decode(errors="replace"),
        packet_id=int.from_bytes(raw[topic_end : topic_end + 2], "big") if qos else None,
        dup=bool(raw[0] & 0b1000),
        detail=detail,
    )
