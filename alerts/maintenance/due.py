"""When maintenance is due: cycles counted from the last visit of that or a longer kind, and on-demand terms. Pure.

Rules. The cycles are 15, 92, 183 and 365 days; a visit of a longer kind counts for the shorter ones, which it includes
(TSG T5002-2017 article 6). On demand (按需维保) the half-monthly visit gives way to one at least every 1 to 3 months,
as long as inspection and insurance are valid; from the day one of them ends, the ordinary cycle runs. The longer kinds
keep their cycles. Days are those of the installation's own place.
"""

import calendar
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from alerts.maintenance.plans.plan import KINDS, Kind, Text

CYCLE_DAYS: dict[Kind, int] = {Kind.HALF_MONTH: 15, Kind.QUARTER: 92, Kind.HALF_YEAR: 183, Kind.YEAR: 365}
RATINGS = ("A", "B", "C", "D")
_GOOD_RATINGS = frozenset({"A", "B"})
LEAST_MONTHS, MOST_MONTHS = 1, 3


class Standing(StrEnum):
    """How a due date stands to the present day."""

    LATER = "later"
    SOON = "soon"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDemand:
    """On what terms a lift is maintained on demand."""

    ceiling_months: int  # a visit at least so often
    inspection_until: date
    insurance_until: date
    rating: str  # of the firm

    @property
    def valid_until(self) -> date:
        """The last day on which the terms hold."""
        return min(self.inspection_until, self.insurance_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the due dates of one lift follow from."""

    since: date  # from here on a kind that was never done is counted
    last: Mapping[Kind, date] = field(default_factory=dict)  # the last visit of each kind
    on_demand: OnDemand | None = None


def day_of(moment: datetime, utc_offset_h: float) -> date:
    """The calendar day of a moment at the installation's place."""
    return (moment.astimezone(UTC) + timedelta(hours=utc_offset_h)).date()


def counted_from(terms: Terms, kind: Kind) -> date:
    """The day a cycle is counted from: the last visit of that or a longer kind, else the beginning."""
    done = [terms.last[one] for one in KINDS[KINDS.index(kind) :] if one in terms.last]
    return max(done, default=terms.since)


def due_on(terms: Terms, kind: Kind) -> date:
    """The last day on which the next maintenance of this kind is in time."""
    start = counted_from(terms, kind)
    ordinary = start + timedelta(days=CYCLE_DAYS[kind])
    if kind is not Kind.HALF_MONTH or terms.on_demand is None:
        return ordinary
    lapsed = terms.on_demand.valid_until + timedelta(days=CYCLE_DAYS[kind])
    return max(ordinary, min(months_after(start, terms.on_demand.ceiling_months), lapsed))


def all_due(terms: Terms) -> dict[Kind, date]:
    """Every kind's due day."""
    return {kind: due_on(terms, kind) for kind in KINDS}


def standing(due: date, today: date, remind_days: float) -> Standing:
    """How a due day stands to the present day."""
    if due < today:
        return Standing.OVERDUE
    return Standing.SOON if due - today <= timedelta(days=remind_days) else Standing.LATER


def months_after(day: date, months: int) -> date:
    """The same day some months later, or that month's last."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def unmet(terms: OnDemand, *, today: date, monitored: bool) -> list[tuple[str, Text]]:
    """Which conditions of on-demand maintenance do not hold, all of them: field and sentence.

    Args:
        terms: as asked for.
        today: the present day.
        monitored: whether the platform hears the lift.
    """
    wrong: list[tuple[str, Text]] = []
    if not LEAST_MONTHS <= terms.ceiling_months <= MOST_MONTHS:
        wrong.append(("ceiling_months", {
            "zh": f"按需维保的现场维保间隔为 {LEAST_MONTHS} 至 {MOST_MONTHS} 个月",
            "en": f"on demand, a visit is due at least every {LEAST_MONTHS} to {MOST_MONTHS} months",
        }))  # fmt: skip
    if terms.inspection_until < today:
        wrong.append(("inspection_until", {
            "zh": f"检验已于 {terms.inspection_until} 到期，不能实行按需维保",
            "en": f"the inspection ended on {terms.inspection_until}: no maintenance on demand",
        }))  # fmt: skip
    if terms.insurance_until < today:
        wrong.append(("insurance_until", {
            "zh": f"保险已于 {terms.insurance_until} 到期，不能实行按需维保",
            "en": f"the insurance ended on {terms.insurance_until}: no maintenance on demand",
        }))  # fmt: skip
    if terms.rating not in _GOOD_RATINGS:
        wrong.append(("rating", {
            "zh": f"维保单位评级为 {terms.rating}，按需维保要求 A 或 B",
            "en": f"the firm is rated {terms.rating}; on demand needs A or B",
        }))  # fmt: skip
    if not monitored:
        wrong.append(("", {
            "zh": "平台近期没有收到该电梯的数据：按需维保要求有远程监测",
            "en": "the platform does not hear this lift: on demand needs remote monitoring",
        }))  # fmt: skip
    return wrong
