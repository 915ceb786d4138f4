"""A town for timelines: the whole platform in one event loop, lifts on real MQTT lines, people on real HTTP.

Tests see it as the world does: lifts publish and read their own topics, people and programs call `/api/v1`. The clock
stands still until a test moves it, so a timeline says exactly when something must be true, and when not yet:

    await car.at(0).send(**BETWEEN_FLOORS)
    await town.at(19.9)
    await car.want().no_rescue()
    await town.at(20)
    await car.want().rescue(state="suspected", reason="outside_zone")

`at` is told in seconds since the test's noon; the platform has been running for a minute then. On its way the clock
stops at every moment for which the dispatch worker has planned a look, as a running clock would; it returns when the
worker has looked at everything that is due.
"""

import asyncio
import contextlib
import functools
import itertools
import json
import math
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, Self
from urllib.parse import urlsplit

import aiomqtt
import httpx
import psycopg
import pytest
import uvicorn

import alerts.cache
import alerts.worker
import ingest.lane
import ingest.pipeline
from alerts.policy import Policy
from alerts.worker import Worker
from api.app import create_app
from deploy.servers import Mosquitto, free_port
from elevator import clock, db
from elevator.settings import Settings
from elevator.times import at, rfc3339, to_ms
from ingest.pipeline import Intake

ADMIN = "token-of-the-automation-of-the-town"
BEFORE_NOON = 60.0  # s that the platform has been running when a timeline begins
PATIENCE = 10.0  # s of real time for what must come; only a failing test waits so long
POLL = 0.01

AT_A_LANDING = {"mode": "normal", "floor": "3", "moving": False, "door_zone": True, "door": "closed", "occupied": False}
TRAVELLING = {"moving": True, "door_zone": False, "occupied": True}
BETWEEN_FLOORS = {"door_zone": False, "occupied": True}
DOOR_OPEN = {"door": "open", "occupied": False}
ALARMS = {"alarm_button", "entrapment"}


class Clock:
    """The platform's clock, which stands still."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.noon = clock.now().replace(microsecond=0)
        self.now = self.noon - timedelta(seconds=BEFORE_NOON)
        patch.setattr(clock, "datetime", SimpleNamespace(now=lambda _zone: self.now))
        patch.setattr(clock, "time", SimpleNamespace(time_ns=lambda: to_ms(self.now) * 1_000_000))

    @property
    def seconds(self) -> float:
        """Since noon."""
        return (self.now - self.noon).total_seconds()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """As long as the block runs the clock goes on by itself, as fast as ours."""

        async def run() -> None:
            loop = asyncio.get_running_loop()
            start, began = self.now, loop.time()
            while True:
                await asyncio.sleep(0.001)
                self.now = max(self.now, start + timedelta(seconds=loop.time() - began))

        task = asyncio.create_task(run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})
            self.now += timedelta(microseconds=-self.now.microsecond % 1000)

    def move(self, seconds: float) -> None:
        """To so many seconds since noon."""
        self.now = self.noon + timedelta(seconds=seconds)


class Gate:
    """Holds the worker's timers while the clock is being moved, and tells when they have looked at everything."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self._open = asyncio.Event()
        self._open.set()
        self._busy = asyncio.Lock()
        self.rounds = 0
        look = Worker.timers

        async def timers(worker: Worker) -> None:
            await self._open.wait()
            async with self._busy:
                await look(worker)
            self.rounds += 1

        patch.setattr(Worker, "timers", timers)

    @contextlib.asynccontextmanager
    async def closed(self) -> AsyncIterator[None]:
        """No timer is looked at inside the block."""
        self._open.clear()
        async with self._busy:
            yield
        self._open.set()


async def until(condition: Callable[[], Awaitable[Any]], what: str, within: float = PATIENCE) -> Any:
    """Wait for a condition to be true; real time, however slow the machine."""
    value = None
    try:
        async with asyncio.timeout(within) as deadline:
            while not (value := await condition()):  # noqa: ASYNC110 - it watches another program
                await asyncio.sleep(POLL)
            deadline.reschedule(None)
    except TimeoutError:
        raise AssertionError(f"not within {within} s: {what}") from None
    return value


class Services:
    """Ingest, dispatch and api, as one machine runs them; stopped and started together."""

    def __init__(self, settings: Settings, policy: Policy, port: int) -> None:
        self._settings, self._policy, self._port = settings, policy, port
        self._stack = contextlib.AsyncExitStack()

    async def start(self) -> None:
        """Start all three and wait until each is ready."""
        stack = self._stack = contextlib.AsyncExitStack()
        url, settings, policy = self._settings.need_database(), self._settings, self._policy
        await stack.enter_async_context(self._api(url))
        pool = await stack.enter_async_context(db.pool(url, application="dispatch"))
        await stack.enter_async_context(_task(Worker(pool, policy, settings).run))
        intake = Intake(settings, policy)
        await stack.enter_async_context(_task(intake.run))

        async def ready() -> bool:
            return intake.ready() is None and all(lane.listening.since for lane in intake.lanes)

        await until(ready, "the intake listens")

    async def stop(self) -> None:
        """Stop all three, in order."""
        await self._stack.aclose()

    @contextlib.asynccontextmanager
    async def _api(self, url: str) -> AsyncIterator[None]:
        async with db.pool(url, application="api", size=6) as pool:
            app = create_app(self._settings, pool=pool, policy=self._policy)
            server = uvicorn.Server(
                uvicorn.Config(app, log_config=None, access_log=False, ws="none", timeout_graceful_shutdown=1)
            )
            server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign]
            listener = socket.create_server(("127.0.0.1", self._port))
            task = asyncio.create_task(server.serve(sockets=[listener]))
            try:
                await until(lambda: now(server.started and app.state.context.feed.alive), "the api is ready")
                yield
            finally:
                app.state.context.feed.close()
                server.should_exit = True
                await task


async def now(value: Any) -> Any:
    """A value as a condition for `until`."""
    return value


@contextlib.asynccontextmanager
async def _task(run: Callable[[asyncio.Event], Awaitable[None]]) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.ensure_future(run(stop))
    try:
        yield
    finally:
        stop.set()
        await task


class Token(httpx.Auth):
    """A bearer token; one of a role is made when somebody needs it first."""

    def __init__(self, known: str = "", make: Callable[[], Awaitable[str]] | None = None) -> None:
        self._known, self._make = known, make

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Put it on the request."""
        if not self._known and self._make is not None:
            self._known = await self._make()
        request.headers["Authorization"] = f"Bearer {self._known}"
        yield request


class Person:
    """Somebody, or a program, who calls the HTTP interface."""

    def __init__(self, address: str, token: Token) -> None:
        self.http = httpx.AsyncClient(base_url=f"{address}/api/v1", auth=token, timeout=PATIENCE)

    async def get(self, path: str, **query: Any) -> Any:
        """What a path answers."""
        answer = await self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def items(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """A list's first page."""
        found: list[dict[str, Any]] = (await self.get(path, **query))["items"]
        return found

    async def post(self, path: str, status: int = 201, **body: Any) -> dict[str, Any]:
        """Write; the answer must have this status."""
        answer = await self.http.post(path, json=body)
        assert answer.status_code == status, f"{path}: {answer.status_code} {answer.text}"
        found: dict[str, Any] = answer.json()
        return found

    async def does(self, action: str, incident: Mapping[str, Any], status: int = 200, **body: Any) -> dict[str, Any]:
        """Act on an incident; the answer is its detail, or the problem."""
        return await self.post(f"/incidents/{incident['id']}/{action}", status, **body)


@dataclass(eq=False)
class Car:
    """A lift: a controller on a line of its own."""

    town: "Town"
    id: str
    interval: int = 30
    clock_error: float = 0.0  # s that its clock is ahead
    boot: str = "b1"
    acks: list[dict[str, Any]] = field(default_factory=list)
    notices: list[dict[str, Any] | None] = field(default_factory=list)
    _seq: dict[str, "itertools.count[int]"] = field(default_factory=dict)
    _line: aiomqtt.Client | None = None
    _reader: asyncio.Task[None] | None = None

    # --- the line

    async def connect(self) -> Self:
        """Take the line, as the contract asks: last will, then the retained `link`, reading `ack` and `notice`."""
        where = urlsplit(self.town.lift_url)
        will = aiomqtt.Will(f"lift/v1/{self.id}/link", b'{"online": false}', qos=1, retain=True)
        line = aiomqtt.Client(
            where.hostname or "", where.port or 0, protocol=aiomqtt.ProtocolVersion.V5, will=will, keepalive=60
        )
        self._line = await line.__aenter__()
        for name in ("ack", "notice"):
            await line.subscribe(f"lift/v1/{self.id}/{name}", qos=1)
        self._reader = asyncio.create_task(self._read(line))
        return self

    async def _read(self, line: aiomqtt.Client) -> None:
        with contextlib.suppress(aiomqtt.MqttError):
            async for message in line.messages:
                told = json.loads(message.payload) if message.payload else None
                if str(message.topic).endswith("/ack"):
                    self.acks.append(told)
                else:
                    self.notices.append(told)

    async def says_hello(self) -> None:
        """The retained `link`."""
        hello = {"online": True, "ts": self.ts, "interval": self.interval, "firmware": "7.1"}
        await self.publish("link", hello, retain=True)
        await self._seen(lambda lift: lift["state"] and lift["state"]["online"], "it is online")

    async def hangs_up(self) -> None:
        """Leave in order: no last will."""
        if self._line is not None:
            line, self._line = self._line, None
            await line.__aexit__(None, None, None)
            assert self._reader is not None
            await self._reader

    async def dies(self, *, seen: bool = True) -> None:
        """The line is cut; the broker publishes the last will."""
        assert self._line is not None
        self._line._client.socket().shutdown(socket.SHUT_RDWR)
        assert self._reader is not None
        await self._reader
        with contextlib.suppress(aiomqtt.MqttError):
            await self._line.__aexit__(None, None, None)
        self._line = None
        if seen:
            await self._seen(lambda lift: not lift["state"]["online"], "its last will was read")

    async def returns(self) -> None:
        """A new line after the old one broke, with the word that it is back."""
        if self._reader is not None:
            await self._reader
        if self._line is not None:
            with contextlib.suppress(aiomqtt.MqttError):
                await self._line.__aexit__(None, None, None)
        await self.connect()
        await self.says_hello()

    async def publish(self, kind: str, payload: Any, *, retain: bool = False) -> None:
        """Hand a message to the broker, whatever it is."""
        assert self._line is not None
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        await self._line.publish(f"lift/v1/{self.id}/{kind}", data, qos=1, retain=retain)

    # --- what it says

    @property
    def ts(self) -> int:
        """Its own clock, in ms."""
        return to_ms(self.town.clock.now) + round(self.clock_error * 1000)

    def at(self, seconds: float) -> "Moment":
        """The same car at that time."""
        return Moment(self, seconds)

    def next_seq(self, kind: str) -> int:
        """Counts up per topic, from 0 at each boot."""
        return next(self._seq.setdefault(kind, itertools.count()))

    def restarts(self, boot: str) -> None:
        """The controller boots: sequence numbers begin anew."""
        self.boot = boot
        self._seq.clear()

    def sample(self, **fields: Any) -> dict[str, Any]:
        """A sample of this moment, stopped at a landing with the door closed but for what is said otherwise."""
        head = {"ts": self.ts, "boot": self.boot}
        body = AT_A_LANDING | head | fields
        return body if "seq" in body else body | {"seq": self.next_seq("telemetry")}

    async def send(self, **fields: Any) -> dict[str, Any]:
        """Send a sample, and wait until it is stored."""
        sample = self.sample(**fields)
        await self.publish("telemetry", sample)
        await self.stored("telemetry", sample)
        return sample

    def event(self, code: str, *, active: bool = True, **fields: Any) -> dict[str, Any]:
        """An event of this moment."""
        body = {"ts": self.ts, "boot": self.boot, "code": code, "active": active} | fields
        return body if "seq" in body else body | {"seq": self.next_seq("event")}

    async def tell(self, code: str, *, active: bool = True, **fields: Any) -> dict[str, Any]:
        """Send an event; of an alarm the `ack` is awaited and returned, of others what was stored."""
        event = self.event(code, active=active, **fields)
        told = len(self.acks)
        await self.publish("event", event)
        return await self.acked(told) if code in ALARMS else await self.stored("events", event)

    async def press(self, **fields: Any) -> dict[str, Any]:
        """Somebody presses the alarm button; the `ack`."""
        return await self.tell("alarm_button", **fields)

    async def lets_go(self, **fields: Any) -> dict[str, Any]:
        """The button is let go; the `ack`."""
        return await self.tell("alarm_button", active=False, **fields)

    # --- what is seen of it

    async def acked(self, before: int) -> dict[str, Any]:
        """The first `ack` after so many."""
        await until(lambda: now(len(self.acks) > before), f"ack number {before + 1} to {self.id}")
        return self.acks[before]

    async def notice(self, **wanted: Any) -> dict[str, Any]:
        """The newest words for the passengers, once they are these."""

        def newest() -> dict[str, Any] | None:
            notice = self.notices[-1] if self.notices else None
            return notice if notice and _fits(notice, wanted) else None

        found: dict[str, Any] = await until(lambda: now(newest()), f"notice {wanted}; heard {self.notices}")
        return found

    async def stored(self, what: str, item: Mapping[str, Any]) -> dict[str, Any]:
        """The row of history that a message became."""
        ts = item["ts"]
        span = {"from": rfc3339(at(ts)), "to": rfc3339(at(ts + 1000))} if what == "telemetry" else {}

        async def look() -> dict[str, Any] | None:
            answer = await self.town.admin.http.get(f"/lifts/{self.id}/{what}", params={"limit": 200} | span)
            rows = answer.json()["items"] if answer.status_code == 200 else []
            keys = ("seq", "boot")
            same = [row for row in rows if all(row.get(key) == item.get(key, "") for key in keys)]
            return next((row for row in same if to_ms(datetime.fromisoformat(row["ts"])) == ts), None)

        found: dict[str, Any] = await until(look, f"{what} of {self.id} hold {item}")
        return found

    async def state(self) -> dict[str, Any]:
        """The lift as the registry shows it."""
        found: dict[str, Any] = await self.town.admin.get(f"/lifts/{self.id}")
        return found

    async def _seen(self, check: Callable[[dict[str, Any]], Any], what: str) -> None:
        async def look() -> Any:
            answer = await self.town.admin.http.get(f"/lifts/{self.id}")
            return answer.status_code == 200 and check(answer.json())

        await until(look, f"{self.id}: {what}")

    def want(self, within: float = PATIENCE) -> "Want":
        """What must be seen of this lift's incidents within so many seconds of real time."""
        return Want(self.town, self.id, within)


@dataclass(frozen=True)
class Moment:
    """A car at a time: `await car.at(5).send(…)`."""

    car: Car
    seconds: float

    async def send(self, **fields: Any) -> dict[str, Any]:
        """See `Car.send`."""
        await self.car.town.at(self.seconds)
        return await self.car.send(**fields)

    async def tell(self, code: str, *, active: bool = True, **fields: Any) -> dict[str, Any]:
        """See `Car.tell`."""
        await self.car.town.at(self.seconds)
        return await self.car.tell(code, active=active, **fields)

    async def press(self) -> dict[str, Any]:
        """See `Car.press`."""
        await self.car.town.at(self.seconds)
        return await self.car.press()

    async def lets_go(self) -> dict[str, Any]:
        """See `Car.lets_go`."""
        await self.car.town.at(self.seconds)
        return await self.car.lets_go()


def _fits(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(found.get(name) == value for name, value in wanted.items())


@dataclass(frozen=True)
class Want:
    """What a dispatcher must see in the list of incidents."""

    town: "Town"
    lift_id: str | None
    within: float

    async def all(self, kind: str = "rescue") -> list[dict[str, Any]]:
        """Every incident of the kind, newest first."""
        of_lift = {"lift_id": self.lift_id} if self.lift_id else {}
        return await self.town.admin.items("/incidents", state="all", kind=kind, **of_lift)

    async def rescue(self, **wanted: Any) -> dict[str, Any]:
        """The newest rescue, once it is so; its detail."""
        return await self.incident("rescue", **wanted)

    async def incident(self, kind: str, **wanted: Any) -> dict[str, Any]:
        """The newest incident of a kind, once it is so; its detail."""
        found: list[dict[str, Any]] = []

        async def look() -> dict[str, Any] | None:
            found[:] = await self.all(kind)
            return found[0] if found and _fits(found[0], wanted) else None

        try:
            newest = await until(look, "", self.within)
        except AssertionError:
            seen = [{name: one.get(name) for name in ("state", "reason", "causes", *wanted)} for one in found]
            raise AssertionError(f"no {kind} {wanted} within {self.within} s; there are: {seen}") from None
        detail: dict[str, Any] = await self.town.admin.get(f"/incidents/{newest['id']}")
        return detail

    async def no_rescue(self) -> None:
        """There is, and was, none. Says something only after `at`, or after an `ack`."""
        assert not await self.all(), await self.all()

    async def no(self, kind: str) -> None:
        """There is, and was, none of the kind."""
        assert not await self.all(kind), await self.all(kind)

    async def still(self, **wanted: Any) -> dict[str, Any]:
        """The newest rescue is so now, without waiting."""
        found = await self.all()
        assert found, "no rescue"
        assert _fits(found[0], wanted), {name: found[0].get(name) for name in wanted}
        detail: dict[str, Any] = await self.town.admin.get(f"/incidents/{found[0]['id']}")
        return detail


class Town:
    """See the head of this file."""

    def __init__(self, database: str, broker: Mosquitto, patch: pytest.MonkeyPatch, policy: Policy) -> None:
        self.clock, self._gate = Clock(patch), Gate(patch)
        self.database = database
        self._looks: psycopg.AsyncConnection | None = None
        self.lift_url = broker.lift_url
        self.broker = broker
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        settings = Settings(
            database_url=database, mqtt_url=broker.url, admin_token=ADMIN, webhook_private=True,
            mqtt_client_id=broker.client_id,
        )  # fmt: skip
        self.services = Services(settings, policy, port)
        self.admin = Person(self.address, Token(ADMIN))
        self.people: dict[str, Person] = {}
        self.ids: dict[str, str] = {}
        self.cars: list[Car] = []

    async def furnish(self) -> None:
        """A firm with two crews, and somebody of every role."""
        firm = await self.admin.post("/firms", name="Xiang'an Lifts", phone="0731-1")
        other = await self.admin.post("/firms", name="Another firm")
        self.ids |= {"firm": firm["id"], "other_firm": other["id"]}
        for name, of in (("crew", "firm"), ("crew2", "firm"), ("other_crew", "other_firm")):
            unit = await self.admin.post("/units", firm_id=self.ids[of], name=name)
            self.ids[name] = unit["id"]
        rights: dict[str, dict[str, Any]] = {
            "dispatcher": {"role": "dispatcher"},
            "supervisor": {"role": "supervisor"},
            "firm": {"role": "firm", "firm_id": self.ids["firm"]},
            "other_firm": {"role": "firm", "firm_id": self.ids["other_firm"]},
            "property": {"role": "property", "building": "House 1"},
            **{name: {"role": "responder", "unit_id": self.ids[name]} for name in ("crew", "crew2", "other_crew")},
        }
        for name, right in rights.items():
            make = functools.partial(self._token, name, right)
            self.people[name] = Person(self.address, Token(make=make))

    async def _token(self, name: str, right: dict[str, Any]) -> str:
        made: str = (await self.admin.post("/tokens", name=name, **right))["token"]
        return made

    def __getattr__(self, name: str) -> Person:
        try:
            return self.__dict__["people"][name]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError(name) from None

    async def at(self, seconds: float) -> None:
        """Move the clock; returns when all that is due then has been looked at."""
        assert seconds >= self.clock.seconds, f"the clock stands at {self.clock.seconds} s already"
        while self.clock.seconds < seconds:
            async with self._gate.closed():
                planned = await self._next_look()
                self.clock.move(min(seconds, planned))
                await until(self._intake_lives, "the intake says that it lives")
            done = self._gate.rounds
            await until(lambda done=done: now(self._gate.rounds > done), "the worker has looked")

    async def _next_look(self) -> float:
        """When the worker means to look at a lift again; inf: never."""
        if self._looks is None:
            self._looks = await psycopg.AsyncConnection.connect(self.database, autocommit=True)
        cursor = await self._looks.execute("SELECT min(due_at) FROM lift_state WHERE due_at > %s", [self.clock.now])
        row = await cursor.fetchone()
        return (row[0] - self.clock.noon).total_seconds() if row and row[0] else math.inf

    def lifts_together(self, within: float = PATIENCE) -> Want:
        """What must be seen of incidents that are of no single lift."""
        return Want(self, None, within)

    async def listens(self) -> bool:
        """Whether the intake hears the present."""
        found: bool = (await self.admin.get("/overview"))["intake"]["listening"]
        return found

    async def _intake_lives(self) -> bool:
        overview = await self.admin.get("/overview")
        alive = overview["intake"]["alive_at"]
        return alive is not None and datetime.fromisoformat(alive) >= self.clock.now

    async def car(self, lift_id: str, *, registered: bool = True, **facts: Any) -> Car:
        """A lift on the line, in the registry unless said otherwise; its firm is ours."""
        if registered:
            number = len(self.cars) + 1
            entry = {"name": f"Lift {number}", "building": "House 1", "firm": self.ids["firm"]} | facts
            await self.admin.post("/lifts", lift_id=lift_id, rescue_code=f"{100000 + number}", **entry)
        car = await Car(self, lift_id).connect()
        self.cars.append(car)
        return car

    @contextlib.asynccontextmanager
    async def stopped(self) -> AsyncIterator[None]:
        """All three services are down inside the block; the clock runs while they stop and start."""
        async with self.clock.running():
            await self.services.stop()
        yield
        async with self.clock.running():
            await self.services.start()

    async def restart(self) -> None:
        """Stop all three services, and start them again."""
        async with self.stopped():
            pass

    async def close(self) -> None:
        """Everybody leaves."""
        for car in self.cars:
            await car.hangs_up()
        await self.services.stop()
        for person in (self.admin, *self.people.values()):
            await person.http.aclose()
        if self._looks is not None:
            await self._looks.close()


@contextlib.asynccontextmanager
async def open_town(
    database: str, broker: Mosquitto, patch: pytest.MonkeyPatch, policy: Policy | None = None
) -> AsyncIterator[Town]:
    """A town whose services run."""
    patch.setattr(ingest.pipeline, "HEARTBEAT", 0.02)
    patch.setattr(ingest.lane, "QUIET", 0.05)  # a lane sees only then that it is to stop
    patch.setattr(alerts.cache, "AHEAD", 10**9)  # ms: where the clock jumps, no timer may wait to be written
    patch.setattr(alerts.worker, "_TICK", 0.01)
    patch.setattr(alerts.worker, "_GATHER_EVERY", 0.05)
    town = Town(database, broker, patch, policy or Policy())
    await town.services.start()
    try:
        await town.furnish()
        await town.at(0)
        yield town
    finally:
        await town.close()
