"""What Mosquitto tells of its queue, and when that is worth a warning. Pure: it is given what was heard, and the time.

Above its limits Mosquitto drops messages that it has acknowledged to the lift, and tells nobody but its `$SYS` topics
(mosquitto 2.0; published every `sys_interval`, most of them only when they have changed):

- `store/messages/count` and `bytes`: messages that it holds, retained ones included, each once however many sessions
  wait for it. Without the retained ones that is at least as much as the longest queue, which the limits are for.
- `publish/messages/dropped`: since the broker's start, for every session there.
- `uptime`: changes every time, so it shows that the others still hold.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

_ROOT = "$SYS/broker"
UPTIME = f"{_ROOT}/uptime"
STORED = f"{_ROOT}/store/messages/count"
STORED_BYTES = f"{_ROOT}/store/messages/bytes"
RETAINED = f"{_ROOT}/retained messages/count"
DROPPED = f"{_ROOT}/publish/messages/dropped"
FILTERS = (UPTIME, STORED, STORED_BYTES, RETAINED, DROPPED)

FULL = 0.8  # of a limit
RECENT = timedelta(minutes=10)
TOLD = timedelta(seconds=60)  # what the broker said holds no longer than this after its last sign


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the broker keeps for one session that is away; 0: everything."""

    messages: int
    size: int  # bytes


class Watch:
    """The broker's figures, as far as they are known."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._figures: dict[str, int] = {}
        self._told_at: datetime | None = None
        self._grown: deque[tuple[datetime, int]] = deque()  # when drops were seen, and how many

    def heard(self, topic: str, payload: bytes, now: datetime) -> int:
        """Take a figure; returns how many dropped messages are new.

        The first count of drops is new as a whole: they happened while nobody looked, and that may have been the
        minutes in which the intake was away.
        """
        if topic not in FILTERS:
            return 0
        self._told_at = now
        if topic == UPTIME:
            return 0
        try:
            figure = int(payload)
        except ValueError:
            return 0
        before, self._figures[topic] = self._figures.get(topic, 0), figure
        if topic != DROPPED:
            return 0
        fresh = figure - before if figure >= before else figure  # smaller: the broker was restarted
        if fresh > 0:
            self._grown.append((now, fresh))
        return max(fresh, 0)

    def queued(self, now: datetime) -> int | None:
        """Messages that wait for somebody; None: the broker does not tell."""
        if self._told_at is None or now - self._told_at > TOLD or STORED not in self._figures:
            return None
        return max(0, self._figures[STORED] - self._figures.get(RETAINED, 0))

    def fill(self, now: datetime) -> float | None:
        """How full the queue is, by the limit that is nearer; 1 is where dropping begins."""
        queued = self.queued(now)
        if queued is None:
            return None
        messages = queued / self._limits.messages if self._limits.messages else 0.0
        size = self._figures.get(STORED_BYTES, 0) / self._limits.size if self._limits.size else 0.0
        return max(messages, size)

    def troubles(self, now: datetime) -> dict[str, str]:
        """What people should look at, by a name that stays while the figures change: one sentence each."""
        found: dict[str, str] = {}
        fill = self.fill(now)
        if fill is not None and fill > FULL:
            found["queue_full"] = (
                f"the broker's queue is {fill:.0%} full ({self.queued(now)} messages wait); full, it drops messages"
            )
        while self._grown and now - self._grown[0][0] > RECENT:
            self._grown.popleft()
        if self._grown:
            dropped = sum(number for _, number in self._grown)
            minutes = int(RECENT.total_seconds() // 60)
            found["dropped"] = (
                f"the broker dropped {dropped} messages, seen within the last {minutes} min: they are lost"
            )
        return found
