"""The pure parts of set-up: sources, versions, the cache's promises, the wrappers."""

import threading
import time
from pathlib import Path

import pytest

from deploy.provision.apt import RELEASE, Source, derive_sources, machine_sources, parse_sources
from deploy.provision.bundles import is_needed, wrap_programs
from deploy.provision.cache import cache_dir, locked, placed
from deploy.provision.console import fingerprint, node_version
from deploy.provision.machine import Machine, how_to_get, parse_os_release
from deploy.provision.packages import uv_version
from deploy.provision.progress import SetupError, run

ONE_LINE = """
# a comment
deb http://mirror.example/debian bookworm main contrib  # the rest of the line
deb-src http://mirror.example/debian bookworm main
deb [signed-by=/usr/share/keyrings/other.gpg arch=amd64] http://third.example/apt bookworm main
deb [check-valid-until=no] http://mirror.example/debian-security bookworm-security main
deb http://pg.example/apt bookworm-pgdg main
deb http://docker.example/linux/debian bookworm stable
deb cdrom:[Debian]/ bookworm main
"""

STANZAS = """\
Types: deb deb-src
URIs: http://mirror.example/debian http://second.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
# a comment
URIs: mirror+file:/etc/apt/mirrors/debian-security.list
Suites: bookworm-security
Components: main contrib
  non-free
Check-Valid-Until: no

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: http://third.example/debian
Suites: bookworm
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQENBFRw
 -----END PGP PUBLIC KEY BLOCK-----
"""


def _places(lines: list[str]) -> list[tuple[str, str]]:
    return [(line.split()[-3], line.split()[-2]) for line in lines]


def test_one_line_sources_give_the_release_on_the_same_mirrors() -> None:
    lines = derive_sources(parse_sources(ONE_LINE, deb822=False), codename="bookworm")
    assert _places(lines) == [
        ("http://mirror.example/debian", RELEASE),
        ("http://mirror.example/debian-security", f"{RELEASE}-security"),
    ]
    assert all("signed-by=/usr/share/keyrings/debian-archive-keyring.gpg" in line for line in lines)
    assert ["check-valid-until=no" in line for line in lines] == [False, True]


def test_stanzas_give_the_same() -> None:
    lines = derive_sources(parse_sources(STANZAS, deb822=True), codename="bookworm")
    assert _places(lines) == [
        ("http://mirror.example/debian", RELEASE),
        ("http://second.example/debian", RELEASE),
        ("mirror+file:/etc/apt/mirrors/debian-security.list", f"{RELEASE}-security"),
    ]


def test_a_machine_of_the_release_itself_uses_its_own_sources() -> None:
    sources = [Source(uri="u", suite=suite, components=("main",)) for suite in (RELEASE, "stable", "stable-updates")]
    assert _places(derive_sources(sources, codename=RELEASE)) == [("u", RELEASE)]


def test_only_apts_own_file_names_are_read(tmp_path: Path) -> None:
    parts = tmp_path / "sources.list.d"
    parts.mkdir()
    (tmp_path / "sources.list").write_text("deb http://a.example/debian bookworm main\n")
    (parts / "b.sources").write_text(STANZAS.partition("\n\n")[0])
    (parts / "c.list.disabled").write_text("deb http://c.example/debian bookworm main\n")
    assert {source.uri for source in machine_sources(tmp_path)} == {
        "http://a.example/debian",
        "http://mirror.example/debian",
        "http://second.example/debian",
    }


@pytest.mark.parametrize(
    ("package", "needed"),
    [
        ("postgresql-17=17.12-0+deb13u1", True),
        ("libssl3t64=3.5", True),
        ("libpq5=17", True),
        ("mosquitto=2.0.21-1", True),
        ("perl-modules-5.40=5", False),
        ("libllvm19=1", False),
        ("debconf=1.5.91", False),
    ],
)
def test_only_what_programs_load_is_unpacked(package: str, needed: bool) -> None:
    assert is_needed(package) is needed


def test_a_dynamic_program_gets_a_wrapper_and_others_stay(tmp_path: Path) -> None:
    folder = tmp_path / "usr/lib/postgresql/17/bin"
    folder.mkdir(parents=True)
    (folder / "postgres").write_bytes(b"\x7fELF....../lib64/ld-linux-x86-64.so.2\0...")
    (folder / "static").write_bytes(b"\x7fELF.......")
    (folder / "script").write_text("#!/bin/sh\n")
    wrap_programs(tmp_path, "usr/lib/postgresql/17/bin", "amd64")
    assert sorted(path.name for path in folder.iterdir()) == ["postgres", "postgres.bin", "script", "static"]
    text = (folder / "postgres").read_text()
    assert 'R="${0%/*}/../../../../.."' in text
    assert str(tmp_path) not in text  # the folder is renamed into its place after this
    assert (folder / "postgres").stat().st_mode & 0o111 == 0o111


@pytest.mark.parametrize(
    ("text", "version"), [("uv 0.13.9 (x86_64)", (0, 13)), ("uv 1.2.3", (1, 2)), ("", (0, 0)), ("uv", (0, 0))]
)
def test_the_version_of_uv_is_read(text: str, version: tuple[int, int]) -> None:
    assert uv_version(text) == version


@pytest.mark.parametrize(("text", "version"), [("v18.20.4\n", (18, 20)), ("v24.1.0", (24, 1)), ("node", (0, 0))])
def test_the_version_of_node_is_read(text: str, version: tuple[int, int]) -> None:
    assert node_version(text) == version


def test_the_cache_is_roots_or_the_persons_or_the_chosen_one(tmp_path: Path) -> None:
    assert cache_dir({}, root=True) == Path("/var/cache/liftline")
    assert cache_dir({}, root=False) == Path.home() / ".cache/liftline"
    assert cache_dir({"XDG_CACHE_HOME": "/x"}, root=False) == Path("/x/liftline")
    assert cache_dir({"LIFTLINE_CACHE": str(tmp_path)}, root=True) == tmp_path


def test_a_thing_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "thing"

    def fail_halfway() -> None:
        with placed(target) as folder:
            (folder / "half").touch()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert list(tmp_path.iterdir()) == []
    for content in ("old", "new"):
        with placed(target) as folder:
            (folder / content).touch()
            assert not (target / content).exists()
    assert [path.name for path in target.iterdir()] == ["new"]
    assert [path.name for path in tmp_path.iterdir()] == ["thing"]


def test_two_set_ups_take_turns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIFTLINE_CACHE", str(tmp_path))
    order: list[str] = []
    entered = threading.Event()

    def first() -> None:
        with locked("x"):
            entered.set()
            while "waiting" not in capsys.readouterr().err:
                time.sleep(0.005)
            order.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    entered.wait()
    with locked("x"):
        order.append("second")
    thread.join()
    assert order == ["first", "second"]


def test_the_console_is_built_again_only_when_its_sources_changed(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/a.ts").write_text("1")
    before = fingerprint(tmp_path)
    for folder in ("node_modules", "dist"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x").write_text("made")
    assert fingerprint(tmp_path) == before
    (tmp_path / "src/a.ts").write_text("2")
    changed = fingerprint(tmp_path)
    (tmp_path / "src/a.ts").rename(tmp_path / "src/b.ts")
    assert len({before, changed, fingerprint(tmp_path)}) == 3


def test_a_failed_command_shows_the_end_of_its_output() -> None:
    with pytest.raises(SetupError, match=r"(?s)exit code 3:.*the reason"):
        run(["sh", "-c", "echo the reason; exit 3"])
    with pytest.raises(SetupError, match="cannot be run"):
        run(["/nowhere/program"])


def test_people_are_told_the_command_of_their_machine() -> None:
    def machine(system: str, distribution: str) -> Machine:
        return Machine(system=system, distribution=distribution, codename="", title="", architecture="", root=False)

    assert how_to_get("mosquitto", machine("Darwin", "")) == "brew install mosquitto"
    assert how_to_get("mosquitto", machine("Linux", "ubuntu")).startswith("sudo apt-get install")
    elsewhere = how_to_get("mosquitto", machine("Linux", "fedora"))
    assert "apt-get" in elsewhere
    assert "brew" in elsewhere


def test_os_release_is_read_with_and_without_quotes() -> None:
    assert parse_os_release('ID=debian\nPRETTY_NAME="Debian 12"\n# x=y\n') == {
        "ID": "debian",
        "PRETTY_NAME": "Debian 12",
    }
