"""The maintenance crews: they take what the platform asks of their firm, drive there, free people and say so.

Everything goes through the public HTTP API, with the roles real crews have: a firm's desk sees what is asked and
sends its nearest free crew; the crew accepts, goes, arrives and releases with its own token. Times are those
published for Chinese rescue platforms: 9 to 14 minutes to arrive, 2.5 to 6 on site; `Habits.speed` shortens them,
and the time of arrival that a crew promises is the shortened one, because the platform's clocks are real.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from elevator import log
from simulators.city import City, CityUnit
from simulators.public_api import Platform, client
from simulators.seed import CrewToken
from simulators.trouble import TroubleError

_DEGREE = 111.2  # km of one degree of latitude
_WINDING = 1.35  # a road is so much longer than the straight line
_OPEN = frozenset({"asked", "accepted", "arrived"})
_LOOK = 0.2  # real s between looks whether the car has come
_GIVE_UP = 900.0  # real s after which a crew stops trying to free a car that will not come


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """How crews behave; times in s of a real rescue, divided by `speed`."""

    speed: float = 1.0
    answer: tuple[float, float] = (15.0, 60.0)  # from being asked to accepting
    set_off: float = 120.0  # from accepting to driving
    travel: tuple[float, float] = (420.0, 780.0)  # at least and at most
    road: float = 25.0  # km/h through the city
    on_site: tuple[float, float] = (150.0, 360.0)
    decline: float = 0.0  # share of requests that are declined
    ignore: float = 0.0  # share of requests that are never answered
    poll: float = 1.0  # real s between looks at what is asked


class PassengerWorld(Protocol):
    """What a crew on site can see and do; the simulated lifts implement it."""

    def persons(self, lift_id: str) -> int:
        """How many people are shut in there."""
        ...

    def free(self, lift_id: str) -> None:
        """Bring the car to a landing and open it."""
        ...

    def freed(self, lift_id: str) -> bool:
        """Whether nobody is shut in any more."""
        ...

    def repair(self, lift_id: str) -> None:
        """Put the lift back into service."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Crew:
    """A crew, where it waits, and its own way to the platform."""

    unit_id: str
    place: CityUnit
    platform: Platform


class Crews:
    """All crews of a city."""

    def __init__(
        self, *, api_url: str, city: City, tokens: Sequence[CrewToken], habits: Habits, rng: Random,
        world: PassengerWorld,
    ) -> None:  # fmt: skip
        self._api, self._city, self._tokens = api_url, city, tokens
        self._habits, self._rng, self._world = habits, rng, world
        self._taken: set[str] = set()  # assignments somebody works on, declined, or leaves unanswered
        self._busy: set[str] = set()  # units

    async def run(self) -> None:
        """Work until cancelled."""
        places = {unit.name: unit for firm in self._city.firms for unit in firm.units}
        async with _clients(self._api, self._tokens) as clients, asyncio.TaskGroup() as tasks:
            crews: dict[str, list[_Crew]] = {}
            for token, platform in clients:
                if token.unit_id:
                    crew = _Crew(unit_id=token.unit_id, place=places[token.name], platform=platform)
                    crews.setdefault(token.firm_id, []).append(crew)
            for token, platform in clients:
                if not token.unit_id:
                    desk = self._desk(platform, crews.get(token.firm_id, []), tasks)
                    tasks.create_task(desk, name=f"desk-{token.name}")

    async def _desk(self, platform: Platform, crews: Sequence[_Crew], tasks: asyncio.TaskGroup) -> None:
        """A firm's desk: look for what is asked, send the nearest free crew."""
        complained = False
        while True:
            try:
                asked = await platform.items("/assignments", state="open")
                complained = False
            except TroubleError as error:
                if not complained:
                    log.get().warning("desk_cannot_read", reason=str(error))
                asked, complained = [], True
            for assignment in asked:
                crew = self._choose(assignment, crews)
                if crew and assignment["id"] not in self._taken and assignment["state"] in _OPEN:
                    self._taken.add(assignment["id"])
                    self._busy.add(crew.unit_id)
                    tasks.create_task(self._job(assignment, crew), name=f"crew-{crew.place.name}")
            await asyncio.sleep(self._habits.poll)

    def _choose(self, assignment: Mapping[str, Any], crews: Sequence[_Crew]) -> _Crew | None:
        free = [crew for crew in crews if crew.unit_id not in self._busy]
        bound = assignment.get("unit_id")
        if bound:
            free = [crew for crew in free if crew.unit_id == bound]
        lift = _lift(assignment)
        return min(free, key=lambda crew: _distance(crew.place, lift), default=None)

    async def _job(self, assignment: Mapping[str, Any], crew: _Crew) -> None:
        try:
            await self._rescue(assignment, crew)
        except TroubleError as error:
            log.get().warning("crew_stopped", unit=crew.place.name, reason=str(error))
            self._taken.discard(assignment["id"])  # looked at afresh once the platform is back
        finally:
            self._busy.discard(crew.unit_id)

    async def _rescue(self, assignment: Mapping[str, Any], crew: _Crew) -> None:
        """One assignment from being asked to being released, from whatever state it is in."""
        habits, lift = self._habits, _lift(assignment)
        way = self._way(crew.place, lift)
        there = {"lat": lift["lat"], "lon": lift["lon"]} if _known(lift) else {}
        if assignment["state"] == "asked":
            drawn = self._rng.random()
            if drawn < habits.ignore:
                return
            await self._pass(self._rng.uniform(*habits.answer))
            if drawn < habits.ignore + habits.decline:
                await self._tell(crew, assignment, "decline", reason="busy")
                return
            eta = math.ceil((habits.set_off + way) / habits.speed)
            if not await self._tell(crew, assignment, "accept", unit_id=crew.unit_id, eta_s=eta):
                return
        if assignment["state"] != "arrived":
            await self._pass(habits.set_off)
            if not await self._tell(crew, assignment, "on_way", lat=crew.place.lat, lon=crew.place.lon):
                return
            await self._pass(way)
            if not await self._tell(crew, assignment, "arrive", **there):
                return
        await self._on_site(assignment, crew)

    async def _on_site(self, assignment: Mapping[str, Any], crew: _Crew) -> None:
        lift_id = _lift(assignment).get("lift_id")
        persons = self._world.persons(lift_id) if lift_id else 0
        await self._pass(self._rng.uniform(*self._habits.on_site))
        if lift_id and persons:
            self._world.free(lift_id)
            await self._until_freed(lift_id)
        said = "被困乘客 passenger freed" if persons else "救援人员 crew: nobody in the car"
        released = {"persons": persons, "injured": 0, "method": "crew" if persons else "other", "said_by": said}
        if await self._tell(crew, assignment, "release", **released) and lift_id:
            await self._pass(60.0)
            self._world.repair(lift_id)

    async def _until_freed(self, lift_id: str) -> None:
        for _ in range(round(_GIVE_UP / _LOOK)):
            if self._world.freed(lift_id):
                return
            await asyncio.sleep(_LOOK)
        raise TroubleError(f"the car of {lift_id} cannot be freed")

    async def _tell(self, crew: _Crew, assignment: Mapping[str, Any], action: str, **body: Any) -> bool:
        """Report; false when the platform refuses, because somebody else ended it."""
        if action != "release":
            body["assignment_id"] = assignment["id"]
        incident = assignment["incident_id"]
        answer = await crew.platform.call("POST", f"/incidents/{incident}/{action}", body)
        note = log.get().info if answer.ok else log.get().warning
        note("crew", unit=crew.place.name, action=action, incident=incident, answer=answer.status,
             **({} if answer.ok else {"problem": answer.problem}))  # fmt: skip
        return answer.ok

    def _way(self, place: CityUnit, lift: Mapping[str, Any]) -> float:
        """Seconds of driving."""
        least, most = self._habits.travel
        if not _known(lift):
            return self._rng.uniform(least, most)
        driving = _distance(place, lift) * _WINDING / self._habits.road * 3600 * self._rng.uniform(0.8, 1.3)
        return min(max(driving, least), most)

    async def _pass(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._habits.speed)


def _lift(assignment: Mapping[str, Any]) -> Mapping[str, Any]:
    incident = assignment.get("incident") or {}
    return incident.get("lift") or {}


def _known(lift: Mapping[str, Any]) -> bool:
    return lift.get("lat") is not None and lift.get("lon") is not None


def _distance(place: CityUnit, lift: Mapping[str, Any]) -> float:
    """Kilometres in a straight line; 0 where the lift's place is unknown."""
    if not _known(lift):
        return 0.0
    north = (lift["lat"] - place.lat) * _DEGREE
    east = (lift["lon"] - place.lon) * _DEGREE * math.cos(math.radians(place.lat))
    return math.hypot(north, east)


@asynccontextmanager
async def _clients(api_url: str, tokens: Sequence[CrewToken]) -> AsyncIterator[list[tuple[CrewToken, Platform]]]:
    async with AsyncExitStack() as stack:
        yield [(token, await stack.enter_async_context(client(api_url, token.token))) for token in tokens]
