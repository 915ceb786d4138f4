"""What `liftline replay` was asked for, checked before anything is opened."""

import math
from dataclasses import dataclass
from pathlib import Path

from deploy.tape import hear, play
from elevator.errors import SettingsError
from elevator.settings import Settings

FASTEST = "max"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """The options of the command."""

    file: Path
    virtual: bool = False
    policy: Path | None = None
    json: bool = False
    mqtt_url: str | None = None
    speed: str = "1"
    shift: str | None = None
    elsewhere: bool = False
    lifts: tuple[str, ...] = ()


def replay(settings: Settings, wish: Wish) -> int:
    """Replay as asked; the exit code.

    Raises:
        SettingsError: what is asked for does not go together.
    """
    if wish.shift not in {None, "now"}:
        raise SettingsError(f"--shift: expected now, not {wish.shift!r}")
    if wish.virtual:
        for given, name in (
            (wish.mqtt_url, "--mqtt-url"), (wish.shift, "--shift"), (wish.elsewhere, "--elsewhere"),
            (wish.speed != "1", "--speed"),
        ):  # fmt: skip
            if given:
                raise SettingsError(f"{name} is for a replay into a broker, not for --virtual")
        return hear.run(wish.file, policy=wish.policy or settings.policy, lifts=wish.lifts, json=wish.json)
    if wish.policy is not None or wish.json:
        raise SettingsError("--policy and --json are for --virtual")
    if wish.mqtt_url is None:
        raise SettingsError(
            "say where to: --mqtt-url mqtt://host:port, or --virtual. LIFTLINE_MQTT_URL is not taken for it,"
            " because what is played into a platform at work rings for people who are not there"
        )
    return play.run(
        wish.file, url=wish.mqtt_url, speed=read_speed(wish.speed), shifted=wish.shift == "now",
        elsewhere=wish.elsewhere, lifts=wish.lifts,
    )  # fmt: skip


def read_speed(text: str) -> float | None:
    """How many times as fast; None: as fast as it goes.

    Raises:
        SettingsError: neither a number above 0 nor `max`.
    """
    if text == FASTEST:
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < math.inf:
        raise SettingsError(f"--speed: expected a number above 0, or max, not {text!r}")
    return speed
