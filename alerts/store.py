"""Rows of the rescue brain in and out of the database; it decides nothing."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

import uuid_utils
from psycopg import sql
from psycopg.types.json import Jsonb

from alerts.incident import Actor, Asked, Assignment, Incident, State
from alerts.memory import Memory
from elevator import arrays, times
from elevator import sql as queries
from elevator.columns import ENUM_COLUMNS
from elevator.db import Connection
from elevator.model import Sample
from elevator.times import rfc3339

QUERIES = queries.load("alerts")

Record = dict[str, Any]

Kept = tuple[int, int, bytes, bool, int | None, int | None]
"""A memory to be written behind: lift_no, version, memory, online, heard_at (ms), due_at (ms)."""

Lost = tuple[int, int | None, int | None]
"""What a lift has lost: lift_no, power and link since (ms)."""


def new_id() -> str:
    """A UUIDv7 as text: sortable by creation."""
    return str(uuid_utils.uuid7())


async def run(tx: Connection, name: str, /, **values: Any) -> None:
    """Execute a named statement."""
    await tx.execute(QUERIES[name], values)


async def rows(tx: Connection, name: str, /, **values: Any) -> list[Record]:
    """All rows of a named query."""
    return await (await tx.execute(QUERIES[name], values)).fetchall()


async def row(tx: Connection, name: str, /, **values: Any) -> Record | None:
    """The first row of a named query."""
    return await (await tx.execute(QUERIES[name], values)).fetchone()


async def rows_of_each(tx: Connection, *asked: tuple[str, Mapping[str, Any]]) -> list[list[Record]]:
    """The rows of several named queries, none of which needs another's answer: in a pipeline, one round trip."""
    cursors = [await tx.execute(QUERIES[name], values) for name, values in asked]
    return [await cursor.fetchall() for cursor in cursors]


async def lock_states(tx: Connection, lift_ids: Iterable[str], now: datetime) -> list[Record]:
    """Registry facts and memories of the lifts, locked, by lift_no; lifts never heard of are entered first.

    `new` marks those whose memory this transaction has made: nothing is stored of them.
    """
    wanted = set(lift_ids)
    locked = await rows(tx, "lock_states", lift_ids=sorted(wanted))
    if missing := _missing(wanted, locked):
        locked += await rows(tx, "add_states", lift_ids=missing, now=now)
    if missing := _missing(wanted, locked):  # not registered either
        await run(tx, "add_lifts", lift_ids=missing, now=now)
        locked += await rows(tx, "add_states", lift_ids=missing, now=now)
    if missing := _missing(wanted, locked):  # somebody else was entering them
        locked += await rows(tx, "lock_states", lift_ids=missing)
    return sorted(locked, key=itemgetter("lift_no"))


def _missing(wanted: set[str], locked: Iterable[Record]) -> list[str]:
    return sorted(wanted.difference(record["lift_id"] for record in locked))


async def histories(tx: Connection, minds: Mapping[int, Memory]) -> dict[int, list[tuple[Sample, int]]]:
    """What was heard and stored behind these memories (by lift_no), as (sample, received_at in ms), in order."""
    asked = [
        (lift_no, mind.sample) for lift_no, mind in minds.items()
        if mind.sample is not None and mind.boots[:1] == [mind.sample.boot]
    ]  # fmt: skip
    if not asked:
        return {}
    values = {
        "lift_nos": [lift_no for lift_no, _ in asked], "moments": [times.at(sample.ts) for _, sample in asked],
        "boots": [sample.boot for _, sample in asked], "seqs": [sample.seq for _, sample in asked],
    }  # fmt: skip
    # planned anew each time: a plan made while the table was small would scan it for ever
    found = await tx.execute(QUERIES["history_since"], values, prepare=False)
    heard: dict[int, list[tuple[Sample, int]]] = {}
    for row_ in await found.fetchall():
        heard.setdefault(row_["lift_no"], []).append((sample_of(row_), times.to_ms(row_["received_at"])))
    return heard


def sample_of(record: Mapping[str, Any]) -> Sample:
    """A row of `sample` as it was heard."""
    fields = {name: record[name] for name in _PLAIN}
    for name, members in ENUM_COLUMNS.items():
        fields[name] = None if record[name] is None else members[record[name]]
    return Sample(ts=times.to_ms(record["ts"]), faults=record["faults"] or [], **fields)


_PLAIN = tuple(name for name in Sample.__struct_fields__ if name not in {*ENUM_COLUMNS, "ts", "faults"})


async def save_states(tx: Connection, kept: Iterable[Kept], now: datetime) -> None:
    """Write memories of lifts that this transaction holds locked; their versions are not looked at."""
    if asked := sorted(kept):
        await run(tx, "save_states", **_columns(asked), now=now)


async def save_outages(tx: Connection, lost: Sequence[Lost]) -> None:
    """Write what lifts have lost."""
    if lost:
        lift_nos, power, link = (list(column) for column in zip(*lost, strict=True))
        await run(tx, "save_outages", lift_nos=lift_nos, power=power, link=link)


async def write_behind(tx: Connection, kept: Iterable[Kept], now: datetime) -> set[int]:
    """Write memories that nobody has changed meanwhile; returns whose (lift_no) were written."""
    asked = sorted(kept)
    if not asked:
        return set()
    versions = arrays.numbers(one[1] for one in asked)
    return {
        record["lift_no"] for record in await rows(tx, "write_behind", **_columns(asked), versions=versions, now=now)
    }


def _columns(kept: Sequence[Kept]) -> Record:
    lift_nos, _, memories, online, heard, due = zip(*kept, strict=True)
    return {
        "lift_nos": arrays.numbers(lift_nos), "memories": arrays.bytestrings(memories),
        "online": arrays.booleans(online), "heard_at": arrays.numbers(heard), "due_at": arrays.numbers(due),
    }  # fmt: skip


async def load_incident(tx: Connection, incident_id: str) -> tuple[Record, Incident] | None:
    """An incident, locked, as its row and as what deciding needs."""
    record = await row(tx, "incident_for_update", id=incident_id)
    return None if record is None else (record, _incident(record))


async def load_story(tx: Connection, incident_id: str) -> tuple[Record, Incident, list[Assignment]] | None:
    """The same with everybody who was asked, in order."""
    found, asked = await rows_of_each(
        tx, ("incident_for_update", {"id": incident_id}), ("assignments", {"incident_id": incident_id})
    )
    return (found[0], _incident(found[0]), assignments_of(asked)) if found else None


def _incident(record: Record) -> Incident:
    stamps = frozenset(name for name, value in record.items() if name.endswith("_at") and value is not None)
    return Incident(
        id=record["id"],
        kind=record["kind"],
        state=State(record["state"]),
        firm_id=record["firm_id"],
        tier=record["tier"],
        ringing=record["ringing"],
        acknowledged_at=record["acknowledged_at"],
        ended_at=record["closed_at"] or record["released_at"],
        stamps=stamps,
        live_rescue_of_lift=record["other_live"],
    )


def assignments_of(records: Iterable[Record]) -> list[Assignment]:
    """Rows of `assignments`."""
    return [Assignment(**{**record, "state": Asked(record["state"])}) for record in records]


async def update(tx: Connection, table: str, row_id: str, columns: Mapping[str, Any], *, versioned: bool) -> None:
    """Set some columns of an incident or assignment; names come from our own code, never from a user."""
    parts: list[sql.Composable] = [
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in columns
    ]
    if versioned:
        parts.append(sql.SQL("version = version + 1"))
    if parts:
        statement = sql.SQL("UPDATE {} SET {} WHERE id = {}").format(
            sql.Identifier(table), sql.SQL(", ").join(parts), sql.Placeholder("row_id")
        )
        await tx.execute(statement, {**columns, "row_id": row_id})


async def add_timeline(
    tx: Connection,
    incident_id: str,
    *,
    now: datetime,
    actor: Actor,
    action: str,
    from_state: str | None,
    to_state: str | None,
    reason: str | None = None,
    note: str | None = None,
    detail: Mapping[str, Any] | None = None,
    device_at: datetime | None = None,
    channel: str = "system",
) -> None:
    """One more line of an incident's story."""
    who = {"kind": actor.kind, "id": actor.id, "name": actor.name, "role": str(actor.role)}
    await run(
        tx, "add_timeline", incident_id=incident_id, at=now, device_at=device_at, actor=Jsonb(who), channel=channel,
        action=action, from_state=from_state, to_state=to_state, reason=reason, note=note,
        detail=Jsonb(dict(detail or {})),
    )  # fmt: skip


async def add_feed(tx: Connection, kind: str, ref: str, now: datetime) -> None:
    """Something the consoles must be told."""
    await run(tx, "add_feed", kind=kind, ref=ref, at=now)


async def evidence(
    tx: Connection, lift_no: int, *, offset_ms: int, now: datetime, past_s: float, least: int
) -> dict[str, list[Record]]:
    """Samples and events of the last while, at least `least` samples, as JSON-ready records."""
    lift_now = now + timedelta(milliseconds=offset_ms)
    far_off = abs(offset_ms) >= 50 * 365 * 86_400_000  # beyond, the lift's clock leaves the calendar
    of_events = ("recent_events", {"lift_no": lift_no, "since": now - timedelta(seconds=past_s)})
    of_samples = ("recent_samples", {
        "lift_no": lift_no, "since": lift_now - timedelta(seconds=past_s), "until": lift_now + timedelta(seconds=5),
        "least": least,
    })  # fmt: skip
    events, *samples = await rows_of_each(tx, *([of_events] if far_off else [of_events, of_samples]))
    return {
        "samples": [sample_object(record) for record in itertools.chain(*samples)],
        "events": [_plain(record) for record in events],
    }


def sample_object(record: Mapping[str, Any]) -> Record:
    """A row of `sample` in the words of the wire; times in RFC 3339."""
    words = {name: value for name, value in record.items() if name != "lift_no" and value is not None}
    for name, kind in ENUM_COLUMNS.items():
        if name in words:
            words[name] = str(kind[words[name]])
    words["door_zone"] = record["door_zone"]
    words["faults"] = record["faults"] or []
    return _plain(words)


def _plain(record: Mapping[str, Any]) -> Record:
    return {name: rfc3339(value) if isinstance(value, datetime) else value for name, value in record.items()}
