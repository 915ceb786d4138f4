"""`python -m tests.bench.plausibility`: what the plausibility of a visit costs the database, question by question.

A year of 5000 lifts: 120 000 judged visits with photos and signatures, and a day and a half of telemetry of 200 lifts (a
sample every 12 s), one of whose visits is judged. Prints medians of the time in the database; exit code 1 if a question
takes 200 ms or more. Some minutes; a database server of its own.
"""

import argparse
import asyncio
import statistics
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.incident import Actor, Role
from alerts.maintenance import store
from alerts.maintenance.plausibility import gathering
from api.reads import QUERIES
from api.scope import parameters
from deploy.servers import Postgres, find_postgres, scratch_folder
from elevator import db, migrate
from elevator.db import Connection

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
LIMIT_MS = 200
FIRMS, WORKERS, PER_YEAR, TELLING = 40, 400, 24, 200
_BEGAN = "%(now)s - (n %% 365) * interval '1 day' - (n %% 600) * interval '1 minute'"
FURNISH = (
    "INSERT INTO firm (id, name, created_at) SELECT 'f' || n, 'Firm ' || n, %(now)s FROM generate_series(0, 39) n",
    ("INSERT INTO worker (id, firm_id, name, created_at) SELECT 'w' || n, 'f' || n %% 40, 'Worker ' || n, %(now)s"
    " FROM generate_series(0, 399) n"),
    ("INSERT INTO lift (lift_id, registered, rescue_code, name, lift_class, district, firm_id, lat, lon, created_at,"
    " updated_at) SELECT 'L-' || n, true, lpad(n::text, 6, '0'), 'Lift ' || n, 'traction', 'District ' || n %% 12,"
    " 'f' || n %% 40, 27.8, 113.1, %(now)s, %(now)s FROM generate_series(1, %(lifts)s) n"),
    ("INSERT INTO photo (id, lift_no, firm_id, by_id, by_name, width, height, size, sha256, likeness, uploaded_at)"
    " SELECT 'p' || n, n %% %(lifts)s + 1, 'f' || n %% 40, 'w', 'w', 1, 1, 1, sha256(n::text::bytea),"
    " hashtextextended(n::text, 7), %(now)s FROM generate_series(1, %(visits)s) n"),
    ("INSERT INTO visit (id, lift_no, firm_id, state, worker_id, judged, created_at, checked_out_at)"
    f" SELECT 'v' || n, n %% %(lifts)s + 1, 'f' || n %% 40, 'complete', 'w' || n %% 400, 0, {_BEGAN}, {_BEGAN}"
    " FROM generate_series(1, %(visits)s) n"),
    ("INSERT INTO visit_plausibility (visit_id, lift_no, firm_id, worker_id, began_at, left_at, level, score, thresholds,"
    " evidence, items, telemetry, inspection_s, computed_at) SELECT 'v' || n, n %% %(lifts)s + 1, 'f' || n %% 40,"
    f" 'w' || n %% 400, {_BEGAN}, {_BEGAN} + interval '30 minutes',"
    " CASE WHEN n %% 20 = 0 THEN 'doubtful' ELSE 'supported' END, 1, 't', '[]', '{{}}', '{{}}', n %% 3 * 100, %(now)s"
    " FROM generate_series(1, %(visits)s) n"),
    ("INSERT INTO photo_use (name, kind, subject, n, item, lift_no, firm_id) SELECT 'p' || n, 'visit', 'v' || n, 1, 'A-1-6',"
    " n %% %(lifts)s + 1, 'f' || n %% 40 FROM generate_series(1, %(visits)s) n"),
    ("INSERT INTO visit_drawing (visit_id, hash, name, officer, began_at) SELECT 'v' || n, sha256(n::text::bytea), 'x',"
    f" false, {_BEGAN} FROM generate_series(1, %(visits)s) n"),
    ("INSERT INTO sample (lift_no, ts, boot, seq, received_at, mode, moving, door_zone, door, power, safety_chain, floor,"
    " replay, late) SELECT l, %(now)s - n * interval '12 seconds', 'b', 20000 - n, %(now)s - n * interval '12 seconds', 0,"
    " false, true, 0, 0, 0, '1', false, false FROM generate_series(1, %(telling)s) l, generate_series(1, 10800) n"),
    "ANALYZE",
)  # fmt: skip


def questions() -> dict[str, tuple[bytes, dict[str, Any]]]:
    """What judging one visit asks, and what pages ask."""
    began, left, lift = NOW - timedelta(hours=7), NOW - timedelta(hours=6), 77
    ours = gathering.QUERIES
    visit = {"visit_id": "v480", "began_at": NOW - timedelta(days=1)}
    supervisor = parameters(Actor(kind="user", id="s", name="s", role=Role.SUPERVISOR))
    firm = parameters(Actor(kind="user", id="f", name="f", role=Role.FIRM, firm_id="f7"))
    blank = {
        "level": None, "firm": None, "district": None, "lift_id": None, "since": None, "until": None, "after": None,
        "after_id": None, "limit": 51,
    }  # fmt: skip
    month = {"since": NOW - timedelta(days=30)}
    return {
        "which visits": (ours["unjudged"], {"before": NOW, "now": NOW, "limit": 100, "failed": [], "again": False}),
        "an hour's samples": (ours["samples"], {"lift_no": lift, "since": began, "until": left, "limit": 100_000}),
        "24 hours' samples": (
            ours["samples"], {"lift_no": lift, "since": NOW - timedelta(days=1), "until": NOW, "limit": 100_000}
        ),
        "the lift's clock": (ours["clock_offset"], {"lift_no": lift, "until": left}),
        "what it has shown": (ours["has_shown"], {"lift_no": lift, "least": 15, "visit_id": "v480"}),
        "the worker's other visits": (
            ours["others"], {"workers": ["w80", "w81"], "visit_id": "v480", "since": began - timedelta(days=1), "until": NOW}
        ),
        "the same photo": (store.QUERIES["visit_photos_reused"], {"visit_id": "v480"}),
        "photos that look alike": (
            store.QUERIES["visit_photos_alike"], {"visit_id": "v480", "most": 6, "since": NOW - timedelta(days=400)}
        ),
        "the other visits": (ours["visits_told_of"], {"ids": ["v1", "v2", "v3"]}),
        "the same signature": (
            ours["drawn_before"], {"hashes": [b"\x01" * 32], "names": ["x"], "officers": [False], **visit}
        ),
        "supervisor's page": (QUERIES["plausibilities"], blank | supervisor),
        "supervisor's page of doubtful ones of a month": (
            QUERIES["plausibilities"], blank | supervisor | month | {"level": "doubtful"}
        ),
        "supervisor's page of a district's doubtful ones": (
            QUERIES["plausibilities"], blank | supervisor | {"level": "doubtful", "district": "District 3"}
        ),
        "a firm's page": (QUERIES["plausibilities"], blank | firm),
    }  # fmt: skip


async def timed(connection: Connection, statement: bytes, values: dict[str, Any]) -> tuple[float, int]:
    """Milliseconds in the database, and how many rows."""
    explain = b"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + statement
    (plan,) = (await (await connection.execute(explain, values, prepare=False)).fetchall())[0]["QUERY PLAN"]
    return plan["Planning Time"] + plan["Execution Time"], plan["Plan"]["Actual Rows"]


async def measure(url: str, lifts: int, rounds: int) -> bool:
    """Print the table; whether every question keeps the limit."""
    values = {"now": NOW, "lifts": lifts, "visits": lifts * PER_YEAR, "telling": TELLING}
    found: dict[str, list[float]] = {}
    counts: dict[str, float] = {}
    async with await db.connect(url, application="bench") as connection:
        await connection.execute("SET statement_timeout = 0")
        for statement in FURNISH:
            text = statement.replace("{{", "{").replace("}}", "}")
            await connection.execute(text.encode(), values if "%(" in text else None)
        for _ in range(rounds):
            for name, (query, asked) in questions().items():
                took, counts[name] = await timed(connection, query, asked)
                found.setdefault(name, []).append(took)
    print(f"{lifts * PER_YEAR} visits, {TELLING * 10_800} samples; medians of {rounds} rounds, in the database")
    medians = {name: statistics.median(those) for name, those in found.items()}
    for name, median in medians.items():
        print(f"{median:9.1f} ms {counts[name]:7.0f} rows  {name}")
    return max(medians.values()) < LIMIT_MS


def main() -> int:
    """Start a server, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lifts", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    with scratch_folder("bench") as folder, Postgres(folder, binaries=find_postgres(), durable=False) as server:
        url = server.create_database("plausibility")
        migrate.apply(url)
        return 0 if asyncio.run(measure(url, given.lifts, given.rounds)) else 1


if __name__ == "__main__":
    sys.exit(main())
