"""The tried policy on a real database: behind the intake's own rows, into its own tables, and nowhere else."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from alerts.desk import Desk
from alerts.policy import Policy, Threshold
from alerts.shadow import store, worker
from alerts.shadow.worker import Shadow
from elevator import db, topics, wire
from elevator.model import Event, Link, Sample
from elevator.times import to_ms
from ingest import normalise, subscriber, transaction
from ingest.written import Circumstances
from tests.alerts_database import POLICY, START, House, house

QUICK = Policy(rules=Policy().rules | {"outside_zone": Threshold(suspect_s=5, confirm_s=20)})
EVERYTHING = """SELECT (SELECT count(*) FROM incident) AS incidents, (SELECT count(*) FROM outbox) AS messages,
    (SELECT count(*) FROM feed) AS feed, (SELECT max(version) FROM lift_state) AS version"""
TRAPPED = {"door_zone": False, "occupied": True, "door": "closed"}


class Town:
    """A house whose messages take the intake's own way into the database."""

    def __init__(self, place: House) -> None:
        self.place = place

    async def hears(self, *items: Sample | Event | Link, lift: str = "L-1") -> None:
        """What the intake does with messages that are received now."""
        names = {Sample: topics.telemetry, Event: topics.event, Link: topics.link}
        readings = [
            normalise.read(
                subscriber.Message(
                    topic=names[type(item)](lift), payload=wire.encode(item), dup=False, retain=False,
                    received_at_ms=to_ms(self.place.now), epoch=0, packet_id=None,
                ),
                None, {},
            )
            for item in items
        ]  # fmt: skip
        async with self.place.tx() as tx:
            await transaction.write(tx, readings, {}, Circumstances(policy=POLICY, now=self.place.now))

    async def lives(self, until: int, *, lift: str = "L-1", step: int = 10, **changes: Any) -> None:
        """A sample every `step` seconds, and dispatch looking each second."""
        second = round((self.place.now - START).total_seconds())
        for number, now in enumerate(range(second, until)):
            self.place.at(now)
            if number % step == 0:
                await self.hears(self.place.sample(**changes), lift=lift)
            async with self.place.tx() as tx:
                desk = await Desk.open(tx, [lift], policy=POLICY, now=self.place.now)
                desk.advance(lift, listening=to_ms(START - timedelta(hours=1)))
                await desk.save()
        self.place.at(until)


@pytest.fixture
async def town(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    async with house(database, monkeypatch) as place:
        yield Town(place)


@contextlib.asynccontextmanager
async def shadowed(town: Town, policy: Policy = QUICK, shadow: Shadow | None = None) -> AsyncIterator[Any]:
    """A shadow whose rounds the test asks for; ended without a last word, as by `kill -9`."""
    shadow = shadow or Shadow(town.place.url, policy, samples_kept=timedelta(days=90))
    async with await db.connect(town.place.url, application="tests") as connection:

        async def catch_up() -> None:
            await town.place.intake(listening_since=START - timedelta(hours=1))
            for _ in range(200):
                if not await shadow.round(connection):
                    return
            raise AssertionError("it never reaches the present")

        yield catch_up


async def found(town: Town) -> list[dict[str, Any]]:
    return await town.place.sql("SELECT * FROM shadow_incident ORDER BY opened_at, lift_no, kind")


def after(moment: Any) -> float:
    return (moment - START).total_seconds()


async def test_the_live_policy_as_its_own_shadow_finds_the_same_at_the_same_times(town: Town) -> None:
    """What the intake and dispatch decided with rows and locks, and what the shadow makes of the rows: one and the same."""
    async with shadowed(town, POLICY) as catch_up:
        await town.place.intake(listening_since=START - timedelta(hours=1))
        await catch_up()
        await town.hears(Link(online=True, ts=to_ms(START), interval=30))
        await town.lives(20)
        await town.lives(110, **TRAPPED)
        await town.hears(town.place.event("brake_failure"))
        await town.lives(150)
        await catch_up()
    live = await town.place.sql("SELECT * FROM incident ORDER BY opened_at, kind")
    shadow = await found(town)
    assert [one["kind"] for one in live] == ["rescue"]
    assert [(one["kind"], one["reason"], set(one["causes"])) for one in shadow] == [
        (one["kind"], one["reason"], set(one["causes"])) for one in live
    ]  # fmt: skip
    for column in ("opened_at", "confirmed_at"):
        assert [after(one[column]) for one in shadow] == pytest.approx([after(one[column]) for one in live], abs=1.01)


async def test_a_quicker_policy_gains_time_and_touches_nothing(town: Town) -> None:
    async with shadowed(town) as catch_up:
        await catch_up()
        await town.lives(20)
        await town.lives(100, **TRAPPED)
        before = await town.place.sql(EVERYTHING)
        await catch_up()
        assert await town.place.sql(EVERYTHING) == before
        (rescue,), live = await found(town), await town.place.rescue()
        assert (rescue["reason"], rescue["ended"]) == ("outside_zone", None)
        assert after(live["confirmed_at"]) - after(rescue["confirmed_at"]) == pytest.approx(40, abs=1.01)
        assert rescue["rang_at"] == rescue["confirmed_at"]

        await town.place.does("release", live["id"], persons=1, method="self", said_by="caretaker")
        town.place.at(101)
        await town.lives(130, door_zone=True, door="open", occupied=False)
        await catch_up()
        assert [one["ended"] for one in await found(town)] == ["person"]


async def test_where_nobody_looks_one_that_recovers_is_over(town: Town) -> None:
    """Stood between floors for 35 s: too short for the live policy to confirm, long enough for the quick one."""
    async with shadowed(town) as catch_up:
        await catch_up()
        await town.lives(20)
        await town.lives(55, **TRAPPED)
        await town.lives(120, door_zone=True, door="open", occupied=False)
        await catch_up()
    assert [one["state"] for one in await town.place.incidents()] == ["cleared"]
    (rescue,) = await found(town)
    assert (rescue["ended"], rescue["confirmed_at"] is not None) == ("recovered", True)


async def test_killed_at_any_moment_it_comes_to_the_same(town: Town) -> None:
    """One that is killed after every slice, its memories a minute old, and one that is not: the same incidents."""
    async with shadowed(town) as catch_up:
        await catch_up()
    for until, changes in (
        (30, {}),
        (70, TRAPPED),
        (130, {}),
        (150, {"door_zone": True, "door": "open", "occupied": False}),
    ):
        await town.lives(until, **changes)
        async with shadowed(town) as catch_up:
            await catch_up()
    await town.lives(170)
    async with shadowed(town) as catch_up:
        await catch_up()
    rescues = await found(town)
    assert len(rescues) == 1
    run = (await town.place.sql("SELECT * FROM shadow_run"))[0]
    assert run["missed"] == 0
    assert await town.place.sql("SELECT count(*) AS n FROM shadow_memory") == [{"n": 1}]
    assert after(rescues[0]["confirmed_at"]) == pytest.approx(52, abs=1.01)


async def test_another_policy_is_another_run(town: Town) -> None:
    shadow = Shadow(town.place.url, QUICK, samples_kept=timedelta(days=90))
    async with shadowed(town, shadow=shadow) as catch_up:
        await catch_up()
        await town.lives(20)
        await town.lives(80, **TRAPPED)
        await catch_up()
        shadow.adopt(
            msgspec.structs.replace(QUICK, rules=QUICK.rules | {"outside_zone": Threshold(suspect_s=6, confirm_s=20)})
        )
        await catch_up()
    runs = await town.place.sql("SELECT * FROM shadow_run ORDER BY id")
    assert [one["ended_at"] is None for one in runs] == [False, True]
    assert [one["thresholds"]["rules.outside_zone.suspect_s"] for one in runs] == [5, 6]
    by_run = [[one["run_id"] for one in await found(town)].count(run["id"]) for run in runs]
    assert by_run == [1, 1]  # the new one heard the last ten minutes first


async def test_a_long_stop_is_a_new_run(town: Town) -> None:
    async with shadowed(town) as catch_up:
        await catch_up()
    town.place.at(7 * 3600)
    async with shadowed(town) as catch_up:
        await catch_up()
    runs = await town.place.sql("SELECT * FROM shadow_run ORDER BY id")
    assert [one["ended_at"] is None for one in runs] == [False, True]


async def test_more_rows_than_fit_into_a_slice_are_all_heard_in_order(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when one instant alone holds more than that."""
    monkeypatch.setattr(worker, "_ROWS", 4)
    shadow = Shadow(town.place.url, QUICK, samples_kept=timedelta(days=90))
    async with shadowed(town, shadow=shadow) as catch_up:
        await catch_up()
        for second in range(1, 40):
            town.place.at(second)
            await town.hears(*(town.place.sample(position=float(second)) for _ in range(9 if second == 20 else 1)))
        town.place.at(60)
        await catch_up()
    assert shadow.run_now is not None
    assert shadow.run_now.heard == (await town.place.sql("SELECT count(*) AS n FROM sample"))[0]["n"] == 47
    mind = shadow.run_now.follower.fleet.minds["1"].sample
    assert mind is not None
    assert mind.position == 39.0


async def test_what_comes_to_disk_too_late_is_counted(town: Town) -> None:
    async with shadowed(town) as catch_up:
        await catch_up()
        await town.lives(60)
        await catch_up()
        town.place.at(5)
        await town.hears(town.place.sample())
        town.place.at(300)
        await catch_up()
        town.place.at(400)
        await catch_up()
    run = (await town.place.sql("SELECT * FROM shadow_run"))[0]
    assert (run["heard"], run["missed"]) == (6, 1)


async def test_a_lift_whose_clock_is_decades_off_is_heard_too(town: Town) -> None:
    async with shadowed(town) as catch_up:
        await catch_up()
        town.place.at(5)
        await town.hears(msgspec.structs.replace(town.place.sample(), ts=1000))
        town.place.at(30)
        await catch_up()
    assert await town.place.sql("SELECT count(*) AS n FROM sample_stray") == [{"n": 1}]
    assert (await town.place.sql("SELECT heard FROM shadow_run"))[0]["heard"] == 1


async def test_a_faulty_zone_sensor_known_to_the_platform_is_known_to_it(town: Town) -> None:
    """The live policy found it; what the sensor says is then worth as little to the tried one."""
    async with await db.connect(town.place.url, application="tests") as connection:
        before = await store.facts(connection, START)
        await town.place.sql(
            """INSERT INTO incident (id, lift_no, kind, priority, state, reason, code, opened_at, detail)
               SELECT 'f', lift_no, 'fault', 3, 'confirmed', 'sensor_fault', 'sensor_fault', %(at)s,
                   '{"sensor": "door_zone"}' FROM lift WHERE lift_id = 'L-1'""",
            at=START + timedelta(hours=1),
        )  # fmt: skip
        found = await store.facts(connection, START + timedelta(minutes=59))
        await town.place.sql("UPDATE incident SET state = 'cleared', closed_at = %(at)s", at=START + timedelta(hours=2))
        over = await store.facts(connection, START + timedelta(minutes=119))
    assert [one.zone_sensor_fault for one in before.values()] == [False, False]
    assert [one.zone_sensor_fault for one in found.values()] == [True]
    assert [one.zone_sensor_fault for one in over.values()] == [False]


async def test_one_at_a_time_and_the_next_takes_over(town: Town) -> None:
    """Two processes; the second goes on where the first stopped, whose last act was to keep what it knew."""
    await town.place.intake(listening_since=START - timedelta(hours=1))
    await town.lives(20)
    stops = [asyncio.Event(), asyncio.Event()]
    shadows = [Shadow(town.place.url, QUICK, samples_kept=timedelta(days=90)) for _ in stops]
    tasks = []
    for shadow, stop in zip(shadows, stops, strict=True):
        tasks.append(asyncio.create_task(shadow.run(stop)))
        async with asyncio.timeout(20):
            while shadow.alive_at is None:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.02)
    assert shadows[0].run_now is not None
    assert shadows[1].run_now is None
    stops[0].set()
    await asyncio.wait_for(tasks[0], 20)
    kept = (await town.place.sql("SELECT * FROM shadow_run"))[0]
    assert kept["kept_until"] == kept["heard_until"]
    async with asyncio.timeout(20):
        while shadows[1].run_now is None:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert shadows[1].run_now.id == kept["id"]
    stops[1].set()
    await asyncio.wait_for(tasks[1], 20)
    assert len(await town.place.sql("SELECT id FROM shadow_run")) == 1
