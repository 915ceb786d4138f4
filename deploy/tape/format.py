r"""The format of a recording, version 1: lines of JSON in gzip blocks. Pure.

`zcat FILE` shows it, `gzip -t FILE` checks it, and this is all there is to it:

    {"liftline":"recording","version":1,"at":1790000000000}                                head, first in every session
    {"at":1790000000123,"topic":"lift/v1/L-1/link","text":"{\"online\":true}","retained":true}      one message
    {"at":1790000000456,"topic":"lift/v1/L-1/raw/x","base64":"gAE="}            one whose payload is no UTF-8
    {"at":1790000004000,"gap":"the broker is away"}         nothing was heard from here …
    {"at":1790000009000,"heard":true}                       … to here; with `"lost":12` so many were dropped here
    {"at":1790000060000,"gap":"the recording ends"}         last, when it was not cut off

`at` is our time of receipt in ms since 1970-01-01 UTC.

A file is a sequence of gzip members, called blocks; each holds whole lines, 1 to `MOST_LINES`, and says in its own
header (RFC 1952, extra field "LL") how many bytes long it is and how many lines it holds. So a block stands by itself:
a file is continued by writing behind it; one that was cut off is read up to the cut, the block that is cut as far as
its bytes go; one that is damaged is read on behind the damage, and it is known how much is missing. Whoever reads a
file gets what it holds *and* what is wrong with it, each with its position; nothing is left out without a word.

A reader of version 1 refuses a higher version, and passes over members of a line that it does not know.
"""

import base64
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

VERSION = 1
MOST_LINES = 4096  # in a block
MOST_BYTES = 64 << 20  # of a block, unpacked: more is an attack or damage
MARK = "recording"

# ID1 ID2 CM FLG(extra) MTIME XFL OS | XLEN | 'L' 'L' LEN | block's length, lines
_HEADER = struct.Struct("<4sIBBHccHII")
START = b"\x1f\x8b\x08\x04"
_TAIL = struct.Struct("<II")
_EXTRA = 12  # bytes of the extra field, its own head included
_OS_UNKNOWN = 255


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it was received."""

    at: int  # ms, our clock
    topic: str
    payload: bytes
    retained: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """From here until the next `Heard` nothing was heard."""

    at: int
    reason: str


@dataclass(frozen=True, slots=True)
class Heard:
    """We hear again; or, with `lost`, so many messages are known to be missing just before."""

    at: int
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Head:
    """A session of recording begins."""

    at: int
    version: int = VERSION


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in the file that cannot be read."""

    position: int  # byte of the file at which its block begins, or at which there should be one
    line: int | None  # of the block, from 1; None: the block itself
    reason: str
    missing: int | None = None  # lines that are lost with it, where that is known

    def __str__(self) -> str:
        where = f"byte {self.position}" + (f", line {self.line} of the block" if self.line is not None else "")
        lost = "" if self.missing is None else f" ({self.missing} lines are missing)"
        return f"{where}: {self.reason}{lost}"


Line = Head | Message | Gap | Heard


class _Fields(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A line, whatever its kind."""

    liftline: str | None = None
    version: int | None = None
    at: int
    topic: str | None = None
    text: str | None = None
    base64: str | None = None
    retained: bool = False
    gap: str | None = None
    heard: bool = False
    lost: int = 0


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Fields)


def write_line(line: Line) -> bytes:
    """One line, its end included."""
    match line:
        case Head():
            fields = _Fields(liftline=MARK, version=line.version, at=line.at)
        case Gap():
            fields = _Fields(at=line.at, gap=line.reason)
        case Heard():
            fields = _Fields(at=line.at, heard=True, lost=line.lost)
        case Message():
            fields = _Fields(at=line.at, topic=line.topic, retained=line.retained)
            try:
                fields.text = line.payload.decode()
            except UnicodeDecodeError:
                fields.base64 = base64.b64encode(line.payload).decode()
    return _encoder.encode(fields) + b"\n"


def read_line(text: bytes) -> Line:
    """A line, with or without its end.

    Raises:
        ValueError: it is none; the message says why.
    """
    fields = _decoder.decode(text)
    if fields.liftline is not None:
        if fields.liftline != MARK or fields.version is None:
            raise ValueError("the head of something else")
        return Head(fields.at, fields.version)
    if fields.topic is not None:
        if (fields.text is None) == (fields.base64 is None):
            raise ValueError("a message has either `text` or `base64`")
        payload = (
            fields.text.encode() if fields.text is not None else base64.b64decode(fields.base64 or "", validate=True)
        )
        return Message(fields.at, fields.topic, payload, fields.retained)
    if fields.gap is not None:
        return Gap(fields.at, fields.gap)
    if fields.heard:
        return Heard(fields.at, fields.lost)
    raise ValueError("neither a message nor a mark")


def pack(lines: list[bytes], level: int = 6) -> bytes:
    """A block of lines."""
    data = b"".join(lines)
    packer = zlib.compressobj(level, zlib.DEFLATED, -15)
    body = packer.compress(data) + packer.flush()
    size = _HEADER.size + len(body) + _TAIL.size
    header = _HEADER.pack(START, 0, 0, _OS_UNKNOWN, _EXTRA, b"L", b"L", _EXTRA - 4, size, len(lines))
    return header + body + _TAIL.pack(zlib.crc32(data), len(data) & 0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class Block:
    """A block as its header tells it."""

    size: int
    lines: int


HEADER_SIZE = _HEADER.size


def block_at(header: bytes) -> Block | None:
    """What a header says; None where there is none."""
    if len(header) < _HEADER.size:
        return None
    start, _, _, _, extra, one, two, inner, size, lines = _HEADER.unpack_from(header)
    if start != START or extra != _EXTRA or one + two != b"LL" or inner != _EXTRA - 4:
        return None
    if size < _HEADER.size + _TAIL.size or not 0 < lines <= MOST_LINES:
        return None
    return Block(size, lines)


def unpack(block: bytes, position: int) -> Iterator[Line | Fault]:
    """The lines of a block, whole or cut off, and what is wrong with it; `position` is where it stands in its file."""
    said = block_at(block)
    if said is None:
        yield Fault(position, None, "no block of a recording begins here")
        return
    data, fault = _inflate(block[_HEADER.size : said.size], whole=len(block) >= said.size)
    parts = data.split(b"\n")
    rest = parts.pop()
    for number, part in enumerate(parts, 1):
        try:
            yield read_line(part)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            yield Fault(position, number, str(error), 1)
    missing = said.lines - len(parts)
    if fault is not None or rest or missing:
        yield Fault(position, None, fault or "a block with other lines than it says", max(missing, 0))


def _inflate(body: bytes, *, whole: bool) -> tuple[bytes, str | None]:
    """What can be unpacked, and why that is not all."""
    reader = zlib.decompressobj(-15)
    data = b""
    try:
        data = reader.decompress(body, MOST_BYTES)
    except zlib.error:
        return b"", "a damaged block"  # without its checksum nothing of it can be believed
    if reader.unconsumed_tail:
        return data, f"a block of more than {MOST_BYTES} bytes"
    if not whole:
        return data, "the file is cut off here"
    tail = reader.unused_data
    if not reader.eof or len(tail) != _TAIL.size or _TAIL.unpack(tail) != (zlib.crc32(data), len(data) & 0xFFFFFFFF):
        return b"", "a damaged block: its checksum is wrong"
    return data, None
