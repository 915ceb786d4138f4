"""The way into the broker: addresses, passwords, certificates."""

import ssl
from pathlib import Path

import pytest

from elevator.broker import access, failure
from elevator.errors import SettingsError
from tests.tls_broker import Authority


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("mqtt://broker", ("broker", 1883, None, None)),
        ("mqtts://broker", ("broker", 8883, None, None)),
        ("mqtt://me:p%40ss@10.0.0.1:2883", ("10.0.0.1", 2883, "me", "p@ss")),
        ("mqtts://me@[::1]:1884", ("::1", 1884, "me", None)),
    ],
)
def test_addresses(url: str, expected: tuple[str, int, str | None, str | None]) -> None:
    found = access(url)
    assert (found.host, found.port, found.username, found.password) == expected
    assert (found.tls is not None) == url.startswith("mqtts")
    assert "p@ss" not in repr(found)


@pytest.mark.parametrize(
    "url", ["mqtt://", "mqtt://host:port", "mqtt://host:99999", "mqtt://host:0", "http://host", "host:1883", ""]
)
def test_an_impossible_address_is_a_clear_error(url: str) -> None:
    with pytest.raises(SettingsError, match=r"^LIFTLINE_MQTT_URL: expected mqtt://host:port or mqtts://host:port$"):
        access(url)


def test_the_name_of_the_broker_is_checked(tmp_path: Path) -> None:
    tls = access("mqtts://h", ca=Authority(tmp_path, "ours").file).tls
    assert tls is not None
    assert (tls.check_hostname, tls.verify_mode) == (True, ssl.CERT_REQUIRED)
    assert tls.minimum_version >= ssl.TLSVersion.TLSv1_2
    assert [authority["subject"] for authority in tls.get_ca_certs()] == [((("commonName", "ours"),),)]


@pytest.mark.parametrize(("written", "read"), [("s3cret\n", "s3cret"), ("s3cret\r\n", "s3cret"), (" a b ", " a b ")])
def test_a_password_from_a_file(tmp_path: Path, written: str, read: str) -> None:
    """Editors end a file with a line break; blanks may belong to the password."""
    file = tmp_path / "password"
    file.write_bytes(written.encode())
    assert access("mqtt://me@h", password_file=file).password == read


@pytest.mark.parametrize(
    ("content", "expected"),
    [(None, "cannot be read: "), (b"", "is empty"), (b"\n", "is empty"), (b"\xff", "cannot be read: ")],
)
def test_a_password_that_is_none(tmp_path: Path, content: bytes | None, expected: str) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SettingsError, match=f"^LIFTLINE_MQTT_PASSWORD_FILE: {file} {expected}"):
        access("mqtt://me@h", password_file=file)


def test_files_that_hold_something_else(tmp_path: Path) -> None:
    ours, theirs = Authority(tmp_path / "a", "ours"), Authority(tmp_path / "b", "theirs")
    certificate, key = ours.issue("platform")
    _, other_key = theirs.issue("platform")
    junk = tmp_path / "junk"
    junk.write_text("no certificate")
    access("mqtts://h", ca=ours.file, certificate=certificate, key=key)
    for files, expected in (
        ({"ca": junk}, f"^LIFTLINE_MQTT_CA: {junk} holds no certificate"),
        ({"certificate": certificate, "key": other_key}, "^LIFTLINE_MQTT_CERT, LIFTLINE_MQTT_KEY: .*: TLS: key values"),
        ({"certificate": junk, "key": key}, f"^LIFTLINE_MQTT_CERT, LIFTLINE_MQTT_KEY: {junk} and {key} are no"),
    ):
        with pytest.raises(SettingsError, match=expected) as refused:
            access("mqtts://h", **files)
        assert "\n" not in str(refused.value)


def test_failures_in_words() -> None:
    assert failure(ConnectionRefusedError(111, "refused")) == "[Errno 111] refused"
    assert failure(TimeoutError()) == "TimeoutError"
