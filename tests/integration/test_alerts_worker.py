"""The dispatch worker on the real database: timers after a restart, lifts that cannot be decided, trouble with psycopg."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
import pytest
from prometheus_client import REGISTRY

from alerts import store, worker
from alerts.desk import Desk
from elevator.db import Connection
from elevator.errors import TransientError
from tests.alerts_database import START, House, house


@pytest.fixture
async def home(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    async with house(database, monkeypatch) as place:
        yield place


async def test_a_restart_in_the_middle_of_a_suspicion_changes_nothing(home: House) -> None:
    await home.intake(listening_since=START)
    await home.at(0).trapped()
    home.at(23)
    await home.intake(listening_since=START)
    await home.worker().timers()
    assert (await home.rescue())["state"] == "suspected"
    home.at(61.5)
    await home.intake(listening_since=START)
    await home.worker().timers()
    assert (await home.rescue())["state"] == "suspected"
    home.at(62.1)
    await home.intake(listening_since=START)
    counted = REGISTRY.get_sample_value(
        "liftline_incident_transitions_total", {"from": "suspected", "to": "confirmed", "reason": "outside_zone"}
    )
    await home.worker().timers()
    row = await home.rescue()
    assert (row["state"], row["confirmed_at"]) == ("dispatched", home.now)
    assert (
        REGISTRY.get_sample_value(
            "liftline_incident_transitions_total", {"from": "suspected", "to": "confirmed", "reason": "outside_zone"}
        )
        == (counted or 0) + 1
    )
    due = (await home.sql("SELECT due_at FROM lift_state"))[0]["due_at"]
    assert due > home.now


async def test_due_timers_wait_ten_seconds_for_a_queue_and_no_longer(home: House) -> None:
    """Everything of ours was down for an hour; the intake is back but has not read its queue."""
    await home.at(0).trapped()
    home.at(3600)
    await home.intake(listening_since=None)
    restarted = home.worker()
    for second in (0, 5, 9.9):
        home.at(3600 + second)
        await home.intake(listening_since=None)
        await restarted.timers()
        assert await home.incidents() == []
    home.at(3611)  # a lift that had to wait is looked at again within a second
    await home.intake(listening_since=None)
    await restarted.timers()
    assert (await home.rescue())["state"] == "dispatched"


async def test_without_any_intake_the_worker_waits_as_long(home: House) -> None:
    await home.at(0).trapped()
    restarted = home.at(3600).worker()
    await restarted.timers()
    assert await home.incidents() == []
    home.at(3610.1)
    await restarted.timers()
    assert len(await home.incidents()) == 1


async def test_silence_gets_one_full_window_after_we_listen_again(home: House) -> None:
    await home.at(0).sends(occupied=True)
    await home.at(3).sends(moving=True)
    home.at(3600)
    watching = home.worker(started=START)
    await home.intake(listening_since=home.now)
    await watching.timers()
    for second in (30, 60, 90, 109):
        home.at(3600 + second)
        await home.intake(listening_since=START + timedelta(seconds=3600))
        await watching.timers()
    assert await home.incidents() == []
    home.at(3600 + 111)
    await home.intake(listening_since=START + timedelta(seconds=3600))
    await watching.timers()
    row = await home.rescue()
    assert (row["reason"], row["state"], row["ringing"], row["waits_for_person"]) == (
        "silence",
        "suspected",
        True,
        True,
    )


async def test_a_lift_that_cannot_be_decided_stops_no_other(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await home.at(0).trapped("L-1")
    await home.trapped("L-2")
    advance = Desk.advance

    def advanced(self: Desk, lift_id: str, **how: Any) -> None:
        if lift_id == "L-1":
            raise ValueError("a mistake of ours")
        advance(self, lift_id, **how)

    monkeypatch.setattr(Desk, "advance", advanced)
    home.at(70)
    await home.intake(listening_since=START)
    failures = REGISTRY.get_sample_value("liftline_timer_failures_total") or 0
    await home.worker().timers()
    assert [one["lift_no"] for one in await home.incidents()] == [
        one["lift_no"] for one in await home.sql("SELECT lift_no FROM lift WHERE lift_id = 'L-2'")
    ]
    assert REGISTRY.get_sample_value("liftline_timer_failures_total") == failures + 1
    put_off = await home.sql("SELECT due_at FROM lift_state JOIN lift USING (lift_no) WHERE lift_id = 'L-1'")
    assert put_off[0]["due_at"] == home.now + timedelta(seconds=5)


async def test_a_lift_that_ends_the_look_stops_no_other(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its history takes too long to read, or lies in a damaged block: to the driver that is the server's trouble.

    It was first in line again in every round, and nothing was confirmed of any lift.
    """
    await home.at(0).trapped("L-1")
    await home.at(1).trapped("L-2")
    real, bad = Desk.open, True

    async def opened(tx: Connection, lift_ids: list[str], **how: Any) -> Desk:
        if bad and "L-1" in lift_ids:
            await tx.execute("SET LOCAL statement_timeout = '1ms'")
            await tx.execute("SELECT pg_sleep(1)")
        return await real(tx, lift_ids, **how)

    monkeypatch.setattr(Desk, "open", opened)
    lift = "SELECT l.lift_id FROM incident i JOIN lift l USING (lift_no) ORDER BY 1"
    home.at(70)
    await home.intake(listening_since=START)
    dispatch = home.worker()
    with pytest.raises(TransientError, match="57014"):
        await dispatch.timers()
    await dispatch.timers()
    assert [one["lift_id"] for one in await home.sql(lift)] == ["L-2"]
    bad = False
    home.at(70.9)
    await dispatch.timers()
    assert len(await home.sql(lift)) == 1
    home.at(71)
    await dispatch.timers()
    assert [one["lift_id"] for one in await home.sql(lift)] == ["L-1", "L-2"]


async def test_two_workers_share_the_lifts_and_decide_each_once(home: House) -> None:
    await home.at(0).trapped("L-1")
    await home.trapped("L-2")
    home.at(70)
    await home.intake(listening_since=START)
    await asyncio.gather(*(home.worker().timers() for _ in range(4)))
    rescues = await home.incidents()
    assert len(rescues) == 2
    for rescue in rescues:
        assert [step[2] for step in await home.story(rescue["id"])].count("confirmed") == 1


async def test_what_the_driver_reports_is_tried_again(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deadlock in the first round, then the same lift is decided: nothing is put off and nothing is logged as ours."""
    await home.at(0).trapped()
    home.at(70)
    await home.intake(listening_since=START)
    real, failed = Desk.save, asyncio.Event()

    async def deadlock_once(desk: Desk) -> None:
        if not failed.is_set():
            failed.set()
            raise psycopg.errors.DeadlockDetected
        await real(desk)

    monkeypatch.setattr(Desk, "save", deadlock_once)
    dispatch = home.worker()
    with pytest.raises(TransientError):
        await dispatch.timers()
    assert await home.incidents() == []
    stop = asyncio.Event()
    monkeypatch.setattr(worker, "_RETRY", 0.01)
    failed.clear()
    dispatch = home.worker()
    module = asyncio.create_task(worker._module("timers", 0.01, dispatch.timers, stop))
    async with asyncio.timeout(10):
        while not await home.incidents():  # noqa: ASYNC110 - it watches the database
            await asyncio.sleep(0.02)
    stop.set()
    await module
    assert len(await home.incidents()) == 1


async def test_a_module_that_fails_by_our_own_fault_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_RETRY", 0.01)
    stop, rounds = asyncio.Event(), 0

    async def work() -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 3:
            stop.set()
        raise RuntimeError("our own fault")

    async with asyncio.timeout(5):
        await worker._module("test", 0.01, work, stop)
    assert rounds == 3


async def test_a_long_round_of_storage_does_not_hold_up_the_end(home: House) -> None:
    """Compressing a chunk may take minutes; on SIGTERM it is broken off, the statement in the server as well."""
    stop = asyncio.Event()

    async def long() -> None:
        async with home.pool.connection() as connection:
            await connection.execute("SELECT pg_sleep(15)")

    module = asyncio.create_task(worker._module("long", 0.01, partial(worker._until, stop, long), stop, 60))
    running = "SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(15)' AND state = 'active'"
    async with asyncio.timeout(5):
        while not await home.sql(running):  # noqa: ASYNC110 - it watches the database
            await asyncio.sleep(0.02)
        stop.set()
        await module
    assert await home.sql(running) == []


async def test_what_such_a_round_fails_of_is_told(home: House) -> None:
    async def fails() -> None:
        raise TransientError("the server went away")

    with pytest.raises(TransientError):
        await worker._until(asyncio.Event(), fails)


async def test_dispatch_keeps_storage(home: House) -> None:
    """The whole worker, run as the service does: minutes appear, and it ends when asked to."""
    await home.sql(
        "INSERT INTO sample (lift_no, ts, boot, seq, received_at, mode, replay, late)"
        " SELECT lift_no, %(at)s, 'b', 1, %(at)s, 0, false, false FROM lift WHERE lift_id = 'L-1'", at=START,
    )  # fmt: skip
    await home.sql("UPDATE lift SET created_at = %(at)s", at=START)
    home.at(100)
    stop = asyncio.Event()
    running = asyncio.create_task(home.worker().run(stop))
    async with asyncio.timeout(15):
        while not await home.sql("SELECT 1 FROM sample_minute"):  # noqa: ASYNC110 - it watches the database
            await asyncio.sleep(0.05)
        stop.set()
        await running


async def test_the_heartbeat_says_that_dispatch_lives(home: House) -> None:
    dispatch = home.worker()
    await dispatch.heartbeat()
    assert dispatch.alive_at == home.now
    rows: list[dict[str, Any]] = await home.sql("SELECT name, alive_at FROM service")
    assert rows == [{"name": "dispatch", "alive_at": home.now}]
    assert store.QUERIES["service_alive"]
