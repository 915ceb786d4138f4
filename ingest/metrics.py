"""The figures of the intake, by the names of contract section 9."""

from prometheus_client import Counter, Gauge, Histogram

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
AGE = Histogram(
    "liftline_message_age_seconds",
    "From the lift's own time to the commit",
    ["topic"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120, 600),
)
ALARM_SECONDS = Histogram(
    "liftline_alarm_seconds",
    "An alarm's way: receive (lift's time to receipt), commit (receipt to commit)",
    ["stage"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
SEQUENCE_GAPS = Counter("liftline_sequence_gaps_total", "Times that numbers were missing between a lift's messages")
UNKNOWN_VALUES = Counter("liftline_unknown_values_total", "Values that the contract does not know", ["field"])
CONNECTED = Gauge("liftline_broker_connected", "1 while the lane is connected to the broker", ["lane"])
BROKER_QUEUED = Gauge("liftline_broker_queued_messages", "Messages that the broker holds for somebody who is away")
BROKER_FILL = Gauge("liftline_broker_queue_fill", "The same as a part of what the broker holds before it drops")
BROKER_DROPPED = Counter("liftline_broker_dropped_total", "Messages that the broker dropped, as far as it tells")
RETRIES = Counter("liftline_intake_retries_total", "Transactions that were tried again", ["lane", "reason"])
