"""Everything is stopped and started again in the middle of a story, and the story goes on as if nothing had been."""

from tests.e2e.town import BETWEEN_FLOORS, DOOR_OPEN, TRAVELLING, Town


async def test_a_suspicion_goes_on_through_a_restart_of_everything(town: Town) -> None:
    car = await town.car("L-1")
    await car.at(0).send(**TRAVELLING)
    await car.at(5).send(**BETWEEN_FLOORS)
    await town.at(10)
    await town.restart()  # the timer runs, nothing is suspected yet
    await town.at(24.9)
    await car.want().no_rescue()
    await town.at(25)
    suspected = await car.want().rescue(state="suspected", reason="outside_zone")
    await town.at(40)
    await town.restart()
    await town.at(64.9)
    await car.want().still(state="suspected")
    await town.at(65)
    rescue = await car.want().rescue(state="dispatched")
    assert rescue["id"] == suspected["id"]
    assert [one["action"] for one in rescue["timeline"]] == ["open", "confirm", "dispatch"]
    await town.restart()
    await town.at(120)
    assert len(await car.want().all()) == 1
    assert (await town.crew.does("accept", rescue))["state"] == "accepted"


async def test_what_came_while_everything_was_down_is_read_before_anything_is_decided(town: Town) -> None:
    """The open door waits in the broker's queue; a timer that fell due meanwhile must not confirm in front of it."""
    car = await town.car("L-1")
    await car.at(0).send(**TRAVELLING)
    await car.at(5).send(**BETWEEN_FLOORS)
    await town.at(30)
    await car.want().rescue(state="suspected")
    async with town.stopped():
        town.clock.move(50)
        opened = car.sample(**DOOR_OPEN)
        await car.publish("telemetry", opened)
        town.clock.move(90)
    await car.stored("telemetry", opened)
    await town.at(120)
    rescue = await car.want().rescue(state="cleared")
    assert rescue["confirmed_at"] is None


async def test_a_timer_that_fell_due_while_everything_was_down_is_due_at_once(town: Town) -> None:
    car = await town.car("L-1")
    await car.at(0).send(**TRAVELLING)
    await car.at(5).send(**BETWEEN_FLOORS)
    await town.at(30)
    async with town.stopped():
        town.clock.move(90)
    await town.at(101)  # at the latest 10 s after the start
    rescue = await car.want().rescue(state="dispatched", reason="outside_zone")
    assert len(rescue["assignments"]) == 1


async def test_somebody_seen_before_the_restart_was_in_the_car_all_the_time(town: Town) -> None:
    """The sensor's two seconds pass while everything is down; the rule's clock runs from then, not from the restart."""
    car = await town.car("L-1")
    await car.at(0).send(**BETWEEN_FLOORS)
    await town.at(1)
    async with town.stopped():
        town.clock.move(15)
    assert town.clock.seconds < 20
    await town.at(21.9)
    await car.want().no_rescue()
    await town.at(22)
    await car.want().rescue(state="suspected", reason="outside_zone")


async def test_an_alarm_that_waits_in_the_queue_is_answered_after_the_restart(town: Town) -> None:
    car = await town.car("L-1")
    async with town.stopped():
        alarm = car.event("entrapment")
        for _ in range(3):  # the lift repeats it until it is answered
            await car.publish("event", alarm)
    ack = await car.acked(2)
    rescue = await car.want().rescue(state="dispatched", reason="controller_says")
    assert {one["incident"] for one in car.acks} == {rescue["id"]}
    assert ack["seq"] == alarm["seq"]
    assert len(await car.want().all()) == 1


async def test_a_held_press_goes_on_through_a_restart(town: Town) -> None:
    car = await town.car("L-1")
    await car.at(0).press()
    await town.restart()
    await town.at(15)
    rescue = await car.want().rescue(state="dispatched", reason="alarm_pressed")
    await town.dispatcher.does("release", rescue, persons=1, method="self", said_by="the passenger")
    await town.restart()
    await town.at(60)
    assert len(await car.want().all()) == 1  # the button hangs, and was answered
    await car.lets_go()
    await car.press()
    await town.at(64)
    await car.want().rescue(state="dispatched", previous=rescue["id"])
