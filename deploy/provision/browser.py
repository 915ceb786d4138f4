"""What browser tests need of the system: Chromium, fonts for Chinese and Latin text, and a library of the driver's.

Playwright drives the browser through a Node.js of its own, which wants libatomic; a bare Debian does not have it.
"""

import ctypes.util
import os
import shutil
import subprocess
from pathlib import Path

from deploy.provision.machine import Machine, how_to_get
from deploy.provision.packages import environment
from deploy.provision.progress import SetupError, run, step

_PACKAGES = ("chromium", "fonts-dejavu-core", "fonts-wqy-microhei", "libatomic1")
_CANDIDATES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_MAC = Path("/Applications/Chromium.app/Contents/MacOS/Chromium")


def find_chromium() -> Path | None:
    """The browser that tests drive, or none."""
    for name in _CANDIDATES:
        if found := shutil.which(name):
            return Path(found)
    return _MAC if _MAC.exists() else None


def has_chinese_font() -> bool:
    """Whether text in Chinese is shown as text and not as boxes."""
    if not shutil.which("fc-list"):
        return False
    listed = subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True, check=False)
    return bool(listed.stdout.strip())


def has_driver_library() -> bool:
    """Whether the driver's Node.js finds libatomic."""
    return ctypes.util.find_library("atomic") is not None


def missing(machine: Machine) -> list[str]:
    """What is not there."""
    lacking = [] if find_chromium() else ["chromium"]
    if machine.system == "Linux" and not has_chinese_font():
        lacking.append("chinese font")
    if machine.system == "Linux" and not has_driver_library():
        lacking.append("libatomic")
    return lacking


def ensure(machine: Machine) -> None:
    """Install what is missing where we may (root on Debian).

    Raises:
        SetupError: something is missing and only a person can install it.
    """
    lacking = missing(machine)
    if not lacking:
        return
    if not (machine.root and machine.has_debian_packages):
        ways = "; ".join(f"{thing}: {how_to_get(thing, machine)}" for thing in lacking)
        raise SetupError(f"browser tests cannot run here. Missing: {ways}")
    env = {**environment(), "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    with step(f"browser tests: installing {', '.join(_PACKAGES)} with apt"):
        if not _knows_packages(env):
            run(["apt-get", "update", "-qq"], env=env)
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *_PACKAGES]
        try:
            run(install, env=env)
        except SetupError:  # lists older than the mirror name packages that are gone
            run(["apt-get", "update", "-qq"], env=env)
            run(install, env=env)


def _knows_packages(env: dict[str, str]) -> bool:
    asked = subprocess.run(["apt-cache", "policy", "chromium"], capture_output=True, text=True, env=env, check=False)
    return (
        "Candidate:" in asked.stdout and "Candidate: (none)" not in asked.stdout and os.access("/var/lib/apt", os.W_OK)
    )
