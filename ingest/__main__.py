"""`liftline ingest`: from the broker into the database."""

import asyncio
import sys
from collections.abc import Sequence

from alerts import policy_file, policy_watch
from elevator import collector, service, settings
from elevator.errors import SettingsError
from elevator.health import HealthServer
from elevator.settings import Settings
from elevator.waiting import Waiting
from ingest.pipeline import Intake


async def ingest(config: Settings, stop: asyncio.Event) -> None:
    """Run the intake on the configured broker and database until `stop`."""
    rules = policy_file.load(config.policy)
    intake, waiting = Intake(config, rules), Waiting()

    def ready() -> str | None:
        return waiting.why or intake.ready()

    health = HealthServer(config.metrics_host, config.ingest_metrics_port, ready, intake.degraded)
    try:
        if await waiting.database(config.need_database(), stop):
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(policy_watch.follow(config.policy, intake.adopt, stop, running=rules))
                tasks.create_task(collector.run(stop, intake.quiet))
                tasks.create_task(intake.run(stop))
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
