"""What the API answers about maintenance, as OpenAPI documents it."""

from typing import Any, Literal

from pydantic import ConfigDict, Field

from alerts.maintenance.plans.plan import Judge, Kind
from api.answers import Time
from api.plausible import PlausibilityShort
from api.schemas import Page, Shape, Text

Day = str
"""A date, ISO 8601."""


class PlanItem(Shape):
    """One thing that is done and judged at a visit."""

    code: str
    kind: Kind
    zh: str
    en: str
    must_zh: str
    must_en: str
    judge: Judge
    unit: str | None
    least: float | None
    most: float | None
    key: bool
    verified: bool


class PlanHead(Shape):
    """A plan as lists give it."""

    id: str
    lift_class: str
    version: int
    firm_id: str | None
    base: str | None
    title: Text
    source: Text
    counts: dict[Kind, int]


class PlanDetail(PlanHead):
    """A plan with its items."""

    items: list[PlanItem]


class CertificateItem(Shape):
    """What shows that somebody may do this work."""

    kind: str
    number: str
    valid_until: Day
    expired: bool


class WorkerItem(Shape):
    """Somebody who works at lifts; `qualified`: has a certificate that has not ended."""

    id: str
    firm_id: str
    name: str
    phone: str | None
    active: bool
    qualified: bool
    certificates: list[CertificateItem]


class DueItem(Shape):
    """One kind of maintenance of one lift, and when it is due."""

    lift_id: str
    rescue_code: str | None
    name: str | None
    lift_class: str
    address: str | None
    building: str | None
    district: str | None
    lat: float | None
    lon: float | None
    firm: str | None
    firm_name: str | None
    kind: Kind
    due_on: Day
    counted_from: Day
    days_left: int
    standing: Literal["later", "soon", "overdue"]
    on_demand: bool


class OnDemandItem(Shape):
    """On what terms a lift is maintained on demand; `holds`: whether inspection and insurance are still valid."""

    ceiling_months: int
    inspection_until: Day
    insurance_until: Day
    rating: str
    holds: bool


class DueDay(Shape):
    """When one kind is due."""

    kind: Kind
    due_on: Day
    counted_from: Day
    standing: Literal["later", "soon", "overdue"]


class TermsItem(Shape):
    """What the due days of a lift follow from, and the due days."""

    lift_id: str
    since: Day
    last: dict[Kind, Day]
    on_demand: OnDemandItem | None
    due: list[DueDay]


class CalendarItem(Shape):
    """A calendar program that may read what is due; `url` once, on creation."""

    id: str
    name: str
    created_at: Time
    url: str | None = None


class MarkItem(Shape):
    """Something that does not forbid an operation and must be seen."""

    code: str
    text: Text


class VisitItem(Shape):
    """A visit as lists give it. `began_at` and `left_at` are when it was done, `checked_*_at` when we heard of it."""

    id: str
    lift_id: str
    name: str | None
    building: str | None
    district: str | None
    firm: str
    firm_name: str
    unit_id: str | None
    kind: Kind | None
    plan: str | None
    state: Literal["new", "on_site", "interrupted", "left", "complete", "void"]
    workers: list[str]
    alone: bool
    planned_s: float | None
    began_at: Time | None
    checked_in_at: Time | None
    left_at: Time | None
    checked_out_at: Time | None
    completed_at: Time | None
    life_due_at: Time | None
    end_due_at: Time | None
    abnormal: int
    marks: list[str]
    version: int


class VisitResult(PlanItem):
    """An item of the visit's plan and how it was found; `outcome` null: not yet."""

    outcome: Literal["normal", "abnormal", "not_applicable"] | None
    value: float | None
    text: str | None
    photos: list[str]


class SignatureItem(Shape):
    """Who signed."""

    name: str
    worker_id: str | None
    channel: str
    drawing: dict[str, str]
    done_at: Time
    device_at: Time | None


class EntryItem(Shape):
    """One line of a visit's story; both times, and what became of it."""

    n: int
    id: str
    kind: str
    at: Time
    done_at: Time
    device_at: Time | None
    actor: dict[str, Any]
    channel: str
    outcome: Literal["applied", "waiting", "refused", "line"]
    reason: str | None
    text: Text | None
    marks: list[MarkItem]
    body: dict[str, Any]


class PersonItem(Shape):
    """Somebody who works at a visit, as known when it was entered."""

    id: str
    name: str
    valid_until: Day | None


class OrderItem(Shape):
    """A work order as lists give it."""

    id: str
    lift_id: str
    name: str | None
    building: str | None
    district: str | None
    firm: str | None
    firm_name: str | None
    visit: str | None
    item: str | None
    text: str
    photos: list[str]
    state: Literal["open", "accepted", "done", "closed", "withdrawn"]
    opened_at: Time
    accepted_at: Time | None
    done_at: Time | None
    closed_at: Time | None
    version: int


class OrderEntry(Shape):
    """One line of an order's story."""

    n: int
    at: Time
    device_at: Time | None
    actor: dict[str, Any]
    action: str
    text: str | None
    photos: list[str]


class NamedPhoto(Shape):
    """A photo that a record names; `id` null: it has not come yet."""

    name: str
    id: str | None
    url: str | None
    sha256: str | None
    kept_sha256: str | None
    taken_at: str | None
    uploaded_at: Time | None


class OrderDetail(OrderItem):
    """An order with its story and what the caller may do now."""

    pictures: list[NamedPhoto]
    timeline: list[OrderEntry]
    allowed: list[str]


class VisitDetail(VisitItem):
    """A visit with everything; `missing`: items without a result."""

    people: list[PersonItem]
    items: list[VisitResult]
    missing: list[str]
    parts: list[dict[str, Any]]
    notes: list[dict[str, Any]]
    signatures: list[SignatureItem]
    countersigned: SignatureItem | None
    void_reason: str | None
    timeline: list[EntryItem]
    orders: list[OrderItem]
    pictures: list[NamedPhoto]
    plausibility: PlausibilityShort | None
    allowed: list[str]


class SentOutcome(Shape):
    """What became of one operation of a batch; `repeated`: it had been taken before."""

    id: str
    outcome: Literal["applied", "waiting", "refused"]
    repeated: bool
    reason: str | None
    text: Text | None
    errors: list[dict[str, Any]]
    marks: list[MarkItem]


class Synced(Shape):
    """What a batch has come to."""

    visit: VisitItem
    operations: list[SentOutcome]


class SigningLink(Shape):
    """An address by which a safety officer signs; the code is shown once."""

    code: str | None
    url: str | None
    expires_at: Time


class SigningView(Shape):
    """What somebody sees who is to sign by link."""

    lift_id: str
    name: str | None
    building: str | None
    firm_name: str
    kind: Kind | None
    state: str
    workers: list[str]
    began_at: Time | None
    left_at: Time | None
    abnormal: list[dict[str, Any]]
    items: int
    signed: bool
    signed_by: str | None
    signed_at: Time | None
    results: list[dict[str, Any]]
    signatures: list[SignatureItem]
    notes: list[dict[str, Any]]
    expires_at: Time
    version: int


class StandingItem(Shape):
    """How a firm or a district stands.

    `timed` of its visits are known to have been in time or not; of `checked` ones telemetry and records could say
    whether they happened.
    """

    id: str | None
    name: str | None
    lifts: int
    overdue_lifts: int
    overdue: int
    overdue_days: int
    worst_days: int
    visits: int
    timed: int
    in_time: int
    late: int
    far: int
    orders_open: int
    oldest_order_at: Time | None
    checked: int
    doubtful: int


class StandingList(Page[StandingItem]):
    """All of them, the worst first."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)
    since: Time = Field(alias="from")
    until: Time = Field(alias="to")
