"""Photos and the entries that name them: what is known of each at the receipt, what came later, what was used before.

A photo is named by its id, or by the SHA-256 of its bytes as sent, which a phone knows without network. So an entry
may come before its photos: it is taken, marked `photo_missing`, and the photo adds a line to the story when it comes.
Only a photo of this lift that the record's own firm sent (or no firm: the house, the desk) is what an entry can mean.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from alerts.maintenance import store
from alerts.store import Record
from elevator.db import Connection

SAME_PICTURE = 6  # of 64 bits: two photos that differ in no more show the same
LOOKED_BACK = timedelta(days=400)
_DIGEST = re.compile("[0-9a-f]{64}")
_Named = tuple[str, str]  # name of a photo, code of the item (empty: none)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was known of an entry's photos when it was received."""

    photos: Mapping[str, Mapping[str, Any]]  # by name: id, sha256 as sent, kept
    missing: tuple[str, ...]
    reused: tuple[Mapping[str, Any], ...]  # name, and the other visit that names it


@dataclass(frozen=True, slots=True, kw_only=True)
class Reuse:
    """A photo of a visit that another visit shows as well."""

    name: str
    photo_id: str | None  # None: it has not come
    visit_id: str  # the other one
    lift_id: str
    item: str
    same_bytes: bool
    distance: int | None  # of the pictures, in bits of 64; None: the same bytes


def named(body: Mapping[str, Any]) -> Iterator[_Named]:
    """The photos that an operation names."""
    for one in body.get("results") or ():
        for name in one.get("photos") or ():
            yield name, one["code"]
    for name in body.get("photos") or ():
        yield name, ""


async def look(
    tx: Connection, *, lift_no: int, firm_id: str | None, visit_id: str | None, names: Iterable[str]
) -> Known:
    """What is known now of the photos that an entry names.

    Args:
        tx: a connection inside a transaction that holds the lift, so that no photo comes meanwhile unseen.
        lift_no: of the record.
        firm_id: whose record.
        visit_id: of which the entry is; None: of an order, whose photos may be those of its visit.
        names: ids or digests.
    """
    asked = sorted(set(names))
    if not asked:
        return Known(photos={}, missing=(), reused=())
    found = await in_record(tx, lift_no, firm_id, asked)
    known = {one["name"]: digests(one) for one in found}
    reused: list[Record] = []
    if visit_id is not None:
        sent = [_digest(known[name]["sha256"] if name in known else name) for name in asked]
        reused = await store.rows(tx, "photos_used_elsewhere", names=asked, digests=sent, visit_id=visit_id)
    return Known(photos=known, missing=tuple(one for one in asked if one not in known), reused=tuple(reused))


async def in_record(tx: Connection, lift_no: int, firm_id: str | None, names: Sequence[str]) -> list[Record]:
    """The photos that names mean in the record of a lift, each with its name."""
    found = [_digest(name) for name in names]
    return await store.rows(
        tx, "photos_named", names=list(names), digests=found, lift_no=lift_no, firm_id=firm_id
    )  # fmt: skip


def _digest(name: str) -> bytes | None:
    return bytes.fromhex(name) if _DIGEST.fullmatch(name) else None


def digests(photo: Record) -> dict[str, Any]:
    """What an entry seals of a photo."""
    kept = photo["kept_sha256"]
    return {"id": photo["id"], "sha256": bytes(photo["sha256"]).hex(), "kept": kept and bytes(kept).hex()}


async def use(
    tx: Connection, kind: str, subject: str, n: int, lift_no: int, firm_id: str | None, given: Iterable[_Named]
) -> None:
    """Keep which entry names which photos."""
    pairs = sorted(set(given))
    if pairs:
        await store.run(
            tx, "use_photos", kind=kind, subject=subject, n=n, lift_no=lift_no, firm_id=firm_id,
            names=[name for name, _ in pairs], items=[item for _, item in pairs],
        )  # fmt: skip


async def awaited(tx: Connection, photo: Mapping[str, Any]) -> list[Record]:
    """Records of the lift that name a photo which has just come, each with the name."""
    names = [photo["id"], bytes(photo["sha256"]).hex()]
    return await store.rows(tx, "records_awaiting", names=names, lift_no=photo["lift_no"], firm_id=photo["firm_id"])


async def reuse(tx: Connection, visit_id: str, now: datetime) -> list[Reuse]:
    """Photos of a visit that other visits show as well: the same bytes, or the same picture of the same firm."""
    since = now - LOOKED_BACK
    exact = await store.rows(tx, "visit_photos_reused", visit_id=visit_id)
    alike = await store.rows(tx, "visit_photos_alike", visit_id=visit_id, most=SAME_PICTURE, since=since)
    return merged(exact, alike)


def merged(exact: Sequence[Record], alike: Sequence[Record]) -> list[Reuse]:
    """One line for each photo and other visit; the same bytes say more than the same picture."""
    found: dict[tuple[str, str], Reuse] = {}
    for one in (*exact, *alike):
        distance = one.get("distance")
        found.setdefault(
            (one["name"], one["visit_id"]),
            Reuse(
                name=one["name"], photo_id=one["photo_id"], visit_id=one["visit_id"], lift_id=one["lift_id"],
                item=one["item"], same_bytes=distance is None, distance=distance,
            ),
        )  # fmt: skip
    return sorted(found.values(), key=lambda one: (one.name, one.visit_id))
