"""Exports of records, and their proof without a database: the first entry that does not fit, by name. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from alerts.seals.chain import Broken, Link, check, timeline_entry
from alerts.seals.day import Head

FORMAT = "liftline-records-1"


def export(lift_id: str, since: str, before: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Whole timelines of a lift's incidents (rows in order, with their `hash`) as a document that proves itself."""
    records: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        sealed = None if row["hash"] is None else bytes(row["hash"]).hex()
        records.setdefault(row["subject"], []).append(
            {"n": row["n"], "entry": timeline_entry(row), "seal": sealed}
        )  # fmt: skip
    return {
        "format": FORMAT,
        "lift_id": lift_id,
        "from": since,
        "to": before,
        "records": [
            {"kind": "incident", "subject": subject, "entries": entries} for subject, entries in records.items()
        ],
    }


def links(record: Mapping[str, Any]) -> Iterator[Link]:
    """The entries of one record of an export."""
    for one in record["entries"]:
        yield Link(n=one["n"], entry=one["entry"], seal=None if one["seal"] is None else bytes.fromhex(one["seal"]))


def against_heads(document: Mapping[str, Any], heads: Iterable[Head]) -> Iterator[Broken]:
    """What the heads know of this lift and period, and the export does not show as they do."""
    seals = {
        (record["kind"], record["subject"], one["n"]): one["seal"]
        for record in document["records"]
        for one in record["entries"]
    }
    for head in heads:
        inside = head.at is not None and document["from"] <= head.at < document["to"]
        known = (head.kind, head.subject, head.n) in seals
        if head.lift_id == document["lift_id"] and (inside or known):
            why = None
            if not known:
                why = f"stands in the heads of {head.day} and not in the export"
            elif seals[head.kind, head.subject, head.n] != head.seal.hex():
                why = f"has another seal in the heads of {head.day}: the whole record was made anew"
            if why:
                yield Broken(kind=head.kind, subject=head.subject, n=head.n, why=why)


def verify(document: Mapping[str, Any], heads: Iterable[Head] = ()) -> Iterator[Broken]:
    """Every record's first entry that does not fit.

    Raises:
        ValueError, KeyError, TypeError: it is no export.
    """
    if document["format"] != FORMAT:
        raise ValueError(f"its format is {document['format']!r}, expected {FORMAT}")
    for record in document["records"]:
        broken = check(record["kind"], record["subject"], links(record))
        if broken is not None:
            yield broken
    yield from against_heads(document, heads)
