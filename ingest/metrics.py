"""The figures of the intake, by the names of contract section 9."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate

from prometheus_client import REGISTRY, Counter, Gauge, Histogram
from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

MESSAGES = Counter("liftline_messages_total", "Messages from lifts, by what became of them", ["topic", "outcome"])
QUARANTINED = Counter("liftline_quarantined_total", "Unreadable messages and parts of messages", ["reason"])
BATCH_ROWS = Histogram(
    "liftline_batch_rows", "Messages per transaction", buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
)
COMMIT_SECONDS = Histogram(
    "liftline_commit_seconds",
    "One transaction from its beginning to its commit",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
UNACKED = Gauge("liftline_unacked_messages", "Messages delivered by the broker and not yet acknowledged to it")


class Ages(Collector):
    """`liftline_message_age_seconds`: a histogram that takes a batch at once, as one message costs it too much."""

    _LIMITS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120, 600)  # s
    _LIMITS_MS = tuple(1000 * limit for limit in _LIMITS)

    def __init__(self) -> None:
        self._counts: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}

    def observe(self, topic: str, now_ms: int, stamps: Sequence[int]) -> None:
        """Messages of these device times were committed at `now_ms`."""
        counts = self._counts.setdefault(topic, [0] * (len(self._LIMITS) + 1))
        limits, total = self._LIMITS_MS, 0
        for stamp in stamps:
            age = now_ms - stamp if stamp < now_ms else 0
            counts[bisect_left(limits, age)] += 1
            total += age
        self._sums[topic] = self._sums.get(topic, 0.0) + total / 1000

    def describe(self) -> list[Metric]:
        """The family without its figures."""
        return [self._family()]

    @staticmethod
    def _family() -> HistogramMetricFamily:
        return HistogramMetricFamily(
            "liftline_message_age_seconds", "From the lift's own time to the commit", labels=["topic"]
        )

    def collect(self) -> Iterator[Metric]:
        """What Prometheus asks for."""
        family = self._family()
        for topic, counts in self._counts.items():
            names = [*(str(float(limit)) for limit in self._LIMITS), "+Inf"]
            buckets = list(zip(names, accumulate(counts), strict=True))
            family.add_metric([str(topic)], buckets, self._sums[topic])
        yield family


AGES = Ages()
REGISTRY.register(AGES)
ALARM_SECONDS = Histogram(
    "liftline_alarm_seconds",
    "An alarm's way: receive (lift's time to receipt), commit (receipt to commit)",
    ["stage"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
SEQUENCE_GAPS = Counter("liftline_sequence_gaps_total", "Times that numbers were missing between a lift's messages")
UNKNOWN_VALUES = Counter("liftline_unknown_values_total", "Values that the contract does not know", ["field"])
CONNECTED = Gauge("liftline_broker_connected", "1 while the lane is connected to the broker", ["lane"])
HOLDS_LEASE = Gauge("liftline_intake_holds_lease", "1 while this process reads the broker, 0 while it stands by")
BROKER_QUEUED = Gauge("liftline_broker_queued_messages", "Messages that the broker holds for somebody who is away")
BROKER_FILL = Gauge("liftline_broker_queue_fill", "The same as a part of what the broker holds before it drops")
BROKER_DROPPED = Counter("liftline_broker_dropped_total", "Messages that the broker dropped, as far as it tells")
RETRIES = Counter("liftline_intake_retries_total", "Transactions that were tried again", ["lane", "reason"])
