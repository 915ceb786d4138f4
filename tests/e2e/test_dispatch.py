"""From confirmed to closed: who is told, who may do what, what the passenger reads (contract sections 3, 6 and 7)."""

from typing import Any

from tests.e2e.receiver import receiving
from tests.e2e.town import Car, Town, now, until


async def _confirmed(town: Town, car: Car) -> dict[str, Any]:
    """The controller reports an entrapment: confirmed at once."""
    await car.send(door_zone=False, occupied=True)
    await car.tell("entrapment")
    return await car.want().rescue(state="dispatched", reason="controller_says")


async def test_a_confirmed_rescue_is_dispatched_to_the_contracted_firm_by_itself(town: Town) -> None:
    car = await town.car("L-1")
    rescue = await _confirmed(town, car)
    [asked] = rescue["assignments"]
    assert (asked["firm_id"], asked["unit_id"], asked["tier"], asked["state"]) == (town.ids["firm"], None, 1, "asked")
    assert rescue["confirmed_at"] == rescue["dispatched_at"] == rescue["opened_at"]
    steps = [(one["action"], one["from"], one["to"], one["actor"]["role"]) for one in rescue["timeline"]]
    assert steps == [("open", None, "confirmed", "system"), ("dispatch", "confirmed", "dispatched", "system")]
    told = {(one["channel"], one["to"]) for one in rescue["messages"]}
    assert {("console", "dispatchers"), ("console", f"firm:{town.ids['firm']}")} <= told
    assert [one["id"] for one in await town.firm.items("/incidents")] == [rescue["id"]]
    assert [one["incident_id"] for one in await town.crew.items("/assignments")] == [rescue["id"]]
    assert await town.other_firm.items("/incidents") == []
    assert (await town.other_firm.http.get(f"/incidents/{rescue['id']}")).status_code == 404


async def test_a_webhook_is_told_signed_and_again_until_it_takes_it(town: Town) -> None:
    car = await town.car("L-1")
    async with receiving(500) as everybody, receiving() as stranger:
        hook = await town.admin.post("/webhooks", url=everybody.url)
        await town.admin.post("/webhooks", url=stranger.url, firm_id=town.ids["other_firm"])
        rescue = await _confirmed(town, car)
        await until(lambda: now(len(everybody.got) == 2), "two messages, one of them refused")
        await town.at(10)
        await until(lambda: now(len(everybody.got) == 3), "the refused one again")
        first = [one for one in everybody.got if one.headers["webhook-id"] == everybody.got[0].headers["webhook-id"]]
        assert len(first) == 2
        assert [first[0].data[name] for name in ("type", "id", "at")] == [
            first[1].data[name] for name in ("type", "id", "at")
        ]
        assert all(one.is_signed_with(hook["secret"]) for one in everybody.got)
        assert {one.data["type"] for one in everybody.got} == {"incident.confirmed", "incident.asked"}
        assert {one.data["type"] for one in everybody.got if one.data["assignment"]} == {"incident.asked"}
        asked = everybody.named("incident.asked")[-1].data
        assert asked["incident"]["id"] == rescue["id"]
        assert asked["incident"]["lift_id"] == "L-1"
        assert asked["assignment"]["firm_id"] == town.ids["firm"]
        assert asked["id"] in {one.headers["webhook-id"] for one in everybody.got}
        assert stranger.got == []


async def test_people_carry_it_through_and_the_passenger_reads_each_stage(town: Town) -> None:
    car = await town.car("L-1")
    rescue = await _confirmed(town, car)
    notice = await car.notice(stage="dispatched", incident=rescue["id"])
    assert notice["text"]["zh"]
    assert notice["text"]["en"]
    await town.at(4)
    seen = await town.dispatcher.does("acknowledge", rescue)
    assert (seen["state"], seen["ringing"]) == ("dispatched", False)
    first_seen = seen["acknowledged_at"]
    await town.at(5)
    assert (await town.supervisor.does("acknowledge", rescue))["acknowledged_at"] == first_seen

    await town.at(10)
    accepted = await town.crew.does("accept", rescue, eta_s=900)
    assert accepted["state"] == "accepted"
    assert [(one["unit_id"], one["eta_s"]) for one in accepted["assignments"]] == [(town.ids["crew"], 900)]
    assert (await car.notice(stage="accepted"))["eta_s"] == 900
    assert await town.crew2.items("/assignments") == []

    await town.at(20)
    await town.crew.does("release", rescue, 409, persons=2, method="crew")
    arrived = await town.crew.does("arrive", rescue, lat=27.8, lon=113.1, at="2026-03-01T08:30:00Z")
    assert arrived["state"] == "arrived"
    assert arrived["timeline"][-1]["device_at"] == "2026-03-01T08:30:00.000Z"
    await car.notice(stage="arrived")

    await town.at(30)
    await town.crew2.does("release", rescue, 404, persons=2, method="crew")
    await town.firm.does("release", rescue, 403, persons=2, method="crew")
    refused = await town.crew.does("release", rescue, 422, method="crew")
    assert refused["errors"][0]["field"] == "body.persons"
    released = await town.crew.does("release", rescue, persons=2, injured=0, method="crew", said_by="the crew's leader")
    assert (released["state"], released["persons"]) == ("released", 2)
    await car.notice(stage="released")

    await town.at(40)
    await town.crew.does("close", rescue, 403, cause="door lock")
    closed = await town.dispatcher.does("close", rescue, cause="door lock", verified_with="the passenger")
    assert (closed["state"], closed["cause"], closed["ringing"]) == ("closed", "door lock", False)
    times = [
        closed[f"{stage}_at"] for stage in ("confirmed", "acknowledged", "accepted", "arrived", "released", "closed")
    ]
    assert times == sorted(times)
    assert [one["n"] for one in closed["timeline"]] == list(range(1, len(closed["timeline"]) + 1))
    await town.dispatcher.does("accept", rescue, 409, firm_id=town.ids["firm"])

    assert car.notices[-1] is not None
    await town.at(629)
    assert car.notices[-1] is not None
    await town.at(631)
    await until(lambda: now(car.notices[-1] is None), "the notice is emptied 10 min after the release")


async def test_the_words_are_retained_for_a_car_that_comes_back_on_line(town: Town) -> None:
    car = await town.car("L-1")
    rescue = await _confirmed(town, car)
    await car.notice(stage="dispatched")
    await car.hangs_up()
    car.notices.clear()
    await car.connect()
    await car.notice(stage="dispatched", incident=rescue["id"])


async def test_with_no_firm_it_stays_with_the_dispatchers(town: Town) -> None:
    car = await town.car("L-1", firm=None)
    await car.tell("entrapment")
    rescue = await car.want().rescue(state="confirmed")
    assert rescue["assignments"] == []
    assert rescue["ringing"]
    await car.notice(stage="received")


async def test_nobody_left_rings_again(town: Town) -> None:
    car = await town.car("L-1")
    rescue = await _confirmed(town, car)
    await town.dispatcher.does("acknowledge", rescue)
    accepted = await town.firm.does("accept", rescue, unit_id=town.ids["crew2"])
    assert accepted["assignments"][0]["unit_id"] == town.ids["crew2"]
    await town.firm.does("decline", rescue, reason="wrong building")
    back = await car.want().rescue(state="dispatched")
    assert back["ringing"]
    assert [one["state"] for one in back["assignments"]] == ["declined"]
    assert back["accepted_at"] is not None  # the clock goes on


async def test_a_crew_that_taps_too_late_is_refused_and_kept(town: Town) -> None:
    car = await town.car("L-1")
    rescue = await _confirmed(town, car)
    await town.crew.does("accept", rescue)
    await town.dispatcher.does("cancel", rescue, reason="false_alarm")
    await town.crew.does("arrive", rescue, 409)
    late = await car.want().rescue(state="cancelled")
    assert late["timeline"][-1]["action"] == "arrive"
    assert late["timeline"][-1]["reason"].startswith("refused")
    assert (late["timeline"][-1]["from"], late["timeline"][-1]["to"]) == ("cancelled", "cancelled")
    await car.notice(stage="cancelled")


async def test_a_version_that_was_read_is_the_one_that_is_changed(town: Town) -> None:
    car = await town.car("L-1")
    rescue = await _confirmed(town, car)
    path = f"/incidents/{rescue['id']}/acknowledge"
    await town.dispatcher.does("note", rescue, text="I am calling the car")
    read = await town.dispatcher.get(f"/incidents/{rescue['id']}")
    stale = await town.dispatcher.http.post(path, json={}, headers={"If-Match": f'"{rescue["version"] - 1}"'})
    assert stale.status_code == 412
    key = {"Idempotency-Key": "tap-1", "If-Match": f'"{read["version"]}"'}
    first = await town.dispatcher.http.post(path, json={}, headers=key)
    again = await town.dispatcher.http.post(path, json={}, headers=key)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()


async def test_a_report_by_telephone_opens_and_joins(town: Town) -> None:
    car, other = await town.car("L-1"), await town.car("L-2")
    opened = await town.dispatcher.post("/incidents", rescue_code="100001", caller="139", note="two children")
    assert (opened["state"], opened["reason"], opened["lift_id"]) == ("dispatched", "caller", "L-1")
    assert opened["caller"] == "139"
    assert (await town.firm.get(f"/incidents/{opened['id']}"))["caller"] is None
    again = await town.property.post("/incidents", 200, lift_id="L-1", note="they knock")
    assert again["id"] == opened["id"]
    assert len(await car.want().all()) == 1

    await other.send(door_zone=False, occupied=None)
    await town.at(20)
    suspected = await other.want().rescue(state="suspected", reason="outside_zone")
    joined = await town.dispatcher.post("/incidents", 200, lift_id="L-2", caller="138")
    assert joined["id"] == suspected["id"]
    assert (joined["state"], joined["causes"]) == ("dispatched", ["outside_zone", "caller"])

    place = await town.dispatcher.post("/incidents", place="the tower by the river", caller="137")
    assert (place["lift_id"], place["state"]) == (None, "confirmed")
    answer = await town.dispatcher.http.put(f"/incidents/{place['id']}/lift", json={"lift_id": "L-2"})
    assert answer.json()["id"] == suspected["id"]
    ended = await town.dispatcher.get(f"/incidents/{place['id']}")
    assert (ended["state"], ended["duplicate_of"]) == ("cancelled", suspected["id"])


async def test_a_dispatcher_confirms_what_is_only_suspected(town: Town) -> None:
    car = await town.car("L-1")
    await car.at(0).send(door_zone=False, occupied=None)
    await town.at(20)
    rescue = await car.want().rescue(state="suspected")
    await town.supervisor.does("confirm", rescue, 403)
    await town.firm.does("cancel", rescue, 403, reason="test")
    confirmed = await town.dispatcher.does("confirm", rescue)
    assert confirmed["state"] == "dispatched"
    assert [one["firm_id"] for one in confirmed["assignments"]] == [town.ids["firm"]]
    await town.at(60)
    assert len([one for one in (await car.want().still())["timeline"] if one["action"] == "dispatch"]) == 1


async def test_the_stream_shows_it_and_resumes_without_a_gap(town: Town) -> None:
    car = await town.car("L-1")
    async with town.dispatcher.http.stream("GET", "/stream") as answer:
        lines = answer.aiter_lines()
        number = None
        async for line in lines:
            number = line[3:].strip() if line.startswith("id:") else number
            if number is not None:
                break
        rescue = await _confirmed(town, car)
        async for line in lines:
            if line.startswith("data:") and rescue["id"] in line:
                break
    await town.dispatcher.does("note", rescue, text="while the stream was away")
    seen = []
    resume = {"Last-Event-ID": str(number)}
    async with town.dispatcher.http.stream("GET", "/stream", headers=resume) as answer:
        async for line in answer.aiter_lines():
            if line.startswith("event:"):
                seen.append(line[6:].strip())
            if line.startswith("data:") and seen[-1] == "incident" and rescue["id"] in line and "dispatched" in line:
                break
    assert "reset" not in seen
    assert "message" in seen
