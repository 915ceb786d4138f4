"""The chain of a record: what is hashed, and where a chain that was handed over stops being true. Pure.

Each record (an incident, a visit, a work order) is a chain of entries numbered from 1. The seal of an entry is

    SHA-256("liftline-seal-1", a line feed, seal before (32 bytes; zeros for the first), canonical JSON of
            {"kind", "subject", "n", "entry"})

where canonical JSON is UTF-8 with sorted keys, no blanks, and no escapes but those JSON demands. Whoever has an export
can compute that with a dozen lines of any language.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

DOMAIN = b"liftline-seal-1\n"
GENESIS = bytes(32)

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One entry as an export or the database gives it."""

    n: int
    entry: Entry
    seal: bytes | None  # None: not sealed yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """The first entry of a record that does not fit."""

    kind: str
    subject: str
    n: int
    why: str

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}, entry {self.n}: {self.why}"


def canonical(value: object) -> bytes:
    """The one way in which a value is written for hashing."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def seal(before: bytes, kind: str, subject: str, n: int, entry: Entry) -> bytes:
    """The seal of an entry, 32 bytes."""
    return sha256(DOMAIN + before + canonical({"kind": kind, "subject": subject, "n": n, "entry": entry})).digest()


def check(kind: str, subject: str, links: Iterable[Link]) -> Broken | None:
    """The first entry that does not fit, of one whole record in order; None: all of it fits."""
    before, expected, unsealed = GENESIS, 1, False
    for link in links:
        if link.n != expected:
            return Broken(kind=kind, subject=subject, n=expected, why=f"is missing: entry {link.n} follows")
        if link.seal is None:
            unsealed = True
        elif unsealed:
            return Broken(kind=kind, subject=subject, n=link.n - 1, why="has no seal, and the one after it has")
        elif seal(before, kind, subject, link.n, link.entry) != link.seal:
            return Broken(kind=kind, subject=subject, n=link.n, why="does not fit its seal: one of them was changed")
        else:
            before = link.seal
        expected += 1
    return None


def misplaced(kind: str, subject: str, lift_id: str | None, links: Iterable[Link]) -> Broken | None:
    """The first entry whose sealed lift is another than the one that the record is shown under."""
    for link in links:
        named = link.entry.get("facts", {}).get("lift_id")
        if named not in {None, lift_id}:
            return Broken(kind=kind, subject=subject, n=link.n, why=f"is of lift {named}, and shown under {lift_id}")
    return None


def moment(at: datetime | None) -> str | None:
    """A time as it is sealed: RFC 3339 in UTC to the microsecond."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
