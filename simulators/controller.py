"""What a lift's controller says on the line, and when: samples, events, alarms until they are answered, replays.

It talks like a real one (contract 2 and 3) and does no I/O: the publisher tells it that the line is up or down and
what arrived, and sends what it answers with. All times are the controller's own real milliseconds, not the
simulation's: the platform it talks to lives in real time.

- A sample goes out on every change, once a second while the car moves, and at least every `interval`.
- An alarm event is repeated, byte for byte, every 5 s until its `ack` is here.
- Without a line everything is kept (`BUFFER` items, the oldest telemetry goes first) and sent later as `replay`.
- After a power cycle there is a new `boot`, and what was buffered is gone.
"""

from collections import deque
from dataclasses import dataclass

import msgspec

from elevator import wire
from elevator.faults import ALARM_BUTTON, ALARMS
from elevator.model import Event, Link, Sample
from elevator.topics import Kind
from simulators.shaft import Reading
from simulators.trouble import PRESSES, Press

REPEAT = 5_000  # ms between repeats of an unanswered alarm (contract 3)
MOVING = 1_000  # ms between samples of a moving car
BUFFER = 5_000  # samples and events kept without a line
BATCH = 100  # items in one message (contract 2)
FIRMWARE = "liftline-sim 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to publish; `items` are what it holds, so that it can be kept if it is not delivered."""

    kind: Kind
    items: tuple[Sample | Event | Link, ...]
    retain: bool = False

    @property
    def payload(self) -> bytes:
        """The bytes on the wire."""
        if len(self.items) == 1:
            return wire.encode(self.items[0])
        return b"[" + b",".join(map(wire.encode, self.items)) + b"]"


@dataclass(slots=True, kw_only=True)
class Senses:
    """Which sensors the lift has, and which of them tell the truth."""

    presence: bool = True  # a person sensor
    counts: bool = False  # it counts people
    occupied_stuck: bool = False
    zone_lost: bool = False


@dataclass(slots=True)
class _Alarm:
    """An alarm event that the platform has not answered yet."""

    event: Event
    again_at: int


class Controller:
    """One controller's memory of what it said."""

    def __init__(self, *, run: str, interval: int, senses: Senses) -> None:
        self.senses = senses
        self.offset = 0  # ms by which the lift's own clock is wrong
        self.hung = False
        self.online = False
        self._run, self._boots = run, 0
        self._interval = interval
        self._start()

    def _start(self) -> None:
        self._boots += 1
        self.boot = f"{self._run}.{self._boots}"
        self._seq = {Kind.TELEMETRY: 0, Kind.EVENT: 0}
        self._said: tuple[object, ...] | None = None
        self._sample_at = 0
        self._codes: tuple[str, ...] = ()
        self._alarms: list[_Alarm] = []
        self._presses: list[tuple[int, bool]] = []
        self._kept: deque[Sample | Event] = deque(maxlen=BUFFER)
        self._last: Sample | None = None
        self.pressed = False

    # What happens to it

    def restart(self) -> None:
        """Power comes back to a controller that had lost it; its line has to be made anew."""
        self.online = False
        self._start()

    def press(self, how: Press, now_ms: int, *, after: float = 0.0) -> None:
        """Somebody will press the alarm button `after` real seconds from now."""
        begins = now_ms + round(after * 1000)
        for down, up in PRESSES[how]:
            self._presses += [(begins + round(down * 1000), True), (begins + round(up * 1000), False)]
        self._presses.sort()

    def connected(self, now_ms: int) -> list[Message]:
        """The line is up: say so, repeat what nobody answered, tell how things stand, then what was missed."""
        self.online = True
        link = Link(online=True, ts=now_ms + self.offset, interval=self._interval, firmware=FIRMWARE, boot=self.boot)
        said = [Message(kind=Kind.LINK, items=(link,), retain=True), *self._repeat(now_ms, everything=True)]
        if self._last:
            fresh = msgspec.structs.replace(self._last, ts=now_ms + self.offset, seq=self._next(Kind.TELEMETRY))
            said.append(Message(kind=Kind.TELEMETRY, items=(fresh,)))
        return said + self._replay()

    def lost(self, undelivered: list[Message], now_ms: int) -> None:
        """The line is down; `undelivered` is what the broker had not confirmed."""
        self.online = False
        for message in undelivered:
            self._keep([item for item in message.items if not isinstance(item, Link)])
        for alarm in self._alarms:
            alarm.event, alarm.again_at = msgspec.structs.replace(alarm.event, replay=True), now_ms

    def acknowledged(self, payload: bytes) -> bool:
        """An `ack` arrived; true if it answered something that was waiting."""
        try:
            said = msgspec.json.decode(payload)
            key = (said["boot"], said["seq"], said["code"])
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError, TypeError):
            return False
        before = len(self._alarms)
        self._alarms = [a for a in self._alarms if (a.event.boot, a.event.seq, a.event.code) != key]
        return len(self._alarms) < before

    @property
    def unanswered(self) -> int:
        """How many alarm events still wait for their `ack`."""
        return len(self._alarms)

    @property
    def kept(self) -> int:
        """How much waits in the store-and-forward buffer."""
        return len(self._kept)

    # What it says

    def tick(self, reading: Reading, now_ms: int) -> list[Message]:
        """What is to be sent now; while the line is down it is kept instead."""
        if self.hung:
            return []
        events = self._events(reading, now_ms)
        said = [Message(kind=Kind.EVENT, items=(event,)) for event in events]
        if self.online:
            said += self._repeat(now_ms)
        self._alarms += [_Alarm(event, now_ms + REPEAT) for event in events if event.code in ALARMS]
        sample = self._sample(reading, now_ms)
        if sample:
            said.append(Message(kind=Kind.TELEMETRY, items=(sample,)))
        if self.online:
            return said
        for message in said:
            self._keep([item for item in message.items if not isinstance(item, Link)])
        for alarm in self._alarms:
            alarm.event = msgspec.structs.replace(alarm.event, replay=True)
        return []

    def _events(self, reading: Reading, now_ms: int) -> list[Event]:
        codes = self._all_codes(reading)
        changes = [(code, False) for code in self._codes if code not in codes]
        changes += [(code, True) for code in codes if code not in self._codes]
        self._codes = codes
        while self._presses and self._presses[0][0] <= now_ms:
            self.pressed = self._presses.pop(0)[1]
            changes.append((ALARM_BUTTON, self.pressed))
        return [
            Event(ts=now_ms + self.offset, seq=self._next(Kind.EVENT), boot=self.boot, code=code, active=active)
            for code, active in changes
        ]

    def _all_codes(self, reading: Reading) -> tuple[str, ...]:
        return (*reading.codes, "sensor_fault") if self.senses.zone_lost else reading.codes

    def _sample(self, reading: Reading, now_ms: int) -> Sample | None:
        senses = self.senses
        occupied = (senses.occupied_stuck or reading.persons > 0) if senses.presence else None
        people = reading.persons if senses.counts and senses.presence else None
        zone = None if senses.zone_lost else reading.door_zone
        said = (
            reading.mode, reading.floor, reading.moving, zone, reading.door, reading.direction, occupied, people,
            reading.power, reading.door_command, reading.car_calls, self._codes,
        )  # fmt: skip
        since = now_ms - self._sample_at
        due = since >= self._interval * 1000 or (reading.moving and since >= MOVING) or since < 0
        if said == self._said and not due:
            return None
        self._said, self._sample_at = said, now_ms
        self._last = Sample(
            ts=now_ms + self.offset,
            seq=self._next(Kind.TELEMETRY),
            boot=self.boot,
            mode=reading.mode,
            floor=reading.floor,
            moving=reading.moving,
            door_zone=zone,
            door=reading.door,
            direction=reading.direction,
            speed=reading.speed,
            position=reading.position,
            occupied=occupied,
            people=people,
            load=reading.load,
            power=reading.power,
            door_command=reading.door_command,
            car_calls=reading.car_calls,
            faults=list(self._codes),
            trips=reading.trips,
            running_hours=reading.running_hours,
        )
        return self._last

    def _next(self, kind: Kind) -> int:
        seq = self._seq[kind]
        self._seq[kind] += 1
        return seq

    def _repeat(self, now_ms: int, *, everything: bool = False) -> list[Message]:
        """The alarms nobody answered, byte for byte."""
        due = [alarm for alarm in self._alarms if everything or alarm.again_at <= now_ms]
        for alarm in due:
            alarm.again_at = now_ms + REPEAT
        return [Message(kind=Kind.EVENT, items=(alarm.event,)) for alarm in due]

    def _keep(self, items: list[Sample] | list[Event] | list[Sample | Event]) -> None:
        """Put into the buffer what is not repeated anyway."""
        waiting = {alarm.event.seq for alarm in self._alarms}
        self._kept.extend(
            msgspec.structs.replace(item, replay=True)
            for item in items
            if isinstance(item, Sample) or item.code not in ALARMS or item.seq not in waiting
        )

    def _replay(self) -> list[Message]:
        """The whole buffer, oldest first, samples and events each on their topic."""
        samples = sorted((i for i in self._kept if isinstance(i, Sample)), key=lambda i: i.seq)
        events = sorted((i for i in self._kept if isinstance(i, Event)), key=lambda i: i.seq)
        self._kept.clear()
        return [
            *(Message(kind=Kind.EVENT, items=tuple(events[i : i + BATCH])) for i in range(0, len(events), BATCH)),
            *(Message(kind=Kind.TELEMETRY, items=tuple(samples[i : i + BATCH])) for i in range(0, len(samples), BATCH)),
        ]
