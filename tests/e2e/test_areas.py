"""Power cuts, dead gateways and our own restarts, as a dispatcher sees them (contract section 5, "Area", "Silence")."""

import asyncio

from tests.e2e.town import DOOR_OPEN, TRAVELLING, Car, Town, until


async def cars(town: Town, count: int, **facts: str) -> list[Car]:
    found = [
        await town.car(f"L-{number}", building=facts.get("building", f"House {number}")) for number in range(count)
    ]
    for car in found:
        await car.says_hello()
    return found


async def test_a_power_cut_is_one_group_and_each_rescue_goes_its_own_way(town: Town) -> None:
    lifts = await cars(town, 6, building="House 1")
    trapped = lifts[2]
    await trapped.at(0).send(**TRAVELLING)
    await town.at(5)
    for car in lifts:
        await car.send(power="battery", occupied=car is trapped, door_zone=car is not trapped)
    await town.at(7)
    area = await town.lifts_together().incident("area", state="confirmed", ringing=True)
    assert {one["lift_id"] for one in area["lifts"]} == {car.id for car in lifts}
    await town.at(65)
    rescue = await trapped.want().rescue(state="dispatched", area=area["id"])
    assert [one["lift_id"] for one in rescue["assignments"] if "lift_id" in one] == []
    for car in lifts:
        if car is not trapped:
            await car.want().no("fault")
    listed = await town.admin.get(f"/incidents/{area['id']}")
    assert (listed["lifts"][0]["lift_id"], listed["lifts"][0]["rescue"]) == (trapped.id, rescue["id"])
    assert (await town.dispatcher.does("acknowledge", area))["ringing"] is False
    for car in lifts:
        await car.at(80).send(**DOOR_OPEN)
    await town.lifts_together().incident("area", state="confirmed")
    await town.at(90.1)
    await town.lifts_together().incident("area", state="cleared")
    await trapped.want().still(state="dispatched")
    await town.firm.does("accept", rescue)
    await town.dispatcher.does("release", rescue, persons=1, method="crew", said_by="the passenger")


async def test_a_restart_of_the_broker_makes_no_incident_at_all(town: Town) -> None:
    """Every line breaks at once, wills and all; most lifts are back only after a minute."""
    lifts = await cars(town, 12, building="House 1")
    for number, car in enumerate(lifts):
        await car.at(0).send(**(TRAVELLING if number % 2 else DOOR_OPEN))
    await town.at(10)
    async with town.clock.running():
        town.broker.stop()
        await asyncio.sleep(0.5)
        town.broker.start()
        await until(town.listens, "the intake listens again")
    back = town.clock.seconds
    for car in lifts[:4]:
        await car.returns()
    await town.at(back + 60)  # far longer than a lost link takes to be suspected
    for car in lifts:
        await (car.says_hello() if car in lifts[:4] else car.returns())
    await town.at(back + 120)
    assert await town.admin.items("/incidents", state="all") == []


async def test_our_own_restart_makes_no_incident_at_all(town: Town) -> None:
    lifts = await cars(town, 12, building="House 1")
    for car in lifts:
        await car.at(0).send(**TRAVELLING)
    async with town.stopped():
        town.clock.move(600)
    for car in lifts:
        await car.send(**DOOR_OPEN)
    await town.at(690)
    for car in lifts:
        await car.send(**DOOR_OPEN)
    await town.at(720)
    assert await town.admin.items("/incidents", state="all") == []


async def test_who_hears_a_third_of_the_lifts_no_more_is_blind(town: Town) -> None:
    lifts = await cars(town, 20)
    for car in lifts[:2]:
        await car.at(0).send(**TRAVELLING)
    for car in lifts[2:]:
        await car.send(**DOOR_OPEN)
    await town.at(5)
    for car in lifts[:10]:
        await car.dies()
    await town.at(15)
    alarm = await town.lifts_together().incident("system", code="blind", ringing=True, priority="P1")
    assert {one["lift_id"] for one in alarm["lifts"]} == {car.id for car in lifts[:10]}
    assert alarm["lifts"][0]["occupied"] is True
    await town.at(21)
    for car in lifts[:2]:
        await car.want().rescue(state="suspected", reason="silence", ringing=False, area=alarm["id"])
    assert await town.admin.items("/incidents", state="all", kind="offline") == []
    for car in lifts[:10]:
        await car.returns()
        await car.at(max(30, town.clock.seconds)).send(**DOOR_OPEN)
    await town.lifts_together().incident("system", state="cleared")
    await town.at(60)
    for car in lifts[:2]:
        await car.want().rescue(state="cleared")
    assert await town.admin.items("/incidents", state="open") == []
