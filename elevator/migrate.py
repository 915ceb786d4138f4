"""The migration runner: numbered SQL files, one advisory lock, one transaction each (ADR 0006).

`apply` is for the one role that migrates; services call `verify` and refuse to start on a schema they do not know.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files

import psycopg

from elevator.errors import SchemaError, SettingsError, TransientError

_LOCK = 0x4C_49_46_54  # "LIFT": two migrating processes take turns
_CONNECT_TIMEOUT = 5  # s
_FILE = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One numbered step."""

    number: int
    name: str
    text: str

    @property
    def checksum(self) -> str:
        """Of the text; an applied migration may not change."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def migrations() -> list[Migration]:
    """All steps this program knows, in order."""
    found = [
        Migration(number=int(match[1]), name=match[2], text=entry.read_text(encoding="utf-8"))
        for entry in files("elevator").joinpath("migrations").iterdir()
        if (match := _FILE.fullmatch(entry.name))
    ]
    return sorted(found, key=lambda step: step.number)


def apply(url: str) -> list[Migration]:
    """Bring the database at `url` to this program's schema; returns the steps that were new.

    Raises:
        SchemaError: the database is newer than this program, or an applied step has changed.
        SettingsError: the address cannot be read.
        TransientError: the database cannot be reached now.
    """
    known = migrations()
    with _connected(url) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        try:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS schema_version (number integer PRIMARY KEY, name text NOT NULL,"
                " checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
            )
            connection.execute(_EXTENSION)
            done: dict[int, str] = dict(connection.execute("SELECT number, checksum FROM schema_version").fetchall())
            _check(done, known)
            new = [step for step in known if step.number not in done]
            for step in new:
                with connection.transaction():
                    connection.execute(step.text.encode())
                    connection.execute(
                        "INSERT INTO schema_version (number, name, checksum) VALUES (%s, %s, %s)",
                        [step.number, step.name, step.checksum],
                    )
        finally:
            connection.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
    return new


def verify(url: str) -> None:
    """Refuse a database whose schema is not exactly this program's.

    Raises:
        SchemaError: it is older, newer, changed, or none at all.
        SettingsError: the address cannot be read.
        TransientError: the database cannot be reached now.
    """
    known = migrations()
    with _connected(url) as connection:
        try:
            done: dict[int, str] = dict(connection.execute("SELECT number, checksum FROM schema_version").fetchall())
        except psycopg.errors.UndefinedTable:
            raise SchemaError("the database has no Liftline schema yet: run `liftline migrate`") from None
    _check(done, known)
    if missing := [step.number for step in known if step.number not in done]:
        raise SchemaError(f"the database lacks migration {missing[0]:04}: run `liftline migrate`")


@contextmanager
def _connected(url: str) -> Iterator[psycopg.Connection]:
    try:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=_CONNECT_TIMEOUT)
    except psycopg.ProgrammingError:  # its text repeats the password
        raise SettingsError(
            "LIFTLINE_DATABASE_URL cannot be read: special characters of a password are written as %XX"
        ) from None
    except psycopg.OperationalError as error:
        raise TransientError(f"the database does not answer: {str(error).strip()}") from error
    try:
        with connection:
            yield connection
    except psycopg.OperationalError as error:
        raise TransientError(f"the database does not answer: {str(error).strip()}") from error


def _check(done: dict[int, str], known: list[Migration]) -> None:
    by_number = {step.number: step for step in known}
    for number, checksum in sorted(done.items()):
        if number not in by_number:
            raise SchemaError(f"the database has migration {number:04}, which this program does not know: update it")
        if by_number[number].checksum != checksum:
            raise SchemaError(f"migration {number:04} was changed after it had been applied")


_EXTENSION = """
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'timescaledb') THEN
        CREATE EXTENSION IF NOT EXISTS timescaledb;
    END IF;
END $$
"""
