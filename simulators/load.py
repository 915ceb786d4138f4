"""`python -m simulators.load`: as many messages as the broker takes, or at a fixed rate, from a fleet of any size.

Several processes, several connections in each, and on each connection never more unanswered messages than the broker
allows. What is said is made by `simulators.flood`; alarm buttons are pressed beside it by `simulators.presses`. Whoever
starts it reads what happens from standard output, a JSON object a line:

{"sent": 1200}                                       while messages are sent
{"done": {"messages": …, "seconds": …, "cpu_s": …}}  when the broker has confirmed all of them
{"answered": 12}                                     while alarms are waited for that go on until standard input ends
{"alarms": {"took_ms": […], "unanswered": 0}}        at the end
"""

import argparse
import json
import multiprocessing
import os
import select
import selectors
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from elevator import clock
from elevator.errors import SettingsError
from simulators.flood import Answers, Flood
from simulators.presses import Presses
from simulators.publisher import Broker, broker
from simulators.wireline import TIMEOUT, Wireline

if TYPE_CHECKING:
    from multiprocessing.synchronize import Event

LINES = 16  # connections of one process; each may have some twenty messages unanswered at Mosquitto
TICK = 0.005  # s between two looks at the clock when the rate is fixed
REPORT = 0.25  # s
_READ = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One process's share."""

    where: Broker
    lifts: range
    messages: int
    rate: float | None  # messages/s; None: as fast as the broker takes them
    window: int  # unanswered messages of one connection, at most
    name: str


class _Speaker:
    """One connection, with what its lifts have to say."""

    def __init__(self, job: Job, number: int) -> None:
        self._line = Wireline(job.where, f"{job.name}-{number}")
        self.sock = self._line.sock
        self.free = min(job.window, self._line.receive_maximum)
        self.resting = True  # waits until there is something to send
        self._flood = Flood(job.lifts[number::LINES])
        self._answers = Answers()

    def send(self, number: int) -> None:
        self.sock.sendall(self._flood.take(number, clock.now_ms()))
        self.free -= number

    def answered(self) -> int:
        data = self.sock.recv(_READ)
        if not data:
            raise ConnectionError("the broker closed the connection")
        number = self._answers.feed(data)
        self.free += number
        return number

    def close(self) -> None:
        self._line.close()


def pour(job: Job, sent: Any) -> dict[str, float]:
    """Send the share and wait until the broker has confirmed it; `sent.value` tells others how far it is."""
    speakers = [_Speaker(job, number) for number in range(min(LINES, len(job.lifts)))]
    resting = deque(speakers)
    selector = selectors.DefaultSelector()
    for speaker in speakers:
        selector.register(speaker.sock, selectors.EVENT_READ, speaker)
    began, cpu, poured, confirmed = time.monotonic(), time.process_time(), 0, 0
    heard, parent = began, os.getppid()
    while confirmed < job.messages:
        if os.getppid() != parent:
            raise ConnectionError("whoever started this is gone")
        now = time.monotonic()
        due = job.messages if job.rate is None else min(job.messages, int((now - began) * job.rate))
        while resting and poured < due:
            speaker = resting.popleft()
            number = min(speaker.free, due - poured)
            speaker.send(number)
            poured += number
            speaker.resting = speaker.free > 0
            if speaker.resting:
                resting.append(speaker)
        waiting = poured - confirmed
        for key, _ in selector.select(TIMEOUT if job.rate is None else TICK):
            speaker = key.data
            confirmed += speaker.answered()
            heard = now
            if speaker.free and not speaker.resting:
                speaker.resting = True
                resting.append(speaker)
        if waiting and now - heard > TIMEOUT:
            raise TimeoutError(f"the broker has not confirmed {waiting} messages for {TIMEOUT:.0f} s")
        sent.value = confirmed
    done = {"began": began, "ended": time.monotonic(), "cpu_s": time.process_time() - cpu}
    for speaker in speakers:
        speaker.close()
    return done


def _pour(job: Job, sent: Any, result: Connection) -> None:
    try:
        result.send(pour(job, sent))
    except (OSError, ValueError) as error:
        result.send(str(error) or type(error).__name__)


def _press(where: Broker, said: argparse.Namespace, stop: "Event", answered: Any, result: Connection) -> None:
    parent = os.getppid()
    try:
        presses = Presses(where, said.alarms, said.seed)
        presses.run(lambda: stop.is_set() or os.getppid() != parent, answered)
        result.send({"took_ms": [round(took, 3) for took in presses.took_ms], "unanswered": presses.unanswered})
    except (OSError, ValueError) as error:
        result.send(str(error) or type(error).__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the load; 1 when the broker did not take it."""
    said = _parser().parse_args(argv)
    try:
        where = broker(said.mqtt_url)
    except SettingsError as error:
        print(f"python -m simulators.load: {error}", file=sys.stderr)  # noqa: T201
        return 2
    many = multiprocessing.get_context("spawn")
    stop, presser, answered = many.Event(), None, many.Value("q", 0, lock=False)
    if said.alarms:
        presser, mine = _started(many, _press, where, said, stop, answered)
    failed = _send_all(many, where, said) if said.messages else ""
    if presser is not None:
        while said.hold and not failed and presser.is_alive() and not _input_ended():
            _say({"answered": answered.value})
        stop.set()
        told = _result(presser, mine)
        failed = failed or (told if isinstance(told, str) else "")
        _say({"alarms": told})
    if failed:
        print(f"python -m simulators.load: {failed}", file=sys.stderr)  # noqa: T201
    return 1 if failed else 0


def _send_all(many: Any, where: Broker, said: argparse.Namespace) -> str:
    """Share the messages out and see them sent; returns what went wrong."""
    number = max(1, min(said.processes, said.lifts, said.messages))
    counters, parts = [many.Value("q", 0, lock=False) for _ in range(number)], []
    for share, counter in enumerate(counters):
        job = Job(
            where=where, lifts=range(share, said.lifts, number), window=said.window,
            messages=len(range(share, said.messages, number)), rate=said.rate / number if said.rate else None,
            name=f"liftline-load-{os.getpid()}-{share}",
        )  # fmt: skip
        parts.append(_started(many, _pour, job, counter))
    while any(process.is_alive() and not mine.poll() for process, mine in parts):
        time.sleep(REPORT)
        _say({"sent": sum(counter.value for counter in counters)})
    results = [_result(process, mine) for process, mine in parts]
    if failed := next((result for result in results if isinstance(result, str)), ""):
        return failed
    seconds = max(result["ended"] for result in results) - min(result["began"] for result in results)
    cpu = sum(result["cpu_s"] for result in results)
    _say({"done": {"messages": said.messages, "seconds": round(seconds, 4), "cpu_s": round(cpu, 4)}})
    return ""


def _started(many: Any, work: Any, *words: Any) -> tuple[Any, Connection]:
    mine, theirs = many.Pipe(duplex=False)
    process = many.Process(target=work, args=(*words, theirs), daemon=True)
    process.start()
    theirs.close()
    return process, mine


def _result(process: Any, mine: Connection) -> Any:
    try:
        return mine.recv()
    except EOFError:
        return "a process of the load ended without a word"
    finally:
        process.join()


def _input_ended() -> bool:
    readable, _, _ = select.select([sys.stdin], [], [], REPORT)
    return bool(readable) and not os.read(sys.stdin.fileno(), 1024)


def _say(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)  # noqa: T201 - read by whoever started us


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulators.load", description="Messages of a large fleet.")
    add = parser.add_argument
    add("--mqtt-url", required=True, help="broker, mqtt://[user[:password]@]host[:port]")
    add("--lifts", type=int, default=10_000, metavar="N", help="size of the fleet")
    add("--messages", type=int, default=0, metavar="N", help="telemetry messages to send")
    add("--rate", type=float, metavar="N", help="messages per second; without it as fast as the broker takes them")
    add("--processes", type=int, default=2, metavar="N")
    add("--window", type=int, default=2000, metavar="N", help="unanswered messages per connection, at most")
    add("--alarms", type=float, default=0.0, metavar="RATE", help="presses of alarm buttons per second")
    add("--hold", action="store_true", help="go on pressing until standard input ends")
    add("--seed", type=int, default=1, help="of the moments of the presses")
    return parser


if __name__ == "__main__":
    sys.exit(main())
