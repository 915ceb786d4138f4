"""What machine this is, and how a person gets a missing thing on it."""

import os
import platform
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The facts that set-up decides by."""

    system: str  # "Linux", "Darwin"
    distribution: str  # ID of /etc/os-release: "debian", "ubuntu"; "" where there is none
    codename: str  # "bookworm"; "" where there is none
    title: str  # for people
    architecture: str  # Debian's name: "amd64", "arm64"; "" for others
    root: bool

    @property
    def has_debian_packages(self) -> bool:
        """Whether Debian's archive is this machine's own, so that packages can be taken from it and trusted."""
        return self.distribution == "debian" and self.architecture != "" and shutil.which("apt-get") is not None


def parse_os_release(text: str) -> dict[str, str]:
    """The key-value lines of an os-release file."""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line and not line.startswith("#"))
    return {key.strip(): value.strip().strip("\"'") for key, _, value in pairs}


def this_machine() -> Machine:
    """Look at the machine we run on."""
    try:
        release = parse_os_release(Path("/etc/os-release").read_text(encoding="utf-8"))
    except OSError:
        release = {}
    system = platform.system()
    return Machine(
        system=system,
        distribution=release.get("ID", ""),
        codename=release.get("VERSION_CODENAME", ""),
        title=release.get("PRETTY_NAME") or f"{system} {platform.release()}",
        architecture=_ARCHITECTURES.get(platform.machine().lower(), "") if system == "Linux" else "",
        root=os.geteuid() == 0,
    )


# How to get a thing where we do not unpack it ourselves: (Debian and Ubuntu, macOS).
_RECIPES = {
    "python": ("sudo apt-get install python3", "brew install python@3.12"),
    "pip": ("sudo apt-get install python3-pip", "brew install uv"),
    "mosquitto": ("sudo apt-get install mosquitto mosquitto-clients", "brew install mosquitto"),
    "chromium": (
        "sudo apt-get install chromium fonts-dejavu-core fonts-wqy-microhei",
        "brew install --cask chromium",
    ),
    "chinese font": ("sudo apt-get install fonts-wqy-microhei", "none needed: macOS brings one"),
    "libatomic": ("sudo apt-get install libatomic1", "none needed on macOS"),
    "debootstrap": ("sudo apt-get install debootstrap", "not to be had: use a Debian machine"),
}


def how_to_get(thing: str, machine: Machine) -> str:
    """The command for this machine, or those for Ubuntu and macOS on a machine of another kind."""
    apt, brew = _RECIPES[thing]
    if machine.system == "Darwin":
        return brew
    if machine.distribution in {"debian", "ubuntu"}:
        return apt
    return f"on Debian and Ubuntu: {apt}; on macOS: {brew}"


def python_is_enough() -> bool:
    """Whether the running interpreter can run the product."""
    return sys.version_info >= (3, 11)
