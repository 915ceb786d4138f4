"""Roll-ups on both kinds of server: what they hold, that nothing is missed and nothing counted twice."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from elevator.storage import rollups, rows
from tests.storage_database import CLOSED, OPEN, START, Store, store

pytestmark = pytest.mark.integration


@pytest.fixture(params=["database", "plain_database"])
async def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Store]:
    async with store(request.getfixturevalue(request.param), monkeypatch) as opened:
        yield opened


async def minutes(place: Store, lift: int = 1) -> list[dict[str, Any]]:
    return await place.sql("SELECT * FROM sample_minute WHERE lift_no = %(lift)s ORDER BY bucket", lift=lift)


async def hours(place: Store) -> list[dict[str, Any]]:
    return await place.sql("SELECT * FROM sample_hour ORDER BY lift_no, bucket")


async def trip(place: Store) -> None:
    """From landing 1 to 2: leaves at 0:10, arrives at 0:40 and opens, closes at 1:10; power fails at 1:20."""
    await place.sample(10, moving=True, speed=1.0, position=0.5, occupied=True, trips=7.0, load=75.0)
    await place.sample(40, door=OPEN, floor="2", position=3.0, faults=["x", "y"], occupied=True, temperature=20.0)
    await place.sample(70, floor="2", position=3.0, faults=["y"], power=2, trips=8.0, temperature=24.0)


async def test_a_trip_by_minutes_and_by_hours(place: Store) -> None:
    await trip(place)
    await place.at(200).keeper().keep()
    first, second = await minutes(place)
    assert (first["bucket"], second["bucket"]) == (START, START + timedelta(seconds=60))
    want = {
        "count": 2, "known_s": 50, "moving_s": 30, "door_open_s": 20, "occupied_s": 50, "off_mains_s": 0, "door_cycles": 1,
        "speed_min": 0, "speed_max": 1, "position_min": 0.5, "position_max": 3, "load_max": 75, "floor_first": "1", "floor": "2",
        "door": OPEN, "moving": False, "codes": ["x", "y"], "trips_first": 7, "ts": START + timedelta(seconds=40),
    }  # fmt: skip
    assert {name: first[name] for name in want} == want
    assert first["speed_avg"] == pytest.approx(0.6)
    # what holds when a minute begins is the last sample before it: open and occupied for ten seconds more
    want = {
        "count": 1,
        "known_s": 60,
        "door_open_s": 10,
        "occupied_s": 10,
        "off_mains_s": 50,
        "codes": ["y"],
        "door_cycles": 0,
    }
    assert {name: second[name] for name in want} == want
    [hour] = await hours(place)
    want = {
        "bucket": START, "count": 3, "known_s": 110, "moving_s": 30, "door_open_s": 30, "occupied_s": 60, "off_mains_s": 50,
        "codes": ["x", "y"], "trips_first": 7, "trips_last": 8, "temperature_min": 20, "temperature_max": 24, "floor_first": "1",
        "floor": "2", "door": CLOSED, "door_cycles": 1,
    }  # fmt: skip
    assert {name: hour[name] for name in want} == want


async def test_a_lift_without_sensors_and_one_that_falls_silent(place: Store) -> None:
    await place.sample(10, occupied=None, speed=None, position=None, door=None, moving=None, power=None, floor=None)
    await place.sample(50, occupied=None, people=2, lift=2, moving=True)
    await place.sample(50 + 600, lift=2)
    await place.at(1000).keeper().keep()
    [one] = await minutes(place)
    assert (one["occupied_s"], one["speed_avg"], one["codes"], one["known_s"]) == (None, None, None, 50)
    before, after = await minutes(place, 2)
    assert (before["occupied_s"], before["moving_s"]) == (10, 10)
    assert (after["known_s"], after["moving_s"]) == (10, 0), "a sample holds for 125 s, not for ten minutes"


async def test_a_late_sample_amends_its_minute_and_what_follows(place: Store) -> None:
    """Found by its receipt, an hour later; the next minute began with what it says, so that is made anew as well."""
    await place.sample(0)
    await place.sample(100)
    keeper = place.at(130).keeper()
    await keeper.keep()
    assert [(one["count"], one["moving_s"]) for one in await minutes(place)] == [(1, 0), (1, 0)]
    await place.sample(55, received=3700, moving=True, late=True, replay=True)
    await place.at(3790).keeper().keep()
    assert [(one["count"], one["moving_s"]) for one in await minutes(place)] == [(2, 5), (1, 40)]
    assert [one["moving_s"] for one in await hours(place)] == [45]


async def test_a_batch_committed_long_after_its_receipt_is_found_by_the_second_look(place: Store) -> None:
    """The database was away while a batch waited: its rows carry a receipt that the first look has passed."""
    keeper = place.keeper()
    await place.sample(5)
    await place.at(70).keeper().keep()
    await place.sample(20)
    for second in range(130, 1200, 60):
        await place.at(second).sql("SELECT 1")
        await keeper.keep()
        done = (await minutes(place))[0]["count"]
        assert done == (1 if second < 130 + 900 else 2), second
    assert [one["count"] for one in await hours(place)] == [2]


async def test_the_second_look_waits_for_a_quarter_of_an_hour_of_work_without_a_gap(place: Store) -> None:
    """Back after an outage, the intake may need as long as we do: what it commits then must not be passed already."""
    keeper = place.keeper()
    await place.sample(5)
    for second in (70, 130):
        await place.at(second).keeper().keep()
    await place.at(131).sql("SELECT 1")
    await keeper.keep()
    await place.at(4000).sql("SELECT 1")
    await keeper.keep()
    await place.sample(110)  # received in the second before the outage
    for second in range(4060, 5000, 60):
        await place.at(second).sql("SELECT 1")
        await keeper.keep()
    assert [one["count"] for one in await minutes(place)] == [1, 1]


async def test_doing_it_again_changes_nothing(place: Store) -> None:
    await trip(place)
    await place.at(200).keeper().keep()
    before = [await place.sql(f"SELECT xmin::text, * FROM {table}") for table in ("sample_minute", "sample_hour")]
    await place.sql("DELETE FROM storage_mark")
    await place.keeper().keep()
    assert [
        await place.sql(f"SELECT xmin::text, * FROM {table}") for table in ("sample_minute", "sample_hour")
    ] == before
    marks = await place.sql("SELECT name, at FROM storage_mark WHERE name = 'fresh'")
    assert marks == [{"name": "fresh", "at": START + timedelta(seconds=180)}]


async def test_a_crash_in_the_middle_leaves_nothing_half_done(place: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    await trip(place)
    real = rows.run

    async def dies(connection: Any, name: str, /, **values: Any) -> int:
        if name == "set_mark" and values["at"] > START:
            raise asyncio.CancelledError
        return await real(connection, name, **values)

    keeper = place.at(200).keeper()
    monkeypatch.setattr(rollups.rows, "run", dies)
    with pytest.raises(asyncio.CancelledError):
        await keeper.keep()
    monkeypatch.setattr(rollups.rows, "run", real)
    assert await minutes(place) == []
    await place.keeper().keep()
    assert [one["count"] for one in await minutes(place)] == [2, 1]


async def test_a_slice_that_takes_too_long_is_cut_in_half(place: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood must not stop the roll-ups for good: the span is halved until it fits."""
    await trip(place)
    widths: list[float] = []
    real = rows.fetch

    async def slow(connection: Any, name: str, /, **values: Any) -> Any:
        if name == "received":
            widths.append((values["end"] - values["first"]).total_seconds())
            if widths[-1] > 15:
                return await (await connection.execute(b"SELECT pg_sleep(20)")).fetchall()
        return await real(connection, name, **values)

    monkeypatch.setattr(rollups, "_SLICE", timedelta(milliseconds=50))
    monkeypatch.setattr(rollups.rows, "fetch", slow)
    await place.at(200).keeper().keep()
    assert widths[:4] == [60, 30, 15, 30]
    monkeypatch.setattr(rollups.rows, "fetch", real)
    await place.keeper().keep()
    assert [one["count"] for one in await minutes(place)] == [2, 1]


async def test_the_intake_is_not_locked_out(place: Store) -> None:
    """While a slice is being written, and before it is committed, samples of the same minute still come in at once."""
    await trip(place)
    async with await place.connection() as connection, connection.transaction():
        work = rollups.Rollups(kept=timedelta(days=90))
        await work._slice(connection, "fresh", START, START + timedelta(seconds=180), place.at(200).now)
        async with asyncio.timeout(2):
            await place.sample(11)
            await place.sample(11, lift=3)
    await place.sql("DELETE FROM storage_mark")
    await place.keeper().keep()
    assert [one["count"] for one in await minutes(place)] == [3, 1]


async def test_wrong_clocks_make_no_minutes(place: Store) -> None:
    await place.sample(START.replace(year=1970), received=5)
    await place.sample(START.replace(year=2106), received=5)
    await place.sample(5)
    await place.at(200).keeper().keep()
    assert await place.sql("SELECT lift_no, bucket FROM sample_minute") == [{"lift_no": 1, "bucket": START}]
