"""Which numbers of callers are the same."""

import pytest

from alerts.reports import heard_of


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
