"""The tried policy beside the live one: rows read, compared by `alerts.shadow.compare`, and made into objects."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from alerts.policy import Policy
from alerts.shadow import compare
from alerts.shadow.compare import Case, Live, Tried, Verdict
from api.objects import Object, Row, time
from api.reads import row, rows
from elevator.db import Connection

MOST = 20_000  # rescues of each that are compared; `complete` says whether that was all
_ALIVE_WITHIN = timedelta(seconds=30)
_BEFORE = timedelta(hours=1)  # what began before the run may be the other half of what began in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """All cases of a span, newest first, and what is said beside them."""

    cases: list[Case]
    names: dict[str, str | None]  # of lifts
    about: Object


async def read(
    connection: Connection, policy: Policy, *, configured: bool, since: datetime, until: datetime, now: datetime
) -> Compared:
    """Compare what was opened from `since` on and before `until`; the run that is not over is meant."""
    run = await row(connection, "shadow_run")
    lives: Sequence[Row] = []
    tries: Sequence[Row] = []
    if run is not None:
        since = max(since, run["began_at"])
        span: dict[str, Any] = {"since": since - _BEFORE, "until": until, "limit": MOST + 1}
        lives = await rows(connection, "compared_rescues", **span)
        tries = await rows(connection, "shadow_rescues", run_id=run["id"], **span)
    live, tried = [_live(one) for one in lives[:MOST]], [_tried(one) for one in tries[:MOST]]
    cases = [case for case in compare.compare(live, tried) if case.at >= since]
    sums = compare.totals(
        cases, (one for one in live if one.opened_at >= since), (one for one in tried if one.opened_at >= since)
    )
    differ = [] if run is None else compare.differences(compare.thresholds(policy), run["thresholds"])
    about = {
        "configured": configured,
        "run": None if run is None else _run(run, now),
        "differences": [{"name": one.name, "live": one.live, "shadow": one.shadow} for one in differ],
        "totals": {
            "verdicts": {str(verdict): count for verdict, count in sums.verdicts.items()},
            "gained_s": {
                "median": sums.gained_median_s, "best": sums.gained_best_s, "worst": sums.gained_worst_s,
            },
            "live_suspicions": sums.live_suspicions,
            "shadow_suspicions": sums.shadow_suspicions,
        },
        "complete": max(len(lives), len(tries)) <= MOST,
        "since": time(since),
        "until": time(until),
    }  # fmt: skip
    names = {one["lift_id"]: one["name"] for one in (*lives, *tries)}
    return Compared(cases=cases, names=names, about=about)


def page(found: Compared, verdict: Verdict | None, after: tuple[datetime, str] | None, limit: int) -> Sequence[Case]:
    """The cases of one page, and one more where there is another."""
    wanted = [
        case
        for case in found.cases
        if (verdict is None or case.verdict is verdict) and (after is None or (case.at, case.lift_id) < after)
    ]
    return wanted[: limit + 1]


def case_object(case: Case, name: str | None) -> Object:
    """A case as the list gives it."""
    live, shadow = case.live, case.shadow
    return {
        "lift_id": case.lift_id,
        "name": name,
        "at": time(case.at),
        "verdict": str(case.verdict),
        "truth": str(case.truth),
        "gained_s": case.gained_s,
        "live": None if live is None else {
            "id": live.id, "reason": live.reason, "state": live.state, "opened_at": time(live.opened_at),
            "rang_at": time(live.rang_at), "ended_at": time(live.ended_at), "persons": live.persons,
        },
        "shadow": None if shadow is None else {
            "id": shadow.id, "reason": shadow.reason, "opened_at": time(shadow.opened_at),
            "rang_at": time(shadow.rang_at), "ended_at": time(shadow.ended_at),
        },
    }  # fmt: skip


def _run(run: Row, now: datetime) -> Object:
    return {
        "id": run["id"],
        "began_at": time(run["began_at"]),
        "alive_at": time(run["alive_at"]),
        "heard_until": time(run["heard_until"]),
        "alive": now - run["alive_at"] <= _ALIVE_WITHIN,
        "heard": run["heard"],
        "missed": run["missed"],
    }


def _live(one: Row) -> Live:
    return Live(
        id=one["id"], lift_id=one["lift_id"], reason=one["reason"], state=one["state"], opened_at=one["opened_at"],
        confirmed_at=one["confirmed_at"], ended_at=one["ended_at"], causes=tuple(one["causes"]),
        waits=one["waits_for_person"], by_person=one["by_person"], persons=one["persons"],
        cancelled_for=one["cancelled_for"],
    )  # fmt: skip


def _tried(one: Row) -> Tried:
    return Tried(
        id=one["id"], lift_id=one["lift_id"], reason=one["reason"], opened_at=one["opened_at"],
        rang_at=one["rang_at"], ended_at=one["ended_at"],
    )  # fmt: skip
