"""What failed is tried again behind all others, with growing pauses, and is never forgotten."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from alerts.failing import Failing

START = datetime(2026, 3, 1, tzinfo=UTC)


def _failing() -> Failing:
    return Failing(first=timedelta(seconds=1), longest=timedelta(seconds=10))


def _pause(failing: Failing, now: datetime) -> int:
    """Seconds until it is due again."""
    return next(second for second in range(3600) if failing.again(now + timedelta(seconds=second), 1))


def test_the_pause_grows_up_to_the_longest_and_never_ends() -> None:
    failing, now, pauses = _failing(), START, []
    for _ in range(7):
        failing.failed("a", now)
        pauses.append(_pause(failing, now))
        now += timedelta(seconds=pauses[-1])
    assert pauses == [1, 2, 4, 8, 10, 10, 10]
    for _ in range(5000):  # nor does a number grow too large
        assert failing.failed("a", now) == now + timedelta(seconds=10)
    assert _pause(failing, now) == 10


def test_whoever_waits_longest_is_first_and_those_in_their_pause_are_left_out_too() -> None:
    failing = _failing()
    for second, one in enumerate("cab"):
        failing.failed(one, START + timedelta(seconds=second))
    now = START + timedelta(seconds=2)
    assert failing.again(now, 10) == ["c", "a"]
    assert failing.again(now, 1) == ["c"]
    assert sorted(failing.left_out) == ["a", "b", "c"]
    assert len(failing) == 3


def test_what_works_is_forgotten_and_begins_anew() -> None:
    failing = _failing()
    for _ in range(4):
        failing.failed("a", START)
    with failing.tried("a", START):
        pass
    assert failing.left_out == []
    failing.failed("a", START)
    assert _pause(failing, START) == 1


@pytest.mark.parametrize("ended", [ValueError, TimeoutError, asyncio.CancelledError])
def test_whatever_ends_a_try_is_counted_and_goes_on(ended: type[BaseException]) -> None:
    """A look that the round's deadline breaks off would else be the first of the next round as well."""
    failing = _failing()
    with pytest.raises(ended), failing.tried("a", START):
        raise ended
    assert failing.left_out == ["a"]


def test_what_waits_no_more_is_forgotten() -> None:
    failing = _failing()
    for one in "abc":
        failing.failed(one, START)
    failing.keep(["a", "b"], {"b"})
    assert failing.left_out == ["b", "c"]
