"""What the API answers about incidents, who was asked, and what happened."""

from typing import Any, Literal

from api.schemas import Shape, Text, Time


class IncidentLift(Shape):
    """What an incident says of its lift."""

    lift_id: str
    rescue_code: str | None
    name: str | None
    address: str | None
    building: str | None
    district: str | None
    lat: float | None
    lon: float | None
    firm: str | None
    firm_name: str | None


class Assignment(Shape):
    """A unit or firm that was asked."""

    id: str
    incident_id: str
    firm_id: str | None
    firm_name: str | None
    unit_id: str | None
    unit_name: str | None
    tier: int
    state: str
    eta_s: int | None
    asked_at: Time | None
    accepted_at: Time | None
    arrived_at: Time | None
    ended_at: Time | None


class GroupLift(Shape):
    """A lift of an area incident, or of the alarm that says we are blind."""

    lift_id: str
    name: str | None
    building: str | None
    occupied: bool | None
    rescue: str | None
    rescue_state: str | None
    since: Time
    back_at: Time | None
    state: Literal["no_power", "no_link", "back"]


class Incident(Shape):
    """An incident as lists and the stream give it."""

    id: str
    lift_id: str | None
    rescue_code: str | None
    kind: str
    priority: Literal["P1", "P2", "P3", "P4"]
    state: str
    reason: str
    code: str | None
    causes: list[str]
    tier: int
    version: int
    opened_at: Time
    confirmed_at: Time | None
    acknowledged_at: Time | None
    dispatched_at: Time | None
    accepted_at: Time | None
    arrived_at: Time | None
    released_at: Time | None
    closed_at: Time | None
    event_ts: Time | None
    received_at: Time | None
    confirm_at: Time | None
    clear_at: Time | None
    drill: bool
    unregistered: bool
    unreadable: bool
    area: str | None
    previous: str | None
    duplicate_of: str | None
    ringing: bool
    waits_for_person: bool
    summary: Text
    place: str | None
    caller: str | None
    callers: list[str]
    persons: int | None
    injured: int | None
    cause: str | None
    lift: IncidentLift | None
    next_step: Any
    assignments: list[Assignment]
    lifts: list[GroupLift] | None


class TimelineEntry(Shape):
    """One line of an incident's story."""

    n: int
    at: Time
    device_at: Time | None
    actor: dict[str, Any]
    channel: str
    action: str
    reason: str | None
    note: str | None
    detail: dict[str, Any]


class Message(Shape):
    """What somebody was told."""

    id: str
    channel: str
    to: str
    text: Text
    at: Time
    sent_at: Time | None
    state: Literal["sent", "waiting", "failed"]


class AllowedAction(Shape):
    """What the viewer may do now."""

    action: str
    primary: bool
    assignments: list[str]


class IncidentDetail(Incident):
    """An incident with its evidence and story."""

    advice: Text | None
    why: Text | None
    evidence: dict[str, Any]
    timeline: list[TimelineEntry]
    messages: list[Message]
    allowed: list[AllowedAction]


class Task(Assignment):
    """An assignment with its incident."""

    incident: Incident
