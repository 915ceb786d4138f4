"""Alarm buttons pressed at a low rate, and the time until the platform says that each alarm is on disk.

The clock is the device's: from the moment the event is handed to the socket to the moment its `ack` (contract,
section 3) has come back. As a controller does, an unanswered event is sent again every five seconds; the time counts
from the first sending.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

import mqtt5
import msgspec

from elevator import clock, topics, wire
from elevator.model import Event, LiftId
from simulators.flood import BOOT, lift_id
from simulators.publisher import Broker
from simulators.wireline import KEEP_ALIVE, Wireline

FIRST_LIFT = 9_000_000  # numbers of the lifts that only ring
LIFTS = 2_000  # so many of them, one after the other
REPEAT = 5.0  # s (contract, section 3)
PATIENCE = 30.0  # s for the last answers
_WAIT = 0.05  # s between two looks at what else there is to do


class _Ack(msgspec.Struct):
    """What of an `ack` says which press it answers."""

    boot: str
    seq: int


@dataclass(slots=True)
class _Press:
    """One that is not answered yet."""

    payload: bytes
    first: float
    last: float


class Presses:
    """Presses sent and answered on one connection."""

    def __init__(self, where: Broker, rate: float, seed: int) -> None:
        self.took_ms: list[float] = []
        self._line = Wireline(where, f"liftline-presses-{os.getpid()}")
        self._line.subscribe(topics.ack("+"))
        self._interval = 1 / rate
        self._rng = Random(seed)
        self._open: dict[tuple[str, int], _Press] = {}
        self._number = 0
        self._packet_id = 0
        self._due = self._pinged = time.monotonic()

    @property
    def unanswered(self) -> int:
        """How many presses have no answer."""
        return len(self._open)

    def run(self, stopped: Callable[[], bool], answered: Any) -> None:
        """Press until told to stop, then wait for the last answers; `answered.value` counts them for others."""
        deadline: float | None = None
        while self._open or deadline is None:
            now = time.monotonic()
            if deadline is None and stopped():
                deadline = now + PATIENCE
            if deadline is not None and now > deadline:
                return
            if deadline is None and now >= self._due:
                self._press()
                # never in step with anything: the wait is 0.5 to 1.5 intervals
                self._due = max(self._due, now - self._interval) + self._interval * self._rng.uniform(0.5, 1.5)
            self._repeat(now)
            self._listen(_WAIT if deadline is not None else min(_WAIT, self._due - time.monotonic()))
            answered.value = len(self.took_ms)
        self._line.close()

    def _press(self) -> None:
        lift = lift_id(FIRST_LIFT + self._number % LIFTS)
        event = Event(ts=clock.now_ms(), seq=self._number, boot=BOOT, code="alarm_button", active=True)
        self._number += 1
        now = time.monotonic()
        press = self._open[(lift, event.seq)] = _Press(wire.encode(event), now, now)
        self._send(lift, press.payload)

    def _repeat(self, now: float) -> None:
        for (lift, _), press in self._open.items():
            if now - press.last >= REPEAT:
                press.last = now
                self._send(lift, press.payload)
        if now - self._pinged > KEEP_ALIVE / 2:
            self._pinged = now
            self._line.send(mqtt5.PingReqPacket())

    def _send(self, lift: str, payload: bytes) -> None:
        self._packet_id = self._packet_id % 60_000 + 1
        topic = topics.event(LiftId(lift))
        self._line.send(mqtt5.PublishPacket(topic, payload, qos=mqtt5.QoS.AT_LEAST_ONCE, packet_id=self._packet_id))

    def _listen(self, wait_s: float) -> None:
        for packet in self._line.packets(wait_s):
            if not isinstance(packet, mqtt5.PublishPacket):
                continue
            now = time.monotonic()
            answer = msgspec.json.decode(packet.payload, type=_Ack)
            press = self._open.pop((packet.topic.split("/")[2], answer.seq), None)
            if press is not None:
                self.took_ms.append((now - press.first) * 1000)
            if packet.packet_id is not None:
                self._line.send(mqtt5.PubAckPacket(packet.packet_id))
