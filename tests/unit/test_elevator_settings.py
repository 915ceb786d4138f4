"""Settings: every default works, every impossible value and every unknown name is told in one sentence."""

from pathlib import Path

import pytest

from elevator import settings
from elevator.errors import SettingsError
from elevator.settings import PREFIX, Settings


def load(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(PREFIX + name, value)
    return settings.load()


def test_nothing_needs_to_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch) == Settings()


def test_what_is_set_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.touch()
    read = load(
        monkeypatch, DATABASE_URL="postgresql://u:p@h:1/d", MQTT_URL="mqtt://h", API_PORT="0", LOG_FORMAT="json",
        POLICY=str(policy), ADMIN_TOKEN="the-key-of-all-that-stands-in-here", WEBHOOK_PRIVATE="true",
    )  # fmt: skip
    assert (read.need_database(), read.need_broker()) == ("postgresql://u:p@h:1/d", "mqtt://h")
    assert (read.api_port, read.log_format, read.policy, read.webhook_private) == (0, "json", policy, True)
    assert "the-key-of-all-that-stands-in-here" not in repr(read)
    assert read.admin_token is not None
    assert read.admin_token.get_secret_value() == "the-key-of-all-that-stands-in-here"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DATABASE_URL", "mysql://h/d", "expected postgresql://"),
        ("DATABASE_URL", "liftline", "expected postgresql://"),
        ("MQTT_URL", "http://h", "expected mqtt://host:port"),
        ("MQTT_URL", "mqtt://", "expected mqtt://host:port"),
        ("MQTT_URL", "localhost:1883", "expected mqtt://host:port"),
        ("MQTT_URL", "mqtt://h:none", "expected mqtt://host:port"),
        ("MQTT_URL", "mqtt://h:70000", "expected mqtt://host:port"),
        ("MQTT_CA", "/nowhere/ca.crt", "there is no file /nowhere/ca.crt"),
        ("MQTT_CERT", "/nowhere/x.crt", "there is no file /nowhere/x.crt"),
        ("MQTT_KEY", "/nowhere/x.key", "there is no file /nowhere/x.key"),
        ("MQTT_PASSWORD_FILE", "/nowhere", "there is no file /nowhere"),
        ("MQTT_TRANSPORT", "pigeon", "'mqtt5' or 'paho'"),
        ("ADMIN_TOKEN", "short", "expected at least 32 characters, hard to guess"),
        ("ADMIN_TOKEN", "x" * 31, "`openssl rand -hex 32` makes a good one"),
        ("ADMIN_TOKEN", " " * 40, "expected at least 32 characters"),
        ("API_PORT", "-1", "greater than or equal to 0"),
        ("API_PORT", "65536", "less than or equal to 65535"),
        ("API_PORT", "http", "integer"),
        ("API_PORT", "", "integer"),
        ("MQTT_PORT", "65536", "less than or equal to 65535"),
        ("INGEST_METRICS_PORT", "x", "integer"),
        ("DISPATCH_METRICS_PORT", "99999", "less than or equal to 65535"),
        ("POLICY", "/nowhere/policy.toml", "there is no file /nowhere/policy.toml"),
        ("LOG_FORMAT", "xml", "'console' or 'json'"),
        ("WEBHOOK_PRIVATE", "perhaps", "boolean"),
        ("QUARANTINE_DAYS", "0", "greater than or equal to 1"),
        ("QUARANTINE_DAYS", "30 days", "integer"),
    ],
)
def test_an_impossible_value_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        load(monkeypatch, **{name: value})
    sentence = str(refused.value)
    assert sentence.startswith(f"LIFTLINE_{name}: ")
    assert expected in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"MQTT_CERT"}, "LIFTLINE_MQTT_CERT: needs LIFTLINE_MQTT_KEY, the file with its key"),
        ({"MQTT_KEY"}, "LIFTLINE_MQTT_KEY: needs LIFTLINE_MQTT_CERT, the file with its certificate"),
        ({"MQTT_CA", "plain"}, "LIFTLINE_MQTT_CA: is for TLS, but LIFTLINE_MQTT_URL is no mqtts:// address"),
        ({"MQTT_CERT", "MQTT_KEY", "plain"}, "LIFTLINE_MQTT_CERT: is for TLS, but LIFTLINE_MQTT_URL is no mqtts://"),
        ({"MQTT_PASSWORD_FILE"}, "LIFTLINE_MQTT_PASSWORD_FILE: needs a user in LIFTLINE_MQTT_URL"),
        (
            {"MQTT_PASSWORD_FILE", "user:hunter2@"},
            "LIFTLINE_MQTT_PASSWORD_FILE: there is a password in LIFTLINE_MQTT_URL already",
        ),
        ({"MQTT_CA", "MQTT_CERT", "MQTT_KEY"}, None),
        ({"MQTT_PASSWORD_FILE", "user@"}, None),
        ({"MQTT_PASSWORD_FILE", "user@", "plain"}, None),
    ],
)
def test_what_opens_the_broker_fits_together(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: set[str], expected: str | None
) -> None:
    """A certificate that is never shown, or a password that is not used, would be a false comfort."""
    file = tmp_path / "file"
    file.touch()
    user = next((part for part in given if part.endswith("@")), "")
    for name in given - {user, "plain"}:
        monkeypatch.setenv(PREFIX + name, str(file))
    monkeypatch.setenv("LIFTLINE_MQTT_URL", f"mqtt{'' if 'plain' in given else 's'}://{user}h")
    if expected is None:
        settings.load()
        return
    with pytest.raises(SettingsError) as refused:
        settings.load()
    assert str(refused.value).startswith(expected)
    assert "hunter2" not in str(refused.value)


def test_a_file_that_this_user_may_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "ca.crt"
    file.touch()
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(SettingsError, match=f"LIFTLINE_MQTT_CA: {file} cannot be read by this user"):
        load(monkeypatch, MQTT_URL="mqtts://h", MQTT_CA=str(file))


def test_every_wrong_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError) as refused:
        load(monkeypatch, API_PORT="x", LOG_FORMAT="y", API_PROT="8080", ADMIN_TOKEN="short")
    assert [part.split()[0].rstrip(":") for part in str(refused.value).split("; ")] == [
        "LIFTLINE_API_PROT", "LIFTLINE_API_PORT", "LIFTLINE_ADMIN_TOKEN", "LIFTLINE_LOG_FORMAT",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["ADMIN_TOKEN", "MQTT_SHARE"])
def test_a_secret_that_is_refused_is_not_told(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The sentence goes into logs; what is wrong with it may be one character of an otherwise good one."""
    with pytest.raises(SettingsError) as refused:
        load(monkeypatch, **{name: "hunter2!"})
    assert "hunter2" not in str(refused.value)
    assert str(refused.value).endswith("(got 8 characters)")


def test_an_admin_token_of_nothing_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a compose file says it that passes on what is not set."""
    assert load(monkeypatch, ADMIN_TOKEN="").admin_token is None


@pytest.mark.parametrize("name", ["DATABASE", "MQTT_URI", "API_PROT", "", "policy_"])
def test_an_unknown_variable_stops_the_start(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load(monkeypatch, **{name: "x"})
    assert str(refused.value) == f"LIFTLINE_{name} is not a setting of Liftline (see docs/settings.md)"


@pytest.mark.parametrize("name", ["LIFTLINE_CACHE", "LIFTLINE_REQUIRE_SERVERS"])
def test_variables_of_set_up_and_tests_are_let_through(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "1")
    settings.load()


def test_a_password_is_not_repeated_in_the_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A start that fails is logged, and logs are read by many."""
    for name, value in (
        ("DATABASE_URL", "mysql://liftline:hunter2@h/d"), ("MQTT_URL", "amqp://liftline:hunter2@h:1883"),
    ):  # fmt: skip
        with monkeypatch.context() as patch, pytest.raises(SettingsError) as refused:
            load(patch, **{name: value})
        assert "hunter2" not in str(refused.value)


def test_what_a_service_needs_is_asked_for() -> None:
    with pytest.raises(SettingsError, match="LIFTLINE_DATABASE_URL is not set"):
        Settings().need_database()
    with pytest.raises(SettingsError, match="LIFTLINE_MQTT_URL is not set"):
        Settings().need_broker()


def test_every_setting_says_what_it_is() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


@pytest.mark.parametrize(("user", "folder"), [(0, "/var/lib/liftline"), (1000, "~/.local/share/liftline")])
def test_the_data_folder_can_be_entered_by_the_servers(monkeypatch: pytest.MonkeyPatch, user: int, folder: str) -> None:
    """Started by root they run as another user; `liftline up` on a fresh Debian once refused its own default."""
    monkeypatch.setattr("os.geteuid", lambda: user)
    assert settings.load().data_dir == Path(folder)
