"""`liftline shadow`: a second policy beside the live one, on live data; it opens nothing and tells nobody."""

import asyncio
import os
import sys
from datetime import timedelta

from alerts import policy_file, policy_watch
from alerts.shadow.worker import Shadow
from elevator import clock, service, settings
from elevator.errors import SettingsError
from elevator.health import HealthServer
from elevator.settings import Settings
from elevator.waiting import AWAY, Waiting

_ALIVE_WITHIN = timedelta(seconds=15)
_NICE = 10  # the rescue itself goes first on this machine


async def shadow(config: Settings, stop: asyncio.Event) -> None:
    """Follow with the policy of the settings until `stop`.

    Raises:
        SettingsError: no file is named, or all that is wrong in it.
    """
    if config.shadow_policy is None:
        raise SettingsError("LIFTLINE_SHADOW_POLICY is not set: expected the TOML file with the policy to try")
    rules = policy_file.load(config.shadow_policy)
    worker, waiting = Shadow(config.need_database(), rules, samples_kept=timedelta(days=config.samples_days)), Waiting()

    def ready() -> str | None:
        alive = worker.alive_at
        return waiting.why or (None if alive and clock.now() - alive < _ALIVE_WITHIN else AWAY)

    health = HealthServer(config.metrics_host, config.shadow_metrics_port, ready)
    try:
        if await waiting.database(config.need_database(), stop):
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(policy_watch.follow(config.shadow_policy, worker.adopt, stop, running=rules))
                tasks.create_task(worker.run(stop))
    finally:
        await asyncio.to_thread(health.close)


def main() -> int:
    """Read the settings and run; the exit code is 2 on a bad setting or policy."""
    try:
        config = settings.load()
    except SettingsError as error:
        print(f"liftline shadow: {error}", file=sys.stderr)  # noqa: T201 - before any log is set up
        return service.EXIT_SETTINGS
    os.nice(_NICE)
    return service.run("shadow", lambda stop: shadow(config, stop), log_format=config.log_format)


if __name__ == "__main__":
    sys.exit(main())
