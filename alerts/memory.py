"""What the detector remembers of one lift between two messages; durable, so that a restart changes nothing.

It is the value threaded through every decision: a transaction decodes it under the lift's lock, the detector changes
it, the transaction writes it back with everything that followed from it. Times are integer ms of the platform's
clock unless a comment says otherwise.
"""

import msgspec
from msgspec import Struct

from elevator.model import DEFAULT_INTERVAL, Sample


class Timer(Struct, kw_only=True, omit_defaults=True):
    """A condition that runs: since when, and since when it is interrupted."""

    since: int
    gone: int | None = None
    fresh: int = 0  # `since` as fresh samples alone would have it: late samples may only move it back
    not_before: int = 0  # a sample has shown then that it was not so: no late sample moves it back beyond
    run: tuple[int, int] | None = None  # late samples without a gap that show it, from … to (corrected times)


class Code(Struct, kw_only=True, omit_defaults=True):
    """An event that set, or cleared, a code."""

    since: int
    ts: int = 0  # the lift's clock
    boot: str = ""
    seq: int = 0
    over: bool = False  # a late event has cleared it: it ends with the next fresh sample that does not list it


class Press(Struct, kw_only=True, omit_defaults=True):
    """One press of the alarm button that was not filtered."""

    at: int
    ts: int  # the lift's clock


class Button(Struct, kw_only=True, omit_defaults=True):
    """The alarm button's story since it was last forgotten."""

    active: bool = False  # an event set it, or the newest sample lists it
    since: int = 0  # became active
    ts: int = 0  # the lift's clock when it became active
    presses: list[Press] = []
    suspected_at: int | None = None  # first press that counts as a suspicion
    moving_at: int | None = None  # pressed while the car moved
    by_sample: bool = False  # told by a sample; the event of the same press may follow
    counted: bool = False  # held long enough, or pressed twice


class Rescue(Struct, kw_only=True, omit_defaults=True):
    """The live rescue of the lift, as far as deciding needs it."""

    id: str = ""
    confirmed: bool = False
    causes: dict[str, int | None] = {}  # since when each is gone; None: still there
    sticky: bool = False  # only a person ends it
    waits: bool = False  # a cause that never confirms by itself: it rings for a person
    confirm_at: int | None = None  # when it confirms by itself if nothing changes
    clear_at: int | None = None  # when it is cleared by itself if nothing changes
    recovered: bool = False


class Answered(Struct, kw_only=True, omit_defaults=True):
    """A cause that an ended rescue held, or a finding that a person closed, and that has not been false since."""

    at: int
    asked: bool = False  # it has opened its one suspicion


class Drift(Struct, kw_only=True, omit_defaults=True):
    """Samples that would be late only because the clock was set back or an unnamed boot began."""

    since: int
    received: int
    ts: int
    seq: int


class Shown(Struct, kw_only=True, omit_defaults=True):
    """A danger that the newest samples show (alerts.dangers)."""

    since: int
    ts: int  # the lift's clock
    boot: str = ""
    due: int | None = None  # sure when it has lasted so long; None: when the next sample shows it too
    sure: bool = False


class Memory(Struct, kw_only=True, omit_defaults=True):
    """Everything remembered of one lift."""

    # order and clock
    boots: list[str] = []  # newest first
    foreign: list[str] = []  # identities of the last messages that had no time of their own, newest last
    sample_seq: int = -1  # of the newest sample that was not late, in the newest boot
    event_seq: int = -1
    stored_sample_seq: int = -1  # highest ever stored in the newest boot: above it nothing is a duplicate
    stored_event_seq: int = -1
    offsets: list[tuple[int, int]] = []  # (minute, largest ts − receipt in it), those that no later one exceeds
    corrected: int = 0  # corrected ts of the newest sample
    corrected_before: int = 0  # and of the one before it
    event_corrected: int = 0
    drift: Drift | None = None
    # last state
    sample: Sample | None = None  # newest that is not late
    sample_at: int = 0  # its receipt
    known: Sample | None = None  # newest by corrected ts where that is a late one
    known_corrected: int = 0
    heard_at: int | None = None
    online: bool | None = None
    link_at: int | None = None
    lost_at: int | None = None  # link lost and nothing heard since
    lost_retained: bool = False
    interval: int = DEFAULT_INTERVAL  # s
    firmware: str | None = None
    # occupancy and motion
    person_since: int | None = None  # the sensor says someone is there
    person_ts: int = 0  # the same by the lift's clock
    latched: bool = False
    moved: bool = False  # since the door was last open in the zone
    moving_at: int | None = None  # last seen moving
    moving_since: int | None = None
    stopped_at: int | None = None
    stay: int | None = None  # stands closed in the zone with someone inside by the sensor, since then
    stay_gone: int | None = None  # and no longer, since then
    still_since: int | None = None  # says that it moves, and is where it was then
    still_taken: int = 0  # corrected time of that sample
    still_gone: int | None = None
    still_position: float | None = None  # m
    opened_at: int | None = None  # corrected time of the last sample with the door open in the zone
    # landings and dangers
    landings: dict[str, float] = {}  # floor as displayed → m, where the door stood open in the zone
    referenced: bool = False  # one of them was found where it was, in this boot
    stood: float | None = None  # m: where the door last stood open in the zone
    kept_open: bool = False  # and since then it has not closed
    dangers: dict[str, Shown] = {}
    # rules
    codes: dict[str, Code] = {}  # set by an event and cleared by none
    cleared: dict[str, Code] = {}  # last clear of each alarm code
    told: list[Code] = []  # the last events: the same key again soon after is the same event
    timers: dict[str, Timer] = {}
    empty: dict[str, Timer] = {}  # the same conditions with nobody in the car by its sensor
    button: Button | None = None
    silence: int | None = None  # suspected since
    moving_again: int | None = None  # a fresh sample has shown movement since then, after the silence
    rescue: Rescue | None = None
    answered: dict[str, Answered] = {}
    faults: dict[str, int | None] = {}  # open fault, danger and offline findings; since when each is gone
    ranks: dict[str, int] = {}  # the priority that was told of each
    active: dict[str, Timer] = {}  # fault codes that are active, and since when they pause (alerts.fault_codes)
    repeats: dict[str, list[int]] = {}  # when those became active in the last day
    zone_lies: list[int] = []  # when the car opened at a landing and said that it is outside the zone
    zone_lied: bool = False  # it did so at this stop
    zone_found: bool = False  # and that is an open fault
    closed: dict[str, Answered] = {}  # those of them that a person has closed although they are still true
    due: int | None = None  # when time alone changes something, silence apart
    looked_at: int = 0  # the last decision
    impossible: dict[str, int] = {}  # what no lift can have done (alerts.impossible) → how often
    notes: dict[str, int] = {}  # "field=value" nobody knows → how often


MAX_NOTES = 20
FOREIGN = 64
FLOODS = "flood"  # the note of a lift whose history was thinned


_decoder = msgspec.json.Decoder(Memory)
_encoder = msgspec.json.Encoder()


def decode(data: bytes | None) -> Memory:
    """The memory as stored; an empty one for a lift never heard. Fails for bytes that are none (see `readable`)."""
    return _decoder.decode(data) if data else Memory()


def readable(data: bytes | None) -> Memory | None:
    """The memory as stored; None for bytes that are none: a damaged row, or another program's."""
    try:
        return decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def encode(memory: Memory) -> bytes:
    """The memory as it is stored: JSON, readable in the database."""
    return _encoder.encode(memory)


def note(memory: Memory, key: str) -> None:
    """Remember something that people should see on the lift's page, and how often."""
    if key in memory.notes or len(memory.notes) < MAX_NOTES:
        memory.notes[key] = memory.notes.get(key, 0) + 1
