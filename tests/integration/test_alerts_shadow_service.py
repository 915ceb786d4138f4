"""`liftline shadow` as a program: what stops it, and that a mistake in its policy stops nobody else."""

import asyncio
import os
import sys
import urllib.request
from pathlib import Path

import psycopg
import pytest

from deploy.ports import free_port
from deploy.stack import _shadow_can_run
from elevator.settings import Settings
from tests.ingest_service import IngestService

WITHIN = 30.0  # s
GOOD = "[rules.outside_zone]\nsuspect_s = 5\nconfirm_s = 20\n"
BAD = "[rules.outside_zone]\nsuspect_s = 50\nconfirm_s = 20\n[silence]\nintervalls = 3\n"


async def run(**variables: str) -> tuple[int, str]:
    """The program to its end; its exit code and what it said."""
    environment = os.environ | {"LIFTLINE_SHADOW_METRICS_PORT": "0"} | variables
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "alerts.shadow", env=environment, stderr=asyncio.subprocess.PIPE
    )
    _, said = await asyncio.wait_for(process.communicate(), WITHIN)
    return process.returncode or 0, said.decode()


async def test_every_mistake_of_its_policy_is_told_with_its_line(tmp_path: Path) -> None:
    url = "postgresql://127.0.0.1:1/none"
    code, said = await run(LIFTLINE_DATABASE_URL=url)
    assert (code, "LIFTLINE_SHADOW_POLICY is not set" in said) == (2, True)
    file = tmp_path / "trial.toml"
    code, said = await run(LIFTLINE_DATABASE_URL=url, LIFTLINE_SHADOW_POLICY=str(file))
    assert code == 2
    assert "No such file" in said
    file.write_text(BAD)
    code, said = await run(LIFTLINE_DATABASE_URL=url, LIFTLINE_SHADOW_POLICY=str(file))
    assert code == 2
    assert "line 3: rules.outside_zone.confirm_s" in said
    assert "line 5: silence.intervalls" in said


async def test_a_bad_policy_to_try_stops_no_other_service(mosquitto, database: str, tmp_path: Path) -> None:
    file = tmp_path / "trial.toml"
    file.write_text(BAD)
    variables = {
        "LIFTLINE_DATABASE_URL": database, "LIFTLINE_MQTT_URL": mosquitto.url, "LIFTLINE_MQTT_CLIENT_ID": "trial",
        "LIFTLINE_SHADOW_POLICY": str(file),
    }  # fmt: skip
    async with IngestService(**variables) as service:
        await service.answers("/readyz", "200 ")


@pytest.mark.parametrize(
    ("text", "runs", "said"),
    [(None, False, []), (GOOD, True, []), (BAD, False, ["line 3", "Everything else starts without it"])],
)
def test_up_tells_a_bad_policy_and_goes_on(tmp_path: Path, text: str | None, runs: bool, said: list[str]) -> None:
    file = tmp_path / "trial.toml"
    if text is not None:
        file.write_text(text)
    told: list[str] = []
    assert _shadow_can_run(Settings(shadow_policy=None if text is None else file), told.append) is runs
    assert all(part in " ".join(told) for part in said)
    assert bool(told) is bool(said)


async def test_it_runs_says_so_and_stops_in_order(database: str, tmp_path: Path) -> None:
    """Ready once it has looked; a changed file begins another run, a bad one is refused; SIGTERM keeps what it knows."""
    file, port = tmp_path / "trial.toml", free_port()
    file.write_text(GOOD)
    environment = os.environ | {
        "LIFTLINE_DATABASE_URL": database, "LIFTLINE_SHADOW_POLICY": str(file),
        "LIFTLINE_SHADOW_METRICS_PORT": str(port),
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "alerts.shadow", env=environment)
    try:
        await until(lambda: "200" in ask(port, "/readyz"), "ready")
        assert "liftline_shadow_lag_seconds" in ask(port, "/metrics")
        assert os.getpriority(os.PRIO_PROCESS, process.pid) > os.getpriority(os.PRIO_PROCESS, 0)
        file.write_text(BAD)
        await until(lambda: "liftline_policy_refused 1.0" in ask(port, "/metrics"), "refused")
        assert len(runs(database)) == 1
        file.write_text(GOOD.replace("20", "30"))
        await until(lambda: len(runs(database)) == 2, "another run")
        process.terminate()
        assert await asyncio.wait_for(process.wait(), WITHIN) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    (first, second) = runs(database)
    assert (first[0], second[0]) == (True, False)
    assert second[1] == second[2]


def runs(url: str) -> list[tuple]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT ended_at IS NOT NULL, heard_until, kept_until FROM shadow_run ORDER BY id"
        ).fetchall()


async def until(condition, what: str) -> None:
    try:
        async with asyncio.timeout(WITHIN):
            while not await asyncio.to_thread(condition):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(f"not within {WITHIN:.0f} s: {what}") from None


def ask(port: int, path: str) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as answer:
            return f"{answer.status} {answer.read().decode()}"
    except OSError as error:
        return str(error)
