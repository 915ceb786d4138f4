"""What is due, over the real database and interface: entering lifts, the list, on demand, reminders, calendars, people."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import icalendar
import pytest

from alerts.maintenance.timers import Timers
from alerts.policy import Policy
from elevator import clock
from tests.api_installation import Installation, heard, installed

POLICY = Policy()
CHINA = timedelta(hours=8)


NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # in China


@pytest.fixture
async def place(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Installation]:
    """At a time of its own, far from midnight."""
    monkeypatch.setattr(clock, "now", lambda: NOON)
    async with installed(database) as place:
        timers = Timers(place.pool, POLICY)
        await timers.enter()
        await timers.remind()
        yield place


def today() -> date:
    return (clock.now() + CHINA).date()


def day(offset: int) -> str:
    return (today() + timedelta(days=offset)).isoformat()


async def listed(place: Installation, role: str = "supervisor", **query: Any) -> list[dict[str, Any]]:
    answer = await place.call(role, "GET", "/maintenance/due", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def wrong(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [one["field"] for one in answer.json()["errors"]]


async def test_registered_lifts_are_entered_with_all_their_due_days(place: Installation) -> None:
    found = await listed(place)
    assert [(one["kind"], one["days_left"]) for one in found if one["lift_id"] == "L-1"] == [
        ("half_month", 15), ("quarter", 92), ("half_year", 183), ("year", 365),
    ]  # fmt: skip
    assert {one["lift_id"] for one in found} == {"L-1", "L-2", "L-3"}
    assert [one["due_on"] for one in found] == sorted(one["due_on"] for one in found)
    before = await place.sql("SELECT * FROM maintenance_due ORDER BY lift_no, kind")
    await Timers(place.pool, POLICY).enter()
    assert await place.sql("SELECT * FROM maintenance_due ORDER BY lift_no, kind") == before


async def test_a_lift_that_was_only_heard_has_no_maintenance_until_it_is_registered(place: Installation) -> None:
    await heard(place, "L-77")
    await Timers(place.pool, POLICY).enter()
    assert await listed(place, lift_id="L-77") == []
    assert (await place.call("admin", "GET", "/maintenance/lifts/L-77")).status_code == 404
    body = {"lift_id": "L-77", "rescue_code": "770077", "name": "seventy-seven"}
    assert (await place.call("admin", "POST", "/lifts", json=body)).status_code == 201
    await Timers(place.pool, POLICY).enter()
    assert len(await listed(place, lift_id="L-77")) == 4


async def test_each_sees_the_due_days_in_its_care(place: Installation) -> None:
    sees = {role: {one["lift_id"] for one in await listed(place, role)} for role in place.tokens}
    everything = {"L-1", "L-2", "L-3"}
    assert sees == {
        "admin": everything, "dispatcher": everything, "supervisor": everything,
        "firm": {"L-1"}, "responder": {"L-1"}, "responder2": {"L-1"}, "firm_B": {"L-2"}, "responder_B": {"L-2"},
        "property": {"L-1", "L-3"}, "property2": {"L-2"},
    }  # fmt: skip
    assert (await place.call("firm", "GET", "/maintenance/lifts/L-2")).status_code == 404
    assert (await place.call("firm", "GET", "/maintenance/lifts/L-1")).status_code == 200


async def test_filters_and_pages(place: Installation) -> None:
    await place.call("admin", "PUT", "/maintenance/lifts/L-1", json={"last": {"half_month": day(-20)}})
    late = await listed(place, overdue=True)
    assert [(one["lift_id"], one["kind"], one["days_left"], one["standing"]) for one in late] == [
        ("L-1", "half_month", -5, "overdue")
    ]
    assert len(await listed(place, overdue=False)) == 11
    assert {one["kind"] for one in await listed(place, kind="year")} == {"year"}
    assert {one["lift_id"] for one in await listed(place, firm=place.ids["firm_B"])} == {"L-2"}
    assert {one["days_left"] for one in await listed(place, within=20)} == {-5, 15}
    assert await listed(place, district="nowhere") == []
    seen: list[dict[str, Any]] = []
    cursor: dict[str, Any] = {}
    while True:
        page = (await place.call("admin", "GET", "/maintenance/due", params={"limit": 5, **cursor})).json()
        seen += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == await listed(place, "admin")


async def test_visits_from_before_are_entered_by_the_desk(place: Installation) -> None:
    body = {"last": {"half_month": day(-3), "year": day(-2)}}
    answer = await place.call("dispatcher", "PUT", "/maintenance/lifts/L-1", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["last"] == body["last"]
    assert {one["kind"]: one["due_on"] for one in answer.json()["due"]} == {
        "half_month": day(13), "quarter": day(90), "half_year": day(181), "year": day(363)
    }  # fmt: skip
    assert {one["kind"]: one["due_on"] for one in await listed(place, lift_id="L-1")} == {
        one["kind"]: one["due_on"] for one in answer.json()["due"]
    }
    future = await place.call("dispatcher", "PUT", "/maintenance/lifts/L-1", json={"last": {"year": day(1)}})
    assert wrong(future) == ["body.last.year"]
    assert (await place.call("firm", "PUT", "/maintenance/lifts/L-1", json=body)).status_code == 403


async def test_on_demand_asks_for_all_its_conditions_at_once(place: Installation) -> None:
    terms = {"ceiling_months": 2, "inspection_until": day(300), "insurance_until": day(200), "rating": "A"}
    bad = terms | {"ceiling_months": 4, "inspection_until": day(-1), "insurance_until": day(-1), "rating": "C"}
    answer = await place.call("admin", "PUT", "/maintenance/lifts/L-1", json={"on_demand": bad})
    assert wrong(answer) == [f"body.on_demand.{name}" for name in bad] + ["body.on_demand"]
    assert (await listed(place, lift_id="L-1"))[0]["days_left"] == 15
    await heard(place, "L-1")
    answer = await place.call("admin", "PUT", "/maintenance/lifts/L-1", json={"on_demand": terms})
    assert answer.status_code == 200, answer.text
    assert answer.json()["on_demand"] == terms | {"holds": True}
    found = {one["kind"]: one for one in await listed(place, lift_id="L-1")}
    assert found["half_month"]["on_demand"]
    assert 58 <= found["half_month"]["days_left"] <= 62
    assert found["quarter"]["days_left"] == 92
    await place.call("admin", "PUT", "/maintenance/lifts/L-1", json={"last": {"half_month": day(0)}})
    assert (await place.call("admin", "GET", "/maintenance/lifts/L-1")).json()["on_demand"] is not None
    await place.call("admin", "PUT", "/maintenance/lifts/L-1", json={"on_demand": None})
    assert {one["kind"]: one["days_left"] for one in await listed(place, lift_id="L-1")}["half_month"] == 15


async def told(place: Installation) -> list[tuple[str, str, str]]:
    found = await place.sql("SELECT target, body FROM outbox WHERE incident_id IS NULL ORDER BY id")
    names = {f"firm:{place.ids[name]}": name for name in ("firm_A", "firm_B")}
    return [(names.get(one["target"], one["target"]), one["body"]["name"], one["body"]["text"]["en"]) for one in found]


async def test_firms_are_reminded_once_and_overdue_is_told_to_supervisors_too(
    place: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = clock.now()
    for ahead, expected in (
        (11, []),
        (12, [("supervisors", "due_soon", "Coming due: 1 lift for half-monthly maintenance"),
              ("firm_A", "due_soon", "Coming due: 1 lift for half-monthly maintenance"),
              ("firm_B", "due_soon", "Coming due: 1 lift for half-monthly maintenance")]),
        (15, []),
        (16, [("supervisors", "overdue", "Overdue: 1 lift for half-monthly maintenance"),
              ("firm_A", "overdue", "Overdue: 1 lift for half-monthly maintenance"),
              ("supervisors", "overdue", "Overdue: 1 lift for half-monthly maintenance"),
              ("firm_B", "overdue", "Overdue: 1 lift for half-monthly maintenance"),
              ("supervisors", "overdue", "Overdue: 1 lift for half-monthly maintenance")]),
        (17, []),
    ):  # fmt: skip
        await place.sql("DELETE FROM outbox")
        monkeypatch.setattr(clock, "now", lambda ahead=ahead: start + timedelta(days=ahead))
        await Timers(place.pool, POLICY).remind()
        await Timers(place.pool, POLICY).remind()
        assert sorted(await told(place)) == sorted(expected), ahead
    fed = await place.sql("SELECT count(*) AS n FROM feed WHERE kind = 'message'")
    assert fed[0]["n"] == 8


async def test_a_new_due_day_is_reminded_of_again(place: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    start = clock.now()
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(days=20))
    await Timers(place.pool, POLICY).remind()
    body = {"last": {"half_month": day(0)}}
    assert (await place.call("admin", "PUT", "/maintenance/lifts/L-1", json=body)).status_code == 200
    await place.sql("DELETE FROM outbox")
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(days=33))
    await Timers(place.pool, POLICY).remind()
    assert [name for target, name, _ in await told(place) if target == "firm_A"] == ["due_soon"]


async def test_a_calendar_is_read_without_signing_in_until_it_is_revoked(place: Installation) -> None:
    made = await place.call("firm", "POST", "/maintenance/calendars", json={"name": "phone"})
    assert made.status_code == 201
    path = made.json()["url"].removeprefix("/api/v1")
    answer = await place.call(None, "GET", path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/calendar")
    events = list(icalendar.Calendar.from_ical(answer.content).walk("VEVENT"))
    assert [str(one["uid"]) for one in events] == ["L-1-half_month@liftline"]
    assert events[0]["dtstart"].dt == today() + timedelta(days=15)
    assert "半月维保" in str(events[0]["summary"])
    assert (await place.call(None, "GET", path.replace(".ics", "x.ics"))).status_code == 404
    stored = await place.sql("SELECT code_hash FROM calendar_link")
    assert path.split("/")[-1].removesuffix(".ics").encode() not in bytes(stored[0]["code_hash"])
    mine = (await place.call("firm", "GET", "/maintenance/calendars")).json()["items"]
    assert [one["name"] for one in mine] == ["phone"]
    assert "url" not in mine[0]
    assert (await place.call("firm_B", "DELETE", f"/maintenance/calendars/{mine[0]['id']}")).status_code == 404
    assert (await place.call("firm", "DELETE", f"/maintenance/calendars/{mine[0]['id']}")).status_code == 204
    assert (await place.call(None, "GET", path)).status_code == 404


async def test_a_firm_s_plan_grows_in_versions(place: Installation) -> None:
    extra = {"kind": "half_month", "zh": "空调", "en": "Air conditioner", "must_zh": "正常", "must_en": "works"}
    one = await place.call("firm", "POST", "/plans", json={"lift_class": "traction", "items": [extra]})
    assert one.status_code == 201, one.text
    assert one.json()["counts"]["half_month"] == 32
    two = await place.call("firm", "POST", "/plans", json={"lift_class": "traction", "items": [extra, extra]})
    assert [one.json()["version"], two.json()["version"]] == [1, 2]
    kept = (await place.call("firm", "GET", f"/plans/{one.json()['id']}")).json()
    assert [item["code"] for item in kept["items"]].count("X-1-1") == 1
    assert "X-1-2" not in [item["code"] for item in kept["items"]]
    assert (await place.call("firm_B", "GET", f"/plans/{one.json()['id']}")).status_code == 404
    assert (await place.call("supervisor", "GET", f"/plans/{one.json()['id']}")).status_code == 200
    mine = (await place.call("firm", "GET", "/plans", params={"lift_class": "traction"})).json()["items"]
    assert [one["id"] for one in mine] == [two.json()["id"], one.json()["id"], "traction-1"]
    theirs = (await place.call("firm_B", "GET", "/plans")).json()["items"]
    assert sorted(one["id"] for one in theirs) == [
        "dumbwaiter-1",
        "escalator-1",
        "hoist-1",
        "hydraulic-1",
        "traction-1",
    ]
    seen: list[str] = []
    cursor: dict[str, Any] = {}
    while cursor is not None:
        page = (await place.call("firm", "GET", "/plans", params={"limit": 2, **cursor})).json()
        seen += [item["id"] for item in page["items"]]
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else None
    assert seen == [
        two.json()["id"],
        one.json()["id"],
        "traction-1",
        "hydraulic-1",
        "hoist-1",
        "escalator-1",
        "dumbwaiter-1",
    ]


async def test_items_that_cannot_be_judged_are_told_together(place: Installation) -> None:
    good = {"kind": "half_month", "zh": "a", "en": "a", "must_zh": "a", "must_en": "a"}
    items = [good | {"judge": "number"}, good, good | {"unit": "mm"}]
    answer = await place.call("firm", "POST", "/plans", json={"lift_class": "hoist", "items": items})
    assert wrong(answer) == ["body.items.0", "body.items.2"]
    assert await place.sql("SELECT 1 FROM plan WHERE firm_id IS NOT NULL") == []


async def test_a_version_of_a_plan_never_changes(place: Installation) -> None:
    await place.call("firm", "POST", "/plans", json={"lift_class": "traction", "items": []})
    for statement in ("UPDATE plan SET version = 9", "DELETE FROM plan", "TRUNCATE plan CASCADE"):
        with pytest.raises(Exception, match="append-only"):
            await place.sql(statement)


async def test_a_firm_keeps_its_people_and_their_certificates(place: Installation) -> None:
    body = {"name": "王维", "certificates": [{"kind": "T", "number": "1", "valid_until": day(-1)},
                                          {"kind": "T", "number": "2", "valid_until": day(0)}]}  # fmt: skip
    made = (await place.call("firm", "POST", "/workers", json=body)).json()
    assert [(one["number"], one["expired"]) for one in made["certificates"]] == [("1", True), ("2", False)]
    assert made["qualified"]
    assert (await place.call("firm_B", "GET", f"/workers/{made['id']}")).status_code == 404
    assert (await place.call("responder", "GET", f"/workers/{made['id']}")).status_code == 200
    changed = body | {"certificates": body["certificates"][:1], "active": False}
    after = (await place.call("firm", "PUT", f"/workers/{made['id']}", json=changed)).json()
    assert (after["qualified"], after["active"], len(after["certificates"])) == (False, False, 1)
    listed_ = (await place.call("supervisor", "GET", "/workers", params={"until": day(0)})).json()["items"]
    assert [one["id"] for one in listed_] == [made["id"]]
    twice = body | {"certificates": [body["certificates"][0]] * 2}
    assert (await place.call("firm", "POST", "/workers", json=twice)).status_code == 422
    other = await place.call("firm", "POST", "/workers", json=body | {"firm_id": place.ids["firm_B"]})
    assert wrong(other) == ["body.firm_id"]
