"""`python -m deploy.mosquitto` writes the configuration into a folder: for the compose file and hand-made set-ups."""

import argparse
import sys
from pathlib import Path, PurePath

from deploy.mosquitto import PLATFORM_USER, Listener, Profile, render
from elevator.errors import SettingsError


def read_lifts(text: str) -> dict[str, str]:
    """Passwords by lift id, from lines of an id, a space and the password; `#` begins a comment line.

    Raises:
        SettingsError: a line is something else, or a lift stands there twice.
    """
    passwords: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split()
        if len(words) != 2:
            raise SettingsError(f"line {number} of the lifts' passwords: expected a lift id, a space and a password")
        if words[0] in passwords:
            raise SettingsError(f"line {number} of the lifts' passwords: {words[0]} stands there twice")
        if words[0] == PLATFORM_USER:
            raise SettingsError(f"line {number} of the lifts' passwords: `{PLATFORM_USER}` is the platform's own user")
        passwords[words[0]] = words[1]
    return passwords


def main(arguments: list[str] | None = None) -> int:
    """Write the files, and answer with the exit code."""
    parser = argparse.ArgumentParser(prog="python -m deploy.mosquitto", description="Write the broker's configuration.")
    parser.add_argument("--profile", type=Profile, choices=list(Profile), default=Profile.PASSWORDS)
    parser.add_argument("--out", type=Path, required=True, help="folder for the files")
    parser.add_argument("--seen-as", type=PurePath, help="that folder as the broker sees it (default: the same)")
    parser.add_argument(
        "--data", type=PurePath, required=True, help="folder of the broker's state, as the broker sees it"
    )
    parser.add_argument("--platform-password", type=Path, required=True, help="file with the platform's password")
    parser.add_argument("--lifts", type=Path, help="file with the lifts' passwords: `<lift id> <password>` a line")
    parser.add_argument("--host", default="0.0.0.0", help="address of both listeners")  # noqa: S104  (inside a container)
    parser.add_argument("--port", type=int, default=1883, help="port for lifts")
    parser.add_argument("--platform-port", type=int, default=1884, help="port for the platform")
    chosen = parser.parse_args(arguments)
    try:
        secret = chosen.platform_password.read_text(encoding="utf-8").strip()
        named = chosen.profile is Profile.PASSWORDS and chosen.lifts is not None
        rendered = render(
            chosen.profile,
            lifts=Listener(host=chosen.host, port=chosen.port),
            platform=Listener(host=chosen.host, port=chosen.platform_port),
            config=chosen.seen_as or chosen.out.absolute(),
            data=chosen.data,
            passwords={
                **(read_lifts(chosen.lifts.read_text(encoding="utf-8")) if named else {}),
                PLATFORM_USER: secret,
            },
        )
        chosen.out.mkdir(parents=True, exist_ok=True)
        for name, text in rendered.items():
            file = chosen.out / name
            file.touch(mode=0o600)
            file.chmod(0o600)
            file.write_text(text, encoding="utf-8")
    except (SettingsError, OSError) as error:
        print(f"The broker's configuration was not written: {error}", file=sys.stderr)
        return 2
    print(f"Wrote {', '.join(sorted(rendered))} to {chosen.out} (profile {chosen.profile})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
