"""From the controller to the platform: sequence numbers, clocks, delays, and everything a line does to messages.

The line is ordered, as MQTT is, unless `shuffled` says otherwise. Without a line everything is kept and sent later,
marked as replay; a controller that lost its power keeps nothing and comes back with a new boot. While the platform
itself is deaf the broker holds the messages, and they arrive together when it listens again.
"""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from elevator.topics import Kind
from simulators.truth.dice import Dice
from simulators.truth.site import Site
from simulators.truth.story import Message

BUFFER = 5_000  # items kept without a line, the oldest go first (as `simulators.controller`)
BATCH = 100  # items in one message (contract 2)
_JITTER = 60  # ms


@dataclass(frozen=True, slots=True)
class Heard:
    """A fresh sample: when the lift took it, and when the platform had it."""

    taken: int
    at: int
    frozen: bool = False  # it repeats an older one


class Line:
    """The line of one lift, and what came out of it."""

    def __init__(self, site: Site, dice: Dice, begin: int, deaf: Sequence[tuple[int, int]]) -> None:
        self.heard: list[Heard] = []  # fresh samples since `listen`
        self.contacts: list[int] = []  # when anything readable arrived, since `listen`
        self.lost: list[int] = []  # when the platform was told that the link is gone, since `listen`
        self.up = True
        self.dead = False  # the controller has no power
        self.hung = False  # the connection stays, nothing is said
        self.shuffled = 0.0  # share of messages that are overtaken by later ones
        self.doubled = 0.0  # share of messages that are delivered twice
        self.step = 0  # ms by which the clock was set since the beginning
        self.listening = False  # somebody keeps what was heard
        self._site, self._dice, self._begin = site, dice, begin
        self._skew, self._drift, self._latency = site.skew_ms, site.drift / 1000, site.latency_ms
        self._deaf = deaf
        self._deaf_begins = [start for start, _ in deaf]
        self._out: list[Message] = []
        self._last = 0  # when the last message arrived
        self._kept: deque[tuple[Kind, bytes]] = deque(maxlen=BUFFER)
        self._boots = 0
        self.boot(begin)

    # The controller's side

    def boot(self, now: int) -> None:
        """The controller starts, and says that it is there."""
        self._boots += 1
        self._boot = f"{self._site.lift.lift_id[-6:]}.{self._boots}".encode()
        self._seq = {Kind.TELEMETRY: 0, Kind.EVENT: 0}
        self._kept.clear()
        self.up, self.dead, self.hung = True, False, False
        self._hello(now)

    def clock(self, now: int) -> int:
        """What the lift's own clock shows."""
        shown = now + self._skew + self.step
        if self._drift:
            shown += int(self._drift * (now - self._begin))
        return max(shown, 0)

    def sample(self, now: int, body: bytes, *, frozen: bool = False) -> None:
        """A sample; `body` is everything but time and number."""
        seq = self._seq[Kind.TELEMETRY]
        self._seq[Kind.TELEMETRY] = seq + 1
        if self.hung:
            return
        item = b'{"ts":%d,"seq":%d,"boot":"%b",%b' % (self.clock(now), seq, self._boot, body)
        if not self.up:
            self._kept.append((Kind.TELEMETRY, item))
            return
        at = self._send(now, Kind.TELEMETRY, item + b"}")
        if self.listening:
            self.heard.append(Heard(now, at, frozen))

    def event(self, now: int, code: str, *, active: bool, detail: str = "") -> int | None:
        """An event; when the platform has it, or None if it is not sent now."""
        seq = self._seq[Kind.EVENT]
        self._seq[Kind.EVENT] = seq + 1
        item = b'{"ts":%d,"seq":%d,"boot":"%b","code":"%b","active":%b%b' % (
            self.clock(now), seq, self._boot, code.encode(), b"true" if active else b"false", detail.encode(),
        )  # fmt: skip
        if self.hung:
            return None
        if not self.up:
            self._kept.append((Kind.EVENT, item))
            return None
        return self._send(now, Kind.EVENT, item + b"}")

    # What happens to the line

    def drop(self, now: int, *, told_after: int | None = None) -> None:
        """The line is cut; the broker publishes the last will `told_after` ms later (None: it never does)."""
        if not self.up:
            return
        self.up = False
        if told_after is not None:
            at = self._arrival(now + told_after)
            self._out.append(Message(at=at, kind=Kind.LINK, payload=b'{"online":false}'))
            self.lost.append(at)

    def die(self, now: int, *, told_after: int | None) -> None:
        """The controller loses its power: what it kept is gone, and only `boot` brings it back."""
        self.drop(now, told_after=told_after)
        self.dead = True

    def restore(self, now: int) -> bool:
        """The line is back, if there is somebody to speak; then a fresh sample is said, and `replay` called."""
        if self.up or self.dead:
            return False
        self.up = True
        self._hello(now)
        return True

    def replay(self, now: int) -> int:
        """What was kept, oldest first, events and samples each on their topic; how many items that were."""
        kept, sent = list(self._kept), len(self._kept)
        self._kept.clear()
        for kind in (Kind.EVENT, Kind.TELEMETRY):
            items = [item + b',"replay":true}' for of, item in kept if of is kind]
            for first in range(0, len(items), BATCH):
                batch = items[first : first + BATCH]
                self._send(now, kind, batch[0] if len(batch) == 1 else b"[" + b",".join(batch) + b"]")
        return sent

    def listen(self, *, on: bool = True) -> None:
        """A story begins (or is over): keep what is heard from now on."""
        self.listening = on
        self.heard.clear()
        self.contacts.clear()
        self.lost.clear()

    # The platform's side

    def ready(self, now: int) -> Iterator[Message]:
        """The messages that have arrived by `now`, in order; nothing sent later can arrive before that."""
        self._out.sort(key=_at)
        number = bisect_right(self._out, now, key=_at)
        yield from self._out[:number]
        del self._out[:number]

    def _hello(self, now: int) -> None:
        said = b'{"online":true,"ts":%d,"interval":%d,"firmware":"truth 1","boot":"%b"}'
        payload, at = said % (self.clock(now), self._site.interval, self._boot), self._arrival(now)
        self._out.append(Message(at=at, kind=Kind.LINK, payload=payload))
        self.contacts.append(at)

    def _send(self, now: int, kind: Kind, payload: bytes) -> int:
        at = self._arrival(now)
        if self.shuffled and self._dice.random() < self.shuffled:
            at += self._dice.ms(0.3, 8)
        self._out.append(Message(at=at, kind=kind, payload=payload))
        if self.listening:
            self.contacts.append(at)
        if self.doubled and self._dice.random() < self.doubled:
            again = at + self._dice.stretch(0.1, 300)
            self._out.append(Message(at=self._after_deafness(again), kind=kind, payload=payload))
        return at

    def _arrival(self, now: int) -> int:
        at = now + self._latency + int(self._dice.random() * _JITTER)
        at = max(at, self._last)
        self._last = at = self._after_deafness(at) if self._deaf else at
        return at

    def _after_deafness(self, at: int) -> int:
        number = bisect_right(self._deaf_begins, at) - 1
        return max(at, self._deaf[number][1]) if number >= 0 else at


def _at(message: Message) -> int:
    return message.at
