"""`python -m tests.bench.short_way`: µs of the worker's own code for one message on the short way, step by step.

No broker, no database, no event loop's sockets: packets as they come from the broker are cut, put into the inbox, read,
decided and packed as rows of COPY, and acknowledged. A message that takes the long way only gives its lift a memory and is
not counted. The reference, in the same rounds, is what any consumer in Python must do: the codec reads each packet and
msgspec its payload. CPU time per batch of 2 000: the fastest twentieth, which a busy machine disturbs least, and the median.
"""

import argparse
import asyncio
import gc
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from statistics import median, quantiles

import mqtt5
import msgspec

from alerts import detector
from alerts.cache import Cache
from alerts.facts import Facts
from alerts.memory import Memory
from alerts.policy import Policy
from elevator import collector
from elevator.model import LiftClass, Sample
from elevator.topics import parse
from elevator.wire import decode_samples
from ingest import rows
from ingest.batch import Inbox, Window
from ingest.express import Express
from ingest.mqtt5_packets import Cutter
from ingest.subscriber import Message
from ingest.way import Way
from simulators.flood import Flood

BATCH = 2000
_CHUNK = 64 * 1024  # bytes of one read
_FACTS = Facts(lift_class=LiftClass.TRACTION, rated_speed=1.75)
_decoder = msgspec.json.Decoder(Sample)


class Short:
    """A worker without its broker and its database."""

    def __init__(self) -> None:
        self.policy = Policy()
        self.express = Express(Cache(self.policy), Way(), timedelta(days=90))
        self.cutter, self.window = Cutter(), Window(1)
        self.inbox = Inbox(messages=8000, size=32 << 20, batch_messages=BATCH, batch_size=4 << 20)
        self.minds: dict[str, Memory] = {}
        self.spent: Counter[str] = Counter()
        self.short = 0

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        began = time.process_time()
        yield
        self.spent[name] += time.process_time() - began

    async def batch(self, stream: bytes, now: int) -> None:
        """Carry the packets of one batch through."""
        for at in range(0, len(stream), _CHUNK):
            part = stream[at : at + _CHUNK]
            with self._step("packets"):
                messages = []
                for packet in self.cutter.feed(part):
                    assert isinstance(packet, mqtt5.PublishPacket)
                    assert packet.packet_id is not None
                    self.window.delivered(packet.packet_id)
                    messages.append(
                        Message(packet.topic, packet.payload, packet.duplicate, packet.retain, now, 1, packet.packet_id)
                    )
            with self._step("inbox"):
                self.inbox.put(messages)
        with self._step("inbox"):
            taken = self.inbox.take()
        with self._step("take"):
            rest = await self.express.take(taken, hold=False)
        with self._step("rows"):
            rows.copy_data(self.express.rows())
        self.short += len(taken) - len(rest)
        with self._step("done"):
            self.express.cache.done()
        with self._step("acknowledge"):
            self.window.committed(1, [one.packet_id for one in taken if one.packet_id is not None])
        for message in rest:
            self._long_way(message, now)

    def _long_way(self, message: Message, now: int) -> None:
        lift_id = parse(message.topic).lift_id
        mind = self.minds.setdefault(lift_id, Memory())
        for sample in decode_samples(message.payload, LiftClass.TRACTION).items:
            detector.observe(mind, _FACTS, sample, now=now, policy=self.policy)
        self.express.cache.keep(lift_id, lift_no=len(self.minds), facts=_FACTS, mind=mind, version=1, now=now)


def _reference(stream: bytes) -> float:
    began, view, at = time.process_time(), memoryview(stream), 0
    while at < len(stream):
        packet, size = mqtt5.read(view[at:])
        _decoder.decode(packet.payload)  # type: ignore[union-attr]
        at += size
    return time.process_time() - began


def measure(lifts: int, batches: int, pace: int) -> None:
    """Measure, and print."""
    gc.set_threshold(collector.YOUNG, 10, 1 << 30)
    short, flood, now = Short(), Flood(range(lifts)), 1_800_000_000_000
    for _ in range(2 * lifts // BATCH + 1):
        now += BATCH * 1000 // pace
        asyncio.run(short.batch(flood.take(BATCH, now), now))
    gc.collect()
    figures: dict[str, list[float]] = {}
    short.short = 0
    for _ in range(batches):
        short.spent.clear()
        now += BATCH * 1000 // pace
        stream = flood.take(BATCH, now)
        asyncio.run(short.batch(stream, now))
        short.spent["all"] = short.spent.total()
        short.spent["reference"] = _reference(stream)
        for name, spent in short.spent.items():
            figures.setdefault(name, []).append(spent / BATCH * 1e6)
    print(f"µs a message, {100 * short.short / batches / BATCH:.1f} % on the short way")
    fast = {name: quantiles(found, n=20)[0] for name, found in figures.items()}
    for name, found in figures.items():
        print(f"{name:12} {fast[name]:6.2f}   median {median(found):6.2f}   {fast[name] / fast['reference']:5.2f} ×")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lifts", type=int, default=10_000)
    parser.add_argument("--batches", type=int, default=150)
    parser.add_argument("--pace", type=int, default=30_000, help="messages a second, by the lifts' clocks")
    given = parser.parse_args()
    measure(given.lifts, given.batches, given.pace)
