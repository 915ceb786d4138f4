"""The kinds of sealed records, and what is sealed of a row of each; a form that is in use never changes. Pure.

For each kind, `queries.sql` has `<kind>_entries`, `<kind>_chain` and `next_<kind>`.
"""

from collections.abc import Callable, Mapping
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


SEALED: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "incident": _timeline,
    "order": _order,
    "visit": _operation,
}
"""Kind of record → what is sealed of one of its rows."""
