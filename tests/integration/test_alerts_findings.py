"""Incidents that are no rescue, reports without a lift, and what nobody can read, on the real database."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from alerts import commands
from alerts.acting import Done
from alerts.incident import Refused
from elevator.model import Link
from tests.alerts_database import DISPATCHER, FIRM, POLICY, House, house


@pytest.fixture
async def home(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    async with house(database, monkeypatch) as place:
        yield place


async def quarantined(home: House, payload: bytes, lift: str | None = "L-1", count: int = 1) -> None:
    async with home.tx() as tx:
        await commands.quarantined(
            tx, lift_id=lift, topic=f"lift/v1/{lift or '?'}/event", payload=payload, reason="not_json", now=home.now,
            policy=POLICY, count=count,
        )  # fmt: skip


async def test_a_danger_is_told_to_the_firm_and_rests_when_closed(home: House) -> None:
    await home.at(0).sends(occupied=False)
    await home.at(1).tells("overspeed")
    (danger,) = await home.incidents("danger")
    assert (danger["priority"], danger["state"], danger["ringing"], danger["code"]) == (
        1,
        "confirmed",
        True,
        "overspeed",
    )
    assert await home.told(danger["id"]) == [("danger", "dispatchers"), ("danger", "firm:f1")]
    assert isinstance(await home.does("accept", danger["id"], FIRM), Done)
    assert isinstance(await home.does("close", danger["id"], FIRM, cause="x"), Refused)
    assert isinstance(await home.at(10).does("close", danger["id"], cause="governor"), Done)
    await home.at(300).sends()
    await home.at(600).looks()
    assert len(await home.incidents("danger")) == 1
    await home.at(611).looks()
    assert [one["state"] for one in await home.incidents("danger")] == ["closed", "confirmed"]
    await home.does("close", (await home.incidents("danger"))[-1]["id"], cause="governor")
    await home.at(5000).looks()
    assert len(await home.incidents("danger")) == 2


async def test_a_fault_ends_by_itself_unless_a_person_has_accepted_it(home: House) -> None:
    await home.at(0).sends(occupied=False, door_zone=False)
    await home.at(61).looks()
    (fault,) = await home.incidents("fault")
    assert (fault["priority"], fault["reason"], fault["code"]) == (2, "outside_zone", "stopped_outside_zone")
    await home.does("accept", fault["id"])
    await home.at(70).sends(door_zone=True)
    await home.at(90).looks()
    (fault,) = await home.incidents("fault")
    assert fault["state"] == "accepted"
    assert (await home.story(fault["id"]))[-1] == ("technically_recovered", "accepted", "accepted", "gone")
    await home.at(100).sends(door_zone=False)
    await home.at(170).looks()
    assert len(await home.incidents("fault")) == 1


async def test_a_silent_lift_is_offline_until_it_is_heard(home: House) -> None:
    await home.at(0).sends()
    await home.at(111).looks()
    (offline,) = await home.incidents("offline")
    assert (offline["priority"], offline["ringing"]) == (3, False)
    assert (await home.sql("SELECT online FROM lift_state"))[0]["online"] is False
    await home.at(120).hears(Link(online=True))
    assert (await home.incidents("offline"))[0]["state"] == "cleared"
    assert (await home.sql("SELECT online FROM lift_state"))[0]["online"] is True


async def test_bad_messages_of_one_lift_join_one_system_alarm(home: House) -> None:
    for second in range(3):
        home.at(second)
        await quarantined(home, b"{rubbish", count=2)
    (system,) = await home.incidents("system")
    assert (system["priority"], system["ringing"], system["detail"]["count"]) == (2, True, 5)
    assert await home.incidents() == []


@pytest.mark.parametrize(("word", "reason"), [(b"alarm_button", "alarm_pressed"), (b"entrapment", "controller_says")])
async def test_unreadable_bytes_that_may_be_an_alarm_are_a_suspicion_that_a_person_ends(
    home: House, word: bytes, reason: str
) -> None:
    await home.at(0).sends(door="open")
    await quarantined(home.at(1), b'{"code": "' + word)
    row = await home.rescue()
    assert (row["reason"], row["unreadable"], row["ringing"], row["waits_for_person"], row["state"]) == (
        reason, True, True, True, "suspected",
    )  # fmt: skip
    await home.does("acknowledge", row["id"])
    await quarantined(home.at(6), b'{"code": "' + word)  # the lift repeats it until it is answered
    assert not (await home.rescue())["ringing"]
    await home.at(5000).looks()
    assert (await home.rescue())["state"] == "suspected"
    assert len(await home.incidents()) == 1


async def test_an_unreadable_alarm_makes_a_live_suspicion_a_persons_to_end(home: House) -> None:
    await home.at(0).trapped()
    await home.at(25).looks()
    await quarantined(home.at(26), b"alarm_button")
    row = await home.rescue()
    assert (row["unreadable"], row["ringing"], row["waits_for_person"]) == (True, True, True)
    assert row["causes"] == ["outside_zone", "alarm_pressed"]
    await home.at(30).sends(door_zone=True, door="open", occupied=False)
    await home.at(600).looks()
    assert (await home.rescue())["state"] == "suspected"


async def test_a_duplicate_leaves_its_callers_to_the_incident_it_repeats(home: House) -> None:
    """Whoever goes on with the rescue lost the numbers of those who had called about the same car."""
    early = (await home.at(0).reports(None, place="House", caller="0731-1")).incident_id
    kept = (await home.at(10).reports(caller="0731-2")).incident_id
    await home.at(20).reports(caller="0731-5")
    late = (await home.at(30).reports(None, place="house 1", caller="0731-3")).incident_id
    await home.at(40).reports(caller="0731-4")
    version = (await home.sql("SELECT version FROM incident WHERE id = %(id)s", id=kept))[0]["version"]
    for repeated in (late, early):
        done = await home.at(50).does("cancel", repeated, reason="duplicate", duplicate_of=kept)
        assert not isinstance(done, Refused)
    rows = {one["id"]: one for one in await home.incidents()}
    assert rows[kept]["callers"] == ["0731-1", "0731-2", "0731-5", "0731-3", "0731-4"]
    assert (rows[kept]["version"], rows[late]["callers"]) == (version + 2, ["0731-3"])
    assert (await home.story(kept))[-2:] == [("report", "dispatched", "dispatched", "duplicate")] * 2
    detail = await home.sql("SELECT detail FROM timeline WHERE incident_id = %(id)s ORDER BY n DESC LIMIT 2", id=kept)
    assert [one["detail"]["duplicate"] for one in detail] == [early, late]
    fed = await home.sql(
        "SELECT 1 FROM feed WHERE kind = 'incident' AND ref = %(id)s AND at = %(at)s", id=kept, at=home.now
    )
    assert len(fed) == 2


async def test_a_duplicate_with_nothing_to_leave_changes_nothing_elsewhere(home: House) -> None:
    kept = (await home.at(0).reports(caller="0731-1")).incident_id
    repeated = (await home.at(1).reports(None, place="House", caller="07311")).incident_id
    silent = (await home.at(1).reports(None, place="House 2")).incident_id
    before = (await home.sql("SELECT * FROM incident WHERE id = %(id)s", id=kept))[0]
    for one in (repeated, silent):
        await home.at(2).does("cancel", one, reason="duplicate", duplicate_of=kept)
    assert (await home.sql("SELECT * FROM incident WHERE id = %(id)s", id=kept))[0] == before


async def test_two_that_name_each_other_end_one_after_the_other(home: House) -> None:
    one = (await home.at(0).reports(caller="0731-1")).incident_id
    two = (await home.at(1).reports("L-2", caller="0731-2")).incident_id
    done = await asyncio.gather(
        home.at(2).does("cancel", one, reason="duplicate", duplicate_of=two),
        home.does("cancel", two, reason="duplicate", duplicate_of=one),
    )
    assert sum(isinstance(each, Refused) for each in done) == 1
    assert sum(each["state"] == "cancelled" for each in await home.incidents()) == 1


async def test_an_unreadable_alarm_of_nobody_knows_whom(home: House) -> None:
    await quarantined(home, b"entrapment", lift=None)
    await quarantined(home, b"entrapment", lift=None)
    assert [(one["lift_no"], one["unreadable"]) for one in await home.incidents()] == [(None, True)]


async def test_a_report_gets_its_lift_and_joins_what_lives_there(home: House) -> None:
    await home.at(0).trapped()
    await home.at(25).looks()
    live = (await home.rescue())["id"]
    reported = await home.at(30).reports(None, place="the tower", caller="0731-1")
    number = (await home.sql("SELECT lift_no FROM lift WHERE lift_id = 'L-1'"))[0]["lift_no"]
    async with home.tx() as tx:
        done = await commands.set_lift(tx, reported.incident_id, number, DISPATCHER, policy=POLICY, now=home.now)
    assert done == Done(incident_id=live)
    rows = {one["id"]: one for one in await home.incidents()}
    assert (rows[live]["state"], rows[live]["caller"]) == ("dispatched", "0731-1")
    assert (rows[reported.incident_id]["state"], rows[reported.incident_id]["duplicate_of"]) == ("cancelled", live)


async def test_a_report_that_gets_its_lift_brings_every_number_along(home: House) -> None:
    """Those of the rescue that lives there come first; a number that both have stands once."""
    for number in ("0731-1", "0731-2"):
        live = (await home.at(0).reports(caller=number)).incident_id
    reported = (await home.at(30).reports(None, place="the tower", caller="0731-3")).incident_id
    await home.sql("UPDATE incident SET callers = callers || '{07312,0731-4}' WHERE id = %(id)s", id=reported)
    lift = (await home.sql("SELECT lift_no FROM lift WHERE lift_id = 'L-1'"))[0]["lift_no"]
    async with home.tx() as tx:
        await commands.set_lift(tx, reported, lift, DISPATCHER, policy=POLICY, now=home.now)
    rows = {one["id"]: one for one in await home.incidents()}
    assert rows[live]["callers"] == ["0731-1", "0731-2", "0731-3", "0731-4"]
    assert rows[reported]["callers"] == ["0731-3", "07312", "0731-4"]


async def test_a_report_that_gets_a_lift_without_a_rescue_becomes_its_rescue(home: House) -> None:
    reported = await home.at(0).reports(None, place="the tower")
    number = (await home.sql("SELECT lift_no FROM lift WHERE lift_id = 'L-1'"))[0]["lift_no"]
    async with home.tx() as tx:
        await commands.set_lift(tx, reported.incident_id, number, DISPATCHER, policy=POLICY, now=home.now)
    assert (await home.rescue())["state"] == "dispatched"
    await home.at(5).tells("entrapment")
    assert len(await home.incidents()) == 1
    assert (await home.rescue())["causes"] == ["caller", "controller_says"]


async def test_a_long_stay_asks_by_intercom_and_another_cause_makes_it_the_first_priority(home: House) -> None:
    await home.at(0).sends(occupied=True)
    await home.at(580).sends()
    await home.at(599).looks()
    assert await home.incidents() == []
    await home.at(600).looks()
    row = await home.rescue()
    assert (row["reason"], row["state"], row["priority"], row["ringing"], row["waits_for_person"]) == (
        "long_stay", "suspected", 2, True, True,
    )  # fmt: skip
    await home.does("acknowledge", row["id"])
    await home.at(610).tells("alarm_button")
    row = await home.rescue()
    assert (row["priority"], row["ringing"], row["causes"]) == (1, True, ["long_stay", "alarm_pressed"])


async def test_dangers_are_derived_by_what_the_registry_says(home: House) -> None:
    """The car runs 2.5 m/s where it is rated for 1: a rescue, told apart from the controller's own words."""
    await home.sql("UPDATE lift SET rated_speed = 1, floors = '{4,5}' WHERE lift_id = 'L-1'")
    await home.at(0).sends(occupied=True)
    await home.at(3).tells("drive_fault")
    await home.at(4).sends(moving=True, door_zone=False, speed=2.5)
    await home.at(5).sends(speed=2.6)
    row = await home.rescue()
    assert (row["reason"], row["state"], row["priority"]) == ("danger_occupied", "dispatched", 1)
    assert (row["evidence"]["codes"], row["evidence"]["derived"]) == (["drive_fault"], ["overspeed"])


async def test_a_fault_code_opens_an_incident_that_rises_when_somebody_is_inside(home: House) -> None:
    await home.at(0).sends(occupied=False)
    await home.at(1).tells("drive_fault")
    await home.at(11).looks()
    (fault,) = await home.incidents("fault")
    assert (fault["code"], fault["reason"], fault["priority"], fault["ringing"]) == (
        "drive_fault", "drive_fault", 3, False,
    )  # fmt: skip
    await home.at(12).sends(occupied=True)
    await home.at(14).looks()
    (fault,) = await home.incidents("fault")
    assert (fault["priority"], fault["ringing"]) == (2, True)
    assert (await home.story(fault["id"]))[-1] == ("priority", "confirmed", "confirmed", "drive_fault")
    await home.at(20).tells("drive_fault", active=False)
    await home.at(319).looks()
    assert (await home.incidents("fault"))[0]["state"] == "confirmed"
    await home.at(320).looks()
    assert (await home.incidents("fault"))[0]["state"] == "cleared"


async def test_the_text_of_what_nobody_knows_stands_with_the_incident(home: House) -> None:
    await home.at(0).sends(faults=["E-47"])
    await home.at(10).looks()
    (fault,) = await home.incidents("fault")
    assert (fault["code"], fault["priority"], fault["detail"]["text"]) == ("other", 3, "E-47")
    assert fault["detail"]["floor"] == "4"


async def test_a_zone_sensor_that_lies_twice_in_a_day_makes_outside_zone_only_suspect_until_somebody_closes_it(
    home: House,
) -> None:
    """Through the database: the fact is the open incident, not what the memory holds."""
    await home.at(0).sends(door="open", position=6.0)
    for start in (100, 5000):
        await home.at(start).sends(door="closed", moving=True, door_zone=False, position=7.5, door_command="none")
        await home.at(start + 5).sends(moving=False, position=6.05, door_command="open")
        await home.at(start + 8).sends(door_zone=True, door="open", position=6.0, door_command="none")
    (sensor,) = await home.incidents("fault")
    assert (sensor["code"], sensor["priority"], sensor["reason"], sensor["detail"]["sensor"]) == (
        "sensor_fault", 4, "door_zone", "door_zone",
    )  # fmt: skip
    await home.does("accept", sensor["id"])
    await home.at(5200).sends(occupied=True, door="closed")
    await home.at(5203).sends(door_zone=False, position=7.5)
    await home.at(5300).looks()
    row = await home.rescue()
    assert (row["reason"], row["state"], row["waits_for_person"]) == ("outside_zone", "suspected", True)
    await home.at(5310).does("close", sensor["id"], cause="sensor")
    await home.at(5311).looks()
    assert (await home.rescue())["state"] == "dispatched"


async def test_an_accepted_zone_fault_is_a_fact_even_where_the_memory_has_forgotten(home: House) -> None:
    await home.at(0).sends()
    await home.sql(
        """INSERT INTO incident (id, lift_no, kind, code, priority, state, reason, opened_at, received_at, detail)
           SELECT 'i-1', lift_no, 'fault', 'sensor_fault', 4, 'accepted', 'door_zone', %(now)s, %(now)s,
               '{"sensor": "door_zone"}' FROM lift WHERE lift_id = 'L-1'""",
        now=home.now,
    )
    await home.at(10).trapped()
    await home.at(100).looks()
    assert ((await home.rescue())["state"], (await home.rescue())["waits_for_person"]) == ("suspected", True)
    assert await home.sql("SELECT memory FROM lift_state") != []
