"""A lift whose memory cannot be read: whoever needs help there gets it, and people are told that it was lost."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from alerts import acting, commands, store, view
from alerts.incident import Refused
from tests.alerts_database import POLICY, START, House, house
from tests.integration.test_maintenance_presence import Works


@pytest.fixture
async def home(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    async with house(database, monkeypatch) as place:
        yield place


async def damage(home: House, lift: str = "L-1") -> None:
    """What a bad block, a half restored backup or a program of another version may leave."""
    changed = await home.sql(
        "UPDATE lift_state SET memory = '{\"boots\": [\"\"], \"sample_seq\": tr'"
        " WHERE lift_no = (SELECT lift_no FROM lift WHERE lift_id = %(lift)s) RETURNING lift_no", lift=lift,
    )  # fmt: skip
    assert len(changed) == 1


async def rung(home: House) -> list[dict[str, Any]]:
    """The alarms that a memory was lost."""
    return [one for one in await home.incidents("system") if one["code"] == "memory_unreadable"]


async def stored(home: House, second: float, **changes: Any) -> None:
    """A sample of now, as a row of the history too."""
    sample = home.at(second).sample(**changes)
    await home.hears(sample)
    await home.sql(
        """INSERT INTO sample (lift_no, ts, boot, seq, received_at, mode, floor, moving, door_zone, door, occupied,
               power, replay, late)
           SELECT lift_no, %(now)s, '', %(seq)s, %(now)s, 0, '4', %(moving)s, %(zone)s, %(door)s, %(occupied)s,
               0, false, false FROM lift WHERE lift_id = 'L-1'""",
        now=home.now, seq=sample.seq, moving=sample.moving, zone=sample.zone,
        door=list(type(sample.door)).index(sample.door), occupied=sample.occupied,
    )  # fmt: skip


# --- those on site -------------------------------------------------------------------------------------------


async def test_a_man_down_rings_although_the_memory_of_the_lift_is_damaged(home: House) -> None:
    """It failed at each try: a figure showed it, and nobody was called."""
    works = await Works(home.at(0)).employ()
    await home.sends()
    await works.do("check_in", alone=True, interval_s=300)
    await damage(home)
    home.at(421)
    await home.worker().visits()
    alarms = {one["code"]: one for one in await home.incidents("system")}
    assert set(alarms) == {"man_down", "memory_unreadable"}
    assert (await works.row())["man_down"] == alarms["man_down"]["id"]
    assert alarms["man_down"]["ringing"]
    assert ("man_down", "dispatchers") in await home.told(alarms["man_down"]["id"])


async def test_a_man_down_rings_although_the_lift_cannot_be_had_at_all(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its row lies in a damaged block, or a mistake of ours meets it at each try."""
    works = await Works(home.at(0)).employ()
    await works.do("check_in", alone=True, interval_s=300)

    async def lost(*_: Any) -> None:
        raise ValueError("a mistake of ours")

    monkeypatch.setattr(acting, "lock", lost)
    worker = home.at(421).worker()
    for second in (421, 422, 424):
        home.at(second)
        await worker.visits()
        await worker.upkeep.watch_again()
    [alarm] = await home.incidents("system")
    assert (alarm["code"], alarm["ringing"], alarm["priority"]) == ("man_down", True, 1)
    assert (await works.row())["man_down"] == alarm["id"]
    assert (await works.story())[-1] == "man_down"
    assert sorted(await home.told(alarm["id"])) == [("man_down", "dispatchers"), ("man_down", "firm:f1")]
    said = (await home.sql("SELECT body FROM outbox WHERE target = 'dispatchers'"))[0]["body"]["text"]["en"]
    assert said == "Call the one on site at once: One who works alone gives no sign of life (王维): Lift"
    home.at(425)
    await worker.upkeep.watch_again()
    assert len(await home.incidents("system")) == 1


# --- people in the car ---------------------------------------------------------------------------------------


async def test_a_callers_report_opens_a_rescue(home: House) -> None:
    await home.at(0).sends()
    await damage(home)
    reported = await home.at(10).reports(caller="119")
    rescue = await home.rescue()
    assert (rescue["id"], rescue["state"], rescue["causes"]) == (reported.incident_id, "dispatched", ["caller"])
    [alarm] = await rung(home)
    assert (alarm["ringing"], alarm["priority"], alarm["state"]) == (True, 1, "confirmed")
    assert [target for _, target in await home.told(alarm["id"])] == ["dispatchers"]


async def test_a_press_of_the_button_opens_a_rescue(home: House) -> None:
    await home.at(0).sends()
    await damage(home)
    await home.at(10).tells("alarm_button")
    await home.at(14).looks()
    assert [(one["reason"], one["state"]) for one in await home.incidents()] == [("alarm_pressed", "dispatched")]
    assert len(await rung(home)) == 1


async def test_bytes_that_may_be_an_alarm_are_a_suspicion(home: House) -> None:
    await home.at(0).sends()
    await damage(home)
    async with home.at(10).tx() as tx:
        await commands.quarantined(
            tx, lift_id="L-1", topic="lift/v1/L-1/event", payload=b"alarm_button", reason="not_json", now=home.now,
            policy=POLICY,
        )  # fmt: skip
    assert [(one["unreadable"], one["ringing"]) for one in await home.incidents()] == [(True, True)]


async def test_the_rescue_that_lives_is_kept_and_a_person_ends_it(home: House) -> None:
    rescue = (await home.at(0).reports()).incident_id
    await damage(home)
    await home.at(10).sends(door="open", occupied=False)
    await home.at(90).tells("alarm_button")
    await damage(home)
    assert (await home.at(100).reports()).incident_id == rescue
    await damage(home)
    await home.at(110).does("release", rescue, persons=1, method="crew", said_by="crew")
    [row] = await home.incidents()
    assert (row["state"], row["causes"]) == ("released", ["caller", "alarm_pressed"])
    assert len(await rung(home)) == 1, "one alarm of one kind for a lift"


async def test_a_suspicion_waits_for_a_person_from_then_on(home: House) -> None:
    """What it was decided by is forgotten, so nothing but a person may end it."""
    await home.at(0).trapped()
    await home.at(23).looks()
    assert (await home.rescue())["state"] == "suspected"
    await damage(home)
    await home.at(24).looks()
    for second in (25, 40, 60):
        await home.at(second).sends(door="open", door_zone=True, occupied=False)
    row = await home.rescue()
    assert (row["state"], row["waits_for_person"], row["ringing"], row["confirm_at"]) == ("suspected", True, True, None)


async def test_a_condition_that_runs_goes_on_by_the_history(home: House) -> None:
    await stored(home, 0, door_zone=True, occupied=True, moving=True)
    await stored(home, 10, door_zone=False, moving=True)
    await stored(home, 20, moving=False)
    await stored(home, 30)
    await damage(home)
    await home.at(32).looks()
    await home.at(81).looks()
    assert [(one["reason"], one["state"]) for one in await home.incidents()] == [("outside_zone", "dispatched")]


async def test_a_button_that_is_held_and_codes_that_are_active_are_found_again(home: House) -> None:
    await home.at(0).sends()
    for n, (code, active) in enumerate((("alarm_button", True), ("safety_chain_open", True), ("door_held", False))):
        await home.sql(
            """INSERT INTO event (lift_no, ts, boot, seq, code, active, replay, late, outcome, received_at, seen_at)
               SELECT lift_no, %(now)s, '', %(n)s, %(code)s, %(active)s, false, false, 'live', %(now)s, %(now)s
               FROM lift WHERE lift_id = 'L-1'""",
            now=START, n=n, code=code, active=active,
        )  # fmt: skip
    await damage(home)
    await home.at(2).looks()
    await home.at(6).looks()
    assert [(one["reason"], one["state"]) for one in await home.incidents()] == [("alarm_pressed", "dispatched")]
    [row] = await home.sql("SELECT * FROM lift_state WHERE memory <> '{}'")
    assert (view.lift_state(row["memory"], True, home.now) or {})["codes"] == ["alarm_button", "safety_chain_open"]


@pytest.mark.parametrize("query", ["heard_lately", "codes_by_events"])
async def test_a_history_that_cannot_be_read_either_keeps_no_rescue_waiting(
    home: House, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    """Where one block is damaged others may be; whoever waits for the repair of one waits for the other."""
    await home.at(0).sends()
    await damage(home)
    real = store.rows_of_each

    async def asked(tx: Any, *queries: Any) -> Any:
        if query in [name for name, _ in queries]:
            await tx.execute("SELECT 1 / (SELECT 0)")
        return await real(tx, *queries)

    monkeypatch.setattr(store, "rows_of_each", asked)
    await home.at(10).reports()
    assert [(one["state"], one["causes"]) for one in await home.incidents()] == [("dispatched", ["caller"])]
    assert len(await rung(home)) == 1


async def test_a_silent_lift_is_missed_all_the_same(home: House) -> None:
    await home.at(0).sends()
    await damage(home)
    await home.at(1).looks()
    [row] = await home.sql("SELECT heard_at, due_at FROM lift_state")
    assert row["heard_at"] == START
    assert row["due_at"] <= START + timedelta(seconds=96)
    await home.at(200).looks()
    assert len(await home.incidents("offline")) == 1


async def test_what_was_read_is_kept_with_the_alarm(home: House) -> None:
    await home.at(0).sends()
    await damage(home)
    await home.at(1).looks()
    [alarm] = await rung(home)
    assert alarm["detail"]["memory"].endswith('"sample_seq": tr')
    assert [line[0] for line in await home.story(alarm["id"])] == ["open"]
    assert not isinstance(await home.does("close", alarm["id"], cause="a bad block"), Refused)


async def test_the_lift_is_shown_all_the_same(home: House) -> None:
    await home.at(0).sends()
    await damage(home)
    [row] = await home.sql("SELECT * FROM lift_state")
    shown = view.lift_state(row["memory"], row["online"], row["heard_at"])
    assert shown is not None
    assert [one["code"] for one in shown["notes"]] == ["memory_unreadable"]
    assert view.offset_s(row["memory"], 0, POLICY) is None
    assert view.rule_states(row["memory"], 0) == []
