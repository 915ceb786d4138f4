"""The MQTT payloads, read and written exactly as strictly as contract 2.3 says.

Reading tries the fast way first (msgspec straight into the struct). Only a payload that this refuses is read a
second time: an unknown value of an enum becomes `unknown` or absent and is counted; anything else is a `WireError`
for that one element. An array costs only its bad elements.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import UNSET

from elevator.errors import Unreadable, WireError
from elevator.model import Direction, Door, DoorCommand, Event, LiftClass, Link, Mode, Power, SafetyChain, Sample

MAX_PAYLOAD = 64 * 1024  # bytes (contract section 2)
MAX_ITEMS = 100
MAX_DEPTH = 32  # levels inside `detail`: deeper ones are an attack or a mistake, and break whoever walks them later

# An enum with an `unknown` member keeps the field; the others read an unknown value as absent.
_ENUMS: dict[str, tuple[frozenset[str], str | None]] = {
    "mode": (frozenset(Mode), Mode.UNKNOWN),
    "door": (frozenset(Door), Door.UNKNOWN),
    "direction": (frozenset(Direction), None),
    "power": (frozenset(Power), None),
    "safety_chain": (frozenset(SafetyChain), None),
    "door_command": (frozenset(DoorCommand), None),
}
_NULL_IS_ABSENT = ("replay", "boot", "faults")  # of the optional fields those whose type has no null
_LIFT_FIELDS = ("floor", "moving", "door_zone", "door")
_NEEDS_LIFT_FIELDS = frozenset({LiftClass.TRACTION, LiftClass.HYDRAULIC})

_sample = msgspec.json.Decoder(Sample)
_samples = msgspec.json.Decoder(list[Sample])
_event = msgspec.json.Decoder(Event)
_link = msgspec.json.Decoder(Link)
_raw_list = msgspec.json.Decoder(list[msgspec.Raw])
_any = msgspec.json.Decoder()
_encoder = msgspec.json.Encoder()
_DEFAULTS: dict[type, dict[str, Any]] = {
    kind: {
        one.name: one.default_factory() if one.default_factory is not msgspec.NODEFAULT else one.default
        for one in msgspec.structs.fields(kind)
    }
    for kind in (Sample, Event, Link)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad:
    """One element that cannot be read: its bytes, and why."""

    payload: bytes
    reason: Unreadable
    detail: str
    alarm: str | None = None  # the alarm that it may have been about, where its bytes do not say so in our words


T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Decoded(Generic[T]):
    """What one message held: the good, the bad, and the enum values nobody knows (field, value)."""

    items: list[T] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    unknown: list[tuple[str, str]] = field(default_factory=list)


def read_plain(payload: bytes, lift_class: LiftClass | None) -> list[Sample] | None:
    """Samples of a `telemetry` message in which nothing is wrong or unknown; None: `decode_samples` must look at it."""
    if len(payload) > MAX_PAYLOAD or (b"\\" in payload and b"\\u0000" in payload):  # the first is found out much faster
        return None
    try:
        if not payload.isascii():
            payload.decode()
        if payload[:1] == b"{":
            samples = [_sample.decode(payload)]
        else:
            samples = _samples.decode(payload)
            if not 1 <= len(samples) <= MAX_ITEMS:
                return None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    if lift_class is None or lift_class in _NEEDS_LIFT_FIELDS:
        for sample in samples:
            if sample.door_zone is UNSET or sample.floor is None or sample.moving is None or sample.door is None:
                return None
    return samples


def decode_samples(payload: bytes, lift_class: LiftClass | None) -> Decoded[Sample]:
    """Samples of one `telemetry` message.

    Args:
        payload: the message, one object or an array of 1–100.
        lift_class: of the registered lift; None for an unregistered one, which is read as a lift.
    """
    plain = read_plain(payload, lift_class)
    if plain is not None:
        return Decoded(items=plain)
    decoded: Decoded[Sample] = Decoded()
    strict = needs_lift_fields(lift_class)
    for element in _elements(payload, decoded.bad):
        try:
            sample = _decode(element, _sample, Sample, decoded.unknown)
            if strict:
                require_lift_fields(sample)
        except WireError as error:
            decoded.bad.append(Bad(payload=element, reason=error.reason, detail=error.detail))
        else:
            decoded.items.append(sample)
    return decoded


def decode_events(payload: bytes) -> Decoded[Event]:
    """Events of one `event` message; codes stay as they were written (see `elevator.faults.canonical`)."""
    decoded: Decoded[Event] = Decoded()
    for element in _elements(payload, decoded.bad):
        try:
            decoded.items.append(_decode(element, _event, Event, decoded.unknown))
        except WireError as error:
            decoded.bad.append(Bad(payload=element, reason=error.reason, detail=error.detail))
    return decoded


def decode_link(payload: bytes) -> Link:
    """The one object of a `link` message.

    Raises:
        WireError: it cannot be read.
    """
    check_text(payload)
    return _decode(payload, _link, Link, [])


def proper(record: Sample | Event) -> Sample | Event:
    """A record that was made by a program, held to the same limits as one from the wire.

    Raises:
        WireError: it breaks them.
    """
    fields = {name: value for name, value in msgspec.structs.asdict(record).items() if value is not UNSET}
    _check_values(fields)
    try:
        return msgspec.convert(fields, type(record))
    except msgspec.ValidationError as error:
        raise WireError(_reason(str(error)), str(error)) from None


def encode(value: object) -> bytes:
    """UTF-8 JSON of a struct, a dataclass or plain data; what a record leaves at its default stays absent."""
    if isinstance(value, Sample | Event | Link):
        unsaid = _DEFAULTS[type(value)]
        said = {name: item for name, item in msgspec.structs.asdict(value).items() if item != unsaid[name]}
        return _encoder.encode(said)
    return _encoder.encode(value)


def _elements(payload: bytes, bad: list[Bad]) -> Iterator[bytes]:
    """The message's elements as bytes; a message that is no list of them at all lands in `bad` whole."""
    try:
        check_text(payload)
        if not payload.lstrip(b" \t\r\n").startswith(b"["):
            yield payload
            return
        elements = _raw_list.decode(payload)
    except WireError as error:
        bad.append(Bad(payload=payload, reason=error.reason, detail=error.detail))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        bad.append(Bad(payload=payload, reason=Unreadable.NOT_JSON, detail=str(error)))
    else:
        if 1 <= len(elements) <= MAX_ITEMS:
            yield from map(bytes, elements)
        else:
            detail = f"an array holds 1 to {MAX_ITEMS} elements, not {len(elements)}"
            bad.append(Bad(payload=payload, reason=Unreadable.ARRAY_LENGTH, detail=detail))


def check_text(payload: bytes) -> None:
    """Refuse what is too large or no UTF-8.

    Raises:
        WireError: `too_large` or `not_utf8`.
    """
    if len(payload) > MAX_PAYLOAD:
        raise WireError(Unreadable.TOO_LARGE, f"{len(payload)} bytes; at most {MAX_PAYLOAD}")
    if not payload.isascii():
        try:
            payload.decode()
        except UnicodeDecodeError as error:
            raise WireError(Unreadable.NOT_UTF8, f"byte {error.start} is not UTF-8") from None


S = TypeVar("S", Sample, Event, Link)


def _decode(payload: bytes, decoder: msgspec.json.Decoder[S], kind: type[S], unknown: list[tuple[str, str]]) -> S:
    try:
        record = decoder.decode(payload)
    except msgspec.ValidationError:
        record = _decode_slowly(payload, kind, unknown)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WireError(Unreadable.NOT_JSON, str(error)) from None
    if b"\\u0000" in payload or payload.count(b"{") + payload.count(b"[") > MAX_DEPTH:
        _check_values(msgspec.structs.asdict(record))
    return record


def _decode_slowly(payload: bytes, kind: type[S], unknown: list[tuple[str, str]]) -> S:
    try:
        fields = _any.decode(payload)
    except msgspec.ValidationError as error:  # a number beyond every type
        raise WireError(_reason(str(error)), str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WireError(Unreadable.NOT_JSON, str(error)) from None
    if not isinstance(fields, dict):
        raise WireError(Unreadable.WRONG_TYPE, f"expected an object, got `{type(fields).__name__}`")
    if kind is Sample:
        for name, (known, instead) in _ENUMS.items():
            value = fields.get(name)
            if isinstance(value, str) and value not in known:
                unknown.append((name, value[:64].replace("\x00", "\ufffd")))
                fields[name] = instead
    for name in _NULL_IS_ABSENT:
        if name in fields and fields[name] is None:
            del fields[name]
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        raise WireError(_reason(str(error)), str(error)) from None


def _reason(message: str) -> Unreadable:
    """Which of the reasons a validation message tells (its wording is pinned by a contract test)."""
    if "missing required field" in message:
        return Unreadable.MISSING_FIELD
    if re.search(r"Expected `\w+` (<=|>=|<|>|of length)|out of range", message):
        return Unreadable.OUT_OF_RANGE
    return Unreadable.WRONG_TYPE


def needs_lift_fields(lift_class: LiftClass | None) -> bool:
    """Whether a sample of this class must say where its car is; None: an unregistered lift is read as a lift."""
    return lift_class is None or lift_class in _NEEDS_LIFT_FIELDS


def require_lift_fields(sample: Sample) -> None:
    """Refuse a sample of a lift that does not say where its car is.

    Raises:
        WireError: `missing_field`.
    """
    missing = [
        name
        for name in _LIFT_FIELDS
        if (sample.door_zone is msgspec.UNSET if name == "door_zone" else getattr(sample, name) is None)
    ]
    if missing:
        raise WireError(
            Unreadable.MISSING_FIELD, f"Object missing required field `{'`, `'.join(missing)}` (needed of a lift)"
        )


def _check_values(record: dict[str, Any]) -> None:
    """Refuse what decodes but cannot be stored or shown; walks without recursion, as the depth is not ours."""
    level = 0
    values: list[Any] = [record]
    while values:
        if any(isinstance(value, str) and "\x00" in value for value in values):
            raise WireError(Unreadable.NUL_CHARACTER, "text holds the character U+0000, which cannot be stored")
        values = [inner for value in values for inner in _inside(value)]
        level += 1
        if level > MAX_DEPTH + 2:
            raise WireError(Unreadable.OUT_OF_RANGE, f"`detail` is nested more than {MAX_DEPTH} levels deep")


def _inside(value: Any) -> Iterator[Any]:
    match value:
        case dict():
            yield from value
            yield from value.values()
        case list():
            yield from value
