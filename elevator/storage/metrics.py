"""The figures of storage, shown by whoever runs it."""

from prometheus_client import Counter, Gauge, Histogram

LAST_SUCCESS = Gauge(
    "liftline_storage_last_success_seconds", "When a job of storage last succeeded here, Unix time", ["job"]
)
SECONDS = Histogram(
    "liftline_storage_seconds",
    "How long a round of a job took",
    ["job"],
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 120, 600),
)
FAILURES = Counter("liftline_storage_failures_total", "Rounds that failed and are tried again", ["job"])
ROLLUP_BEHIND = Gauge("liftline_storage_rollup_behind_seconds", "Received time that is not rolled up yet")
MINUTES = Counter("liftline_storage_minutes_total", "Minutes of lifts written by the roll-ups")
CHUNKS = Counter("liftline_storage_chunks_total", "Chunks, by what was done to them", ["action"])
ROWS = Counter("liftline_storage_rows_deleted_total", "Rows past their time, deleted singly", ["table"])
