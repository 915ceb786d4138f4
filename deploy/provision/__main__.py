"""`python3 -m deploy.provision PURPOSE`: makes this machine ready for one purpose, and says what it does.

A second run finds everything and takes a second or two.
"""

import argparse
import os
import shutil
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from deploy.provision import browser, bundles, console, packages
from deploy.provision.machine import Machine, how_to_get, python_is_enough, this_machine
from deploy.provision.progress import SetupError, say

# What each purpose needs, in the order of set-up.
PURPOSES = {
    "demo": ("servers", "python", "console"),
    "test": ("servers", "compose", "tools", "console", "browser"),
    "bench": ("servers", "plots"),
    "check": ("tools",),
    "console": ("console",),
    "deploy": ("compose", "tools"),
    "lock": ("uv",),
}
PROJECT = Path(__file__).resolve().parents[2]


def _strict() -> bool:
    """In CI a missing server is a failure, not a fallback."""
    return bool(os.environ.get("LIFTLINE_REQUIRE_SERVERS")) or os.environ.get("CI") == "true"


def ensure_servers(machine: Machine, *, refresh: bool) -> bool:
    """Get the broker and the database; returns whether the database had to fall back to the wheel.

    Raises:
        SetupError: in CI, a server cannot be had.
    """
    reason = "Debian's packages are not this machine's own"
    if machine.has_debian_packages:
        try:
            bundles.ensure(machine, [bundles.TIMESCALEDB, bundles.MOSQUITTO], refresh=refresh)
        except SetupError as error:
            reason = str(error)
        else:
            return False
    if _strict():
        raise SetupError(f"TimescaleDB cannot be had on {machine.title}, and CI takes nothing less: {reason}")
    if not os.environ.get("LIFTLINE_DATABASE_URL"):
        say(f"TimescaleDB cannot be had on {machine.title}: {reason}.")
        say("The database will be plain PostgreSQL from a Python wheel: everything works, long histories are slower.")
        say("To use TimescaleDB, set LIFTLINE_DATABASE_URL to a server that has it.")
    if not shutil.which("mosquitto") and not Path("/usr/sbin/mosquitto").exists():
        way = how_to_get("mosquitto", machine)
        if not os.environ.get("LIFTLINE_MQTT_URL"):
            raise SetupError(f"Mosquitto is missing; get it with: {way}; or set LIFTLINE_MQTT_URL to a broker")
    return True


def prepare(machine: Machine, needs: Iterable[str], *, refresh: bool) -> None:
    """Do the set-up."""
    wheel = False
    for need in needs:
        match need:
            case "servers":
                wheel = ensure_servers(machine, refresh=refresh)
            case "python":
                packages.sync(machine, PROJECT, dev=False, extras=["embedded"] if wheel else [])
            case "plots":
                packages.sync(machine, PROJECT, dev=False, extras=["bench", *(["embedded"] if wheel else [])])
            case "tools":
                packages.sync(machine, PROJECT, dev=True, extras=["embedded"])
            case "console":
                console.build(machine, PROJECT)
            case "browser":
                _browser(machine)
            case "compose":
                _compose(machine, refresh=refresh)
            case "uv":
                print(packages.ensure_uv(machine))


def _browser(machine: Machine) -> None:
    try:
        browser.ensure(machine)
    except SetupError as error:
        if _strict():
            raise
        say(f"{error}. They will be skipped.")


def _compose(machine: Machine, *, refresh: bool) -> None:
    try:
        if machine.has_debian_packages:
            bundles.ensure(machine, [bundles.COMPOSE], refresh=refresh)
    except SetupError as error:
        if _strict():
            raise
        say(f"docker-compose cannot be had ({error}). The compose file will not be tested.")


def main() -> int:
    """Set up, and answer with the exit code."""
    if not python_is_enough():
        print(f"Liftline needs Python 3.11 or newer, this is {sys.version.split()[0]}", file=sys.stderr)
        return 2
    parser = argparse.ArgumentParser(prog="python3 -m deploy.provision", description=__doc__)
    parser.add_argument("purpose", choices=sorted(PURPOSES))
    parser.add_argument("--refresh", action="store_true", help="fetch the servers anew, with Debian's latest fixes")
    chosen = parser.parse_args()
    os.umask(0o022)  # what root fetches is read by the user that the servers run as
    start = time.monotonic()
    machine = this_machine()
    print(f"Setting up Liftline for `{chosen.purpose}` on {machine.title}", file=sys.stderr)
    try:
        prepare(machine, PURPOSES[chosen.purpose], refresh=chosen.refresh)
    except SetupError as error:
        print(f"Set-up stopped: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Set-up was interrupted; it goes on where it was when you run it again.", file=sys.stderr)
        return 130
    say(f"ready after {time.monotonic() - start:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
