"""The interface against its own description: made-up requests to every endpoint of a real process, and real answers.

Schemathesis makes the requests from the OpenAPI document; the number of examples is bounded.
"""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import schemathesis
from pydantic import BaseModel
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api import directory
from api.answers import incidents, lifts, operation
from tests.api_installation import ADMIN_TOKEN, Installation, heard, installed

EXAMPLES = 12  # for each endpoint
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]


@pytest.fixture
def url(database: str) -> Iterator[str]:
    """A real process on a database with something in it."""
    import asyncio

    async def furnish() -> None:
        async with installed(database) as place:
            await heard(place, "L-1")
            await place.report("L-1")

    asyncio.run(furnish())
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LIFTLINE_")}
    more = {"LIFTLINE_DATABASE_URL": database, "LIFTLINE_API_PORT": "0", "LIFTLINE_LOG_FORMAT": "json",
            "LIFTLINE_ADMIN_TOKEN": ADMIN_TOKEN}  # fmt: skip
    log = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-m", "api"], text=True, stderr=log, env=clean | more) as process:
        try:
            yield json.loads(process.stderr.readline())["url"].rstrip("/")
        finally:
            process.terminate()
            rest = process.communicate(timeout=10)[1]
            assert "request_failed" not in rest, rest


def test_made_up_requests_to_every_endpoint(url: str) -> None:
    """No 5xx, and no answer that the document does not describe."""
    schema = schemathesis.openapi.from_url(f"{url}/api/v1/openapi.json").exclude(path="/api/v1/stream")
    headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    tried = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        tried += 1

        @hypothesis.settings(
            max_examples=EXAMPLES, deadline=None, database=None, derandomize=True,
            suppress_health_check=list(hypothesis.HealthCheck),
        )  # fmt: skip
        @hypothesis.given(case=operation.as_strategy())
        def probe(case: schemathesis.Case) -> None:
            case.call_and_validate(base_url=url, headers=headers, checks=CHECKS)

        probe()
    assert tried > 35


def test_the_document_says_what_a_reader_needs(url: str) -> None:
    """Every endpoint has a sentence, its problems, and every body an example."""
    with urllib.request.urlopen(f"{url}/api/v1/openapi.json") as answer:
        schema = json.load(answer)
    components = schema["components"]["schemas"]
    lacking = []
    for path, methods in schema["paths"].items():
        for method, asked in methods.items():
            if not asked.get("description"):
                lacking.append((method, path, "description"))
            if path.startswith("/api/v1"):
                if "401" not in asked["responses"] or "422" not in asked["responses"]:
                    lacking.append((method, path, "problems"))
                for media in asked.get("requestBody", {}).get("content", {}).values():
                    name = json.dumps(media["schema"]).rpartition("/")[2].rstrip('"}] ,').partition('"')[0]
                    if "example" not in media and not components.get(name, {}).get("examples"):
                        lacking.append((method, path, f"example of {name}"))
    assert lacking == []


async def test_answers_have_the_fields_of_the_document(database: str) -> None:
    """Neither one less, nor one that is not documented."""
    async with installed(database) as place:
        await heard(place, "L-1")
        rescue = await place.report("L-1")
        await place.call("responder", "POST", f"/incidents/{rescue['id']}/accept", json={})
        for path, shape in (
            ("/lifts/L-1", lifts.Lift),
            ("/overview", operation.Overview),
            (f"/incidents/{rescue['id']}", incidents.IncidentDetail),
            ("/assignments", incidents.Task),
            ("/firms", directory.Firm),
            ("/units", directory.Unit),
            ("/tokens", directory.Token),
        ):
            found = (await place.call("admin", "GET", path)).json()
            item = found["items"][0] if "items" in found else found
            assert undocumented(shape.model_validate(item)) == []
        await check_listed(place)


async def check_listed(place: Installation) -> None:
    listed = (await place.call("admin", "GET", "/incidents")).json()["items"][0]
    assert undocumented(incidents.Incident.model_validate(listed)) == []
    assert not {"evidence", "timeline", "messages", "allowed"} & set(listed)


def undocumented(value: BaseModel) -> list[str]:
    """Fields of an answer that its shape does not name, at any depth."""
    allowed = {"TimelineEntry": {"from", "to"}}.get(type(value).__name__, set())
    found = [f"{type(value).__name__}.{name}" for name in value.model_extra or {} if name not in allowed]
    for name in type(value).model_fields:
        inner = getattr(value, name)
        for one in inner if isinstance(inner, list) else [inner]:
            if isinstance(one, BaseModel):
                found += undocumented(one)
    return found


def test_the_guide_names_every_endpoint_event_and_figure(url: str) -> None:
    """docs/http.md is complete."""
    guide = (Path(__file__).parents[2] / "docs" / "http.md").read_text(encoding="utf-8")
    with urllib.request.urlopen(f"{url}/api/v1/openapi.json") as answer:
        schema = json.load(answer)
    paths = {path.removeprefix("/api/v1") for path in schema["paths"]}
    missing = [path for path in sorted(paths) if f"{path}`" not in guide]
    assert missing == []
    with urllib.request.urlopen(f"{url}/metrics") as answer:
        names = {line.split()[2] for line in answer.read().decode().splitlines() if line.startswith("# TYPE liftline_")}
    names = {name for name in names if not name.endswith("_created")}
    assert [name for name in sorted(names) if name not in guide] == []
    for event in ("incident", "lift", "message", "heartbeat", "reset"):
        assert f"`{event}`" in guide
