"""Area incidents and our own blindness on the real database: who joins, what is folded, who may end them."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import timedelta
from typing import Any

import pytest

from alerts.acting import Done
from alerts.incident import Actor, Refused, Role
from elevator.model import Link
from tests.alerts_database import DISPATCHER, FIRM, START, House, house

SUPERVISOR = Actor(kind="user", id="s1", name="Supervisor", role=Role.SUPERVISOR)


@pytest.fixture
async def home(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    async with house(database, monkeypatch) as place:
        yield place


async def lifts(home: House, count: int, **facts: Any) -> list[str]:
    """So many lifts more, all with these facts; `{n}` in a fact is the number."""
    found = []
    for number in range(count):
        lift_id = f"{facts.get('building', 'x')}-{number}"
        await home.sql(
            """INSERT INTO lift (lift_id, registered, rescue_code, name, lift_class, building, feeder, gateway, created_at,
                   updated_at)
               VALUES (%(id)s, true, %(code)s, %(id)s, 'traction', %(building)s, %(feeder)s, %(gateway)s, %(now)s, %(now)s)""",
            id=lift_id, code=None if number < 0 else lift_id, building=facts.get("building"), now=START,
            feeder=facts.get("feeder"), gateway=facts.get("gateway"),
        )  # fmt: skip
        found.append(lift_id)
    return found


async def gathers(home: House, at: float, *, workers: int = 1, listening_since: float = 0) -> None:
    """What the dispatch workers do at that time: timers, then areas; the intake lives."""
    home.at(at)
    await home.intake(listening_since=START + timedelta(seconds=listening_since))
    await asyncio.gather(*(home.worker(started=START).timers() for _ in range(workers)))
    await asyncio.gather(*(home.worker(started=START).areas() for _ in range(workers)))


async def cut(home: House, cars: Iterable[str], *, occupied: Iterable[str] = (), power: str = "battery") -> None:
    for one in cars:
        await home.sends(
            one, power=power, occupied=one in set(occupied), door_zone=True, moving=False, door="closed",
            faults=["power_loss"],
        )  # fmt: skip


async def restored(home: House, cars: Iterable[str]) -> None:
    for one in cars:
        await home.sends(one, power="mains", occupied=False, door="open", faults=[])


async def members(home: House, incident: str) -> dict[str, dict[str, Any]]:
    found = await home.sql(
        "SELECT l.lift_id, a.* FROM area_lift a JOIN lift l USING (lift_no) WHERE incident_id = %(id)s ORDER BY lift_id",
        id=incident,
    )  # fmt: skip
    return {one["lift_id"]: one for one in found}


async def test_a_power_cut_is_one_incident_and_each_occupied_car_its_own_rescue(home: House) -> None:
    cars = await lifts(home, 6, building="House")
    await home.at(0).sends("L-1", power="battery", occupied=True)  # no building: it stands alone
    await cut(home, cars, occupied=cars[:2])
    await gathers(home, 1.9)
    assert await home.incidents("area") == []
    await gathers(home, 2)
    (area,) = await home.incidents("area")
    assert (area["code"], area["reason"], area["priority"], area["state"], area["ringing"], area["place"]) == (
        "power:building:House", "area_power", 2, "confirmed", True, "House",
    )  # fmt: skip
    assert area["detail"] == {
        "group": "building", "name": "House", "lost": "power", "lifts": 6, "occupied": 2, "out": 6,
    }  # fmt: skip
    assert await home.told(area["id"]) == [("area", "dispatchers")]
    await gathers(home, 12)
    rescues = {one["lift_no"]: one for one in await home.incidents()}
    assert len(rescues) == 3
    mine = await members(home, area["id"])
    assert {one: mine[one]["rescue"] for one in cars} == {
        one: rescues[mine[one]["lift_no"]]["id"] if one in cars[:2] else None for one in cars
    }
    assert {rescues[mine[one]["lift_no"]]["area"] for one in cars[:2]} == {area["id"]}
    assert sum(one["area"] is None for one in rescues.values()) == 1
    await gathers(home, 62)
    assert {one["state"] for one in await home.incidents()} == {"confirmed", "dispatched"}  # each by its own clock
    assert await home.incidents("fault") == []  # the empty cars' faults are the area's
    assert await home.incidents("offline") == []

    await restored(home.at(100), cars)
    await gathers(home, 100.5)
    (area,) = await home.incidents("area")
    assert (area["state"], area["detail"]["out"]) == ("confirmed", 0)
    await gathers(home, 110)
    (area,) = await home.incidents("area")
    assert (area["state"], area["closed_at"], area["ringing"]) == ("cleared", home.now, False)
    assert (await home.story(area["id"]))[-1] == ("clear", "confirmed", "cleared", "all_back")
    assert {one["state"] for one in await home.incidents()} == {"confirmed", "dispatched"}  # recovery ends no rescue
    await gathers(home, 111)
    assert await home.sql("SELECT 1 FROM area_lift WHERE left_at IS NULL") == []


async def test_four_lifts_are_no_area_and_their_faults_are_shown(home: House) -> None:
    await cut(home.at(0), await lifts(home, 4, building="House"))
    await gathers(home, 61)
    assert await home.incidents("area") == []
    assert len(await home.incidents("fault")) == 4


async def test_any_number_of_workers_open_one(home: House) -> None:
    await cut(home.at(0), await lifts(home, 8, feeder="F1", building="House"))
    await gathers(home, 3, workers=5)
    assert [one["code"] for one in await home.incidents("area")] == ["power:feeder:F1"]
    await gathers(home, 4, workers=5)  # as after a restart: workers know nothing but the rows
    assert len(await home.incidents("area")) == 1
    assert await home.sql("SELECT count(*) AS n FROM area_lift") == [{"n": 8}]


async def test_who_comes_later_joins_and_what_was_opened_before_is_folded(home: House) -> None:
    """Four faults stand in the list for a minute; a late fifth car makes an area of what is one story no more: none."""
    cars = await lifts(home, 7, building="House")
    await cut(home.at(0), cars[:4])
    await gathers(home, 58)
    await cut(home.at(59), cars[4:5])
    await gathers(home, 60.5)  # the fifth has not lasted; meanwhile the first four have their faults
    assert len(await home.incidents("fault")) == 4
    assert await home.incidents("area") == []
    await gathers(home, 61.1)
    (area,) = await home.incidents("area")
    faults = await home.incidents("fault")
    assert {(one["state"], one["area"], one["ringing"]) for one in faults} == {("cleared", area["id"], False)}
    assert (await home.story(faults[0]["id"]))[-1] == ("fold", "confirmed", "cleared", "area")
    await cut(home.at(300), cars[5:6], occupied=cars[5:6])
    await gathers(home, 300.1)
    assert len(await members(home, area["id"])) == 6
    await gathers(home, 400)
    assert len(await home.incidents("fault")) == 4
    assert len(await home.incidents()) == 1


async def test_a_gateway_that_is_lost_folds_its_silent_lifts(home: House) -> None:
    cars = await lifts(home, 6, gateway="gw", building="House")
    for one in cars:
        await home.at(0).sends(one)
    await home.sends("L-1")
    moving = cars[0]
    await home.at(1).sends(moving, moving=True, occupied=True, door_zone=False)
    await home.at(4).sends(moving, moving=True, occupied=True, door_zone=False)
    for one in [*cars, "L-1"]:
        await home.at(5).hears(Link(online=False), lift=one)
    await gathers(home, 9.9)
    assert await home.incidents("area") == []
    await gathers(home, 10)
    (area,) = await home.incidents("area")
    assert (area["code"], area["detail"]["lost"], area["detail"]["occupied"]) == ("link:gateway:gw", "link", 1)
    await gathers(home, 20)
    (rescue,) = await home.incidents()
    assert (rescue["reason"], rescue["area"], rescue["ringing"]) == ("silence", area["id"], True)
    (offline,) = await home.incidents("offline")  # the one that stands in no group
    assert offline["area"] is None
    for one in cars[1:]:
        await home.at(50).hears(Link(online=True), lift=one)
    await gathers(home, 100)
    assert (await home.incidents("area"))[0]["state"] == "confirmed"  # one is still silent
    await home.at(101).sends(moving, moving=False, door="open", door_zone=True, occupied=False)
    await gathers(home, 101.5)
    await gathers(home, 112)
    assert (await home.incidents("area"))[0]["state"] == "cleared"


async def test_lifts_that_fall_silent_without_a_last_will_are_gathered_before_they_are_offline(home: House) -> None:
    for one in (cars := await lifts(home, 5, gateway="gw")):
        await home.at(0).sends(one)
    await gathers(home, 95)  # 3 × 30 s + 5 s
    await gathers(home, 100)
    (area,) = await home.incidents("area")
    assert len(await members(home, area["id"])) == len(cars)
    await gathers(home, 120)
    assert await home.incidents("offline") == []
    assert not any(one["online"] for one in await home.sql("SELECT online FROM lift_state"))


async def test_silence_that_we_could_not_hear_makes_no_area(home: House) -> None:
    """Our own restart: the lifts were heard an hour ago, the intake is back since a second."""
    for one in await lifts(home, 12, gateway="gw"):
        await home.at(0).sends(one)
        await home.hears(Link(online=False), lift=one)
    for second in (3600, 3601, 3660, 3694):
        await gathers(home, second, listening_since=3600)
    assert await home.incidents("area") == []
    assert await home.incidents("offline") == []


async def test_a_dispatcher_ends_it_and_what_it_stood_for_rests_ten_minutes(home: House) -> None:
    cars = await lifts(home, 5, building="House")
    await cut(home.at(0), cars)
    await gathers(home, 3)
    (area,) = await home.incidents("area")
    assert isinstance(await home.does("acknowledge", area["id"], SUPERVISOR), Done)
    assert not (await home.incidents("area"))[0]["ringing"]
    for actor in (FIRM, SUPERVISOR):
        for action in ("accept", "close"):
            refused = await home.does(action, area["id"], actor, cause="x")
            assert isinstance(refused, Refused)
            assert refused.status == "role"
    for action in ("confirm", "release", "escalate", "cancel"):
        refused = await home.does(action, area["id"], DISPATCHER)
        assert isinstance(refused, Refused)
        assert refused.reason == "not_for_this_kind"
    assert isinstance(await home.does("accept", area["id"]), Done)
    assert isinstance(await home.does("note", area["id"], text="the utility is told"), Done)
    await gathers(home, 70)
    refused = await home.does("close", area["id"])
    assert isinstance(refused, Refused)
    assert refused.field == "cause"
    assert isinstance(await home.does("close", area["id"], cause="planned work"), Done)
    for second in range(80, 780, 60):
        await cut(home.at(second), cars)
        await gathers(home, second + 1)
        # asked about once more, as every finding that a person closed
        assert len(await home.incidents("fault")) == (0 if second < 670 else 5), second
    assert len(await home.incidents("area")) == 1


async def test_an_accepted_area_ends_when_all_are_back_too(home: House) -> None:
    cars = await lifts(home, 5, building="House")
    await cut(home.at(0), cars)
    await gathers(home, 3)
    (area,) = await home.incidents("area")
    await home.does("accept", area["id"])
    await restored(home.at(10), cars)
    await gathers(home, 10)
    await gathers(home, 20)
    assert (await home.incidents("area"))[0]["state"] == "cleared"


async def test_what_is_still_wrong_with_a_lift_that_is_back_is_shown(home: House) -> None:
    cars = await lifts(home, 5, building="House")
    for one in cars:
        await home.at(0).sends(one, power="off", occupied=False, door_zone=one != cars[0])
    await gathers(home, 3)
    await gathers(home, 70)
    assert await home.incidents("fault") == []
    await home.at(80).sends(cars[0], power="mains", occupied=False, door_zone=False)
    await gathers(home, 80.5)
    (fault,) = await home.incidents("fault")
    assert (fault["code"], fault["state"]) == ("stopped_outside_zone", "confirmed")
    assert (await home.incidents("area"))[0]["state"] == "confirmed"


async def test_a_lift_alone_without_power_after_its_area_has_a_fault_of_its_own(home: House) -> None:
    cars = await lifts(home, 5, building="House")
    await cut(home.at(0), cars)
    await gathers(home, 3)
    await gathers(home, 61)
    await restored(home.at(62), cars)
    await gathers(home, 62.5)
    await restored(home.at(63), cars)  # it goes on talking
    assert await home.incidents("fault") == []
    await gathers(home, 73)
    await gathers(home, 73.5)
    assert (await home.incidents("area"))[0]["state"] == "cleared"
    await cut(home.at(100), cars[:1])
    await gathers(home, 115)
    (fault,) = await home.incidents("fault")
    assert (fault["code"], fault["state"]) == ("power_loss", "confirmed")


async def test_a_lift_that_loses_its_power_again_is_out_again(home: House) -> None:
    cars = await lifts(home, 5, building="House")
    await cut(home.at(0), cars)
    await gathers(home, 3)
    await restored(home.at(10), cars[:1])
    await gathers(home, 10)
    await cut(home.at(12), cars[:1])
    await gathers(home, 12)
    (area,) = await home.incidents("area")
    assert area["detail"]["out"] == 5
    mine = (await members(home, area["id"]))[cars[0]]
    assert (mine["back_at"], mine["since"]) == (None, home.now)


async def fleet(home: House, count: int) -> list[str]:
    """Lifts of several buildings, some moving with somebody inside."""
    found = [one for number in range(count // 4) for one in await lifts(home, 4, building=f"House {number}")]
    for one in found:
        await home.at(0).sends(one, moving=False, occupied=False, door_zone=True)
    return found


async def test_blind_is_one_alarm_and_dangerous_cars_stand_in_it_without_ringing(home: House) -> None:
    cars = await fleet(home, 20)
    for second in (1, 4):
        await home.at(second).sends(cars[0], moving=True, occupied=True, door_zone=False)
    for one in cars[:12]:
        await home.at(5).hears(Link(online=False), lift=one)
    await gathers(home, 14.9)
    assert await home.incidents("system") == []
    await gathers(home, 15)
    (alarm,) = await home.incidents("system")
    assert (alarm["code"], alarm["priority"], alarm["ringing"], alarm["state"]) == ("blind", 1, True, "confirmed")
    assert (alarm["detail"]["lifts"], alarm["detail"]["occupied"]) == (12, 1)
    await gathers(home, 21)
    (rescue,) = await home.incidents()
    assert (rescue["reason"], rescue["state"], rescue["ringing"], rescue["area"], rescue["waits_for_person"]) == (
        "silence", "suspected", False, alarm["id"], True,
    )  # fmt: skip
    assert await home.told(rescue["id"]) == []
    assert await home.incidents("offline") == []
    assert await home.incidents("area") == []
    # running timers go on and confirm: that rings
    await home.at(30).tells("entrapment", lift=cars[1])
    assert (await home.rescue())["ringing"]

    for one in cars[3:12]:
        await home.at(60).hears(Link(online=True), lift=one)
    await gathers(home, 60.5)
    await gathers(home, 61)
    (alarm,) = await home.incidents("system")
    assert alarm["state"] == "cleared"
    assert (await home.incidents())[0]["ringing"]  # it is silent on its own now
    assert (await home.story(rescue["id"]))[-1][0] == "ring"
    assert [one["state"] for one in await home.incidents("offline")] == ["confirmed"]  # and so is one without people


async def test_a_suspicion_that_was_earlier_stops_ringing_with_the_alarm(home: House) -> None:
    cars = await fleet(home, 20)
    for second in (1, 4):
        await home.at(second).sends(cars[0], moving=True, occupied=True, door_zone=False)
    await home.at(5).hears(Link(online=False), lift=cars[0])
    await gathers(home, 20.5)
    assert (await home.rescue())["ringing"]
    for one in cars[4:14]:
        await home.at(25).hears(Link(online=False), lift=one)
    await gathers(home, 36)
    (alarm,) = await home.incidents("system")
    rescue = await home.rescue()
    assert (rescue["ringing"], rescue["area"]) == (False, alarm["id"])


async def test_the_blind_alarm_closed_by_a_person_leaves_no_silence_unsaid(home: House) -> None:
    cars = await fleet(home, 20)
    for second in (1, 4):
        await home.at(second).sends(cars[0], moving=True, occupied=True, door_zone=False)
    for one in cars:
        await home.at(5).hears(Link(online=False), lift=one)
    await gathers(home, 15)
    await gathers(home, 21)
    (alarm,) = await home.incidents("system")
    assert isinstance(await home.does("close", alarm["id"], cause="network of the city"), Done)
    await gathers(home, 22)
    await gathers(home, 23)
    assert (await home.rescue())["ringing"]
    assert len(await home.incidents("system")) == 1


async def test_areas_of_silence_are_quiet_while_we_are_blind(home: House) -> None:
    for number in range(3):
        for one in await lifts(home, 5, building=f"Tower {number}"):
            await home.at(0).sends(one)
            await home.at(1).hears(Link(online=False), lift=one)
    await gathers(home, 7)
    assert [one["ringing"] for one in await home.incidents("area")] == [True] * 3
    await gathers(home, 12)
    (alarm,) = await home.incidents("system")
    assert [(one["ringing"], one["area"]) for one in await home.incidents("area")] == [(False, alarm["id"])] * 3
    await home.does("close", alarm["id"], cause="x")
    await gathers(home, 13)
    assert [one["ringing"] for one in await home.incidents("area")] == [True] * 3


async def test_an_area_of_silence_that_opens_while_we_are_blind_stands_in_the_alarm(home: House) -> None:
    cars = await fleet(home, 20)
    for one in cars[:12]:
        await home.at(5).hears(Link(online=False), lift=one)
    await gathers(home, 15)
    tower = await lifts(home, 5, building="Tower")
    for one in tower:
        await home.at(20).sends(one)
        await home.at(21).hears(Link(online=False), lift=one)
    await gathers(home, 22)  # they join the alarm at once
    await gathers(home, 26)
    (alarm,), (area,) = await home.incidents("system"), await home.incidents("area")
    assert (area["ringing"], area["area"]) == (False, alarm["id"])
    assert await home.told(area["id"]) == []
    assert len(await members(home, alarm["id"])) == 17  # they stand in both
    assert len(await members(home, area["id"])) == 5


async def test_a_suspicion_in_an_area_stops_ringing_once_we_are_blind(home: House) -> None:
    cars = [*await lifts(home, 5, building="Tower"), *await fleet(home, 20)]
    for one in cars:
        await home.at(0).sends(one, moving=False, occupied=False, door_zone=True)
    for second in (1, 4):
        await home.at(second).sends(cars[0], moving=True, occupied=True, door_zone=False)
    for one in cars[:5]:
        await home.at(5).hears(Link(online=False), lift=one)
    await gathers(home, 10)
    await gathers(home, 21)
    (area,) = await home.incidents("area")
    assert ((await home.rescue())["ringing"], (await home.rescue())["area"]) == (True, area["id"])
    for one in cars[5:15]:
        await home.at(30).hears(Link(online=False), lift=one)
    await gathers(home, 41)
    assert len(await home.incidents("system")) == 1
    assert ((await home.rescue())["ringing"], (await home.rescue())["area"]) == (False, area["id"])


async def test_silence_of_one_house_is_an_area_not_blindness(home: House) -> None:
    for one in await lifts(home, 12, building="House"):
        await home.at(0).sends(one)
        await home.at(1).hears(Link(online=False), lift=one)
    await gathers(home, 20)
    assert await home.incidents("system") == []
    assert len(await home.incidents("area")) == 1
