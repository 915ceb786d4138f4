"""Compares the ledger with the database: what is lost, what stands there twice, what nobody sent."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg.rows import dict_row

from deploy.chaos.ledger import Entry, Ledger, What
from elevator import sql, times

QUERIES = sql.load("deploy.chaos")
_SHOWN = 5  # examples of each kind in the report
_CLOCKS = timedelta(minutes=1)  # received_at is taken before the commit: look back a little further

_BEGINNING = times.at(0)

Key = tuple[str, str, int, int]


def digest(payload: bytes) -> str:
    """The name of an unreadable payload."""
    return hashlib.sha256(payload).hexdigest()


@dataclass(slots=True, kw_only=True)
class Verdict:
    """Everything that is wrong, each kind with its examples; empty lists are what we want."""

    lost: list[Entry] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    never_sent: list[str] = field(default_factory=list)
    without_rescue: list[str] = field(default_factory=list)
    several_rescues: list[str] = field(default_factory=list)
    rescues_of_nobody: list[str] = field(default_factory=list)
    untold: list[str] = field(default_factory=list)  # alarms whose lift got no `ack`
    told_wrongly: list[str] = field(default_factory=list)  # `ack` names another incident than the database
    wrongly_quarantined: list[str] = field(default_factory=list)
    quarantined_twice: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def faults(self) -> dict[str, list[Any]]:
        """The lists that are not empty."""
        lists = {name: getattr(self, name) for name in self.__slots__ if name != "counts"}
        return {name: found for name, found in lists.items() if found}

    def lines(self) -> list[str]:
        """The verdict for people."""
        told = [
            f"{name.replace('_', ' ')}: {len(found)}, such as {found[:_SHOWN]}" for name, found in self.faults().items()
        ]
        return told or ["nothing lost, nothing twice, nothing strange"]


def rows(url: str, query: str, **parameters: Any) -> list[dict[str, Any]]:
    """The rows of a named query, on a connection of its own."""
    with psycopg.connect(url, autocommit=True, row_factory=dict_row, connect_timeout=5) as connection:
        return connection.execute(QUERIES[query], parameters).fetchall()


def _key(row: dict[str, Any]) -> Key:
    return (row["lift_id"], row["boot"], row["seq"], times.to_ms(row["ts"]))


def _entry_key(entry: Entry) -> Key:
    return (entry.lift_id, entry.boot, entry.seq, entry.ts)


def _links(url: str) -> set[tuple[str, int]]:
    return {(row["lift_id"], times.to_ms(row["ts"])) for row in rows(url, "links")}


def missing(url: str, entries: Iterable[Entry], since: datetime | None = None) -> list[Entry]:
    """Which of these are not in the database; `since` is when the oldest of them was received."""
    entries = list(entries)
    kinds = {entry.what for entry in entries}
    first = _BEGINNING if since is None else since - _CLOCKS
    samples = {_key(row) for row in rows(url, "samples", since=first)} if What.SAMPLE in kinds else set()
    events = {_key(row) for row in rows(url, "events", since=first)} if kinds & {What.EVENT, What.ALARM} else set()
    links = _links(url) if What.LINK in kinds else set()
    bad = {digest(row["payload"]) for row in rows(url, "quarantine")} if What.BAD in kinds else set()

    def stored(entry: Entry) -> bool:
        match entry.what:
            case What.SAMPLE:
                return _entry_key(entry) in samples
            case What.EVENT | What.ALARM:
                return _entry_key(entry) in events
            case What.LINK:
                return (entry.lift_id, entry.ts) in links
            case What.BAD:
                return entry.boot in bad

    return [entry for entry in entries if not stored(entry)]


def judge(url: str, ledger: Ledger, entries: Iterable[Entry] | None = None) -> Verdict:
    """The whole ledger (or `entries` of it) against the whole database."""
    entries = set(ledger.acknowledged if entries is None else entries)
    verdict = Verdict(lost=missing(url, entries))
    verdict.counts.update(entry.what for entry in entries)
    for table, kinds in (("samples", {What.SAMPLE}), ("events", {What.EVENT, What.ALARM})):
        sent = {_entry_key(entry) for entry in ledger.sent if entry.what in kinds}
        stored = Counter(_key(row) for row in rows(url, table, since=_BEGINNING))
        verdict.counts[f"stored {table}"] = stored.total()
        verdict.doubled += [f"{table} {key}" for key, number in stored.items() if number > 1]
        verdict.never_sent += [f"{table} {key}" for key in stored.keys() - sent]
    _judge_rescues(verdict, url, ledger, entries)
    _judge_quarantine(verdict, url, ledger)
    return verdict


def _judge_rescues(verdict: Verdict, url: str, ledger: Ledger, entries: set[Entry]) -> None:
    alarmed = {entry.lift_id for entry in ledger.sent if entry.what is What.ALARM}
    by_lift: dict[str | None, list[str]] = {}
    for row in rows(url, "rescues"):
        by_lift.setdefault(row["lift_id"], []).append(row["id"])
    verdict.counts["rescues"] = sum(len(ids) for ids in by_lift.values())
    verdict.without_rescue = sorted({e.lift_id for e in entries if e.what is What.ALARM} - by_lift.keys())
    verdict.several_rescues = sorted(str(lift) for lift, ids in by_lift.items() if len(ids) > 1)
    verdict.rescues_of_nobody = sorted(str(lift) for lift in by_lift.keys() - alarmed)
    for entry in entries:
        if entry.what is What.ALARM:
            key = (entry.lift_id, entry.boot, entry.seq)
            if key not in ledger.told:
                verdict.untold.append(entry.lift_id)
            elif [ledger.told[key]] != by_lift.get(entry.lift_id):
                verdict.told_wrongly.append(f"{entry.lift_id}: {ledger.told[key]}, not {by_lift.get(entry.lift_id)}")


def _judge_quarantine(verdict: Verdict, url: str, ledger: Ledger) -> None:
    meant = {entry.boot for entry in ledger.sent if entry.what is What.BAD}
    kept: Counter[str] = Counter()
    for row in rows(url, "quarantine"):
        name = digest(row["payload"])
        kept[name] += 1
        if name not in meant:
            verdict.wrongly_quarantined.append(f"{row['topic']}: {row['reason']}, {row['detail']}")
    verdict.counts["quarantined"] = kept.total()
    verdict.quarantined_twice = [f"{name[:12]}: {number} times" for name, number in kept.items() if number > 1]
