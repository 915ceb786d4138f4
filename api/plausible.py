"""Whether visits happened, as the interface tells it: evidence with its sentences, and that it is no verdict."""

from typing import Any, Literal

from alerts.maintenance.plans.plan import Kind
from alerts.maintenance.plausibility.words import LEVELS, NEVER
from api.objects import Object, Row, plain, time
from api.schemas import Shape, Text, Time

_KEPT = ("level", "score", "thresholds", "computed_at", "evidence", "items", "telemetry")
Level = Literal["supported", "open", "doubtful", "unknown"]


class PieceItem(Shape):
    """One piece of evidence: a sentence with its values; `points` below 0 speak against the visit."""

    code: str
    points: float
    text: Text
    values: dict[str, Any]


class PlausibilityShort(Shape):
    """What it comes to."""

    level: Level
    score: float
    text: Text


class PlausibilityItem(Shape):
    """Evidence that a visit happened, or that it did not; never a verdict. All null: not looked at yet."""

    visit: str
    level: Level | None
    score: float | None
    text: Text | None
    note: Text
    thresholds: str | None
    began_at: Time | None
    left_at: Time | None
    computed_at: Time | None
    evidence: list[PieceItem]
    items: dict[str, Literal["seen", "not_seen", "cannot_tell"]]
    telemetry: dict[str, float | None] | None


class PlausibilityLine(PlausibilityItem):
    """The same in lists, with what one must know of the visit."""

    lift_id: str
    name: str | None
    building: str | None
    district: str | None
    firm: str
    firm_name: str
    kind: Kind | None
    workers: list[str]


def short(row: Row | None) -> Object | None:
    """For a visit's own page."""
    return None if row is None else {"level": row["level"], "score": row["score"], "text": LEVELS[row["level"]]}


def item(visit_id: str, row: Row | None) -> Object:
    """One visit's plausibility."""
    if row is None:
        nothing = ("level", "score", "text", "thresholds", "began_at", "left_at", "computed_at", "telemetry")
        return {"visit": visit_id, "note": NEVER, "evidence": [], "items": {}, **dict.fromkeys(nothing)}
    return {
        "visit": visit_id,
        "text": LEVELS[row["level"]],
        "note": NEVER,
        "began_at": time(row["from_at"]),
        "left_at": time(row["upto_at"]),
        **plain({name: row[name] for name in _KEPT}),
    }


def line(row: Row) -> Object:
    """The same in a list."""
    return item(row["id"], row) | {
        **plain({name: row[name] for name in ("lift_id", "name", "building", "district", "firm_name", "kind")}),
        "firm": row["firm_id"],
        "workers": [one for one in (row["worker_name"], row["second_name"]) if one],
    }
