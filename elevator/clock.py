"""The only reader of the wall clock; decisions take `now` as an argument instead."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The present, aware, in UTC."""
    return datetime.now(UTC)


def now_ms() -> int:
    """The present in milliseconds since 1970-01-01 UTC, the unit of the MQTT payloads."""
    return time.time_ns() // 1_000_000
