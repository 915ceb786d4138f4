"""`liftline replay FILE --virtual`: a recording through decoder, normaliser and detector, without broker or database.

What the database does for the intake, knowing a message by its key, is done here in memory. There is no registry: every
lift is read as an unregistered one. Nobody acts; a rescue that looks technically recovered ends at once.

A gap says nothing about the lifts: in it silence is not counted and no timer falls due, nor for `SPEAKS` after it, by
when every lift has spoken again. Behind the end of the recording nothing is decided: it would all be made of cars that
were last seen half-way.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from msgspec import structs

from alerts import policy_file
from alerts.policy import Policy, ms
from alerts.virtual import Fleet, Virtual
from deploy.tape import file
from deploy.tape.format import Fault, Gap, Head, Heard, Line, Message
from deploy.tape.record import ENDS, wanted
from elevator import faults, times
from elevator.codes import built_in
from elevator.model import MAX_INTERVAL, Event, Link, Sample
from elevator.topics import Kind
from ingest import normalise, subscriber
from ingest.adapters import ADAPTERS, NO_TIME
from ingest.numbering import STEP
from ingest.translate import into_ours

SPEAKS = ms(MAX_INTERVAL)
_KEYS = 2_000  # of a lift, newest kept
_MOMENTS = 500  # of a lift, newest kept


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a recording came to."""

    messages: int = 0
    items: Counter[str] = field(default_factory=Counter)  # samples, events, links
    verdicts: Counter[str] = field(default_factory=Counter)  # what was made of them: live, late, duplicate, filtered, …
    unreadable: list[tuple[int, str, str, str]] = field(default_factory=list)  # at, topic, reason, detail
    passed_over: int = 0
    lost: int = 0
    gaps: int = 0
    first: int | None = None  # ms, of the messages
    last: int = 0
    faults: list[Fault] = field(default_factory=list)
    incidents: list[Virtual] = field(default_factory=list)


class Keys:
    """Which messages of one lift were heard already (contract 2.2)."""

    def __init__(self) -> None:
        self._seen: dict[tuple[type, str, int, int], int] = {}

    def again(self, item: Sample | Event, at: int, reuse_ms: int) -> bool | None:
        """False: new. True: an alarm whose key is used again. None: a duplicate."""
        key = (type(item), item.boot, item.seq, item.ts)
        last = self._seen.pop(key, None)
        self._seen[key] = at
        if len(self._seen) > _KEYS:
            del self._seen[next(iter(self._seen))]
        if last is None:
            return False
        alarm = isinstance(item, Event) and faults.canonical(item.code)[0] in faults.ALARMS
        return True if alarm and at - last > reuse_ms else None


class Numbers:
    """The numbers of foreign messages, which have none, as `ingest.numbering` gives them: by time, then by order."""

    def __init__(self) -> None:
        self._said: dict[tuple[type, int], list[Sample | Event]] = {}

    def number(self, item: Sample | Event, at: int) -> Sample | Event:
        """The item with its time and number; the same content for the same time has the same number."""
        item = structs.replace(item, ts=at if item.ts == NO_TIME else item.ts)
        there = self._said.setdefault((type(item), item.ts), [])
        if item not in there:
            there.append(item)
        if len(self._said) > _MOMENTS:
            del self._said[next(iter(self._said))]
        return structs.replace(item, seq=item.ts * STEP + there.index(item))


def hear(lines: Iterable[Line | Fault], policy: Policy, lifts: tuple[str, ...] = ()) -> Outcome:
    """Let the detector hear a recording."""
    outcome, fleet, keys, numbers = Outcome(), Fleet(policy), dict[str, Keys](), dict[str, Numbers]()
    hold_until: int | None = None
    known: dict[int, Virtual] = {}
    for line in lines:
        match line:
            case Fault():
                outcome.faults.append(line)
            case Gap():
                fleet.advance(now=line.at)
                fleet.listening, fleet.hold, hold_until = None, True, None
                outcome.gaps += line.reason != ENDS
            case Heard() if line.lost:
                outcome.lost += line.lost
            case Head() | Heard():
                if outcome.first is not None:  # a session before this one may have ended without a word
                    fleet.listening, fleet.hold, hold_until = None, True, line.at + SPEAKS
                fleet.advance(now=line.at)
                fleet.listening = line.at
            case Message() if not wanted(line.topic, lifts):
                outcome.passed_over += 1
            case Message():
                if hold_until is not None and line.at >= hold_until:
                    fleet.advance(now=hold_until)
                    fleet.hold, hold_until = False, None
                _take(outcome, fleet, keys, numbers, line)
        known |= {id(one): one for one in fleet.take_changed()}
    outcome.incidents = sorted(known.values(), key=lambda one: (one.opened_at, one.lift_id, one.kind))
    return outcome


def _take(outcome: Outcome, fleet: Fleet, keys: dict[str, Keys], numbers: dict[str, Numbers], message: Message) -> None:
    outcome.messages += 1
    outcome.first = message.at if outcome.first is None else outcome.first
    outcome.last = max(outcome.last, message.at)
    delivered = subscriber.Message(
        topic=message.topic, payload=message.payload, dup=False, retain=message.retained, received_at_ms=message.at,
        epoch=0, packet_id=None,
    )  # fmt: skip
    reading = normalise.read(delivered, None, ADAPTERS)
    into_ours(reading, built_in(), None)  # without a registry the adapters' own tables and the default one
    outcome.unreadable += [(message.at, message.topic, str(bad.reason), bad.detail) for bad in reading.bad]
    unknown = tuple(reading.unknown)
    for item in reading.items:
        if reading.lift_id is None:
            continue
        if reading.kind == Kind.RAW and not isinstance(item, Link):
            item = numbers.setdefault(reading.lift_id, Numbers()).number(item, message.at)  # noqa: PLW2901
        outcome.items[type(item).__name__.lower()] += 1
        reused: bool | None = False
        if not isinstance(item, Link):
            reused = keys.setdefault(reading.lift_id, Keys()).again(
                item, message.at, ms(fleet.policy.clocks.key_reuse_s)
            )
        if reused is None:
            outcome.verdicts["duplicate"] += 1
            continue
        verdict = fleet.observe(
            reading.lift_id, item, now=message.at, retained=message.retained, key_reused=reused, unknown=unknown
        )
        outcome.verdicts[verdict.outcome] += 1
        unknown = ()


def told(outcome: Outcome) -> Iterator[str]:
    """The outcome in lines: the incidents, oldest first, then the sums and all that is wrong."""
    for one in outcome.incidents:
        yield _sentence(one)
    rescues = [one for one in outcome.incidents if one.kind == "rescue"]
    yield (
        f"{len(rescues)} rescues, {sum(one.confirmed_at is not None for one in rescues)} of them confirmed; "
        f"{len(outcome.incidents) - len(rescues)} other incidents"
    )
    span = 0 if outcome.first is None else (outcome.last - outcome.first) / 1000
    parts = [f"{count} {name}s" for name, count in sorted(outcome.items.items())]
    parts += [f"{count} {name}" for name, count in sorted(outcome.verdicts.items()) if name != "live"]
    yield f"{outcome.messages} messages of {span:.0f} s: {', '.join(parts) or 'nothing in them'}"
    for count, what in (
        (outcome.passed_over, "messages of other lifts passed over"),
        (outcome.gaps, "gaps in the recording"),
        (outcome.lost, "messages lost when it was made"),
    ):
        if count:
            yield f"{count} {what}"
    for at, topic, reason, detail in outcome.unreadable:
        yield f"{_time(at)} {topic} unreadable: {reason}: {detail}"


def _sentence(one: Virtual) -> str:
    what = one.kind if one.code is None else f"{one.kind} {one.code}"
    parts = [f"{_time(one.opened_at)} {one.lift_id} P{one.priority} {what}: {one.reason}"]
    if one.kind == "rescue":
        if one.confirmed_at is None:
            asks = one.rang_at is not None
            parts.append("waits for a person" if asks else "suspected only")
        else:
            parts.append(
                f"confirmed {_time(one.confirmed_at)} (after {(one.confirmed_at - one.opened_at) / 1000:.1f} s)"
            )
    others = [cause for cause in one.causes if cause != one.reason]
    if others:
        parts.append(f"also {', '.join(others)}")
    if one.presses:
        parts.append(f"pressed again {one.presses} times")
    parts.append("still open" if one.ended_at is None else f"{one.end} {_time(one.ended_at)}")
    return "; ".join(parts)


def _time(at: int) -> str:
    return times.rfc3339(times.at(at))


def as_json(outcome: Outcome) -> bytes:
    """The same for programs: one object."""
    incidents = [
        {
            name: getattr(one, name)
            for name in (
                "lift_id", "kind", "code", "priority", "reason", "causes", "opened_at", "confirmed_at", "rang_at",
                "recovered_at", "ended_at", "end", "presses",
            )
        }
        for one in outcome.incidents
    ]  # fmt: skip
    return msgspec.json.encode({
        "messages": outcome.messages, "items": outcome.items, "verdicts": outcome.verdicts, "incidents": incidents,
        "gaps": outcome.gaps, "lost": outcome.lost, "passed_over": outcome.passed_over,
        "unreadable": [
            {"at": at, "topic": topic, "reason": reason, "detail": detail}
            for at, topic, reason, detail in outcome.unreadable
        ],
        "faults": [str(one) for one in outcome.faults],
    })  # fmt: skip


def run(path: Path, *, policy: Path | None, lifts: tuple[str, ...], json: bool) -> int:
    """Print what the detector makes of a file; 1 when not all of it could be read."""
    outcome = hear(file.read(path), policy_file.load(policy), lifts)
    if json:
        print(as_json(outcome).decode())
    else:
        for line in told(outcome):
            print(line)
    for fault in outcome.faults:
        print(f"liftline replay: {path}: {fault}", file=sys.stderr)
    return 1 if outcome.faults else 0
