"""Running a service: until SIGTERM or SIGINT, with named tasks that are all stopped together."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress

from elevator import log
from elevator.errors import LiftlineError, SchemaError, SettingsError

EXIT_SETTINGS = 2


def run(name: str, main: Callable[[asyncio.Event], Awaitable[None]], *, log_format: str) -> int:
    """Run `main(stop)` to its end; the event `stop` is set on SIGTERM and SIGINT. Returns the exit code."""
    log.configure(name, form=log_format)

    async def _supervise() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await main(stop)

    code = 0
    try:
        _runner()(_supervise())
    except* (SettingsError, SchemaError) as group:
        print(f"liftline {name}: {_sentences(group)}", file=sys.stderr)  # noqa: T201 - read before any log
        code = EXIT_SETTINGS
    except* LiftlineError as group:
        log.get().error("stopped", reason=_sentences(group))
        code = 1
    return code


def _sentences(group: BaseExceptionGroup[LiftlineError]) -> str:
    """All leaves of a group, one after the other."""
    return "; ".join(
        _sentences(error) if isinstance(error, BaseExceptionGroup) else str(error) for error in group.exceptions
    )


def _runner() -> Callable[..., None]:
    with suppress(ImportError):
        import uvloop  # noqa: PLC0415 - not available everywhere; asyncio's own loop does as well

        return uvloop.run
    return asyncio.run


async def wait(stop: asyncio.Event, seconds: float) -> bool:
    """Sleep that ends early when the service stops; true when it does."""
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
    return stop.is_set()
