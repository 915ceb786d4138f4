"""The records of contract section 2 and the words they are made of.

Samples, events and links are frozen msgspec structs because they come from the wire by the ten
thousand a second; every other record of Liftline is a frozen dataclass (ADR 0004).
Units: m, m/s, kg, °C, h; times of a lift are integer milliseconds since 1970-01-01 UTC.
The order of enum members is stored in the database: append, never re-order.
"""

from enum import StrEnum
from typing import Annotated, Any, NewType

from msgspec import UNSET, Meta, Struct, UnsetType

LiftId = NewType("LiftId", str)
IncidentId = NewType("IncidentId", str)

MAX_TS = 253_402_300_799_999  # ms: the last moment of the year 9999, the end of RFC 3339
MAX_BIGINT = 2**63 - 1
MAX_INT = 2**31 - 1
MAX_REAL = 1e30  # far beyond physics, still inside a four-byte float

Ts = Annotated[int, Meta(ge=0, le=MAX_TS)]
Seq = Annotated[int, Meta(ge=0, le=MAX_BIGINT)]
Boot = Annotated[str, Meta(max_length=32)]
Count = Annotated[int, Meta(ge=0, le=MAX_INT)]
Real = Annotated[float, Meta(ge=-MAX_REAL, le=MAX_REAL)]
Amount = Annotated[float, Meta(ge=0, le=MAX_REAL)]


class Mode(StrEnum):
    """Operating mode of the controller (GB/T 24476 Service_Mode)."""

    NORMAL = "normal"
    INSPECTION = "inspection"
    OUT_OF_SERVICE = "out_of_service"
    FIRE_RECALL = "fire_recall"
    FIREFIGHTER = "firefighter"
    EMERGENCY_POWER = "emergency_power"
    EARTHQUAKE = "earthquake"
    UNKNOWN = "unknown"


class Door(StrEnum):
    """State of the car door."""

    CLOSED = "closed"
    OPENING = "opening"
    OPEN = "open"
    CLOSING = "closing"
    UNKNOWN = "unknown"


class Direction(StrEnum):
    """Direction of travel."""

    NONE = "none"
    UP = "up"
    DOWN = "down"


class Power(StrEnum):
    """What feeds the controller."""

    MAINS = "mains"
    BATTERY = "battery"
    OFF = "off"


class SafetyChain(StrEnum):
    """The electric safety chain: closed lets the lift run."""

    CLOSED = "closed"
    OPEN = "open"


class DoorCommand(StrEnum):
    """What the controller asks of the door drive."""

    NONE = "none"
    OPEN = "open"
    CLOSE = "close"


class LiftClass(StrEnum):
    """Kind of equipment; the table of contract section 5 applies to the first two and to the unregistered."""

    TRACTION = "traction"
    HYDRAULIC = "hydraulic"
    DUMBWAITER = "dumbwaiter"
    ESCALATOR = "escalator"
    HOIST = "hoist"


class Sample(Struct, frozen=True, kw_only=True):
    """One telemetry sample (contract section 2, "Sample"); `null` in an optional field reads as absent."""

    ts: Ts  # ms UTC, the lift's clock
    seq: Seq  # counts up per lift and topic, from 0 at each boot
    mode: Mode
    boot: Boot = ""
    floor: Annotated[str, Meta(max_length=4)] | None = None  # as displayed in the car
    moving: bool | None = None
    door_zone: bool | UnsetType | None = UNSET  # null: the lift has no such signal; UNSET: the field is missing
    door: Door | None = None
    direction: Direction | None = None
    speed: Amount | None = None  # m/s
    position: Real | None = None  # m above the lowest landing
    occupied: bool | None = None  # null: no working sensor
    people: Count | None = None
    load: Amount | None = None  # kg
    power: Power | None = None  # absent: mains
    safety_chain: SafetyChain | None = None
    door_command: DoorCommand | None = None
    car_calls: Count | None = None  # registered, not yet served
    faults: list[str] = []
    trips: Amount | None = None
    running_hours: Amount | None = None  # h
    temperature: Real | None = None  # °C, machine room
    replay: bool = False  # from the controller's store-and-forward buffer

    @property
    def zone(self) -> bool | None:
        """Inside the unlocking zone; None where the lift does not say."""
        return self.door_zone if isinstance(self.door_zone, bool) else None

    @property
    def occupied_now(self) -> bool | None:
        """What the person sensor says now; a count above zero is a person (contract 5)."""
        return True if self.people else self.occupied


class Event(Struct, frozen=True, kw_only=True):
    """One fault, alarm or mode event; `active` false clears it (contract section 2, "Event")."""

    ts: Ts
    seq: Seq
    code: str
    active: bool
    boot: Boot = ""
    raw: str | None = None  # the maker's own code, always kept
    detail: dict[str, Any] | None = None
    replay: bool = False


class Link(Struct, frozen=True, kw_only=True):
    """Retained state of the link; the last will carries only `online: false`."""

    online: bool
    ts: Ts | None = None
    interval: Real | None = None  # s; read as the nearest of 1–60
    firmware: str | None = None
    boot: Boot | None = None


DEFAULT_INTERVAL = 30  # s (contract section 2)
MIN_INTERVAL = 1
MAX_INTERVAL = 60


def sane_interval(asked: float | None) -> int:
    """The nearest whole number of seconds from 1 to 60; 30 where nothing was said."""
    if asked is None:
        return DEFAULT_INTERVAL
    return int(min(max(round(asked), MIN_INTERVAL), MAX_INTERVAL))
