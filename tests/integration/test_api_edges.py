"""Everything around the resources: problems of every kind, headers, health, figures, the console's files, the process."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys

import httpx
import pytest
from structlog.testing import capture_logs

from api.guard import MAX_BODY
from tests.api_installation import ADMIN_TOKEN, Installation, installed, served

JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def place(database: str):
    async with installed(database) as place:
        yield place


def is_problem(answer: httpx.Response, status: int) -> bool:
    body = answer.json()
    return (
        answer.status_code == body["status"] == status
        and answer.headers["content-type"] == "application/problem+json"
        and body["type"] == "about:blank"
        and bool(body["title"] and body["detail"])
        and isinstance(body["errors"], list)
    )


async def test_every_error_is_a_problem(place: Installation) -> None:
    async with place.client("dispatcher") as client:
        assert is_problem(await client.get("/api/v1/nothing"), 404)
        assert is_problem(await client.get("/api/v2/lifts"), 404)
        assert is_problem(await client.get("/api/v1/lifts/"), 404)
        wrong_method = await client.delete("/api/v1/lifts")
        assert is_problem(wrong_method, 405)
        assert "GET" in wrong_method.headers["allow"]
        assert is_problem(await client.post("/api/v1/incidents", content=b"{", headers=JSON), 422)
        assert is_problem(await client.post("/api/v1/incidents", content=b'{"place":"x"}'), 422)
        assert is_problem(await client.post("/api/v1/incidents", content=b"\xff", headers=JSON), 400)
        assert is_problem(await client.get("/api/v1/lifts?colour=red"), 422)
        assert is_problem(await client.get("/api/v1/lifts/a%00b"), 422)
        assert is_problem(await client.get("/api/v1/lifts?q=a%00b"), 422)


async def test_a_body_that_is_too_large(place: Installation) -> None:
    """By its declared length at once, and by its true length where it declares none."""
    async with place.client("dispatcher") as client:
        declared = await client.post("/api/v1/incidents", content=b" " * (MAX_BODY + 1), headers=JSON)
        assert is_problem(declared, 413)

        async def pieces():
            for _ in range(20):
                yield b" " * (MAX_BODY // 10)

        assert is_problem(await client.post("/api/v1/incidents", content=pieces(), headers=JSON), 413)


async def test_text_that_would_break_a_database(place: Installation) -> None:
    """NUL, lone surrogates, numbers beyond reason and deep nesting are 4xx, never 500."""
    bodies = [
        b'{"place": "a\\u0000b"}', b'{"place": "a\\ud800b"}', b'{"place": 1e999}', b'{"place": NaN}', b'{"place": null}',
        b'{"place": ["x"]}', b"[]", b"null", b'"x"', b'{"place": ' + b"9" * 5000 + b"}", b"[" * 50_000,
        b'{"place": ' + b"[" * 5000 + b"]" * 5000 + b"}", b'{"place":"x","place2":"y"}',
    ]  # fmt: skip
    async with place.client("dispatcher") as client:
        for body in bodies:
            answer = await client.post("/api/v1/incidents", content=body, headers=JSON)
            assert answer.status_code in {400, 422}, (body[:40], answer.status_code, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"
        for body in (b'{"persons": 1e400}', b'{"persons": 99999999999999999999}', b'{"lat": Infinity}', b'{"eta_s": 1.5}',
                     b'{"at": "0001-01-01T00:00:00+14:00"}', b'{"at": 1e300}', b'{"at": "9999-12-31T23:59:59-14:00"}'):  # fmt: skip
            answer = await client.post("/api/v1/incidents/x/note", content=body, headers=JSON)
            assert answer.status_code in {400, 422}, (body, answer.text)


async def test_what_nobody_expected_is_a_problem_and_stands_in_the_log(place: Installation, monkeypatch) -> None:
    async def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("a secret of ours")

    monkeypatch.setattr("api.reads.overview", broken)
    with capture_logs() as logged:
        answer = await place.call("dispatcher", "GET", "/overview")
    assert is_problem(answer, 500)
    assert "secret" not in answer.text
    assert [(one["event"], one["path"]) for one in logged] == [("request_failed", "/api/v1/overview")]


async def test_without_the_database_the_answer_says_so(database: str) -> None:
    """503 with Retry-After on the interface, `readyz` names it, `healthz` and `metrics` answer."""
    async with installed(database) as place:
        await place.pool.close()
        answer = await place.call("dispatcher", "GET", "/lifts")
        assert is_problem(answer, 503)
        assert answer.headers["retry-after"]
        async with place.client() as client:
            assert (await client.get("/healthz")).status_code == 200
            assert (await client.get("/readyz")).status_code == 503
            assert "liftline_lifts_online NaN" in (await client.get("/metrics")).text


async def test_figures_are_open_on_loopback_alone(place: Installation) -> None:
    await place.report("L-1")
    transport = httpx.ASGITransport(place.app, client=("192.0.2.7", 5))
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as far, place.client() as near:
        text = (await near.get("/metrics")).text
        assert 'liftline_incidents_open{kind="rescue",priority="P1"} 1.0' in text
        assert "liftline_lifts_online 0.0" in text
        assert 'liftline_http_requests_total{method="POST",status="201"}' in text
        assert (await far.get("/metrics")).status_code == 401
        assert (await near.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"})).status_code == 401
        token = {"Authorization": f"Bearer {place.tokens['supervisor']}"}
        assert (await far.get("/metrics", headers=token)).status_code == 200
        assert (
            await far.get("/metrics", headers={"Authorization": f"Bearer {place.tokens['firm']}"})
        ).status_code == 403
        assert (await far.get("/healthz")).status_code == 200


async def test_the_console_s_files(database: str, tmp_path) -> None:
    """The page is asked for anew each time, assets with a hash are kept; nothing outside the build is served."""
    (tmp_path / "dist/assets").mkdir(parents=True)
    (tmp_path / "dist/index.html").write_text("<title>console</title>")
    (tmp_path / "dist/assets/index-abc.js").write_text("1")
    (tmp_path / "secret.txt").write_text("secret")
    async with installed(database, dist=tmp_path / "dist") as place, place.client() as client:
        page = await client.get("/")
        assert "console" in page.text
        assert page.headers["cache-control"] == "no-cache"
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert page.headers["x-content-type-options"] == "nosniff"
        asset = await client.get("/assets/index-abc.js")
        assert "immutable" in asset.headers["cache-control"]
        assert "javascript" in asset.headers["content-type"]
        for path in ("/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/assets/../../secret.txt", "/a%00b"):
            assert is_problem(await client.get(path), 404), path
        typed = await client.get("/board", headers={"Accept": "text/html"})
        assert (typed.status_code, typed.headers["location"]) == (303, "/")
        assert (await client.head("/")).status_code == 200
        api = await client.get("/api/v1/session")
        assert api.headers["cache-control"] == "no-store"
    async with InstalledWithoutBuild(database, tmp_path) as client:
        text = (await client.get("/")).text
        assert "make console" in text


class InstalledWithoutBuild:
    def __init__(self, database: str, tmp_path) -> None:
        self.database, self.folder = database, tmp_path / "none"

    async def __aenter__(self) -> httpx.AsyncClient:
        from alerts.policy import Policy
        from api.app import create_app
        from elevator.settings import Settings

        app = create_app(Settings(database_url=self.database), pool=None, policy=Policy(), dist=self.folder)
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x")
        return self.client

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()


def run_api(database: str, **env: str) -> subprocess.Popen[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LIFTLINE_")}
    return subprocess.Popen(
        [sys.executable, "-m", "api"], text=True, stderr=subprocess.PIPE,
        env=clean | {"LIFTLINE_DATABASE_URL": database, "LIFTLINE_API_PORT": "0", "LIFTLINE_LOG_FORMAT": "json"} | env,
    )  # fmt: skip


async def test_the_process_serves_and_stops_at_once_with_open_streams(database: str) -> None:
    process = run_api(database, LIFTLINE_ADMIN_TOKEN=ADMIN_TOKEN)
    try:
        line = await asyncio.to_thread(process.stderr.readline)
        url = json.loads(line)["url"].rstrip("/")
        headers = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=10) as client:
            async with asyncio.timeout(10):
                while (await client.get("/readyz")).status_code != 200:  # noqa: ASYNC110 - another process
                    await asyncio.sleep(0.05)
            async with client.stream("GET", "/api/v1/stream") as stream:
                lines = stream.aiter_lines()
                while not (await anext(lines)).startswith("event: heartbeat"):
                    pass
                process.send_signal(signal.SIGTERM)
                assert await asyncio.to_thread(process.wait, 4) == 0
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("case", ["port", "schema", "policy"])
def test_a_start_that_cannot_be_is_one_sentence_and_exit_2(database: str, empty_database: str, tmp_path, case) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        broken = tmp_path / "policy.toml"
        broken.write_text("nonsense = 1")
        url, env, word = {
            "port": (database, {"LIFTLINE_API_PORT": str(taken.getsockname()[1])}, "LIFTLINE_API_PORT"),
            "schema": (empty_database, {}, "liftline migrate"),
            "policy": (database, {"LIFTLINE_POLICY": str(broken)}, "nonsense"),
        }[case]
        process = run_api(url, **env)
        _out, err = process.communicate(timeout=20)
    assert process.returncode == 2
    assert err.startswith("liftline api: ")
    assert word in err
    assert err.count("\n") == 1


async def test_the_stream_says_when_the_reader_does_not_read(place: Installation) -> None:
    """No heartbeat is better than a false one: a stream is refused while nobody reads the feed."""
    answer = await place.call("dispatcher", "GET", "/stream")
    assert is_problem(answer, 503)


async def test_head_and_openapi(place: Installation) -> None:
    async with served(place) as url, httpx.AsyncClient() as client:
        schema = (await client.get(f"{url}/api/v1/openapi.json")).json()
        assert schema["info"]["title"] == "Liftline"
        assert "Problem" in schema["components"]["schemas"]
        assert (await client.get(f"{url}/readyz")).text == "ready\n"
