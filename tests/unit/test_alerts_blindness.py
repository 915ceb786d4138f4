"""When it is not the lifts that are silent, but we who do not hear (contract 5)."""

from datetime import UTC, datetime, timedelta

import pytest

from alerts import areas, blindness
from alerts.blindness import Silent
from alerts.policy import Blindness

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TERMS = Blindness()


def silent(number: int, since: float = 0, building: str | None = None, feeder: str | None = None) -> Silent:
    return Silent(
        lift_no=number, groups=areas.groups(feeder, None, building), since=NOON + timedelta(seconds=since)
    )  # fmt: skip


def fallen(found: list[Silent], talked: int, at: float = 70) -> int:
    return len(blindness.fallen_silent(found, talked, NOON + timedelta(seconds=at), TERMS))


@pytest.mark.parametrize(
    ("count", "talked", "blind"),
    [(9, 9, 0), (10, 10, 10), (10, 33, 10), (10, 34, 0), (29, 100, 0), (30, 100, 30), (300, 1000, 300), (299, 1000, 0)],
)
def test_thirty_percent_and_at_least_ten(count: int, talked: int, blind: int) -> None:
    assert fallen([silent(number) for number in range(count)], talked) == blind


@pytest.mark.parametrize(("last", "blind"), [(60, 10), (60.1, 0)])
def test_within_sixty_seconds(last: float, blind: int) -> None:
    assert fallen([*(silent(number) for number in range(9)), silent(9, last)], 20, at=90) == blind


def test_a_loss_must_have_lasted_ten_seconds() -> None:
    everybody = [silent(number) for number in range(10)]
    assert fallen(everybody, 20, at=9.9) == 0
    assert fallen(everybody, 20, at=10) == 10


def test_not_where_one_area_explains_them_all() -> None:
    assert fallen([silent(number, building="House") for number in range(12)], 20) == 0
    assert fallen([silent(number, building=f"House {number % 2}", feeder="F") for number in range(12)], 20) == 0
    assert fallen([silent(number, building=f"House {number % 2}") for number in range(12)], 20) == 12
    assert fallen([*(silent(number, building="House") for number in range(12)), silent(12)], 20) == 13


@pytest.mark.parametrize(
    ("still", "talked", "over"), [(9, 10, True), (10, 60, False), (10, 67, True), (150, 1000, False), (149, 1000, True)]
)  # fmt: skip
def test_it_is_over_when_few_are_still_silent(still: int, talked: int, over: bool) -> None:
    assert blindness.is_over(still, talked, TERMS) is over
