"""What a decision asks to be done; `alerts.commands` does it in the same transaction.

Each is a value with a reason, so that it can be stored, counted, shown and asserted.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from elevator.faults import Priority

Detail = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A rescue begins: suspected, or at once confirmed."""

    cause: str
    confirmed: bool
    priority: Priority = Priority.P1
    waits: bool = False  # for a person: it will not confirm by itself
    answered: bool = False  # opened by a cause that an earlier rescue had answered
    confirm_at: int | None = None  # ms: when it confirms by itself if nothing changes
    event_ts: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseAdded:
    """The live rescue has one more cause, or one is back after it looked recovered; it rings anew."""

    cause: str
    waits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed:
    """The suspicion is sure, by this rule."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """When the suspicion would confirm, or be cleared, by itself has changed; None: not by itself."""

    confirm_at: int | None
    clear_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PressedAgain:
    """A new press on a live rescue: a timeline entry, and it rings again."""

    ts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """All causes of a suspicion have been gone for 10 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """A confirmed rescue looks technically recovered; a person still ends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Something other than a rescue: a danger, a fault, a lift that is offline.

    Told again of one that is open when its priority has risen, or when more is known of it.
    """

    kind: str  # danger, fault, offline
    code: str
    priority: Priority
    reason: str
    detail: Detail | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """The finding is no longer true."""

    kind: str
    code: str


Effect = Opened | CauseAdded | Confirmed | Expected | PressedAgain | Cleared | Recovered | Found | Gone
