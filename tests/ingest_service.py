"""`liftline ingest` as a process of its own in a test, and what its health port says."""

import asyncio
import os
import sys
import urllib.request
from types import TracebackType
from typing import Self

from deploy.ports import free_port


class IngestService:
    """Runs from `async with` to its end, which must be a good one; may be started again."""

    def __init__(self, **variables: str) -> None:
        self._port = free_port()
        self._environment = os.environ | variables | {"LIFTLINE_INGEST_METRICS_PORT": str(self._port)}
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(sys.executable, "-m", "ingest", env=self._environment)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        try:
            if self._process.returncode is None:
                self._process.terminate()
            code = await asyncio.wait_for(self._process.wait(), 15)
            assert error is not None or code == 0
        finally:
            if self._process.returncode is None:
                self._process.kill()
                await self._process.wait()

    async def answers(self, path: str, part: str) -> str:
        """Status, content type and body, once `part` stands in them."""
        async with asyncio.timeout(30):
            while part not in (answer := await asyncio.to_thread(self._ask, path)):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)
        return answer

    def _ask(self, path: str) -> str:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._port}{path}", timeout=2) as answer:
                return f"{answer.status} {answer.headers['Content-Type']} {answer.read().decode()}"
        except OSError as error:
            return str(error)
