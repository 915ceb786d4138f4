"""How to get into the broker: its address, who we are there, and by which certificates; nothing is connected here."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from elevator.errors import SettingsError

_PORTS = {"mqtt": 1883, "mqtts": 8883}
_FORM = "expected mqtt://host:port or mqtts://host:port"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where the broker is, and what it is shown."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = None  # None: in plain text


def access(
    url: str,
    *,
    ca: Path | None = None,
    certificate: Path | None = None,
    key: Path | None = None,
    password_file: Path | None = None,
) -> Access:
    """The way to the broker of `mqtt://[user[:password]@]host[:port]`, or of `mqtts://…` for TLS.

    Raises:
        SettingsError: the address or a file cannot be used.
    """
    parts = split(url)
    password = unquote(parts.password) if parts.password else None
    return Access(
        host=parts.hostname or "",
        port=parts.port or _PORTS[parts.scheme],
        username=unquote(parts.username) if parts.username else None,
        password=_secret(password_file) if password_file else password,
        tls=_context(ca, certificate, key) if parts.scheme == "mqtts" else None,
    )


def split(url: str) -> SplitResult:
    """The parts of a broker's address.

    Raises:
        SettingsError: it is none.
    """
    parts = urlsplit(url)
    try:
        usable = parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise SettingsError(f"LIFTLINE_MQTT_URL: {_FORM}")
    return parts


def _secret(file: Path) -> str:
    try:
        secret = file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"LIFTLINE_MQTT_PASSWORD_FILE: {file} cannot be read: {error}") from None
    if not secret:
        raise SettingsError(f"LIFTLINE_MQTT_PASSWORD_FILE: {file} is empty")
    return secret


def _context(ca: Path | None, certificate: Path | None, key: Path | None) -> ssl.SSLContext:
    """TLS 1.2 or newer; the broker's certificate and the name in it are always checked."""
    try:
        context = ssl.create_default_context(cafile=ca)
    except (OSError, ValueError) as error:
        raise SettingsError(f"LIFTLINE_MQTT_CA: {ca} holds no certificate of an authority: {failure(error)}") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # some systems would allow less
    if certificate is not None:
        try:
            # a key with a passphrase is refused, not asked for on a terminal that a service does not have
            context.load_cert_chain(certificate, key, password=lambda: "")
        except (OSError, ValueError) as error:
            raise SettingsError(
                f"LIFTLINE_MQTT_CERT, LIFTLINE_MQTT_KEY: {certificate} and {key} are no certificate with its key:"
                f" {failure(error)}"
            ) from None
    return context


def failure(error: BaseException) -> str:
    """Why there is no connection, in words; what the TLS library says of it stands in a form for its own authors."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the broker's certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError) and error.reason:
        return f"TLS: {error.reason.replace('_', ' ').lower()}"
    return str(error) or type(error).__name__
