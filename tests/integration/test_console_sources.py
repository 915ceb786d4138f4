"""The console's own tests (vitest) and its types, run with the Node that set-up found or fetched."""

import re
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


def test_the_console_has_words_for_every_line_that_the_platform_writes_into_a_story() -> None:
    root = CONSOLE.parents[1]
    sources = "".join(path.read_text() for path in (root / "alerts").rglob("*.py"))
    written = set(re.findall(r'\baction="([a-z_]+)"', sources))
    written |= {word for pair in re.findall(r'\baction="([a-z_]+)" if \w+ else "([a-z_]+)"', sources) for word in pair}
    assert {"fold", "ring", "visit_began", "visit_ended"} <= written
    for language in ("zh", "en"):
        known = (CONSOLE / "src" / "i18n" / f"{language}.board.ts").read_text()
        assert not {action for action in written if f'"action.{action}"' not in known}, language
