"""`liftline simulate`: a city's lifts and crews against a running platform, and orders to a simulation that runs."""

import argparse
import asyncio
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path

from elevator import log, service, settings
from elevator.errors import SettingsError
from simulators import control
from simulators.responder import Habits
from simulators.run import Simulation
from simulators.trouble import Trouble, TroubleError, command

SOCKET = "simulate.sock"  # in LIFTLINE_DATA_DIR


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code: 2 with one sentence for what cannot be used."""
    said = _parser().parse_args(argv)
    try:
        configured = settings.load()
        where: Path = said.control or configured.data_dir.expanduser() / SOCKET
        if said.send:
            return _send(where, said.send)
        simulation = _build(said, configured)
        # `LIFT_ID=kind key=value` reads as a command does; checked before anything is opened.
        orders = [fault.replace("=", " ", 1) for fault in said.fault]
        for line in orders:
            simulation.fleet.find(command(line).target)
    except (SettingsError, TroubleError) as error:
        print(f"liftline simulate: {error}", file=sys.stderr)  # noqa: T201 - read before any log
        return service.EXIT_SETTINGS

    async def run(stop: asyncio.Event) -> None:
        async with simulation:
            if said.register and simulation.can_register:
                log.get().info("registered", **dataclasses.asdict(await simulation.register()))
            await simulation.start()
            log.get().info("running", lifts=simulation.connected, city=simulation.city.en, control=str(where))
            if said.visits and simulation.can_register:
                log.get().info("visits_told", visits=await simulation.tell_visits())
            async with control.listening(where, simulation.obey):
                for line in orders:
                    simulation.obey(line)
                await _until(stop, simulation, said.duration)

    return service.run("simulate", run, log_format=configured.log_format)


async def _until(stop: asyncio.Event, simulation: Simulation, seconds: float | None) -> None:
    """Until the time is over, a signal came, or the simulation broke (which is raised)."""
    stopping = asyncio.create_task(stop.wait(), name="signal")
    running = asyncio.create_task(simulation.wait(seconds), name="running")
    try:
        await asyncio.wait({stopping, running}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            await running
    finally:
        stopping.cancel()
        running.cancel()


def _build(said: argparse.Namespace, configured: settings.Settings) -> Simulation:
    secret = configured.api_token or configured.admin_token
    return Simulation(
        mqtt_url=said.mqtt_url or configured.need_broker(),
        api_url=said.api_url or configured.api_url,
        token=said.token or (secret.get_secret_value() if secret else None),
        city=said.city,
        lifts=said.lifts,
        seed=said.seed,
        scenario=said.scenario,
        speed=said.speed,
        interval=said.interval,
        crews=said.crews,
        habits=Habits(speed=said.crew_speed, decline=said.decline, ignore=said.ignore),
    )


def _send(where: Path, line: str) -> int:
    obeyed, answer = asyncio.run(control.send(where, line))
    print(answer, file=sys.stdout if obeyed else sys.stderr)
    return 0 if obeyed else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="liftline simulate",
        description="A city's lifts and crews against a running platform.",
        epilog=f"Troubles: {', '.join(Trouble)}. Scenarios and options: docs/simulators.md.",
    )
    add = parser.add_argument
    add("--mqtt-url", help="broker, mqtt://[user[:password]@]host[:port] (LIFTLINE_MQTT_URL)")
    add("--api-url", help="the platform's HTTP address (LIFTLINE_API_URL); without it no crews, nothing registered")
    add("--token", help="an admin's token (LIFTLINE_API_TOKEN, else LIFTLINE_ADMIN_TOKEN)")
    add("--city", default="zhuzhou", help="a city of the program, or a TOML file")
    add("--lifts", type=int, metavar="N", help="only the first N lifts")
    add("--seed", type=int, default=1, help="equal seeds give equal traffic")
    add("--scenario", metavar="FILE", help="a scenario of the program, or a TOML file")
    add("--speed", type=float, default=1.0, help="how much faster cars and people move")
    add("--interval", type=int, default=10, metavar="S", help="seconds between samples of a resting car")
    add("--crews", action=argparse.BooleanOptionalAction, default=True, help="whether crews answer")
    add("--crew-speed", type=float, default=1.0, help="how much faster crews are")
    add("--decline", type=float, default=0.0, metavar="SHARE", help="share of requests that crews decline")
    add("--ignore", type=float, default=0.0, metavar="SHARE", help="share of requests that crews never answer")
    add("--register", action=argparse.BooleanOptionalAction, default=True, help="register firms, units and lifts first")
    add("--visits", action="store_true", help="tell maintenance visits of the last hours first, honest and ghost")
    add("--duration", type=float, metavar="S", help="end after so many seconds")
    add("--fault", action="append", default=[], metavar="LIFT_ID=KIND", help="a trouble at the start; repeatable")
    add("--control", type=Path, metavar="PATH", help="socket for orders (simulate.sock in LIFTLINE_DATA_DIR)")
    add("--send", metavar="'LIFT_ID KIND'", help="give an order to the simulation that runs, and end")
    return parser


if __name__ == "__main__":
    sys.exit(main())
