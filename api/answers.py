"""What the API answers, as OpenAPI documents it; `api.objects` makes these from rows (a test compares the two)."""

from typing import Annotated, Any, Literal

from pydantic import Field

from alerts.shadow.compare import Truth, Verdict
from api.schemas import Page, Shape, Text

Time = str
"""RFC 3339, UTC, `Z`."""


class Intake(Shape):
    """Whether lifts are being listened to."""

    listening: bool
    alive_at: Time | None
    since: Time | None


class Alive(Shape):
    """When a service last said that it lives."""

    alive_at: Time | None


class Overview(Shape):
    """The installation at a glance, as far as the viewer may see it; also the stream's heartbeat."""

    now: Time
    lifts: int
    lifts_online: int
    intake: Intake
    dispatch: Alive
    blind_since: Time | None
    open: dict[Literal["P1", "P2", "P3", "P4"], int]


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


class ShadowRun(Shape):
    """The span of time for which a tried policy has run."""

    id: str
    began_at: Time
    alive_at: Time
    heard_until: Time
    alive: bool
    heard: int
    missed: int


class ShadowDifference(Shape):
    """A threshold that the two policies do not share; null: absent, it never confirms by itself."""

    name: str
    live: float | None
    shadow: float | None


class ShadowGained(Shape):
    """Seconds by which the tried policy was earlier, over what both caught; negative: later."""

    median: float | None
    best: float | None
    worst: float | None


class ShadowTotals(Shape):
    """All cases of the time asked for in figures."""

    verdicts: dict[Verdict, int]
    gained_s: ShadowGained
    live_suspicions: int
    shadow_suspicions: int


class ShadowLive(Shape):
    """What the live policy did, or a person."""

    id: str
    reason: str
    state: str
    opened_at: Time
    rang_at: Time | None
    ended_at: Time | None
    persons: int | None


class ShadowTried(Shape):
    """What the tried policy would have done."""

    id: str
    reason: str
    opened_at: Time
    rang_at: Time | None
    ended_at: Time | None


class ShadowCase(Shape):
    """One case, seen by one of the two or by both."""

    lift_id: str
    name: str | None
    at: Time
    verdict: Verdict
    truth: Truth
    gained_s: float | None
    live: ShadowLive | None
    shadow: ShadowTried | None


class ShadowPage(Page[ShadowCase]):
    """The tried policy beside the live one, its cases newest first."""

    configured: bool
    run: ShadowRun | None
    differences: list[ShadowDifference]
    totals: ShadowTotals
    complete: bool
    since: Time
    until: Time


class SealedEntry(Shape):
    """An entry of a record with its seal: SHA-256 over the seal before it and the entry (docs/records.md)."""

    n: int
    entry: dict[str, Any]
    seal: str | None


class Record(Shape):
    """All entries of an incident, a visit or an order, in order."""

    kind: Literal["incident", "order", "visit"]
    subject: str
    entries: list[SealedEntry]


class Records(Shape):
    """What was done about a lift in a time, as a document that proves itself."""

    format: Literal["liftline-records-1"]
    lift_id: str
    from_: Annotated[str, Field(alias="from")]
    to: str
    whole: bool
    plans: dict[str, dict[str, Any]]
    records: list[Record]


class Photo(Shape):
    """A photo of a lift; the picture itself is at `url`."""

    id: str
    lift_id: str
    firm_id: str | None
    by: str
    width: int
    height: int
    size: int
    taken_at: str | None
    sha256: str
    uploaded_at: Time
    url: str


class QuarantineItem(Shape):
    """A message that could not be read."""

    id: str
    lift_id: str | None
    topic: str
    reason: str
    detail: str
    payload: str
    received_at: Time
    replay_requested_at: Time | None
    replayed_at: Time | None
    replay_outcome: str | None


class Code(Shape):
    """One code of the catalogue."""

    code: str
    fault_class: Literal["alarm", "danger", "fault", "link", "mode", "test"]
    gbt: int | None
    title: Text
    priority_empty: Literal["P1", "P2", "P3", "P4"] | None
    priority_occupied: Literal["P1", "P2", "P3", "P4"] | None
    traps: bool
    rule: str | None
    lift_classes: list[str]
    advice: Text | None


class CodeTable(Shape):
    """A mapping table: raw codes of makers and standards to codes of the catalogue."""

    name: str
    version: int
    title: Text
    prefix: str | None
    codes: dict[str, str]
    nothing: list[str]


class ModelTable(Shape):
    """Which table lifts of a model speak; the first pattern that fits counts."""

    pattern: str
    table: str


class Catalogue(Shape):
    """What is known of codes."""

    codes: list[Code]
    tables: list[CodeTable]
    models: list[ModelTable]
    default: str | None


class UnknownCode(Shape):
    """A raw code that no table knew when it came; `code` is what the tables of now make of it."""

    model: str | None
    raw: str
    code: str | None
    count: int
    first_seen_at: Time
    last_seen_at: Time
    lifts: int
    lift_ids: list[str]


class Imported(Shape):
    """What an import did, or would do."""

    rows: int
    inserted: int
    updated: int
    unchanged: int
    dry_run: bool
