"""Moving a recorded message to another time: its `ts` goes with the time at which it is sent. Pure.

The distance between a lift's clock and ours stays as it was recorded, so what was late is late again. A message that
was heard before has a key that the platform knows (contract 2.2), and a number behind the one it has reached: so each
`boot` gets a new name as well, the same for all messages of one replay. A payload that is not plain JSON of ours (raw,
or unreadable) cannot be moved; it is sent as it is, and counted.
"""

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec

from elevator import topics
from elevator.errors import WireError
from elevator.model import MAX_TS
from elevator.topics import Kind

_BOOT = 32  # characters (contract section 2)
_MOVED = frozenset({Kind.TELEMETRY, Kind.EVENT, Kind.LINK})


def boot_of(run: str) -> Callable[[str], str]:
    """The new names of boots in one replay."""

    def name(old: str) -> str:
        new = f"{old}~{run}"
        if len(new) > _BOOT:
            new = hashlib.sha256(new.encode()).hexdigest()[:_BOOT]
        return new

    return name


def move(topic: str, payload: bytes, by_ms: int, boot: Callable[[str], str]) -> bytes | None:
    """The payload `by_ms` later; None where it cannot be moved."""
    try:
        if topics.parse(topic).kind not in _MOVED:
            return None
        said = msgspec.json.decode(payload)
    except (WireError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    several = isinstance(said, list)
    moved = [_moved(one, by_ms, boot) for one in (said if several else [said])]
    if any(one is None for one in moved):
        return None
    return msgspec.json.encode(moved if several else moved[0])


def _moved(one: Any, by_ms: int, boot: Callable[[str], str]) -> dict[str, Any] | None:
    if not isinstance(one, dict):
        return None
    ts = one.get("ts")
    if ts is None and "online" in one:
        return one  # a last will has no time of its own
    if not isinstance(ts, int) or isinstance(ts, bool):
        return None
    old = one.get("boot")
    if old is not None and not isinstance(old, str):
        return None
    return one | {"ts": min(max(ts + by_ms, 0), MAX_TS), "boot": boot(old or "")}
