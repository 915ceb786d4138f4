"""Our own services as children: started with their settings, watched, started again when they die, stopped in order."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from elevator.errors import ServerError

READY_WITHIN = 60.0  # s from the start until a service must be ready
_PATIENCE = 15.0  # s that a service gets to stop in order
_FIRST_PAUSE = 0.5  # s before a dead service is started again; doubled each time, up to
_LONGEST_PAUSE = 15.0
_CALM_AFTER = 60.0  # s of life after which a service's earlier deaths are forgotten


@dataclass(slots=True, kw_only=True)
class Service:
    """One service: a module of ours that is run as a program of its own."""

    name: str
    module: str
    env: Mapping[str, str]
    ready_url: str
    log: Path
    needed: bool = True  # False: the others run without it
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    not_before: float = 0.0
    _file: IO[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it as a child that ends with us; only from the main thread (see `deploy.child`)."""
        if threading.current_thread() is not threading.main_thread():
            raise ServerError(f"{self.name} must be started from the main thread")
        setpriv = shutil.which("setpriv")
        tied = [setpriv, "--pdeathsig=TERM", "--"] if setpriv else []
        self._file = self._file or self.log.open("ab")
        self.process = subprocess.Popen(
            [*tied, sys.executable, "-m", self.module],
            env={**os.environ, **self.env},
            stdin=subprocess.DEVNULL,
            stdout=self._file,
            stderr=self._file,
            start_new_session=True,  # Ctrl-C reaches us alone; we stop our services in order
        )
        self.started = time.monotonic()

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self) -> int | None:
        """Its process."""
        return self.process.pid if self.process is not None else None

    def is_ready(self) -> bool:
        """Whether it says so itself."""
        try:
            with urllib.request.urlopen(self.ready_url, timeout=2) as answer:  # noqa: S310 - our own loopback address
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def send(self, number: int) -> None:
        """Send it a signal, if it runs."""
        if self.process is not None and self.running:
            self.process.send_signal(number)

    def wait(self, timeout: float) -> bool:
        """Wait for its end; whether it came."""
        if self.process is None:
            return True
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            return False
        return True

    def last_words(self, lines: int = 8) -> str:
        """The end of its log."""
        try:
            text = self.log.read_bytes()[-8000:].decode(errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def close(self) -> None:
        """Close its log."""
        if self._file is not None:
            self._file.close()
            self._file = None


class Services:
    """All of them, in the order of their start."""

    def __init__(self, services: list[Service], say: Callable[[str], None]) -> None:
        self.all = services
        self._say = say

    def start(self) -> None:
        """Start all and wait until each that is needed is ready.

        Raises:
            ServerError: one ended or did not become ready; the message holds its last words.
        """
        for service in self.all:
            service.start()
        for service in (one for one in self.all if one.needed):
            deadline = time.monotonic() + READY_WITHIN
            while not service.is_ready():
                if not service.running:
                    raise ServerError(f"{service.name} ended at its start:\n{service.last_words()}")
                if time.monotonic() > deadline:
                    raise ServerError(
                        f"{service.name} is not ready after {READY_WITHIN:.0f} s:\n{service.last_words()}"
                    )
                time.sleep(0.05)

    def tend(self) -> None:
        """Start again what has died; call it now and then from the main thread."""
        now = time.monotonic()
        for service in self.all:
            if service.running:
                if service.deaths and now - service.started > _CALM_AFTER:
                    service.deaths = 0
                continue
            if service.not_before == 0.0:
                pause = min(_FIRST_PAUSE * float(2**service.deaths), _LONGEST_PAUSE)
                code = service.process.returncode if service.process else None
                self._say(f"{service.name} ended (code {code}) and is started again; its log: {service.log}")
                service.deaths += 1
                service.not_before = now + pause
            if now >= service.not_before:
                service.not_before = 0.0
                service.start()

    def stop(self) -> None:
        """Stop all, the readers of the broker last, so that nobody works into nothing."""
        for service in reversed(self.all):
            service.send(signal.SIGTERM)
        for service in self.all:
            if not service.wait(_PATIENCE):
                service.send(signal.SIGKILL)
                service.wait(_PATIENCE)
            service.close()
