"""Debian packages unpacked into the cache as folders that run anywhere on the machine, beside its own libraries.

Each bundle carries its own C library and loader; a small wrapper per program starts it with them. So a server of
Debian 13 runs on Debian 12, as any user, and nothing is installed.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from deploy.provision.apt import RELEASE, Apt, private_apt
from deploy.provision.cache import cache_dir, locked, placed
from deploy.provision.machine import Machine
from deploy.provision.progress import SetupError, run, say, step

# Wanted by maintainer scripts, by the compiler for queries (`jit` stays off) or by Debian's cluster tools.
_UNNEEDED = (
    "adduser base-passwd debconf init-system-helpers libc-bin libc-l10n libdebconfclient0 libio-pty-perl"
    " libipc-run-perl libjson-perl libllvm libperl5 libpam-modules libproc2 libsemanage libtext- libz3 locales"
    " login.defs netbase openssl passwd perl postgresql-client-common postgresql-common procps readline-common"
    " sensible-utils ssl-cert sysvinit-utils tzdata ucf"
)
# Half of the unpacked size, and never read: translations, manuals, character sets, code for the query compiler.
_DEAD_WEIGHT = (
    "usr/share/locale",
    "usr/share/man",
    "usr/share/info",
    "usr/share/lintian",
    "usr/lib/*/gconv",
    "usr/lib/postgresql/*/lib/bitcode",
    "usr/lib/postgresql/*/lib/llvmjit*",
)
_LOADERS = {
    "amd64": ("lib64/ld-linux-x86-64.so.2", "x86_64-linux-gnu"),
    "arm64": ("lib/ld-linux-aarch64.so.1", "aarch64-linux-gnu"),
}

_WRAPPER = """\
#!/bin/sh
# Starts {name} with the C library it was built for. Made by Liftline's set-up.
R="${{0%/*}}/{up}"
exec "$R/{loader}" --library-path "$R/usr/lib/{triplet}" --argv0 "$0" "${{0%/*}}/{name}.bin" "$@"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A folder of the cache made of Debian packages."""

    name: str  # its folder; the number behind the dash changes when the way of building it does
    title: str  # for people
    packages: tuple[str, ...]
    programs: str  # folder of the programs, below the bundle
    probe: tuple[str, ...] = ()  # programs and modules (globs) whose libraries must all be there

    @property
    def path(self) -> Path:
        """Where it is once it is made."""
        return cache_dir() / self.name

    @property
    def bin(self) -> Path:
        """Where its programs are."""
        return self.path / self.programs

    @property
    def ready(self) -> bool:
        """Whether it is there; a bundle appears all at once, with its manifest."""
        return (self.path / "manifest.json").is_file()


TIMESCALEDB = Bundle(
    name="timescaledb-1",
    title="TimescaleDB",
    packages=("postgresql-17-timescaledb",),
    programs="usr/lib/postgresql/17/bin",
    probe=("usr/lib/postgresql/17/bin/*.bin", "usr/lib/postgresql/17/lib/timescaledb*.so"),
)
MOSQUITTO = Bundle(
    name="mosquitto-1",
    title="Mosquitto",
    packages=("mosquitto", "mosquitto-clients"),
    programs="usr/bin",
    probe=("usr/sbin/mosquitto.bin", "usr/bin/mosquitto_*.bin"),
)
COMPOSE = Bundle(
    name="docker-compose-1",
    title="docker-compose",
    packages=("docker-compose",),
    programs="usr/bin",
)
# pip as a wheel: a bare Debian has Python without pip and without ensurepip.
PIP = Bundle(
    name="pip-1",
    title="pip",
    packages=("python3-pip-whl", "ca-certificates"),
    programs="usr/share/python-wheels",
    probe=(),
)


def is_needed(package: str) -> bool:
    """Whether a program of a bundle loads anything from this package."""
    return not package.startswith(tuple(_UNNEEDED.split()))


def ensure(machine: Machine, bundles: Iterable[Bundle], *, refresh: bool = False) -> None:
    """Make the bundles that are missing.

    Raises:
        SetupError: the packages cannot be had, or a program does not run.
    """
    wanted = list(bundles)
    if not refresh and all(bundle.ready for bundle in wanted):
        return
    with locked("packages"):
        missing = [bundle for bundle in wanted if refresh or not bundle.ready]
        if not missing:
            return
        with private_apt(machine) as apt:
            for bundle in missing:
                _build(apt, bundle, machine)


def _build(apt: Apt, bundle: Bundle, machine: Machine) -> None:
    names = bundle.packages
    pinned = [pin for pin in apt.resolve(names) if is_needed(pin)]
    if bundle in (PIP, COMPOSE):  # data, or a static program: nothing beside the packages themselves
        pinned = [pin for pin in pinned if pin.partition("=")[0] in names]
    with step(f"{bundle.title}: fetching {len(pinned)} packages of Debian {RELEASE}"), placed(bundle.path) as root:
        for link in ("bin", "sbin", "lib", "lib64"):  # merged /usr, as every Debian has it
            (root / "usr" / link).mkdir(parents=True)
            (root / link).symlink_to(f"usr/{link}")
        apt.unpack(pinned, root)
        for folder in {bundle.programs, "usr/sbin", "usr/bin"}:
            if folder != PIP.programs:
                wrap_programs(root, folder, machine.architecture)
        for pattern in _DEAD_WEIGHT:
            for found in root.glob(pattern):
                shutil.rmtree(found) if found.is_dir() else found.unlink()
        _open_for_all(root)
        for pattern in bundle.probe:
            _check_libraries(root, pattern, machine.architecture)
        (root / "manifest.json").write_text(json.dumps({"release": RELEASE, "packages": sorted(pinned)}, indent=1))
    say(f"{bundle.title}: {_version(pinned, names[0])} in {bundle.path}")


def _version(pinned: Iterable[str], package: str) -> str:
    return next((pin.replace("=", " ") for pin in pinned if pin.startswith(f"{package}=")), package)


def wrap_programs(root: Path, folder: str, architecture: str) -> None:
    """Put a wrapper in the place of every dynamic program of a folder."""
    loader, triplet = _LOADERS[architecture]
    up = "/".join(".." for _ in Path(folder).parts)
    for program in sorted((root / folder).iterdir()):
        if program.is_symlink() or not program.is_file() or not _is_dynamic(program):
            continue
        name = program.name
        program.rename(program.with_name(f"{name}.bin"))
        program.write_text(_WRAPPER.format(name=name, up=up, loader=loader, triplet=triplet))
        program.chmod(0o755)


def _check_libraries(root: Path, pattern: str, architecture: str) -> None:
    """A library that the deny-list took away by mistake shows here, not at the first start."""
    loader, triplet = _LOADERS[architecture]
    files = sorted(root.glob(pattern))
    if not files:
        raise SetupError(f"Debian {RELEASE} no longer brings {pattern}: this version of Liftline needs an update")
    for file in files:
        listed = run([root / loader, "--library-path", root / "usr/lib" / triplet, "--list", file])
        if "not found" in listed:
            raise SetupError(f"{file.name} lacks a library:\n{listed}")


def _is_dynamic(program: Path) -> bool:
    """An ELF file that asks for an interpreter (a static one runs as it is)."""
    head = program.read_bytes()[:4096]
    return head.startswith(b"\x7fELF") and b"/ld-linux" in head


def _open_for_all(root: Path) -> None:
    """Readable for every user: a server started by root runs as another one."""
    walk: Callable[[Path], Iterable[tuple[str, list[str], list[str]]]] = os.walk
    for folder, _, files in walk(root):
        for path in (Path(folder), *(Path(folder, file) for file in files)):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode & 0o777 | (0o555 if path.is_dir() else 0o444))
