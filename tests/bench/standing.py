"""`python -m tests.bench.standing`: how long the database needs to say how firms and districts stand.

Twenty thousand lifts of 40 firms in 12 districts with a year of visits, as `tests.bench.due_list` makes them; beside,
days that visits were late, marks, plausibility, and 3000 orders of which a tenth is open. Asked with the very query of
the interface, in turns with the same question about visits of all time. Prints medians; exit code 1 if a question of the
page takes more than three quarters of that. Two minutes; a database server of its own.
"""

import argparse
import asyncio
import statistics
import sys
from datetime import timedelta
from typing import Any

from api.reads import QUERIES
from deploy.servers import Postgres, find_postgres, scratch_folder
from elevator import db, migrate
from tests.bench.due_list import NOW, TODAY, furnish, timed

SHARE = 0.75  # of the reference: a ratio means something on a busy machine, milliseconds do not
ALL_TIME = "reference: firms, visits of all time"


def questions() -> dict[str, dict[str, Any]]:
    """What the pages ask."""
    month = {"since": NOW - timedelta(days=30), "until": NOW, "today": TODAY, "only": None}
    return {
        "firms, 30 days": month | {"by_firm": True},
        "districts, 30 days": month | {"by_firm": False},
        "one firm by itself": month | {"by_firm": True, "only": "f7"},
        ALL_TIME: month | {"by_firm": True, "since": NOW - timedelta(days=4000)},
    }


async def measure(url: str, lifts: int, rounds: int) -> bool:
    """Print the table; whether every question of a page keeps the limit."""
    async with await db.connect(url, application="bench") as connection:
        await furnish(connection, lifts)
        await connection.execute(
            "UPDATE visit SET days_late = (abs(hashtext(id)) % 20) - 15,"
            " marks = CASE abs(hashtext(id)) % 50 WHEN 0 THEN ARRAY['late'] WHEN 1 THEN ARRAY['far'] ELSE '{}' END"
        )
        await connection.execute(
            "INSERT INTO work_order (id, lift_no, firm_id, text, state, opened_at) SELECT 'o' || n, n, 'f' || (n %% 40 + 1), 'x',"
            " CASE WHEN n %% 10 = 0 THEN 'open' ELSE 'closed' END, %s - n * interval '1 hour' FROM generate_series(1, %s) n",
            [NOW, min(3000, lifts)],
        )
        await connection.execute(
            "INSERT INTO visit_plausibility (visit_id, lift_no, firm_id, began_at, left_at, level, score, thresholds,"
            " evidence, items, telemetry, inspection_s, computed_at) SELECT id, lift_no, firm_id, left_at, left_at,"
            " CASE abs(hashtext(id)) % 20 WHEN 0 THEN 'doubtful' ELSE 'supported' END, 0, '1', '[]', '{}', '{}', 0, left_at"
            " FROM visit"
        )
        await connection.execute("VACUUM ANALYZE")
        inside: dict[str, list[float]] = {}
        outside: dict[str, list[float]] = {}
        counts: dict[str, int] = {}
        for _ in range(rounds):
            for name, values in questions().items():
                within, until, counts[name] = await timed(connection, QUERIES["standing"], values)
                inside.setdefault(name, []).append(within)
                outside.setdefault(name, []).append(until)
    print(f"{lifts} lifts; median of {rounds} rounds in turns")
    print("in the database   until here      rows")
    medians = {name: statistics.median(found) for name, found in inside.items()}
    for name, median in medians.items():
        print(f"{median:12.1f} ms {statistics.median(outside[name]):9.1f} ms {counts[name]:9}  {name}")
    return all(median < SHARE * medians[ALL_TIME] for name, median in medians.items() if name != ALL_TIME)


def main() -> int:
    """Start a server, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lifts", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    with scratch_folder("bench") as folder, Postgres(folder, binaries=find_postgres(), durable=False) as server:
        url = server.create_database("standing")
        migrate.apply(url)
        return 0 if asyncio.run(measure(url, given.lifts, given.rounds)) else 1


if __name__ == "__main__":
    sys.exit(main())
