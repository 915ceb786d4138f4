"""`liftline record`: what lifts say, from the broker into a file, beside the platform and without disturbing it.

A session of its own, under a client id of its own, that ends with its connection: the broker queues nothing for us
once we are gone. Messages are acknowledged as they come, and wait in a bounded inbox for the file. What is missed (the
broker is away, the disk is slower than the lifts) stands in the file as a gap or a number.
"""

import asyncio
import contextlib
import secrets
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, cast

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from deploy.tape.file import RecordingError, Writer
from deploy.tape.format import Gap, Heard, Message
from elevator import clock, service, topics
from elevator.broker import Access, failure
from elevator.errors import TransientError
from elevator.settings import Settings

FILTERS = (f"{topics.PREFIX}/+/telemetry", *topics.RAW_LANE, *topics.ALARM_LANE)  # none overlaps another
ENDS = "the recording ends"
INBOX = 50_000  # messages that wait for the file; beyond, they are counted and dropped
_WINDOW = 1000  # unacknowledged messages that the broker may send
_FLUSH = 1.0  # s: what a sudden end may cost
_RETRY = (0.5, 10.0)  # s before the first and at most before a later new attempt
_TELL = 5.0  # s between two lines of progress


class Inbox(asyncio.Queue[aiomqtt.Message]):
    """Counts what it has no room for."""

    lost = 0

    def put_nowait(self, item: aiomqtt.Message) -> None:
        """Take a message, or count it as lost."""
        try:
            super().put_nowait(item)
        except asyncio.QueueFull:
            self.lost += 1


@dataclass(slots=True, kw_only=True)
class Recorder:
    """One session of recording."""

    way: Access
    writer: Writer
    lifts: tuple[str, ...] = ()  # ids, or patterns with * and ?; none: all
    seconds: float | None = None
    inbox: int = INBOX
    say: Callable[[str], None] = lambda _: None
    messages: int = 0
    lost: int = 0
    gaps: int = 0
    listening: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, stop: asyncio.Event) -> None:
        """Record until `stop`, or until the time is over.

        Raises:
            TransientError: the broker cannot be reached at the start.
            RecordingError: the file cannot be written.
        """
        tasks = [
            asyncio.create_task(work, name=name)
            for name, work in (("reading", self._read()), ("flushing", self._flush()), ("stop", stop.wait()))
        ]
        try:
            done, _ = await asyncio.wait(tasks, timeout=self.seconds, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                await task
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            if self.listening.is_set():
                self.writer.add(Gap(clock.now_ms(), ENDS))

    async def _read(self) -> None:
        pause, heard = _RETRY[0], False
        while True:
            try:
                await self._session(again=heard)
            except (aiomqtt.MqttError, OSError) as error:
                if not self.listening.is_set() and not heard:
                    raise TransientError(f"the broker cannot be reached: {failure(error)}") from error
                if self.listening.is_set():
                    self.listening.clear()
                    self.gaps += 1
                    self.writer.add(Gap(clock.now_ms(), failure(error)))
                    self.say(f"the broker is away: {failure(error)}")
                    pause = _RETRY[0]
                heard = True
            await asyncio.sleep(pause)
            pause = min(pause * 2, _RETRY[1])

    async def _session(self, *, again: bool) -> None:
        """One connection, until it is lost."""
        inboxes: list[Inbox] = []

        def inbox(maxsize: int = 0) -> Inbox:
            inboxes.append(Inbox(maxsize))
            return inboxes[-1]

        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.ReceiveMaximum = _WINDOW
        async with aiomqtt.Client(
            self.way.host, self.way.port, username=self.way.username, password=self.way.password,
            tls_context=self.way.tls, protocol=aiomqtt.ProtocolVersion.V5, clean_start=True, properties=properties,
            identifier=f"liftline-record-{secrets.token_hex(4)}", queue_type=cast("Any", inbox),
            max_queued_incoming_messages=self.inbox,
        ) as client:  # fmt: skip
            if again:
                self.writer.add(Heard(clock.now_ms()))
            await client.subscribe([(one, 1) for one in filters(self.lifts)])
            self.listening.set()
            async for message in client.messages:
                self._take(message, inboxes[0])

    def _take(self, message: aiomqtt.Message, inbox: Inbox) -> None:
        if inbox.lost:
            self.writer.add(Heard(clock.now_ms(), inbox.lost))
            self.lost, inbox.lost = self.lost + inbox.lost, 0
        topic = str(message.topic)
        if not wanted(topic, self.lifts):
            return
        self.messages += 1
        payload = message.payload if isinstance(message.payload, bytes) else bytes(message.payload or b"")
        self.writer.add(Message(clock.now_ms(), topic, payload, bool(message.retain)))

    async def _flush(self) -> None:
        told = 0.0
        while True:
            await asyncio.sleep(_FLUSH)
            self.writer.flush()
            told += _FLUSH
            if told >= _TELL:
                told = 0.0
                self.say(self.progress())

    def progress(self) -> str:
        """What was done until now, in a line."""
        troubles = "".join(f", {count} {word}" for count, word in ((self.gaps, "gaps"), (self.lost, "lost")) if count)
        nothing = "" if self.messages else "; may this user read lift/v1/+/telemetry? A broker does not say"
        return f"{self.messages} messages, {self.writer.size / 1024:.0f} KiB{troubles}{nothing}"


def filters(lifts: Iterable[str]) -> list[str]:
    """What to subscribe to: only the lifts asked for, where each is named in full."""
    asked = list(lifts)
    if not asked or any(not topics.LIFT_ID.fullmatch(one) for one in asked):
        return list(FILTERS)
    return [one.replace("+", lift, 1) for lift in asked for one in FILTERS]


def wanted(topic: str, lifts: Iterable[str]) -> bool:
    """Whether a topic is one of these lifts'; without lifts, any."""
    asked = tuple(lifts)
    if not asked:
        return True
    parts = topic.split("/")
    return len(parts) > 2 and any(fnmatchcase(parts[2], one) for one in asked)


def run(settings: Settings, path: Path, *, lifts: Iterable[str], seconds: float | None) -> int:
    """Record from the configured broker into `path`; what was done is told on standard error."""
    way = settings.need_access()

    def say(text: str) -> None:
        print(f"liftline record: {text}", file=sys.stderr, flush=True)

    async def work(stop: asyncio.Event) -> None:
        with Writer(path, at=clock.now_ms()) as writer:
            if writer.mended:
                say(f"{path} had been cut off: its last {writer.mended} bytes were mended")
            recorder = Recorder(way=way, writer=writer, lifts=tuple(lifts), seconds=seconds, say=say)
            try:
                await recorder.run(stop)
            finally:
                with contextlib.suppress(RecordingError):  # told already if it is what ended us
                    writer.flush()
                say(f"{path}: {recorder.progress()}")

    return service.run("record", work, log_format=settings.log_format)
