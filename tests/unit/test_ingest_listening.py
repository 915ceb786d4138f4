"""Since when silence may be counted, and how long due timers wait for a queue to be read."""

from datetime import UTC, datetime, timedelta

from ingest.listening import Listening

T0 = datetime(2026, 1, 1, tzinfo=UTC)
HOLD = timedelta(seconds=10)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def test_timers_wait_for_the_queue_but_not_for_ever() -> None:
    listening = Listening()
    assert not listening.hold(at(0), HOLD)  # not connected: nothing is being read
    listening.reading(at(0))
    listening.reading(at(5))
    assert listening.hold(at(9.9), HOLD)
    assert not listening.hold(at(10), HOLD)
    assert listening.since is None
    listening.caught_up(at(12))
    listening.caught_up(at(20))
    assert listening.since == at(12)
    assert not listening.hold(at(12), HOLD)


def test_a_loss_starts_anew() -> None:
    listening = Listening()
    listening.reading(at(0))
    listening.caught_up(at(1))
    listening.lost()
    assert listening.since is None
    listening.reading(at(100))
    assert listening.hold(at(105), HOLD)
