"""Putting the HTTP application together: parts, routes, errors, and the live stream's life."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from starlette.responses import JSONResponse, Response

from alerts.policy import Policy
from api import problems
from api.deps import Context, known_query
from api.feed import Feed
from api.guard import Guard
from api.metrics import Metrics
from api.photo_store import open_store
from api.routes import (
    access,
    codes,
    console,
    files,
    firms,
    health,
    incidents,
    lifts,
    maintenance,
    orders,
    overview,
    photos,
    plans,
    plausibility,
    quarantine,
    records,
    reports,
    session,
    shadow,
    standing,
    stream,
    visits,
    webhooks,
    workers,
)
from api.schemas import PROBLEMS, Problem
from elevator import codes as code_tables
from elevator.db import Pool
from elevator.settings import Settings
from elevator.waiting import Waiting

PREFIX = "/api/v1"
_ABOUT = """Elevator emergency rescue. Send `Authorization: Bearer TOKEN`; the console uses a session cookie, whose
writes need `X-CSRF-Token`. Lists are newest first; errors are RFC 9457 problems; someone else's object is 404."""


def create_app(
    config: Settings, *, pool: Pool, policy: Policy, dist: Path = console.DIST, waiting: Waiting | None = None
) -> FastAPI:
    """The application over an open pool; its lifespan runs the live stream.

    Args:
        config: settings; the database's address must be set, the stream has a connection of its own.
        pool: open as long as the application lives.
        policy: thresholds.
        dist: the console's build.
        waiting: the service's wait for the database; without it, the database is there.
    """
    metrics = Metrics()
    waiting = waiting or Waiting(why=None)
    feed = Feed(config.need_database(), policy=policy, metrics=metrics, waiting=waiting)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(feed.run(), name="feed")
        try:
            yield
        finally:
            feed.close()
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    app = FastAPI(
        title="Liftline", version="1", description=_ABOUT, lifespan=lifespan, docs_url=None, redoc_url=None,
        openapi_url=None, redirect_slashes=False,
    )  # fmt: skip
    app.state.context = Context(
        settings=config, pool=pool, policy=policy, feed=feed, metrics=metrics, codes=code_tables.load(config.codes),
        photos=open_store(config), waiting=waiting,
    )  # fmt: skip
    app.state.console = dist
    problems.install(app)
    v1 = APIRouter(prefix=PREFIX, dependencies=[Depends(known_query)], responses=PROBLEMS)
    for part in (
        session,
        overview,
        incidents,
        files,
        lifts,
        photos,
        stream,
        quarantine,
        codes,
        shadow,
        firms,
        access,
        webhooks,
        records,
        plans,
        workers,
        maintenance,
        plausibility,
        standing,
        visits,
        orders,
        reports,
    ):
        v1.include_router(part.router)

    @v1.get("/openapi.json", include_in_schema=False)
    async def openapi() -> Response:
        return JSONResponse(describe(app))

    app.include_router(v1)
    app.include_router(health.router)
    app.include_router(console.router)
    app.add_middleware(Guard, metrics=metrics)
    return app


def describe(app: FastAPI) -> dict[str, Any]:
    """OpenAPI, with the problem document and both ways to sign in."""
    schema = app.openapi()
    components = schema.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= {**problem.pop("$defs", {}), "Problem": problem}
    components["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": "liftline_session"},
    }
    schema["security"] = [{"token": []}, {"session": []}]
    return schema
