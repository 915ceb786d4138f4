"""Rows as the objects of contract section 7: lifts, incidents, assignments, samples, events, messages. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from alerts import areas, part_words, store, view, words
from alerts.incident import Actor, Allowed, Asked, State, allowed
from alerts.incident import Assignment as Asking
from alerts.policy import Policy
from elevator.codes import Book
from elevator.faults import CATALOGUE, Fault, Priority
from elevator.times import rfc3339

Row = Mapping[str, Any]
Object = dict[str, Any]

_INCIDENT_TIMES = (
    "opened_at", "confirmed_at", "acknowledged_at", "dispatched_at", "accepted_at", "arrived_at", "released_at",
    "closed_at", "event_ts", "received_at", "confirm_at", "clear_at",
)  # fmt: skip
_INCIDENT_PLAIN = (
    "id", "lift_id", "rescue_code", "kind", "state", "reason", "code", "causes", "tier", "version", "drill",
    "unregistered", "unreadable", "area", "previous", "duplicate_of", "ringing", "waits_for_person", "place",
    "persons", "injured", "cause",
)  # fmt: skip
_INCIDENT_LIFT = ("lift_id", "rescue_code", "name", "address", "building", "district", "lat", "lon")
_LIFT_PLAIN = (
    "lift_id", "rescue_code", "name", "lift_class", "address", "building", "district", "feeder", "gateway", "lat",
    "lon", "model", "rated_speed", "load_rated", "floors", "drill", "registered",
)  # fmt: skip
_ASSIGNMENT_PLAIN = (
    "id", "incident_id", "firm_id", "firm_name", "unit_id", "unit_name", "tier", "state", "eta_s",
)  # fmt: skip
_ASSIGNMENT_TIMES = ("asked_at", "accepted_at", "arrived_at", "ended_at")
EXTREMES = ("speed", "position", "load", "temperature")
_BUCKET = frozenset({"bucket", "count", *(f"{name}_{end}" for name in EXTREMES for end in ("min", "max"))})


def time(moment: datetime | None) -> str | None:
    """RFC 3339, or nothing."""
    return None if moment is None else rfc3339(moment)


def plain(row: Row) -> Object:
    """A row whose columns are already the fields; times as text."""
    return {name: _plain(value) for name, value in row.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return rfc3339(value)
    return value.isoformat() if isinstance(value, date) else value


def lift(row: Row, *, policy: Policy, now_ms: int) -> Object:
    """A lift of the registry with its live state."""
    found: Object = {name: row[name] for name in _LIFT_PLAIN}
    found |= {
        "firm": row["firm_id"],
        "firm_name": row["firm_name"],
        "commissioned_on": _plain(row["commissioned_on"]),
        "offset": view.offset_s(row["memory"], now_ms, policy) if row["memory"] else None,
        "state": None,
        "visit": _present(row["visit"]),
    }
    if row["memory"]:
        known = row["lift_class"] if row["registered"] else None
        found["state"] = view.lift_state(row["memory"], row["online"], row["heard_at"], known)
    return found


def _present(stored: Mapping[str, Any] | None) -> Object | None:
    """Who works at the lift just now: it is shown, and changes nothing that is decided."""
    if stored is None:
        return None
    return dict(stored) | {"since": stored["since"] and rfc3339(datetime.fromisoformat(stored["since"]))}


def assignment(row: Row) -> Object:
    """A unit or firm that was asked."""
    return {name: row[name] for name in _ASSIGNMENT_PLAIN} | {name: time(row[name]) for name in _ASSIGNMENT_TIMES}


def incident(row: Row, assignments: Iterable[Row], *, caller: bool, lifts: Iterable[Row] | None = None) -> Object:
    """An incident as lists and the stream give it.

    Args:
        row: of the incident.
        assignments: who was asked.
        caller: whether the viewer may read the callers' telephones.
        lifts: that stand in it, if it groups lifts.
    """
    found: Object = {name: row[name] for name in _INCIDENT_PLAIN} | {name: time(row[name]) for name in _INCIDENT_TIMES}
    about = None
    if row["lift_id"] is not None:
        about = {name: row[name] for name in _INCIDENT_LIFT}
        about |= {"firm": row["firm_id"], "firm_name": row["firm_name"]}
    return found | {
        "priority": f"P{row['priority']}",
        "summary": view.summary(row, about),
        **(telephones(row) if caller else {"caller": None, "callers": []}),
        "lift": about,
        "next_step": None,
        "assignments": [assignment(one) for one in assignments],
        "lifts": None if lifts is None else ranked(lifts),
    }


def telephones(row: Row) -> Object:
    """Who has called, in the order of the reports; `caller` is the first of them."""
    return {"caller": row["caller"], "callers": list(row["callers"])}


def ranked(lifts: Iterable[Row]) -> list[Object]:
    """The lifts of an area incident: occupied first, longest first."""
    names = ("lift_id", "name", "building", "occupied", "rescue", "rescue_state")
    order = sorted(
        lifts,
        key=lambda one: areas.rank(
            one["occupied"], one["since"], back=one["back_at"] is not None, lift_id=one["lift_id"]
        ),
    )
    return [
        {name: one[name] for name in names}
        | {
            "since": time(one["since"]),
            "back_at": time(one["back_at"]),
            "state": "back" if one["back_at"] is not None else f"no_{one['lost']}",
        }
        for one in order
    ]


def actions(row: Row, assignments: Sequence[Row], actor: Actor) -> list[Object]:
    """What the viewer may do now."""
    asked = [
        Asking(
            id=one["id"], firm_id=one["firm_id"], unit_id=one["unit_id"], tier=one["tier"], state=Asked(one["state"])
        )
        for one in assignments
    ]
    found: list[Allowed] = allowed(
        row["kind"], State(row["state"]), asked, actor, firm_id=row["firm_id"],
        ringing=row["ringing"] or row["acknowledged_at"] is None,
    )  # fmt: skip
    return [{"action": str(one.action), "primary": one.primary, "assignments": list(one.assignments)} for one in found]


def timeline_entry(row: Row) -> Object:
    """One line of an incident's story."""
    return {
        "n": row["n"],
        "at": time(row["at"]),
        "device_at": time(row["device_at"]),
        "actor": row["actor"],
        "channel": row["channel"],
        "action": row["action"],
        "from": row["from_state"],
        "to": row["to_state"],
        "reason": row["reason"],
        "note": row["note"],
        "detail": row["detail"],
    }


def evidence(stored: Mapping[str, Any]) -> Object:
    """What a rule was sure on; empty for reports by people."""
    empty: Object = {"rule": None, "occupied_by": None, "thresholds": {}, "since": None, "samples": [], "events": []}
    parts = [part_words.part(one) for one in stored.get("parts", ())]
    return {**empty, "decided_at": None, "lasted_s": None, **stored, "parts": parts}


def console_message(row: Row) -> Object:
    """A message as the stream gives it."""
    return {
        "id": str(row["id"]),
        "incident": row["incident_id"],
        "channel": "console",
        "text": row["body"].get("text"),
        "at": time(row["created_at"]),
    }


def message(row: Row, what: Mapping[str, str]) -> Object | None:
    """A message as an incident lists it; None for one that only empties a notice. `what` is the incident's sentence."""
    body = row["body"]
    text = body.get("text")
    if row["channel"] == "mqtt":
        if not body.get("payload"):
            return None
        text = json.loads(body["payload"]).get("text")
    elif text is None and body.get("name") in words.MESSAGES:
        text = words.message(body["name"], dict(what))
    told_at = row["created_at"] if row["channel"] == "console" else row["sent_at"]
    state = "sent" if told_at else "failed" if row["failed_at"] else "waiting"
    return {
        "id": str(row["id"]),
        "channel": row["channel"],
        "to": row["target"],
        "text": text or {"zh": "", "en": ""},
        "at": time(row["created_at"]),
        "sent_at": time(told_at),
        "state": state,
    }


def sample(row: Row) -> Object:
    """A stored sample; of a bucket the last one, with `bucket`, `count` and how far the figures went."""
    found = store.sample_object({name: value for name, value in row.items() if name not in _BUCKET})
    if "bucket" in row:
        found |= {
            "bucket": time(row["bucket"]),
            "count": row["count"],
            "extremes": _extremes(row),
        }
    return found


_SECONDS = ("known", "moving", "door_open", "occupied", "off_mains")
_ROLLED_UP = (
    "ts", "received_at", "mode", "door", "power", "moving", "door_zone", "occupied", "late", "speed", "position",
    "floor",
)  # fmt: skip


def rolled_up(row: Row) -> Object:
    """A bucket made of roll-ups: what its last sample said, and what went on in it."""
    last = {name: row[name] for name in _ROLLED_UP}
    found = store.sample_object(last | {"faults": row["codes"]})
    trips = None if row["trips_first"] is None or row["trips_last"] is None else row["trips_last"] - row["trips_first"]
    return found | {
        "bucket": time(row["bucket"]),
        "count": row["count"],
        "extremes": _extremes(row),
        "speed_avg": row["speed_avg"],
        "seconds": {name: row[f"{name}_s"] for name in _SECONDS if row[f"{name}_s"] is not None},
        "door_cycles": row["door_cycles"],
        "floor_first": row["floor_first"],
        "trips_made": trips if trips is not None and trips >= 0 else None,  # a new controller counts from nought
    }


def _extremes(row: Row) -> Object:
    return {
        name: {"min": row[f"{name}_min"], "max": row[f"{name}_max"]}
        for name in EXTREMES
        if row[f"{name}_min"] is not None
    }


def event(row: Row) -> Object:
    """A stored event."""
    names = ("boot", "seq", "code", "text", "raw", "active", "detail", "replay", "late", "review", "outcome", "lift_id")
    return {
        "id": str(row["id"]),
        **{name: row[name] for name in names},
        "ts": time(row["ts"]),
        "received_at": time(row["received_at"]),
        "key_reused": row["reuse"] > 0,
    }


def gap(row: Row) -> Object:
    """Numbers missing between a lift's messages."""
    names = ("lift_id", "topic", "boot", "first_seq", "last_seq", "missing")
    return {
        "id": str(row["id"]),
        **{name: row[name] for name in names},
        "noticed_at": time(row["noticed_at"]),
        "filled_at": time(row["filled_at"]),
    }


def catalogue(book: Book) -> Object:
    """Every code, every table, and which model speaks which."""
    tables = sorted(book.tables.values(), key=lambda one: one.name)
    return {
        "codes": [_code(fault) for fault in CATALOGUE.values()],
        "tables": [
            {
                "name": one.name, "version": one.version, "title": {"zh": one.zh, "en": one.en}, "prefix": one.prefix,
                "codes": dict(one.codes), "nothing": sorted(one.nothing),
            }
            for one in tables
        ],
        "models": [{"pattern": pattern, "table": table} for pattern, table in book.models],
        "default": book.default,
    }  # fmt: skip


def _code(fault: Fault) -> Object:
    def shown(priority: Priority | None) -> str | None:
        return None if priority is None else str(priority)

    return {
        "code": fault.code, "fault_class": str(fault.fault_class), "gbt": fault.gbt,
        "title": {"zh": fault.zh, "en": fault.en}, "priority_empty": shown(fault.empty),
        "priority_occupied": shown(fault.occupied), "traps": fault.traps, "rule": fault.rule,
        "lift_classes": sorted(fault.equipment), "advice": None if fault.advice is None else dict(fault.advice),
    }  # fmt: skip


def unknown_code(row: Row, book: Book) -> Object:
    """A raw code that nobody knew, and what the tables of now make of it."""
    found = plain({name: value for name, value in row.items() if name != "newest_id"})
    return found | {"code": book.read(row["raw"], row["model"])}


def photo(row: Row) -> Object:
    """A photo's facts; what compares photos stays with us."""
    shown = ("id", "lift_id", "firm_id", "width", "height", "size", "taken_at", "uploaded_at")
    return plain({name: row[name] for name in shown}) | {
        "by": row["by_name"], "sha256": bytes(row["sha256"]).hex(), "url": f"/api/v1/photos/{row['id']}",
    }  # fmt: skip


def quarantined(row: Row) -> Object:
    """An unreadable message; its bytes as text, with escapes for what is none."""
    found = plain({name: value for name, value in row.items() if name != "payload"})
    payload: bytes = row["payload"]
    return found | {"payload": payload.decode(errors="backslashreplace"), "size": len(payload)}
