"""What is due as a calendar that any program can subscribe to (RFC 5545). Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from icalendar import Calendar, Event

from alerts.maintenance.plans.plan import KIND_WORDS, Kind

MEDIA_TYPE = "text/calendar"
_REFRESH = "PT6H"


def calendar(due: Iterable[Mapping[str, Any]], *, now: datetime) -> bytes:
    """One all-day event for each due day, whose id stays the same, so that programs move it and make no second."""
    made = Calendar()
    made.add("prodid", "-//Liftline//maintenance//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", "Liftline 维保")
    made.add("x-published-ttl", _REFRESH)
    for row in due:
        words = KIND_WORDS[Kind(row["kind"])]
        where = " ".join(part for part in (row["building"], row["name"] or row["lift_id"]) if part)
        event = Event()
        event.add("uid", f"{row['lift_id']}-{row['kind']}@liftline")
        event.add("dtstamp", now)
        event.add("dtstart", row["due_on"])
        event.add("dtend", row["due_on"] + timedelta(days=1))
        event.add("summary", f"{words['zh']}：{where} / {words['en']}")
        event.add("description", f"{row['lift_id']} {row['rescue_code'] or ''}".strip())
        if row["address"]:
            event.add("location", row["address"])
        if row["lat"] is not None:
            event.add("geo", (row["lat"], row["lon"]))
        event.add("transp", "TRANSPARENT")
        made.add_component(event)
    return bytes(made.to_ical())
