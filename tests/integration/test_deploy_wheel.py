"""What is shipped is the wheel: it must hold everything that the programs read at run time."""

import subprocess
import zipfile
from pathlib import Path

import pytest

from deploy.provision.machine import this_machine
from deploy.provision.packages import ensure_uv, environment

PROJECT = Path(__file__).parents[2]

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    out = tmp_path_factory.mktemp("wheel")
    command = [ensure_uv(this_machine()), "build", "--wheel", "--quiet", "--out-dir", out]
    done = subprocess.run(command, cwd=PROJECT, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(out.glob("liftline-*.whl"))) as archive:
        return archive.namelist()


def test_everything_that_is_read_at_run_time_is_in_the_wheel(wheel: list[str]) -> None:
    packages = ("elevator", "ingest", "alerts", "api", "simulators", "deploy")
    tracked = subprocess.run(
        ["git", "ls-files", *packages], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    wanted = {
        name for name in tracked if name.endswith((".py", ".sql", ".toml", ".template")) and (PROJECT / name).exists()
    }
    wanted = {name for name in wanted if not name.startswith("api/console/")}
    assert "deploy/mosquitto/mosquitto.conf.template" in wanted
    assert any(name.startswith("elevator/migrations/") for name in wanted)
    assert sorted(wanted - set(wheel)) == []


def test_the_built_console_is_in_the_wheel_and_its_sources_are_not(wheel: list[str]) -> None:
    if (PROJECT / "api/console/dist/index.html").exists():
        assert "api/console/dist/index.html" in wheel
    assert not [name for name in wheel if name.startswith(("api/console/src/", "api/console/node_modules/"))]


def test_no_secrets_and_no_caches_are_in_the_wheel(wheel: list[str]) -> None:
    assert not [name for name in wheel if name.endswith(("/.env", ".pyc", ".log"))]
