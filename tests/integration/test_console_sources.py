"""The console's own tests (vitest) and its types, run with the Node that set-up found or fetched."""

import subprocess
from pathlib import Path

import pytest

from deploy.provision.console import ensure_node
from deploy.provision.machine import this_machine

CONSOLE = Path(__file__).parents[2] / "api" / "console"


def test_the_console_passes_its_own_tests() -> None:
    if not (CONSOLE / "node_modules").is_dir():
        pytest.fail("the console's packages are not installed: run `make console`")
    npm, env = ensure_node(this_machine())
    done = subprocess.run(
        [*npm, "test"], cwd=CONSOLE, env=env, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
