"""What the API answers about visits, and their signatures."""

from typing import Any, Literal

from alerts.maintenance.plans.plan import Kind
from api.answers.maintenance import PlanItem
from api.answers.orders import NamedPhoto, OrderItem
from api.plausible import PlausibilityShort
from api.schemas import Day, Shape, Text, Time


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
