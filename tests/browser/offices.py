"""Maintenance for browser tests of the offices' pages: crews who work over the interface, and what they leave behind."""

from datetime import date, timedelta
from itertools import count
from typing import Any

import httpx
import psycopg
from psycopg.types.json import Jsonb

from alerts.maintenance.plans import shelf
from alerts.maintenance.plans.plan import Kind
from elevator import clock
from elevator.model import LiftClass
from tests.browser.console import Lift, Place

DRAWING = {"kind": "svg", "data": "M20 60C40 10 60 10 70 60L110 30L150 70L190 40"}
BAD = {"code": "A-1-15", "outcome": "abnormal", "text": "3 层井道灯不亮", "photos": ["p1"]}
_numbers = count(1)


def today() -> date:
    """In China, as due days are counted."""
    return (clock.now() + timedelta(hours=8)).date()


class Crew:
    """A firm's technician with a program's token."""

    def __init__(self, place: Place, firm: dict[str, Any], name: str, until: int | None = 400) -> None:
        self.place = place
        made = place.call("POST", "/tokens", {"name": name, "role": "firm", "firm_id": firm["id"]})
        headers = {"Authorization": f"Bearer {made['token']}"}
        self._http = httpx.Client(base_url=f"{place.url}/api/v1", headers=headers, timeout=20)
        certificates = []
        if until is not None:
            day = (today() + timedelta(days=until)).isoformat()
            certificates = [{"kind": "T 电梯修理", "number": f"T4302{next(_numbers):06}", "valid_until": day}]
        self.worker = self.call("POST", "/workers", {"name": name, "certificates": certificates})["id"]

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self._http.request(method, path, json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def arrive(self, lift: Lift, **more: Any) -> str:
        body = {"lift_id": lift.id, "kind": "half_month", "worker_id": self.worker, **more}
        return str(self.call("POST", "/visits", body)["id"])

    def enter(self, visit: str, *changed: dict[str, Any]) -> None:
        """Every item normal, but for those that are given."""
        other = {one["code"]: one for one in changed}
        results = []
        for item in shelf.newest(LiftClass.TRACTION).items_of(Kind.HALF_MONTH):
            one: dict[str, Any] = {"code": item.code, "outcome": "normal", "photos": ["p1"] if item.key else []}
            if item.least is not None:
                one["value"] = item.least
            results.append(other.get(item.code, one))
        self.call("POST", f"/visits/{visit}/results", {"results": results})

    def leave(self, visit: str) -> None:
        self.call("POST", f"/visits/{visit}/sign", {"worker_id": self.worker, "drawing": DRAWING})
        self.call("POST", f"/visits/{visit}/check_out")

    def whole(self, lift: Lift, *changed: dict[str, Any], **more: Any) -> str:
        visit = self.arrive(lift, **more)
        self.enter(visit, *changed)
        self.leave(visit)
        return visit

    def close(self) -> None:
        self._http.close()


def last_was(place: Place, lift: Lift, days: int) -> None:
    """The last half-monthly visit of this lift was so many days ago."""
    day = (today() - timedelta(days=days)).isoformat()
    place.call("PUT", f"/maintenance/lifts/{lift.id}", {"last": {"half_month": day}})


def sql(place: Place, statement: str, **values: Any) -> None:
    """Change what no interface changes, such as time."""
    with psycopg.connect(place.running.database_url, autocommit=True) as connection:
        connection.execute(statement.encode(), values)


def doubt(place: Place, visit: str) -> None:
    """As the platform would find it a minute later, if the lift had stood still all the time."""
    piece = {
        "code": "no_inspection",
        "points": -3,
        "values": {},
        "text": {"zh": "未见检修模式", "en": "no inspection mode was seen"},
    }
    sql(
        place,
        """INSERT INTO visit_plausibility (visit_id, lift_no, firm_id, began_at, left_at, level, score, thresholds,
               evidence, items, telemetry, inspection_s, computed_at)
           SELECT id, lift_no, firm_id, began_at, left_at, 'doubtful', -3, '1', %(evidence)s, '{}', '{}', 0, left_at
           FROM visit WHERE id = %(id)s
           ON CONFLICT (visit_id) DO UPDATE SET level = 'doubtful', evidence = EXCLUDED.evidence""",
        evidence=Jsonb([piece]), id=visit,
    )  # fmt: skip
    sql(place, "UPDATE visit SET judged = version WHERE id = %(id)s", id=visit)
