"""A whole installation for tests of the HTTP interface: a database with firms, lifts, people and tokens, and the application.

Times are real; every id is made by the program itself. `Desk.report` and friends go through the same commands as people.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from alerts.policy import Policy
from api import access
from api.app import create_app
from elevator import clock, db
from elevator.db import Pool
from elevator.settings import Settings

ADMIN_TOKEN = "an-admin-token-for-tests-and-nothing-else"
PASSWORD = "correct horse"
ROLES = ("admin", "dispatcher", "supervisor", "firm", "responder", "property")


@dataclass
class Installation:
    """Everything a test needs to call and to look behind the scenes."""

    url: str
    pool: Pool
    app: FastAPI
    settings: Settings
    ids: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    @contextlib.asynccontextmanager
    async def client(self, role: str | None = None, **headers: str) -> AsyncIterator[httpx.AsyncClient]:
        """A client of the application itself, as a program of that role (`admin` is the automation token)."""
        if role is not None:
            headers["Authorization"] = f"Bearer {self.tokens[role]}"
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver", headers=headers) as client:
            yield client

    async def call(self, role: str | None, method: str, path: str, **kwargs: Any) -> httpx.Response:
        """One call below /api/v1."""
        async with self.client(role) as client:
            return await client.request(method, f"/api/v1{path}", **kwargs)

    async def sql(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        """Look into, or change, the database."""
        async with self.pool.connection() as connection:
            cursor = await connection.execute(statement.encode(), values)
            return await cursor.fetchall() if cursor.description else []

    async def report(self, lift: str = "L-1", **body: Any) -> dict[str, Any]:
        """A person reports an entrapment; the incident's detail."""
        answer = await self.call("dispatcher", "POST", "/incidents", json={"lift_id": lift, **body})
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()


@contextlib.asynccontextmanager
async def installed(url: str, *, dist: Path | None = None, **settings: Any) -> AsyncIterator[Installation]:
    """An installation on a migrated database, without the live stream."""
    config = Settings(database_url=url, admin_token=ADMIN_TOKEN, **settings)
    async with db.pool(url, application="tests", size=6) as pool:
        more = {} if dist is None else {"dist": dist}
        app = create_app(config, pool=pool, policy=Policy(), **more)
        place = Installation(url=url, pool=pool, app=app, settings=config)
        await furnish(place)
        yield place


async def furnish(place: Installation) -> None:
    """Two firms with crews, three lifts, a token for every role."""
    place.tokens["admin"] = ADMIN_TOKEN
    for firm in ("A", "B"):
        answer = await place.call("admin", "POST", "/firms", json={"name": f"Firm {firm}", "phone": "0731-1"})
        place.ids[f"firm_{firm}"] = answer.json()["id"]
        for unit in ("1", "2"):
            body = {"firm_id": place.ids[f"firm_{firm}"], "name": f"Crew {firm}{unit}"}
            answer = await place.call("admin", "POST", "/units", json=body)
            place.ids[f"unit_{firm}{unit}"] = answer.json()["id"]
    for lift_id, code, firm, building in (
        ("L-1", "100001", "Firm A", "House 1"), ("L-2", "100002", "Firm B", "House 2"), ("L-3", "100003", None, "House 1"),
    ):  # fmt: skip
        body = {"lift_id": lift_id, "rescue_code": code, "name": f"Lift {lift_id}", "building": building, "firm": firm}
        answer = await place.call("admin", "POST", "/lifts", json=body)
        assert answer.status_code == 201, answer.text
    rights: dict[str, dict[str, Any]] = {
        "dispatcher": {}, "supervisor": {},
        "firm": {"firm_id": place.ids["firm_A"]},
        "responder": {"unit_id": place.ids["unit_A1"]},
        "responder2": {"unit_id": place.ids["unit_A2"]},
        "firm_B": {"firm_id": place.ids["firm_B"]},
        "responder_B": {"unit_id": place.ids["unit_B1"]},
        "property": {"building": "House 1"},
        "property2": {"building": "House 2"},
    }  # fmt: skip
    async with place.pool.connection() as connection:
        for name, right in rights.items():
            role = name.rstrip("2").removesuffix("_B")
            place.tokens[name] = await access.create_token(connection, name, role, **right)


async def heard(place: Installation, lift_id: str, **sample: Any) -> None:
    """A lift sends a sample, and its state is remembered as ingest remembers it."""
    from alerts.desk import Desk
    from elevator.model import Door, Link, Mode, Sample
    from elevator.times import to_ms

    now = clock.now()
    values = {"mode": Mode.NORMAL, "floor": "3", "moving": False, "door_zone": True, "door": Door.CLOSED, "boot": "b"}
    async with place.pool.connection() as connection, connection.transaction():
        desk = await Desk.open(connection, [lift_id], policy=Policy(), now=now)
        desk.observe(lift_id, Link(online=True, ts=to_ms(now), interval=30), to_ms(now))
        desk.observe(lift_id, Sample(**{"ts": to_ms(now), "seq": to_ms(now), **values, **sample}), to_ms(now))
        await desk.save()


@contextlib.asynccontextmanager
async def served(place: Installation) -> AsyncIterator[str]:
    """The application behind a real server on a free port; its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(place.app, log_config=None, access_log=False, ws="none", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign]
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        async with asyncio.timeout(10):
            while not (server.started and place.app.state.context.feed.alive):  # noqa: ASYNC110 - tells nobody
                await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        place.app.state.context.feed.close()
        server.should_exit = True
        await task
