"""Incidents over HTTP: a rescue from report to close, scope, refusals, versions, keys, the caller's telephone."""

import asyncio

import pytest

from alerts.incident import Actor, Role
from api.reads import rows
from api.scope import Concern, parameters
from tests.api_installation import Installation, heard, installed


@pytest.fixture
async def place(database: str):
    async with installed(database) as place:
        yield place


async def act(place: Installation, role: str, incident: str, action: str, headers=None, **body):
    return await place.call(role, "POST", f"/incidents/{incident}/{action}", json=body, headers=headers)


async def test_a_rescue_from_the_call_to_the_close(place: Installation) -> None:
    """The firm is asked by itself; its crew accepts, arrives and releases; the desk closes."""
    made = await place.call(
        "dispatcher", "POST", "/incidents", json={"rescue_code": "100001", "caller": "138", "note": "two people"}
    )
    assert made.status_code == 201
    rescue = made.json()
    assert made.headers["location"] == f"/api/v1/incidents/{rescue['id']}"
    assert made.headers["etag"] == f'"{rescue["version"]}"'
    assert (rescue["state"], rescue["priority"], rescue["reason"]) == ("dispatched", "P1", "caller")
    assert (rescue["lift"]["name"], rescue["lift"]["firm_name"]) == ("Lift L-1", "Firm A")
    assert rescue["summary"]["en"].startswith("House 1 Lift L-1")
    assert [(one["firm_name"], one["unit_id"], one["state"]) for one in rescue["assignments"]] == [
        ("Firm A", None, "asked")
    ]
    assert [one["action"] for one in rescue["timeline"]] == ["open", "dispatch"]
    assert rescue["timeline"][0]["note"] == "two people"
    assert {one["to"] for one in rescue["messages"] if one["channel"] == "console"} == {
        "dispatchers", f"firm:{place.ids['firm_A']}"}  # fmt: skip
    assert rescue["allowed"][0] == {"action": "acknowledge", "primary": True, "assignments": []}

    task = (await place.call("responder", "GET", "/assignments")).json()["items"][0]
    assert (task["incident_id"], task["incident"]["id"]) == (rescue["id"], rescue["id"])
    steps = [
        ("dispatcher", "acknowledge", {}, "dispatched"),
        ("responder", "accept", {"eta_s": 600, "at": "2026-03-01T08:30:00+08:00"}, "accepted"),
        ("responder", "on_way", {"lat": 27.8, "lon": 113.1}, "accepted"),
        ("responder", "arrive", {"assignment_id": task["id"]}, "arrived"),
        ("responder", "release", {"persons": 2, "method": "crew"}, "released"),
        ("dispatcher", "close", {"cause": "door", "verified_with": "caller"}, "closed"),
    ]
    for role, action, body, state in steps:
        answer = await act(place, role, rescue["id"], action, **body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["state"] == state
    closed = answer.json()
    assert closed["persons"] == 2
    story = {one["action"]: one for one in closed["timeline"]}
    assert story["accept"]["device_at"] == "2026-03-01T00:30:00.000Z"
    assert story["accept"]["actor"]["role"] == "responder"
    assert (story["release"]["from"], story["release"]["to"]) == ("arrived", "released")
    assert (await place.call("responder", "GET", "/assignments")).json()["items"] == []
    assert len((await place.call("responder", "GET", "/assignments?state=all")).json()["items"]) == 1
    assert (await place.call("dispatcher", "GET", "/incidents")).json()["items"] == []
    listed = (await place.call("dispatcher", "GET", "/incidents?state=closed")).json()["items"][0]
    assert {"evidence", "timeline", "messages"} & set(listed) == set()
    async with place.client("admin") as client:
        figures = (await client.get("/metrics")).text
    assert 'liftline_incident_transitions_total{from="arrived",reason="release",to="released"} 1.0' in figures


async def test_refusals_say_why_and_change_nothing(place: Installation) -> None:
    rescue = await place.report("L-1")
    cases = [
        ("dispatcher", "close", {"cause": "x"}, 409, None),
        ("supervisor", "confirm", {}, 403, None),
        ("property", "cancel", {"reason": "test"}, 403, None),
        ("firm", "release", {"persons": 1, "method": "crew"}, 403, None),
        ("dispatcher", "release", {"persons": 1, "method": "magic"}, 422, "body.method"),
        ("dispatcher", "release", {"method": "crew"}, 422, "body.persons"),
        ("dispatcher", "cancel", {"reason": "bored"}, 422, "body.reason"),
        ("dispatcher", "dispatch", {"unit_id": "nobody"}, 422, "body.unit_id"),
        ("dispatcher", "accept", {"assignment_id": "nobody"}, 404, "body.assignment_id"),
        ("dispatcher", "accept", {"eta": 5}, 422, "body.eta"),
        ("responder", "accept", {"unit_id": place.ids["unit_A2"]}, 422, "body.unit_id"),
        ("firm", "accept", {"unit_id": place.ids["unit_B1"]}, 422, "body.unit_id"),
        ("firm", "accept", {"firm_id": place.ids["firm_B"]}, 422, "body.firm_id"),
        ("dispatcher", "note", {"text": "a\x00b"}, 422, "body.text"),
        ("dispatcher", "note", {"text": "x", "at": "2026-03-01T08:00:00"}, 422, "body.at"),
        ("dispatcher", "explode", {}, 422, "path.action"),
    ]
    for role, action, body, status, field in cases:
        answer = await act(place, role, rescue["id"], action, **body)
        assert answer.status_code == status, (role, action, body, answer.text)
        problem = answer.json()
        assert problem["status"] == status
        assert problem["detail"]
        assert ([one["field"] for one in problem["errors"]] or [None]) == [field]
    after = (await place.call("dispatcher", "GET", f"/incidents/{rescue['id']}")).json()
    assert (after["version"], after["timeline"]) == (rescue["version"], rescue["timeline"])


async def test_each_sees_what_is_theirs_and_the_rest_is_not_there(place: Installation) -> None:
    mine, theirs = await place.report("L-1"), await place.report("L-2")
    nowhere = (await place.call("dispatcher", "POST", "/incidents", json={"place": "by the river"})).json()
    everything = {mine["id"], theirs["id"], nowhere["id"]}
    visible = {
        "admin": everything, "dispatcher": everything, "supervisor": everything,
        "firm": {mine["id"]}, "responder": {mine["id"]}, "responder2": {mine["id"]}, "property": {mine["id"]},
        "firm_B": {theirs["id"]}, "responder_B": {theirs["id"]}, "property2": {theirs["id"]},
    }  # fmt: skip
    for role, ids in visible.items():
        listed = {one["id"] for one in (await place.call(role, "GET", "/incidents")).json()["items"]}
        assert listed == ids, role
        for one in everything:
            expected = 200 if one in ids else 404
            assert (await place.call(role, "GET", f"/incidents/{one}")).status_code == expected
            assert (await act(place, role, one, "note", text="x")).status_code == expected
    # asked for help, the other firm sees this one, its lift included, and no more than that
    await act(place, "dispatcher", mine["id"], "dispatch", unit_id=place.ids["unit_B1"], tier=2)
    for role, status in (("firm_B", 200), ("responder_B", 200), ("property2", 404)):
        assert (await place.call(role, "GET", f"/incidents/{mine['id']}")).status_code == status
        assert (await place.call(role, "GET", "/lifts/L-1")).status_code == status
    lifts = {role: [one["lift_id"] for one in (await place.call(role, "GET", "/lifts")).json()["items"]]
             for role in ("firm", "responder", "property", "firm_B", "responder_B")}  # fmt: skip
    assert lifts == {"firm": ["L-1"], "responder": ["L-1"], "property": ["L-3", "L-1"], "firm_B": ["L-2", "L-1"],
                     "responder_B": ["L-2", "L-1"]}  # fmt: skip
    counts = (await place.call("responder", "GET", "/overview")).json()
    assert counts["blind_since"] is None
    assert (counts["lifts"], counts["open"]["P1"]) == (1, 1)


async def test_the_rule_in_memory_is_the_rule_in_the_database(place: Installation) -> None:
    """`Concern.includes`, which the stream asks, and `scope_incident`, which lists ask, agree for everybody."""
    mine, theirs = await place.report("L-1"), await place.report("L-2")
    await act(place, "responder", mine["id"], "accept")
    await act(place, "dispatcher", theirs["id"], "dispatch", firm_id=place.ids["firm_A"], tier=2)
    await place.report("L-3")
    firms, units, houses = ["firm_A", "firm_B"], ["unit_A1", "unit_A2", "unit_B1"], ["House 1", "House 2", None]
    actors = [Actor(kind="user", id="x", name="x", role=role) for role in (Role.DISPATCHER, Role.FIRM, Role.PROPERTY)]
    actors += [Actor(kind="user", id="x", name="x", role=Role.FIRM, firm_id=place.ids[one]) for one in firms]
    actors += [
        Actor(
            kind="user",
            id="x",
            name="x",
            role=Role.RESPONDER,
            unit_id=place.ids[one],
            firm_id=place.ids[f"firm_{one[5]}"],
        )
        for one in units
    ]
    actors += [Actor(kind="user", id="x", name="x", role=Role.PROPERTY, building=one) for one in houses]
    async with place.pool.connection() as connection:
        found = await rows(
            connection, "incidents_of", ids=[one["id"] for one in await place.sql("SELECT id FROM incident")]
        )
        for actor in actors:
            listed = await rows(connection, "incidents", open=None, kind=None, lift_id=None, firm=None, after=None,
                                limit=50, **parameters(actor))  # fmt: skip
            included = set()
            for one in found:
                asked = await rows(connection, "assignments_of", ids=[one["id"]])
                concern = Concern.of(one["firm_id"], one["building"], ((a["firm_id"], a["unit_id"]) for a in asked))
                if concern.includes(actor):
                    included.add(one["id"])
            assert included == {one["id"] for one in listed}, actor


async def test_the_callers_telephones(place: Installation) -> None:
    """For the desk, and for a unit from its acceptance on; nobody else, in no list. Of the second caller too."""
    rescue = await place.report("L-1", caller="138 0733")
    assert (await place.report("L-1", caller="139 5566"))["id"] == rescue["id"]

    async def known(role: str) -> bool:
        detail = await place.call(role, "GET", f"/incidents/{rescue['id']}")
        listed = await place.call(role, "GET", "/incidents")
        seen = set()
        for answer, shown in ((detail, detail.json()), (listed, listed.json()["items"][0])):
            seen.add((shown["caller"], *shown["callers"]))
            for number in ("138 0733", "139 5566"):
                assert (number in answer.text) == (number in shown["callers"])
        assert len(seen) == 1
        assert seen <= {("138 0733", "138 0733", "139 5566"), (None,)}
        return seen.pop() != (None,)

    assert [await known(role) for role in ("admin", "dispatcher", "supervisor")] == [True] * 3
    assert [await known(role) for role in ("firm", "responder", "property")] == [False] * 3
    await act(place, "responder", rescue["id"], "accept")
    assert await known("responder")
    (asked,) = (await place.call("responder", "GET", "/assignments")).json()["items"]
    assert asked["incident"]["callers"] == ["138 0733", "139 5566"]
    assert not await known("firm")
    assert "139 5566" not in (await place.call("firm", "GET", "/assignments")).text
    again = await place.call("firm", "POST", "/incidents", json={"lift_id": "L-1", "caller": "137 0000"})
    assert (again.status_code, again.json()["callers"]) == (200, [])
    assert "137 0000" in (await place.call("dispatcher", "GET", f"/incidents/{rescue['id']}")).text
    await act(place, "dispatcher", rescue["id"], "stand_down")
    assert not await known("responder")


async def test_a_report_needs_a_place_that_exists(place: Installation) -> None:
    for role, body, field in (
        ("dispatcher", {}, "body"),
        ("dispatcher", {"lift_id": "L-77"}, "body.lift_id"),
        ("dispatcher", {"rescue_code": "777777"}, "body.rescue_code"),
        ("dispatcher", {"lift_id": "L-1", "rescue_code": "100002"}, "body.rescue_code"),
        ("firm", {"lift_id": "L-2"}, "body.lift_id"),
        ("firm", {"place": "somewhere"}, "body.lift_id"),
        ("property", {"rescue_code": "100002"}, "body.rescue_code"),
    ):
        answer = await place.call(role, "POST", "/incidents", json=body)
        assert answer.status_code == 422, (role, body, answer.text)
        assert answer.json()["errors"][0]["field"] == field
    assert (await place.call("property", "POST", "/incidents", json={"lift_id": "L-1"})).status_code == 201
    again = await place.call("firm", "POST", "/incidents", json={"rescue_code": "100001"})
    assert again.status_code == 200
    assert len(await place.sql("SELECT id FROM incident")) == 1


async def test_a_report_gets_its_lift_later(place: Installation) -> None:
    """On a lift with a live rescue it joins that one, and is cancelled as its duplicate."""
    first = (await place.call("dispatcher", "POST", "/incidents", json={"place": "House 1"})).json()
    assert (first["lift"], first["place"]) == (None, "House 1")
    answer = await place.call("supervisor", "PUT", f"/incidents/{first['id']}/lift", json={"lift_id": "L-1"})
    assert answer.json()["lift_id"] == "L-1"
    second = (await place.call("dispatcher", "POST", "/incidents", json={"place": "House 1?"})).json()
    joined = await place.call("dispatcher", "PUT", f"/incidents/{second['id']}/lift", json={"lift_id": "L-1"})
    assert joined.json()["id"] == first["id"]
    gone = (await place.call("dispatcher", "GET", f"/incidents/{second['id']}")).json()
    assert (gone["state"], gone["duplicate_of"]) == ("cancelled", first["id"])
    assert (
        await place.call("dispatcher", "PUT", f"/incidents/{first['id']}/lift", json={"lift_id": "L-2"})
    ).status_code == 409


async def test_a_version_that_has_changed(place: Installation) -> None:
    rescue = await place.report("L-1")
    read = await place.call("dispatcher", "GET", f"/incidents/{rescue['id']}")
    old = {"If-Match": read.headers["etag"]}
    assert (await act(place, "dispatcher", rescue["id"], "acknowledge", headers=old)).status_code == 200
    stale = await act(place, "dispatcher", rescue["id"], "escalate", headers=old)
    assert stale.status_code == 412
    assert stale.headers["etag"] != read.headers["etag"]
    new = {"If-Match": f'"0", W/{stale.headers["etag"]}'}
    assert (await act(place, "dispatcher", rescue["id"], "escalate", headers=new)).status_code == 200
    assert (
        await act(place, "dispatcher", rescue["id"], "note", headers={"If-Match": "*"}, text="x")
    ).status_code == 200


async def test_the_same_key_gives_the_first_answer(place: Installation) -> None:
    """A tap that is sent again counts once, at the same moment too; another request needs another key."""
    key = {"Idempotency-Key": "tap-1"}
    body = {"lift_id": "L-1", "note": "x"}
    answers = await asyncio.gather(
        *(place.call("dispatcher", "POST", "/incidents", json=body, headers=key) for _ in range(5))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert sorted(answer.headers.get("idempotency-replayed", "no") for answer in answers) == ["no", *["true"] * 4]
    rescue = answers[0].json()
    assert [one["action"] for one in rescue["timeline"]] == ["open", "dispatch"]
    other = await place.call("dispatcher", "POST", "/incidents", json={"lift_id": "L-2"}, headers=key)
    assert other.status_code == 422
    assert other.json()["errors"][0]["field"] == "header.Idempotency-Key"
    assert (await place.call("supervisor", "POST", "/incidents", json=body, headers=key)).status_code == 200

    late = {"Idempotency-Key": "tap-2"}
    await act(place, "dispatcher", rescue["id"], "cancel", reason="test")
    first = await act(place, "responder", rescue["id"], "accept", headers=late)
    second = await act(place, "responder", rescue["id"], "accept", headers=late)
    assert first.status_code == second.status_code == 409
    assert first.json() == second.json()
    story = (await place.call("dispatcher", "GET", f"/incidents/{rescue['id']}")).json()["timeline"]
    assert [one["reason"] for one in story if one["action"] == "accept"] == ["refused:is_cancelled"]


async def test_secrets_are_shown_once(place: Installation) -> None:
    """A repetition is answered without the secret: it is not kept."""
    for path, body, name in (
        ("/tokens", {"name": "t", "role": "supervisor"}, "token"),
        ("/webhooks", {"url": "https://hooks.example/x"}, "secret"),
    ):
        key = {"Idempotency-Key": f"once{name}"}
        first = await place.call("admin", "POST", path, json=body, headers=key)
        second = await place.call("admin", "POST", path, json=body, headers=key)
        assert first.status_code == second.status_code == 201
        assert second.json() == first.json() | {name: None}
        kept = await place.sql("SELECT body FROM idempotency")
        assert all(first.json()[name].encode() not in bytes(one["body"]) for one in kept)


async def test_webhooks_go_out_encrypted_and_to_public_addresses(place: Installation, database: str) -> None:
    for url in ("http://hooks.example", "https://127.0.0.1/x", "https://10.0.0.8", "https://[::1]/", "https://localhost",
                "https://user:pw@hooks.example", "ftp://hooks.example", "https://", "https://hooks.example:99999"):  # fmt: skip
        answer = await place.call("admin", "POST", "/webhooks", json={"url": url})
        assert answer.status_code == 422, url
        assert answer.json()["errors"][0]["field"] == "body.url"
    made = (await place.call("admin", "POST", "/webhooks", json={"url": "https://hooks.example/x"})).json()
    assert made["secret"].startswith("whsec_")
    off = await place.call("admin", "PUT", f"/webhooks/{made['id']}", json={"url": made["url"], "active": False})
    assert off.json() == {"id": made["id"], "url": made["url"], "firm_id": None, "active": False}
    assert (await place.call("admin", "DELETE", f"/webhooks/{made['id']}")).status_code == 204
    assert (await place.call("admin", "GET", "/webhooks")).json()["items"] == []


async def test_lists_are_filtered_and_paged(place: Installation) -> None:
    for lift in ("L-1", "L-2", "L-3"):
        await place.report(lift)

    async def lifts(query: str) -> list[str]:
        return [one["lift_id"] for one in (await place.call("dispatcher", "GET", f"/incidents{query}")).json()["items"]]

    assert await lifts("") == ["L-3", "L-2", "L-1"]
    assert await lifts("?lift_id=L-2") == ["L-2"]
    assert await lifts(f"?firm={place.ids['firm_A']}") == ["L-1"]
    assert await lifts("?kind=fault") == []
    assert await lifts("?state=closed") == []
    first = (await place.call("dispatcher", "GET", "/incidents?state=all&limit=2")).json()
    second = (
        await place.call("dispatcher", "GET", f"/incidents?state=all&limit=2&cursor={first['next_cursor']}")
    ).json()
    assert [one["lift_id"] for one in first["items"] + second["items"]] == ["L-3", "L-2", "L-1"]


async def test_what_the_detector_found_is_shown_with_its_evidence(place: Installation) -> None:
    """An incident opened by a rule carries rule, thresholds and samples; the lift shows its state."""
    from alerts.desk import Desk
    from alerts.policy import Policy
    from elevator import clock
    from elevator.model import Event
    from elevator.times import to_ms

    await heard(place, "L-1", door_zone=False)
    now = clock.now()
    async with place.pool.connection() as connection, connection.transaction():
        desk = await Desk.open(connection, ["L-1"], policy=Policy(), now=now)
        event = Event(ts=to_ms(now), seq=1, code="entrapment", active=True, boot="b")
        desk.observe("L-1", event, to_ms(now))
        await desk.save()
    listed = (await place.call("firm", "GET", "/incidents")).json()["items"][0]
    detail = (await place.call("firm", "GET", f"/incidents/{listed['id']}")).json()
    assert (detail["reason"], detail["state"]) == ("controller_says", "dispatched")
    assert detail["evidence"]["rule"] == "controller_says"
    assert set(detail["evidence"]) >= {"occupied_by", "thresholds", "since", "samples", "events"}
    state = (await place.call("firm", "GET", "/lifts/L-1")).json()["state"]
    assert state["codes"] == ["entrapment"]
    assert (state["sample"]["door_zone"], state["online"], state["interval"]) == (False, True, 30)
