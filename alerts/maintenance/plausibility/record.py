"""What plausibility is judged from and what it comes to: plain values. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.maintenance.plans.plan import Text
from elevator.model import Door, LiftClass, Mode, Power, SafetyChain

NEAR_IN_TIME = timedelta(hours=4)
"""A worker's other visits are looked at that ended, or began, within so long."""


class Level(StrEnum):
    """What the evidence comes to; a hint where to look, never a verdict."""

    SUPPORTED = "supported"
    OPEN = "open"  # it points nowhere in particular
    DOUBTFUL = "doubtful"
    UNKNOWN = "unknown"  # the lift was not heard, and nothing else speaks against it


class Answer(StrEnum):
    """Whether telemetry shows what an item needs."""

    SEEN = "seen"
    NOT_SEEN = "not_seen"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One sample, as far as it matters here; `at` by our clock, None where the lift says nothing."""

    at: datetime
    mode: Mode
    moving: bool | None = None
    zone: bool | None = None
    door: Door | None = None
    power: Power | None = None
    chain: SafetyChain | None = None
    floor: str | None = None


Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Telemetry:
    """What a lift told over the time of a visit, breaks taken out. Seconds, and numbers of times."""

    window_s: float
    heard_s: float  # of it, covered by samples
    samples: int = 0
    inspection_s: float = 0
    off_mains_s: float = 0
    chain_open_s: float | None = None  # None: the lift does not say
    stops_between: int | None = None  # stood between floors, so often; None: no signal of the door zone
    door_cycles: int | None = None  # None: it has no door, or does not say
    held_open: int = 0  # times that the door stood open for long
    landings: int = 0  # at so many different ones the door opened
    runs: int | None = None

    @property
    def heard(self) -> float:
        """The share that was heard."""
        return self.heard_s / self.window_s if self.window_s > 0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reuse:
    """A photo of this visit that stands in another one as well."""

    photo: str
    visit_id: str
    lift: str  # as people read it
    same_lift: bool
    bits: int = 0  # by which their likeness differs; 0 with `exact`: the same bytes
    exact: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """Another visit of somebody who was at this one."""

    visit_id: str
    worker: str
    lift: str
    began_at: datetime
    left_at: datetime
    distance_m: float | None  # between the lifts


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A signature that was drawn exactly so before."""

    name: str
    visit_id: str
    officer: bool  # of the property's safety officer


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What this lift has ever shown: it can show it."""

    inspection: bool = False
    off_mains: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a visit says of itself, and what other records say beside it."""

    lift_class: LiftClass
    began_at: datetime
    left_at: datetime
    breaks: tuple[Span, ...] = ()
    items: tuple[str, ...] = ()  # done, by code; "not applicable" is not among them
    distance_m: float | None = None  # of the check-in from the lift
    reused: tuple[Reuse, ...] = ()
    others: tuple[Other, ...] = ()
    copies: tuple[Copy, ...] = ()

    @property
    def spans(self) -> tuple[Span, ...]:
        """When somebody worked here."""
        found, begin = [], self.began_at
        for first, last in sorted(self.breaks):
            found.append((begin, max(begin, first)))
            begin = max(begin, last)
        found.append((begin, max(begin, self.left_at)))
        return tuple(found)

    @property
    def worked_s(self) -> float:
        """How long that was."""
        return sum((last - first).total_seconds() for first, last in self.spans)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One piece of evidence: a sentence with its values, and what it weighs (below 0: against)."""

    code: str
    points: float
    text: Text
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plausibility:
    """What all pieces come to."""

    level: Level
    score: float
    thresholds: str  # the version that it was judged by
    evidence: tuple[Piece, ...]
    items: Mapping[str, Answer]  # by code, only those that telemetry can speak of
