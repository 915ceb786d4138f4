"""The platform as anybody outside sees it: the public HTTP API, with a token, and its refusals as values."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from simulators.trouble import TroubleError

TIMEOUT = 10.0  # s for one request
RETRIES = 6  # tries of one request while the platform cannot be reached
PAUSE = 0.5  # s before the second try, doubled from then on
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the platform said."""

    status: int
    body: Any

    @property
    def ok(self) -> bool:
        """Whether it did what was asked."""
        return 200 <= self.status < 300

    @property
    def problem(self) -> str:
        """Its own sentence about a refusal."""
        if not isinstance(self.body, Mapping):
            return f"status {self.status}"
        errors = [f"{e.get('field')}: {e.get('message')}" for e in self.body.get("errors") or []]
        return " ".join([f"{self.status}", str(self.body.get("detail") or self.body.get("title") or ""), *errors])


class Platform:
    """A client with one token."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    async def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *,
        text: tuple[str, str] | None = None, data: tuple[str, bytes] | None = None, **params: str,
    ) -> Answer:  # fmt: skip
        """Ask, again while the platform cannot be reached or is overloaded; any other answer is handed back.

        Args:
            method: of HTTP.
            path: below `/api/v1`.
            body: sent as JSON.
            text: instead of it a media type and a text.
            data: or a media type and bytes.
            params: the query.

        Raises:
            TroubleError: it stayed out of reach.
        """
        if text is not None:
            data = (text[0], text[1].encode())
        headers = {"Content-Type": data[0]} if data else None
        content = data[1] if data else None
        last = ""
        for attempt in range(RETRIES):
            if attempt:
                await asyncio.sleep(PAUSE * 2 ** (attempt - 1))
            try:
                reply = await self._http.request(
                    method, f"/api/v1{path}", json=body, content=content, headers=headers, params=params or None
                )
            except httpx.TransportError as error:
                last = f"{type(error).__name__} {error}".strip()
                continue
            if reply.status_code in {429, 502, 503, 504}:
                last = f"status {reply.status_code}"
                continue
            return Answer(status=reply.status_code, body=_json(reply))
        raise TroubleError(f"the platform at {self._http.base_url} cannot be reached: {last}")

    async def must(self, method: str, path: str, body: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """Ask, and take nothing but success.

        Raises:
            TroubleError: the platform's refusal.
        """
        answer = await self.call(method, path, body, **more)
        if not answer.ok:
            raise TroubleError(f"{method} {path}: {answer.problem}")
        return answer.body

    async def items(self, path: str, **params: str) -> list[dict[str, Any]]:
        """A whole list, page by page.

        Raises:
            TroubleError: the platform's refusal.
        """
        found: list[dict[str, Any]] = []
        page: dict[str, Any] = {"limit": "200", **params}
        while True:
            body = await self.must("GET", path, **page)
            found += body["items"]
            if not body.get("next_cursor"):
                return found
            page["cursor"] = body["next_cursor"]


@asynccontextmanager
async def client(api_url: str, token: str) -> AsyncIterator[Platform]:
    """A client for as long as the context lasts."""
    # A proxy of the environment is for the world outside, never for this machine.
    outside = urlsplit(api_url).hostname not in _LOOPBACK
    async with httpx.AsyncClient(
        base_url=api_url.rstrip("/"),
        headers={"Authorization": f"Bearer {token}"},
        timeout=TIMEOUT,
        trust_env=outside,
    ) as http:
        yield Platform(http)


def _json(reply: httpx.Response) -> Any:
    try:
        return reply.json()
    except ValueError:
        return reply.text
