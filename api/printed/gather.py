"""What a printed record is made of: read in one moment, its seals checked, its photos fetched and made small."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from itertools import groupby
from typing import Any

from alerts.incident import Actor
from alerts.maintenance import folding, photos, visiting
from alerts.maintenance.visit import Visit
from alerts.seals import chain
from alerts.seals import store as seals
from alerts.seals.chain import Link
from alerts.seals.kinds import SEALED
from api.deps import Context
from api.photo_store import PhotoGoneError
from api.printed import drawings
from api.printed.page import OtherRecord, Print, Sealed, Shot, VisitRecord
from api.reads import row
from api.scope import parameters
from api.work_objects import order_photos
from elevator.db import Connection

MOST_PICTURES = 300  # on one page; the rest stands there by its digest
Row = dict[str, Any]


async def gather(
    ctx: Context, tx: Connection, actor: Actor, lift: Row, subjects: Mapping[str, Sequence[str]], since: datetime,
    before: datetime, *, lang: str, now: datetime,
) -> Print:  # fmt: skip
    """All that is printed, but for the pictures."""
    chains = {kind: await seals.chains(tx, kind, found) for kind, found in subjects.items()}
    by = {kind: {key: list(group) for key, group in groupby(found, key=lambda one: str(one["subject"]))}
          for kind, found in chains.items()}  # fmt: skip
    return Print(
        lang=lang, offset_h=ctx.policy.maintenance.utc_offset_h, lift=lift, since=since, before=before, now=now,
        by=actor.name,
        visits=sorted(
            [await _visit(ctx, tx, actor, one, found) for one, found in by.get("visit", {}).items()],
            key=lambda one: (one.row["began_at"] or one.row["checked_in_at"] or before, one.row["id"]),
        ),
        orders=[await _order(tx, actor, one, found) for one, found in by.get("order", {}).items()],
        incidents=[await _incident(tx, actor, one, found) for one, found in by.get("incident", {}).items()],
    )  # fmt: skip


def _sealed(kind: str, subject: str, found: Sequence[Row]) -> Sealed:
    links = [
        Link(n=one["n"], entry=SEALED[kind].content(one), seal=one["hash"] and bytes(one["hash"])) for one in found
    ]
    broken = chain.check(kind, subject, links) or chain.misplaced(kind, subject, found[0]["lift_id"], links)
    return Sealed(entries=len(links), last=links[-1].seal, broken=None if broken is None else str(broken))


async def _visit(ctx: Context, tx: Connection, actor: Actor, visit_id: str, found: Sequence[Row]) -> VisitRecord:
    shown = await row(tx, "visit", id=visit_id, **parameters(actor)) or {}
    story, _, plans = await visiting.read(tx, visit_id, ctx.policy)
    return VisitRecord(
        row=shown, story=story, plans=plans, sealed=_sealed("visit", visit_id, found),
        shots=await _shots(tx, shown, folding.photo_names(story.visit), found),
    )  # fmt: skip


async def _order(tx: Connection, actor: Actor, order_id: str, found: Sequence[Row]) -> OtherRecord:
    shown = await row(tx, "order", id=order_id, **parameters(actor)) or {}
    shots = await _shots(tx, shown, order_photos(shown, found), found)
    return OtherRecord(row=shown, lines=found, sealed=_sealed("order", order_id, found), shots=shots)


async def _incident(tx: Connection, actor: Actor, incident_id: str, found: Sequence[Row]) -> OtherRecord:
    shown = await row(tx, "incident", id=incident_id, **parameters(actor)) or {}
    return OtherRecord(row=shown, lines=found, sealed=_sealed("incident", incident_id, found))


async def _shots(tx: Connection, record: Row, names: Iterable[str], found: Sequence[Row]) -> list[Shot]:
    """The photos of a record; the digest is the sealed one where the photo was sealed with it."""
    asked = sorted(names)
    if not asked:
        return []
    here = {one["name"]: one for one in await photos.in_record(tx, record["lift_no"], record["firm_id"], asked)}
    sealed = {name: one for line in found for name, one in line["facts"].get("photos", {}).items()}
    return [_shot(name, sealed.get(name) or (photos.digests(here[name]) if name in here else None)) for name in asked]


def _shot(name: str, digests: Mapping[str, Any] | None) -> Shot:
    if digests is None:
        return Shot(name=name, state="photo_away")
    return Shot(name=name, photo_id=digests["id"], sent=digests["sha256"], kept=digests["kept"])


async def illustrated(ctx: Context, told: Print, *, pictures: bool) -> Print:
    """The same with photos and signatures drawn; no connection is held meanwhile."""
    left = MOST_PICTURES if pictures else 0
    visits: list[VisitRecord] = []
    for one in told.visits:
        shots, left = await _shown(ctx, one.shots, left)
        drawn = await asyncio.to_thread(_drawn, one.story.visit)
        visits.append(replace(one, signatures=drawn, shots=shots))
    orders: list[OtherRecord] = []
    for other in told.orders:
        shots, left = await _shown(ctx, other.shots, left)
        orders.append(replace(other, shots=shots))
    return replace(told, visits=visits, orders=orders)


def _drawn(done: Visit) -> list[Any]:
    signed = [*done.signatures, *([done.countersigned] if done.countersigned else [])]
    return [(one, drawings.signature(one.drawing)) for one in signed]


async def _shown(ctx: Context, shots: Sequence[Shot], left: int) -> tuple[list[Shot], int]:
    shown = []
    for one in shots:
        if one.photo_id is None:
            shown.append(one)
        elif left > 0:
            left -= 1
            shown.append(await _picture(ctx, one, one.photo_id))
        else:
            shown.append(replace(one, state="photo_more"))
    return shown, left


async def _picture(ctx: Context, shot: Shot, photo_id: str) -> Shot:
    try:
        data = await ctx.photos.fetch(f"{photo_id}.jpg")
    except PhotoGoneError:
        return replace(shot, state="photo_gone")
    picture = await asyncio.to_thread(drawings.thumbnail, data)
    if picture is None:
        return replace(shot, state="photo_gone")
    same = shot.kept in {None, sha256(data).hexdigest()}
    return replace(shot, picture=picture, state=None if same else "photo_other")
