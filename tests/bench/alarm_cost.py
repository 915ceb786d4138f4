"""`python -m tests.bench.alarm_cost`: what a pressed alarm button costs from its decision to its commit.

Each alarm is one transaction on a lift of its own, as the intake's alarm lane makes it: lock the memory, decide, write
the rescue with its evidence, story and messages, ask the firm, commit. In turns with it the reference: a transaction
with one `INSERT` of a row with a key. Prints medians, statements and CPU time of this process. Half a minute; a durable
database server of its own.
"""

import argparse
import asyncio
import statistics
import sys
import time
from datetime import UTC, datetime
from typing import Any

from alerts.desk import Desk
from alerts.policy import Policy
from deploy.servers import Postgres, find_postgres, scratch_folder
from elevator import clock, db, migrate, times
from elevator.db import Connection
from elevator.model import Event, Mode, Sample

POLICY = Policy()
NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


async def furnish(connection: Connection, lifts: int) -> None:
    """Lifts of one firm, and a table for the reference."""
    await connection.execute("INSERT INTO firm (id, name, created_at) VALUES ('f1', 'Firm', %s)", [NOW])
    await connection.execute(
        "INSERT INTO lift (lift_id, registered, rescue_code, name, lift_class, building, district, address, firm_id, lat, lon,"
        " created_at, updated_at) SELECT 'L-' || n, true, lpad(n::text, 6, '0'), 'Lift ' || n, 'traction', 'House ' || n / 4,"
        " 'District', 'Street ' || n, 'f1', 27.8, 113.1, %s, %s FROM generate_series(1, %s) n",
        [NOW, NOW, lifts],
    )
    await connection.execute("CREATE TABLE reference (id text PRIMARY KEY, body text NOT NULL)")


async def alarm(connection: Connection, number: int) -> None:
    """A car at rest is heard, then its button is pressed long: a confirmed rescue."""
    lift, now = f"L-{number}", clock.now()
    ms = times.to_ms(now)
    async with connection.transaction():
        desk = await Desk.open(connection, [lift], policy=POLICY, now=now)
        desk.observe(
            lift, Sample(ts=ms - 1000, seq=1, mode=Mode.NORMAL, floor="4", moving=False, door_zone=True), ms - 1000
        )
        desk.observe(lift, Event(ts=ms, seq=1, code="entrapment", active=True), ms)
        await desk.save()
        if desk.rescue(lift) is None:
            raise RuntimeError("the alarm opened no rescue: this measures something else")


async def bare(connection: Connection, number: int) -> None:
    """The reference."""
    async with connection.transaction():
        await connection.execute("INSERT INTO reference VALUES (%s, %s)", [f"L-{number}", "x" * 2000])


async def measure(url: str, alarms: int) -> None:
    """Print the table."""
    statements = 0
    async with await db.connect(url, application="bench") as connection:
        await furnish(connection, alarms)
        execute = connection.execute

        async def counted(*words: Any, **options: Any) -> Any:
            nonlocal statements
            statements += 1
            return await execute(*words, **options)

        connection.execute = counted  # type: ignore[method-assign]
        took: dict[str, list[tuple[float, float, int]]] = {"alarm": [], "reference": []}
        for number in range(1, alarms + 1):
            for name, work in (("alarm", alarm), ("reference", bare)):
                began, cpu, before = time.perf_counter(), time.process_time(), statements
                await work(connection, number)
                took[name].append(
                    ((time.perf_counter() - began) * 1e3, (time.process_time() - cpu) * 1e3, statements - before)
                )
    medians = {name: [statistics.median(column) for column in zip(*all_, strict=True)] for name, all_ in took.items()}
    print(f"{alarms} alarms, each in a transaction of its own, in turns with the reference; medians")
    print("            until committed   CPU here   statements")
    for name, (wall, cpu, number) in medians.items():
        print(f"{name:10} {wall:13.2f} ms {cpu:7.2f} ms {number:9.0f}")
    print(f"an alarm takes {medians['alarm'][0] / medians['reference'][0]:.1f} times as long as one bare row")


def main() -> int:
    """Start a server, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alarms", type=int, default=1000)
    given = parser.parse_args()
    with scratch_folder("bench") as folder, Postgres(folder, binaries=find_postgres(), durable=True) as server:
        url = server.create_database("alarms")
        migrate.apply(url)
        asyncio.run(measure(url, given.alarms))
    return 0


if __name__ == "__main__":
    sys.exit(main())
