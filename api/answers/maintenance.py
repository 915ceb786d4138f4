"""What the API answers about plans of work, what is due, and how firms stand."""

from typing import Literal

from pydantic import ConfigDict, Field

from alerts.maintenance.plans.plan import Judge, Kind
from api.schemas import Day, Page, Shape, Text, Time


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
