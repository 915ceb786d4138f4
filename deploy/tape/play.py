"""`liftline replay FILE --mqtt-url …`: a recording into a broker, at any speed.

Whoever gets these messages takes them for lifts: a replay into a platform that works rings for people who are not
there. So the broker is always named on the command line and never taken from the settings, and one that is not on this
machine needs `--elsewhere` as well. It is bounded: a block of the file in memory, and at most a window of messages that
the broker has not confirmed.
"""

import ipaddress
import secrets
import socket
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import mqtt5

from deploy.tape import file, shift
from deploy.tape.format import Fault, Gap, Head, Heard, Line, Message
from deploy.tape.record import wanted
from elevator import clock
from elevator.errors import LiftlineError, SettingsError, TransientError
from elevator.topics import Kind
from simulators import publisher
from simulators.wireline import KEEP_ALIVE, Wireline

WINDOW = 200  # messages that the broker has not confirmed
_PACKET_IDS = 60_000
_REFUSED = 128
_ANSWER = 30.0  # s that the broker may take for a confirmation
_TELL = 5.0
_LINK = f"/{Kind.LINK}"


@dataclass(slots=True, kw_only=True)
class Told:
    """What a replay has done."""

    sent: int = 0
    refused: int = 0  # by the broker
    unmoved: int = 0  # sent with the times and boots of the recording, because they cannot be changed
    passed_over: int = 0  # of other lifts than asked for
    gaps: int = 0
    lost: int = 0  # that the recording itself missed
    faults: list[Fault] = field(default_factory=list)

    def __str__(self) -> str:
        parts = [f"{self.sent} messages sent"]
        parts += [
            f"{count} {word}"
            for count, word in (
                (self.refused, "refused by the broker"), (self.unmoved, "sent with their recorded times"),
                (self.passed_over, "of other lifts"), (self.gaps, "gaps in the recording"),
                (self.lost, "lost when it was made"), (len(self.faults), "faults in the file"),
            ) if count
        ]  # fmt: skip
        return ", ".join(parts)


def check_target(url: str, *, elsewhere: bool) -> publisher.Broker:
    """The broker to play into.

    Raises:
        SettingsError: it is no address, or not on this machine and nobody said that this is meant.
    """
    where = publisher.broker(url)
    if not elsewhere and not _is_here(where.host):
        raise SettingsError(
            f"{where.host} is not this machine: what is played there is taken for lifts. Say --elsewhere if it is meant"
        )
    return where


def _is_here(host: str) -> bool:
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, None)}
    except OSError:
        return False
    return bool(found) and all(ipaddress.ip_address(str(one).split("%")[0]).is_loopback for one in found)


class Player:
    """Plays lines into a broker."""

    def __init__(
        self, where: publisher.Broker, *, speed: float | None, shifted: bool, lifts: tuple[str, ...] = (),
        say: Callable[[str], None] = lambda _: None,
    ) -> None:  # fmt: skip
        """Connect; `speed` None is as fast as the broker takes it."""
        try:
            self._line = Wireline(where, f"liftline-replay-{secrets.token_hex(4)}")
        except OSError as error:
            raise TransientError(f"the broker cannot be reached: {error}") from error
        self.told = Told()
        self._speed, self._shifted, self._lifts, self._say = speed, shifted, lifts, say
        self._boot = shift.boot_of(secrets.token_hex(3))
        self._open: set[int] = set()
        self._window = min(WINDOW, self._line.receive_maximum or WINDOW)
        self._packet_id = 0
        self._begun: tuple[float, int, int] | None = None  # monotonic and wall clock at the first message, its time
        self._pinged = self._spoke = time.monotonic()

    def close(self) -> None:
        """Say goodbye."""
        self._line.close()

    def play(self, lines: Iterable[Line | Fault]) -> Told:
        """Play all of it; ends when the broker has confirmed the last message.

        Raises:
            TransientError: the connection is lost, or the broker no longer answers.
        """
        try:
            for line in lines:
                self._take(line)
            self._drain(0)
        except OSError as error:
            raise TransientError(f"the broker is away after {self.told.sent} messages: {error}") from error
        return self.told

    def _take(self, line: Line | Fault) -> None:
        match line:
            case Fault():
                self.told.faults.append(line)
                self._say(str(line))
            case Gap():
                self.told.gaps += 1
            case Heard():
                self.told.lost += line.lost
            case Message() if wanted(line.topic, self._lifts):
                self._send(line)
            case Message():
                self.told.passed_over += 1
            case Head():
                pass

    def _send(self, message: Message) -> None:
        due = self._due(message.at)
        payload = message.payload
        if self._shifted:
            moved = shift.move(message.topic, payload, due - message.at, self._boot)
            if moved is None:
                self.told.unmoved += bool(payload)
            else:
                payload = moved
        self._drain(self._window - 1)
        self._packet_id = self._packet_id % _PACKET_IDS + 1
        self._open.add(self._packet_id)
        self._line.send(
            mqtt5.PublishPacket(
                message.topic, payload, qos=mqtt5.QoS.AT_LEAST_ONCE, packet_id=self._packet_id,
                retain=message.retained or message.topic.endswith(_LINK),  # as lifts publish it
            )
        )  # fmt: skip
        self.told.sent += 1

    def _due(self, at: int) -> int:
        """Wait until a message recorded at `at` is to be sent; when that is, ms by our clock."""
        if self._begun is None:
            self._begun = (time.monotonic(), clock.now_ms(), at)
        begun, wall, first = self._begun
        if self._speed is None:
            self._tend(0)
            return clock.now_ms()
        after = max(at - first, 0) / 1000 / self._speed  # a clock that was set back while recording waits for nothing
        while (left := begun + after - time.monotonic()) > 0:
            self._tend(min(left, 1.0))
        return wall + round(after * 1000)

    def _drain(self, down_to: int) -> None:
        patience = time.monotonic() + _ANSWER
        while len(self._open) > down_to:
            if time.monotonic() > patience:
                raise TransientError(f"the broker does not confirm; {len(self._open)} messages are open")
            self._tend(0.2)

    def _tend(self, wait_s: float) -> None:
        """Read confirmations for at most so long; keep the connection alive; tell how far it is."""
        for packet in self._line.packets(wait_s):
            if isinstance(packet, mqtt5.PubAckPacket):
                self._open.discard(packet.packet_id)
                self.told.refused += int(packet.reason_code) >= _REFUSED
        now = time.monotonic()
        if now - self._pinged > KEEP_ALIVE / 2:
            self._pinged = now
            self._line.send(mqtt5.PingReqPacket())
        if now - self._spoke > _TELL:
            self._spoke = now
            self._say(str(self.told))


def run(path: Path, *, url: str, speed: float | None, shifted: bool, elsewhere: bool, lifts: tuple[str, ...]) -> int:
    """Play a file into a broker; 1 when something was refused or could not be read."""

    def say(text: str) -> None:
        print(f"liftline replay: {text}", file=sys.stderr, flush=True)

    where = check_target(url, elsewhere=elsewhere)
    next(file.read(path), None)  # a file that is no recording is told before anything is opened
    player = Player(where, speed=speed, shifted=shifted, lifts=lifts, say=say)
    try:
        told = player.play(file.read(path))
    except LiftlineError:
        say(str(player.told))
        raise
    finally:
        player.close()
    say(str(told))
    return 1 if told.faults or told.refused else 0
