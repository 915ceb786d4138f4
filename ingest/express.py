"""The short way of telemetry: messages of lifts whose memory this process keeps, in order, with nothing to decide.

For one batch: `take` reads what it can and answers what must take the long way (`normalise` and `alerts.desk`). All
messages of one lift in one batch go the same way, so they are never reordered: the first that cannot go short takes the
lift's others with it. In the transaction, `spill` gives back the lifts about which somebody else has decided meanwhile.

A lift that floods is thinned here, in its history only (contract 2.8): above `FLOOD` samples a second, one that repeats
the state before it is heard but not stored.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from alerts.cache import Cache, Known
from alerts.memory import FLOODS, note
from elevator import topics, wire
from elevator.errors import WireError
from elevator.model import Sample
from elevator.storage import plan
from elevator.topics import Kind
from ingest import rows
from ingest.subscriber import Message
from ingest.way import Way

FLOOD = 20  # samples a second; a controller sends on every change, and no car changes so often for long
_MOST_TOPICS = 200_000
_MS = timedelta(milliseconds=1)
_SLICE = 40  # messages read before the other lane may run


Read = tuple[Message, Known, bytes, Sequence[int]]
"""One message on the short way: its lift, its rows as COPY takes them, and the time of each (ms, the lift's clock).

Without rows it was thinned. A plain tuple: there is one for every message.
"""


class Express:
    """What takes the short way, batch by batch."""

    def __init__(self, cache: Cache, way: Way, kept: timedelta) -> None:
        self.cache = cache
        self._oldest, self._newest = kept // _MS, plan.CLOCK_AHEAD // _MS  # a clock further off makes a stray
        self._way = way
        self.read: list[Read] = []
        self._topics: dict[str, str | None] = {}  # topic → lift_id where it is one of telemetry

    def rows(self) -> Iterator[bytes]:
        """What is to be stored."""
        return (packed for _, _, packed, _ in self.read)

    async def take(self, messages: Sequence[Message], *, hold: bool) -> list[Message]:
        """Read a batch; returns the messages that must take the long way, in their order."""
        cache, known_topics = self.cache, self._topics
        read = self.read = []
        rest: list[Message] = []
        slow: set[str] = set()
        mixed = False
        for start in range(0, len(messages), _SLICE):
            if start:
                await self._way.give()
            for message in messages[start : start + _SLICE]:
                topic = message.topic
                lift_id = known_topics[topic] if topic in known_topics else self._lift_of(topic)
                if lift_id is None or lift_id in slow:
                    rest.append(message)
                    continue
                known = cache.get(lift_id)
                taken = None if known is None or message.dup else self._read(known, message, hold=hold)
                if taken is not None:
                    read.append(taken)
                    continue
                rest.append(message)
                slow.add(lift_id)
                if known is not None:
                    mixed = mixed or lift_id in cache.touched
                    cache.forget((lift_id,))
        if not mixed:
            return rest
        self.read = [one for one in read if one[1].lift_id not in slow]
        short = {id(message) for message, *_ in self.read}
        return [message for message in messages if id(message) not in short]

    def _read(self, known: Known, message: Message, *, hold: bool) -> Read | None:
        if message.malformed is not None:
            return None
        samples = wire.read_plain(message.payload, known.facts.lift_class)
        if samples is None:
            return None
        first, last = samples[0].ts, samples[-1].ts
        if message.received_at_ms - first > self._oldest or last - message.received_at_ms > self._newest:
            return None
        now, hear, lift_no, mind = message.received_at_ms, self.cache.hear, known.lift_no, known.memory
        if len(samples) == 1:
            sample, before = samples[0], mind.sample
            if not hear(known, sample, now, hold=hold):
                return None
            second = now // 1000
            if second == known.second:
                known.in_second += 1
                if known.in_second > FLOOD and _repeats(sample, before):
                    note(known.memory, FLOODS)
                    return message, known, b"", ()
            else:
                known.second, known.in_second = second, 1
            return message, known, rows.pack(lift_no, sample, now, late=False), (sample.ts,)
        for sample in samples:
            if not hear(known, sample, now, hold=hold):
                return None
        packed = b"".join([rows.pack(lift_no, sample, now, late=False) for sample in samples])
        return message, known, packed, [sample.ts for sample in samples]

    def spill(self, stale: Iterable[int]) -> list[Message]:
        """Take back what was read of these lifts (by lift_no); returns their messages, in order."""
        lift_nos = set(stale)
        back = [(message, known) for message, known, *_ in self.read if known.lift_no in lift_nos]
        self.read = [one for one in self.read if one[1].lift_no not in lift_nos]
        self.cache.forget({known.lift_id for _, known in back})
        return [message for message, _ in back]

    def _lift_of(self, topic: str) -> str | None:
        try:
            parsed = topics.parse(topic)
        except WireError:
            return None
        if len(self._topics) >= _MOST_TOPICS:
            self._topics.clear()
        lift_id = self._topics[topic] = parsed.lift_id if parsed.kind is Kind.TELEMETRY else None
        return lift_id


def _repeats(sample: Sample, before: Sample | None) -> bool:
    """Whether nothing that the rules or people look at has changed; position, speed and the like may have."""
    return before is not None and all(getattr(sample, name) == getattr(before, name) for name in _STATE)


_STATE = (
    "mode", "floor", "moving", "door_zone", "door", "direction", "occupied", "people", "power", "safety_chain",
    "door_command", "car_calls", "faults",
)  # fmt: skip
