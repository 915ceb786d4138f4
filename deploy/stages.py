"""The stages of a rescue as the demo follows them: from the car's stop to the closed incident, with latencies. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

STAGES: tuple[tuple[str, str, str, str], ...] = (
    # field of the incident, Chinese, English, counted from
    ("opened_at", "疑似", "suspected", "trapped_at"),
    ("confirmed_at", "确认", "confirmed", "trapped_at"),
    ("screen_at", "上屏", "on the screen", "opened_at"),
    ("dispatched_at", "派单", "dispatched", "confirmed_at"),
    ("acknowledged_at", "调度确认", "acknowledged", "confirmed_at"),
    ("accepted_at", "接单", "accepted", "dispatched_at"),
    ("arrived_at", "到场", "arrived", "accepted_at"),
    ("released_at", "救出", "released", "arrived_at"),
    ("closed_at", "结案", "closed", "released_at"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage reached, or not yet."""

    zh: str
    en: str
    at: datetime | None
    latency_s: float | None  # since the stage that it follows
    since: str


def stages(incident: Mapping[str, Any] | None, trapped_at: datetime | None, screen_at: datetime | None) -> list[Stage]:
    """Every stage with its time; `incident` is the object of the HTTP interface."""
    times: dict[str, datetime | None] = {
        "trapped_at": trapped_at,
        "screen_at": screen_at,
        **{
            field: datetime.fromisoformat(incident[field]) if incident and incident.get(field) else None
            for field, *_ in STAGES
            if field != "screen_at"
        },
    }
    names = {field: en for field, _, en, _ in STAGES} | {"trapped_at": "the car stood"}
    found = []
    for field, zh, en, since in STAGES:
        at, before = times[field], times[since]
        latency = (at - before).total_seconds() if at and before else None
        found.append(Stage(zh=zh, en=en, at=at, latency_s=latency, since=names[since]))
    return found


def missing(found: list[Stage]) -> list[str]:
    """Stages that were not reached."""
    return [stage.en for stage in found if stage.at is None]
