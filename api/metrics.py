"""The figures of the HTTP interface, by the names of contract section 9; one set for each application."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)

_ALARM_BUCKETS = (0.05, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30)


class Metrics:
    """Figures in a registry of their own, so that several applications may live in one process (tests)."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.open_incidents = Gauge(
            "liftline_incidents_open", "Incidents that are open", ["kind", "priority"], registry=self.registry
        )
        self.lifts_online = Gauge("liftline_lifts_online", "Lifts whose link is up", registry=self.registry)
        self.alarm_seconds = Histogram(
            "liftline_alarm_seconds", "From the receipt of an alarm to a stage of its way", ["stage"],
            buckets=_ALARM_BUCKETS, registry=self.registry,
        )  # fmt: skip
        self.alarm_seconds.labels("screen")
        self.transitions = Counter(
            "liftline_incident_transitions_total", "Changes of state by people, over HTTP", ["from", "to", "reason"],
            registry=self.registry,
        )  # fmt: skip
        self.requests = Counter(
            "liftline_http_requests_total", "Requests answered", ["method", "status"], registry=self.registry
        )
        self.clients = Gauge("liftline_stream_clients", "Consoles that listen to the stream", registry=self.registry)
        self.sent = Counter(
            "liftline_stream_events_total", "Events sent to consoles", ["event"], registry=self.registry
        )
        self.cut_off = Counter(
            "liftline_stream_cut_off_total", "Consoles cut off because they read too slowly", registry=self.registry
        )
