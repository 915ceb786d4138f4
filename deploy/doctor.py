"""`liftline doctor`: says what is wrong with an installation and what to do; it changes nothing."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import aiomqtt
import psycopg
from rich.console import Console
from rich.markup import escape

from alerts import policy_file
from deploy.servers import find_mosquitto, find_postgres
from elevator import clock, codes, migrate
from elevator.broker import failure
from elevator.errors import LiftlineError, SettingsError
from elevator.settings import Settings
from ingest.adapters import LOADED

if TYPE_CHECKING:
    from datetime import datetime

_STALE = 10.0  # s without a sign of life


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    level: str  # ok, warning, error
    what: str
    advice: str = ""


def run(settings: Settings) -> int:
    """Print every finding; 1 when something is broken."""
    console = Console(highlight=False)
    marks = {"ok": "[green]✓[/green]", "warning": "[yellow]![/yellow]", "error": "[red]✗[/red]"}
    worst = 0
    for finding in look(settings):
        console.print(f"{marks[finding.level]} {escape(finding.what)}", soft_wrap=True)
        if finding.advice:
            console.print(f"    → {escape(finding.advice)}", soft_wrap=True)
        worst = max(worst, 1 if finding.level == "error" else 0)
    return worst


def look(settings: Settings) -> Iterator[Finding]:
    """Everything, one after the other."""
    yield from _policy(settings)
    yield from _codes(settings)
    yield from _console()
    if settings.database_url:
        yield from _database(settings.database_url)
    else:
        yield from _programs()
    if settings.mqtt_url:
        yield asyncio.run(_broker(settings))


def _policy(settings: Settings) -> Iterator[Finding]:
    try:
        policy_file.load(settings.policy)
    except LiftlineError as error:
        yield Finding("error", str(error), "mend the file of LIFTLINE_POLICY, or unset it for the defaults")
    else:
        yield Finding("ok", f"policy: {settings.policy or 'defaults'}")
    if settings.shadow_policy is None:
        return
    try:
        policy_file.load(settings.shadow_policy)
    except LiftlineError as error:
        yield Finding("warning", f"shadow {error}", "mend the file of LIFTLINE_SHADOW_POLICY; only `shadow` needs it")
    else:
        yield Finding("ok", f"shadow policy: {settings.shadow_policy}")


def _codes(settings: Settings) -> Iterator[Finding]:
    try:
        book = codes.load(settings.codes)
    except LiftlineError as error:
        yield Finding("error", str(error), "mend the file of LIFTLINE_CODES, or unset it for the built-in tables")
    else:
        yield Finding("ok", f"code tables: {len(book.tables)}, models: {len(book.models)}")
    for name, why in LOADED.broken.items():
        yield Finding("warning", f"adapter {name}: not loaded: {why}", "mend or remove its package")


def _console() -> Iterator[Finding]:
    built = (Path(__file__).parents[1] / "api" / "console" / "dist" / "index.html").is_file()
    yield Finding("ok", "console: built") if built else Finding("warning", "console: not built", "make console")


def _programs() -> Iterator[Finding]:
    yield Finding("ok", "LIFTLINE_DATABASE_URL is not set: `up` starts its own database")
    try:
        binaries = find_postgres()
        kind = "with TimescaleDB" if binaries.timescale else "WITHOUT TimescaleDB: plain tables"
        yield Finding("ok" if binaries.timescale else "warning", f"PostgreSQL: {binaries.origin}, {kind}")
        yield Finding("ok", f"Mosquitto: {find_mosquitto()}")
    except LiftlineError as error:
        yield Finding("error", str(error), "make setup")


def _database(url: str) -> Iterator[Finding]:
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            version = connection.execute("SHOW server_version").fetchone()
            yield Finding("ok", f"database: PostgreSQL {version[0] if version else '?'}")
            extension = connection.execute(
                "SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'"
            ).fetchone()
            yield (
                Finding("ok", f"TimescaleDB {extension[0]}")
                if extension
                else Finding("warning", "no TimescaleDB: time series are plain tables", "install it, then migrate anew")
            )
            migrate.verify(url)
            yield Finding("ok", "schema: as this program knows it")
            yield from _services(connection)
    except LiftlineError as error:
        yield Finding("error", f"schema: {error}")
    except psycopg.Error as error:
        yield Finding("error", f"database: {error}", "is it running, and is LIFTLINE_DATABASE_URL right?")


def _services(connection: psycopg.Connection) -> Iterator[Finding]:
    now = clock.now()
    seen: dict[str, datetime] = dict(connection.execute("SELECT name, alive_at FROM service").fetchall())
    lanes = connection.execute("SELECT lane, alive_at, listening_since FROM intake ORDER BY lane").fetchall()
    for name in ("dispatch",):
        yield _alive(name, (now - seen[name]).total_seconds() if name in seen else None)
    if not lanes:
        yield _alive("ingest", None)
    for lane, alive_at, listening in lanes:
        yield _alive(f"ingest, lane {lane}", (now - alive_at).total_seconds())
        if listening is None:
            yield Finding(
                "warning", f"ingest, lane {lane}: not listening yet", "is the broker up? is a queue being read?"
            )
    unread = connection.execute(
        "SELECT count(*) FROM quarantine WHERE received_at > now() - interval '1 day'"
    ).fetchone()
    if unread and unread[0]:
        yield Finding(
            "warning", f"{unread[0]} unreadable messages in the last day", "GET /api/v1/quarantine lists them"
        )


def _alive(name: str, age: float | None) -> Finding:
    if age is None:
        return Finding("error", f"{name}: never seen", f"start it: liftline {name.split(',', maxsplit=1)[0]}")
    if age > _STALE:
        return Finding(
            "error", f"{name}: no sign of life for {age:.0f} s", f"start it: liftline {name.split(',', maxsplit=1)[0]}"
        )
    return Finding("ok", f"{name}: alive")


async def _broker(settings: Settings) -> Finding:
    try:
        way = settings.need_access()
    except SettingsError as error:
        return Finding("error", str(error), "mend the file, or unset it")
    where = f"{way.host}:{way.port}"
    try:
        async with (
            asyncio.timeout(5),
            aiomqtt.Client(
                way.host,
                way.port,
                username=way.username,
                password=way.password,
                tls_context=way.tls,
                protocol=aiomqtt.ProtocolVersion.V5,
            ),
        ):
            return Finding("ok", f"broker: {where} answers{', with TLS' if way.tls else ''}")
    except (aiomqtt.MqttError, TimeoutError, OSError) as error:
        told = failure(error.__context__ if isinstance(error.__context__, OSError) else error)
        return Finding("error", f"broker {where}: {told}", "is LIFTLINE_MQTT_URL right?")
