"""Lifts that tell all they do to the ledger: telemetry, events, links, rubbish, and alarms repeated until `ack`."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

import aiomqtt

from deploy.chaos.ledger import Entry, Ledger, What
from deploy.chaos.verdict import digest
from deploy.ports import LOOPBACK
from elevator import clock, topics

_CONNECTIONS = 4  # each carries its part of the lifts; in the order of one lift nothing changes
_RETRY = 0.1  # s
_PATIENCE = 5.0  # s for the broker's answer
_quiet = logging.getLogger("liftline.chaos.mqtt")  # the client's own words about connections that we cut
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How much is published."""

    lifts: int = 120
    period: float = 0.5  # s between two messages of a lift
    alarm_period: float = 1.0  # s between two alarms, each of a lift of its own
    repeat: float = 5.0  # s after which a controller repeats an alarm (contract section 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is published, and what must come of it."""

    topic: str
    payload: bytes
    entries: tuple[Entry, ...]
    retain: bool = False


class Lifts:
    """See the head of this file; lives in one event loop."""

    def __init__(self, port: Callable[[], int], ledger: Ledger, load: Load, *, seed: int) -> None:
        self._paused = False
        self._telling: set[str] = set()  # lifts whose message the broker has not taken yet
        self._port = port
        self._ledger = ledger
        self._load = load
        self._random = Random(seed)  # noqa: S311 - repeatable on purpose
        self._boot = f"{seed:x}"[:8]
        self._seq: dict[str, int] = {}
        self._alarms: aiomqtt.Client | None = None
        self._answers: dict[tuple[str, str, int], asyncio.Event] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Publish until `stop`."""
        names = [f"T-{number}" for number in range(self._load.lifts)]
        async with asyncio.TaskGroup() as tasks:
            keeping = tasks.create_task(self._ledger.keep(stop), name="ledger")
            working = [
                tasks.create_task(self._tell(names[part::_CONNECTIONS]), name=f"lifts {part}")
                for part in range(_CONNECTIONS)
            ]
            working.append(tasks.create_task(self._listen(), name="answers"))
            working.append(tasks.create_task(self._ring(tasks), name="alarms"))
            await stop.wait()
            for task in working:
                task.cancel()
            await asyncio.wait(working)
            for waiting in list(self._answers.values()):
                waiting.set()
            await keeping

    async def pause(self, *, paused: bool) -> None:
        """Say nothing new; what was begun goes on, and `busy` tells of it."""
        self._paused = paused

    def busy(self) -> list[str]:
        """Lifts whose message waits for its PUBACK or whose alarm waits for its `ack`."""
        return [*self._telling.copy(), *(lift_id for lift_id, _, _ in list(self._answers))]

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[aiomqtt.Client]:
        async with aiomqtt.Client(
            LOOPBACK, self._port(), protocol=aiomqtt.ProtocolVersion.V5, timeout=_PATIENCE, logger=_quiet
        ) as client:
            yield client

    async def _tell(self, names: list[str]) -> None:
        """Telemetry and its kin of some lifts: one message each in a round, until the broker has taken all."""
        waiting: list[Message] = []
        while True:
            try:
                async with self._client() as client:
                    while True:
                        began = asyncio.get_running_loop().time()
                        if not waiting and not self._paused:
                            waiting = [self._message(name) for name in names]
                            self._telling.update(names)
                        taken = await asyncio.gather(*(self._publish(client, message) for message in waiting))
                        waiting = [message for message, was in zip(waiting, taken, strict=True) if not was]
                        if waiting:
                            break  # on a new connection
                        self._telling.difference_update(names)
                        await asyncio.sleep(max(0.01, began + self._load.period - asyncio.get_running_loop().time()))
            except aiomqtt.MqttError:
                pass
            await asyncio.sleep(_RETRY)

    async def _publish(self, client: aiomqtt.Client, message: Message) -> bool:
        """Whether the broker took it."""
        self._ledger.sending(message.entries)
        try:
            await client.publish(message.topic, message.payload, qos=1, retain=message.retain)
        except (aiomqtt.MqttError, ValueError):  # ValueError: the client is gone already
            return False
        self._ledger.puback(message.entries)
        return True

    async def _listen(self) -> None:
        """Hear the platform's answers, and carry the alarms."""
        while True:
            try:
                async with self._client() as client:
                    await client.subscribe(topics.ack("+"), qos=1)
                    self._alarms = client
                    async for message in client.messages:
                        self._hear(str(message.topic).split("/")[2], json.loads(bytes(message.payload)))
            except aiomqtt.MqttError:
                pass
            finally:
                self._alarms = None
            await asyncio.sleep(_RETRY)

    def _hear(self, lift_id: str, answer: dict[str, Any]) -> None:
        key = (lift_id, answer["boot"], answer["seq"])
        self._ledger.told[key] = answer["incident"]
        if (waiting := self._answers.get(key)) is not None:
            waiting.set()

    async def _ring(self, tasks: asyncio.TaskGroup) -> None:
        number = 0
        while True:
            if not self._paused:
                lift_id = f"A-{self._boot}-{number}"
                answered = self._answers[lift_id, self._boot, 0] = asyncio.Event()
                tasks.create_task(self._alarm(lift_id, answered), name="alarm")
                number += 1
            await asyncio.sleep(self._load.alarm_period)

    async def _alarm(self, lift_id: str, answered: asyncio.Event) -> None:
        """Repeat an alarm until its answer came: same boot, same seq, same time."""
        entry = Entry(What.ALARM, lift_id, self._boot, 0, clock.now_ms())
        body = {"ts": entry.ts, "seq": 0, "boot": self._boot, "code": "entrapment", "active": True}
        message = Message(topic=topics.event(lift_id), payload=json.dumps(body).encode(), entries=(entry,))
        while not answered.is_set():
            client = self._alarms
            taken = client is not None and await self._publish(client, message)
            try:
                await asyncio.wait_for(answered.wait(), self._load.repeat if taken else _RETRY)
            except TimeoutError:
                continue
        del self._answers[lift_id, self._boot, 0]

    def _message(self, lift_id: str) -> Message:
        chance = self._random.random()
        if chance < 0.90:
            return self._telemetry(lift_id, number=1 if chance < 0.80 else self._random.randint(2, 5))
        if chance < 0.94:
            seq, ts = self._next(f"{lift_id}/event"), clock.now_ms()
            body = {"ts": ts, "seq": seq, "boot": self._boot, "code": "door_held", "active": seq % 2 == 0}
            entry = Entry(What.EVENT, lift_id, self._boot, seq, ts)
            return Message(topic=topics.event(lift_id), payload=json.dumps(body).encode(), entries=(entry,))
        if chance < 0.97:
            ts = clock.now_ms()
            entry = Entry(What.LINK, lift_id, "", 0, ts)
            payload = json.dumps({"online": True, "ts": ts, "interval": 30}).encode()
            return Message(topic=topics.link(lift_id), payload=payload, entries=(entry,), retain=True)
        rubbish = b"\xff no sample %d" % self._next("rubbish")
        entry = Entry(What.BAD, lift_id, digest(rubbish), 0, 0)
        return Message(topic=topics.telemetry(lift_id), payload=rubbish, entries=(entry,))

    def _telemetry(self, lift_id: str, *, number: int) -> Message:
        samples = []
        entries = []
        for _ in range(number):
            seq, ts = self._next(f"{lift_id}/telemetry"), clock.now_ms()
            samples.append({
                "ts": ts, "seq": seq, "boot": self._boot, "mode": "normal", "floor": str(seq % 30), "moving": False,
                "door_zone": True, "door": "closed", "occupied": False,
            })  # fmt: skip
            entries.append(Entry(What.SAMPLE, lift_id, self._boot, seq, ts))
        payload = json.dumps(samples if number > 1 else samples[0]).encode()
        return Message(topic=topics.telemetry(lift_id), payload=payload, entries=tuple(entries))

    def _next(self, counter: str) -> int:
        number = self._seq.get(counter, 0)
        self._seq[counter] = number + 1
        return number
