"""The broker's configuration: one template, rendered as a trial on the loopback address or with passwords.

Two listeners: lifts come by one, the platform by the other, which is reachable from its own network only. Users and
rights are common to both: with `per_listener_settings`, Mosquitto 2.0 forgets a session's rights while its owner is
away, and drops in silence what it should keep for ingest.
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from pathlib import PurePath
from string import Template

from elevator.errors import SettingsError
from elevator.topics import LIFT_ID

PLATFORM_USER = "platform"
QUEUED_MESSAGES = 5_000_000  # for one session that is away; the defaults of LIFTLINE_BROKER_QUEUE_MESSAGES and …_BYTES
QUEUED_BYTES = 2 * 1024**3
SYS_INTERVAL = 5  # s between two looks at the broker's own figures
_ITERATIONS = 101  # Mosquitto's own; the passwords are long and random, and thousands of lifts may reconnect at once
_SALT_BYTES = 12


class Profile(StrEnum):
    """Who may come as a lift."""

    LOOPBACK = "loopback"  # anyone on this machine, as any lift: a trial
    PASSWORDS = "passwords"  # a lift with its own password, as itself only


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Where a listener listens."""

    host: str
    port: int


# What a lift may do (contract, section 3); `{lift}` is any lift in a trial, with passwords the signed-in one itself.
_RULES = (
    "{kind} write lift/v1/{lift}/telemetry",
    "{kind} write lift/v1/{lift}/event",
    "{kind} write lift/v1/{lift}/link",
    "{kind} write lift/v1/{lift}/raw/#",
    "{kind} read lift/v1/{lift}/ack",
    "{kind} read lift/v1/{lift}/notice",
)
_PLATFORM_ACL = f"\nuser {PLATFORM_USER}\ntopic readwrite #\ntopic read $SYS/#\n"


def render(
    profile: Profile,
    *,
    lifts: Listener,
    platform: Listener,
    config: PurePath,
    data: PurePath,
    passwords: Mapping[str, str],
    queued_messages: int = QUEUED_MESSAGES,
) -> dict[str, str]:
    """The files of a configuration by name; they belong into `config`, the broker keeps its state in `data`.

    `passwords` are those of the platform (user `platform`) and, with profile `passwords`, of each lift by its id.

    Raises:
        SettingsError: a password is missing, or a lift's id is none.
    """
    if not passwords.get(PLATFORM_USER):
        raise SettingsError("the broker needs a password for the user `platform`")
    by_lift = {name: secret for name, secret in passwords.items() if name != PLATFORM_USER}
    if by_lift and profile is Profile.LOOPBACK:
        raise SettingsError("in profile `loopback` lifts have no passwords")
    if wrong := [name for name in by_lift if not LIFT_ID.fullmatch(name)]:
        raise SettingsError(f"{wrong[0]!r} is not a lift id, so it cannot be a user of the broker")
    template = Template(files("deploy.mosquitto").joinpath("mosquitto.conf.template").read_text(encoding="utf-8"))
    return {
        "mosquitto.conf": template.substitute(
            profile=profile.value,
            config=config,
            data=data,
            queued_messages=queued_messages,
            queued_bytes=QUEUED_BYTES,
            sys_interval=SYS_INTERVAL,
            lift_host=lifts.host,
            lift_port=lifts.port,
            anonymous=str(profile is Profile.LOOPBACK).lower(),
            named=str(profile is Profile.PASSWORDS).lower(),
            platform_host=platform.host,
            platform_port=platform.port,
        ),
        "acl": lift_acl(profile) + _PLATFORM_ACL,
        "passwords": "".join(password_line(user, passwords[user]) for user in sorted(passwords)),
    }


def lift_acl(profile: Profile) -> str:
    """What lifts may publish and read."""
    kind, lift = ("topic", "+") if profile is Profile.LOOPBACK else ("pattern", "%u")
    return "".join(rule.format(kind=kind, lift=lift) + "\n" for rule in _RULES)


def password_line(user: str, password: str) -> str:
    """A line of Mosquitto's password file: PBKDF2 with SHA-512 and a random salt."""
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ITERATIONS)
    coded = (base64.b64encode(part).decode() for part in (salt, digest))
    return f"{user}:$7${_ITERATIONS}${'$'.join(coded)}\n"
