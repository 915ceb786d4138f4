"""Fields as makers write them: numbers as text, truth as 0 and 1, times without a zone. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec

from elevator import wire
from elevator.errors import Unreadable, WireError
from elevator.model import MAX_TS, Event, Sample
from elevator.wire import Bad, Decoded

NO_TIME = 0
"""The `ts` of what does not say when: the time of receipt is taken."""

CHINA = timezone(timedelta(hours=8))  # one zone, no summer time
_decoder = msgspec.json.Decoder()
_list = msgspec.json.Decoder(list[msgspec.Raw])
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_SECONDS_END = 10**11  # a number below is in s, above in ms: 10**11 ms is the year 1973, 10**11 s the year 5138

Unknown = list[tuple[str, str]]
Object = Mapping[str, Any]


def each(payload: bytes, read: Callable[[Object, Decoded[Sample | Event]], None]) -> Decoded[Sample | Event]:
    """Read a payload that is one JSON object or a list of 1 to 100; an object that cannot be read costs only itself.

    Args:
        payload: as it came.
        read: takes one object, and adds what it says; may raise `WireError`.

    Raises:
        WireError: the payload is no such thing.
    """
    decoded: Decoded[Sample | Event] = Decoded()
    for element in _elements(payload):
        kept = len(decoded.items)
        try:
            read(an_object(_decoder.decode(element), "$"), decoded)
        except msgspec.ValidationError as error:  # a number beyond every type
            decoded.bad.append(Bad(payload=element, reason=Unreadable.OUT_OF_RANGE, detail=str(error)))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            decoded.bad.append(Bad(payload=element, reason=Unreadable.NOT_JSON, detail=str(error)))
        except WireError as error:
            del decoded.items[kept:]
            decoded.bad.append(Bad(payload=element, reason=error.reason, detail=error.detail))
    return decoded


def an_object(value: Any, where: str) -> Object:
    """A JSON object.

    Raises:
        WireError: `wrong_type`.
    """
    if not isinstance(value, dict):
        raise WireError(Unreadable.WRONG_TYPE, f"Expected an object, got `{type(value).__name__}` - at `{where}`")
    return value


def _elements(payload: bytes) -> list[bytes]:
    wire.check_text(payload)
    if not payload.lstrip(b" \t\r\n").startswith(b"["):
        return [payload]
    try:
        every = _list.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise WireError(Unreadable.NOT_JSON, str(error)) from None
    if not 1 <= len(every) <= wire.MAX_ITEMS:
        raise WireError(Unreadable.ARRAY_LENGTH, f"an array holds 1 to {wire.MAX_ITEMS} elements, not {len(every)}")
    return [bytes(one) for one in every]


def need(said: Object, name: str) -> Any:
    """A field that must be there.

    Raises:
        WireError: `missing_field`.
    """
    value = said.get(name)
    if value is None:
        raise WireError(Unreadable.MISSING_FIELD, f"Object missing required field `{name}`")
    return value


def number(value: Any, name: str) -> float | int | None:
    """A number, also one written as text; None where nothing was said.

    Raises:
        WireError: `wrong_type`.
    """
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return None
        if re.fullmatch(r"[+-]?\d{1,18}", text):
            return int(text)
        if re.fullmatch(r"[+-]?\d{0,18}(\.\d{1,18})?", text):
            return float(text)
        raise WireError(Unreadable.WRONG_TYPE, f"Expected a number - at `$.{name}`")
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    if isinstance(value, bool):
        return int(value)
    raise WireError(Unreadable.WRONG_TYPE, f"Expected a number - at `$.{name}`")


def amount(value: Any, name: str) -> float | None:
    """A number that is not negative; what is, is read as not said."""
    found = number(value, name)
    return None if found is None or found < 0 else float(found)


def whole(value: Any, name: str) -> int | None:
    """A count that is not negative."""
    found = amount(value, name)
    return None if found is None or found > 2**31 - 1 else int(found)


def truth(value: Any, name: str) -> bool | None:
    """True and false, also as 1 and 0 or as words; None where nothing was said.

    Raises:
        WireError: `wrong_type`.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and value in {0, 1}:
        return bool(value)
    if isinstance(value, str):
        word = value.strip().lower()
        if word in {"", "null"}:
            return None
        if word in {"1", "true", "0", "false"}:
            return word in {"1", "true"}
    raise WireError(Unreadable.WRONG_TYPE, f"Expected true or false - at `$.{name}`")


def choice(value: Any, name: str, meanings: Mapping[int, Any], otherwise: Any, unknown: Unknown) -> Any:
    """What a number stands for; one that stands for nothing is counted and read as `otherwise`.

    Raises:
        WireError: `wrong_type`.
    """
    found = number(value, name)
    if found is None:
        return otherwise
    if found in meanings:
        return meanings[int(found)]
    unknown.append((name, str(value)[:64]))
    return otherwise


def word(value: Any, most: int) -> str | None:
    """A short text, also a number as one; one that is too long is cut."""
    if value is None or isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value).strip()[:most] or None


def codes(value: Any, name: str) -> list[str]:
    """A list of codes as numbers or texts, or a single one.

    Raises:
        WireError: `wrong_type`.
    """
    if value is None:
        return []
    every: Sequence[Any] = value if isinstance(value, list) else [value]
    found = [word(one, 64) for one in every]
    if None in found and any(one is not None for one in every if one != ""):
        raise WireError(Unreadable.WRONG_TYPE, f"Expected codes - at `$.{name}`")
    return [one for one in found if one is not None]


def moment(value: Any, name: str, unknown: Unknown) -> int:
    """A time in ms: "yyyy-MM-dd HH:mm:ss" of China, RFC 3339, or seconds or ms since 1970.

    One that cannot be read is counted and read as `NO_TIME`: no alarm hangs on a clock.
    """
    found: int | None = None
    if isinstance(value, str) and not re.fullmatch(r"\s*\d+\s*", value):
        try:
            when = datetime.fromisoformat(value.strip())
            found = ((when if when.tzinfo else when.replace(tzinfo=CHINA)) - _EPOCH) // _MS
        except (ValueError, OverflowError):
            found = None
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            raw = float(value)
            found = int(raw * 1000 if raw < _SECONDS_END else raw)
        except (ValueError, OverflowError):
            found = None
    if found is not None and NO_TIME < found <= MAX_TS:
        return found
    if value is not None:
        unknown.append((name, str(value)[:64]))
    return NO_TIME
