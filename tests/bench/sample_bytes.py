"""`python -m tests.bench.sample_bytes`: bytes of one stored sample, heap and each index, and where they go.

Loads realistic samples of a thousand lifts (changes while a car runs, else one each 30 s) into a server of its own, in
the order in which they would be received, by the intake's own COPY; then asks the database. Under a minute.
"""

import argparse
import asyncio
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.servers import Postgres, find_postgres, scratch_folder
from elevator import db, migrate, times
from elevator.model import Direction, Door, Mode, Power, SafetyChain, Sample
from elevator.storage import rollups
from ingest import store

START = datetime(2026, 3, 1, tzinfo=UTC)
BATCH = 500


def _samples(count: int, lifts: int) -> Iterator[tuple[int, Sample, datetime]]:
    """(lift_no, sample, received_at) by receipt: each lift rests, runs a trip of some samples, rests."""
    chance = random.Random(1)
    cars = [{"seq": 0, "floor": 1, "trips": chance.randrange(90_000), "moving": False} for _ in range(lifts)]
    per_second = lifts / 10
    for n in range(count):
        number = chance.randrange(lifts)
        car = cars[number]
        at = START + timedelta(seconds=n / per_second)
        car["seq"] += 1
        if chance.random() < 0.3:
            car["moving"] = not car["moving"]
            car["trips"] += car["moving"]
        if car["moving"]:
            car["floor"] = max(1, min(30, car["floor"] + chance.choice((-1, 1))))
        yield number + 1, Sample(
            ts=times.to_ms(at), seq=car["seq"], boot=f"b{number:05}", mode=Mode.NORMAL, floor=str(car["floor"]),
            moving=car["moving"], door_zone=not car["moving"], door=Door.CLOSED if car["moving"] else Door.OPEN,
            direction=Direction.UP if car["moving"] else Direction.NONE, speed=1.75 if car["moving"] else 0.0,
            position=round(car["floor"] * 3.0 + chance.random(), 2), occupied=chance.random() < 0.4,
            load=float(chance.randrange(0, 900, 75)), power=Power.MAINS, safety_chain=SafetyChain.CLOSED,
            car_calls=chance.randrange(3), trips=float(car["trips"]), running_hours=round(car["trips"] / 60, 1),
            temperature=24.5,
        ), at + timedelta(milliseconds=chance.randrange(20, 300))  # fmt: skip


async def _load(url: str, count: int, lifts: int, *, brin: bool) -> float:
    """Seconds that the COPY takes; making the samples is not counted."""
    async with await db.connect(url, application="bench") as connection:
        await connection.execute(
            "INSERT INTO lift (lift_id, created_at, updated_at) SELECT 'L-' || n, %s, %s FROM generate_series(1, %s) n",
            [START, START, lifts],
        )
        if not brin:
            await connection.execute("DROP INDEX sample_by_receipt")
        spent = 0.0
        batch: list[tuple[Any, ...]] = []
        for number, sample, received in _samples(count, lifts):
            batch.append(store.sample_row(number, times.at(sample.ts), sample, received, late=False))
            if len(batch) == BATCH:
                began = time.perf_counter()
                async with connection.transaction():
                    await store.add_samples(connection, batch)
                spent += time.perf_counter() - began
                batch.clear()
    return spent


async def _sizes(url: str, count: int) -> None:
    async with await db.connect(url, application="bench") as connection:
        rows = await (await connection.execute(_SIZES)).fetchall()
        total = sum(row["bytes"] for row in rows)
        for row in rows:
            print(f"  {row['what']:<28} {row['bytes'] / count:7.1f} B/row")
        print(f"  {'together':<28} {total / count:7.1f} B/row")
        columns = await (await connection.execute(_COLUMNS)).fetchone()
        assert columns is not None
        print("  inside the heap: 4 item pointer + 24 header (+8 null bitmap), columns as stored:")
        print("   ", ", ".join(f"{name} {size:.1f}" for name, size in columns.items()))


async def _roll(url: str, until: datetime, count: int) -> None:
    work = rollups.Rollups(kept=timedelta(days=90))
    slices = 0
    async with db.pool(url, application="bench") as pool, pool.connection() as connection:
        slowest = 0.0
        began = time.perf_counter()
        now = START
        while now < until:
            now += timedelta(minutes=1)
            one = time.perf_counter()
            await work.round(connection, now, seconds=30)
            slowest = max(slowest, time.perf_counter() - one)
            slices += 1
        spent = time.perf_counter() - began
        made = await (await connection.execute("SELECT count(*) AS n FROM sample_minute")).fetchone()
        assert made is not None
        print(
            f"  {slices} rounds in {spent:.1f} s, slowest {slowest:.2f} s; {made['n']} minutes, {count / spent:.0f} samples/s"
        )
        for table in ("sample_minute", "sample_hour"):
            row = await (await connection.execute(_TABLE.format(table).encode())).fetchone()
            assert row is not None
            print(f"  {table}: {row['bytes'] / max(row['n'], 1):.0f} B a row with its index")


_TABLE = """
SELECT (SELECT sum(pg_total_relation_size(format('%I.%I', chunk_schema, chunk_name)))
    FROM timescaledb_information.chunks WHERE hypertable_name = '{0}')::float8 AS bytes, count(*) AS n FROM {0}
"""
_SIZES = """
WITH chunk AS (SELECT format('%I.%I', chunk_schema, chunk_name)::regclass AS id
    FROM timescaledb_information.chunks WHERE hypertable_name = 'sample')
SELECT 'heap' AS what, sum(pg_table_size(id))::float8 AS bytes FROM chunk
UNION ALL
SELECT regexp_replace(i.relname, '^.*_chunk_|^\\d+_\\d+_', ''), sum(pg_relation_size(i.oid))::float8
FROM chunk JOIN pg_index x ON x.indrelid = chunk.id JOIN pg_class i ON i.oid = x.indexrelid GROUP BY 1
"""
_COLUMNS = "SELECT " + ", ".join(
    f"avg(coalesce(pg_column_size({name}), 0))::float8 AS {name}"
    for name in (
        "lift_no", "ts", "boot", "seq", "received_at", "mode", "floor", "moving", "door_zone", "door", "direction",
        "speed", "position", "occupied", "people", "load", "power", "safety_chain", "door_command", "car_calls",
        "faults", "trips", "running_hours", "temperature", "replay", "late",
    )
) + " FROM (SELECT * FROM sample LIMIT 5000) s"  # fmt: skip


async def _main(count: int, lifts: int) -> None:
    with (
        scratch_folder("bench") as folder,
        Postgres(folder / "postgres", binaries=find_postgres(), durable=False) as server,
    ):
        for brin in (False, True):
            url = server.create_database(f"bench_{'with' if brin else 'without'}")
            await asyncio.to_thread(migrate.apply, url)
            spent = await _load(url, count, lifts, brin=brin)
            print(f"{'with' if brin else 'without'} the index of receipt times: {count / spent:,.0f} rows/s by COPY")
        await _sizes(url, count)
        until = START + timedelta(seconds=count / (lifts / 10) + 120)
        await _roll(url, until, count)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=200_000)
    parser.add_argument("--lifts", type=int, default=1000)
    asked = parser.parse_args()
    asyncio.run(_main(asked.samples, asked.lifts))
