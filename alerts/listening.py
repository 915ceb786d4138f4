"""Whether we are listening, from the intake's heartbeat rows. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

ALIVE_WITHIN = timedelta(seconds=5)
_LANES = frozenset({"alarm", "telemetry"})


@dataclass(frozen=True, slots=True)
class Listening:
    """Since when silence may be counted (None: not now), and whether due timers must wait."""

    since: datetime | None
    hold: bool


def judge(lanes: Sequence[Mapping[str, Any]], started: datetime, now: datetime, hold: timedelta) -> Listening:
    """Judge the intake.

    Args:
        lanes: rows of `intake`.
        started: when this worker started.
        now: the present.
        hold: how long due timers wait at most for a queue to be read.
    """
    alive = [row for row in lanes if now - row["alive_at"] <= ALIVE_WITHIN]
    if {row["lane"] for row in alive} >= _LANES and all(row["listening_since"] for row in alive):
        return Listening(max(row["listening_since"] for row in alive), hold=False)
    waiting_since = max([started, *(row["started_at"] for row in alive)])
    return Listening(None, hold=now < waiting_since + hold)
