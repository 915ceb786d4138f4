"""What the API answers about lifts, what they said, and what their rules think."""

from typing import Any, Literal

from api.schemas import Page, Shape, Text, Time


class LiftState(Shape):
    """Last known state and link."""

    online: bool
    heard_at: Time | None
    link_at: Time | None
    interval: float | None
    firmware: str | None
    sample: dict[str, Any] | None
    received_at: Time | None
    stopped_at: Time | None
    occupied: bool | None
    occupied_by: str | None
    codes: list[str]
    derived: list[str]
    notes: list[dict[str, Any]]


class Present(Shape):
    """The visit that is going on at a lift: technician at work."""

    id: str
    kind: str | None
    since: Time | None
    alone: bool
    firm: str
    unit: str | None
    workers: list[str]


class Lift(Shape):
    """A lift of the registry with its live state."""

    lift_id: str
    rescue_code: str | None
    name: str | None
    lift_class: str | None
    address: str | None
    building: str | None
    district: str | None
    feeder: str | None
    gateway: str | None
    lat: float | None
    lon: float | None
    firm: str | None
    firm_name: str | None
    model: str | None
    rated_speed: float | None
    load_rated: float | None
    floors: list[str] | None
    commissioned_on: str | None
    drill: bool
    registered: bool
    offset: float | None
    state: LiftState | None
    visit: Present | None


class RulePart(Shape):
    """One thing that a rule asks for; `any_of`: it holds if one of these does."""

    key: str
    holds: bool | None
    name: Text
    seen: Text
    any_of: list[dict[str, Any]]


class RuleState(Shape):
    """What a rule makes of a lift now."""

    rule: str
    title: Text
    state: Literal["idle", "running", "suspected", "confirmed", "answered", "switched_off", "other_class"]
    cause: bool
    since: Time | None
    seconds: float | None
    interrupted_at: Time | None
    suspect_s: float
    confirm_s: float | None
    suspects_at: Time | None
    confirms_at: Time | None
    never_confirms: bool
    asks_again_at: Time | None
    parts: list[RulePart]


class LiftDecision(Shape):
    """Why there is an alarm for a lift, or none."""

    lift_id: str
    at: Time
    heard_at: Time | None
    sample_at: Time | None
    listening: bool
    rescue: str | None
    summary: Text
    rules: list[RuleState]


class SampleItem(Shape):
    """A stored sample, or the last one of a bucket with what happened in it."""

    ts: Time
    received_at: Time
    late: bool


class Telemetry(Page[SampleItem]):
    """A page of a lift's past, and from what it was made: samples, or roll-ups by minute or hour."""

    resolution: Literal["raw", "1m", "1h"]


class EventItem(Shape):
    """A stored event."""

    id: str
    lift_id: str
    ts: Time
    boot: str
    seq: int
    code: str
    text: str | None
    raw: str | None
    active: bool
    detail: dict[str, Any] | None
    replay: bool
    late: bool
    review: bool
    key_reused: bool
    outcome: str
    received_at: Time


class GapItem(Shape):
    """Numbers missing between a lift's messages: lost on the way, or still in the controller's buffer."""

    id: str
    lift_id: str
    topic: Literal["telemetry", "event"]
    boot: str
    first_seq: int
    last_seq: int
    missing: int
    noticed_at: Time
    filled_at: Time | None


class Imported(Shape):
    """What an import did, or would do."""

    rows: int
    inserted: int
    updated: int
    unchanged: int
    dry_run: bool
