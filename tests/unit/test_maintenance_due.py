"""When maintenance is due: cycles, what counts for what, on-demand terms, the day's border."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from alerts.maintenance.due import OnDemand, Standing, Terms, all_due, day_of, due_on, months_after, standing, unmet
from alerts.maintenance.plans.plan import Kind

BEGIN = date(2026, 1, 1)
TERMS = OnDemand(
    ceiling_months=2, inspection_until=date(2027, 1, 1), insurance_until=date(2026, 12, 1), rating="A"
)  # fmt: skip


def days(**last: str) -> dict[str, int]:
    """Days from the beginning to each kind's due day."""
    terms = Terms(since=BEGIN, last={Kind(name): date.fromisoformat(value) for name, value in last.items()})
    return {kind: (due - BEGIN).days for kind, due in all_due(terms).items()}


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ({}, (15, 92, 183, 365)),
        ({"half_month": "2026-01-11"}, (25, 92, 183, 365)),
        ({"quarter": "2026-01-11"}, (25, 102, 183, 365)),
        ({"half_year": "2026-01-11"}, (25, 102, 193, 365)),
        ({"year": "2026-01-11"}, (25, 102, 193, 375)),
        ({"year": "2026-01-11", "half_month": "2026-01-21"}, (35, 102, 193, 375)),
        ({"year": "2026-02-10", "quarter": "2026-01-21"}, (55, 132, 223, 405)),
        ({"half_month": "2025-12-27"}, (10, 92, 183, 365)),
    ],
)
def test_a_cycle_is_counted_from_the_last_visit_of_that_or_a_longer_kind(
    last: dict[str, str], expected: tuple[int, ...]
) -> None:
    assert tuple(days(**last).values()) == expected


@pytest.mark.parametrize(
    ("months", "inspection", "insurance", "expected"),
    [
        (1, "2027-01-01", "2027-01-01", "2026-02-01"),
        (3, "2027-01-01", "2027-01-01", "2026-04-01"),
        (3, "2026-02-10", "2027-01-01", "2026-02-25"),  # the inspection ends: 15 days from then on
        (3, "2027-01-01", "2026-02-10", "2026-02-25"),  # so does the insurance
        (3, "2025-12-01", "2027-01-01", "2026-01-16"),  # it had ended before: the ordinary cycle
    ],
)
def test_on_demand_the_half_monthly_visit_gives_way_to_the_ceiling(
    months: int, inspection: str, insurance: str, expected: str
) -> None:
    terms = OnDemand(
        ceiling_months=months, inspection_until=date.fromisoformat(inspection),
        insurance_until=date.fromisoformat(insurance), rating="B",
    )  # fmt: skip
    found = all_due(Terms(since=BEGIN, on_demand=terms))
    assert found[Kind.HALF_MONTH] == date.fromisoformat(expected)
    assert found[Kind.QUARTER] == BEGIN + timedelta(days=92)
    assert found[Kind.YEAR] == BEGIN + timedelta(days=365)


def test_a_visit_of_a_longer_kind_counts_on_demand_too() -> None:
    terms = Terms(since=BEGIN, last={Kind.QUARTER: date(2026, 2, 1)}, on_demand=TERMS)
    assert due_on(terms, Kind.HALF_MONTH) == date(2026, 4, 1)


@pytest.mark.parametrize(
    ("changes", "monitored", "fields"),
    [
        ({}, True, []),
        ({"ceiling_months": 0}, True, ["ceiling_months"]),
        ({"ceiling_months": 4}, True, ["ceiling_months"]),
        ({"inspection_until": date(2026, 1, 1)}, True, []),
        ({"inspection_until": date(2025, 12, 31)}, True, ["inspection_until"]),
        ({"insurance_until": date(2025, 12, 31)}, True, ["insurance_until"]),
        ({"rating": "C"}, True, ["rating"]),
        ({}, False, [""]),
        ({"rating": "D", "ceiling_months": 9, "insurance_until": date(2020, 1, 1), "inspection_until": date(2020, 1, 1)},
         False, ["ceiling_months", "inspection_until", "insurance_until", "rating", ""]),
    ],
)  # fmt: skip
def test_every_condition_that_does_not_hold_is_told(
    changes: dict[str, object], monitored: bool, fields: list[str]
) -> None:
    values = {"ceiling_months": 2, "inspection_until": date(2027, 1, 1), "insurance_until": date(2027, 1, 1),
              "rating": "A"}  # fmt: skip
    found = unmet(OnDemand(**(values | changes)), today=BEGIN, monitored=monitored)  # type: ignore[arg-type]
    assert [field for field, _ in found] == fields
    assert all(text["zh"] and text["en"] for _, text in found)


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        (date(2025, 12, 31), Standing.OVERDUE), (date(2026, 1, 1), Standing.SOON), (date(2026, 1, 4), Standing.SOON),
        (date(2026, 1, 5), Standing.LATER),
    ],
)  # fmt: skip
def test_standing(due: date, expected: Standing) -> None:
    """The due day itself is still in time."""
    assert standing(due, BEGIN, 3) is expected


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)), (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)), (date(2026, 12, 15), 1, date(2027, 1, 15)),
    ],
)  # fmt: skip
def test_months_after(day: date, months: int, expected: date) -> None:
    assert months_after(day, months) == expected


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 1, 1, 15, 59, tzinfo=UTC), date(2026, 1, 1)),
        (datetime(2026, 1, 1, 16, 0, tzinfo=UTC), date(2026, 1, 2)),
        (datetime(2026, 1, 1, 23, 59, tzinfo=timezone(timedelta(hours=8))), date(2026, 1, 1)),
    ],
)
def test_a_day_begins_at_midnight_of_the_place(moment: datetime, expected: date) -> None:
    assert day_of(moment, 8) == expected
