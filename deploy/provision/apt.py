"""Debian packages without installing them, and without being root.

apt runs on a state folder of its own: an empty list of installed packages, sources derived from the machine's, and
signatures checked by the Debian archive keyring. So it resolves and downloads the same on every Debian machine, and
neither needs nor touches the system's package state.
"""

import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.provision.cache import make_cache
from deploy.provision.machine import Machine
from deploy.provision.progress import SetupError, run, step

RELEASE = "trixie"  # the Debian release that has TimescaleDB (2.19, Apache-2 edition) and PostgreSQL 17
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_ROLLING = {"stable", "oldstable", "oldoldstable", "testing", "unstable", "sid"}
_ONE_LINE = re.compile(r"deb\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<components>.+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One place that packages come from."""

    uri: str
    suite: str
    components: tuple[str, ...]
    signed_by: str = ""
    check_valid_until: bool = True


def parse_sources(text: str, *, deb822: bool) -> list[Source]:
    """The binary package sources that a sources file names, in either of apt's two notations."""
    return list(_parse_stanzas(text) if deb822 else _parse_lines(text))


def _parse_lines(text: str) -> Iterator[Source]:
    for raw in text.splitlines():
        match = _ONE_LINE.fullmatch(raw.partition("#")[0].strip())
        if match:
            options = dict(word.partition("=")[::2] for word in (match["options"] or "").lower().split())
            yield Source(
                uri=match["uri"],
                suite=match["suite"],
                components=tuple(match["components"].split()),
                signed_by=options.get("signed-by", ""),
                check_valid_until=options.get("check-valid-until") not in {"no", "false", "0"},
            )


def _parse_stanzas(text: str) -> Iterator[Source]:
    for stanza in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        key = ""
        for line in stanza.splitlines():
            if line.startswith("#"):
                continue
            if line[:1].isspace() and key:
                fields[key] += " " + line.strip()
            elif ":" in line:
                key, value = (part.strip() for part in line.split(":", 1))
                key = key.lower()
                fields[key] = value
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() in {"no", "false"}:
            continue
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                yield Source(
                    uri=uri,
                    suite=suite,
                    components=tuple(fields.get("components", "").split()),
                    signed_by=fields.get("signed-by", ""),
                    check_valid_until=fields.get("check-valid-until", "yes").lower() not in {"no", "false"},
                )


def derive_sources(sources: Iterable[Source], *, codename: str) -> list[str]:
    """The lines that name `RELEASE` on the mirrors this machine already uses for its own release.

    Third parties' archives are left out: they have another suite, no `main`, or another signature.
    """
    lines: list[str] = []
    for source in sources:
        suite = _suite(source.suite, codename)
        foreign = source.signed_by and "debian-archive" not in source.signed_by
        if suite is None or foreign or "main" not in source.components or source.uri.startswith("cdrom:"):
            continue
        options = f"signed-by={KEYRING}" + ("" if source.check_valid_until else " check-valid-until=no")
        line = f"deb [{options}] {source.uri} {suite} main"
        if line not in lines:
            lines.append(line)
    return lines


def _suite(suite: str, codename: str) -> str | None:
    own = {codename, *_ROLLING}
    if suite in own:
        return RELEASE
    if suite.endswith("-security") and suite.removesuffix("-security") in own:
        return f"{RELEASE}-security"
    return None


def machine_sources(etc: Path = Path("/etc/apt")) -> list[Source]:
    """What the machine's own apt uses."""
    found = []
    for file in [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]:
        if file.suffix in {".list", ".sources"} and file.is_file():
            text = file.read_text(encoding="utf-8", errors="replace")
            found += parse_sources(text, deb822=file.suffix == ".sources")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Apt:
    """apt on its own state folder."""

    folder: Path

    def resolve(self, packages: Iterable[str]) -> list[str]:
        """`name=version` of the packages and everything they depend on."""
        text = self._run("install", "--simulate", "--yes", *packages)
        return [f"{m[1]}={m[2]}" for m in re.finditer(r"^Inst (\S+) \((\S+)", text, re.MULTILINE)]

    def unpack(self, pinned: Iterable[str], root: Path) -> None:
        """Download these packages (apt checks their hashes against the signed lists) and unpack them below `root`."""
        downloads = self.folder / "downloads"
        downloads.mkdir()
        self._run("download", *pinned, cwd=downloads)
        for package in sorted(downloads.glob("*.deb")):
            run(["dpkg-deb", "--extract", package, root])
        shutil.rmtree(downloads)

    def update(self) -> None:
        """Fetch the lists of packages."""
        self._run("update", "-o", "APT::Update::Error-Mode=any")

    def _run(self, *words: str, cwd: Path | None = None) -> str:
        return run(["apt-get", "--config-file", self.folder / "apt.conf", "-qq", *words], cwd=cwd)


@contextmanager
def private_apt(machine: Machine) -> Iterator[Apt]:
    """An apt for `RELEASE` with fresh lists; its folder is gone afterwards.

    Raises:
        SetupError: this machine's sources or keyring cannot serve that release.
    """
    lines = derive_sources(machine_sources(), codename=machine.codename)
    if not lines:
        raise SetupError("no Debian mirror with component main is among this machine's apt sources (/etc/apt)")
    if not KEYRING.exists():
        raise SetupError(f"{KEYRING} is missing: sudo apt-get install debian-archive-keyring")
    folder = Path(tempfile.mkdtemp(prefix=".apt-", dir=make_cache()))
    try:
        for name in ("lists/partial", "archives/partial"):
            (folder / name).mkdir(parents=True)
        (folder / "status").touch()
        (folder / "sources.list").write_text("\n".join(lines) + "\n")
        (folder / "apt.conf").write_text(_configuration(folder, machine.architecture))
        apt = Apt(folder=folder)
        with step(f"Debian {RELEASE}: reading its lists of packages"):
            apt.update()
        yield apt
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _configuration(folder: Path, architecture: str) -> str:
    """Read after the machine's own settings, so its proxies and credentials hold and its hooks do not."""
    return f"""\
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
#clear APT::Architectures;
APT::Architecture "{architecture}";
APT::Architectures {{ "{architecture}"; }};
APT::Install-Recommends "false";
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "3";
Dir::State "{folder}";
Dir::State::lists "{folder}/lists";
Dir::State::status "{folder}/status";
Dir::State::extended_states "{folder}/extended_states";
Dir::Cache "{folder}";
Dir::Cache::archives "{folder}/archives";
Dir::Cache::pkgcache "{folder}/pkgcache.bin";
Dir::Cache::srcpkgcache "{folder}/srcpkgcache.bin";
Dir::Etc::sourcelist "{folder}/sources.list";
Dir::Etc::sourceparts "-";
Dir::Etc::preferences "-";
Dir::Etc::preferencesparts "-";
Dir::Etc::trusted "-";
Dir::Etc::trustedparts "-";
"""
