"""What a large fleet says when nothing but its number matters: MQTT 5 packets made ahead, with four holes each.

A simulated car costs far more than a message. For measuring how much the platform takes, a lift plays a script of
samples written down once: it rests, opens, travels, opens again, as a real one does; one lift in fifty plays the script
with trouble in it, so that the rules have something to look at. Per message only the lift, the packet id, the time and
the number are put in. Nothing here touches a socket or a clock.
"""

from collections.abc import Iterable, Sequence

from elevator import topics, wire
from elevator.model import Direction, Door, DoorCommand, LiftId, Mode, Power, SafetyChain, Sample

BOOT = "5f3a90c1"
FIRST_SEQ = 1_000_000  # seven digits for as long as anyone measures: the holes must keep their width
TROUBLED = 50  # one lift in so many
MOST_IDS = 65_535
_TS = 1_000_000_000_000  # stands in the templates where the time goes
_LIFT = "0" * 20
_PUBLISH_QOS1 = b"\x32"
_TOP = 14  # the floor the script travels to
_STOREY = 3.2  # m
_IDS = [number.to_bytes(2, "big") for number in range(1, MOST_IDS + 1)] * 2  # twice, so that a slice may run over


def lift_id(number: int) -> str:
    """Twenty digits, as a Chinese registration code has (contract section 1)."""
    return f"4302{number:016d}"


def _rest(**changes: object) -> Sample:
    """A car at rest at the lowest landing, with what `changes` says different."""
    said: dict[str, object] = {
        "ts": _TS, "seq": FIRST_SEQ, "boot": BOOT, "mode": Mode.NORMAL, "floor": "1", "moving": False,
        "door_zone": True, "door": Door.CLOSED, "direction": Direction.NONE, "speed": 0.0, "position": 0.0,
        "occupied": False, "load": 0.0, "car_calls": 0,
    }  # fmt: skip
    return Sample(**{**said, **changes})  # type: ignore[arg-type]


def _door(floor: int, *, occupied: bool) -> list[Sample]:
    """The door opens, someone goes through it, it closes."""
    at = {"floor": str(floor), "position": round(_STOREY * (floor - 1), 2)}
    inside = {"occupied": occupied, "load": 140.0 if occupied else 0.0, "car_calls": 1 if occupied else 0}
    was = {"occupied": not occupied, "load": 0.0 if occupied else 140.0}
    return [
        _rest(**at, **was, door=Door.OPENING, door_command=DoorCommand.OPEN),
        _rest(**at, **was, door=Door.OPEN, door_command=DoorCommand.OPEN),
        _rest(**at, **inside, door=Door.CLOSING, door_command=DoorCommand.CLOSE),
        _rest(**at, **inside),
    ]


def _travel(floors: Sequence[int], *, occupied: bool) -> list[Sample]:
    """From one landing to another, a sample at each floor that is passed."""
    direction = Direction.UP if floors[-1] > floors[0] else Direction.DOWN
    load = 140.0 if occupied else 0.0
    return [
        _rest(
            floor=str(floor), moving=True, door_zone=False, direction=direction, occupied=occupied, load=load,
            speed=1.75 if floor not in {floors[0], floors[-1]} else 0.6, position=round(_STOREY * (floor - 0.7), 2),
            car_calls=1,
        )
        for floor in floors
    ]  # fmt: skip


def _resting(floor: int, number: int) -> list[Sample]:
    return [_rest(floor=str(floor), position=round(_STOREY * (floor - 1), 2))] * number


def script() -> list[Sample]:
    """A ride up and an empty way down, with rests between them."""
    return [
        *_resting(1, 9), *_door(1, occupied=True), *_travel(range(1, _TOP + 1), occupied=True),
        *_door(_TOP, occupied=False), *_resting(_TOP, 9), *_travel(range(_TOP, 0, -1), occupied=False),
        *_resting(1, 6),
    ]  # fmt: skip


def troubled_script() -> list[Sample]:
    """The same ride with what the rules look at: a stop between floors, a stuck door, a mode, a battery."""
    samples = script()
    between = {"floor": "7", "position": 19.9, "door_zone": False, "occupied": True, "load": 140.0, "car_calls": 1}
    stuck = {"floor": "14", "position": 41.6, "occupied": True, "load": 140.0, "car_calls": 1}
    samples[3] = _rest(mode=Mode.INSPECTION)
    samples[20:23] = [
        _rest(**between, faults=["stopped_outside_zone"]),
        _rest(**between, safety_chain=SafetyChain.OPEN),
        _rest(**between, power=Power.BATTERY),
    ]
    samples[27] = _rest(**stuck, door_command=DoorCommand.OPEN, faults=["door_open_failure"])
    return samples


def template(sample: Sample) -> bytes:
    """A PUBLISH of QoS 1 as a format: put in the lift's id, the packet id, the time and the number, all as bytes."""
    payload = wire.encode(sample)
    topic = topics.telemetry(LiftId(_LIFT)).encode()
    size = 2 + len(topic) + 2 + 1 + len(payload)  # topic with its length, packet id, no properties
    head = _PUBLISH_QOS1 + _varint(size) + len(topic).to_bytes(2, "big")
    return (
        head.replace(b"%", b"%%")  # a length may look like a percent sign
        + topic.replace(_LIFT.encode(), b"%b")
        + b"%b\x00"
        + payload.replace(b"%", b"%%").replace(b"%d" % _TS, b"%b").replace(b":%d" % FIRST_SEQ, b":%b")
    )


def _varint(number: int) -> bytes:
    """A variable byte integer (MQTT 5, 1.5.5)."""
    out = bytearray()
    while True:
        number, low = divmod(number, 128)
        out.append(low | (0x80 if number else 0))
        if not number:
            return bytes(out)


class Flood:
    """What some lifts say, in rounds: each lift once a round, with ids that run on."""

    def __init__(self, lifts: Iterable[int]) -> None:
        boring, troubled = [[template(sample) for sample in one] for one in (script(), troubled_script())]
        self._length = len(boring)
        turned = [[play[n:] + play[:n] for n in range(self._length)] for play in (boring, troubled)]
        self._lifts = [
            (lift_id(number).encode(), turned[number % TROUBLED == 0][number % self._length]) for number in lifts
        ]
        self._round = 0
        self._next = 0  # lift of this round
        self._id = 0

    def take(self, number: int, now_ms: int) -> bytes:
        """The next `number` messages, said now."""
        ts = b"%d" % now_ms
        out: list[bytes] = []
        while number:
            some = self._lifts[self._next : self._next + min(number, MOST_IDS)]
            step, seq = self._round % self._length, b"%d" % (FIRST_SEQ + self._round)
            ids = _IDS[self._id : self._id + len(some)]
            out += [play[step] % (lift, packet_id, ts, seq) for (lift, play), packet_id in zip(some, ids, strict=True)]
            number -= len(some)
            self._id = (self._id + len(some)) % MOST_IDS
            self._next += len(some)
            if self._next == len(self._lifts):
                self._next = 0
                self._round += 1
        return b"".join(out)


class Answers:
    """Counts the PUBACKs in a stream of bytes; thousands at once cost a few slices."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> int:
        """How many messages these bytes acknowledge.

        Raises:
            ValueError: the broker refused a message, or said something else.
        """
        data = self._rest + data
        whole = len(data) - len(data) % 4
        if data[0:whole:4].count(0x40) == data[1:whole:4].count(0x02) == whole // 4:
            self._rest = data[whole:]
            return whole // 4
        return self._one_by_one(data)

    def _one_by_one(self, data: bytes) -> int:
        """With a reason ("nobody listens") a PUBACK is longer."""
        number = at = 0
        while at + 2 <= len(data) and (end := at + 2 + data[at + 1]) <= len(data):
            if data[at] != 0x40 or (end - at > 4 and data[at + 4] >= 0x80):
                raise ValueError(f"the broker answered a publish with {data[at:end].hex()}")
            number += 1
            at = end
        self._rest = data[at:]
        return number
