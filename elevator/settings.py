"""The only reader of environment variables: every setting with its default, documented in docs/settings.md.

An unknown `LIFTLINE_` variable and an impossible value stop the start with one clear sentence.
"""

import os
import re
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from elevator import broker
from elevator.broker import Access
from elevator.errors import SettingsError

PREFIX = "LIFTLINE_"
MOST_DAYS = 36_500  # a hundred years: beyond, the calendar ends
LEAST_TOKEN = 32  # characters; as many as 24 random bytes make
# Read by the set-up scripts and the tests, not by a service.
_FOREIGN = frozenset({"LIFTLINE_CACHE", "LIFTLINE_REQUIRE_SERVERS"})


def _data_dir() -> Path:
    """As root the servers run as another user, who cannot enter root's private home."""
    return Path("/var/lib/liftline" if os.geteuid() == 0 else "~/.local/share/liftline")


class Settings(BaseSettings):
    """What a service is told from outside."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    database_url: str | None = Field(None, description="PostgreSQL to use; unset: `up` and `demo` start their own")
    mqtt_url: str | None = Field(None, description="broker, mqtt://[user[:password]@]host[:port]; mqtts:// for TLS")
    mqtt_ca: Path | None = Field(None, description="file with the authority of the broker's certificate")
    mqtt_cert: Path | None = Field(None, description="file with the certificate that the broker is shown")
    mqtt_key: Path | None = Field(None, description="file with that certificate's key")
    mqtt_password_file: Path | None = Field(None, description="file with the password of the user in the URL")
    mqtt_client_id: str = Field("liftline-ingest", description="prefix of the platform's MQTT client ids")
    mqtt_share: SecretStr | None = Field(
        None, description="name of a shared subscription, hard to guess: several workers read at a time (EMQX)"
    )
    mqtt_transport: Literal["mqtt5", "paho"] = Field("mqtt5", description="which transport reads the broker")
    broker_watch: bool = Field(True, description="listen to what the broker tells of its queue")
    broker_queue_messages: int = Field(5_000_000, ge=0, description="messages that the broker queues for one session")
    broker_queue_bytes: int = Field(2_147_483_648, ge=0, description="bytes that the broker queues for one session")
    api_host: str = Field("127.0.0.1", description="address the HTTP server listens on")
    api_port: int = Field(8080, ge=0, le=65535, description="port of the HTTP server; 0: any free one")
    mqtt_port: int = Field(1883, ge=0, le=65535, description="port of the broker that `up` starts")
    public_url: str | None = Field(None, description="address under which people reach the console")
    rescue_phone: str | None = Field(None, description="rescue number that the page behind a lift's code shows")
    api_url: str | None = Field(None, description="HTTP interface that simulators and crews use")
    api_token: SecretStr | None = Field(None, description="bearer token that simulators and crews use")
    admin_token: SecretStr | None = Field(
        None, description="a token with role admin, for automation; at least 32 characters"
    )
    policy: Path | None = Field(None, description="TOML file with the policy; unset: the contract's defaults")
    codes: Path | None = Field(None, description="TOML file: which lift model speaks which code table")
    # looked at by `shadow` alone: a mistake in it stops nothing else
    shadow_policy: Path | None = Field(None, description="TOML file with a policy to try; unset: none is")
    data_dir: Path = Field(default_factory=_data_dir, description="where `up` keeps its database and broker")
    log_format: Literal["console", "json"] = Field("console", description="form of the log")
    metrics_host: str = Field("127.0.0.1", description="address on which ingest and dispatch show their metrics")
    ingest_metrics_port: int = Field(9101, ge=0, le=65535, description="port of ingest's metrics; 0: any free one")
    dispatch_metrics_port: int = Field(9102, ge=0, le=65535, description="port of dispatch's metrics; 0: any free one")
    shadow_metrics_port: int = Field(9103, ge=0, le=65535, description="port of shadow's metrics; 0: any free one")
    webhook_private: bool = Field(False, description="allow webhooks to private and loopback addresses (trials only)")
    quarantine_days: int = Field(30, ge=1, description="days that unreadable messages are kept")
    # eight days: a broker may still redeliver, and a redelivery is known by the row that is there
    samples_days: int = Field(90, ge=8, le=MOST_DAYS, description="days that samples are kept")
    minutes_days: int = Field(400, ge=1, le=MOST_DAYS, description="days that roll-ups by the minute are kept")
    hours_days: int = Field(1826, ge=1, le=MOST_DAYS, description="days that roll-ups by the hour are kept")
    events_days: int = Field(1461, ge=8, le=MOST_DAYS, description="days that events and link states are kept")
    compress_days: int | None = Field(7, ge=1, description="days after which samples are compressed, where possible")

    seals_dir: Path | None = Field(None, description="folder that takes each day's heads of the sealed records")
    photos: str | None = Field(None, description="where photos are kept: a folder, or s3://bucket/prefix")
    photos_endpoint: str | None = Field(None, description="address of the S3-compatible storage, if not Amazon's")
    photos_region: str = Field("us-east-1", description="region of the storage")
    photos_key_id: str | None = Field(None, description="access key id of the storage")
    photos_secret_file: Path | None = Field(None, description="file with the secret access key of the storage")

    @field_validator("mqtt_share")
    @classmethod
    def _share(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not re.fullmatch(r"[A-Za-z0-9_-]{16,64}", value.get_secret_value()):
            raise ValueError(
                "expected 16 to 64 letters, digits, _ or -, hard to guess: who knows it can read our share"
            )
        return value

    @field_validator("admin_token")
    @classmethod
    def _token(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or not value.get_secret_value():
            return None
        if len(value.get_secret_value().strip()) < LEAST_TOKEN:
            raise ValueError(
                f"expected at least {LEAST_TOKEN} characters, hard to guess: it opens everything, and `openssl rand"
                " -hex 32` makes a good one"
            )
        return value

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str | None) -> str | None:
        if value and urlsplit(value).scheme not in {"postgresql", "postgres"}:
            raise ValueError("expected postgresql://user:password@host:port/name")
        return value

    @field_validator("mqtt_url")
    @classmethod
    def _broker(cls, value: str | None) -> str | None:
        if value:
            try:
                broker.split(value)
            except SettingsError as error:
                raise ValueError(str(error).removeprefix("LIFTLINE_MQTT_URL: ")) from None
        return value

    @field_validator("mqtt_ca", "mqtt_cert", "mqtt_key", "mqtt_password_file", "photos_secret_file")
    @classmethod
    def _readable(cls, value: Path | None) -> Path | None:
        if value is None:
            return None
        file = value.expanduser()
        if not file.is_file():
            raise ValueError(f"there is no file {value}")
        if not os.access(file, os.R_OK):
            raise ValueError(f"{value} cannot be read by this user")
        return file

    @model_validator(mode="after")
    def _into_the_broker(self) -> Self:
        """What only together makes sense; a certificate that is never shown would be a false comfort."""
        parts = urlsplit(self.mqtt_url or "")
        if self.mqtt_cert and not self.mqtt_key:
            raise ValueError("LIFTLINE_MQTT_CERT: needs LIFTLINE_MQTT_KEY, the file with its key")
        if self.mqtt_key and not self.mqtt_cert:
            raise ValueError("LIFTLINE_MQTT_KEY: needs LIFTLINE_MQTT_CERT, the file with its certificate")
        for name in ("mqtt_ca", "mqtt_cert"):
            if getattr(self, name) and parts.scheme != "mqtts":
                raise ValueError(f"{PREFIX}{name.upper()}: is for TLS, but LIFTLINE_MQTT_URL is no mqtts:// address")
        if self.mqtt_password_file and not parts.username:
            raise ValueError("LIFTLINE_MQTT_PASSWORD_FILE: needs a user in LIFTLINE_MQTT_URL, as in mqtt://user@host")
        if self.mqtt_password_file and parts.password:
            raise ValueError("LIFTLINE_MQTT_PASSWORD_FILE: there is a password in LIFTLINE_MQTT_URL already")
        return self

    @model_validator(mode="after")
    def _photos(self) -> Self:
        """What an S3 address needs, and what makes no sense without one."""
        if self.photos is not None and "://" in self.photos and not self.photos.startswith(("s3://", "file://")):
            raise ValueError("LIFTLINE_PHOTOS: expected a folder, or s3://bucket/prefix")
        remote = (self.photos or "").startswith("s3://")
        if remote and not (self.photos_key_id and self.photos_secret_file):
            raise ValueError("LIFTLINE_PHOTOS: s3:// needs LIFTLINE_PHOTOS_KEY_ID and LIFTLINE_PHOTOS_SECRET_FILE")
        if not remote and (self.photos_endpoint or self.photos_key_id or self.photos_secret_file):
            raise ValueError("LIFTLINE_PHOTOS_ENDPOINT, _KEY_ID, _SECRET_FILE: for s3://, which LIFTLINE_PHOTOS is not")
        return self

    @field_validator("policy", "codes")
    @classmethod
    def _file(cls, value: Path | None) -> Path | None:
        if value and not value.expanduser().is_file():
            raise ValueError(f"there is no file {value}")
        return value

    def need_database(self) -> str:
        """The database's address.

        Raises:
            SettingsError: none is set.
        """
        if not self.database_url:
            raise SettingsError("LIFTLINE_DATABASE_URL is not set: expected postgresql://user:password@host:port/name")
        return self.database_url

    def need_broker(self) -> str:
        """The broker's address.

        Raises:
            SettingsError: none is set.
        """
        if not self.mqtt_url:
            raise SettingsError("LIFTLINE_MQTT_URL is not set: expected mqtt://host:port")
        return self.mqtt_url

    def need_access(self) -> Access:
        """The way into the broker.

        Raises:
            SettingsError: none is set, or a file cannot be used.
        """
        return broker.access(
            self.need_broker(),
            ca=self.mqtt_ca,
            certificate=self.mqtt_cert,
            key=self.mqtt_key,
            password_file=self.mqtt_password_file,
        )


_SECRETS = frozenset(name for name, field in Settings.model_fields.items() if field.annotation == SecretStr | None)


def load() -> Settings:
    """Read the environment.

    Raises:
        SettingsError: all unknown and impossible settings, in one sentence each.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields} | _FOREIGN
    wrong = [
        f"{name} is not a setting of Liftline (see docs/settings.md)"
        for name in sorted(os.environ)
        if name.startswith(PREFIX) and name not in known
    ]
    try:
        settings = Settings()
    except ValidationError as error:
        for problem in error.errors():
            told = problem["msg"].removeprefix("Value error, ")
            if problem["loc"]:
                name = str(problem["loc"][0])
                got = _shown(problem["input"], secret=name in _SECRETS)
                told = f"{PREFIX}{name.upper()}: {told} (got {got})"
            wrong.append(told)
    if wrong:
        raise SettingsError("; ".join(wrong))
    return settings


def _shown(value: object, *, secret: bool) -> str:
    """A value as a log may hold it: what stands before an @ may be a password; of a secret no character."""
    if secret:
        return f"{len(str(value))} characters"
    return repr(re.sub(r"//.*@", "//…@", str(value)))
