"""The load generator as our child (`simulators.load`): started, listened to, ended."""

import json
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from elevator.errors import ServerError

PATIENCE = 120.0  # s for the last answers at the end


@dataclass(frozen=True, slots=True)
class Alarms:
    """Presses of a trial."""

    took_ms: tuple[float, ...] = ()
    unanswered: int = 0


@dataclass(slots=True)
class _Told:
    """What it has said so far."""

    sent: int = 0
    answered: int = 0
    done: dict[str, float] = field(default_factory=dict)
    alarms: dict[str, Any] = field(default_factory=dict)


class Generator:
    """One run of the load."""

    def __init__(
        self, mqtt_url: str, *, lifts: int, messages: int = 0, rate: float | None = None, alarms: float = 0
    ) -> None:
        """Start it; alarms go on until `finish`."""
        setpriv = shutil.which("setpriv")
        tied = [setpriv, "--pdeathsig=TERM", "--"] if setpriv else []
        words = ["--mqtt-url", mqtt_url, "--lifts", str(lifts), "--messages", str(messages), "--hold"]
        words += ["--rate", str(rate)] if rate else []
        words += ["--alarms", str(alarms)] if alarms else []
        self._process = subprocess.Popen(
            [*tied, sys.executable, "-m", "simulators.load", *words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        self._told = _Told()
        self._complaint = ""
        self._sent_all = threading.Event()
        self._listeners = [
            threading.Thread(target=self._listen, name="load", daemon=True),
            threading.Thread(target=self._hear_errors, name="load errors", daemon=True),
        ]
        for listener in self._listeners:
            listener.start()

    @property
    def sent(self) -> int:
        """Messages the broker has confirmed."""
        return self._told.sent

    @property
    def answered(self) -> int:
        """Presses that have their `ack`; told only while nothing is sent beside them."""
        return self._told.answered

    @property
    def done(self) -> bool:
        """Whether the broker has confirmed all of them."""
        return bool(self._told.done)

    @property
    def rate(self) -> float:
        """Messages/s that the broker took."""
        return self._told.done["messages"] / self._told.done["seconds"]

    @property
    def cpu_us(self) -> float:
        """CPU of the generator, µs per message."""
        return self._told.done["cpu_s"] / self._told.done["messages"] * 1e6

    def wait_sent(self, timeout: float) -> bool:
        """Wait until all is sent; whether it is.

        Raises:
            ServerError: it failed.
        """
        self._sent_all.wait(timeout)
        if not self.done and self._process.poll() is not None:
            for listener in self._listeners:
                listener.join(5)
            if not self.done:
                raise ServerError(f"the load generator ended: {self._complaint or 'without a word'}")
        return self.done

    def finish(self) -> Alarms:
        """Let the last presses be answered; returns all of them.

        Raises:
            ServerError: it failed.
        """
        assert self._process.stdin is not None  # noqa: S101 - see its start
        self._process.stdin.close()
        try:
            code = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise ServerError("the load generator does not end") from None
        for listener in self._listeners:
            listener.join(5)
        if code:
            raise ServerError(f"the load generator failed: {self._complaint}")
        told = self._told.alarms
        return Alarms(tuple(told.get("took_ms", ())), told.get("unanswered", 0))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(10)
        for listener in self._listeners:
            listener.join(5)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - see its start
        for line in self._process.stdout:
            said = json.loads(line)
            self._told.sent = said.get("sent", self._told.sent)
            self._told.answered = said.get("answered", self._told.answered)
            self._told.done = said.get("done", self._told.done)
            self._told.alarms = said.get("alarms", self._told.alarms)
            if self._told.done:
                self._sent_all.set()
        self._sent_all.set()

    def _hear_errors(self) -> None:
        assert self._process.stderr is not None  # noqa: S101 - see its start
        self._complaint = self._process.stderr.read().strip()[-2000:]
