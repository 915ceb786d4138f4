"""What set-up tells the person who waits: one line per thing, and how long it took."""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

_TAIL = 15  # lines of a failed command's output that are shown


class SetupError(Exception):
    """Set-up cannot go on; the message says what is missing and how to get it."""


def say(text: str) -> None:
    """One line to the person, at once."""
    print(f"  {text}", file=sys.stderr, flush=True)


@contextmanager
def step(text: str) -> Iterator[None]:
    """Say what begins, and how long it took."""
    say(f"{text} …")
    start = time.monotonic()
    yield
    say(f"{text}: done in {time.monotonic() - start:.1f} s")


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    show: bool = False,
) -> str:
    """Run a command to its end and return its output; with `show` the person sees the output instead.

    Raises:
        SetupError: it failed; the message ends with the last lines of its output.
    """
    try:
        done = subprocess.run(
            [str(word) for word in command],
            cwd=cwd,
            env=None if env is None else dict(env),
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr if show else subprocess.PIPE,
            stderr=None if show else subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise SetupError(f"{command[0]} cannot be run: {error}") from error
    if done.returncode:
        tail = "\n".join(f"    {line}" for line in (done.stdout or "").splitlines()[-_TAIL:])
        shown = " ".join(str(word) for word in command[:4])
        raise SetupError(f"`{shown} …` failed with exit code {done.returncode}" + (f":\n{tail}" if tail else ""))
    return done.stdout or ""
