"""A dispatcher for the demo that watches the stream and, with `--once`, acts: the public interface and nothing else."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from elevator import clock

_RECONNECT = 0.5  # s
_TIMEOUT = 10.0  # s; the stream says something every 5 s


@dataclass(slots=True)
class Desk:
    """What the stream has shown so far."""

    api_url: str
    token: str
    acts: bool  # acknowledge and close without a person
    incidents: dict[str, dict[str, Any]] = field(default_factory=dict)
    first_seen: dict[str, datetime] = field(default_factory=dict)
    heartbeat: dict[str, Any] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def watch(self) -> None:
        """Follow the stream for ever, resuming where it broke."""
        last: str | None = None
        headers = {"Authorization": f"Bearer {self.token}"}
        async with httpx.AsyncClient(base_url=f"{self.api_url}/api/v1", headers=headers, timeout=_TIMEOUT) as http:
            while True:
                resume = {"Last-Event-ID": last} if last else {}
                with suppress(httpx.HTTPError):
                    async with http.stream("GET", "/stream", headers=resume) as answer:
                        if last is None:
                            await self._load(http)
                        async for name, number, data in events(answer):
                            last = number or last
                            await self._take(http, name, data)
                await asyncio.sleep(_RECONNECT)

    async def _load(self, http: httpx.AsyncClient) -> None:
        answer = await http.get("/incidents", params={"state": "open", "limit": 200})
        for incident in answer.raise_for_status().json()["items"]:
            self._keep(incident)

    async def _take(self, http: httpx.AsyncClient, name: str, data: Any) -> None:
        if name == "heartbeat":
            self.heartbeat = data
        elif name == "reset":
            await self._load(http)
        elif name == "incident":
            self._keep(data)
            if self.acts:
                await self._act(http, data)
        self.changed.set()

    def _keep(self, incident: dict[str, Any]) -> None:
        self.first_seen.setdefault(incident["id"], clock.now())
        known = self.incidents.get(incident["id"])
        if known is None or known["version"] <= incident["version"]:
            self.incidents[incident["id"]] = incident

    async def _act(self, http: httpx.AsyncClient, incident: dict[str, Any]) -> None:
        if incident["kind"] != "rescue":
            return
        path = f"/incidents/{incident['id']}"
        if incident["ringing"] and incident["state"] not in {"suspected", "released"}:
            await http.post(f"{path}/acknowledge", json={})
        elif incident["state"] == "released":
            await http.post(
                f"{path}/close", json={"cause": "控制系统故障 · controller", "verified_with": "乘客 · passenger"}
            )


async def events(answer: httpx.Response) -> AsyncIterator[tuple[str, str | None, Any]]:
    """Name, id and data of each server-sent event.

    Raises:
        httpx.HTTPError: the stream was refused or broke.
    """
    answer.raise_for_status()
    name, number, data = "message", None, ""
    async for line in answer.aiter_lines():
        if line.startswith("event:"):
            name = line[6:].strip()
        elif line.startswith("id:"):
            number = line[3:].strip()
        elif line.startswith("data:"):
            data += line[5:].strip()
        elif not line and data:
            yield name, number, json.loads(data)
            name, number, data = "message", None, ""
