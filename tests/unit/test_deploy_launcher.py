"""The pure parts of the launcher: the broker's files, what counts as alive, which PostgreSQL is taken."""

import base64
import hashlib
import os
import subprocess
import sys
from pathlib import Path, PurePath

import pytest

from deploy.child import Account, hold, is_alive, is_reachable, own_folder
from deploy.mosquitto import Listener, Profile, lift_acl, password_line, render
from deploy.mosquitto.__main__ import main, read_lifts
from deploy.ports import free_port, holder, is_free
from deploy.postgres import system_postgres
from elevator.errors import ServerError, SettingsError


def _render(profile: Profile, passwords: dict[str, str]) -> dict[str, str]:
    return render(
        profile,
        lifts=Listener(host="127.0.0.1", port=1883),
        platform=Listener(host="127.0.0.1", port=1884),
        config=PurePath("/config"),
        data=PurePath("/data"),
        passwords=passwords,
    )


@pytest.mark.parametrize("profile", list(Profile))
def test_both_profiles_come_from_one_template(profile: Profile) -> None:
    lines = _render(profile, {"platform": "secret"})["mosquitto.conf"].splitlines()
    assert "listener 1883 127.0.0.1" in lines
    assert "listener 1884 127.0.0.1" in lines
    assert f"allow_anonymous {str(profile is Profile.LOOPBACK).lower()}" in lines
    assert f"use_username_as_clientid {str(profile is Profile.PASSWORDS).lower()}" in lines
    assert not any(line.startswith("per_listener_settings") for line in lines)
    assert not any("$" in line for line in lines)


def test_what_lifts_may_do_is_the_contracts_section_3() -> None:
    assert lift_acl(Profile.LOOPBACK).splitlines()[0] == "topic write lift/v1/+/telemetry"
    assert all(line.startswith("pattern ") and "/%u/" in line for line in lift_acl(Profile.PASSWORDS).splitlines())
    read = [line for line in lift_acl(Profile.PASSWORDS).splitlines() if " read " in line]
    assert [line.rpartition("/")[2] for line in read] == ["ack", "notice"]


@pytest.mark.parametrize(
    ("profile", "passwords", "message"),
    [
        (Profile.PASSWORDS, {"lift1": "x"}, "platform"),
        (Profile.PASSWORDS, {"platform": "x", "a/b": "y"}, "not a lift id"),
        (Profile.PASSWORDS, {"platform": "x", "#": "y"}, "not a lift id"),
        (Profile.LOOPBACK, {"platform": "x", "lift1": "y"}, "no passwords"),
    ],
)
def test_impossible_passwords_are_refused(profile: Profile, passwords: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        _render(profile, passwords)


def test_a_password_line_is_mosquittos_own_kind() -> None:
    user, _, rest = password_line("lift1", "secret").strip().partition(":")
    _, kind, iterations, salt, digest = rest.split("$")
    expected = hashlib.pbkdf2_hmac("sha512", b"secret", base64.b64decode(salt), int(iterations))
    assert (user, kind, base64.b64decode(digest)) == ("lift1", "7", expected)
    assert password_line("lift1", "secret") != password_line("lift1", "secret")


def test_the_lifts_file_is_read() -> None:
    assert read_lifts("# comment\n\nlift1 secret\n  lift2   other \n") == {"lift1": "secret", "lift2": "other"}


@pytest.mark.parametrize("text", ["lift1", "lift1 a b", "lift1 a\nlift1 b", "platform x"])
def test_a_wrong_line_of_the_lifts_file_is_named(text: str) -> None:
    with pytest.raises(SettingsError, match=r"line \d"):
        read_lifts(text)


def test_the_command_writes_private_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "secret").write_text("s3cret\n")
    (tmp_path / "lifts").write_text("lift1 x\n")
    out = tmp_path / "out"
    words = ["--out", out, "--data", "/data", "--platform-password", tmp_path / "secret", "--lifts", tmp_path / "lifts"]
    assert main([str(word) for word in words]) == 0
    assert sorted(file.name for file in out.iterdir()) == ["acl", "mosquitto.conf", "passwords"]
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in out.iterdir())
    assert [line.partition(":")[0] for line in (out / "passwords").read_text().splitlines()] == ["lift1", "platform"]
    assert f"password_file {out}/passwords" in (out / "mosquitto.conf").read_text()
    (tmp_path / "lifts").write_text("nonsense\n")
    assert main([str(word) for word in words]) == 2
    assert "line 1" in capsys.readouterr().err


def test_a_process_is_known_by_its_number_and_its_command_line() -> None:
    command = [sys.executable, "-c", "print(flush=True); input()", "marker-7"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout
        child.stdout.readline()
        assert is_alive(child.pid, "marker-7")
        assert not is_alive(child.pid, "another")
        child.kill()
        while os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT) is None:
            pass
        assert not is_alive(child.pid, "marker-7")  # a zombie, which `kill(pid, 0)` calls alive
    assert not is_alive(child.pid, "marker-7")


def test_a_private_folder_on_the_way_is_seen(tmp_path: Path) -> None:
    tmp_path.chmod(0o711)
    other = Account(name="other", uid=54321, gid=54321)
    inner = tmp_path / "private"
    inner.mkdir(mode=0o700)
    assert is_reachable(inner / "x", None)
    assert not is_reachable(inner / "x", other)
    assert is_reachable(inner / "x", Account(name="me", uid=inner.stat().st_uid, gid=0)) or os.geteuid() != 0


def test_a_data_folder_has_one_owner_at_a_time(tmp_path: Path) -> None:
    first = hold(tmp_path, purpose="the database")
    with pytest.raises(ServerError, match=rf"in use by another Liftline \(process {os.getpid()}\)"):
        hold(tmp_path, purpose="the database")
    first.close()
    hold(tmp_path, purpose="the database").close()


def test_a_file_in_the_place_of_a_data_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ServerError, match="cannot be used"):
        own_folder(tmp_path / "file", None)


def test_a_port_nobody_holds_is_free_and_has_no_name() -> None:
    port = free_port()
    assert is_free(port)
    assert holder(port) == "another process"


def test_the_systems_postgres_is_taken_only_with_timescaledb_and_new_enough(tmp_path: Path) -> None:
    library, share = tmp_path / "lib", tmp_path / "share"
    for version, extension in (("15", True), ("17", True), ("18", False)):
        (library / version / "bin").mkdir(parents=True)
        (library / version / "bin/postgres").touch()
        (share / version / "extension").mkdir(parents=True)
        if extension:
            (share / version / "extension/timescaledb.control").touch()
    found = system_postgres(library, share)
    assert found is not None
    assert found.bin == library / "17/bin"
    assert found.timescale
    (share / "17/extension/timescaledb.control").unlink()
    assert system_postgres(library, share) is None
