"""One lift, its firm and the people around it on a real database, at a time that the test chooses."""

import contextlib
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from alerts import acting, commands
from alerts.desk import Desk
from alerts.incident import Action, Actor, Refused, Request, Role
from alerts.policy import Policy
from alerts.worker import Worker
from elevator import clock, db
from elevator.db import Connection, Pool
from elevator.model import Event, Link, Sample
from elevator.settings import Settings
from elevator.times import to_ms

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
POLICY = Policy()
_IDLE = {"mode": "normal", "floor": "4", "moving": False, "door_zone": True, "door": "closed", "occupied": False}
DISPATCHER = Actor(kind="user", id="d1", name="Dispatcher", role=Role.DISPATCHER)
FIRM = Actor(kind="token", id="t1", name="Firm", role=Role.FIRM, firm_id="f1")
UNIT = Actor(kind="user", id="r1", name="Crew", role=Role.RESPONDER, firm_id="f1", unit_id="u1")


@dataclass
class House:
    """A database with lift `L-1` of firm `f1`, and lift `L-2` without a firm."""

    url: str
    pool: Pool
    settings: Settings
    now: datetime = START
    seq: int = 0
    state: dict[str, Any] = field(default_factory=lambda: dict(_IDLE))

    @contextlib.asynccontextmanager
    async def tx(self) -> AsyncIterator[Connection]:
        """A transaction of its own."""
        async with self.pool.connection() as connection, connection.transaction():
            yield connection

    async def sql(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        """Look into, or change, the database."""
        async with self.pool.connection() as connection:
            cursor = await connection.execute(statement.encode(), values)
            return await cursor.fetchall() if cursor.description else []

    def at(self, seconds: float) -> "House":
        """Move the clock; nothing runs by itself."""
        self.now = START + timedelta(seconds=seconds)
        return self

    async def hears(self, *items: Sample | Event | Link, lift: str = "L-1", hold: bool = False, **how: Any) -> Desk:
        """What the intake does with messages, without their rows."""
        async with self.tx() as tx:
            desk = await Desk.open(tx, [lift], policy=POLICY, now=self.now, hold=hold)
            for item in items:
                desk.observe(lift, item, to_ms(self.now), **how)
            await desk.save()
        return desk

    async def sends(self, lift: str = "L-1", **changes: Any) -> Desk:
        """A sample."""
        return await self.hears(self.sample(**changes), lift=lift)

    async def trapped(self, lift: str = "L-1", **changes: Any) -> Desk:
        """A sample of a car that stands between floors with someone inside."""
        return await self.sends(lift, **({"door_zone": False, "occupied": True, "door": "closed"} | changes))

    async def tells(self, code: str, *, active: bool = True, lift: str = "L-1") -> Desk:
        """An event."""
        return await self.hears(self.event(code, active=active), lift=lift)

    def sample(self, **changes: Any) -> Sample:
        """The car as it is now."""
        self.state |= changes
        self.seq += 1
        return msgspec.convert({"ts": to_ms(self.now), "seq": self.seq, **self.state}, Sample)

    def event(self, code: str, *, active: bool = True) -> Event:
        """An event of now."""
        self.seq += 1
        return Event(ts=to_ms(self.now), seq=self.seq, code=code, active=active)

    async def looks(self, *, listening: datetime | None = START, hold: bool = False, lift: str = "L-1") -> Desk:
        """What the dispatch worker does with one lift."""
        async with self.tx() as tx:
            desk = await Desk.open(tx, [lift], policy=POLICY, now=self.now, hold=hold)
            desk.advance(lift, listening=None if listening is None else to_ms(listening))
            await desk.save()
        return desk

    async def does(self, action: str, incident: str, actor: Actor = DISPATCHER, **body: Any) -> acting.Done | Refused:
        """A person acts."""
        async with self.tx() as tx:
            request = Request(action=Action(action), **body)
            return await commands.act(tx, incident, request, actor, policy=POLICY, now=self.now)

    async def reports(self, lift: str | None = "L-1", **body: Any) -> commands.Reported:
        """A person reports an entrapment."""
        number = (
            None if lift is None else (await self.sql("SELECT lift_no FROM lift WHERE lift_id = %(id)s", id=lift))[0]
        )
        async with self.tx() as tx:
            return await commands.report(
                tx, lift_no=None if number is None else number["lift_no"], place=body.get("place"),
                caller=body.get("caller"), note=None, actor=DISPATCHER, policy=POLICY, now=self.now,
            )  # fmt: skip

    async def incidents(self, kind: str = "rescue") -> list[dict[str, Any]]:
        """All of them, oldest first."""
        return await self.sql("SELECT * FROM incident WHERE kind = %(kind)s ORDER BY opened_at, id", kind=kind)

    async def rescue(self) -> dict[str, Any]:
        """The newest one."""
        return (await self.incidents())[-1]

    async def story(self, incident: str) -> list[tuple[str, str | None, str | None, str | None]]:
        """Its timeline: action, from, to, reason."""
        found = await self.sql("SELECT * FROM timeline WHERE incident_id = %(id)s ORDER BY n", id=incident)
        return [(one["action"], one["from_state"], one["to_state"], one["reason"]) for one in found]

    async def told(self, incident: str, channel: str = "console") -> list[tuple[str, str]]:
        """Messages about it: name and target."""
        found = await self.sql(
            "SELECT body, target FROM outbox WHERE incident_id = %(id)s AND channel = %(channel)s ORDER BY id",
            id=incident, channel=channel,
        )  # fmt: skip
        return [(one["body"].get("name", ""), one["target"]) for one in found]

    def worker(self, started: datetime | None = None) -> Worker:
        """A dispatch worker; `clock.now` must be the house's."""
        return Worker(self.pool, POLICY, self.settings, started=started or self.now)

    async def intake(self, *, listening_since: datetime | None, lanes: Iterable[str] = ("alarm", "telemetry")) -> None:
        """The intake says that it lives now."""
        for lane in lanes:
            await self.sql(
                """INSERT INTO intake (lane, alive_at, started_at, listening_since)
                   VALUES (%(lane)s, %(now)s, %(started)s, %(since)s) ON CONFLICT (lane) DO UPDATE
                   SET alive_at = excluded.alive_at, listening_since = excluded.listening_since""",
                lane=lane, now=self.now, started=START - timedelta(hours=1), since=listening_since,
            )  # fmt: skip


@contextlib.asynccontextmanager
async def house(url: str, monkeypatch: Any, **settings: Any) -> AsyncIterator[House]:
    """The house, with every clock of the program in the test's hand."""
    async with db.pool(url, application="tests", size=6) as pool:
        place = House(url=url, pool=pool, settings=Settings(database_url=url, **settings))
        monkeypatch.setattr(clock, "now", lambda: place.now)
        await place.sql("INSERT INTO firm (id, name, created_at) VALUES ('f1', 'Firm', %(now)s)", now=START)
        await place.sql(
            "INSERT INTO unit (id, firm_id, name, created_at) VALUES ('u1', 'f1', 'Crew', %(now)s)", now=START
        )
        for number, firm in ((1, "f1"), (2, None)):
            await place.sql(
                """INSERT INTO lift (lift_id, registered, rescue_code, name, lift_class, firm_id, created_at, updated_at)
                   VALUES (%(id)s, true, %(code)s, 'Lift', 'traction', %(firm)s, %(now)s, %(now)s)""",
                id=f"L-{number}", code=f"10000{number}", firm=firm, now=START,
            )  # fmt: skip
        yield place
