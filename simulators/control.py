"""The way to give a running simulation an order: a Unix socket that takes lines like `LIFT_ID entrapment`."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from simulators.trouble import TroubleError

ANSWER = 10.0  # s
LINE = 4096  # bytes


@asynccontextmanager
async def listening(path: Path, obey: Callable[[str], str]) -> AsyncIterator[None]:
    """Take orders at `path` for as long as the context lasts; `obey` answers each with a sentence.

    Raises:
        TroubleError: another simulation listens there, or the place cannot be used.
    """
    if not await _deserted(path):
        raise TroubleError(f"another simulation takes its orders at {path}; give this one --control PATH")
    _clear(path)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ValueError, OSError, TimeoutError):
            async with asyncio.timeout(ANSWER):
                line = (await reader.readline()).decode(errors="replace").strip()
                try:
                    reply = f"ok {obey(line)}"
                except TroubleError as error:
                    reply = f"no {error}"
                writer.write(reply.encode() + b"\n")
                await writer.drain()
        await _hang_up(writer)

    try:
        server = await asyncio.start_unix_server(answer, str(path), limit=LINE)
    except OSError as error:
        raise TroubleError(f"cannot take orders at {path}: {error}") from None
    os.chmod(path, 0o600)  # noqa: PTH101 - one system call, on a socket of ours
    try:
        async with server:
            yield
    finally:
        _clear(path)


async def send(path: Path, line: str) -> tuple[bool, str]:
    """Give one order; returns whether it was obeyed, and the answer."""
    try:
        async with asyncio.timeout(ANSWER):
            reader, writer = await asyncio.open_unix_connection(str(path))
            writer.write(line.encode() + b"\n")
            await writer.drain()
            answer = (await reader.readline()).decode().strip()
            await _hang_up(writer)
    except (OSError, TimeoutError):
        return False, f"no simulation takes orders at {path}"
    word, _, rest = answer.partition(" ")
    return word == "ok", rest


async def _deserted(path: Path) -> bool:
    try:
        _, writer = await asyncio.open_unix_connection(str(path))
    except OSError:
        return True
    await _hang_up(writer)
    return False


async def _hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


def _clear(path: Path) -> None:
    """Make the place, and take away what a killed simulation left there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
