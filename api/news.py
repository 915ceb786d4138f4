"""The feed's rows: numbering them after their commit, reading them in order, and the objects they stand for.

Rows appear in the order of their commits, not of their ids: a transaction that wrote its line early may commit late.
So a line gets its number only when it can be seen, from one relay at a time (an advisory lock), out of one counter that
lines and changed lifts share. Number and counter commit together: whoever reads "all above N" misses nothing.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from alerts.incident import ENDED, Actor
from alerts.policy import Policy
from api import objects
from api.objects import Row
from api.reads import assignments_by_incident, lifts_by_group, row, rows, run
from api.scope import Concern, addressed, hears_caller, takes_message
from elevator import clock
from elevator.db import Connection
from elevator.times import to_ms

_RELAY_LOCK = 0x4C_49_46_01
_LIFTS_LOCK = 0x4C_49_46_02
_BATCH = 500
_NUMBERED = 5000  # lines at once: after a pause of the relay they are many
_LIFTS = 2000
_STUCK_AFTER = timedelta(seconds=3)
_FRESH = timedelta(seconds=60)  # an incident opened longer ago says nothing about the way of an alarm


def encode(value: Any) -> str:
    """JSON for one `data` line."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


@dataclass(slots=True, kw_only=True)
class Item:
    """One event of the stream, built once for all clients."""

    no: int
    event: str  # incident, lift, message
    ref: str  # incident id
    concern: Concern
    open_data: str  # with the callers' telephones, where there are any
    shut_data: str  # without
    assignments: Sequence[Row] = ()
    target: str | None = None  # of a message
    received_at: datetime | None = None  # of a rescue that has just begun, until it was shown once

    def data_for(self, actor: Actor) -> str | None:
        """What this actor gets of it; None: nothing."""
        if self.target is not None and not takes_message(actor, self.target):
            return None
        if not self.concern.includes(actor):
            return None
        return self.open_data if hears_caller(actor, [dict(one) for one in self.assignments]) else self.shut_data


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What came after a number."""

    items: list[Item]
    upto: int  # everything up to this number is in it, or came before
    oldest: int  # numbers below cannot be resumed from
    head: int
    complete: bool = field(default=True)  # false: there is more


class Relay:
    """Gives numbers; belongs to one connection."""

    def __init__(self) -> None:
        self._has_lifts = False

    async def number(self, connection: Connection, *, lifts: bool) -> None:
        """Number what was committed; with `lifts` also the lifts that changed, if it is this process's turn."""
        if lifts and not self._has_lifts:
            turn = await row(connection, "lift_turn", lock=_LIFTS_LOCK)
            self._has_lifts = bool(turn and turn["mine"])
        async with connection.transaction():
            turn = await row(connection, "relay_turn", lock=_RELAY_LOCK)
            if turn and turn["mine"]:
                await run(connection, "number_feed", limit=_NUMBERED)
                if lifts and self._has_lifts:
                    await run(connection, "number_lifts", limit=_LIFTS)

    async def rest(self, connection: Connection) -> None:
        """Nobody listens here: let another process number the lifts."""
        if self._has_lifts:
            await run(connection, "lift_turn_over", lock=_LIFTS_LOCK)
            self._has_lifts = False


async def head(connection: Connection, now: datetime) -> Row:
    """The counter: `no`, `oldest`, and `stuck` when lines wait too long for a number."""
    found = await row(connection, "feed_head", before=now - _STUCK_AFTER)
    if found is None:
        raise RuntimeError("feed_head is empty: the schema was not migrated")
    return found


async def read(connection: Connection, after: int, *, policy: Policy, upto: int | None = None) -> Batch:
    """The next events after a number, in order; one that stands in the batch twice is given once, at its last place."""
    lines = await rows(connection, "feed_after", after=after, limit=_BATCH)
    counter, oldest = lines[0]["head"], lines[0]["oldest"]
    numbered = [one for one in lines if one["no"] is not None]
    complete = len(numbered) < _BATCH
    reached = counter if complete else numbered[-1]["no"]
    if upto is not None:
        numbered = [one for one in numbered if one["no"] <= upto]
        complete = complete or reached >= upto
    newest = {(one["kind"], one["ref"]): one["no"] for one in numbered}
    kept = [one for one in numbered if newest[one["kind"], one["ref"]] == one["no"]]
    items = await _build(connection, kept, policy)
    return Batch(items=items, upto=reached, oldest=oldest, head=counter, complete=complete)


async def _build(connection: Connection, lines: Sequence[Row], policy: Policy) -> list[Item]:
    """The objects behind feed lines."""
    by_kind: dict[str, dict[str, int]] = {"incident": {}, "lift": {}, "message": {}}
    for one in lines:
        by_kind[one["kind"]][one["ref"]] = one["no"]
    told = await _messages(connection, by_kind["message"])
    ids = {*by_kind["incident"], *(one["incident_id"] for one in told if one["incident_id"])}
    found = {one["id"]: one for one in await rows(connection, "incidents_of", ids=list(ids))} if ids else {}
    asked = await assignments_by_incident(connection, list(found)) if found else {}
    lifts = await lifts_by_group(connection, list(found.values()))
    concerns = {key: _concern(one, asked[key]) for key, one in found.items()}
    items = [
        _incident(by_kind["incident"][key], one, asked[key], concerns[key], lifts.get(key))
        for key, one in found.items()
        if key in by_kind["incident"]
    ]
    for one in told:
        data = encode(objects.console_message(one))
        ref, target = str(one["incident_id"]), one["target"]
        to_site = one["body"].get("name") == "on_site"  # the crew there may see the incident by nothing else
        concern = addressed(target) if to_site else concerns.get(one["incident_id"]) or addressed(target)
        no = by_kind["message"][str(one["id"])]
        items.append(
            Item(no=no, event="message", ref=ref, concern=concern, open_data=data, shut_data=data, target=target)
        )
    items += await _lifts(connection, by_kind["lift"], policy)
    return sorted(items, key=lambda item: item.no)


def _concern(found: Row, asked: Iterable[Row]) -> Concern:
    on_site = () if found["state"] in ENDED else ((firm, unit) for firm, unit in found["on_site"] or ())
    return Concern.of(found["firm_id"], found["building"], ((one["firm_id"], one["unit_id"]) for one in asked), on_site)


def _incident(no: int, found: Row, asked: Sequence[Row], concern: Concern, lifts: Sequence[Row] | None) -> Item:
    shut = objects.incident(found, asked, caller=False, lifts=lifts)
    fresh = found["kind"] == "rescue" and clock.now() - found["opened_at"] < _FRESH
    return Item(
        no=no, event="incident", ref=found["id"], concern=concern, shut_data=encode(shut),
        open_data=encode(shut | objects.telephones(found)), assignments=asked,
        received_at=found["received_at"] if fresh else None,
    )  # fmt: skip


async def _messages(connection: Connection, numbers: dict[str, int]) -> list[dict[str, Any]]:
    if not numbers:
        return []
    return await rows(connection, "fed_messages", ids=[int(ref) for ref in numbers])


async def _lifts(connection: Connection, numbers: dict[str, int], policy: Policy) -> list[Item]:
    if not numbers:
        return []
    now_ms = to_ms(clock.now())
    items = []
    for one in await rows(connection, "fed_lifts", lift_nos=[int(ref) for ref in numbers]):
        data = encode(objects.lift(one, policy=policy, now_ms=now_ms))
        concern = Concern(
            own_firm=one["firm_id"], building=one["building"], firms=_names(one["firms"]), units=_names(one["units"]),
            unbound=_names(one["unbound"]),
            on_site=frozenset({(one["visit"]["firm"], one["visit"]["unit"])} if one["visit"] else ()),
        )  # fmt: skip
        no = numbers[str(one["lift_no"])]
        items.append(Item(no=no, event="lift", ref=one["lift_id"], concern=concern, open_data=data, shut_data=data))
    return items


def _names(found: Sequence[str | None] | None) -> frozenset[str]:
    return frozenset(one for one in found or () if one)
