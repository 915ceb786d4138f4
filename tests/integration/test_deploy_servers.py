"""The launcher on real servers: start, crash, recovery, a stale data folder, a taken port."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest

from deploy.child import is_alive
from deploy.servers import Mosquitto, Postgres, is_free, scratch_folder
from elevator.errors import ServerError

pytestmark = pytest.mark.integration


def _scalar(url: str, statement: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(statement).fetchone()
    assert row
    return row[0]


def test_the_server_is_set_up_as_the_contract_needs(postgres_server: Postgres) -> None:
    """Nothing is acknowledged before it is durable: `synchronous_commit` stays on, for tests too."""
    url = postgres_server.url
    assert _scalar(url, "SHOW synchronous_commit") == "on"
    assert _scalar(url, "SHOW jit") == "off"
    assert _scalar(url, "SHOW timezone") == "UTC"
    assert _scalar(url, "SHOW listen_addresses") == "127.0.0.1"
    assert _scalar(url, "SELECT datlocprovider::text FROM pg_database WHERE datname = current_database()") == "b"
    if postgres_server.timescale:
        assert _scalar(url, "SHOW timescaledb.telemetry_level") == "off"


def test_a_password_is_asked_for(postgres_server: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://liftline:wrong@127.0.0.1:{postgres_server.port}/liftline")
    kept = postgres_server.data_dir / "password"
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_copied_database_has_what_the_template_had(database: str, empty_database: str) -> None:
    count = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    assert _scalar(database, count)
    assert _scalar(empty_database, count) == 0


def test_the_wheel_serves_the_same_schema(plain_database: str) -> None:
    """Where TimescaleDB cannot be had, the same tables are plain ones."""
    assert _scalar(plain_database, "SELECT count(*) FROM pg_available_extensions WHERE name = 'timescaledb'") == 0
    assert _scalar(plain_database, "SELECT count(*) FROM schema_version")


def test_committed_rows_survive_kill_9(postgres_server: Postgres) -> None:
    with scratch_folder("crash") as folder:
        server = Postgres(folder / "pg", binaries=postgres_server.binaries).start()
        try:
            assert _scalar(server.url, "SHOW fsync") == "on"
            with psycopg.connect(server.url, autocommit=True) as connection:
                connection.execute("CREATE TABLE kept (n int)")
                connection.execute("INSERT INTO kept VALUES (42)")
            server.kill()
            server.start()
            assert _scalar(server.url, "SELECT n FROM kept") == 42
        finally:
            server.stop()


def test_two_launchers_do_not_share_a_data_folder(postgres_server: Postgres, mosquitto: Mosquitto) -> None:
    with pytest.raises(ServerError, match=rf"in use by another Liftline \(process {os.getpid()}\)"):
        Postgres(postgres_server.data_dir, binaries=postgres_server.binaries).start()
    with pytest.raises(ServerError, match="in use by another Liftline"):
        Mosquitto(mosquitto.data_dir).start()
    assert _scalar(postgres_server.url, "SELECT 1") == 1


def test_a_foreign_process_number_in_the_pid_file_does_not_stop_the_start(postgres_server: Postgres) -> None:
    """After a restart of the machine the number in a stale `postmaster.pid` may belong to anything."""
    with scratch_folder("stale") as folder:
        server = Postgres(folder / "pg", binaries=postgres_server.binaries, durable=False).start()
        pid_file = server.data_dir / "cluster/postmaster.pid"
        stale = pid_file.read_text()
        server.stop()
        pid_file.write_text("\n".join([str(os.getpid()), *stale.splitlines()[1:]]) + "\n")
        server.start()
        server.stop()


def test_a_taken_port_is_named_with_what_holds_it(postgres_server: Postgres) -> None:
    with socket.socket() as other, scratch_folder("taken") as folder:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        for server in (
            Mosquitto(folder / "mq", port),
            Postgres(folder / "pg", port, postgres_server.binaries, durable=False),
        ):
            with pytest.raises(ServerError, match=rf"port {port} for the .* is held by .*\(process {os.getpid()}\)"):
                server.start()


def test_servers_are_started_from_the_main_thread_only(mosquitto: Mosquitto) -> None:
    """The kernel ties a child's end to the thread that started it."""
    caught: list[Exception] = []

    def start(folder: Path) -> None:
        try:
            Mosquitto(folder).start()
        except ServerError as error:
            caught.append(error)

    with scratch_folder("thread") as folder:
        thread = threading.Thread(target=start, args=(folder / "mq",))
        thread.start()
        thread.join()
    assert "main thread" in str(caught[0])


_LAUNCHER = """
import sys, time
from pathlib import Path
from deploy.servers import Mosquitto, Postgres
folder = Path(sys.argv[1])
database = Postgres(folder / "pg", durable=False).start()
broker = Mosquitto(folder / "mq").start()
print(database.pid, broker.pid, database.port, broker.port, flush=True)
time.sleep(60)
"""


def _launch(folder: Path) -> tuple[subprocess.Popen[str], list[int]]:
    launcher = subprocess.Popen([sys.executable, "-c", _LAUNCHER, str(folder)], stdout=subprocess.PIPE, text=True)
    assert launcher.stdout
    return launcher, [int(word) for word in launcher.stdout.readline().split()]


def _ended(pid: int, marker: str) -> bool:
    deadline = time.monotonic() + 15
    while is_alive(pid, marker) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not is_alive(pid, marker)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's word to children of the dead is Linux's")
def test_servers_end_with_a_killed_launcher_and_start_again(postgres_server: Postgres, mosquitto: Mosquitto) -> None:
    with scratch_folder("orphans") as folder:
        launcher, (database, broker, *ports) = _launch(folder)
        with launcher:
            assert is_alive(database, str(folder))
            assert is_alive(broker, str(folder))
            launcher.send_signal(signal.SIGKILL)
            launcher.wait()
        # At once, while the orphans may still be on their way out.
        with Postgres(folder / "pg", durable=False) as server, Mosquitto(folder / "mq"):
            assert _scalar(server.url, "SELECT 1") == 1
        assert _ended(database, str(folder))
        assert _ended(broker, str(folder))
        assert all(is_free(port) for port in ports)


def test_stop_leaves_nothing_behind(postgres_server: Postgres, mosquitto: Mosquitto) -> None:
    with scratch_folder("stop") as folder:
        server = Postgres(folder / "pg", binaries=postgres_server.binaries, durable=False).start()
        other = Mosquitto(folder / "mq").start()
        pids = server.pid, other.pid
        server.stop()
        other.stop()
        assert not any(is_alive(pid, str(folder)) for pid in pids)
        server.stop()  # twice is once
