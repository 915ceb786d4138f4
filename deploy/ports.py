"""TCP ports of this machine: a free one, and who holds a taken one."""

import socket
from collections.abc import Iterator
from pathlib import Path

LOOPBACK = "127.0.0.1"
_LISTEN = "0A"  # the state column of /proc/net/tcp


def free_port(host: str = LOOPBACK) -> int:
    """A port that nobody holds at this moment; whoever starts a server on it must be ready to try another."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen there now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def holder(port: int) -> str:
    """Who listens on the port, for people: `mosquitto (process 123)`, or why it cannot be told."""
    inodes = set(_listeners(port))
    if not inodes:
        return "another process"
    for process in Path("/proc").glob("[0-9]*"):
        if inodes & set(_sockets(process)):
            return f"{_name(process)} (process {process.name})"
    return "a process of another user"


def taken(port: int, purpose: str) -> str:
    """The sentence for a port that is not free."""
    return f"port {port} for {purpose} is held by {holder(port)}: stop that, or choose another port"


def _name(process: Path) -> str:
    """The program's name; one of ours hides behind the loader that starts it."""
    try:
        words = (process / "cmdline").read_text(errors="replace").split("\0")
        if "--argv0" in words:
            return Path(words[words.index("--argv0") + 1]).name
        return (process / "comm").read_text().strip()
    except OSError:
        return "a process"


def _listeners(port: int) -> Iterator[str]:
    """Inodes of the listening sockets on the port."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            columns = line.split()
            if columns[3] == _LISTEN and int(columns[1].rpartition(":")[2], 16) == port:
                yield columns[9]


def _sockets(process: Path) -> Iterator[str]:
    try:
        for link in (process / "fd").iterdir():
            target = str(link.readlink())
            if target.startswith("socket:["):
                yield target[8:-1]
    except OSError:  # ended meanwhile, or not ours to look into
        return
