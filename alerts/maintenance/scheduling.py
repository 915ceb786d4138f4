"""The terms of each lift and the due days that follow from them, kept in a table; reminders of them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from alerts import store as alerts_store
from alerts.maintenance import due, store, words
from alerts.maintenance.due import OnDemand, Terms
from alerts.maintenance.plans.plan import KINDS, Kind, Text
from alerts.policy import Policy
from alerts.store import Record
from elevator.db import Connection

_ENTERED_AT_ONCE = 2000
_TOLD_AT_ONCE = 5000
MONITORED_WITHIN = timedelta(days=7)


async def enter(tx: Connection, policy: Policy, now: datetime) -> int:
    """Begin to keep the maintenance of registered lifts that have none yet; returns how many."""
    found = await store.rows(tx, "lifts_without_terms", limit=_ENTERED_AT_ONCE)
    if not found:
        return 0
    offset = policy.maintenance.utc_offset_h
    since = {record["lift_no"]: due.day_of(record["created_at"], offset) for record in found}
    begun = await store.rows(tx, "begin_terms", lift_nos=list(since), since=list(since.values()), now=now)
    await _save_due(tx, {one["lift_no"]: Terms(since=since[one["lift_no"]]) for one in begun})
    return len(begun)


async def terms_of(tx: Connection, lift_no: int, created_at: datetime, policy: Policy, now: datetime) -> Terms:
    """A lift's terms, held; entered first where they are not kept yet."""
    found = await store.row(tx, "terms_for_update", lift_no=lift_no)
    if found is None:
        since = due.day_of(created_at, policy.maintenance.utc_offset_h)
        await store.rows(tx, "begin_terms", lift_nos=[lift_no], since=[since], now=now)
        found = await store.row(tx, "terms_for_update", lift_no=lift_no)
    if found is None:
        raise ValueError(f"no terms for lift {lift_no}")
    return _terms(found)


async def save_terms(tx: Connection, lift_no: int, terms: Terms, *, by: str, now: datetime) -> None:
    """Write changed terms, and the due days that follow."""
    last = {str(kind): day.isoformat() for kind, day in terms.last.items()}
    stored = None if terms.on_demand is None else Jsonb(on_demand_as_json(terms.on_demand))
    await store.run(tx, "save_terms", lift_no=lift_no, last=Jsonb(last), on_demand=stored, by=by, now=now)
    await _save_due(tx, {lift_no: terms})


async def visited(
    tx: Connection, lift_no: int, created_at: datetime, kind: Kind, day: date, *, by: str, policy: Policy, now: datetime
) -> int:
    """A visit of this kind was done; one that comes to be known late does not take back a later one.

    Returns:
        By how many days it came after the first of the kinds that it covers was due; negative, if before.
    """
    terms = await terms_of(tx, lift_no, created_at, policy, now)
    was_due = min(due.due_on(terms, one) for one in KINDS[: KINDS.index(kind) + 1])
    last = dict(terms.last)
    last[kind] = max(day, last.get(kind, day))
    await save_terms(tx, lift_no, Terms(since=terms.since, last=last, on_demand=terms.on_demand), by=by, now=now)
    return (day - was_due).days


async def is_monitored(tx: Connection, lift_no: int, now: datetime) -> bool:
    """Whether the platform has heard the lift lately, as on-demand maintenance asks."""
    return await store.row(tx, "heard_since", lift_no=lift_no, since=now - MONITORED_WITHIN) is not None


async def remind(tx: Connection, policy: Policy, now: datetime) -> int:
    """Tell firms what comes due, and firms and supervisors what is overdue; each due day once. Returns how many."""
    today = due.day_of(now, policy.maintenance.utc_offset_h)
    upto = today + timedelta(days=policy.maintenance.remind_days)
    soon = await store.rows(tx, "claim_reminders", today=today, upto=upto, limit=_TOLD_AT_ONCE)
    late = await store.rows(tx, "claim_overdue", today=today, limit=_TOLD_AT_ONCE)
    for name, found, watched in (("due_soon", soon, False), ("overdue", late, True)):
        for firm_id, kinds in _by_firm(found).items():
            targets = [f"firm:{firm_id}"] if firm_id else []
            for target in [*targets, *(["supervisors"] if watched or not firm_id else [])]:
                await tell(tx, name, target, words.digest(name, kinds), now, key=f"{firm_id}:{now.isoformat()}")
    if soon or late:
        await alerts_store.run(tx, "wake_feed")
    return len(soon) + len(late)


async def tell(tx: Connection, name: str, target: str, text: Text, now: datetime, *, key: str) -> None:
    """A message to a console that is about no incident."""
    added = await alerts_store.row(
        tx, "add_message", key=f"maintenance:{name}:{key}:{target}", incident_id=None, assignment_id=None,
        channel="console", target=target, body=Jsonb({"name": name, "text": text}), now=now, due_at=None,
    )  # fmt: skip
    if added is not None:
        await alerts_store.add_feed(tx, "message", str(added["id"]), now)


def _by_firm(found: Iterable[Record]) -> dict[str | None, Counter[Kind]]:
    firms: dict[str | None, Counter[Kind]] = {}
    for record in found:
        firms.setdefault(record["firm_id"], Counter())[Kind(record["kind"])] += 1
    return firms


async def _save_due(tx: Connection, terms: Mapping[int, Terms]) -> None:
    pairs = [(lift_no, kind, one) for lift_no, one in sorted(terms.items()) for kind in KINDS]
    await store.run(
        tx, "save_due", lift_nos=[lift_no for lift_no, _, _ in pairs], kinds=[str(kind) for _, kind, _ in pairs],
        due=[due.due_on(one, kind) for _, kind, one in pairs],
        counted=[due.counted_from(one, kind) for _, kind, one in pairs],
    )  # fmt: skip


def _terms(record: Record) -> Terms:
    last = {Kind(kind): date.fromisoformat(day) for kind, day in record["last"].items()}
    return Terms(since=record["since"], last=last, on_demand=on_demand_of_json(record["on_demand"]))


def on_demand_as_json(terms: OnDemand) -> dict[str, Any]:
    """As it is stored and shown."""
    return {
        "ceiling_months": terms.ceiling_months,
        "inspection_until": terms.inspection_until.isoformat(),
        "insurance_until": terms.insurance_until.isoformat(),
        "rating": terms.rating,
    }


def on_demand_of_json(stored: Mapping[str, Any] | None) -> OnDemand | None:
    """As it was stored."""
    if stored is None:
        return None
    return OnDemand(
        ceiling_months=stored["ceiling_months"], inspection_until=date.fromisoformat(stored["inspection_until"]),
        insurance_until=date.fromisoformat(stored["insurance_until"]), rating=stored["rating"],
    )  # fmt: skip
