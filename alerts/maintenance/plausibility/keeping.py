"""Plausibility computed when a visit is over, anew when it changes or telemetry comes late, and kept in a table.

One visit in a transaction of its own, which holds the visit's row and nothing of the lift: it delays no rescue.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from psycopg.types.json import Jsonb

from alerts.maintenance.plausibility import gathering
from alerts.maintenance.plausibility.gathering import Gathered, rows, run, workers_of
from alerts.maintenance.plausibility.judging import judge
from alerts.maintenance.plausibility.record import NEAR_IN_TIME, Plausibility
from alerts.maintenance.plausibility.thresholds import newest
from alerts.policy import Policy
from alerts.store import Record
from elevator.db import Connection

SETTLES = timedelta(seconds=60)
"""So long after a check-out telemetry may still be on its way."""

# While a lift was not heard throughout: its terminal may still send what it has kept.
LOOKS = (timedelta(minutes=15), timedelta(hours=2), timedelta(days=1), timedelta(days=7))
_COMPLETE = 0.99


async def waiting(
    tx: Connection, now: datetime, limit: int, *, failed: Sequence[str] = (), again: bool = False
) -> list[str]:
    """Visits whose plausibility must be computed: all but those that `failed`, or only those, `again`."""
    found = await rows(tx, "unjudged", before=now - SETTLES, now=now, limit=limit, failed=list(failed), again=again)
    return [one["id"] for one in found]


async def compute(tx: Connection, visit_id: str, policy: Policy, now: datetime) -> Plausibility | None:
    """Compute and keep it for one visit; None where another worker does, or the visit is not over.

    Args:
        tx: inside a transaction.
        visit_id: of `waiting`.
        policy: the installation's.
        now: the present.
    """
    found = await rows(tx, "take_visit", id=visit_id)
    if not found:
        return None
    visit, thresholds = found[0], newest()
    gathered = await gathering.gather(tx, visit, policy, thresholds)
    if gathered is None:
        await run(tx, "set_judged", visit_id=visit_id, version=visit["version"])
        return None
    result = judge(gathered.claim, gathered.told, gathered.known, thresholds)
    changed = visit["judged"] != visit["version"]
    await _save(tx, visit, gathered, result, now)
    if changed:
        await _wake(tx, visit, gathered, now)
    return result


async def _save(tx: Connection, visit: Record, gathered: Gathered, result: Plausibility, now: datetime) -> None:
    claim, told, visit_id = gathered.claim, gathered.told, visit["id"]
    again = next((claim.left_at + one for one in LOOKS if claim.left_at + one > now), None)
    await run(
        tx, "save", visit_id=visit_id, lift_no=visit["lift_no"], firm_id=visit["firm_id"],
        worker_id=visit["worker_id"], second_id=visit["second_id"], began_at=claim.began_at, left_at=claim.left_at,
        level=result.level, score=result.score, thresholds=result.thresholds,
        evidence=Jsonb([asdict(one) for one in result.evidence]), items=Jsonb(result.items),
        telemetry=Jsonb(asdict(told) | {"heard": round(told.heard, 3)}), inspection_s=told.inspection_s, now=now,
        look_at=again if told.heard < _COMPLETE else None,
    )  # fmt: skip
    await run(tx, "set_judged", visit_id=visit_id, version=visit["version"])
    await run(tx, "forget_drawings", visit_id=visit_id)
    drawn = gathered.drawings
    await run(
        tx, "keep_drawings", visit_id=visit_id, began_at=claim.began_at, hashes=[one.hash for one in drawn],
        names=[one.name for one in drawn], officers=[one.officer for one in drawn],
    )  # fmt: skip


async def _wake(tx: Connection, visit: Record, gathered: Gathered, now: datetime) -> None:
    """A visit that is new, or not what it was, may say something about others."""
    claim = gathered.claim
    await run(
        tx, "wake_others", visit_id=visit["id"], workers=workers_of(visit), began_at=claim.began_at, now=now,
        photos=list(gathered.later),
        since=claim.began_at - NEAR_IN_TIME - timedelta(days=1), until=claim.left_at + NEAR_IN_TIME,
    )  # fmt: skip
