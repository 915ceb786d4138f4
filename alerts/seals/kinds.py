"""The kinds of sealed records, and what is sealed of a row of each; a form that is in use never changes. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from alerts.seals.chain import moment


def _timeline(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "at": moment(row["at"]),
        "device_at": moment(row["device_at"]),
        **{
            name: row[name]
            for name in ("actor", "channel", "action", "from_state", "to_state", "reason", "note", "detail")
        },
    }


def _operation(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "at": moment(row["at"]),
        "done_at": moment(row["done_at"]),
        "device_at": moment(row["device_at"]),
        "id": row["op_id"],
        "op": row["op"],
        **{name: row[name] for name in ("device", "device_n", "clock_off_s", "actor", "channel", "body", "facts")},
    }


def _order(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "at": moment(row["at"]),
        "device_at": moment(row["device_at"]),
        **{name: row[name] for name in ("actor", "action", "from_state", "to_state", "text", "photos", "facts")},
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """One kind: what is sealed of a row, and the queries that read its rows."""

    content: Callable[[Mapping[str, Any]], dict[str, Any]]
    entries: str  # those that wait
    chain: str  # all of some records, with their seals
    following: str  # ids of records


SEALED: Mapping[str, Sealed] = {
    "incident": Sealed(
        content=_timeline, entries="incident_entries", chain="incident_chain", following="next_incident"
    ),
    "order": Sealed(content=_order, entries="order_entries", chain="order_chain", following="next_order"),
    "visit": Sealed(content=_operation, entries="visit_entries", chain="visit_chain", following="next_visit"),
}
"""By the name of the kind."""
