"""Servers as our own children: they end with us, they never run as root, and one launcher owns a data folder.

- A child gets SIGINT from the kernel when we die, however we die (`setpriv --pdeathsig`, Linux); the signal is tied to
  the thread that started the child, so only the main thread starts one.
- A child is in a session of its own: Ctrl-C reaches us alone, and we stop our servers in order.
- Whoever holds the lock of a data folder owns it; a server that still runs on it then belongs to nobody, and is ended.
"""

import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from elevator.errors import ServerError

_LOG_LIMIT = 10_000_000  # bytes; a longer log of an earlier run is put aside at the start
_PATIENCE = 10.0  # seconds that an orphan gets after each signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The user that servers run as when we are root."""

    name: str
    uid: int
    gid: int


def server_account() -> Account | None:
    """Who servers run as: `liftline` if there is such a user, else `nobody`; None: as ourselves (we are not root)."""
    if os.geteuid() != 0:
        return None
    for name in ("liftline", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise ServerError("servers cannot run as root, and there is neither a user `liftline` nor `nobody`")


def is_reachable(path: Path, account: Account | None) -> bool:
    """Whether the account may enter every folder on the way to the path."""
    if account is None:
        return True
    for folder in path.absolute().parents:
        status = folder.stat()
        bits = 0o100 if status.st_uid == account.uid else 0o010 if status.st_gid == account.gid else 0o001
        if not status.st_mode & bits:
            return False
    return True


def own_folder(folder: Path, account: Account | None) -> None:
    """Make a server's folder, and give it to the account it runs as.

    Raises:
        ServerError: it cannot be made, or the account cannot get there.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if account is None:
            if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
                raise ServerError(f"the data folder {folder} is not yours to write: choose another")
            return
        if not is_reachable(folder, account):
            raise ServerError(
                f"the servers run as {account.name}, who cannot enter {folder}: choose a data folder outside of"
                " private folders, such as /var/lib/liftline"
            )
        if folder.stat().st_uid != account.uid:
            for current, folders, files in os.walk(folder):
                for name in (".", *folders, *files):
                    os.chown(Path(current, name), account.uid, account.gid, follow_symlinks=False)
    except OSError as error:
        raise ServerError(f"the data folder {folder} cannot be used: {error.strerror}") from error


@contextmanager
def scratch_folder(name: str) -> Iterator[Path]:
    """A folder for one run, gone afterwards; servers of root's can get into it."""
    folder = Path(tempfile.mkdtemp(prefix=f"liftline-{name}-"))
    try:
        if os.geteuid() == 0:
            folder.chmod(0o711)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_private(path: Path, text: str, account: Account | None) -> None:
    """Write a file that only the server's account (and root) may read, never half."""
    building = path.with_name(f".{path.name}.new")
    building.unlink(missing_ok=True)
    with open(os.open(building, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123  (mode at birth)
        file.write(text)
        if account is not None:
            os.fchown(file.fileno(), account.uid, account.gid)
    building.replace(path)


def hold(folder: Path, *, purpose: str) -> IO[str]:
    """Take the lock of a data folder; it is ours until the returned file is closed, or we are gone.

    Raises:
        ServerError: another launcher has it.
    """
    handle = (folder / "lock").open("a+")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.seek(0)
        owner = handle.read().strip() or "?"
        handle.close()
        raise ServerError(f"{purpose} in {folder} is in use by another Liftline (process {owner})") from None
    handle.truncate(0)
    handle.write(str(os.getpid()))
    handle.flush()
    return handle


def is_alive(pid: int, marker: str) -> bool:
    """Whether the process runs and is the one we mean: its command line names `marker`.

    A zombie is dead, though `kill(pid, 0)` says otherwise until someone reaps it; and a number may long belong to
    another program, after a restart of the machine above all.
    """
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return False
        return _signal(pid, 0)  # no /proc on this system
    except OSError:
        return False
    return marker.encode() in command  # empty for a zombie


def evict(pid: int, marker: str) -> None:
    """End a server that a killed launcher left on a folder that is now ours, and wait until it is gone.

    Raises:
        ServerError: it does not go.
    """
    # It was told to end when its launcher died; only one that did not hear it is told again, ever more firmly.
    for number in (0, signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if number:
            _signal(pid, number)
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            if not is_alive(pid, marker):
                return
            time.sleep(0.02)
    raise ServerError(f"process {pid} still runs on this data folder and does not end")


def _signal(pid: int, number: int) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class Child:
    """One server process of ours."""

    def __init__(self, command: Sequence[str | Path], *, name: str, folder: Path, account: Account | None) -> None:
        """Start it; its output is appended to `<name>.log` in its folder."""
        if threading.current_thread() is not threading.main_thread():
            raise ServerError(f"{name} must be started from the main thread: it ends with the thread that starts it")
        self.name = name
        self.log = folder / f"{name}.log"
        setpriv = shutil.which("setpriv")
        tied = [setpriv, "--pdeathsig=INT", "--"] if setpriv else []
        as_user: dict[str, Any] = {}
        if account is not None:
            as_user = {"user": account.uid, "group": account.gid, "extra_groups": []}
        with _open_log(self.log) as log:
            self._log_start = log.tell()
            self._process = subprocess.Popen(
                [*tied, *(str(word) for word in command)],
                cwd=folder,
                env={"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                umask=0o077,
                **as_user,
            )
        self.pid: int = self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def wait(self, timeout: float) -> bool:
        """Wait for its end; whether it came."""
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self, *, patience: float = 30.0) -> None:
        """End it in order, or by force when it does not listen."""
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            if not self.running:
                return
            self._process.send_signal(number)
            if self.wait(patience):
                return

    def kill(self) -> None:
        """End it as a power cut would (for tests)."""
        self._process.kill()
        self._process.wait()

    def last_words(self, lines: int = 8) -> str:
        """The end of what it wrote in this run, for the message that it did not come up."""
        try:
            with self.log.open("rb") as log:
                log.seek(self._log_start)
                text = log.read().decode(errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])


def _open_log(path: Path) -> IO[bytes]:
    if path.exists() and path.stat().st_size > _LOG_LIMIT:
        path.replace(path.with_suffix(".log.1"))
    return path.open("ab")
