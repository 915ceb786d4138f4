"""The collector of cycles, kept from stopping a service while somebody waits for it (ADR 0020).

Theory. A full collection looks at every container that is alive: with the memories of 10 000 lifts a million, for 0.1
to 0.7 s in which nothing else happens in the process. CPython begins one whenever a quarter more than the last one
found alive has been made since, under load every second or two, and finds next to nothing: what dies in cycles (a task
that failed, with its traceback) dies young, in generations that cost a millisecond. So only the young are collected by
count, and the full collection is done now and then; ingest asks for a moment at which no alarm is in hand.

The young, too, are looked at less often than by default: a batch keeps some thousand messages alive, and a count of 700
looks at them again and again until they are stored.
"""

import asyncio
import gc
import time
from collections.abc import Callable

from elevator import log
from elevator.service import wait

EVERY = 3600.0  # s between full collections
AT_MOST = 60.0  # s that one is put off while something waits
_LOOK = 0.05  # s between looks
YOUNG = 20_000  # containers made and still alive before they are looked at
_NEVER = 1 << 30  # collections of the middle generation


def _always() -> bool:
    return True


async def run(stop: asyncio.Event, quiet: Callable[[], bool] = _always) -> None:
    """Collect in full once an hour, until `stop`.

    Args:
        stop: of the service.
        quiet: whether nobody waits now; asked again and again, for a minute at most.
    """
    young, middle, old = gc.get_threshold()
    gc.set_threshold(max(young, YOUNG), middle, _NEVER)
    try:
        while not await wait(stop, EVERY):
            await _moment(stop, quiet)
            began = time.perf_counter()
            found = gc.collect()
            log.get().info("cycles_collected", found=found, took_ms=round((time.perf_counter() - began) * 1000, 1))
    finally:
        gc.set_threshold(young, middle, old)


async def _moment(stop: asyncio.Event, quiet: Callable[[], bool]) -> None:
    for _ in range(round(AT_MOST / _LOOK)):
        if quiet() or await wait(stop, _LOOK):
            return
