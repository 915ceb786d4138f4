"""Ingest's reads and writes, each on a connection inside a transaction of the caller; SQL stands in queries.sql."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import uuid_utils
from psycopg.types.json import Jsonb

from elevator import sql, times
from elevator.db import Connection
from elevator.model import Link
from ingest import rows as rows_of
from ingest.gaps import Ledger

_QUERIES = sql.load("ingest")

Key = tuple[int, datetime, str, int]
"""(lift_no, ts, boot, seq): with the topic's kind, what makes a message one message (contract 2.2)."""

MOST_UNKNOWN = 200  # different unknown codes of one lift: more are a mistake, or somebody at play
REDELIVERED_WITHIN = timedelta(days=8)  # a session at the broker lasts seven

# Binary COPY converts nothing: each value is sent as exactly this type.
_QUARANTINE_TYPES = ("text", "text", "text", "bytea", "bytea", "text", "text", "timestamptz")


@dataclass(slots=True, kw_only=True)
class KnownEvent:
    """The newest use of an event's key."""

    id: int | None  # None: written by this very transaction
    reuse: int
    seen_at: datetime
    seen_again: bool = False


async def add_samples(tx: Connection, packed: Iterable[bytes], strays: Iterable[bytes] = ()) -> None:
    """Write rows of `ingest.rows`; a key that is stored already breaks the transaction: look up where one may be."""
    await _copy_samples(tx, ("copy_samples", packed), ("copy_strays", strays))


async def add_translated(tx: Connection, packed: Iterable[bytes], strays: Iterable[bytes] = ()) -> None:
    """The same for rows with `raw_faults`."""
    await _copy_samples(tx, ("copy_translated", packed), ("copy_translated_strays", strays))


async def _copy_samples(tx: Connection, *groups: tuple[str, Iterable[bytes]]) -> None:
    for query, rows_ in groups:
        data = rows_of.copy_data(rows_)
        if len(data) > rows_of.EMPTY:
            async with tx.cursor() as cursor, cursor.copy(_QUERIES[query]) as copy:
                await copy.write(data)


async def note_gaps(tx: Connection, ledger: Ledger, now: datetime) -> None:
    """Write the gaps that were noticed, and count what came late off those it belongs to."""
    await _many(tx, "add_gap", [
        {"lift_no": gap.lift_no, "topic": gap.topic, "boot": gap.boot, "first": gap.first, "last": gap.last, "now": now}
        for gap in ledger.gaps
    ])  # fmt: skip
    await _many(tx, "fill_gap", [
        {"lift_no": lift_no, "topic": topic, "boot": boot, "seq": seq, "now": now}
        for lift_no, topic, boot, seq in ledger.filled
    ])  # fmt: skip


async def samples_known(tx: Connection, keys: Sequence[Key]) -> set[Key]:
    """Which of these samples are stored."""
    if not keys:
        return set()
    moments = [key[1] for key in keys]
    cursor = await tx.execute(_QUERIES["samples_known"], _columns(keys) | {"first": min(moments), "last": max(moments)})
    return {(row["lift_no"], row["ts"], row["boot"], row["seq"]) for row in await cursor.fetchall()}


async def samples_at(tx: Connection, moments: Iterable[tuple[int, int]]) -> list[dict[str, Any]]:
    """What is stored for these moments, each (lift_no, ts in ms)."""
    if not (columns := _moments(moments)):
        return []
    first, last = min(columns["moments"]), max(columns["moments"])
    return await rows(tx, "samples_at", **columns, first=first, last=last)


async def events_at(tx: Connection, moments: Iterable[tuple[int, int]]) -> list[dict[str, Any]]:
    """The same of events."""
    columns = _moments(moments)
    return await rows(tx, "events_at", **columns) if columns else []


def _moments(moments: Iterable[tuple[int, int]]) -> dict[str, list[Any]]:
    asked = sorted(moments)
    if not asked:
        return {}
    return {"lift_nos": [lift_no for lift_no, _ in asked], "moments": [times.at(ts) for _, ts in asked]}


async def note_unknown_codes(tx: Connection, seen: Mapping[tuple[int, str], int], now: datetime) -> None:
    """Count raw codes that no table knows, each (lift_no, raw); in one order for everybody."""
    await _many(tx, "note_unknown_code", [
        {"lift_no": lift_no, "raw": raw, "count": count, "now": now, "most": MOST_UNKNOWN}
        for (lift_no, raw), count in sorted(seen.items())
    ])  # fmt: skip


async def events_known(tx: Connection, keys: Sequence[Key]) -> dict[Key, KnownEvent]:
    """The newest use of those of these keys that are stored."""
    if not keys:
        return {}
    cursor = await tx.execute(_QUERIES["events_known"], _columns(keys))
    return {
        (row["lift_no"], row["ts"], row["boot"], row["seq"]): KnownEvent(
            id=row["id"], reuse=row["reuse"], seen_at=row["seen_at"]
        )
        for row in await cursor.fetchall()
    }


async def add_events(tx: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write events; `detail` is plain data."""
    await _many(tx, "add_event", [row | {"detail": None if row["detail"] is None else Jsonb(row["detail"])}
                                  for row in rows])  # fmt: skip


async def events_seen(tx: Connection, seen: Iterable[KnownEvent]) -> None:
    """Remember when the keys of stored events last came."""
    await _many(tx, "event_seen", [{"id": one.id, "seen_at": one.seen_at} for one in seen if one.id is not None])


async def add_links(tx: Connection, links: Sequence[tuple[int, Link, datetime, bool]]) -> None:
    """Write statements about links: (lift_no, link, received_at, retained)."""
    await _many(tx, "add_link", [
        {
            "lift_no": lift_no, "received_at": received_at, "ts": times.at(link.ts), "online": link.online,
            "retained": retained, "interval_s": link.interval, "firmware": link.firmware,
        }
        for lift_no, link, received_at, retained in links
    ])  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An unreadable message, or one element of it, on its way to quarantine."""

    lift_id: str | None
    topic: str
    payload: bytes
    reason: str
    detail: str
    received_at: datetime
    from_event: bool
    maybe_kept: bool  # it may be a redelivery of one that is kept already
    alarm: str | None = None  # the alarm that it may have been about, where its topic does not make it ring anyway

    @property
    def digest(self) -> bytes:
        """Tells a redelivery from a new message."""
        return hashlib.sha256(self.topic.encode() + b"\x00" + self.payload).digest()


async def add_quarantine(tx: Connection, refusals: Sequence[Refusal]) -> list[Refusal]:
    """Keep what cannot be read; returns those that were not kept already."""
    doubtful = [one.digest for one in refusals if one.maybe_kept]
    kept: set[bytes] = set()
    if doubtful:
        since = min(one.received_at for one in refusals) - REDELIVERED_WITHIN
        cursor = await tx.execute(_QUERIES["quarantine_known"], {"digests": doubtful, "since": since})
        kept = {row["digest"] for row in await cursor.fetchall()}
    new: list[Refusal] = []
    for one in refusals:
        if one.maybe_kept and one.digest in kept:
            continue
        if doubtful:  # both deliveries of one message may stand in the same batch
            kept.add(one.digest)
        new.append(one)
    if new:
        rows = [
            (str(uuid_utils.uuid7()), one.lift_id, _text(one.topic), one.payload, one.digest, one.reason,
             _text(one.detail), one.received_at)
            for one in new
        ]  # fmt: skip
        await _copy(tx, "copy_quarantine", _QUARANTINE_TYPES, rows)
    return new


async def run(tx: Connection, query: str, **parameters: Any) -> None:
    """Run a named query that answers nothing."""
    await tx.execute(_QUERIES[query], parameters)


async def rows(tx: Connection, query: str, **parameters: Any) -> list[dict[str, Any]]:
    """The rows of a named query."""
    cursor = await tx.execute(_QUERIES[query], parameters)
    return await cursor.fetchall()


def _text(text: str) -> str:
    """PostgreSQL's text cannot hold U+0000, nor UTF-8 a lone surrogate."""
    return text.replace("\x00", "\ufffd").encode(errors="replace").decode()


def _columns(keys: Sequence[Key]) -> dict[str, Any]:
    lift_nos, moments, boots, seqs = zip(*keys, strict=True)
    return {"lift_nos": list(lift_nos), "moments": list(moments), "boots": list(boots), "seqs": list(seqs)}


async def _copy(tx: Connection, query: str, types: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    async with tx.cursor() as cursor, cursor.copy(_QUERIES[query]) as copy:
        copy.set_types(types)
        for row in rows:
            await copy.write_row(row)


async def _many(tx: Connection, query: str, parameters: Sequence[dict[str, Any]]) -> None:
    if parameters:
        async with tx.cursor() as cursor:
            await cursor.executemany(_QUERIES[query], parameters)
