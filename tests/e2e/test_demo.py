"""`liftline demo --once`: one scripted rescue with nobody at the keyboard; it says so, too, when it does not come off."""

import functools
import os
import subprocess
import sys

import pytest

from deploy import demo
from deploy.servers import find_mosquitto, find_postgres
from elevator.settings import Settings
from simulators.run import Simulation

pytestmark = pytest.mark.integration

STAGES = (
    "suspected", "on the screen", "confirmed", "dispatched", "acknowledged", "accepted", "arrived", "released", "closed",
)  # fmt: skip


def test_demo_once_carries_the_scripted_rescue_through() -> None:
    find_mosquitto()
    find_postgres()
    done = subprocess.run(
        [sys.executable, "-m", "deploy.cli", "demo", "--once", "--lifts", "4"], capture_output=True, text=True,
        timeout=150, env={**os.environ, "COLUMNS": "120"}, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [stage for stage in STAGES if stage not in done.stderr] == []
    assert "every stage was reached" in done.stderr
    assert "/#signin=" in done.stderr


def test_demo_once_without_crews_fails_and_names_what_was_not_reached(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "ONCE_WITHIN", 25.0)
    monkeypatch.setattr(demo, "Simulation", functools.partial(Simulation, crews=False))
    monkeypatch.setenv("COLUMNS", "200")
    code = demo.run(Settings(), once=True, data_dir=None, api_port=0, lifts=1)
    said = capsys.readouterr().err
    assert code == 1, said
    assert "FAILED not reached within 25 s: accepted, arrived, released, closed; logs below" in said
    for service in ("--- ingest", "--- dispatch", "--- api"):
        assert service in said
