"""What a transaction of the intake is given, and what it hands back to be told once it is committed."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerts.desk import Desk
from alerts.metrics import Transition
from alerts.policy import Policy
from elevator.codes import Book, built_in
from elevator.model import LiftClass
from ingest.store import Refusal

STORED, LATE, DUPLICATE, QUARANTINED, EMPTY = "stored", "late", "duplicate", "quarantined", "empty"
THINNED = "thinned"
RANK = (STORED, LATE, DUPLICATE, QUARANTINED, EMPTY)  # a message with several counts as the first of these


ClassCache = dict[str, LiftClass | None]
"""What the last transaction knew about a lift's class; only a guess that saves reading a message twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """What a lift is told after the commit of its alarm event (contract section 3)."""

    lift_id: str
    boot: str
    seq: int
    code: str
    active: bool
    received_at_ms: int
    incident: str | None = None


@dataclass(slots=True, kw_only=True)
class Fresh:
    """An item that was stored and is not late: what the figures are made of."""

    topic: str
    ts: int  # ms, the lift's clock
    received_at_ms: int
    alarm: bool = False


@dataclass(slots=True, kw_only=True)
class Written:
    """What a transaction did, to be told once it is committed."""

    acks: list[Ack] = field(default_factory=list)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)  # (topic, outcome) → messages
    refused: Counter[str] = field(default_factory=Counter)  # reason → parts
    still_bad: list[Refusal] = field(default_factory=list)  # unreadable, and not kept because it was
    unknown: Counter[str] = field(default_factory=Counter)  # field → values that nobody knows
    fresh: list[Fresh] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)  # of incidents
    gaps: int = 0  # times that numbers were missing
    ages: list[int] = field(default_factory=list)  # ts of samples on the short way, ms by the lift's clock
    desk: Desk | None = None  # whose memories may be kept after the commit


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a transaction must know beside the messages."""

    policy: Policy
    now: datetime
    hold: bool = False  # the queue is not yet read: what only elapsed time would decide waits
    codes: Book = field(default_factory=built_in)  # what makers' codes mean
    kept: timedelta = timedelta(days=90)  # how long samples are: what claims to be older comes of a wrong clock
    careful: bool = False  # any message may be stored already: look every one up
    keep_refused: bool = True  # False: what cannot be read is in quarantine already
