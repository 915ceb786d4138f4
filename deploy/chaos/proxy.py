"""A TCP proxy on the loopback address that can cut at a chosen byte, fall silent, or lose an answer."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

from deploy.ports import LOOPBACK

_CHUNK = 65_536
_LINGER = 0.2  # s that a server gets to act on what it was sent, before its side is cut as well


@dataclass(slots=True, kw_only=True)
class Cut:
    """Where both sides lose each other, once; counted from when it is set."""

    up: bool  # counted in what flows towards the server
    word: bytes = b""  # at the first appearance of these bytes; without, anywhere
    skip: int = 0  # so many bytes further on
    whole: bool = False  # the server still gets the whole chunk, only the answer is lost
    done: threading.Event = field(default_factory=threading.Event)
    _found: bool = False

    def place(self, data: bytes) -> int | None:
        """How much of this chunk still passes; None: all of it, and the cut is still to come."""
        start = 0
        if not self._found:
            start = data.find(self.word)
            if start < 0:
                return None
            self._found = True
        if self.skip > len(data) - start:
            self.skip -= len(data) - start
            return None
        return len(data) if self.whole else start + self.skip


class Proxy:
    """Connections from a port of its own to a server that may move; lives in one event loop."""

    def __init__(self, upstream: Callable[[], int]) -> None:
        self.port = 0
        self.passed = 0  # bytes
        self._upstream = upstream
        self._cut: Cut | None = None
        self._flowing = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._pairs: dict[asyncio.Task[None], tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = {}

    async def start(self) -> Self:
        """Listen on a free port."""
        self._flowing.set()
        self._server = await asyncio.start_server(self._serve, LOOPBACK, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        """End the proxy and what runs through it."""
        if self._server is not None:
            self._server.close()
        self._flowing.set()
        await self.cut_now()
        if self._pairs:
            await asyncio.wait(self._pairs, timeout=2)

    def arm(self, cut: Cut) -> Cut:
        """Set the next cut."""
        self._cut = cut
        return cut

    async def cut_now(self) -> None:
        """Abort every connection."""
        for writers in list(self._pairs.values()):
            for writer in writers:
                writer.transport.abort()

    async def silence(self) -> None:
        """Let nothing pass, and tell nobody: a cable that was pulled."""
        self._flowing.clear()

    async def speak(self) -> None:
        """Let what waited pass."""
        self._flowing.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        try:
            there, back = await asyncio.open_connection(LOOPBACK, self._upstream())
        except OSError:
            writer.transport.abort()
            return
        assert task is not None  # noqa: S101 - the server made one for us
        self._pairs[task] = (writer, back)
        try:
            ends = [
                asyncio.create_task(self._pump(reader, back, writer, up=True), name="up"),
                asyncio.create_task(self._pump(there, writer, back, up=False), name="down"),
            ]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for end in ends:
                end.cancel()
            await asyncio.wait(ends)
        finally:
            del self._pairs[task]
            for one in (writer, back):
                one.close()

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, answers: asyncio.StreamWriter, *, up: bool
    ) -> None:
        with suppress(OSError):
            while data := await source.read(_CHUNK):
                await self._flowing.wait()
                cut = self._cut
                place = cut.place(data) if cut is not None and cut.up is up else None
                if cut is None or place is None:
                    sink.write(data)
                    await sink.drain()
                    self.passed += len(data)
                    continue
                self._cut = None
                sink.write(data[:place])
                await sink.drain()
                answers.transport.abort()
                cut.done.set()
                if cut.whole:  # an abort would take back what the server has not read yet
                    await asyncio.sleep(_LINGER)
                sink.transport.abort()
                return
