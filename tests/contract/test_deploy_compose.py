"""The compose file as docker-compose itself reads it: complete, private by default, and no setting that nobody reads."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from alerts import policy_file
from alerts.policy import Policy
from deploy.provision.bundles import COMPOSE
from elevator.settings import Settings

FOLDER = Path(__file__).parents[2] / "deploy"
SECRETS = {"DATABASE_PASSWORD": "database-secret", "BROKER_PASSWORD": "broker-secret"}


def _compose(*words: str, secrets: dict[str, str]) -> subprocess.CompletedProcess[str]:
    program = str(COMPOSE.bin / "docker-compose") if COMPOSE.ready else shutil.which("docker-compose")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail("docker-compose is missing: make check-deploy")
        pytest.skip("NOT TESTED, docker-compose is missing: make check-deploy")
    env = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **secrets}
    command = [program, "--file", str(FOLDER / "compose.yaml"), *words]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(scope="module")
def composed() -> dict[str, Any]:
    done = _compose("config", "--format", "json", secrets=SECRETS)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_every_program_of_the_product_runs(composed: dict[str, Any]) -> None:
    services = composed["services"]
    assert set(services) == {"timescaledb", "broker-config", "mosquitto", "migrate", "ingest", "dispatch", "api"}
    for name in ("migrate", "ingest", "dispatch", "api"):
        assert services[name]["command"] == [name]


def test_a_policy_is_tried_only_where_that_is_asked_for() -> None:
    done = _compose("--profile", "shadow", "config", "--format", "json", secrets=SECRETS)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    shadow = result["services"]["shadow"]
    assert shadow["command"] == ["shadow"]
    assert shadow["environment"]["LIFTLINE_SHADOW_POLICY"] == f"/run/secrets/{shadow['secrets'][0]['source']}"
    assert shadow["read_only"]
    assert policy_file.load(Path(result["secrets"]["shadow_policy"]["file"])) != Policy()


def test_our_containers_have_no_rights(composed: dict[str, Any]) -> None:
    for name in ("broker-config", "migrate", "ingest", "dispatch", "api", "mosquitto"):
        service = composed["services"][name]
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert "privileged" not in service, name
    assert "USER 10001:10001" in (FOLDER / "Dockerfile").read_text()


def test_only_this_machine_reaches_the_ports_and_nobody_the_platforms_door(composed: dict[str, Any]) -> None:
    ports = [(name, port) for name, service in composed["services"].items() for port in service.get("ports", ())]
    assert {(name, port["target"]) for name, port in ports} == {("mosquitto", 1883), ("api", 8080)}
    assert all(port["host_ip"] == "127.0.0.1" for _, port in ports)
    assert composed["networks"]["platform"]["internal"]


def test_nothing_serves_before_the_schema_is_there(composed: dict[str, Any]) -> None:
    services = composed["services"]
    assert services["migrate"]["depends_on"]["timescaledb"]["condition"] == "service_healthy"
    for name in ("ingest", "dispatch", "api"):
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully", name


def test_every_setting_is_one_that_a_service_reads(composed: dict[str, Any]) -> None:
    known = {f"LIFTLINE_{name.upper()}" for name in Settings.model_fields}
    for service in composed["services"].values():
        set_here = {name for name in service.get("environment", {}) if name.startswith("LIFTLINE_")}
        assert set_here <= known


def test_a_missing_password_is_asked_for() -> None:
    for name in SECRETS:
        done = _compose("config", "--quiet", secrets={key: value for key, value in SECRETS.items() if key != name})
        assert done.returncode != 0
        assert f"set {name} in deploy/.env" in done.stderr


def test_every_variable_of_the_file_is_in_the_example() -> None:
    listed = _compose("config", "--variables", secrets=SECRETS)
    named = {line.split()[0] for line in listed.stdout.splitlines()[1:] if line.strip()} - {"LIFTLINE_VERSION"}
    example = (FOLDER / "example.env").read_text()
    assert named
    assert [name for name in sorted(named) if f"\n{name}=" not in example] == []
