"""The folder that keeps what set-up has fetched: where it is, one builder at a time, and nothing half-made in it.

A thing is built in a temporary folder beside its place and renamed into it, so a reader sees all of it or none, and
a set-up that was killed leaves nothing that a later one would trust.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from deploy.provision.progress import SetupError, say

VARIABLE = "LIFTLINE_CACHE"


def cache_dir(environ: Mapping[str, str] = os.environ, *, root: bool | None = None) -> Path:
    """Where things are kept.

    Root's cache lies outside its home: the servers run as another user, who may not look into /root.
    """
    if chosen := environ.get(VARIABLE):
        return Path(chosen).expanduser().absolute()
    if os.geteuid() == 0 if root is None else root:
        return Path("/var/cache/liftline")
    return Path(environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "liftline"


def make_cache() -> Path:
    """The cache folder, made if need be.

    Raises:
        SetupError: it cannot be written.
    """
    folder = cache_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SetupError(f"the cache folder {folder} cannot be made ({error.strerror}); set {VARIABLE}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SetupError(f"the cache folder {folder} is not writable for you; set {VARIABLE} to one that is")
    return folder


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold the named lock; says so when another set-up has it."""
    with (make_cache() / f"{name}.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"{name}: another set-up is at it; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def placed(target: Path) -> Iterator[Path]:
    """Yield an empty folder; when the body ends well, it replaces `target` in one step."""
    target.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    building.chmod(0o755)
    try:
        yield building
        if target.exists():
            old = building.with_name(building.name + "-old")
            target.rename(old)
            building.rename(target)
            shutil.rmtree(old, ignore_errors=True)
        else:
            building.rename(target)
    finally:
        shutil.rmtree(building, ignore_errors=True)
