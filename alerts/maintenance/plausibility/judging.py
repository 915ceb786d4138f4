"""The plausibility of a visit: pieces of evidence with their weights, added up. Pure.

Rules. It is never a verdict: `doubtful` says where a person should ask. What is not known is not counted: a lift that
was not heard, a signal that it does not have, a phone without a position. That something was not seen counts only
where the lift was heard nearly throughout and has shown, or has the signal to show, what is missing.

Theory of operation. Each function looks at one side of a visit and hands out pieces; points below 0 speak against the
visit. Weights are added as if the pieces were independent of each other, which they are only roughly: the limits were
set on simulated visits as a whole (ADR 0019). Of several of one kind only the worst counts; all are told.
"""

from collections.abc import Iterator, Sequence

from alerts.maintenance.plausibility.record import (
    Answer,
    Claim,
    Known,
    Level,
    Other,
    Piece,
    Plausibility,
    Telemetry,
)
from alerts.maintenance.plausibility.telemetry import HELD
from alerts.maintenance.plausibility.thresholds import Thresholds
from alerts.maintenance.plausibility.words import say

_UNPOINTED = frozenset({"unheard", "inspection_unknown", "nowhere"})
_WORK = frozenset({"inspection", "inspection_short", "between", "power_off", "chain"})


def judge(claim: Claim, told: Telemetry, known: Known, thresholds: Thresholds) -> Plausibility:
    """The plausibility of one visit.

    Args:
        claim: what it says of itself, and what other records say beside it.
        told: what its lift told meanwhile.
        known: what this lift has ever shown.
        thresholds: one version of them.
    """
    heard = told.heard >= thresholds.limits["heard_share"]
    pieces = [
        *_telemetry(claim, told, known, thresholds, heard=heard),
        *_time(claim, thresholds),
        *_position(claim, thresholds),
        *_worst(_photos(claim, thresholds)),
        *_worst(_elsewhere(claim, thresholds)),
        *_worst(_drawings(claim, thresholds)),
    ]
    score = round(sum(one.points for one in pieces), 2)
    limits = thresholds.limits
    if score <= limits["doubtful"]:
        level = Level.DOUBTFUL
    elif not heard and not any(one.code in _WORK for one in pieces):
        level = Level.UNKNOWN
    else:
        level = Level.SUPPORTED if score >= limits["supported"] else Level.OPEN
    return Plausibility(
        level=level, score=score, thresholds=thresholds.name, evidence=tuple(pieces),
        items=_items(claim, told, known, thresholds, heard=heard),
    )  # fmt: skip


def _piece(thresholds: Thresholds, code: str, **values: object) -> Piece:
    points = 0.0 if code in _UNPOINTED else thresholds.points[code]
    return Piece(code=code, points=points, text=say(code, **values), values=values)


def _telemetry(claim: Claim, told: Telemetry, known: Known, t: Thresholds, *, heard: bool) -> Iterator[Piece]:
    limits = t.limits
    if not heard:
        yield _piece(t, "unheard", share=round(told.heard * 100))
    work = list(_work(told, t))
    yield from work
    if told.held_open >= limits["held_open"]:
        yield _piece(t, "held", times=told.held_open, seconds=round(HELD))
    if not heard:
        return  # what was not heard was not missing
    if not work and (told.stops_between is not None or told.chain_open_s is not None):
        yield _piece(t, "no_trace", doors=_shown(told.door_cycles), runs=_shown(told.runs))
    elif told.inspection_s < limits["inspection_short_s"]:
        yield _piece(t, "inspection_missing" if known.inspection else "inspection_unknown")
    for needs, code, count in (("doors", "no_door", told.door_cycles), ("runs", "no_run", told.runs)):
        claimed = sum(t.needs.get(item) == needs for item in claim.items)
        if claimed and count == 0:
            yield _piece(t, code, items=claimed)


def _work(told: Telemetry, t: Thresholds) -> Iterator[Piece]:
    limits = t.limits
    if told.inspection_s >= limits["inspection_s"]:
        yield _piece(t, "inspection", minutes=round(told.inspection_s / 60))
    elif told.inspection_s >= limits["inspection_short_s"]:
        yield _piece(t, "inspection_short", seconds=round(told.inspection_s))
    if told.stops_between is not None and told.stops_between >= limits["stops_between"]:
        yield _piece(t, "between", times=told.stops_between)
    if told.off_mains_s >= limits["off_mains_s"]:
        yield _piece(t, "power_off", seconds=round(told.off_mains_s))
    if told.chain_open_s is not None and told.chain_open_s >= limits["chain_open_s"]:
        yield _piece(t, "chain", seconds=round(told.chain_open_s))


def _shown(count: int | None) -> str:
    return "?" if count is None else str(count)


def _time(claim: Claim, t: Thresholds) -> Iterator[Piece]:
    if not claim.items:
        return
    each = claim.worked_s / len(claim.items)
    code = (
        "time_short"
        if each < t.limits["item_short_s"]
        else "time_quick"
        if each < t.limits["item_quick_s"]
        else "time_fits"
    )
    yield _piece(t, code, minutes=round(claim.worked_s / 60), items=len(claim.items), seconds=round(each))


def _position(claim: Claim, t: Thresholds) -> Iterator[Piece]:
    limits, metres = t.limits, claim.distance_m
    if metres is None:
        yield _piece(t, "nowhere")
    elif metres > limits["very_far_m"]:
        yield _piece(t, "very_far", km=round(metres / 1000, 1))
    elif metres > limits["far_m"]:
        yield _piece(t, "far", metres=round(metres))
    elif metres <= limits["near_m"]:
        yield _piece(t, "near", metres=round(metres))


def _worst(pieces: Iterator[Piece]) -> Sequence[Piece]:
    """All of a kind are told; only the worst counts."""
    found = sorted(pieces, key=lambda one: one.points)
    return [*found[:1], *(Piece(code=one.code, points=0.0, text=one.text, values=one.values) for one in found[1:])]


def _photos(claim: Claim, t: Thresholds) -> Iterator[Piece]:
    for one in claim.reused:
        values = {"photo": one.photo, "visit": one.visit_id, "lift": one.lift}
        if one.exact:
            yield _piece(t, "photo_again", **values)
        elif not one.same_lift and one.bits <= t.limits["alike_bits"]:
            yield _piece(t, "photo_alike", **values, bits=one.bits)


def _elsewhere(claim: Claim, t: Thresholds) -> Iterator[Piece]:
    for one in claim.others:
        if one.distance_m is None or one.distance_m <= t.limits["same_place_m"]:
            continue
        both = _overlap(claim, one)
        values = {"worker": one.worker, "lift": one.lift, "visit": one.visit_id, "metres": round(one.distance_m)}
        if both >= t.limits["overlap_s"]:
            yield _piece(t, "elsewhere", **values, minutes=round(both / 60))
        elif one.distance_m / 1000 > t.limits["speed_kmh"] * (t.limits["overlap_s"] + max(-both, 0)) / 3600:
            yield _piece(t, "too_fast", **values, minutes=round(max(-both, 0) / 60))


def _overlap(claim: Claim, other: Other) -> float:
    """Seconds for which both went on; below 0: so long between them."""
    first, last = max(claim.began_at, other.began_at), min(claim.left_at, other.left_at)
    return (last - first).total_seconds()


def _drawings(claim: Claim, t: Thresholds) -> Iterator[Piece]:
    for one in claim.copies:
        code = "officer_drawn_again" if one.officer else "drawn_again"
        yield _piece(t, code, name=one.name, visit=one.visit_id)


def _items(claim: Claim, told: Telemetry, known: Known, t: Thresholds, *, heard: bool) -> dict[str, Answer]:
    """Which of the claimed items telemetry can speak of, and what it says."""
    shown = {
        "inspection": _answer(told.inspection_s >= t.limits["inspection_short_s"], tells=known.inspection),
        "doors": _answer(bool(told.door_cycles), tells=told.door_cycles is not None),
        "chain": _answer(bool(told.chain_open_s), tells=told.chain_open_s is not None),
        "runs": _answer(bool(told.runs), tells=told.runs is not None),
    }
    found = {code: shown[t.needs[code]] for code in claim.items if code in t.needs}
    return {
        code: Answer.CANNOT_TELL if answer is Answer.NOT_SEEN and not heard else answer
        for code, answer in found.items()
    }


def _answer(seen: bool, *, tells: bool) -> Answer:  # noqa: FBT001  (what was seen is its only subject)
    return Answer.SEEN if seen else Answer.NOT_SEEN if tells else Answer.CANNOT_TELL
