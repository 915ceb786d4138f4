"""A Mosquitto broker of our own: found, configured from the template, started, stopped."""

import re
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from deploy.child import Account, Child, evict, hold, is_alive, is_reachable, own_folder, server_account, write_private
from deploy.mosquitto import PLATFORM_USER, QUEUED_MESSAGES, Listener, Profile, render
from deploy.ports import LOOPBACK, free_port, is_free, taken
from deploy.provision.bundles import MOSQUITTO
from elevator.errors import ServerError

_READY_WITHIN = 30.0  # seconds; a large queue is read from disk first
_PORT_TRIES = 5
_ELSEWHERE = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin", "/usr/local/opt/mosquitto/sbin")


def find_mosquitto() -> Path:
    """The broker's program: ours, else the machine's.

    Raises:
        ServerError: there is none, or it is older than 2.0.
    """
    if MOSQUITTO.ready:
        return MOSQUITTO.path / "usr/sbin/mosquitto"
    found = shutil.which("mosquitto") or next(
        (f"{folder}/mosquitto" for folder in _ELSEWHERE if Path(folder, "mosquitto").exists()), None
    )
    if found is None:
        raise ServerError("there is no Mosquitto here: run `make setup`, or set LIFTLINE_MQTT_URL to a broker")
    told = subprocess.run([found, "-h"], capture_output=True, text=True, check=False).stdout
    match = re.search(r"mosquitto version (\d+)\.(\d+)", told)
    if match and int(match[1]) < 2:
        raise ServerError(f"{found} is version {match[1]}.{match[2]}: Liftline needs Mosquitto 2.0 or newer")
    return Path(found)


def find_clients() -> Path | None:
    """The folder of `mosquitto_pub` and `mosquitto_sub`, for people who try things; None when they are not here."""
    if MOSQUITTO.ready:
        return MOSQUITTO.bin
    found = shutil.which("mosquitto_pub")
    return Path(found).parent if found else None


class Mosquitto:
    """One broker on a data folder, on the loopback address.

    `passwords` of lifts by id choose profile `passwords`; without, any client may come as any lift.
    """

    def __init__(
        self,
        data_dir: Path,
        port: int = 0,
        *,
        passwords: Mapping[str, str] | None = None,
        queued_messages: int = QUEUED_MESSAGES,
    ) -> None:
        """Nothing is started yet; port 0 takes a free one."""
        self._queued_messages = queued_messages
        self.data_dir = data_dir
        self.port = port
        self.platform_port = 0
        self.profile = Profile.LOOPBACK if passwords is None else Profile.PASSWORDS
        self._passwords = dict(passwords or {})
        self._fixed_port = port != 0
        self._secret = ""
        self._account: Account | None = None
        self._lock: IO[str] | None = None
        self._child: Child | None = None

    @property
    def url(self) -> str:
        """The platform's address, with its password: for ingest and dispatch (LIFTLINE_MQTT_URL)."""
        return f"mqtt://{PLATFORM_USER}:{self._secret}@{LOOPBACK}:{self.platform_port}"

    @property
    def lift_url(self) -> str:
        """The lifts' address: for controllers and simulators."""
        return f"mqtt://{LOOPBACK}:{self.port}"

    @property
    def client_id(self) -> str:
        """A prefix for the platform's client ids that no local program can guess, the same over restarts.

        Whoever connects with a client id throws out its owner, and in a trial anyone on this machine may connect.
        """
        return self._kept("platform.client_id", f"liftline-{secrets.token_hex(8)}")

    @property
    def pid(self) -> int:
        """The broker's process."""
        if self._child is None:
            raise ServerError("the broker is not running")
        return self._child.pid

    def start(self) -> Self:
        """Start the broker and wait until both listeners answer.

        Raises:
            ServerError: it does not come up; the message says why.
        """
        if self._fixed_port and not is_free(self.port):
            raise ServerError(taken(self.port, "the broker"))
        program = find_mosquitto()
        self._account = server_account()
        own_folder(self.data_dir, self._account)
        if not is_reachable(program, self._account):
            raise ServerError(f"{program} cannot be read by the broker's user; set LIFTLINE_CACHE elsewhere")
        self._lock = hold(self.data_dir, purpose="the broker")
        try:
            self._take_over()
            self._secret = self._kept("platform.password", secrets.token_urlsafe(24))
            self._launch(program)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop the broker, which saves its state; nothing happens when it does not run."""
        if self._child is not None:
            self._child.stop()
            self._child = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def kill(self) -> None:
        """End the broker as a power cut would (for tests)."""
        if self._child is not None:
            self._child.kill()
            self._child = None
        self.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _kept(self, name: str, fresh: str) -> str:
        """A value that stays the same over restarts."""
        path = self.data_dir / name
        if not path.exists():
            write_private(path, fresh, self._account)
        return path.read_text()

    def _take_over(self) -> None:
        """End a broker that a killed launcher left on this folder: two on one file of sessions destroy it."""
        path = self.data_dir / "pid"
        if path.exists():
            pid, marker = int(path.read_text()), str(self.data_dir / "mosquitto.conf")
            if is_alive(pid, marker):
                evict(pid, marker)

    def _launch(self, program: Path) -> None:
        for attempt in range(_PORT_TRIES):
            self._choose_ports(anew=attempt > 0)
            self._configure()
            command: list[str | Path] = [program, "-c", self.data_dir / "mosquitto.conf"]
            self._child = Child(command, name="mosquitto", folder=self.data_dir, account=self._account)
            write_private(self.data_dir / "pid", str(self._child.pid), self._account)
            if self._wait_ready(self._child):
                return
            words = self._child.last_words()
            self._child.stop()
            if "Address already in use" not in words:
                raise ServerError(f"the broker did not start: {words}")
        raise ServerError(f"the broker did not start: {taken(self.port, 'the broker')}")

    def _choose_ports(self, *, anew: bool) -> None:
        """The platform's port is kept, so that its address stays the same over restarts."""
        kept = self.data_dir / "platform.port"
        self.platform_port = int(kept.read_text()) if kept.exists() and not anew else 0
        if self.platform_port in {0, self.port} or not is_free(self.platform_port):
            self.platform_port = free_port()
            write_private(kept, str(self.platform_port), self._account)
        if not self._fixed_port and (self.port == 0 or anew or not is_free(self.port)):
            self.port = free_port()

    def _configure(self) -> None:
        rendered = render(
            self.profile,
            lifts=Listener(host=LOOPBACK, port=self.port),
            platform=Listener(host=LOOPBACK, port=self.platform_port),
            config=self.data_dir,
            data=self.data_dir,
            passwords={**self._passwords, PLATFORM_USER: self._secret},
            queued_messages=self._queued_messages,
        )
        for name, text in rendered.items():
            write_private(self.data_dir / name, text, self._account)

    def _wait_ready(self, child: Child) -> bool:
        deadline = time.monotonic() + _READY_WITHIN
        waiting = [self.port, self.platform_port]
        while child.running and time.monotonic() < deadline:
            waiting = [port for port in waiting if not _answers(port)]
            if not waiting:
                return child.running
            time.sleep(0.02)
        return False


def _answers(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True
