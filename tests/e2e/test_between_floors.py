"""A car stands between floors with someone inside: found, dispatched and freed, as contract sections 5 and 6 say."""

from tests.e2e.town import BETWEEN_FLOORS, DOOR_OPEN, TRAVELLING, Town


async def test_a_car_between_floors_is_suspected_after_20_s_and_confirmed_after_60(town: Town) -> None:
    car = await town.car("L-1")
    await car.at(0).send(**TRAVELLING)
    await car.at(5).send(**BETWEEN_FLOORS)
    await town.at(24.9)
    await car.want().no_rescue()
    await town.at(25)
    rescue = await car.want().rescue(state="suspected", reason="outside_zone")
    assert (rescue["priority"], rescue["ringing"], rescue["waits_for_person"]) == ("P1", False, False)
    assert rescue["evidence"]["occupied_by"] == "sensor"
    await car.at(40).send(**BETWEEN_FLOORS)
    await town.at(64.9)
    await car.want().still(state="suspected", confirmed_at=None)
    await town.at(65)
    rescue = await car.want().rescue(state="dispatched", reason="outside_zone", causes=["outside_zone"])
    assert rescue["ringing"]
    assert rescue["evidence"]["thresholds"] == {"suspect_s": 20, "confirm_s": 60}
    assert [one["door_zone"] for one in rescue["evidence"]["samples"]] == [False, False, False]


async def test_the_sensor_must_see_somebody_for_2_s(town: Town) -> None:
    car = await town.car("L-1")
    await car.at(0).send(**BETWEEN_FLOORS)
    await town.at(21.9)
    await car.want().no_rescue()
    await town.at(22)
    await car.want().rescue(state="suspected")


async def test_without_a_sensor_a_car_between_floors_counts_as_occupied(town: Town) -> None:
    car = await town.car("L-1")
    await car.at(0).send(door_zone=False, occupied=None)
    await town.at(20)
    rescue = await car.want().rescue(state="suspected", reason="outside_zone")
    assert rescue["evidence"]["occupied_by"] == "outside_zone"


async def test_the_open_door_ends_a_suspicion(town: Town) -> None:
    car = await town.car("L-1")
    await car.at(0).send(door_zone=False, occupied=None)
    await town.at(30)
    await car.want().rescue(state="suspected")
    await car.at(31).send(**DOOR_OPEN)
    await town.at(40.9)
    await car.want().still(state="suspected")
    await town.at(41)
    rescue = await car.want().rescue(state="cleared")
    assert rescue["confirmed_at"] is None
    await town.at(200)
    assert len(await car.want().all()) == 1
