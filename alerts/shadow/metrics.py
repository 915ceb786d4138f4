"""The shadow's figures."""

from prometheus_client import Counter, Gauge

LAG = Gauge("liftline_shadow_lag_seconds", "How far behind the present the tried policy hears")
ROWS = Counter("liftline_shadow_rows_total", "Rows that the tried policy has heard")
MISSED = Counter("liftline_shadow_missed_rows_total", "Rows that came to disk when their time had been passed")
INCIDENTS = Counter("liftline_shadow_incidents_total", "Incidents that the tried policy would have opened", ["kind"])
