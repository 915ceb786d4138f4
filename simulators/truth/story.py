"""What a simulated life hands out: messages as the platform would receive them, and the labelled truth beside them.

The truth is written by who makes the trouble, never by who judges it: nothing here knows a rule's name or threshold.
All times are integer ms since 1970-01-01 UTC on the platform's clock (virtual), unless a comment says otherwise.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from elevator.model import LiftClass
from elevator.topics import Kind


class Truth(StrEnum):
    """What an episode is."""

    ENTRAPMENT = "entrapment"  # somebody is trapped: must be found
    INNOCENT = "innocent"  # nobody is: must not become a confirmed rescue
    HARM = "harm"  # nobody is trapped, and yet people must be told: a danger, a fault, a lift gone silent


class Evident(StrEnum):
    """How an entrapment can be known at all from what the lift tells."""

    CONFIRMS = "confirms"  # it must become a confirmed rescue by itself
    ASKS = "asks"  # it can only become a suspicion that waits for a person (silence, no progress, long stay)
    FAULT = "fault"  # the person sensor says "nobody": it can only become a fault that tells to ask by intercom
    MAY = "may"  # it ended by itself before the contract's time was over: found or not, neither is a miss
    HIDDEN = "hidden"  # nothing that the lift tells shows it: only a telephone call can; counted, never a miss


@dataclass(frozen=True, slots=True, kw_only=True)
class Lift:
    """One lift of the simulated city, as a registry would know it."""

    lift_id: str
    lift_class: LiftClass = LiftClass.TRACTION
    building: str = ""
    feeder: str = ""
    gateway: str = ""
    rated_speed: float | None = None  # m/s
    floors: int | None = None
    traits: tuple[str, ...] = ()  # standing oddities, by their names in the rates file


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One stretch of a lift's life that somebody could ask about."""

    lift_id: str
    truth: Truth
    cause: str  # which entrapment, noise or harm: a name of the rates file
    began: int  # people are trapped, or the noise begins
    ended: int  # the last is out, or the noise is over
    evident: Evident = Evident.CONFIRMS  # of an entrapment
    known_at: int | None = None  # when the platform had received all it needs to start its timers; None: `began`
    within_s: float | None = (
        None  # the contract's time from `known_at` to the confirmation (or the suspicion that asks)
    )
    persons: int = 0
    noises: tuple[str, ...] = ()  # other noises that lay over it
    # Nobody is trapped, and yet a confirmed rescue is what the contract asks for here, for the reason that stands in
    # this sentence (a held button in a closed car, an empty car that nothing can look into): counted apart, and shown.
    confirmable: str = ""
    story: str = ""  # one English sentence for the report of misses and false alarms


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One MQTT message as the platform receives it."""

    at: int
    kind: Kind
    payload: bytes
    retained: bool = False  # as received: false on whatever comes live, also on a `link` that was published retained
    adapter: str | None = None  # of a `raw` topic


@dataclass(slots=True, kw_only=True)
class Life:
    """One lift over some days: read `messages` to the end, in order of `at`, then `episodes` is complete."""

    lift: Lift
    begin: int
    end: int
    messages: Iterator[Message]
    episodes: list[Episode] = field(default_factory=list)
    # When the platform did not listen, because the broker or the platform itself was restarted: what was sent then
    # arrives at the end of it, and a timer that fell due waits until that has been read (contract 5).
    deaf: Sequence[tuple[int, int]] = ()
    down: Sequence[tuple[int, int]] = ()  # of these, when the platform itself did not run: nothing was decided
