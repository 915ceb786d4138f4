"""Since when a lane hears the present, not a queue: what silence is counted from (contract 5). Pure.

A lane is listening when it is connected and what the broker had queued for it has been read. The end of the queue
is known in two ways: nothing came for a moment, or a message came back that the lane had sent to itself after it
connected, which stands behind everything that was queued.
"""

from datetime import datetime, timedelta


class Listening:
    """The state of one lane."""

    def __init__(self) -> None:
        self._since: datetime | None = None
        self._reading_since: datetime | None = None  # connected, and working off the queue since then

    @property
    def since(self) -> datetime | None:
        """Since when the lane hears the present; None: it does not."""
        return self._since

    def lost(self) -> None:
        """Nothing can be read, or nothing can be stored."""
        self._since = self._reading_since = None

    def reading(self, now: datetime) -> None:
        """Messages flow, maybe old ones."""
        if self._since is None and self._reading_since is None:
            self._reading_since = now

    def caught_up(self, now: datetime) -> None:
        """The queue is read."""
        if self._since is None:
            self._since = now

    def hold(self, now: datetime, at_most: timedelta) -> bool:
        """Whether timers that fell due while we were away must wait for the queue to be read."""
        return self._since is None and self._reading_since is not None and now - self._reading_since < at_most
