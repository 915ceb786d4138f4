"""Which numbers of callers are the same."""

from datetime import UTC, datetime

import pytest

from alerts.callers import heard_of, together


@pytest.mark.parametrize(
    ("known", "more", "kept"),
    [
        ([], [None], []),
        ([], ["", "110"], ["110"]),
        (["110"], [None], ["110"]),
        (["110"], ["119", "110", "120"], ["110", "119", "120"]),
        (["138 0733 1122"], ["13807331122", "138-0733-1122", "138.0733.1122"], ["138 0733 1122"]),
        (["(0731) 2220"], ["（0731）2220", "0731\u30002220"], ["(0731) 2220"]),
        (
            ["0731-55"],
            ["0731-55 ext 3", "0731-553", "+86 731-55"],
            ["0731-55", "0731-55 ext 3", "0731-553", "+86 731-55"],
        ),
    ],
)
def test_numbers_are_kept_in_order_and_once(known: list[str], more: list[str | None], kept: list[str]) -> None:
    assert heard_of(known, *more) == kept


def _at(*minutes: int) -> list[datetime]:
    return [datetime(2026, 3, 1, 12, minute, tzinfo=UTC) for minute in minutes]


@pytest.mark.parametrize(
    ("kept", "repeated", "expected"),
    [
        ((["1"], _at(5)), (["2"], _at(0)), ["2", "1"]),
        ((["1"], _at(5)), (["2"], _at(5)), ["1", "2"]),
        ((["1", "3"], _at(0, 9)), (["2", "4"], _at(5, 10)), ["1", "2", "3", "4"]),
        ((["1", "3"], _at(2, 9)), (["3-", "2"], _at(0, 5)), ["3-", "1", "2"]),
        ((["1", "2"], _at(3)), (["4", "5"], _at(4)), ["1", "2", "4", "5"]),
        (([], _at(1, 2)), (["4"], _at(4)), ["4"]),
        (([], []), (["4"], _at(4)), ["4"]),
    ],
)
def test_numbers_of_two_incidents_stand_in_the_order_of_the_reports(
    kept: tuple[list[str], list[datetime]], repeated: tuple[list[str], list[datetime]], expected: list[str]
) -> None:
    assert together(kept, repeated) == expected
