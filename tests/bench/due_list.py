"""`python -m tests.bench.due_list`: how long the database needs for the list of what is due, beside counting visits.

Registers 20 000 lifts of 40 firms in 12 districts, enters them as `liftline dispatch` does, gives each a year of
visits, and asks with the very queries of the HTTP interface, in turns with the reference: the same answer computed from
the visits, as one would without due days kept in a table. Prints medians; exit code 1 if a question takes 200 ms or more.
Half a minute; a database server of its own.
"""

import argparse
import asyncio
import random
import statistics
import sys
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

from alerts.incident import Actor, Role
from alerts.maintenance import due, scheduling, store
from alerts.maintenance.due import Terms
from alerts.maintenance.plans.plan import Kind
from alerts.policy import Policy
from api.reads import QUERIES
from api.scope import parameters
from deploy.servers import Postgres, find_postgres, scratch_folder
from elevator import db, migrate
from elevator.db import Connection

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
TODAY, SINCE = date(2026, 11, 20), date(2025, 11, 1)
LIMIT_MS = 200
FIRMS, DISTRICTS, YEARS = 40, 12, 1
POLICY = Policy()
REFERENCED, WHOLE = "reference:", "the whole list, all kinds"

REFERENCE = """
SELECT l.lift_id, k.kind, coalesce(max(v.left_at)::date, %(since)s) + k.days AS due_on
FROM lift l CROSS JOIN (VALUES ('half_month', 1, 15), ('quarter', 2, 92), ('half_year', 3, 183), ('year', 4, 365))
    AS k (kind, place, days)
LEFT JOIN visit v ON v.lift_no = l.lift_no AND v.state = 'complete' AND CASE v.kind WHEN 'half_month' THEN 1
    WHEN 'quarter' THEN 2 WHEN 'half_year' THEN 3 ELSE 4 END >= k.place
WHERE (%(firm)s::text IS NULL OR l.firm_id = %(firm)s)
GROUP BY l.lift_id, k.kind, k.days HAVING coalesce(max(v.left_at)::date, %(since)s) + k.days < %(before)s::date
    OR %(before)s IS NULL
ORDER BY 3, 1, 2 LIMIT %(limit)s
"""


async def furnish(connection: Connection, lifts: int) -> None:
    """The registry, a year of visits, and the due days that follow from them."""
    await connection.execute("SET statement_timeout = 0")
    await connection.execute(
        "INSERT INTO firm (id, name, created_at) SELECT 'f' || n, 'Firm ' || n, %s FROM generate_series(1, %s) n",
        [NOW, FIRMS],
    )
    await connection.execute(
        "INSERT INTO lift (lift_id, registered, rescue_code, name, lift_class, building, district, address, firm_id, lat, lon,"
        " created_at, updated_at) SELECT 'L-' || n, true, lpad(n::text, 6, '0'), 'Lift ' || n, 'traction', 'House ' || n / 4,"
        " 'District ' || n %% %s, 'Street ' || n, 'f' || (n %% %s + 1), 27.8, 113.1, %s, %s FROM generate_series(1, %s) n",
        [DISTRICTS, FIRMS, NOW - timedelta(days=365 * YEARS), NOW, lifts],
    )
    while await scheduling.enter(connection, POLICY, NOW):
        pass
    chance = random.Random(1)
    terms: dict[int, Terms] = {}
    async with connection.cursor().copy(
        "COPY visit (id, lift_no, firm_id, state, kind, left_at, counted, created_at) FROM STDIN"
    ) as copy:
        for number in range(1, lifts + 1):
            day, last = NOW - timedelta(days=365 * YEARS) + timedelta(days=chance.randrange(15)), dict[Kind, date]()
            for visit in range(24 * YEARS):
                kind = (Kind.YEAR if visit % 24 == 23 else Kind.HALF_YEAR if visit % 12 == 11
                        else Kind.QUARTER if visit % 6 == 5 else Kind.HALF_MONTH)  # fmt: skip
                day += timedelta(days=chance.choice((13, 14, 15, 15, 16)))
                if day >= NOW:
                    break
                last[kind] = day.date()
                await copy.write_row(
                    [
                        f"v{number:05}-{visit:03}",
                        number,
                        f"f{number % FIRMS + 1}",
                        "complete",
                        str(kind),
                        day,
                        True,
                        day,
                    ]
                )
            terms[number] = Terms(since=SINCE, last=last)
    for some in range(0, lifts, 2000):
        part = [(number, kind, terms[number]) for number in list(terms)[some : some + 2000] for kind in Kind]
        await store.run(
            connection, "save_due", lift_nos=[number for number, _, _ in part], kinds=[str(kind) for _, kind, _ in part],
            due=[due.due_on(one, kind) for _, kind, one in part],
            counted=[due.counted_from(one, kind) for _, kind, one in part],
        )  # fmt: skip
    await connection.execute("ANALYZE")


def questions() -> dict[str, dict[str, Any]]:
    """What the pages and programs ask, as the interface passes it on."""
    everybody = Actor(kind="user", id="s", name="s", role=Role.SUPERVISOR)
    firm = Actor(kind="user", id="f", name="f", role=Role.FIRM, firm_id="f7")
    blank = {"firm": None, "district": None, "kind": None, "lift_id": None, "before": None, "since": None, "upto": None,
             "day": None, "lift_no": None, "after_kind": None}  # fmt: skip
    return {
        "supervisor, first page": blank | parameters(everybody) | {"limit": 51},
        "supervisor, largest page": blank | parameters(everybody) | {"limit": 201},
        "supervisor, a page in the middle": blank | parameters(everybody) | {
            "limit": 201, "day": TODAY + timedelta(days=40), "lift_no": 10_000, "after_kind": "quarter"},
        "supervisor, overdue in a district": blank | parameters(everybody) | {
            "limit": 201, "before": TODAY, "district": "District 3"},
        "supervisor, everything overdue": blank | parameters(everybody) | {"limit": 100_000, "before": TODAY},
        "a firm's round within 3 days": blank | parameters(firm) | {"limit": 201, "upto": TODAY + timedelta(days=3)},
        "a firm's calendar": blank | parameters(firm) | {"limit": 3000, "upto": TODAY + timedelta(days=62)},
        WHOLE: blank | parameters(everybody) | {"limit": 1_000_000},
    }  # fmt: skip


async def timed(connection: Connection, statement: bytes, values: dict[str, Any]) -> tuple[float, float, int]:
    """Milliseconds in the database (planning and execution), until every row is here, and how many they are."""
    explained = await connection.execute(b"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + statement, values)
    (plan,) = (await explained.fetchall())[0]["QUERY PLAN"]
    began = time.perf_counter()
    found = await (await connection.execute(statement, values)).fetchall()
    return plan["Planning Time"] + plan["Execution Time"], (time.perf_counter() - began) * 1000, len(found)


async def measure(url: str, lifts: int, rounds: int) -> bool:
    """Print the table; whether every question of a page keeps the limit."""
    async with await db.connect(url, application="bench") as connection:
        await furnish(connection, lifts)
        inside: dict[str, list[float]] = {}
        outside: dict[str, list[float]] = {}
        counts: dict[str, int] = {}
        asked = {name: (QUERIES["due_list"], values) for name, values in questions().items()} | {
            f"{REFERENCED} {name}": (
                REFERENCE.encode(),
                {"firm": None, "since": SINCE, "before": before, "limit": limit},
            )
            for name, before, limit in (("everything overdue", TODAY, 100_000), ("first page", None, 51))
        }
        for _ in range(rounds):
            for name, (statement, values) in asked.items():
                within, until, counts[name] = await timed(connection, statement, values)
                inside.setdefault(name, []).append(within)
                outside.setdefault(name, []).append(until)
        visits = (await (await connection.execute("SELECT count(*) AS n FROM visit")).fetchall())[0]["n"]
    print(f"{lifts} lifts, {visits} visits; median of {rounds} rounds in turns")
    print("in the database   until here      rows")
    medians = {name: statistics.median(all_of_it) for name, all_of_it in inside.items()}
    for name, median in medians.items():
        print(f"{median:12.1f} ms {statistics.median(outside[name]):9.1f} ms {counts[name]:9}  {name}")
    if counts["supervisor, everything overdue"] != counts[f"{REFERENCED} everything overdue"]:
        print("the two do not answer the same")
        return False
    for name in ("everything overdue", "first page"):
        faster = medians[f"{REFERENCED} {name}"] / medians[f"supervisor, {name}"]
        print(f"{name}: {faster:.0f} times as fast as computing it from the visits")
    return all(median < LIMIT_MS for name, median in medians.items() if not name.startswith((REFERENCED, WHOLE)))


def main() -> int:
    """Start a server, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lifts", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    with scratch_folder("bench") as folder, Postgres(folder, binaries=find_postgres(), durable=False) as server:
        url = server.create_database("due")
        migrate.apply(url)
        return 0 if asyncio.run(measure(url, given.lifts, given.rounds)) else 1


if __name__ == "__main__":
    sys.exit(main())
