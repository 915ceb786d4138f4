"""The grammar of the MQTT topics (contract sections 1–3); nothing else builds or takes apart a topic."""

import re
from dataclasses import dataclass
from enum import StrEnum

from elevator.errors import Unreadable, WireError
from elevator.model import LiftId

PREFIX = "lift/v1"
LIFT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
ADAPTER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")


class Kind(StrEnum):
    """The last level of a lift's topic."""

    TELEMETRY = "telemetry"
    EVENT = "event"
    LINK = "link"
    RAW = "raw"
    ACK = "ack"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic taken apart: whose it is, what it carries and, for `raw`, by which adapter it is read."""

    lift_id: LiftId
    kind: Kind
    adapter: str | None = None

    def __str__(self) -> str:
        tail = f"/{self.adapter}" if self.adapter else ""
        return f"{PREFIX}/{self.lift_id}/{self.kind}{tail}"


FROM_LIFTS = frozenset({Kind.TELEMETRY, Kind.EVENT, Kind.LINK, Kind.RAW})

# What ingest subscribes to. Events and links travel on the alarm lane, makers' own payloads on a lane of theirs; that
# of telemetry hears everything, so that what lies beside the grammar is quarantined, and leaves alone what others read.
ALARM_LANE = (f"{PREFIX}/+/event", f"{PREFIX}/+/link")
RAW_LANE = (f"{PREFIX}/+/raw/#",)
TELEMETRY_LANE = (f"{PREFIX}/#",)


def parse(topic: str) -> Topic:
    """Take a topic apart.

    Raises:
        WireError: `bad_topic` when it is none that a lift may publish on.
    """
    parts = topic.split("/")
    if len(parts) < 4 or "/".join(parts[:2]) != PREFIX:
        raise WireError(Unreadable.BAD_TOPIC, f"a lift publishes below {PREFIX}/<lift_id>/, not on {topic!r}")
    lift_id, kind, rest = parts[2], parts[3], parts[4:]
    if not LIFT_ID.fullmatch(lift_id):
        raise WireError(Unreadable.BAD_TOPIC, f"{lift_id!r} is not a lift_id: {LIFT_ID.pattern}")
    if kind not in FROM_LIFTS:
        raise WireError(Unreadable.BAD_TOPIC, f"{kind!r} is none of {', '.join(sorted(FROM_LIFTS))}")
    if kind == Kind.RAW:
        if len(rest) != 1 or not ADAPTER.fullmatch(rest[0]):
            raise WireError(Unreadable.BAD_TOPIC, "raw takes exactly one level more: the adapter's name")
        return Topic(LiftId(lift_id), Kind.RAW, rest[0])
    if rest:
        raise WireError(Unreadable.BAD_TOPIC, f"nothing follows {kind!r} in a topic")
    return Topic(LiftId(lift_id), Kind(kind))


def telemetry(lift_id: str) -> str:
    """Where a lift publishes its samples."""
    return f"{PREFIX}/{lift_id}/telemetry"


def event(lift_id: str) -> str:
    """Where a lift publishes faults, alarms and modes."""
    return f"{PREFIX}/{lift_id}/event"


def link(lift_id: str) -> str:
    """Where a lift keeps its retained link state and its last will."""
    return f"{PREFIX}/{lift_id}/link"


def ack(lift_id: str) -> str:
    """Where the platform tells a lift that its alarm is on disk."""
    return f"{PREFIX}/{lift_id}/ack"


def notice(lift_id: str) -> str:
    """Where the platform leaves words for the passengers."""
    return f"{PREFIX}/{lift_id}/notice"
