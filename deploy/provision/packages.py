"""Python packages: `uv`, fetched where it is missing, and the project's locked environment in `.venv`."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.provision import bundles
from deploy.provision.cache import locked, make_cache, placed
from deploy.provision.machine import Machine, how_to_get
from deploy.provision.progress import SetupError, run, say, step

_UV = "uv>=0.8"
_UV_OLDEST = (0, 8)  # reads the lock file's revision
_SYSTEM_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def environment(extra_path: Path | None = None) -> dict[str, str]:
    """The variables for package clients: the machine's certificates hold, a foreign virtual environment does not."""
    env = {key: value for key, value in os.environ.items() if key not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    env.setdefault("UV_SYSTEM_CERTS", "1")
    bundle = _certificates()
    if bundle is not None:
        env.setdefault("NODE_EXTRA_CA_CERTS", str(bundle))
        if bundle != _SYSTEM_CERTIFICATES:
            env.setdefault("SSL_CERT_FILE", str(bundle))
            env.setdefault("PIP_CERT", str(bundle))
    if extra_path is not None:
        env["PATH"] = f"{extra_path}{os.pathsep}{env.get('PATH', os.defpath)}"
    return env


def _certificates() -> Path | None:
    """The machine's certificates, or Debian's from our cache where it has none."""
    if _SYSTEM_CERTIFICATES.is_file():
        return _SYSTEM_CERTIFICATES
    ours = bundles.PIP.path / "ca-certificates.crt"
    return ours if ours.is_file() else None


def ensure_uv(machine: Machine) -> Path:
    """A `uv` that reads our lock file: the machine's, or one in the cache.

    Raises:
        SetupError: there is no way to get one.
    """
    found = shutil.which("uv")
    if found and uv_version(_output(found, "--version")) >= _UV_OLDEST:
        return Path(found)
    target = make_cache() / "uv-1"
    if not (target / "bin" / "uv").is_file():
        with locked("uv"):
            if not (target / "bin" / "uv").is_file():
                pip = _pip(machine)
                with step("uv: fetching it from the Python package index"), placed(target) as folder:
                    run([*pip, "install", "--quiet", "--no-input", "--target", folder, _UV], env=environment())
    return target / "bin" / "uv"


def uv_version(text: str) -> tuple[int, int]:
    """The version that `uv --version` tells; (0, 0) when it tells none."""
    match = re.search(r"(\d+)\.(\d+)", text)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def _output(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def _pip(machine: Machine) -> list[str]:
    if "pip" in _output(sys.executable, "-m", "pip", "--version"):
        return [sys.executable, "-m", "pip"]
    if not machine.has_debian_packages:
        raise SetupError(f"neither uv nor pip is here; get one with: {how_to_get('pip', machine)}")
    bundles.ensure(machine, [bundles.PIP])
    _join_certificates()
    wheel = max(bundles.PIP.bin.glob("pip-*.whl"))
    return [sys.executable, str(wheel / "pip")]


def _join_certificates() -> None:
    """One file of Debian's certificate authorities, for a machine without the package `ca-certificates`."""
    target = bundles.PIP.path / "ca-certificates.crt"
    if not target.exists():
        parts = sorted((bundles.PIP.path / "usr/share/ca-certificates").rglob("*.crt"))
        building = target.with_suffix(".new")
        building.write_bytes(b"".join(part.read_bytes() for part in parts))
        building.replace(target)


def sync(machine: Machine, project: Path, *, dev: bool, extras: Sequence[str]) -> None:
    """Bring `.venv` to the lock file.

    What is installed beyond that stays: `make demo` after `make test` does not throw away the test tools.

    Raises:
        SetupError: packages cannot be had, or the checkout is not writable.
    """
    if not os.access(project, os.W_OK):
        raise SetupError(f"{project} is not writable for you: clone the project into a folder of your own")
    uv = ensure_uv(machine)
    words = ["--dev" if dev else "--no-dev", *(f"--extra={extra}" for extra in extras)]
    with locked("python"):
        command: list[str | Path] = [uv, "sync", "--frozen", "--inexact", *words]
        env = environment()
        env.setdefault("UV_PYTHON", "" if (project / ".venv").exists() else sys.executable)
        if not env["UV_PYTHON"]:
            del env["UV_PYTHON"]
        say("Python packages: as locked in uv.lock")
        run([*command, "--quiet"] if _is_synced(command, project, env) else command, cwd=project, env=env, show=True)


def _is_synced(command: list[str | Path], project: Path, env: dict[str, str]) -> bool:
    """Whether nothing is to be done, so that the second run is quiet."""
    check = subprocess.run([*command, "--check"], cwd=project, env=env, capture_output=True, check=False)
    return check.returncode == 0
