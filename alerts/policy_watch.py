"""Following the policy file while a service runs: a good change is adopted, a bad one refused and the old one kept."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from alerts import metrics, policy_file
from alerts.policy import Policy
from elevator import log
from elevator.errors import SettingsError
from elevator.service import wait

PERIOD = 2.0  # s between looks at the file


async def follow(path: Path | None, adopt: Callable[[Policy], None], stop: asyncio.Event, *, running: Policy) -> None:
    """Look at the file until `stop`; tell `adopt` of every policy that differs from the one before.

    Args:
        path: of the file; None: there is nothing to follow.
        adopt: takes the new policy.
        stop: ends it.
        running: what the service started with.
    """
    if path is None:
        return
    refused = ""
    while not await wait(stop, PERIOD):
        try:
            policy = await asyncio.to_thread(policy_file.load, path)
        except SettingsError as error:
            if str(error) != refused:  # once, not at every look
                refused = str(error)
                log.get().error("policy_refused", reason=refused, kept="the running policy stays")
            metrics.POLICY_REFUSED.set(1)
            continue
        refused = ""
        metrics.POLICY_REFUSED.set(0)
        if policy != running:
            running = policy
            log.get().info("policy_changed", file=str(path))
            adopt(policy)
