"""What was heard of a lift around something that went wrong, and its incidents then, as lines for a person. Pure."""

from bisect import bisect_left
from collections.abc import Sequence

from deploy.score.incidents import Incident
from deploy.score.intake import Heard, Unreadable
from elevator.model import Event, Link, Sample

BEFORE = 90_000  # ms that are shown before it began
AFTER = 300_000  # and after
MOST = 60  # lines

_STATE = (
    "mode", "floor", "moving", "door_zone", "door", "occupied", "people", "power", "safety_chain", "door_command",
    "car_calls", "faults", "boot", "replay",
)  # fmt: skip
_USUAL = {"mode": "normal", "power": "mains", "safety_chain": "closed", "door_command": "none"}


def lines(at: int, heard: Sequence[Heard], incidents: Sequence[Incident]) -> list[str]:
    """What happened around `at` (ms), one line each, in seconds from then."""
    told: list[tuple[int, str]] = []
    before: Sample | None = None
    for when, item, retained in heard[bisect_left(heard, at - BEFORE, key=lambda one: one[0]) :]:
        if when > at + AFTER:
            break
        if isinstance(item, Sample):
            if before is None or any(getattr(item, name) != getattr(before, name) for name in _STATE):
                told.append((when, _sample(item, when)))
            before = item
        else:
            told.append((when, _other(item, when, retained=retained)))
    for one in incidents:
        if at - BEFORE <= (one.ended_at or at) and one.opened_at <= at + AFTER:
            told += _incident(one)
    told.sort(key=lambda line: line[0])
    cut = len(told) - MOST
    shown = told if cut <= 0 else [*told[:MOST], (told[MOST][0], f"… {cut} more lines")]
    return [f"{(when - at) / 1000:+9.1f} s  {text}" for when, text in shown]


def _sample(sample: Sample, when: int) -> str:
    words = [f"floor {sample.floor}", "moving" if sample.moving else "stopped"]
    words.append({True: "in the zone", False: "outside the zone", None: "zone unknown"}[sample.zone])
    words.append(f"door {sample.door}")
    words.append({True: "occupied", False: "empty", None: "no person sensor"}[sample.occupied_now])
    for name, usual in _USUAL.items():
        value = getattr(sample, name)
        if value is not None and value != usual:
            words.append(f"{name} {value}")
    words += [f"{sample.car_calls} calls"] if sample.car_calls else []
    words += [f"faults {','.join(sample.faults)}"] if sample.faults else []
    words += ["replayed"] if sample.replay else []
    return f"sample {sample.boot}:{sample.seq} ({(sample.ts - when) / 1000:+.1f} s): {', '.join(words)}"


def _other(item: Event | Link | Unreadable, when: int, *, retained: bool) -> str:
    if isinstance(item, Event):
        mark = " replayed" if item.replay else ""
        active = "set" if item.active else "cleared"
        return f"event {item.boot}:{item.seq} ({(item.ts - when) / 1000:+.1f} s): {item.code} {active}{mark}"
    if isinstance(item, Link):
        return f"link {'online' if item.online else 'offline'}{' retained' if retained else ''}"
    return f"unreadable: {item.rule}"


def _incident(one: Incident) -> list[tuple[int, str]]:
    name = f"{one.kind} {one.code or one.reason}"
    told = [(one.opened_at, f"→ {name} opened")]
    if one.asked_at is not None:
        told.append((one.asked_at, f"→ {name} asks a person"))
    if one.confirmed_at is not None and one.confirmed_at > one.opened_at:
        told.append((one.confirmed_at, f"→ {name} confirmed"))
    if one.person_at is not None:
        told.append((one.person_at, f"→ {name} confirmed by a person"))
    if one.ended_at is not None:
        told.append((one.ended_at, f"→ {name} {one.ended}"))
    return told
