"""Since when silence may be counted, and how long due timers wait for a queue to be read."""

from datetime import UTC, datetime, timedelta

from ingest.gaps import Gaps
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


def test_gaps_are_counted_per_lift_topic_and_boot() -> None:
    gaps = Gaps()
    heard = [
        (1, "telemetry", "a", 5, False),  # the first one says nothing
        (1, "telemetry", "a", 6, False),
        (1, "telemetry", "a", 9, True),
        (1, "telemetry", "a", 7, False),  # came late: no new gap, and the highest number stays
        (1, "telemetry", "a", 10, False),
        (1, "telemetry", "b", 0, False),  # a new boot counts from 0
        (1, "event", "b", 3, False),
        (2, "telemetry", "b", 8, False),
    ]
    assert [gaps.note(lift, topic, boot, seq) for lift, topic, boot, seq, _ in heard] == [gap for *_, gap in heard]
