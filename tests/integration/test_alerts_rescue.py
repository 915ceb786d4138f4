"""Rescues on the real database: what the detector decides and what people do, written once and completely."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import psycopg
import pytest

from alerts.acting import Done
from alerts.desk import Desk
from alerts.incident import Refused
from elevator import times
from tests.alerts_database import FIRM, POLICY, START, UNIT, House, house


@pytest.fixture
async def home(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    async with house(database, monkeypatch) as place:
        yield place


async def trapped(home: House) -> str:
    """A confirmed, dispatched rescue at second 70."""
    await home.at(0).trapped()
    await home.at(70).looks()
    return str((await home.rescue())["id"])


async def test_a_suspicion_is_shown_and_its_confirmation_rings_and_asks_the_firm(home: House) -> None:
    await home.at(0).trapped()
    seen = list((await home.at(25).looks()).transitions)
    rescue = await home.rescue()
    assert (rescue["state"], rescue["reason"], rescue["ringing"], rescue["waits_for_person"]) == (
        "suspected", "outside_zone", False, False,
    )  # fmt: skip
    assert rescue["confirm_at"] == times.at(times.to_ms(START) + 62_000)
    assert await home.told(rescue["id"]) == [("suspected", "dispatchers")]
    seen += (await home.at(70).looks()).transitions
    rescue = await home.rescue()
    assert (rescue["state"], rescue["ringing"], rescue["confirm_at"], rescue["tier"]) == ("dispatched", True, None, 1)
    assert rescue["evidence"]["rule"] == "outside_zone"
    assert await home.told(rescue["id"]) == [
        ("suspected", "dispatchers"), ("confirmed", "dispatchers"), ("asked", "dispatchers"), ("asked", "firm:f1"),
    ]  # fmt: skip
    assert await home.story(rescue["id"]) == [
        ("open", None, "suspected", "outside_zone"),
        ("confirm", "suspected", "confirmed", "outside_zone"),
        ("dispatch", "confirmed", "dispatched", None),
    ]
    assert seen == [
        ("", "suspected", "outside_zone"),
        ("suspected", "confirmed", "outside_zone"),
        ("confirmed", "dispatched", "dispatch"),
    ]
    notices = await home.sql("SELECT target FROM outbox WHERE channel = 'mqtt'")
    assert {one["target"] for one in notices} == {"lift/v1/L-1/notice"}
    fed = await home.sql("SELECT ref FROM feed WHERE kind = 'incident'")
    assert {one["ref"] for one in fed} == {rescue["id"]}
    messages = await home.sql("SELECT count(*) AS n FROM feed WHERE kind = 'message'")
    assert messages[0]["n"] == 4


@pytest.mark.parametrize("firm", ["inactive", "none"])
async def test_without_an_active_firm_the_dispatchers_are_told(home: House, firm: str) -> None:
    if firm == "inactive":
        await home.sql("UPDATE firm SET active = false")
    lift = "L-1" if firm == "inactive" else "L-2"
    await home.at(0).tells("entrapment", lift=lift)
    rescue = await home.rescue()
    assert (rescue["state"], rescue["ringing"]) == ("confirmed", True)
    assert ("no_firm", "dispatchers") in await home.told(rescue["id"])
    assert await home.sql("SELECT * FROM assignment") == []


async def test_an_acknowledged_rescue_rings_anew_for_a_new_cause_a_new_press_and_a_report(home: House) -> None:
    rescue = await trapped(home)

    async def acknowledge() -> None:
        await home.does("acknowledge", rescue)
        assert not (await home.rescue())["ringing"]

    await acknowledge()
    await home.at(80).tells("alarm_button")
    assert (await home.rescue())["ringing"]
    assert (await home.rescue())["causes"] == ["outside_zone", "alarm_pressed"]
    await acknowledge()
    await home.at(90).tells("alarm_button")
    assert (await home.rescue())["ringing"]
    assert ("pressed_again", "firm:f1") in await home.told(rescue)
    await acknowledge()
    assert (await home.at(100).reports(caller="0731-55")).incident_id == rescue
    row = await home.rescue()
    assert (row["ringing"], row["causes"][-1], row["caller"]) == (True, "caller", "0731-55")


async def test_a_cause_that_comes_back_after_recovery_rings_anew(home: House) -> None:
    rescue = await trapped(home)
    await home.does("acknowledge", rescue)
    await home.at(80).sends(door_zone=True, door="open", occupied=False)
    await home.at(95).looks()
    assert (await home.story(rescue))[-1][0] == "technically_recovered"
    await home.at(100).trapped()
    await home.at(125).looks()
    assert (await home.rescue())["ringing"]
    assert (await home.rescue())["causes"] == ["outside_zone"]


async def test_a_suspicion_that_waits_for_a_person_rings_and_one_confirmed_by_hand_rings_anew(home: House) -> None:
    await home.at(0).sends(mode="inspection")
    await home.at(1).tells("entrapment")
    row = await home.rescue()
    assert (row["state"], row["ringing"], row["waits_for_person"], row["confirm_at"]) == ("suspected", True, True, None)
    await home.does("acknowledge", row["id"])
    await home.does("confirm", row["id"])
    row = await home.rescue()
    assert (row["state"], row["ringing"], row["waits_for_person"]) == ("dispatched", True, False)


async def test_a_new_cause_on_a_suspicion_that_waits_rings_anew_and_may_decide_it(home: House) -> None:
    await home.at(0).sends(mode="inspection")
    await home.at(1).tells("entrapment")
    rescue = (await home.rescue())["id"]
    await home.does("acknowledge", rescue)
    await home.at(2).tells("alarm_button")
    row = await home.rescue()
    assert (row["ringing"], row["waits_for_person"]) == (True, True)
    assert row["confirm_at"] == times.at(times.to_ms(START) + 5000)
    await home.at(6).looks()
    assert (await home.rescue())["reason"] == "alarm_pressed"


async def test_a_cleared_suspicion_leaves_no_column_behind(home: House) -> None:
    await home.at(0).trapped()
    await home.at(30).looks()
    await home.at(31).sends(door_zone=True, door="open", occupied=False)
    assert (await home.rescue())["confirm_at"] is None
    await home.at(45).looks()
    row = await home.rescue()
    assert (row["state"], row["closed_at"], row["waits_for_person"]) == ("cleared", home.now, False)
    assert (await home.story(row["id"]))[-1] == ("clear", "suspected", "cleared", "causes_gone")


async def test_a_report_confirms_a_suspicion(home: House) -> None:
    await home.at(0).trapped()
    await home.at(30).looks()
    reported = await home.at(35).reports()
    row = await home.rescue()
    assert (reported.created, row["state"], row["reason"], row["confirm_at"]) == (False, "dispatched", "caller", None)
    assert row["causes"] == ["outside_zone", "caller"]
    await home.at(80).looks()
    assert [step[2] for step in await home.story(row["id"])].count("confirmed") == 1


async def test_every_caller_s_number_is_kept_in_order_and_once(home: House) -> None:
    """A second caller's number was dropped, because there was a first one."""
    rescue = (await home.at(0).reports(caller="138 0733 1122")).incident_id
    assert (await home.rescue())["callers"] == ["138 0733 1122"]
    for second, number in enumerate(["0731-55", None, "13807331122", "0731 (55)", "139 0000", "138 0733 1122"], 1):
        assert (await home.at(second).reports(caller=number)).incident_id == rescue
    row = await home.rescue()
    assert (row["callers"], row["caller"]) == (["138 0733 1122", "0731-55", "139 0000"], "138 0733 1122")


async def test_a_rescue_without_a_caller_has_no_number(home: House) -> None:
    await home.at(0).reports()
    row = await home.rescue()
    assert (row["callers"], row["caller"]) == ([], None)


async def test_release_answers_and_the_next_rescue_follows_the_last(home: House) -> None:
    first = await trapped(home)
    await home.does("accept", first, UNIT)
    await home.does("arrive", first, UNIT)
    assert isinstance(await home.does("release", first, UNIT, persons=1, method="crew"), Done)
    await home.at(200).trapped()
    assert len(await home.incidents()) == 1
    await home.at(210).tells("alarm_button")
    await home.at(215).looks()
    second = await home.rescue()
    assert (second["previous"], second["reason"], second["state"]) == (first, "alarm_pressed", "dispatched")
    assert isinstance(await home.does("reopen", first, reason="again"), Refused)
    await home.does("cancel", second["id"], reason="test")
    assert isinstance(await home.does("reopen", first, reason="again"), Done)
    row = (await home.incidents())[0]
    assert (row["state"], row["released_at"], row["ringing"]) == ("dispatched", None, True)
    states = await home.sql("SELECT state FROM assignment WHERE incident_id = %(id)s ORDER BY id", id=first)
    assert [one["state"] for one in states] == ["stood_down", "asked"]
    await home.at(230).trapped()
    await home.at(300).looks()
    assert len(await home.incidents()) == 2  # the detector knows which rescue lives


async def test_a_late_tap_of_the_crew_is_kept_as_refused(home: House) -> None:
    rescue = await trapped(home)
    await home.does("cancel", rescue, reason="false_alarm")
    assert isinstance(await home.does("arrive", rescue, UNIT), Refused)
    assert (await home.story(rescue))[-1] == ("arrive", "cancelled", "cancelled", "refused:is_cancelled")
    before = len(await home.story(rescue))
    assert isinstance(await home.does("confirm", rescue), Refused)
    assert len(await home.story(rescue)) == before


async def test_the_timeline_can_only_grow(home: House) -> None:
    rescue = await trapped(home)
    for statement in ("UPDATE timeline SET note = 'x'", "DELETE FROM timeline", "TRUNCATE timeline"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            await home.sql(statement)
    assert len(await home.story(rescue)) == 3


async def test_the_firm_accepts_a_suspicion_and_so_confirms_it(home: House) -> None:
    await home.at(0).trapped()
    await home.at(30).looks()
    rescue = (await home.rescue())["id"]
    assert isinstance(await home.does("accept", rescue, FIRM), Done)
    row = await home.rescue()
    assert (row["state"], row["confirmed_at"], row["ringing"]) == ("accepted", home.now, True)
    await home.at(100).looks()
    assert [step[0] for step in await home.story(rescue)] == ["open", "accept"]


async def test_several_effects_in_one_transaction_reach_their_own_incidents(home: House) -> None:
    """A queue read in one go: the suspicion it began with ends, the next one opens, each with its own story."""
    await home.at(0).tells("alarm_button")
    await home.at(1).tells("alarm_button", active=False)
    desk = await home.at(80).hears(home.sample(), home.event("entrapment"))
    first, second = await home.incidents()
    assert (first["state"], second["state"], second["reason"]) == ("cleared", "dispatched", "controller_says")
    assert desk.rescue("L-1") == second["id"]
    assert [step[0] for step in await home.story(first["id"])] == ["open", "clear"]


async def test_two_connections_race_and_one_rescue_is_opened(home: House) -> None:
    await home.at(0).sends()

    async def report() -> tuple[str, bool]:
        reported = await home.reports()
        return reported.incident_id, reported.created

    results = await asyncio.gather(*(report() for _ in range(3)), home.tells("entrapment"), report())
    reported = [one for one in results if isinstance(one, tuple)]
    assert len({incident for incident, _ in reported}) == 1
    assert len(await home.incidents()) == 1
    assert set((await home.rescue())["causes"]) == {"caller", "controller_says"}
    assert sum(created for _, created in reported) <= 1


async def test_the_database_itself_allows_one_live_rescue(home: House) -> None:
    await home.at(0).tells("entrapment")
    with pytest.raises(psycopg.errors.UniqueViolation):
        await home.sql(
            """INSERT INTO incident (id, lift_no, kind, priority, state, reason, opened_at)
               SELECT 'second', lift_no, 'rescue', 1, 'suspected', 'x', opened_at FROM incident"""
        )


async def test_a_rescue_that_the_memory_has_lost_is_joined(home: House) -> None:
    await home.at(0).tells("entrapment")
    await home.sql("UPDATE lift_state SET memory = '{}'")
    await home.at(10).tells("alarm_button")
    await home.at(20).looks()
    assert len(await home.incidents()) == 1
    assert set((await home.rescue())["causes"]) == {"controller_says", "alarm_pressed"}


async def test_killed_in_the_middle_of_a_suspicion(home: House) -> None:
    """The transaction that would have opened it never committed: the next one does, once, from the same start."""
    await home.at(0).trapped()
    async with home.pool.connection() as connection:
        with contextlib.suppress(psycopg.Rollback):
            async with connection.transaction() as transaction:
                desk = await Desk.open(connection, ["L-1"], policy=POLICY, now=home.at(25).now)
                desk.advance("L-1", listening=None)
                await desk.save()
                raise psycopg.Rollback(transaction)
    assert await home.incidents() == []
    await home.at(40).looks()
    row = await home.rescue()
    assert row["confirm_at"] == times.at(times.to_ms(START) + 62_000)
    await home.at(62).looks()
    assert (await home.rescue())["state"] == "dispatched"
