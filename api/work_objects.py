"""Rows and stories of maintenance as the objects of the interface: visits, their lines, orders. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from alerts.incident import Actor
from alerts.maintenance import folding, order, visit
from alerts.maintenance.checks import Outcome, Problem
from alerts.maintenance.folding import Story, Told
from alerts.maintenance.plans.plan import Item, Plan, Text
from alerts.maintenance.visit import Mark, Signature, Visit
from alerts.maintenance.words import LINES
from api.objects import Object, Row, plain, time

_VISIT = (
    "id", "lift_id", "name", "building", "district", "firm_name", "unit_id", "kind", "state", "alone", "planned_s",
    "began_at", "checked_in_at", "left_at", "checked_out_at", "completed_at", "life_due_at", "end_due_at", "abnormal",
    "marks", "version",
)  # fmt: skip
_ORDER = (
    "id", "lift_id", "name", "building", "district", "firm_name", "text", "photos", "state", "opened_at",
    "accepted_at", "done_at", "closed_at", "version",
)  # fmt: skip


def visit_item(row: Row) -> Object:
    """A visit as lists give it."""
    return plain({name: row[name] for name in _VISIT}) | {
        "firm": row["firm_id"],
        "plan": row["plan_id"],
        "workers": [one for one in (row["worker_name"], row["second_name"]) if one],
    }


def named_photos(names: Iterable[str], found: Iterable[Row]) -> list[Object]:
    """The photos that a record names, those that have not come included."""
    known = {one["name"]: one for one in found}
    return [_photo(name, known.get(name)) for name in sorted(set(names))]


def _photo(name: str, found: Row | None) -> Object:
    if found is None:
        rest = ("id", "url", "sha256", "kept_sha256", "taken_at", "uploaded_at")
        return {"name": name, **dict.fromkeys(rest)}
    kept = found["kept_sha256"]
    return {
        "name": name, "id": found["id"], "url": f"/api/v1/photos/{found['id']}",
        "sha256": bytes(found["sha256"]).hex(), "kept_sha256": kept and bytes(kept).hex(),
        "taken_at": found["taken_at"], "uploaded_at": time(found["uploaded_at"]),
    }  # fmt: skip


def visit_detail(
    row: Row,
    story: Story,
    entries: Iterable[Row],
    plans: Mapping[str, Plan],
    orders: Iterable[Row],
    pictures: Iterable[Row],
    actor: Actor,
    plausibility: Object | None = None,
) -> Object:
    """A visit with everything."""
    done = story.visit
    items = folding.items_of(done, plans)
    return visit_item(row) | {
        "people": [
            {"id": one.id, "name": one.name, "valid_until": one.valid_until and one.valid_until.isoformat()}
            for one in done.workers
        ],
        "items": [asdict(item) | _result(done, code) for code, item in items.items()],
        "missing": [code for code in items if code not in done.results],
        "parts": [asdict(one) for one in done.parts],
        "notes": [dict(one) for one in done.notes],
        "signatures": [_signature(one) for one in done.signatures],
        "countersigned": None if done.countersigned is None else _signature(done.countersigned),
        "void_reason": done.void_reason,
        "timeline": [_entry(one, story) for one in entries],
        "orders": [order_item(one) for one in orders],
        "pictures": named_photos(folding.photo_names(done), pictures),
        "plausibility": plausibility,
        "allowed": _allowed(row, done, actor),
    }


def _result(done: Visit, code: str) -> Object:
    found = done.results.get(code)
    if found is None:
        return {"outcome": None, "value": None, "text": None, "photos": []}
    return {"outcome": found.outcome, "value": found.value, "text": found.text, "photos": list(found.photos)}


def _signature(one: Signature) -> Object:
    return {
        "name": one.name, "worker_id": one.worker_id, "channel": one.channel, "drawing": dict(one.drawing),
        "done_at": time(one.done_at), "device_at": time(one.device_at),
    }  # fmt: skip


def _entry(row: Row, story: Story) -> Object:
    told = story.told.get(row["op_id"])
    body = {name: value for name, value in row["body"].items() if name != "drawing"}
    found = plain({name: row[name] for name in ("n", "kind", "at", "done_at", "device_at", "actor", "channel")})
    found |= {"id": row["op_id"], "body": body}
    if told is None:
        return found | {"outcome": "line", "reason": None, "text": LINES.get(row["kind"]), "marks": []}
    return found | _told(told)


def _told(told: Told) -> Object:
    refused = told.refused
    return {
        "outcome": told.outcome,
        "reason": refused.reason if refused else None,
        "text": refused.text if refused else None,
        "marks": [mark(one) for one in told.marks],
    }


def mark(one: Mark) -> Object:
    """Something that must be seen."""
    return {"code": one.code, "text": one.text}


def sent_outcome(op_id: str, told: Told, *, repeated: bool) -> Object:
    """What became of one operation of a batch."""
    problems: Sequence[Problem] = told.refused.problems if told.refused else ()
    errors = [{"field": one.field, "message": one.text["en"], "text": one.text} for one in problems]
    return _told(told) | {"id": op_id, "repeated": repeated, "errors": errors}


def _allowed(row: Row, done: Visit, actor: Actor) -> list[str]:
    """What the viewer may do now; another firm's crew only reads."""
    if actor.role in {"firm", "responder"} and actor.firm_id != row["firm_id"]:
        return []
    return [op for op, one in visit.TABLE.items() if actor.role in one.roles and done.state in one.states]


def order_item(row: Row) -> Object:
    """An order as lists give it."""
    return plain({name: row[name] for name in _ORDER}) | {
        "firm": row["firm_id"],
        "visit": row["visit_id"],
        "item": row["item_code"],
    }


def order_photos(row: Row, entries: Iterable[Row]) -> set[str]:
    """All photos that an order names."""
    return {name for one in (row, *entries) for name in one["photos"]}


def order_detail(row: Row, entries: Sequence[Row], pictures: Iterable[Row], actor: Actor) -> Object:
    """An order with its story."""
    state = order.State(row["state"])
    return order_item(row) | {
        "pictures": named_photos(order_photos(row, entries), pictures),
        "timeline": [
            plain({name: one[name] for name in ("n", "at", "device_at", "actor", "action", "text", "photos")})
            | {"from": one["from_state"], "to": one["to_state"]}
            for one in entries
        ],
        "allowed": [
            action for action, one in order.TABLE.items() if actor.role in one.roles and state in one.states
        ],
    }  # fmt: skip


def signing_view(row: Row, link: Row, story: Story, plans: Mapping[str, Plan]) -> Object:
    """What somebody sees who is to sign by link: what is signed, and nothing else of the lift."""
    done, items = story.visit, folding.items_of(story.visit, plans)
    abnormal: list[Mapping[str, Any]] = [
        {"code": code, "name": _name(items[code].zh, items[code].en), "text": found.text}
        for code, found in done.results.items()
        if found.outcome is Outcome.ABNORMAL and code in items
    ]
    shown = visit_item(row)
    names = ("lift_id", "name", "building", "firm_name", "kind", "state", "workers", "began_at", "left_at")
    return {name: shown[name] for name in names} | {
        "abnormal": abnormal,
        "items": len(done.results),
        "signed": done.countersigned is not None,
        "signed_by": done.countersigned and done.countersigned.name,
        "signed_at": done.countersigned and time(done.countersigned.done_at),
        "results": [_signed_item(item, done, code) for code, item in items.items() if code in done.results],
        "signatures": [_signature(one) for one in done.signatures],
        "notes": [{name: one[name] for name in ("text",) if name in one} for one in done.notes],
        "expires_at": time(link["expires_at"]),
        "version": row["version"],
    }


def _signed_item(item: Item, done: Visit, code: str) -> Object:
    found = _result(done, code)
    names = {"name": _name(item.zh, item.en), "must": _name(item.must_zh, item.must_en), "unit": item.unit}
    return {"code": code} | names | found | {"photos": len(found["photos"])}


def _name(zh: str, en: str) -> Text:
    return {"zh": zh, "en": en}
