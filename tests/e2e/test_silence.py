"""Lifts that stop talking, and power that goes (contract section 5): what only a person can decide, and what decides itself."""

from tests.e2e.town import BETWEEN_FLOORS, DOOR_OPEN, TRAVELLING, Town


async def test_a_moving_occupied_car_whose_line_is_cut_is_suspected_and_waits_for_a_person(town: Town) -> None:
    car = await town.car("L-1")
    await car.says_hello()
    await car.at(0).send(**TRAVELLING)
    await town.at(5)
    await car.dies()
    await town.at(19.9)
    await car.want().no_rescue()
    await town.at(20)  # 15 s after the last will
    rescue = await car.want().rescue(state="suspected", reason="silence", waits_for_person=True, ringing=True)
    await town.at(900)
    await car.want().still(state="suspected")
    confirmed = await town.dispatcher.does("confirm", rescue)
    assert confirmed["state"] == "dispatched"


async def test_silence_without_a_last_will_takes_three_intervals(town: Town) -> None:
    car = await town.car("L-1")
    car.interval = 10
    await car.says_hello()
    await car.at(0).send(**TRAVELLING)
    await town.at(49)  # 3 × 10 + 5 + 15
    await car.want().no_rescue()
    await town.at(50)
    rescue = await car.want().rescue(state="suspected", reason="silence")
    await car.at(60).send(**DOOR_OPEN)
    await town.at(70)
    ended = await car.want().rescue(state="cleared")
    assert ended["id"] == rescue["id"]


async def test_silence_stops_no_timer(town: Town) -> None:
    car = await town.car("L-1")
    await car.says_hello()
    await car.at(0).send(door_zone=False, occupied=None)
    await town.at(5)
    await car.dies()
    await town.at(60)
    rescue = await car.want().rescue(state="dispatched", reason="outside_zone")
    assert set(rescue["causes"]) == {"outside_zone", "silence"}


async def test_an_empty_silent_lift_is_only_offline_and_comes_back(town: Town) -> None:
    car = await town.car("L-1")
    await car.says_hello()
    await car.at(0).send(**DOOR_OPEN)
    await town.at(109)  # 3 × 30 + 5 + 15
    await car.want().no("offline")
    await town.at(110)
    offline = await car.want().incident("offline", state="confirmed", code="offline")
    assert (offline["priority"], offline["ringing"]) == ("P3", False)
    assert not (await car.state())["state"]["online"]
    await car.want().no_rescue()
    await car.at(200).send(**DOOR_OPEN)
    await car.want().incident("offline", state="cleared")
    assert (await car.state())["state"]["online"]


async def test_the_retained_link_outlives_a_restart_of_the_platform(town: Town) -> None:
    car = await town.car("L-1")
    await car.says_hello()
    await car.at(0).send(**TRAVELLING)
    async with town.stopped():
        await car.dies(seen=False)
    back = town.clock.seconds
    await town.at(109)  # a full window from when the platform listens again, though the broker knew at once
    await car.want().no_rescue()
    await town.at(back + 110)
    await car.want().rescue(state="suspected", reason="silence")


async def test_power_lost_with_someone_inside(town: Town) -> None:
    car, empty = await town.car("L-1"), await town.car("L-2")
    await car.at(0).send(**TRAVELLING)
    await car.at(5).send(power="battery", occupied=True)
    await empty.send(power="off", occupied=False)
    await town.at(14.9)
    await car.want().no_rescue()
    await town.at(15)
    await car.want().rescue(state="suspected", reason="power_lost")
    await town.at(65)
    await car.want().rescue(state="dispatched", reason="power_lost")
    fault = await empty.want().incident("fault", state="confirmed", code="power_loss")
    assert fault["priority"] == "P2"
    await empty.want().no_rescue()


async def test_short_power_dips_are_no_rescue(town: Town) -> None:
    car = await town.car("L-1")
    await car.at(0).send(**TRAVELLING)
    for start in (5, 20, 35):
        await car.at(start).send(power="off", occupied=True)
        await car.at(start + 8).send(occupied=True)
    await town.at(120)
    await car.want().no_rescue()


async def test_inspection_switches_the_timed_rules_off_and_nothing_else_does(town: Town) -> None:
    inspected, firefighter, out, quake = [await town.car(f"L-{n}") for n in range(4)]
    for car, mode in (
        (inspected, "inspection"),
        (firefighter, "firefighter"),
        (out, "out_of_service"),
        (quake, "earthquake"),
    ):
        await car.send(mode=mode, **BETWEEN_FLOORS)
    await town.at(62)
    await inspected.want().no_rescue()
    await firefighter.want().no_rescue()
    await out.want().rescue(state="dispatched", reason="outside_zone")
    await quake.want().rescue(state="dispatched", reason="outside_zone")
