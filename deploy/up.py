"""`liftline up`: everything on one machine for real controllers, until Ctrl-C."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from deploy import access
from deploy.stack import ADDRESS_FILE, BROKER_FILE, Running, platform
from elevator.settings import Settings

TEND_EVERY = 0.5  # s


def run(settings: Settings, *, data_dir: Path | None, api_port: int | None, mqtt_port: int | None) -> int:
    """Start, say where everything is, watch, stop."""
    console = Console(stderr=True, highlight=False)
    folder = (data_dir or settings.data_dir).expanduser().absolute()
    with stopping() as stop, platform(
        folder, settings, api_port=settings.api_port if api_port is None else api_port,
        mqtt_port=settings.mqtt_port if mqtt_port is None else mqtt_port, say=console.print, fixed_metrics=True,
    ) as running:  # fmt: skip
        _greet(console, settings, running, folder)
        while not stop.wait(TEND_EVERY):
            running.services.tend()
        console.print("Stopping …")
    return 0


@contextmanager
def stopping() -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set, as long as the block runs."""
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _greet(console: Console, settings: Settings, running: Running, folder: Path) -> None:
    console.print()
    address = (settings.public_url or running.api_url).rstrip("/")
    console.print(f"[bold]Liftline is up.[/bold] Console and HTTP interface: {address}")
    console.print(f"Controllers publish to {running.lift_mqtt_url}, topics lift/v1/<lift_id>/…")
    if not (Path(__file__).parents[1] / "api" / "console" / "dist" / "index.html").is_file():
        console.print("The console is not built: run `make console`. The HTTP interface works without it.")
    link = access.first_admin_link(running.database_url, address)
    if link:
        console.print(f"Sign in as admin, once, within 15 minutes: {link}", soft_wrap=True)
    else:
        console.print("Sign in with your user, or make a one-time address: liftline user link LOGIN")
    if settings.database_url is None:
        kept = folder / ADDRESS_FILE
        console.print(
            f"For liftline user, token and doctor on this data: export LIFTLINE_DATABASE_URL=$(cat {kept})",
            soft_wrap=True,
        )
    if running.broker is not None:
        console.print(
            f"For liftline record: export LIFTLINE_MQTT_URL=$(cat {folder / BROKER_FILE})",
            soft_wrap=True,
        )
    console.print(f"Logs: {running.logs}. Ctrl-C stops everything started here.")
