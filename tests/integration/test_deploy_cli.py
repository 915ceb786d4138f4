"""The `liftline` command as a person types it: help, one sentence for a mistake, and the small tools on a real database."""

import asyncio
import os
import re
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from click import unstyle
from typer.testing import CliRunner

from deploy import cli
from deploy.servers import Mosquitto, scratch_folder
from elevator import clock
from tests.api_installation import installed

COMMANDS = (
    "up", "demo", "ingest", "dispatch", "shadow", "api", "simulate", "record", "replay", "migrate", "token", "user", "doctor",
)  # fmt: skip


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def liftline(*words: str, said: str = "", **variables: str) -> Done:
    """Run a command to its end, in this process: starting a hundred interpreters takes minutes."""
    done = CliRunner().invoke(cli.app, words, input=said, env={"COLUMNS": "200", **variables})
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Done(done.exit_code, unstyle(done.stdout), unstyle(done.stderr))


def test_the_command_runs_as_a_program() -> None:
    command = Path(sys.executable).with_name("liftline")
    done = subprocess.run([command, "ingest"], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "liftline ingest: LIFTLINE_DATABASE_URL is not set: expected postgresql://user:password@host:port/name\n"
    )


def test_help_names_every_command() -> None:
    done = liftline("--help")
    assert done.returncode == 0
    assert [name for name in COMMANDS if not re.search(rf"\b{name}\b", done.stdout)] == []
    for group in ("token", "user"):
        assert "add" in liftline(group, "--help").stdout


@pytest.mark.parametrize(
    ("words", "variables", "sentence"),
    [
        (["up"], {"LIFTLINE_PROT": "1"}, "LIFTLINE_PROT is not a setting of Liftline"),
        (["demo"], {"LIFTLINE_API_PORT": "http"}, "LIFTLINE_API_PORT: Input should be a valid integer"),
        (["ingest"], {"LIFTLINE_MQTT_URL": "localhost:1883"}, "LIFTLINE_MQTT_URL: expected mqtt://host:port"),
        (["ingest"], {}, "LIFTLINE_DATABASE_URL is not set"),
        (["dispatch"], {}, "LIFTLINE_DATABASE_URL is not set"),
        (["api"], {}, "LIFTLINE_DATABASE_URL is not set"),
        (["migrate"], {}, "LIFTLINE_DATABASE_URL is not set"),
        (["user", "link", "chen"], {}, "LIFTLINE_DATABASE_URL is not set"),
        (["token", "add", "x"], {"LIFTLINE_DATABASE_URL": "mysql://x"}, "expected postgresql://"),
        (["doctor"], {"LIFTLINE_POLICY": "/nowhere/policy.toml"}, "LIFTLINE_POLICY: there is no file"),
        (["up"], {"LIFTLINE_API_HOST": "203.0.113.7"}, "LIFTLINE_API_HOST"),
    ],
)  # fmt: skip
def test_a_bad_setting_is_one_sentence_and_exit_2(words: list[str], variables: dict[str, str], sentence: str) -> None:
    done = liftline(*words, **variables)
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert done.stderr.startswith(f"liftline {words[0]}: ")
    assert sentence in done.stderr


def test_a_port_beyond_the_last_is_refused() -> None:
    done = liftline("up", "--api-port", "99999")
    assert done.returncode == 2
    assert "less than or equal to 65535" in done.stderr


@pytest.mark.parametrize(("option", "what"), [("--api-port", "the console"), ("--mqtt-port", "the broker")])
def test_a_taken_port_is_named_with_its_holder(option: str, what: str) -> None:
    with scratch_folder("taken") as folder, socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        other = {"--api-port": "--mqtt-port", "--mqtt-port": "--api-port"}[option]
        done = liftline("up", "--data-dir", str(folder / "data"), option, str(port), other, "0")
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(f"liftline up: port {port} for {what} is held by ")
    assert f"(process {os.getpid()})" in last


def test_a_data_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = liftline("up", "--data-dir", str(tmp_path / "file"), "--api-port", "0", "--mqtt-port", "0")
    assert done.returncode == 1
    assert str(tmp_path / "file") in done.stderr


def test_a_policy_that_cannot_be_used_is_told_before_anything_is_started(tmp_path: Path) -> None:
    """It used to be told by the first service that ended, with 1, behind a broker and a database."""
    bad = tmp_path / "policy.toml"
    bad.write_text('[rules.outside_zone]\nsuspect_s = "x"\n')
    done = liftline("up", "--data-dir", str(tmp_path / "data"), LIFTLINE_POLICY=str(bad))
    assert done.returncode == 2
    assert done.stderr.startswith(f"liftline up: policy {bad}: line 2: rules.outside_zone.suspect_s: Expected `float`")
    assert not (tmp_path / "data").exists()


def test_migrate_makes_the_schema_once(empty_database: str) -> None:
    variables = {"LIFTLINE_DATABASE_URL": empty_database}
    refused = liftline("token", "add", "early", **variables)
    assert refused.returncode in {1, 2}
    assert "run `liftline migrate`" in refused.stderr
    first = liftline("migrate", **variables)
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("applied 0001 ")
    again = liftline("migrate", **variables)
    assert (again.returncode, again.stdout) == (0, "the schema is up to date\n")


def test_a_database_that_is_not_there_is_one_sentence() -> None:
    done = liftline("migrate", LIFTLINE_DATABASE_URL="postgresql://x:y@127.0.0.1:1/none")
    assert done.returncode == 1
    assert done.stderr.startswith("liftline migrate: the database does not answer")


@pytest.fixture
def tools(database: str) -> dict[str, str]:
    return {"LIFTLINE_DATABASE_URL": database}


def test_a_person_is_added_and_signs_in_by_password_and_by_link(tools: dict[str, str]) -> None:
    added = liftline("user", "add", "chen", "--role", "dispatcher", "--name", "陈", said="correct horse\n", **tools)
    assert (added.returncode, added.stdout) == (0, "added chen, dispatcher\n"), added.stderr
    link = liftline("user", "link", "chen", **tools, LIFTLINE_PUBLIC_URL="https://rescue.example.org")
    assert link.returncode == 0
    address, _, code = link.stdout.strip().partition("/#signin=")
    assert address == "https://rescue.example.org"

    async def sign_in() -> None:
        async with installed(tools["LIFTLINE_DATABASE_URL"]) as place, place.client() as http:
            by_password = await http.post("/api/v1/session", json={"login": "chen", "password": "correct horse"})
            assert by_password.json()["user"]["name"] == "陈"
            wrong = await http.post("/api/v1/session", json={"login": "chen", "password": "wrong"})
            assert wrong.status_code == 401
            by_link = await http.post("/api/v1/session/link", json={"code": code})
            assert by_link.json()["user"]["role"] == "dispatcher"
            assert (await http.post("/api/v1/session/link", json={"code": code})).status_code == 401

    asyncio.run(sign_in())


def test_a_token_is_printed_once_and_works(tools: dict[str, str]) -> None:
    made = liftline("token", "add", "crew app", "--role", "supervisor", **tools)
    assert made.returncode == 0, made.stderr
    token = made.stdout.strip()

    async def call() -> httpx.Response:
        async with installed(tools["LIFTLINE_DATABASE_URL"]) as place, place.client() as http:
            return await http.get("/api/v1/overview", headers={"Authorization": f"Bearer {token}"})

    assert asyncio.run(call()).status_code == 200
    with psycopg.connect(tools["LIFTLINE_DATABASE_URL"]) as connection:
        assert token not in str(connection.execute("SELECT * FROM token").fetchall())


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["user", "add", "chen", "--role", "king"], "role"),
        (["user", "add", "chen", "--role", "firm"], "firm"),
        (["user", "add", "chen", "--role", "responder", "--unit", "nobody"], "unit"),
        (["user", "add", "a b"], "login: "),
        (["user", "link", "nobody"], "nobody"),
        (["token", "add", "x", "--role", "property"], "building"),
    ],
)
def test_a_mistake_is_one_sentence_and_no_trace(tools: dict[str, str], words: list[str], sentence: str) -> None:
    done = liftline(*words, said="correct horse\n", **tools)
    assert done.returncode in {1, 2}
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert sentence in done.stderr


def test_nobody_is_added_twice_or_with_a_short_password(tools: dict[str, str]) -> None:
    assert liftline("user", "add", "chen", said="short\n", **tools).returncode != 0
    assert liftline("user", "add", "chen", said="correct horse\n", **tools).returncode == 0
    again = liftline("user", "add", "chen", said="correct horse\n", **tools)
    assert again.returncode != 0
    assert len(again.stderr.strip().splitlines()) == 1
    assert "chen" in again.stderr


def test_doctor_without_a_database_looks_at_the_programs() -> None:
    done = liftline("doctor")
    assert done.returncode == 0, done.stdout
    assert "policy: defaults" in done.stdout
    assert "Mosquitto:" in done.stdout


def test_doctor_finds_what_is_broken(tools: dict[str, str], empty_database: str, broker: Mosquitto) -> None:
    nobody = liftline("doctor", **tools, LIFTLINE_MQTT_URL="mqtt://127.0.0.1:1")
    assert nobody.returncode == 1
    for finding in (
        "✗ dispatch: never seen",
        "✗ ingest: never seen",
        "→ start it: liftline ingest",
        "✗ broker 127.0.0.1:1",
    ):
        assert finding in nobody.stdout, nobody.stdout
    bare = liftline("doctor", LIFTLINE_DATABASE_URL=empty_database, LIFTLINE_MQTT_URL=broker.url)
    assert bare.returncode == 1
    assert "run `liftline migrate`" in bare.stdout
    assert "✓ broker: 127.0.0.1" in bare.stdout
    gone = liftline("doctor", LIFTLINE_DATABASE_URL="postgresql://x:y@127.0.0.1:1/none")
    assert gone.returncode == 1
    secret = urlsplit(broker.url).password
    assert secret
    assert secret not in bare.stdout + bare.stderr


def test_doctor_tells_a_stale_service_from_a_living_one(tools: dict[str, str], tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text("[rules.outside_zone]\nsuspect_s = 5\nconfirm_s = 1\n")
    with psycopg.connect(tools["LIFTLINE_DATABASE_URL"], autocommit=True) as connection:
        now = clock.now()
        connection.execute("INSERT INTO service (name, alive_at) VALUES ('dispatch', %s)", [now])
        for lane, alive in (("alarm", "10 hours"), ("telemetry", "0")):
            connection.execute(
                "INSERT INTO intake (lane, alive_at, started_at, listening_since)"
                " VALUES (%s, %s - %s::interval, %s, NULL)",
                [lane, now, alive, now],
            )
        connection.execute(
            "INSERT INTO quarantine (id, topic, payload, digest, reason, detail, received_at)"
            " VALUES ('q', 't', 'x', 'x', 'not_json', '', %s)",
            [now],
        )
    done = liftline("doctor", **tools, LIFTLINE_POLICY=str(policy))
    assert done.returncode == 1
    assert "✓ dispatch: alive" in done.stdout
    assert re.search(r"✗ ingest, lane alarm: no sign of life for 360\d\d s", done.stdout), done.stdout
    assert "! ingest, lane telemetry: not listening yet" in done.stdout
    assert "! 1 unreadable messages" in done.stdout
    assert "line 3: rules.outside_zone.confirm_s: must not confirm before it suspects" in done.stdout


def test_a_missing_program_of_ours_is_said_by_doctor(monkeypatch: pytest.MonkeyPatch) -> None:
    from deploy import doctor
    from elevator.errors import ServerError
    from elevator.settings import Settings

    def nothing() -> Path:
        raise ServerError("there is no Mosquitto here")

    monkeypatch.setattr(doctor, "find_mosquitto", nothing)
    found = [one for one in doctor.look(Settings()) if one.level == "error"]
    assert [(one.what, one.advice) for one in found] == [("there is no Mosquitto here", "make setup")]
