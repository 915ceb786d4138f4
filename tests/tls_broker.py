"""A Mosquitto that is reached by TLS only, with certificates made on the spot.

Two doors: `url` wants a certificate of our authority and a password, `open_url` only the password.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy.broker import _answers, find_mosquitto
from deploy.child import Child, own_folder, server_account
from deploy.mosquitto import password_line
from deploy.ports import free_port
from deploy.servers import scratch_folder

USER, PASSWORD = "platform", "correct horse"


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


class Authority:
    """Signs certificates, and writes them as files that anybody may read: they live as long as a test."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._name, self._key = _name(name), ec.generate_private_key(ec.SECP256R1())
        usage = x509.KeyUsage(
            digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
            key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        made = self._builder(self._name, self._key).add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        self.file = self._write("authority.crt", made.add_extension(usage, True).sign(self._key, hashes.SHA256()))

    def issue(self, name: str, *, server: bool = False, addresses: tuple[str, ...] = ()) -> tuple[Path, Path]:
        """A certificate and its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        purpose = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
        made = self._builder(_name(name), key).add_extension(x509.ExtendedKeyUsage([purpose]), False)
        made = made.add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        if addresses:
            names = [x509.IPAddress(IPv4Address(address)) for address in addresses]
            made = made.add_extension(x509.SubjectAlternativeName(names), False)
        secret = self.folder / f"{name}.key"
        secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        secret.chmod(0o644)
        return self._write(f"{name}.crt", made.sign(self._key, hashes.SHA256())), secret

    def _builder(self, name: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)  # noqa: TID251 - certificates are judged by the real clock
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(minutes=5))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), False)
        )

    def _write(self, name: str, certificate: x509.Certificate) -> Path:
        file = self.folder / name
        file.write_bytes(certificate.public_bytes(Encoding.PEM))
        file.chmod(0o644)
        return file


@dataclass
class TlsBroker:
    """A broker with certificates, and the files that a client needs."""

    url: str
    open_url: str
    ca: Path
    stranger_ca: Path
    certificate: Path
    key: Path
    stranger: tuple[Path, Path]  # a certificate that another authority signed, and its key

    def door(self, *, password: str = PASSWORD) -> str:
        """The address with user and password."""
        return self.url.replace("mqtts://", f"mqtts://{USER}:{password.replace(' ', '%20')}@")

    @classmethod
    def made_in(cls, folder: Path, ports: tuple[int, int], *, named: str) -> Self:
        """Certificates for a broker that is called `named`."""
        authority, stranger = Authority(folder / "ours", "Lifts' authority"), Authority(folder / "theirs", "Strangers")
        authority.issue("broker", server=True, addresses=(named,))
        certificate, key = authority.issue("platform")
        return cls(
            url=f"mqtts://127.0.0.1:{ports[0]}",
            open_url=f"mqtts://{USER}:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{ports[1]}",
            ca=authority.file,
            stranger_ca=stranger.file,
            certificate=certificate,
            key=key,
            stranger=stranger.issue("stranger"),
        )


@contextmanager
def tls_broker(*, named: str = "127.0.0.1") -> Iterator[TlsBroker]:
    """Start one; its certificate is for the address `named`."""
    with scratch_folder("tls") as folder:
        ports = free_port(), free_port()
        made = TlsBroker.made_in(folder, ports, named=named)
        account = server_account()
        own_folder(folder / "broker", account)
        passwords = folder / "passwords"
        passwords.write_text(password_line(USER, PASSWORD))
        passwords.chmod(0o644)
        door = f"cafile {made.ca}\ncertfile {made.ca.parent / 'broker.crt'}\nkeyfile {made.ca.parent / 'broker.key'}\n"
        settings = folder / "mosquitto.conf"
        settings.write_text(
            f"allow_anonymous false\npassword_file {passwords}\nlog_dest stderr\n"
            f"listener {ports[0]} 127.0.0.1\n{door}require_certificate true\n"
            f"listener {ports[1]} 127.0.0.1\n{door}"
        )
        settings.chmod(0o644)
        child = Child([find_mosquitto(), "-c", settings], name="mosquitto", folder=folder / "broker", account=account)
        try:
            deadline = time.monotonic() + 10
            while not all(_answers(port) for port in ports):
                assert child.running, child.last_words()
                assert time.monotonic() < deadline, "the broker does not answer"
                time.sleep(0.02)
            yield made
        finally:
            child.stop()
