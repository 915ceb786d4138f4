"""Between the three ways a moment is written: aware datetime inside, integer ms on MQTT, RFC 3339 on HTTP. Pure."""

from datetime import UTC, datetime
from typing import overload


@overload
def at(ms: int) -> datetime: ...
@overload
def at(ms: None) -> None: ...
def at(ms: int | None) -> datetime | None:
    """Milliseconds since 1970-01-01 UTC as an aware time."""
    return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC)


@overload
def to_ms(moment: datetime) -> int: ...
@overload
def to_ms(moment: None) -> None: ...
def to_ms(moment: datetime | None) -> int | None:
    """An aware time as milliseconds."""
    return None if moment is None else round(moment.timestamp() * 1000)


def rfc3339(moment: datetime) -> str:
    """UTC with `Z`, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
