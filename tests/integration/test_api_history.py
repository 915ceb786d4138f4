"""A lift's past by wide steps: roll-ups say what the samples say, and samples stand in where roll-ups end."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from elevator.storage.rollups import Rollups
from tests.api_installation import Installation, installed


@pytest.fixture
async def place(database: str) -> AsyncIterator[Installation]:
    async with installed(database) as opened:
        yield opened


async def lift_day(place: Installation, start: datetime) -> None:
    """Four hours of a lift that rests and runs by turns, a sample each 20 s, the codes now and then."""
    await place.sql(
        "INSERT INTO sample (lift_no, ts, boot, seq, received_at, mode, floor, moving, door, speed, position, occupied, power,"
        " trips, load, temperature, faults, replay, late)"
        " SELECT (SELECT lift_no FROM lift WHERE lift_id = 'L-1'), %(start)s + n * interval '20 seconds', 'b', n,"
        " %(start)s + n * interval '20 seconds', 0, (n %% 9)::text, n %% 3 = 1, CASE WHEN n %% 6 = 0 THEN 2 ELSE 0 END,"
        " CASE WHEN n %% 3 = 1 THEN 1.5 ELSE 0 END, n %% 30, n %% 4 = 0, CASE WHEN n > 600 THEN 1 ELSE 0 END, n, n, 20,"
        " CASE WHEN n %% 200 = 0 THEN '{drive_fault,odd}'::text[] ELSE '{}' END, false, false"
        " FROM generate_series(0, 719) n", start=start,
    )  # fmt: skip


async def test_history_from_roll_ups_is_what_the_samples_say(place: Installation) -> None:
    """Asked before anything is rolled up, when half of it is, and when all is: one and the same answer."""
    start = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
    await lift_day(place, start)
    await place.sql("DELETE FROM storage_mark")

    async def ask(step: int) -> tuple[str, list[dict[str, Any]]]:
        items: list[dict[str, Any]] = []
        cursor = ""
        while True:
            path = f"/lifts/L-1/telemetry?from=2026-03-01T08:00:00Z&to=2026-03-01T12:00:00Z&step={step}&limit=3{cursor}"
            page = (await place.call("firm", "GET", path)).json()
            items += page["items"]
            if page["next_cursor"] is None:
                return page["resolution"], items
            cursor = f"&cursor={page['next_cursor']}"

    before = {step: await ask(step) for step in (1800, 3600, 7200)}
    assert {step: resolution for step, (resolution, _) in before.items()} == {1800: "1m", 3600: "1h", 7200: "1h"}
    assert [one["bucket"] for one in before[3600][1]] == [f"2026-03-01T{hour:02}:00:00.000Z" for hour in (11, 10, 9, 8)]
    hour = before[3600][1][2]
    assert (hour["count"], hour["seconds"]["known"], hour["seconds"]["moving"]) == (180, 3600, 1200)
    assert (hour["door_cycles"], hour["seconds"]["door_open"], hour["trips_made"]) == (30, 600, 179)
    assert hour["extremes"]["position"] == {"min": 0, "max": 29}
    assert (hour["floor"], hour["floor_first"], hour["faults"]) == ("8", "0", ["drive_fault", "odd"])
    assert (hour["speed_avg"], hour["speed"]) == (0.5, 0)

    work = Rollups(kept=timedelta(days=90))
    await place.sql("INSERT INTO storage_mark VALUES ('fresh', %(at)s), ('settled', %(at)s)", at=start)
    for until in (start + timedelta(hours=2, minutes=10, seconds=35), start + timedelta(hours=5)):
        async with place.pool.connection() as connection:
            await work.round(connection, until, seconds=30)
        assert {step: await ask(step) for step in before} == before
    await place.sql("DELETE FROM sample")
    assert {step: await ask(step) for step in before} == before, "samples are forgotten before their roll-ups"
    await place.sql("DELETE FROM sample_minute")
    assert await ask(3600) == before[3600], "and minutes before hours"


async def test_history_of_a_clock_that_is_far_off(place: Installation) -> None:
    """It may stand in a table of its own; whoever asks for its time finds it, closely or by wide steps."""
    await place.sql(
        "INSERT INTO sample_stray (lift_no, ts, boot, seq, received_at, mode, speed, replay, late)"
        " SELECT (SELECT lift_no FROM lift WHERE lift_id = 'L-1'), '1970-01-01T08:00:00Z'::timestamptz + n * interval '10 s', 'b',"
        " n, '2026-03-01T08:00:00Z', 0, n, false, false FROM generate_series(0, 29) n"
    )
    span = "/lifts/L-1/telemetry?from=1970-01-01T00:00:00Z&to=1970-01-02T00:00:00Z&limit=200"
    raw = (await place.call("firm", "GET", span)).json()
    assert ([one["seq"] for one in raw["items"]], raw["resolution"]) == (list(range(29, -1, -1)), "raw")
    closely = (await place.call("firm", "GET", f"{span}&step=90")).json()
    assert ([one["count"] for one in closely["items"]], closely["resolution"]) == ([3, 9, 9, 9], "raw")
    for step, resolution, counts in ((60, "1m", [6] * 5), (3600, "1h", [30])):
        wide = (await place.call("firm", "GET", f"{span}&step={step}")).json()
        assert ([one["count"] for one in wide["items"]], wide["resolution"]) == (counts, resolution)
