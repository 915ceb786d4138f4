"""What is held between broker and database: the inbox and the acknowledgement window. Pure bookkeeping.

Natural batching: whoever flushes takes everything that came during its last flush, up to a limit. An idle lane
flushes a single message at once, a busy one in ever larger batches, and no timer delays anything.
"""

from collections import deque
from collections.abc import Iterable, Sequence

from ingest.subscriber import Message

# What one message costs beside its payload: topic, struct, deque slot.
_OVERHEAD = 256  # bytes


class Inbox:
    """Messages read ahead of the pipeline, bounded by number and bytes."""

    def __init__(self, *, messages: int, size: int, batch_messages: int, batch_size: int) -> None:
        self._messages = messages
        self._size = size
        self._batch_messages = batch_messages
        self._batch_size = batch_size
        self._waiting: deque[Message] = deque()
        self._held = 0

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def full(self) -> bool:
        """Whether reading on should wait."""
        return len(self._waiting) >= self._messages or self._held >= self._size

    @property
    def roomy(self) -> bool:
        """Whether reading may go on; half the limit, so that a full inbox does not stutter."""
        return len(self._waiting) * 2 <= self._messages and self._held * 2 <= self._size

    def put(self, messages: Iterable[Message]) -> None:
        """Add what came; never refuses, `full` says when to stop reading."""
        for message in messages:
            self._waiting.append(message)
            self._held += len(message.payload) + _OVERHEAD

    def take(self) -> list[Message]:
        """The next batch in order of arrival: everything, up to the batch's limits, at least one if there is any."""
        batch: list[Message] = []
        size = 0
        while self._waiting and len(batch) < self._batch_messages:
            cost = len(self._waiting[0].payload) + _OVERHEAD
            if batch and size + cost > self._batch_size:
                break
            batch.append(self._waiting.popleft())
            size += cost
        self._held -= size
        return batch


class Window:
    """Deliveries of one connection that wait for their acknowledgement, in order (MQTT 5, 4.6).

    Invariants: a packet id is given out only after every delivery under it was committed, at most once per
    delivery, in the order of delivery, and never for another epoch.
    """

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch
        # packet id → commits still missing; a dict keeps the order of delivery
        self._open: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._open)

    def delivered(self, packet_id: int) -> None:
        """A message came. A broker that repeats an id before our answer (it must not) waits for both commits."""
        self._open[packet_id] = self._open.pop(packet_id, 0) + 1

    def committed(self, epoch: int, packet_ids: Sequence[int]) -> list[int]:
        """The messages are on disk; returns the ids to acknowledge now, in order."""
        if epoch != self.epoch:
            return []
        waiting = self._open
        for packet_id in packet_ids:
            missing = waiting.get(packet_id, 0)
            if missing > 0:
                waiting[packet_id] = missing - 1
        ready: list[int] = []
        for packet_id, missing in waiting.items():
            if missing:
                break
            ready.append(packet_id)
        for packet_id in ready:
            del waiting[packet_id]
        return ready
