"""The figures of the rescue brain, by the names of contract section 9."""

from prometheus_client import Counter, Gauge, Histogram

DELIVERIES = Counter("liftline_deliveries_total", "Messages delivered, or not", ["channel", "outcome"])
TIMER_LAG = Histogram(
    "liftline_timer_lag_seconds",
    "How late a due lift was looked at",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30),
)
TIMERS_DUE = Gauge("liftline_timers_due", "Lifts looked at in the last round")
TIMER_FAILURES = Counter("liftline_timer_failures_total", "Lifts whose look failed and is tried again")
