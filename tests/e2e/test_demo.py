"""`liftline demo --once`: one scripted rescue with nobody at the keyboard; it says so, too, when it does not come off."""

import functools
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from deploy import demo
from deploy.servers import find_mosquitto, find_postgres
from elevator.settings import Settings
from simulators.run import Simulation

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.integration

STAGES = (
    "suspected", "on the screen", "confirmed", "dispatched", "acknowledged", "accepted", "arrived", "released", "closed",
)  # fmt: skip


@pytest.fixture(scope="module")
def good() -> "Iterator[subprocess.Popen[str]]":
    """A demo that nobody sabotages; it runs while the other test does."""
    find_mosquitto()
    find_postgres()
    running = subprocess.Popen(
        [sys.executable, "-m", "deploy.cli", "demo", "--once", "--lifts", "4"], text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ, "COLUMNS": "120"},
    )  # fmt: skip
    yield running
    if running.poll() is None:
        running.terminate()
    running.communicate(timeout=60)


def test_demo_once_without_crews_fails_and_names_what_was_not_reached(
    good: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    del good  # two demos side by side do not mind each other
    monkeypatch.setattr(demo, "ONCE_WITHIN", 25.0)
    monkeypatch.setattr(demo, "Simulation", functools.partial(Simulation, crews=False))
    monkeypatch.setenv("COLUMNS", "200")
    code = demo.run(Settings(), once=True, data_dir=None, api_port=0, lifts=1)
    said = capsys.readouterr().err
    assert code == 1, said
    assert "FAILED not reached within 25 s: accepted, arrived, released, closed; logs below" in said
    for service in ("--- ingest", "--- dispatch", "--- api"):
        assert service in said


def test_demo_once_carries_the_scripted_rescue_through(good: "subprocess.Popen[str]") -> None:
    _, said = good.communicate(timeout=150)
    assert good.returncode == 0, said
    assert [stage for stage in STAGES if stage not in said] == []
    assert "every stage was reached" in said
    assert "/#signin=" in said
