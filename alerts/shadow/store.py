"""The shadow reads what the intake has committed and writes its own tables; nothing is decided here."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from alerts import memory, view
from alerts.facts import Facts
from alerts.memory import Memory
from alerts.shadow.follow import Heard, People, event_of, link_of
from alerts.store import sample_of
from alerts.virtual import Virtual
from elevator import arrays, sql, times
from elevator.db import Connection
from elevator.storage.plan import CLOCK_AHEAD
from elevator.times import to_ms

QUERIES = sql.load("alerts.shadow")
_LOCK = 0x4C_49_53_48  # "LISH"

Row = dict[str, Any]

# Nothing of it may wait for, or hold up, anybody; and no old statistics make it read a whole table.
_SESSION = """SELECT set_config('lock_timeout', '500ms', false), set_config('statement_timeout', '20s', false),
    set_config('jit', 'off', false), set_config('enable_seqscan', 'off', false)"""


async def rows(connection: Connection, name: str, /, **values: Any) -> list[Row]:
    """All rows of a named query; planned with its values, so that only the chunks concerned are opened."""
    return await (await connection.execute(QUERIES[name], values, prepare=False)).fetchall()


async def run(connection: Connection, name: str, /, **values: Any) -> None:
    """Execute a named statement."""
    await connection.execute(QUERIES[name], values)


async def take_turn(connection: Connection) -> bool:
    """Whether this process is the one that tries the policy, until the connection ends."""
    await connection.execute(_SESSION)
    return bool((await rows(connection, "take_turn", lock=_LOCK))[0]["mine"])


async def received(
    connection: Connection, after: datetime, until: datetime, *, limit: int, kept: timedelta
) -> tuple[list[Heard], datetime]:
    """What was received after a moment, in order, and up to which moment.

    That is `until`, or earlier where there are more than `limit` rows of a table, or `after` itself when one instant
    holds more than that: ask with a higher limit.
    """
    bounds: Row = {"after": after, "until": until, "limit": limit}
    samples = await rows(connection, "samples", **bounds, **_span(until, kept))
    events = await rows(connection, "events", **bounds)
    links = await rows(connection, "links", **bounds)
    for part in (samples, events, links):
        if len(part) >= limit:  # the last instant may be incomplete
            until = min(until, part[-1]["received_at"] - timedelta(microseconds=1))
    until = max(until, after)
    heard = [
        *(link_of(one) for one in links if one["received_at"] <= until),
        *(event_of(one) for one in events if one["received_at"] <= until),
        *(
            Heard(at=to_ms(one["received_at"]), lift_no=one["lift_no"], item=sample_of(one))
            for one in samples
            if one["received_at"] <= until
        ),
    ]
    heard.sort(key=lambda one: one.at)  # stable: at the same instant links, then events, then samples
    return heard, until


async def count(connection: Connection, after: datetime, until: datetime, *, kept: timedelta) -> int:
    """How many rows of that span stand there now."""
    found = await rows(connection, "counted", after=after, until=until, **_span(until, kept))
    return int(found[0]["rows"])


def _span(until: datetime, kept: timedelta) -> Row:
    return {"oldest": until - kept, "newest": until + CLOCK_AHEAD}


async def people(connection: Connection, lift_nos: Iterable[int], since: datetime) -> dict[int, People]:
    """What people did about the rescues of these lifts."""
    asked = list(lift_nos)
    if not asked:
        return {}
    return {
        one["lift_no"]: People(
            is_live=one["is_live"], ended_at=None if one["ended_at"] is None else to_ms(one["ended_at"])
        )
        for one in await rows(connection, "live_of", lift_nos=asked, since=since)
    }


async def facts(connection: Connection, since: datetime) -> dict[int, Facts]:
    """Registry facts of lifts entered or changed since then."""
    return {one["lift_no"]: view.facts_of(one) for one in await rows(connection, "lifts", since=since)}


async def memories(connection: Connection) -> dict[int, tuple[Memory, int | None]]:
    """As they were kept, with when each must be looked at."""
    return {one["lift_no"]: (memory.decode(one["memory"]), one["due_ms"]) for one in await rows(connection, "memories")}


async def open_incidents(connection: Connection, run_id: str, kept_until: datetime) -> dict[int, list[Virtual]]:
    """What those memories held open, by lift."""
    found: dict[int, list[Virtual]] = {}
    for one in await rows(connection, "open_incidents", run_id=run_id, kept_until=kept_until):
        found.setdefault(one["lift_no"], []).append(
            Virtual(
                id=one["id"], lift_id=str(one["lift_no"]), kind=one["kind"], code=one["code"],
                priority=one["priority"], reason=one["reason"], causes=list(one["causes"]), presses=one["presses"],
                opened_at=to_ms(one["opened_at"]), confirmed_at=_ms(one["confirmed_at"]), rang_at=_ms(one["rang_at"]),
                recovered_at=_ms(one["recovered_at"]),
            )
        )  # fmt: skip
    return found


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else to_ms(moment)


async def begin(
    connection: Connection,
    run_id: str,
    thresholds: Row,
    *,
    began: datetime,
    since: datetime,
    now: datetime,
    keep_runs: timedelta,
) -> None:
    """End the run before, if there is one, and begin another."""
    async with connection.transaction():
        await run(connection, "end_run", now=now)
        await run(connection, "forget_memories")
        for statement in ("forget_incidents", "forget_runs"):
            await run(connection, statement, before=now - keep_runs)
        await run(
            connection, "begin_run", **{"id": run_id, "thresholds": Jsonb(thresholds), "began_at": began, "from": since,
                                        "now": now},
        )  # fmt: skip


async def keep_incidents(connection: Connection, run_id: str, changed: Iterable[Virtual]) -> None:
    """Write incidents that were opened or have changed."""
    parameters = [
        {
            "id": one.id, "run_id": run_id, "lift_no": int(one.lift_id), "kind": one.kind, "code": one.code,
            "priority": one.priority, "reason": one.reason, "causes": one.causes, "presses": one.presses,
            "opened_at": times.at(one.opened_at), "confirmed_at": times.at(one.confirmed_at),
            "rang_at": times.at(one.rang_at), "recovered_at": times.at(one.recovered_at),
            "ended_at": times.at(one.ended_at), "ended": one.end,
        }
        for one in changed
    ]  # fmt: skip
    if parameters:
        async with connection.cursor() as cursor:
            await cursor.executemany(QUERIES["keep_incident"], parameters)


async def keep_memories(connection: Connection, kept: Sequence[tuple[int, Memory, int | None]]) -> None:
    """Write memories that have changed."""
    if kept:
        lift_nos, minds, dues = zip(*kept, strict=True)
        await run(
            connection, "keep_memories", lift_nos=arrays.numbers(lift_nos), due_ms=arrays.numbers(dues),
            memories=arrays.bytestrings(memory.encode(mind) for mind in minds),
        )  # fmt: skip
