"""The migration runner: what it makes, that it makes it once, and what it refuses."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import psycopg
import pytest

from deploy import schema
from deploy.servers import Postgres, free_port
from elevator import migrate
from elevator.errors import SchemaError, SettingsError, TransientError
from elevator.migrate import Migration
from elevator.storage.rows import COLUMNS


def execute(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_schema_file_is_what_the_migrations_make(postgres_server: Postgres, database: str) -> None:
    made = schema.picture(postgres_server.binaries, database)
    assert schema.FILE.read_text() == f"{schema.HEAD}\n{made}", "run `python -m deploy.schema`"


def test_schema_is_the_same_without_timescaledb(plain_postgres_server: Postgres, plain_database: str) -> None:
    made = schema.picture(plain_postgres_server.binaries, plain_database)
    assert schema.FILE.read_text() == f"{schema.HEAD}\n{made}"


def test_schema_file_can_be_run(postgres_server: Postgres, empty_database: str) -> None:
    """A picture that PostgreSQL cannot read back would be a drawing, not a schema."""
    execute(empty_database, schema.FILE.read_text())
    assert schema.picture(postgres_server.binaries, empty_database) == schema.FILE.read_text().removeprefix(
        f"{schema.HEAD}\n"
    )


def test_picture_shows_every_difference(postgres_server: Postgres, database: str) -> None:
    """The comparison above can fail: a column, an index, a trigger or a row more is seen."""
    before = schema.picture(postgres_server.binaries, database)
    for statement in (
        "ALTER TABLE lift ADD COLUMN colour text",
        "CREATE INDEX ON lift (address)",
        "DROP TRIGGER timeline_append_only ON timeline",
        "ALTER TABLE lift ALTER name SET NOT NULL",
        "UPDATE feed_head SET no = 7",
    ):
        execute(database, statement)
        after = schema.picture(postgres_server.binaries, database)
        assert after != before, statement
        before = after


def test_time_series_are_hypertables_where_timescaledb_is(postgres_server: Postgres, database: str) -> None:
    if not postgres_server.timescale:
        pytest.skip("NOT TESTED: this machine has no TimescaleDB")
    assert execute(
        database,
        "SELECT hypertable_name::text, column_name::text, time_interval::text FROM timescaledb_information.dimensions"
        " ORDER BY 1",
    ) == [("sample", "ts", "1 day"), ("sample_hour", "bucket", "60 days"), ("sample_minute", "bucket", "7 days")]


@pytest.mark.parametrize(("table", "like"), [("sample_stray", "sample"), ("sample_hour", "sample_minute")])
def test_tables_that_exchange_rows_have_the_same_columns_in_order(database: str, table: str, like: str) -> None:
    """Rows go from one to the other by `SELECT *`: a column added to one belongs into both."""
    columns = (
        "SELECT column_name::text, data_type::text, is_nullable::text FROM information_schema.columns"
        " WHERE table_name = '{}' ORDER BY ordinal_position"
    )
    assert execute(database, columns.format(table)) == execute(database, columns.format(like)) != []


def test_roll_ups_have_exactly_the_columns_that_are_written(database: str) -> None:
    found = execute(
        database, "SELECT column_name::text FROM information_schema.columns WHERE table_name = 'sample_minute'"
    )
    assert {name for (name,) in found} == set(COLUMNS)


def test_a_second_run_does_nothing(empty_database: str) -> None:
    new = migrate.apply(empty_database)
    assert [step.number for step in new] == list(range(1, len(new) + 1)), "numbers have no holes"
    recorded = execute(empty_database, "SELECT * FROM schema_version ORDER BY number")
    assert migrate.apply(empty_database) == []
    assert execute(empty_database, "SELECT * FROM schema_version ORDER BY number") == recorded
    migrate.verify(empty_database)


def test_the_one_caller_becomes_the_first_of_all(empty_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """0018 on a database in use: who has called is kept, and `caller` follows what is written to `callers`."""
    known = migrate.migrations()
    monkeypatch.setattr(migrate, "migrations", lambda: known[:17])
    migrate.apply(empty_database)
    execute(
        empty_database,
        "INSERT INTO incident (id, kind, priority, state, reason, opened_at, caller)"
        " VALUES ('a', 'rescue', 1, 'confirmed', 'caller', now(), '0731-55'),"
        " ('b', 'rescue', 1, 'closed', 'outside_zone', now(), NULL)",
    )
    monkeypatch.setattr(migrate, "migrations", lambda: known)
    migrate.apply(empty_database)
    callers = "SELECT id, caller, callers FROM incident ORDER BY id"
    assert execute(empty_database, callers) == [("a", "0731-55", ["0731-55"]), ("b", None, [])]
    execute(empty_database, "UPDATE incident SET callers = callers || '{139}'::text[]")
    assert execute(empty_database, callers) == [("a", "0731-55", ["0731-55", "139"]), ("b", "139", ["139"])]


def test_concurrent_runs_take_turns(empty_database: str) -> None:
    """Four at once: one migrates, the others wait for it and find nothing to do."""
    made: list[list[Migration]] = []
    failed: list[Exception] = []
    together = threading.Barrier(4)

    def run() -> None:
        together.wait()
        try:
            made.append(migrate.apply(empty_database))
        except Exception as error:  # noqa: BLE001 - told by the assertion below
            failed.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    assert sorted(len(steps) for steps in made) == [0, 0, 0, len(migrate.migrations())]
    migrate.verify(empty_database)


def test_a_step_that_fails_leaves_nothing(empty_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step is one transaction, and the steps before it stay; repaired, the next run goes on from there."""
    known = migrate.migrations()
    number = len(known) + 1
    broken = Migration(number=number, name="broken", text="CREATE TABLE half (a int); SELECT 1 / 0;")
    monkeypatch.setattr(migrate, "migrations", lambda: [*known, broken])
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate.apply(empty_database)
    assert execute(empty_database, "SELECT to_regclass('half')") == [(None,)]
    with pytest.raises(SchemaError, match=f"lacks migration {number:04}"):
        migrate.verify(empty_database)
    mended = Migration(number=number, name="broken", text="CREATE TABLE half (a int);")
    monkeypatch.setattr(migrate, "migrations", lambda: [*known, mended])
    assert migrate.apply(empty_database) == [mended]


# What a service must not work with, and the sentence that says so.
REFUSED: list[tuple[str, Callable[[str], object], str]] = [
    ("empty", lambda _: None, "the database has no Liftline schema yet: run `liftline migrate`"),
    (
        "begun",
        lambda url: (migrate.apply(url), execute(url, "DELETE FROM schema_version WHERE number > 1")),
        "the database lacks migration 0002: run `liftline migrate`",
    ),
    (
        "edited",
        lambda url: (migrate.apply(url), execute(url, "UPDATE schema_version SET checksum = 'x' WHERE number = 1")),
        "migration 0001 was changed after it had been applied",
    ),
    (
        "newer",
        lambda url: (
            migrate.apply(url),
            execute(url, "INSERT INTO schema_version (number, name, checksum) VALUES (9999, 'future', 'x')"),
        ),
        "the database has migration 9999, which this program does not know: update it",
    ),
]


@pytest.mark.parametrize(("spoil", "sentence"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_schema_that_is_not_ours_is_refused(
    empty_database: str, spoil: Callable[[str], object], sentence: str
) -> None:
    spoil(empty_database)
    with pytest.raises(SchemaError) as refused:
        migrate.verify(empty_database)
    assert str(refused.value) == sentence


@pytest.mark.parametrize("spoiled", ["edited", "newer"])
def test_migrating_refuses_what_it_cannot_mend(empty_database: str, spoiled: str) -> None:
    spoil, sentence = {name: rest for name, *rest in REFUSED}[spoiled]
    assert callable(spoil)
    spoil(empty_database)
    with pytest.raises(SchemaError) as refused:
        migrate.apply(empty_database)
    assert str(refused.value) == sentence


def test_a_database_that_does_not_answer_is_said_in_words() -> None:
    nowhere = f"postgresql://liftline@127.0.0.1:{free_port()}/liftline"
    for attempt in (migrate.apply, migrate.verify):
        with pytest.raises(TransientError, match="the database does not answer"):
            attempt(nowhere)


def test_an_address_that_cannot_be_read_does_not_spill_the_password() -> None:
    for attempt in (migrate.apply, migrate.verify):
        with pytest.raises(SettingsError, match="LIFTLINE_DATABASE_URL cannot be read") as refused:
            attempt("postgresql://liftline:50%off@127.0.0.1/liftline")
        assert "50%off" not in str(refused.value)


@pytest.mark.parametrize("service", ["ingest", "alerts", "api"])
@pytest.mark.parametrize("name", ["empty", "newer"])
def test_services_exit_2_on_a_schema_they_do_not_know(empty_database: str, service: str, name: str) -> None:
    spoil, sentence = {case: rest for case, *rest in REFUSED}[name]
    assert callable(spoil)
    spoil(empty_database)
    ended = _run(service, LIFTLINE_DATABASE_URL=empty_database)
    assert ended.returncode == 2, ended.stderr
    assert str(sentence) in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_command_line_migrates_once(empty_database: str) -> None:
    first = _run("deploy.cli", "migrate", LIFTLINE_DATABASE_URL=empty_database)
    assert first.returncode == 0, first.stderr
    assert first.stdout.splitlines() == [
        *(f"applied {step.number:04} {step.name}" for step in migrate.migrations()), "the schema is up to date",
    ]  # fmt: skip
    second = _run("deploy.cli", "migrate", LIFTLINE_DATABASE_URL=empty_database)
    assert (second.returncode, second.stdout) == (0, "the schema is up to date\n")


def test_the_command_line_says_which_database_it_cannot_reach() -> None:
    ended = _run("deploy.cli", "migrate", LIFTLINE_DATABASE_URL=f"postgresql://127.0.0.1:{free_port()}/x")
    assert ended.returncode == 1
    assert ended.stderr.startswith("liftline migrate: the database does not answer: ")


def test_a_run_that_is_killed_frees_the_lock(empty_database: str) -> None:
    """The lock is of the connection: a migrating process that dies in the middle does not block the next."""
    holder = (
        "import psycopg, sys, time; from elevator import migrate;"
        f"c = psycopg.connect({empty_database!r}, autocommit=True);"
        "c.execute('SELECT pg_advisory_lock(%s)', [migrate._LOCK]); print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", holder], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        waiting = threading.Thread(target=migrate.apply, args=[empty_database])
        waiting.start()
        waiting.join(0.5)
        assert waiting.is_alive(), "it did not wait for its turn"
        process.send_signal(signal.SIGKILL)
        began = time.monotonic()
        waiting.join(30)
    assert not waiting.is_alive()
    assert time.monotonic() - began < 30
    migrate.verify(empty_database)


def _run(module: str, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("LIFTLINE_")}
    env |= {
        "LIFTLINE_MQTT_URL": "mqtt://127.0.0.1:1", "LIFTLINE_API_PORT": "0", "LIFTLINE_INGEST_METRICS_PORT": "0",
        "LIFTLINE_DISPATCH_METRICS_PORT": "0", **settings,
    }  # fmt: skip
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
