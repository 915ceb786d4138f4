"""What lifts get wrong, and what the line does to messages (contract section 2): nothing is lost, nothing is doubled."""

import asyncio
import json
from datetime import datetime
from typing import Any

from elevator.times import to_ms
from tests.e2e.town import BETWEEN_FLOORS, DOOR_OPEN, TRAVELLING, Car, Town, now, until


async def _quarantine(town: Town, number: int = 1, **query: Any) -> list[dict[str, Any]]:
    async def look() -> list[dict[str, Any]] | None:
        found = await town.dispatcher.items("/quarantine", limit=200, **query)
        return found if len(found) >= number else None

    found: list[dict[str, Any]] = await until(look, f"{number} messages in quarantine")
    return found


async def test_a_message_is_stored_once_however_often_it_comes(town: Town) -> None:
    car = await town.car("L-1")
    sample, fault = car.sample(), car.event("door_held")
    for _ in range(3):
        await car.publish("telemetry", sample)
        await car.publish("telemetry", [sample, sample])
        await car.publish("event", fault)
    twin = await car.send(ts=sample["ts"])  # equal times, another `seq`: another message
    await car.tell("door_held", active=False)
    assert [row["seq"] for row in await town.admin.items("/lifts/L-1/telemetry")] == [twin["seq"], sample["seq"]]
    assert sorted(row["seq"] for row in await town.admin.items("/lifts/L-1/events")) == [0, 1]


async def test_an_unregistered_lift_is_heard_and_rescued(town: Town) -> None:
    car = await town.car("unknown-7", registered=False)
    await car.at(0).send(door_zone=False, occupied=None)
    await town.at(60)
    rescue = await car.want().rescue(state="confirmed", reason="outside_zone", unregistered=True)
    assert rescue["assignments"] == []
    assert rescue["ringing"]
    assert not (await car.state())["registered"]
    done = await town.dispatcher.does("dispatch", rescue, unit_id=town.ids["crew"])
    assert done["state"] == "dispatched"


async def test_what_cannot_be_read_is_kept_rings_and_can_be_replayed(town: Town) -> None:
    car = await town.car("L-1")
    await car.publish("telemetry", [car.sample(), {"ts": 1}, car.sample()])
    [bad] = await _quarantine(town)
    assert (bad["lift_id"], bad["topic"], bad["reason"]) == ("L-1", "lift/v1/L-1/telemetry", "missing_field")
    assert json.loads(bad["payload"]) == {"ts": 1}
    assert len(await town.admin.items("/lifts/L-1/telemetry")) == 2  # one bad sample costs only that sample
    await car.want().no("system")

    await car.publish("event", b"\xff\xfe")
    system = await car.want().incident("system", state="confirmed", ringing=True)
    await car.publish("event", b"[]")
    await _quarantine(town, 3)
    await car.publish("raw/nobody", b"\x01\x02")
    assert {one["reason"] for one in await _quarantine(town, 4)} == {
        "missing_field", "not_utf8", "array_length", "unknown_adapter",
    }  # fmt: skip
    assert [one["id"] for one in await car.want().all("system")] == [system["id"]]
    await car.want().no_rescue()

    await town.supervisor.post(f"/quarantine/{bad['id']}/replay", 403)
    asked = await town.dispatcher.post(f"/quarantine/{bad['id']}/replay", 202)
    assert asked["replay_requested_at"]

    async def done() -> dict[str, Any] | None:
        found = {one["id"]: one for one in await _quarantine(town)}
        return found[bad["id"]] if found[bad["id"]]["replayed_at"] else None

    assert (await until(done, "the replay"))["replay_outcome"].startswith("still unreadable")


async def test_a_lift_of_another_class_may_omit_fields_once_it_is_registered(town: Town) -> None:
    """The one thing that makes a bad sample good: the registry. Then its replay is stored, as `replay`."""
    stairs = await town.car("E-1", registered=False)
    short = {"ts": stairs.ts, "seq": 0, "mode": "normal"}
    await stairs.publish("telemetry", short)
    [bad] = await _quarantine(town, lift_id="E-1")
    await town.admin.post("/lifts", lift_id="E-1", rescue_code="9001", name="Stairs", lift_class="escalator")
    await town.dispatcher.post(f"/quarantine/{bad['id']}/replay", 202)
    row = await stairs.stored("telemetry", short)
    assert row["replay"]
    assert row["late"]


async def test_an_unreadable_alarm_is_a_suspicion_that_waits_for_a_person(town: Town) -> None:
    car = await town.car("L-1")
    await car.publish("event", b'{"code": "alarm_button", "ts": 17')
    rescue = await car.want().rescue(state="suspected", reason="alarm_pressed", unreadable=True, waits_for_person=True)
    assert rescue["ringing"]
    await car.want().incident("system", ringing=True)
    await car.at(30).send(**DOOR_OPEN)
    await town.at(600)
    await car.want().still(state="suspected")
    cancelled = await town.dispatcher.does("cancel", rescue, reason="false_alarm")
    assert cancelled["state"] == "cancelled"


async def test_a_thousand_bad_messages_do_not_delay_a_good_alarm(town: Town) -> None:
    car = await town.car("L-1")
    loop = asyncio.get_running_loop()

    async def alarm(one: Car) -> float:
        began = loop.time()
        await one.tell("entrapment")
        await one.want().rescue(state="dispatched")
        return loop.time() - began

    alone = await alarm(await town.car("L-2"))
    for first in range(0, 1000, 100):
        bad = (b"\xff\xfe", b"{", b'{"code": 1}', b"[]")
        await asyncio.gather(*(car.publish("event", bad[n % 4]) for n in range(first, first + 100)))
    crowded = await alarm(await town.car("L-3"))
    assert crowded < alone * 3 + 1.0, f"alone {alone:.2f} s, after a thousand bad ones {crowded:.2f} s"
    assert len(await car.want().all("system")) == 1


async def test_late_samples_amend_history_and_open_nothing(town: Town) -> None:
    car = await town.car("L-1")
    await car.at(0).send(**DOOR_OPEN)
    at_10 = car.ts + 10_000
    await car.at(100).send(occupied=None)
    for n in range(5):
        late = await car.send(**BETWEEN_FLOORS, ts=at_10 + n * 10_000, replay=True)
        assert (await car.stored("telemetry", late))["late"]
    assert (await car.state())["state"]["sample"]["door_zone"] is True
    await town.at(200)
    await car.want().no_rescue()


async def test_a_late_sample_moves_the_start_back(town: Town) -> None:
    """The line was down while the car stopped: what the buffer tells makes the running timer due earlier."""
    car = await town.car("L-1")
    await car.at(0).send(**TRAVELLING)
    stopped_at = car.ts + 20_000  # no longer before the next sample than an interval: a gap would tell nothing
    await car.at(50).send(**BETWEEN_FLOORS)
    await town.at(60)
    await car.want().no_rescue()
    await car.send(**BETWEEN_FLOORS, ts=stopped_at, replay=True)
    await town.at(61)
    await car.want().rescue(state="suspected")
    await town.at(81)
    await car.want().rescue(state="dispatched", reason="outside_zone")


async def test_samples_in_the_wrong_order_end_nothing(town: Town) -> None:
    car = await town.car("L-1")
    await car.at(0).send(**TRAVELLING)
    old = car.sample(**DOOR_OPEN)
    await car.at(5).send(**BETWEEN_FLOORS)
    await town.at(30)
    await car.want().rescue(state="suspected")
    await car.publish("telemetry", old)  # lower `seq`: behind what is known
    assert (await car.stored("telemetry", old))["late"]
    await town.at(65)
    await car.want().rescue(state="dispatched")


async def test_a_wrong_clock_neither_hides_nor_delays_an_alarm(town: Town) -> None:
    fast, slow = await town.car("L-1"), await town.car("L-2")
    fast.clock_error, slow.clock_error = 3 * 86_400.0, -20 * 365 * 86_400.0
    for car in (fast, slow):
        await car.send(**TRAVELLING)
    await town.at(5)
    for car in (fast, slow):
        await car.send(**BETWEEN_FLOORS)
    await town.at(24.9)
    for car in (fast, slow):
        await car.want().no_rescue()
    await town.at(25)
    for car in (fast, slow):
        rescue = await car.want().rescue(state="suspected", reason="outside_zone")
        assert to_ms(datetime.fromisoformat(rescue["event_ts"])) < to_ms(town.clock.now) + car.clock_error * 1000 + 1
        assert datetime.fromisoformat(rescue["opened_at"]) == town.clock.now
    assert (await fast.state())["offset"] == fast.clock_error
    await slow.press()
    await town.at(28)
    await slow.want().rescue(state="dispatched", reason="alarm_pressed")


async def test_a_replayed_alarm_is_decided_by_its_age(town: Town) -> None:
    fresh, old, opened = [await town.car(f"L-{n}") for n in range(3)]
    for car in (fresh, old, opened):
        await car.send(occupied=None)
    await opened.at(700).send(**DOOR_OPEN)
    await town.at(2000)
    for car in (fresh, old, opened):
        await car.send(occupied=None)  # its clock is known
    twenty_min, forty_min = 1200_000, 2400_000
    assert (await fresh.press(ts=fresh.ts - twenty_min, replay=True))["incident"]
    assert (await old.press(ts=old.ts - forty_min, replay=True))["incident"]
    assert (await opened.press(ts=opened.ts - twenty_min - 400_000, replay=True))["incident"] is None
    await old.want().rescue(state="suspected", waits_for_person=True)
    await town.at(2003)
    await fresh.want().rescue(state="dispatched", reason="alarm_pressed")
    await old.want().still(state="suspected")
    await opened.want().no_rescue()
    [review] = await town.dispatcher.items("/events", review="true")
    assert (review["lift_id"], review["code"], review["review"]) == ("L-2", "alarm_button", True)


async def test_a_restarted_controller_counts_from_0_again(town: Town) -> None:
    car = await town.car("L-1")
    await car.at(0).send(**TRAVELLING)
    await car.tell("door_held")
    car.restarts("b2")
    await car.at(5).send(**BETWEEN_FLOORS)
    await town.at(25)
    await car.want().rescue(state="suspected")
    assert (await car.state())["state"]["codes"] == ["door_held"]  # what an event set, an event clears


async def test_a_key_that_comes_again_after_10_min_is_a_new_alarm(town: Town) -> None:
    """A controller without `boot` and with a dead clock."""
    car = await town.car("L-1")
    dead = {"ts": 0, "seq": 0, "boot": ""}
    await car.tell("entrapment", **dead)
    first = await car.want().rescue(state="dispatched")
    await town.dispatcher.does("release", first, persons=1, method="other", said_by="the guard")
    await car.at(10).tell("entrapment", active=False, **dead | {"seq": 1})
    await car.at(611).tell("entrapment", **dead)
    await car.want().rescue(state="dispatched", previous=first["id"])
    assert [one["key_reused"] for one in await town.admin.items("/lifts/L-1/events") if one["active"]] == [True, False]


async def test_notes_tell_what_the_lift_says_wrong(town: Town) -> None:
    car = await town.car("L-1")
    car.interval = 600
    await car.says_hello()
    await car.send(door="ajar", door_zone=None)
    state = (await car.state())["state"]
    assert state["interval"] == 60
    assert state["sample"]["door"] == "unknown"
    codes = {note["code"] for note in state["notes"]}
    assert {"unknown_door", "no_door_zone"} <= codes
    assert any("interval" in code for code in codes)
    await until(lambda: now(state["firmware"] == "7.1"), "its firmware")
