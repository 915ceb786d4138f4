"""The figures of the rescue brain, by the names of contract section 9."""

from collections.abc import Iterable

from prometheus_client import Counter, Gauge, Histogram

DELIVERIES = Counter("liftline_deliveries_total", "Messages delivered, or not", ["channel", "outcome"])
TIMER_LAG = Histogram(
    "liftline_timer_lag_seconds",
    "How late a due lift was looked at",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30),
)
TIMERS_DUE = Gauge("liftline_timers_due", "Lifts looked at in the last round")
TRANSITIONS = Counter(
    "liftline_incident_transitions_total",
    "Changes of state that rules and time have made",
    ["from", "to", "reason"],
)
UNSEALED = Gauge("liftline_unsealed_entries", "Entries of records that are committed and not sealed yet")
POLICY_REFUSED = Gauge("liftline_policy_refused", "1 while the policy file holds a mistake and an older policy runs")
TIMER_FAILURES = Counter("liftline_timer_failures_total", "Lifts whose look failed and is tried again")
FAILING = Gauge("liftline_failing", "What failed, stands behind the others, and is tried again", ["work"])

Transition = tuple[str, str, str]
"""From (empty for a new incident), to, reason."""


def count(transitions: Iterable[Transition]) -> None:
    """Count changes of state; call it after the commit, never before."""
    for before, after, reason in transitions:
        TRANSITIONS.labels(before, after, reason).inc()
