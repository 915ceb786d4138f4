"""Exports of records, and their proof without a database: the first entry that does not fit, by name. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from alerts.seals.chain import Broken, Link, canonical, check, misplaced
from alerts.seals.day import Head
from alerts.seals.kinds import SEALED

FORMAT = "liftline-records-1"


def export(
    lift_id: str,
    since: str,
    before: str,
    chains: Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    whole: bool = True,
    plans: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Whole records of a lift as a document that proves itself.

    Args:
        lift_id: the lift.
        since: from this time on, as it is sealed.
        before: to this time.
        chains: by kind, the rows of its records in order, each with its `hash`.
        plans: what the codes of visits mean, by the plan's id, each with its `items`.
        whole: False where the reader may not see all records of the lift: what is missing then says nothing.
    """
    records: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for kind, rows in chains.items():
        for row in rows:
            sealed = None if row["hash"] is None else bytes(row["hash"]).hex()
            entry = {"n": row["n"], "entry": SEALED[kind].content(row), "seal": sealed}
            records.setdefault((kind, row["subject"]), []).append(entry)
    return {
        "format": FORMAT,
        "lift_id": lift_id,
        "from": since,
        "to": before,
        "whole": whole,
        "plans": dict(plans or {}),
        "records": [
            {"kind": kind, "subject": subject, "entries": entries} for (kind, subject), entries in records.items()
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
        if head.lift_id == document["lift_id"] and (known or (inside and document.get("whole", True))):
            why = None
            if not known:
                why = f"stands in the heads of {head.day} and not in the export"
            elif seals[head.kind, head.subject, head.n] != head.seal.hex():
                why = f"has another seal in the heads of {head.day}: the whole record was made anew"
            if why:
                yield Broken(kind=head.kind, subject=head.subject, n=head.n, why=why)


def against_plans(document: Mapping[str, Any]) -> Iterator[Broken]:
    """Visits whose plan stands in the export and is not the one that was sealed with the check-in."""
    digests = {name: sha256(canonical(plan["items"])).hexdigest() for name, plan in document.get("plans", {}).items()}
    for record in document["records"]:
        for one in record["entries"]:
            facts = one["entry"].get("facts", {})
            told = digests.get(facts.get("plan_id", ""))
            if told is not None and facts.get("plan_digest", told) != told:
                why = f"followed plan {facts['plan_id']} in another text than the export has"
                yield Broken(kind=record["kind"], subject=record["subject"], n=one["n"], why=why)


def verify(document: Mapping[str, Any], heads: Iterable[Head] = ()) -> Iterator[Broken]:
    """Every record's first entry that does not fit.

    Raises:
        ValueError, KeyError, TypeError: it is no export.
    """
    if document["format"] != FORMAT:
        raise ValueError(f"its format is {document['format']!r}, expected {FORMAT}")
    for record in document["records"]:
        kind, subject, found = record["kind"], record["subject"], list(links(record))
        broken = check(kind, subject, found) or misplaced(kind, subject, document["lift_id"], found)
        if broken is not None:
            yield broken
    yield from against_plans(document)
    yield from against_heads(document, heads)
