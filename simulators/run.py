"""A whole simulation in one event loop: fleet, lines to the broker, crews. What `liftline simulate` and the demo start.

async with Simulation(mqtt_url="mqtt://127.0.0.1:1883", api_url="http://127.0.0.1:8080", token=admin) as simulation:
    await simulation.register()          # firms, units, lifts; any number of times
    await simulation.start()             # lines up, then the scenario's clock starts
    simulation.inject("542891", "entrapment")
"""

import asyncio
import resource
import secrets
from contextlib import AsyncExitStack
from random import Random
from types import TracebackType
from typing import Self

from elevator import clock, log
from simulators import city as cities
from simulators import scenario as scenarios
from simulators import seed as registry
from simulators.firms.past import Past
from simulators.fleet import Fleet, LiftRow
from simulators.public_api import client
from simulators.publisher import Publisher, broker
from simulators.responder import Crews, Habits, PassengerWorld
from simulators.trouble import Command, Order, Trouble, TroubleError, command, order

TICK = 0.1  # s of real time between looks at the fleet
TEND = 0.5  # s between looks at the lines
READY = 30.0  # s for all lines to come up
FILES_PER_LIFT = 4  # a socket and paho's own pair, and one to spare


class Simulation:
    """A city in motion."""

    def __init__(
        self,
        *,
        mqtt_url: str,
        api_url: str | None = None,
        token: str | None = None,
        city: str = "zhuzhou",
        lifts: int | None = None,
        seed: int = 1,
        scenario: str | None = None,
        speed: float = 1.0,
        interval: int = 10,
        crews: bool = True,
        habits: Habits | None = None,
        crew_speed: float = 1.0,
    ) -> None:
        """Build it; nothing is opened yet.

        Args:
            mqtt_url: the broker.
            api_url: the platform's HTTP address; without it nothing is registered and no crew works.
            token: an admin's token: it registers the city and gives each crew a token of its own.
            city: a file of `simulators/cities`, or a path.
            lifts: only the first so many.
            seed: equal seeds give equal traffic.
            scenario: a file of `simulators/scenarios`, or a path.
            speed: how much faster than real cars and people move; controllers, buttons and crews keep real time.
            interval: seconds between samples of a resting car, 1 to 60.
            crews: whether crews answer.
            habits: how they behave.
            crew_speed: how much faster than real they are, where `habits` does not say it.

        Raises:
            TroubleError: city, scenario or a number cannot be used.
            SettingsError: the broker's address cannot be used.
        """
        if not 0 < speed <= 1000:
            raise TroubleError(f"speed: above 0 and at most 1000, not {speed}")
        if not 1 <= interval <= 60:
            raise TroubleError(f"interval: from 1 to 60 s, not {interval}")
        self.city = cities.load(city).part(lifts)
        script = scenarios.parse(cities.read(scenario, "scenarios")) if scenario else scenarios.NOTHING
        self.title = script.title
        self.fleet = Fleet(
            [lift.spec for lift in self.city.lifts],
            lambda lift_id: Random(f"{seed}/{lift_id}"),  # a str is hashed the same way in every process
            run=f"{clock.now_ms():x}{secrets.token_hex(2)}",
            interval=interval,
            scenario=script,
        )
        self._where = broker(mqtt_url)
        self._api, self._token, self._seed = api_url, token, seed
        self._speed = speed
        self._with_crews = crews and api_url is not None and token is not None
        self._habits = habits or Habits(speed=crew_speed)
        if not 0 < self._habits.speed <= 1000:
            raise TroubleError(f"crew speed: above 0 and at most 1000, not {self._habits.speed}")
        self._now = 0.0
        self._stop = asyncio.Event()
        self._ready = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.crews: Crews | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def can_register(self) -> bool:
        """Whether it was told an API and a token."""
        return self._api is not None and self._token is not None

    async def register(self) -> registry.Registered:
        """Register firms, units and lifts over the public HTTP API; a second time changes nothing.

        Raises:
            TroubleError: there is no API to register with, or it refuses.
        """
        if self._api is None or self._token is None:
            raise TroubleError("registering needs the platform's HTTP address and an admin's token")
        async with client(self._api, self._token) as http:
            return await registry.register(http, self.city)

    async def start(self) -> None:
        """Bring the lines up, start the traffic, the scenario's clock and the crews.

        Raises:
            TroubleError: no line came up in time.
        """
        _allow_files(FILES_PER_LIFT * len(self.fleet.lifts) + 256)
        self._task = asyncio.create_task(self._run(), name="simulation")
        ready = asyncio.create_task(self._ready.wait(), name="simulation-ready")
        done, _ = await asyncio.wait({self._task, ready}, timeout=READY, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self._task in done:
            await self._task
        if not self._ready.is_set():
            await self.stop()
            raise TroubleError(f"the broker at {self._where.host}:{self._where.port} did not answer in {READY:.0f} s")

    async def stop(self) -> None:
        """Say goodbye on every line and end; an error that ended the simulation is raised here."""
        self._stop.set()
        if self._task is not None:
            task, self._task = self._task, None
            await task

    async def wait(self, seconds: float | None = None) -> None:
        """Until the time is over, `stop` was called, or the simulation broke (which is raised)."""
        if self._task is not None:
            done, _ = await asyncio.wait({self._task}, timeout=seconds)
            if done:
                await self._task

    @property
    def connected(self) -> int:
        """How many lifts are on the line."""
        return sum(lift.controller.online for lift in self.fleet.lifts.values())

    async def tell_visits(self) -> int:
        """Tell the platform maintenance visits of the last hours, honest and ghost; how many.

        Raises:
            TroubleError: nothing can be registered, or the platform refuses.
        """
        if self._api is None or self._token is None:
            raise TroubleError("visits need the platform's address and an admin's token")
        past = Past(where=self._where, api_url=self._api, token=self._token, city=self.city, seed=self._seed)
        return len(await past.tell(clock.now_ms()))

    def inject(self, target: str, fault: str | Order, **options: object) -> list[str]:
        """Make or end a trouble now: `inject("542891", "entrapment", persons=2)`; returns the lifts it met.

        Raises:
            TroubleError: no such lift, trouble or option.
        """
        what = fault if isinstance(fault, Order) else order(fault, {name: str(v) for name, v in options.items()})
        return self.fleet.inject(Command(target=target, order=what), clock.now_ms())

    def obey(self, line: str) -> str:
        """Carry out one line as a person writes it (`LIFT_ID kind key=value`), and say what was done.

        Raises:
            TroubleError: it cannot be carried out.
        """
        said = command(line)
        met = self.fleet.inject(said, clock.now_ms())
        log.get().info("injected", target=said.target, kind=said.order.kind, lifts=len(met))
        return f"{said.order.kind}: {', '.join(met)}"

    def snapshot(self) -> list[LiftRow]:
        """How every lift is now."""
        return self.fleet.snapshot()

    async def _run(self) -> None:
        publisher = Publisher(self.fleet, self._where, Random(self._seed), clock.now_ms)
        async with AsyncExitStack() as stack:
            stack.push_async_callback(publisher.close)
            crews = asyncio.create_task(self._work(), name="crews") if self._with_crews else None
            if crews:
                stack.push_async_callback(_end, crews)
            loop = asyncio.get_running_loop()
            last = tended = 0.0
            while not self._stop.is_set():
                now = loop.time()
                if now - tended >= TEND:
                    tended = now
                    publisher.tend()
                if not self._ready.is_set() and publisher.up == len(self.fleet.lifts):
                    self._ready.set()
                    last = now
                if self._ready.is_set():
                    self._now += (now - last) * self._speed
                    last = now
                # Until all are on the line time stands still, but every controller already has something to say.
                publisher.send(self.fleet.advance(self._now, clock.now_ms()))
                if crews and crews.done():
                    await crews
                await asyncio.sleep(TICK)

    async def _work(self) -> None:
        if self._api is None or self._token is None:
            return
        await self._ready.wait()
        async with client(self._api, self._token) as http:
            tokens = await registry.crew_tokens(http, self.city)
        self.crews = Crews(
            api_url=self._api, city=self.city, tokens=tokens, habits=self._habits,
            rng=Random(f"{self._seed}/crews"), world=_World(self.fleet),
        )  # fmt: skip
        await self.crews.run()


class _World(PassengerWorld):
    """What crews can do to the simulated lifts, which stand in the same process."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def persons(self, lift_id: str) -> int:
        lift = self._fleet.lifts.get(lift_id)
        return lift.car.persons if lift and lift.car.stuck else 0

    def free(self, lift_id: str) -> None:
        self._order(lift_id, Trouble.FREE)

    def freed(self, lift_id: str) -> bool:
        return lift_id not in self._fleet.lifts or self._fleet.freed(lift_id)

    def repair(self, lift_id: str) -> None:
        self._order(lift_id, Trouble.REPAIR)

    def _order(self, lift_id: str, kind: Trouble) -> None:
        if lift_id in self._fleet.lifts:
            self._fleet.inject(Command(target=lift_id, order=Order(kind=kind)), clock.now_ms())


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait({task})


def _allow_files(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        wanted = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
