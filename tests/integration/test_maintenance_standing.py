"""How firms and districts stand: figures that a reader can count by hand, and who sees which."""

from datetime import timedelta
from typing import Any

import pytest

from api.answers import maintenance
from tests.contract.test_api_openapi import undocumented
from tests.integration.test_maintenance_visits import BAD, Site, results, site

__all__ = ["site"]


@pytest.fixture
async def month(site: Site) -> Site:
    """L-1 (firm A, district East) and L-2 (firm B, West), looked at by crews in time, late and from afar."""
    await site.place.sql("UPDATE lift SET district = CASE lift_id WHEN 'L-2' THEN 'West' ELSE 'East' END")
    await site.place.sql("UPDATE lift SET lat = 27.8, lon = 113.1")
    return site


async def standing(site: Site, role: str = "supervisor", query: str = "") -> dict[str | None, dict[str, Any]]:
    answer = await site.call(role, "GET", f"/maintenance/standing{query}")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    maintenance.StandingList.model_validate(found)
    assert [undocumented(maintenance.StandingItem.model_validate(one)) for one in found["items"]] == [
        [] for _ in found["items"]
    ]
    return {one["name"]: one for one in found["items"]}


async def test_what_is_overdue_by_firm_and_district(month: Site) -> None:
    """A half-monthly visit is due after 15 days, so that 18 days later it is 3 days over; L-3 has no firm."""
    month.after(days=18)
    firms = await standing(month)
    assert {name: (one["lifts"], one["overdue_lifts"], one["overdue"], one["overdue_days"], one["worst_days"])
            for name, one in firms.items()} == {
        "Firm A": (1, 1, 1, 3, 3), "Firm B": (1, 1, 1, 3, 3), None: (1, 1, 1, 3, 3)}  # fmt: skip
    districts = await standing(month, query="?by=district")
    assert {name: (one["lifts"], one["overdue_days"]) for name, one in districts.items()} == {
        "East": (2, 6), "West": (1, 3)}  # fmt: skip


async def test_visits_in_time_late_marked_late_and_far(month: Site) -> None:
    await month.after(days=15).finish(await month.arrive(lat=27.8, lon=113.1))
    firm = (await standing(month.after(minutes=1)))["Firm A"]
    assert (firm["visits"], firm["timed"], firm["in_time"], firm["far"], firm["overdue"]) == (1, 1, 1, 0, 0)
    await month.after(days=16).finish(await month.arrive(lat=27.9, lon=113.1))
    firm = (await standing(month.after(minutes=1)))["Firm A"]
    assert (firm["visits"], firm["timed"], firm["in_time"], firm["far"]) == (2, 2, 1, 1)
    assert [one["days_late"] for one in await month.place.sql("SELECT days_late FROM visit ORDER BY id")] == [0, 1]
    assert (await standing(month))["Firm B"]["visits"] == 0
    begin = (month.began + timedelta(days=20)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (await standing(month, query=f"?from={begin}"))["Firm A"]["visits"] == 1
    assert (await standing(month, query=f"?to={begin}&from=2020-01-01T00:00:00Z"))["Firm A"]["visits"] == 1


async def test_a_longer_visit_is_as_late_as_the_shortest_kind_it_covers(month: Site) -> None:
    """A quarterly visit long before its own day, but four days after the half-monthly one was due."""
    visit = await month.after(days=19).arrive(kind="quarter")
    rows = [{"code": item["code"], "outcome": "normal", "value": item["least"] or item["most"], "photos": ["p1"]}
            for item in (await month.seen(visit))["items"]]  # fmt: skip
    await month.do(visit, "results", results=rows)
    await month.do(visit, "sign", worker_id=month.ids["wang"], drawing={"kind": "svg", "data": "M0 0L10 10"})
    await month.do(visit, "check_out")
    assert [one["days_late"] for one in await month.place.sql("SELECT days_late FROM visit")] == [4]


async def test_open_orders_and_the_oldest(month: Site) -> None:
    visit = await month.arrive()
    await month.do(visit, "results", results=results(A_1_15=BAD))
    first = (await month.call("firm", "GET", "/orders")).json()["items"][0]
    await month.after(days=2).call("property", "POST", "/orders", json={"lift_id": "L-1", "text": "x"})
    firm = (await standing(month))["Firm A"]
    assert (firm["orders_open"], firm["oldest_order_at"]) == (2, first["opened_at"])
    await month.call("firm", "POST", f"/orders/{first['id']}/done", json={"text": "x", "photos": ["p"]})
    assert (await standing(month))["Firm A"]["orders_open"] == 2
    await month.call("firm", "POST", f"/orders/{first['id']}/close")
    assert (await standing(month))["Firm A"]["orders_open"] == 1
    assert (await standing(month))["Firm B"]["oldest_order_at"] is None


async def test_a_firm_sees_itself_alone(month: Site) -> None:
    month.after(days=18)
    assert list(await standing(month, "firm")) == ["Firm A"]
    assert list(await standing(month, "firm_B")) == ["Firm B"]
    assert sum(one["lifts"] for one in (await standing(month, "firm", "?by=district")).values()) == 1


async def test_the_worst_comes_first_and_an_empty_period_is_refused(month: Site) -> None:
    await month.after(days=16).finish(await month.arrive())
    answer = await month.call("admin", "GET", "/maintenance/standing")
    assert [one["name"] for one in answer.json()["items"]][-1] == "Firm A"
    bad = await month.call("admin", "GET", "/maintenance/standing?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z")
    assert bad.status_code == 422


async def test_how_many_visits_are_doubtful_of_those_that_can_be_checked(month: Site) -> None:
    """One doubtful, one supported, one that cannot be checked, which counts for neither side."""
    for level in ("doubtful", "supported", "unknown"):
        visit = await month.after(days=14).arrive()
        await month.finish(visit)
        await month.place.sql(
            """INSERT INTO visit_plausibility (visit_id, lift_no, firm_id, began_at, left_at, level, score, thresholds,
                   evidence, items, telemetry, inspection_s, computed_at)
               SELECT id, lift_no, firm_id, began_at, left_at, %(level)s, 0, '1', '[]', '{}', '{}', 0, left_at
               FROM visit WHERE id = %(id)s""",
            level=level, id=visit,
        )  # fmt: skip
    begin = month.began.strftime("%Y-%m-%dT%H:%M:%SZ")
    firm = (await standing(month.after(minutes=1), query=f"?from={begin}"))["Firm A"]
    assert (firm["visits"], firm["checked"], firm["doubtful"]) == (3, 2, 1)
    east = (await standing(month, query=f"?from={begin}&by=district"))["East"]
    assert (east["checked"], east["doubtful"]) == (2, 1)
    assert (await standing(month, "firm_B"))["Firm B"]["checked"] == 0
