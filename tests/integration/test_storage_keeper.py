"""Chunks, retention, wrong clocks and the lock, on both kinds of server."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY

from elevator.db import Connection
from elevator.storage import chunks, keeper, rows
from elevator.storage.plan import Edition
from tests.storage_database import START, Store, store

pytestmark = pytest.mark.integration
DAY = timedelta(days=1)


@pytest.fixture(params=["database", "plain_database"])
async def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Store]:
    async with store(request.getfixturevalue(request.param), monkeypatch) as opened:
        yield opened


@pytest.fixture
async def chunked(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Store]:
    async with store(database, monkeypatch) as opened:
        async with opened.pool.connection() as connection:
            if not (await chunks.look(connection)).edition.chunks:
                pytest.skip("NOT TESTED: this machine has no TimescaleDB")
        yield opened


@pytest.fixture
async def plain(plain_database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Store]:
    async with store(plain_database, monkeypatch) as opened:
        yield opened


def failures(job: str) -> float:
    return REGISTRY.get_sample_value("liftline_storage_failures_total", {"job": job}) or 0


async def test_editions(chunked: Store, plain: Store) -> None:
    async with chunked.pool.connection() as one, plain.pool.connection() as other:
        with_chunks, without = await chunks.look(one), await chunks.look(other)
    assert with_chunks.edition in {Edition.APACHE, Edition.COMMUNITY}
    assert set(with_chunks.intervals) == {"sample", "sample_minute", "sample_hour"} == set(chunks._SEEDS)
    assert with_chunks.memory > 2**20
    assert (without.edition, without.intervals) == (Edition.PLAIN, {})


# --- chunks ------------------------------------------------------------------------------------------------


async def test_no_sample_of_the_next_days_makes_a_chunk(chunked: Store) -> None:
    await chunked.keeper().keep()
    before = {table: await chunked.chunks(table) for table in ("sample", "sample_minute", "sample_hour")}
    assert all(before.values())
    for hours in range(-24, 49, 3):
        await chunked.sample(hours * 3600.0, received=0)
    assert await chunked.chunks() == before["sample"]
    assert await chunked.sql("SELECT 1 FROM sample WHERE lift_no = 0") == [], "the seed is gone"
    await chunked.keeper().keep()
    assert {table: await chunked.chunks(table) for table in before} == before


async def test_a_chunk_made_ahead_holds_nobody_up(chunked: Store) -> None:
    """The story behind it: a transaction that made a chunk blocks every other that needs a new one until it ends."""
    async with await chunked.connection() as slow, slow.transaction():
        await slow.execute("INSERT INTO sample (lift_no, ts, boot, seq, received_at, mode, replay, late)"
                           " VALUES (1, %s, '', 0, %s, 0, false, false)", [START, START])  # fmt: skip
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.7):
                await chunked.sample(DAY.total_seconds())
    await chunked.keeper().keep()
    async with await chunked.connection() as slow, slow.transaction():
        await slow.execute("INSERT INTO sample (lift_no, ts, boot, seq, received_at, mode, replay, late)"
                           " VALUES (2, %s, '', 0, %s, 0, false, false)", [START, START])  # fmt: skip
        async with asyncio.timeout(0.7):
            await chunked.sample(DAY.total_seconds() + 1)


async def test_chunks_get_the_length_that_the_rate_asks_for(chunked: Store) -> None:
    async def interval() -> timedelta:
        found = await chunked.sql(
            "SELECT time_interval FROM timescaledb_information.dimensions WHERE hypertable_name = 'sample'"
        )
        return found[0]["time_interval"]

    await chunked.keeper().keep()
    assert await interval() == DAY, "nothing measured, nothing changed"
    async with chunked.pool.connection() as connection:
        memory = (await chunks.look(connection)).memory
    per_hour = memory // 4 // 80 * 4 // 24  # a quarter of a day's rows fill what a chunk's indexes may take
    await chunked.sql(
        "INSERT INTO sample_hour (lift_no, bucket, ts, received_at, count, mode, late, known_s, moving_s, door_open_s,"
        " off_mains_s, door_cycles) SELECT 1, %(at)s - n * interval '1 hour', %(at)s, %(at)s, %(count)s, 0, false, 0, 0, 0, 0, 0"
        " FROM generate_series(1, 12) n", at=START, count=per_hour,
    )  # fmt: skip
    await chunked.keeper().keep()
    assert await interval() == timedelta(hours=6)
    await chunked.sql("UPDATE sample_hour SET count = %(count)s", count=per_hour // 2)
    await chunked.keeper().keep()
    assert await interval() == timedelta(hours=6), "a factor of two is not worth a change"


async def test_the_apache_edition_is_asked_for_no_compression(chunked: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the community edition is, chunk by chunk: here it answers that it cannot, and that is counted and told."""
    await chunked.sample(-20 * DAY.total_seconds(), received=0)
    before = failures("compression")
    one = chunked.keeper()
    await one.compress()
    assert one.server is not None
    if one.server.edition is Edition.COMMUNITY:
        assert await chunked.sql("SELECT 1 FROM timescaledb_information.chunks WHERE is_compressed")
        return
    assert failures("compression") == before
    asked: list[str] = []
    real = rows.run

    async def note(connection: Connection, name: str, /, **values: object) -> int:
        asked.append(name)
        return 0 if name in {"compression_on", "compress"} else await real(connection, name, **values)

    real_look = chunks.look

    async def community(connection: Connection) -> chunks.Server:
        found = await real_look(connection)
        return chunks.Server(edition=Edition.COMMUNITY, memory=found.memory, intervals=found.intervals)

    monkeypatch.setattr(keeper.chunks, "look", community)
    await one.compress()
    assert failures("compression") == before + 1, "the server refuses: no such feature in this edition"
    monkeypatch.setattr(rows, "run", note)
    await one.compress()
    assert asked == ["compression_on", "compress"]
    asked.clear()
    await chunked.keeper(compress_days=None).compress()
    assert asked == []


# --- retention ---------------------------------------------------------------------------------------------


async def test_what_is_forgotten_when(place: Store) -> None:
    days = {"sample": 90, "sample_minute": 400, "sample_hour": 1826, "event": 1461, "link": 1461, "quarantine": 30}
    for table, kept in days.items():
        slack = {"sample": 2, "sample_minute": 14, "sample_hour": 120}.get(table, 1)  # whole chunks go
        for age in (kept - 1, kept + slack):
            at = START - age * DAY
            statement = {
                "sample": "INSERT INTO sample (lift_no, ts, boot, seq, received_at, mode, replay, late)"
                          " VALUES (1, %(at)s, '', 0, %(at)s, 0, false, false)",
                "event": "INSERT INTO event (lift_no, ts, boot, seq, code, active, replay, late, outcome, received_at, seen_at)"
                         " VALUES (1, %(at)s, '', extract(day FROM %(at)s), 'x', true, false, false, 'x', %(at)s, %(at)s)",
                "link": "INSERT INTO link (lift_no, received_at, online, retained) VALUES (1, %(at)s, true, false)",
                "quarantine": "INSERT INTO quarantine (id, topic, payload, digest, reason, detail, received_at)"
                              " VALUES (%(at)s::text, 't', '', '', 'x', '', %(at)s)",
            }.get(table, f"INSERT INTO {table} (lift_no, bucket, ts, received_at, count, mode, late, known_s, moving_s,"
                         " door_open_s, off_mains_s, door_cycles) VALUES (1, %(at)s, %(at)s, %(at)s, 1, 0, false, 0, 0, 0, 0, 0)")  # fmt: skip
            await place.sql(statement, at=at)
        # ids rise with receipt; here the older came second
        if table in {"event", "link"}:
            await place.sql(
                f"UPDATE {table} SET received_at = %(at)s WHERE id = (SELECT min(id) FROM {table})",
                at=START - (kept + 1) * DAY,
            )
            await place.sql(
                f"UPDATE {table} SET received_at = %(at)s WHERE id = (SELECT max(id) FROM {table})",
                at=START - (kept - 1) * DAY,
            )
    incident = "INSERT INTO incident (id, kind, priority, state, reason, opened_at) VALUES ('i', 'rescue', 1, 'closed', 'x', %(at)s)"
    await place.sql(incident, at=START - 9000 * DAY)
    await place.sql("INSERT INTO timeline (incident_id, n, at, actor, channel, action) VALUES ('i', 1, %(at)s, '{}', 'x', 'x')",
                    at=START - 9000 * DAY)  # fmt: skip
    # nothing of this test is rolled up: the marks stand at the present
    await place.sql("INSERT INTO storage_mark VALUES ('fresh', %(at)s), ('settled', %(at)s)", at=START)
    await place.keeper().keep()
    for table in (*days, "incident", "timeline"):
        left = await place.sql(f"SELECT * FROM {table}")
        assert len(left) == 1, table
        if table in days:
            at = left[0].get("bucket") or left[0]["received_at"]
            assert START - at == (days[table] - 1) * DAY, table


async def test_deletes_are_bounded_and_go_on_in_the_next_round(place: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much there is: no batch above the limit, and when the time is over the rest waits for the next round."""
    await place.sql(
        "INSERT INTO quarantine (id, topic, payload, digest, reason, detail, received_at)"
        " SELECT n::text, 't', '', '', 'x', '', %(at)s FROM generate_series(1, 45) n", at=START - 40 * DAY,
    )  # fmt: skip
    monkeypatch.setattr(keeper.retention, "BATCH", 10)
    batches: list[int] = []
    real = rows.run

    async def note(connection: Connection, name: str, /, **values: object) -> int:
        number = await real(connection, name, **values)
        if name == "delete_quarantine":
            batches.append(number)
            monkeypatch.setattr(keeper.retention.time, "monotonic", lambda: 1e9 if len(batches) == 2 else 0.0)
        return number

    monkeypatch.setattr(rows, "run", note)
    monkeypatch.setattr(keeper.retention.time, "monotonic", lambda: 0.0)
    one = place.keeper()
    await one.keep()
    assert batches == [10, 10]
    await one.keep()
    assert batches == [10, 10, 10, 10, 5]


async def test_a_dead_clock_loses_nothing_and_makes_no_chunks_for_good(place: Store) -> None:
    """A controller without a battery sends 1970, or 2106, or any day between, and is as good a witness as others."""
    await place.sample(0)
    odd = [datetime(year, 1, 1, tzinfo=UTC) for year in (1970, 1999, 2012, 2027, 2040, 2106, 9999)]
    for moment in odd:
        await place.sample(moment, received=0)
    await place.sample(datetime(2001, 1, 1, tzinfo=UTC), received=START - 91 * DAY)
    await place.at(30).keeper().keep()
    kept = await place.sql("SELECT ts FROM (SELECT ts FROM sample UNION ALL SELECT ts FROM sample_stray) s ORDER BY ts")
    assert [row["ts"] for row in kept] == sorted([*odd, START])
    async with place.pool.connection() as connection:
        edition = (await chunks.look(connection)).edition
    if edition.chunks:
        assert len(await place.sql("SELECT ts FROM sample_stray")) == len(odd)
        assert await place.chunks() <= 5
    await place.at(91 * 86_400).keeper().keep()
    left = await place.sql("SELECT ts FROM (SELECT ts FROM sample UNION ALL SELECT ts FROM sample_stray) s")
    assert left == []


async def test_a_chunk_that_somebody_writes_to_is_dropped_later(chunked: Store) -> None:
    """The writer is not made to wait: the keeper gives up after half a second, does its other work, and comes again."""
    old = START - 100 * DAY
    await chunked.sample(old)
    before = failures("retention")
    one = chunked.keeper()
    async with await chunked.connection() as writer, writer.transaction():
        await writer.execute("UPDATE sample SET late = true")
        await one.keep()
    assert failures("retention") == before + 1
    assert len(await chunked.sql("SELECT 1 FROM sample")) == 1
    assert await chunked.sql("SELECT 1 FROM storage_mark"), "the roll-ups went on"
    await chunked.at(60).sql("SELECT 1")
    await one.keep()
    assert await chunked.sql("SELECT 1 FROM sample") == []


async def test_a_plain_table_is_summed_up_anew_range_by_range(plain: Store) -> None:
    """Deleted rows make room for new ones among old: without this, every look for new receipts would read all of it."""
    await plain.sql(
        "INSERT INTO sample (lift_no, ts, boot, seq, received_at, mode, replay, late) SELECT 1, %(at)s + n * interval '1 s',"
        " repeat('b', 30), n, %(at)s + n * interval '1 s', 0, false, false FROM generate_series(1, 8000) n", at=START - 60 * DAY,
    )  # fmt: skip
    await plain.sql("SELECT brin_summarize_new_values('sample_by_receipt')")
    spans = "SELECT count(*) AS n FROM sample WHERE received_at < %(at)s"
    await plain.sql("DELETE FROM sample WHERE seq <= 7000")
    async with await plain.connection() as connection:
        await connection.execute("VACUUM sample")
    await plain.sql("INSERT INTO sample (lift_no, ts, boot, seq, received_at, mode, replay, late) SELECT 2, %(at)s + n * interval '1 s',"
                    " repeat('b', 30), n, %(at)s + n * interval '1 s', 0, false, false FROM generate_series(1, 6000) n", at=START)  # fmt: skip

    async def read() -> int:
        """Pages that a look for old receipts reads; first the rows are there, then only their index knows."""
        async with plain.pool.connection() as connection, connection.transaction():
            await connection.execute("SET LOCAL enable_seqscan = off")
            cursor = await connection.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {spans}".encode(), {"at": START - DAY})
            found = await cursor.fetchone()
        assert found is not None
        node = found["QUERY PLAN"][0]["Plan"]
        while "Lossy Heap Blocks" not in node:
            node = node["Plans"][0]
        return int(node["Lossy Heap Blocks"])

    before = await read()
    await plain.keeper().keep()
    after = await read()
    assert after < before / 2, (before, after)


# --- the lock ----------------------------------------------------------------------------------------------


async def test_one_keeper_at_a_time(place: Store) -> None:
    await place.sample(5)
    first, second = place.at(100).keeper(), place.keeper()
    async with first._turn(keeper._LOCK_KEEP) as connection:
        assert connection is not None
        await second.keep()
        assert await place.sql("SELECT 1 FROM storage_mark") == []
    await second.keep()
    assert await place.sql("SELECT 1 FROM storage_mark")


async def test_the_lock_of_a_round_that_broke_off_is_free(place: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cancelled in the middle of a statement, as at a service's end: another takes over at once."""
    one = place.keeper()

    async def hangs(_self: keeper.Keeper, connection: Connection, *_: object) -> bool:
        await connection.execute("SELECT pg_sleep(30)")
        return True

    monkeypatch.setattr(keeper.Keeper, "_chunks", hangs)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await one.keep()
    monkeypatch.undo()
    async with asyncio.timeout(5):
        async with place.keeper()._turn(keeper._LOCK_KEEP) as connection:
            assert connection is not None


async def test_a_job_that_fails_stops_no_other(place: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rows._TEXTS, "delete_events", b"SELECT pg_sleep(%(limit)s)")
    monkeypatch.setattr(keeper.retention, "_SHORT", timedelta(milliseconds=50))
    before = failures("retention")
    await place.sample(5)
    one = place.at(100).keeper()
    await one.keep()
    assert failures("retention") == before + 1
    assert await place.sql("SELECT 1 FROM sample_minute")
