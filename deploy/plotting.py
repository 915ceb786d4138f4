"""What everything that draws with matplotlib shares: it is an optional extra, and may not be there."""

from elevator.errors import LiftlineError


class NoPlotError(LiftlineError):
    """There is no matplotlib here."""
