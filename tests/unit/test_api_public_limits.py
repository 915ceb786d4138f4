"""How much may be reported without an account: a table of counts, and whose count it is."""

from datetime import UTC, datetime, timedelta

import pytest

from api.public_limits import LIFT_WINDOW, PER_ADDRESS, PER_LIFT, WINDOW, counted_as, judge, new_code

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("what", "of_address", "of_lift", "reason"),
    [
        ("fault", 0, 0, None),
        ("fault", PER_ADDRESS["fault"] - 1, PER_LIFT["fault"] - 1, None),
        ("fault", PER_ADDRESS["fault"], 0, "address"),
        ("fault", 0, PER_LIFT["fault"], "lift"),
        ("trapped", PER_ADDRESS["trapped"], 0, "address"),
        ("trapped", 0, PER_LIFT["trapped"], "lift"),
        ("look", PER_ADDRESS["look"] - 1, 1000, None),
        ("look", PER_ADDRESS["look"], 0, "address"),
        ("wrong", PER_ADDRESS["wrong"], 0, "address"),
    ],
)
def test_what_is_too_much(what: str, of_address: int, of_lift: int, reason: str | None) -> None:
    found = judge(what, of_address=of_address, of_lift=of_lift, oldest_of_address=NOW, oldest_of_lift=NOW, now=NOW)
    assert (found.reason if found else None) == reason


def test_how_long_to_wait_is_told_in_both_languages() -> None:
    """Until the oldest that counts has gone out of the window."""
    oldest = NOW - timedelta(minutes=4)
    of_address = judge(
        "fault", of_address=99, of_lift=0, oldest_of_address=oldest, oldest_of_lift=None, now=NOW
    )  # fmt: skip
    of_lift = judge("fault", of_address=0, of_lift=99, oldest_of_address=None, oldest_of_lift=oldest, now=NOW)
    assert of_address is not None
    assert of_lift is not None
    assert of_address.seconds == (WINDOW - timedelta(minutes=4)).total_seconds()
    assert of_lift.seconds == (LIFT_WINDOW - timedelta(minutes=4)).total_seconds()
    assert "6 分钟" in of_address.text["zh"]
    assert "6 min" in of_address.text["en"]
    for one in (of_address, of_lift):
        assert "报警按钮" in one.text["zh"]
        assert "alarm button" in one.text["en"]


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),
        ("testclient", "unknown"),
        (None, "unknown"),
    ],
)
def test_whose_count_it_is(address: str | None, counted: str) -> None:
    assert counted_as(address) == counted


def test_codes_are_long_and_differ() -> None:
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert {len(one) for one in codes} == {16}
