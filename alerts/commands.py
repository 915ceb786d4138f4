"""The only writer of incidents, seen from outside: people's actions, reports, unreadable alarms.

What the detector decides is written by `alerts.desk`. All of it runs inside a transaction of the caller's.
"""

from alerts.acting import Done, act, dispatch_first
from alerts.reports import Reported, quarantined, report, set_lift

__all__ = ["Done", "Reported", "act", "dispatch_first", "quarantined", "report", "set_lift"]
