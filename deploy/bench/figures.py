"""What one trial found, and how trials are brought together: medians over rounds, percentiles over presses. Pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

SOON = 0.02  # s between two looks when the end is near
LATER = 1.0  # s between two looks at most


class Mode(StrEnum):
    """What a worker is put to."""

    DRAIN = "drain"  # a queue was filled while it was away
    LIVE = "live"  # messages come as fast as the broker takes them
    HALF = "half"  # messages come at half the rate of the live trial before
    IDLE = "idle"  # nothing comes but alarms


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One run of one contender."""

    contender: str
    mode: Mode
    lifts: int
    round: int
    messages: int  # rows that were counted in the database at the end
    seconds: float  # from the first row to the last
    rate: float  # messages/s between them; of a trial at a fixed rate, what came
    worker_us: float  # CPU of the worker's processes, µs per message
    database_us: float  # CPU of the database server, µs per message
    broker_us: float  # CPU of the broker, µs per message
    rss_mb: float  # the worker's largest resident size
    row_bytes: float  # table and indexes by rows
    fill_rate: float | None = None  # messages/s that the generator put into the queue
    presses_ms: tuple[float, ...] = ()  # device to `ack`
    unanswered: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """All rounds of one contender in one mode at one size of the fleet."""

    trials: int
    messages: int
    rate: float
    rate_low: float
    rate_high: float
    worker_us: float
    database_us: float
    broker_us: float
    rss_mb: float
    row_bytes: float
    ratio: float | None  # to the reference, round by round


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """How long presses took, ms."""

    presses: int
    unanswered: int
    p50: float
    p99: float
    max: float


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed (nearest rank).

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("no values have no percentile")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def latency(trials: Iterable[Trial]) -> Latency | None:
    """All presses of these trials together; None when nothing was answered."""
    trials = list(trials)
    took = [ms for trial in trials for ms in trial.presses_ms]
    if not took:
        return None
    return Latency(
        presses=len(took), unanswered=sum(trial.unanswered for trial in trials),
        p50=percentile(took, 0.50), p99=percentile(took, 0.99), max=max(took),
    )  # fmt: skip


def summary(trials: Sequence[Trial], reference: Sequence[Trial]) -> Summary:
    """Medians over the rounds; the ratio is the median of the rounds' own: neighbours in time compare best."""
    rates = [trial.rate for trial in trials]
    by_round = {trial.round: trial.rate for trial in reference}
    ratios = [trial.rate / by_round[trial.round] for trial in trials if by_round.get(trial.round)]
    return Summary(
        trials=len(trials), messages=sum(trial.messages for trial in trials), rate=median(rates),
        rate_low=min(rates), rate_high=max(rates), worker_us=median(trial.worker_us for trial in trials),
        database_us=median(trial.database_us for trial in trials),
        broker_us=median(trial.broker_us for trial in trials), rss_mb=max(trial.rss_mb for trial in trials),
        row_bytes=median(trial.row_bytes for trial in trials), ratio=median(ratios) if ratios else None,
    )  # fmt: skip


def next_look(rows: int, wanted: int, rate: float) -> float:
    """When to count again, s: after half of the time that is left at this rate.

    Counting costs the database time that is taken from whoever is measured. So the waits grow shorter as the end comes
    near: a dozen looks find it to within a fiftieth of a second.
    """
    if rate <= 0:
        return SOON
    return min(LATER, max(SOON, (wanted - rows) / rate / 2))
