"""`liftline dispatch`: timers, silence and the delivery of messages."""

import asyncio
import sys
from datetime import timedelta

from alerts import policy_file, policy_watch
from alerts.worker import Worker
from elevator import clock, collector, db, service, settings
from elevator.errors import SettingsError
from elevator.health import HealthServer
from elevator.settings import Settings
from elevator.waiting import AWAY, Waiting

_ALIVE_WITHIN = timedelta(seconds=5)


async def dispatch(config: Settings, stop: asyncio.Event) -> None:
    """Run the worker on the configured database until `stop`."""
    url, rules, waiting = config.need_database(), policy_file.load(config.policy), Waiting()
    worker: Worker | None = None

    def ready() -> str | None:
        alive = worker.alive_at if worker else None
        return waiting.why or (None if alive and clock.now() - alive < _ALIVE_WITHIN else AWAY)

    health = HealthServer(config.metrics_host, config.dispatch_metrics_port, ready)
    try:
        if await waiting.database(url, stop):
            async with db.pool(url, application="dispatch") as pool:
                worker = Worker(pool, rules, config)
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(policy_watch.follow(config.policy, worker.adopt, stop, running=rules))
                    tasks.create_task(collector.run(stop))
                    tasks.create_task(worker.run(stop))
    finally:
        await asyncio.to_thread(health.close)


def main() -> int:
    """Read the settings and run; the exit code is 2 on a bad setting."""
    try:
        config = settings.load()
    except SettingsError as error:
        print(f"liftline dispatch: {error}", file=sys.stderr)  # noqa: T201 - before any log is set up
        return service.EXIT_SETTINGS
    return service.run("dispatch", lambda stop: dispatch(config, stop), log_format=config.log_format)


if __name__ == "__main__":
    sys.exit(main())
