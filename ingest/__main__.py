"""`liftline ingest`: from the broker into the database."""

import asyncio
import sys
from collections.abc import Sequence

from alerts import policy
from elevator import log, migrate, service, settings
from elevator.errors import SettingsError, TransientError
from elevator.health import HealthServer
from elevator.service import wait
from elevator.settings import Settings
from ingest.pipeline import Intake

_DATABASE_RETRY = 2.0  # s


async def ingest(config: Settings, stop: asyncio.Event) -> None:
    """Run the intake on the configured broker and database until `stop`."""
    intake = Intake(config, policy.load(config.policy))
    waiting = "starting"

    def ready() -> str | None:
        return waiting or intake.ready()

    health = HealthServer(config.metrics_host, config.ingest_metrics_port, ready, intake.degraded)
    try:
        while not stop.is_set():
            try:
                await asyncio.to_thread(migrate.verify, config.need_database())
            except TransientError as error:
                waiting = "the database does not answer"
                log.get().warning("waiting_for_database", reason=str(error))
                await wait(stop, _DATABASE_RETRY)
            else:
                waiting = ""
                await intake.run(stop)
    finally:
        await asyncio.to_thread(health.close)


def main(argv: Sequence[str] | None = None) -> int:
    """Read the settings and run; the exit code is 2 on a bad setting."""
    if argv:
        print(f"liftline ingest takes no arguments, got {' '.join(argv)}", file=sys.stderr)  # noqa: T201
        return service.EXIT_SETTINGS
    try:
        config = settings.load()
    except SettingsError as error:
        print(f"liftline ingest: {error}", file=sys.stderr)  # noqa: T201 - before any log is set up
        return service.EXIT_SETTINGS
    return service.run("ingest", lambda stop: ingest(config, stop), log_format=config.log_format)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
