"""The alarm button (contract sections 2, 3 and 5): told back after the commit, filtered only while the open door is seen."""

from tests.e2e.town import DOOR_OPEN, TRAVELLING, Town


async def test_a_press_held_for_3_s_is_confirmed_and_every_repetition_is_answered(town: Town) -> None:
    car = await town.car("L-1")
    await car.at(0).send(occupied=True)
    ack = await car.at(1).press()
    rescue = await car.want().rescue(state="suspected", reason="alarm_pressed")
    assert ack == {
        "boot": "b1", "seq": 0, "code": "alarm_button", "active": True, "incident": rescue["id"], "received_at": car.ts,
    }  # fmt: skip
    again = await car.at(2).tell("alarm_button", seq=0, ts=ack["received_at"])
    assert again == ack | {"received_at": car.ts}
    await town.at(3.9)
    await car.want().still(state="suspected")
    await town.at(4)
    rescue = await car.want().rescue(state="dispatched", reason="alarm_pressed")
    assert rescue["event_ts"] is not None
    assert [one["action"] for one in rescue["timeline"]] == ["open", "confirm", "dispatch"]  # one press, told twice


async def test_a_second_press_confirms_and_a_third_rings_again(town: Town) -> None:
    car = await town.car("L-1")
    await car.at(0).press()
    await car.at(1).lets_go()
    await car.at(30).press()
    rescue = await car.want().rescue(state="dispatched", reason="alarm_pressed")
    await car.at(31).lets_go()
    quiet = await town.dispatcher.does("acknowledge", rescue)
    assert not quiet["ringing"]
    ack = await car.at(45).press()
    assert ack["incident"] == rescue["id"]
    rings = await car.want().rescue(ringing=True)
    assert rings["id"] == rescue["id"]
    assert rings["timeline"][-1]["action"] == "pressed_again"
    assert rings["acknowledged_at"] == quiet["acknowledged_at"]


async def test_one_short_press_is_a_suspicion_for_60_s(town: Town) -> None:
    car = await town.car("L-1")
    await car.at(0).press()
    await car.at(1).lets_go()
    await town.at(60)
    await car.want().still(state="suspected")
    await town.at(75)  # the cause has been gone for 10 s
    cleared = await car.want().rescue(state="cleared", reason="alarm_pressed")
    assert cleared["confirmed_at"] is None
    assert cleared["assignments"] == []


async def test_the_open_door_ends_a_short_press(town: Town) -> None:
    car = await town.car("L-1")
    await car.at(0).press()
    await car.at(1).lets_go()
    await car.at(5).send(**DOOR_OPEN)
    await town.at(15)
    await car.want().rescue(state="cleared")


async def test_a_press_in_front_of_the_open_door_is_filtered_until_the_door_closes(town: Town) -> None:
    car = await town.car("L-1")
    await car.at(0).send(**DOOR_OPEN)
    ack = await car.at(1).press()
    assert (ack["seq"], ack["incident"]) == (0, None)
    assert (await car.tell("alarm_button", seq=0))["incident"] is None  # repeated, answered all the same
    await town.at(10)
    await car.want().no_rescue()
    await car.at(11).send(occupied=True)  # the door is closed now, the button still active
    await car.want().rescue(state="dispatched", reason="alarm_pressed")


async def test_an_old_open_door_filters_nothing(town: Town) -> None:
    car = await town.car("L-1")
    await car.at(0).send(**DOOR_OPEN)
    await car.at(36).press()  # the sample is older than its interval and 5 s
    await town.at(39)
    await car.want().rescue(state="dispatched", reason="alarm_pressed")


async def test_pressed_while_moving_waits_until_the_car_has_stood_10_s(town: Town) -> None:
    car = await town.car("L-1")
    await car.at(0).send(**TRAVELLING)
    await car.at(1).press()
    await car.want().rescue(state="suspected")
    await car.at(8).send(occupied=True)
    await town.at(17.9)
    await car.want().still(state="suspected")
    await town.at(18)
    await car.want().rescue(state="dispatched", reason="alarm_pressed")


async def test_a_press_counts_in_inspection_and_from_an_escalator(town: Town) -> None:
    inspected, escalator = await town.car("L-1"), await town.car("E-1", lift_class="escalator")
    await inspected.at(0).send(mode="inspection", door_zone=False, occupied=True)
    await inspected.press()
    await escalator.press()
    await town.at(3)
    await inspected.want().rescue(state="dispatched", reason="alarm_pressed")
    await escalator.want().rescue(state="dispatched", reason="alarm_pressed")
    await town.at(70)  # nothing but the button counts in inspection
    assert (await inspected.want().still())["causes"] == ["alarm_pressed"]


async def test_the_next_rescue_is_not_hidden_by_the_one_before(town: Town) -> None:
    car = await town.car("L-1")
    await car.at(0).press()
    await town.at(3)
    first = await car.want().rescue(state="dispatched")
    await car.lets_go()
    released = await town.dispatcher.does("release", first, persons=1, method="self", said_by="the passenger")
    assert released["state"] == "released"
    await town.at(20)
    assert len(await car.want().all()) == 1
    ack = await car.at(30).press()
    await town.at(33)
    second = await car.want().rescue(state="dispatched", previous=first["id"])
    assert second["id"] == ack["incident"] != first["id"]
    assert second["ringing"]
    await town.dispatcher.does("reopen", first, 409, reason="they are in there again")
    assert len(await car.want().all()) == 2


async def test_an_answered_cause_that_stays_asks_once_more_after_10_min(town: Town) -> None:
    car = await town.car("L-1")
    await car.at(0).tell("entrapment")
    first = await car.want().rescue(state="dispatched", reason="controller_says")
    await town.at(10)
    await town.dispatcher.does("release", first, persons=0, method="other", said_by="the guard: the car is empty")
    await town.at(605)
    assert len(await car.want().all()) == 1
    await town.at(610)
    asked = await car.want().rescue(state="suspected", previous=first["id"], waits_for_person=True, ringing=True)
    await town.dispatcher.does("cancel", asked, reason="false_alarm")
    await town.at(1500)
    assert len(await car.want().all()) == 2
    await car.tell("entrapment", active=False)
    await car.at(1510).tell("entrapment")  # false once in between: a new cause
    await car.want().rescue(state="dispatched", previous=asked["id"])
