"""`liftline demo`: the whole platform on free ports, a simulated city, and one entrapment carried to its end.

`--once` needs nobody: it plays the dispatcher too, prints every stage with its latency, and ends with 0, or with 1 and
what failed.
"""

import asyncio
import random
import signal
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from deploy import access
from deploy.child import scratch_folder
from deploy.dispatcher import Desk
from deploy.stack import Running, platform
from deploy.stages import Stage, missing, stages
from elevator import clock, log
from elevator.settings import Settings
from simulators.fleet import LiftRow
from simulators.run import Simulation

SCENARIO = "first_rescue"
CREW_SPEED = 60.0  # a rescue of a quarter of an hour in a quarter of a minute
ONCE_WITHIN = 120.0  # s for the whole rescue
NEXT_TROUBLE = (60.0, 120.0)  # s between further entrapments while people watch
LOGIN = "dispatcher"
_TICK = 0.25


@dataclass(slots=True)
class Story:
    """The scripted rescue so far."""

    trapped_at: datetime | None = None
    lift_id: str | None = None
    failed: str | None = None
    said: list[str] = field(default_factory=list)


def run(settings: Settings, *, once: bool, data_dir: Path | None, api_port: int, lifts: int | None) -> int:
    """Start everything, follow the rescue, stop everything."""
    console = Console(stderr=True, highlight=False)
    with ExitStack() as stack:
        folder = (data_dir or stack.enter_context(scratch_folder("demo"))).expanduser().absolute()
        running = stack.enter_context(
            platform(folder, settings, api_port=api_port, mqtt_port=0, say=console.print, durable=False)
        )
        access.ensure_user(running.database_url, login=LOGIN, name="调度员 · Dispatcher", role="dispatcher")
        link = access.sign_in_link(running.database_url, running.api_url, LOGIN)
        story = stack.enter_context((running.logs / "simulation.log").open("a"))
        stack.callback(log.reset)
        log.configure("demo", form="console", stream=story)
        return asyncio.run(_play(running, once=once, lifts=lifts, link=link, console=console))


async def _play(running: Running, *, once: bool, lifts: int | None, link: str, console: Console) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    simulation = Simulation(
        mqtt_url=running.lift_mqtt_url, api_url=running.api_url, token=running.admin_token, lifts=lifts,
        scenario=SCENARIO, crew_speed=CREW_SPEED,
    )  # fmt: skip
    desk, story = Desk(running.api_url, running.admin_token, acts=once), Story()
    async with simulation:
        made = await simulation.register()
        console.print(f"City: {simulation.city.en}, {made.lifts} lifts, {made.firms} firms, {made.units} units")
        watching = asyncio.create_task(desk.watch(), name="dispatcher")
        try:
            await simulation.start()
            console.print(f"Lifts on the line: {simulation.connected}\n")
            console.print(f"[bold]Console: {link}[/bold]  (signs you in once, within 15 minutes)", soft_wrap=True)
            if not once:
                told = await simulation.tell_visits()
                console.print(f"Maintenance: {told} visits of the last hours, honest and ghost; judged within minutes")
                console.print("The first rescue takes half a minute; another begins every minute or two.\n")
            if once:
                return await _once(running, simulation, desk, story, stop, console)
            await _watch(running, simulation, desk, story, stop, console)
        finally:
            watching.cancel()
            await asyncio.wait({watching})
            console.print("Stopping …")
    return 0


async def _once(
    running: Running, simulation: Simulation, desk: Desk, story: Story, stop: asyncio.Event, console: Console
) -> int:
    deadline = asyncio.get_running_loop().time() + ONCE_WITHIN
    shown: set[str] = set()
    while not stop.is_set():
        _follow(simulation, story)
        running.services.tend()
        _say_stages(desk, story, shown, console)
        if not missing(_stages(desk, story)):
            break
        if asyncio.get_running_loop().time() > deadline:
            story.failed = f"not reached within {ONCE_WITHIN:.0f} s: {', '.join(missing(_stages(desk, story)))}"
            break
        desk.changed.clear()
        await _first(desk.changed, stop, _TICK)
    others = [one for one in desk.incidents.values() if one["kind"] == "rescue" and one is not _incident(desk, story)]
    if others and story.failed is None:
        told = "; ".join(f"{one['state']}, {one['causes']}: {one['summary']['en']}" for one in others)
        story.failed = f"{len(others)} rescues more than the one that was scripted: {told}"
    if stop.is_set() and story.failed is None:
        story.failed = "stopped by a person"
    console.print(_stage_table(desk, story))
    if story.failed:
        console.print(f"[red]FAILED[/red] {story.failed}; logs below")
        for service in running.services.all:
            console.print(f"--- {service.name}\n{service.last_words()}", markup=False)
        return 1
    console.print("[green]The passenger is free: every stage was reached.[/green]")
    return 0


def _say_stages(desk: Desk, story: Story, shown: set[str], console: Console) -> None:
    """One line for each stage that was newly reached."""
    for stage in _stages(desk, story):
        if stage.at is not None and stage.en not in shown:
            shown.add(stage.en)
            console.print(f"  {stage.at:%H:%M:%S} {stage.zh} {stage.en}")


async def _watch(
    running: Running, simulation: Simulation, desk: Desk, story: Story, stop: asyncio.Event, console: Console
) -> None:
    chance = random.Random(1)  # noqa: S311 - which lift stops next in a demo
    loop = asyncio.get_running_loop()
    next_trouble = loop.time() + NEXT_TROUBLE[1]
    shown: set[str] = set()
    with ExitStack() as stack:
        live = stack.enter_context(Live(console=console, refresh_per_second=4)) if console.is_terminal else None
        while not stop.is_set():
            _follow(simulation, story)
            running.services.tend()
            if loop.time() >= next_trouble:
                next_trouble = loop.time() + chance.uniform(*NEXT_TROUBLE)
                lift = chance.choice(list(simulation.fleet.lifts))
                simulation.inject(lift, "entrapment", press="long", after=8)
            if live is not None:
                live.update(_screen(simulation, desk, story))
            else:
                _say_stages(desk, story, shown, console)
            await _first(desk.changed, stop, _TICK)
            desk.changed.clear()


async def _first(changed: asyncio.Event, stop: asyncio.Event, seconds: float) -> None:
    waits = {asyncio.create_task(changed.wait()), asyncio.create_task(stop.wait())}
    _, pending = await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()


def _follow(simulation: Simulation, story: Story) -> None:
    """When and where the scripted car came to stand."""
    if story.trapped_at is None:
        rows = simulation.snapshot()
        stuck = next((row for row in rows if row.persons and not row.moving and not row.door_zone), None)
        if stuck is not None:
            story.trapped_at, story.lift_id = clock.now(), stuck.lift_id


def _incident(desk: Desk, story: Story) -> dict[str, object] | None:
    return next(
        (one for one in desk.incidents.values() if one["kind"] == "rescue" and one["lift_id"] == story.lift_id), None
    )


def _stages(desk: Desk, story: Story) -> list[Stage]:
    incident = _incident(desk, story)
    seen = desk.first_seen.get(str(incident["id"])) if incident else None
    return stages(incident, story.trapped_at, seen)


def _stage_table(desk: Desk, story: Story) -> Table:
    table = Table(title="第一次救援 · The first rescue", title_justify="left")
    for name in ("阶段", "Stage", "Time (UTC)", "Latency", "since"):
        table.add_column(name, justify="right" if name == "Latency" else "left")
    if story.trapped_at:
        table.add_row("停梯", "the car stood", f"{story.trapped_at:%H:%M:%S.%f}"[:-3], "", "")
    for stage in _stages(desk, story):
        latency = "" if stage.latency_s is None else f"{stage.latency_s:.2f} s"
        table.add_row(stage.zh, stage.en, f"{stage.at:%H:%M:%S.%f}"[:-3] if stage.at else "…", latency, stage.since)
    return table


def _screen(simulation: Simulation, desk: Desk, story: Story) -> Group:
    return Group(
        _stage_table(desk, story),
        _incident_table(desk),
        _lift_table(simulation.snapshot()),
        Panel(_health(desk, simulation), title="Ctrl-C ends the demo"),
    )


def _incident_table(desk: Desk) -> Table:
    table = Table(title="进行中 · Open incidents", title_justify="left")
    for name in ("P", "State", "Lift", "Since", "Summary"):
        table.add_column(name)
    ended = {"closed", "cleared", "cancelled"}
    now = clock.now()
    for one in [one for one in desk.incidents.values() if one["state"] not in ended][-8:]:
        age = (now - datetime.fromisoformat(one["opened_at"])).total_seconds()
        lift = one["lift"]["name"] if one["lift"] else one["place"] or "?"
        table.add_row(str(one["priority"]), one["state"], lift, f"{age:.0f} s", one["summary"]["zh"])
    return table


def _lift_table(rows: list[LiftRow]) -> Table:
    table = Table(title="电梯 · Lifts", title_justify="left")
    for name in ("Lift", "Floor", "Car", "Door", "People", "Trouble", "Passengers read"):
        table.add_column(name)
    troubled = [row for row in rows if row.troubles or row.notice or not row.online]
    busy = [row for row in rows if row not in troubled and (row.moving or row.persons)]
    for row in (troubled + busy)[:10]:
        style = "bold red" if row.troubles else ""
        car = f"{'↑' if row.direction == 'up' else '↓'} {row.speed:.1f} m/s" if row.moving else "–"
        table.add_row(
            f"{row.building} {row.name}", row.floor, car, row.door, str(row.persons or ""), " ".join(row.troubles),
            row.notice or "", style=style,
        )  # fmt: skip
    return table


def _health(desk: Desk, simulation: Simulation) -> Text:
    intake = desk.heartbeat.get("intake") or {}
    return Text(
        f"lifts on the line {simulation.connected}/{len(simulation.fleet.lifts)}   "
        f"platform hears {desk.heartbeat.get('lifts_online', '?')}   "
        f"intake {'listening' if intake.get('listening') else 'NOT LISTENING'}"
    )
