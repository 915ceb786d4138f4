"""Area incidents over HTTP: the ranked list in lists, detail and stream; who sees them, and who may do what."""

import asyncio
from datetime import timedelta

import pytest

from alerts import gathering
from alerts.apart import Apart
from alerts.listening import Listening
from alerts.policy import Area, Policy
from elevator import clock
from elevator.model import Power
from tests.api_installation import Installation, heard, installed, served
from tests.integration.test_api_stream import listening

POLICY = Policy(area=Area(lasting_s=0, over_s=0))


@pytest.fixture
async def place(database: str):
    async with installed(database) as place:
        yield place


async def gather(place: Installation) -> None:
    """A round of the dispatch worker."""
    now = clock.now()
    async with place.pool.connection() as connection, connection.transaction():
        await gathering.gather(
            connection, Listening(now - timedelta(hours=1), hold=False), POLICY, Apart(work="areas"), now
        )


async def power_cut(place: Installation, *, occupied: int | None = None) -> dict:
    """Six lifts of House 9 lose their power; the incident as a dispatcher's list gives it."""
    for number in range(6):
        body = {
            "lift_id": f"P-{number}",
            "rescue_code": f"20000{number}",
            "name": f"Car {number}",
            "building": "House 9",
        }
        assert (await place.call("admin", "POST", "/lifts", json=body)).status_code == 201
        await heard(place, f"P-{number}", power=Power.BATTERY, occupied=False)
        await asyncio.sleep(0.002)
    if occupied is not None:
        await place.report(f"P-{occupied}")
    await gather(place)
    (found,) = (await place.call("dispatcher", "GET", "/incidents?kind=area")).json()["items"]
    return found


async def test_the_list_is_ranked_and_stands_in_list_and_detail(place: Installation) -> None:
    area = await power_cut(place, occupied=4)
    assert (area["kind"], area["code"], area["priority"], area["lift_id"], area["place"]) == (
        "area", "power:building:House 9", "P2", None, "House 9",
    )  # fmt: skip
    assert area["summary"] == {
        "zh": "House 9：停电，6 台电梯，1 台有人，0 台已恢复", "en": "House 9: power lost, 6 lifts, 1 occupied, 0 back",
    }  # fmt: skip
    assert [one["lift_id"] for one in area["lifts"]] == ["P-4", "P-0", "P-1", "P-2", "P-3", "P-5"]
    rescue = (await place.call("dispatcher", "GET", "/incidents?kind=rescue")).json()["items"][0]
    first = area["lifts"][0]
    assert {name: first[name] for name in ("name", "building", "occupied", "rescue", "rescue_state", "state", "back_at")} == {
        "name": "Car 4", "building": "House 9", "occupied": True, "rescue": rescue["id"],
        "rescue_state": rescue["state"], "state": "no_power", "back_at": None,
    }  # fmt: skip
    assert (rescue["area"], rescue["lifts"]) == (area["id"], None)
    detail = (await place.call("dispatcher", "GET", f"/incidents/{area['id']}")).json()
    assert detail["lifts"] == area["lifts"]
    assert [one["action"] for one in detail["allowed"]] == ["acknowledge", "accept", "close", "note"]
    assert [one["text"]["en"] for one in detail["messages"]] == [f"Area incident: {area['summary']['en']}"]
    named = (await place.call("dispatcher", "GET", f"/incidents/{rescue['id']}")).json()
    assert ("area", area["id"]) in [(one["action"], one["detail"].get("area")) for one in named["timeline"]]


async def test_the_desk_sees_it_and_the_dispatcher_ends_it(place: Installation) -> None:
    area = await power_cut(place)
    for role, status in (("supervisor", 200), ("firm", 404), ("responder", 404), ("property", 404)):
        assert (await place.call(role, "GET", f"/incidents/{area['id']}")).status_code == status, role
    steps = [
        ("supervisor", "accept", {}, 403), ("supervisor", "close", {"cause": "x"}, 403), ("firm", "accept", {}, 404),
        ("dispatcher", "confirm", {}, 409), ("dispatcher", "dispatch", {"firm_id": place.ids["firm_A"]}, 409),
        ("dispatcher", "release", {"persons": 0, "method": "self"}, 409),
        ("supervisor", "acknowledge", {}, 200), ("supervisor", "note", {"text": "utility told"}, 200),
        ("dispatcher", "accept", {}, 200), ("dispatcher", "accept", {}, 409),
        ("dispatcher", "close", {}, 422), ("dispatcher", "close", {"cause": "cable"}, 200),
        ("dispatcher", "note", {"text": "report filed"}, 200), ("dispatcher", "close", {"cause": "cable"}, 409),
    ]  # fmt: skip
    for role, action, body, status in steps:
        answer = await place.call(role, "POST", f"/incidents/{area['id']}/{action}", json=body)
        assert answer.status_code == status, (role, action, answer.text)
    closed = (await place.call("dispatcher", "GET", f"/incidents/{area['id']}")).json()
    assert (closed["state"], closed["cause"], closed["ringing"]) == ("closed", "cable", False)
    assert len(closed["lifts"]) == 6
    await gather(place)
    assert (await place.call("dispatcher", "GET", "/incidents?kind=area")).json()["items"] == []


async def test_the_stream_carries_the_list_as_it_changes(place: Installation) -> None:
    area = await power_cut(place)
    async with served(place) as url, listening(place, url, "dispatcher") as stream:
        await heard(place, "P-3", power=Power.MAINS, occupied=False)
        await gather(place)
        told = (await stream.next("incident")).data
        assert (told["id"], told["version"] > area["version"]) == (area["id"], True)
        assert [(one["lift_id"], one["state"]) for one in told["lifts"]][-1] == ("P-3", "back")
        rescue = await place.report("P-1")
        await gather(place)
        while (told := (await stream.next("incident")).data)["id"] != area["id"] or told["lifts"][0]["rescue"] is None:
            pass
        assert (told["lifts"][0]["lift_id"], told["lifts"][0]["rescue"]) == ("P-1", rescue["id"])
        for number in range(6):
            await heard(place, f"P-{number}", power=Power.MAINS, occupied=False)
        await gather(place)
        while (told := (await stream.next("incident")).data)["state"] != "cleared":
            pass
        assert told["id"] == area["id"]
        assert {one["state"] for one in told["lifts"]} == {"back"}
