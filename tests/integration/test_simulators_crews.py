"""Crews and registration over real HTTP, against a small stand-in that speaks the contract's words and no more.

The whole way through the real API is the business of the end-to-end tests.
"""

import asyncio
import csv
import io
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from simulators import city as cities
from simulators import public_api, seed
from simulators.responder import Crews, Habits
from simulators.trouble import TroubleError

FAST = Habits(speed=2000.0, poll=0.02)


class Platform:
    """The stand-in: keeps what it is told, and lets each token do only what its role may."""

    def __init__(self) -> None:
        self.firms: list[dict[str, Any]] = []
        self.units: list[dict[str, Any]] = []
        self.tokens: list[dict[str, Any]] = []
        self.lifts: list[dict[str, str]] = []
        self.assignments: list[dict[str, Any]] = []
        self.actions: list[tuple[str, str, dict[str, Any]]] = []  # who, what, body
        self.broken = 0  # so many answers are 503 first
        self.url = ""
        self.app = FastAPI()
        self.app.add_api_route("/api/v1/{path:path}", self.answer, methods=["GET", "POST", "DELETE"])

    async def answer(self, path: str, request: Request) -> Any:
        """One request."""
        if self.broken:
            self.broken -= 1
            return JSONResponse({"title": "busy"}, 503)
        secret = request.headers["authorization"].removeprefix("Bearer ")
        me = {"role": "admin"} if secret == "admin" else next((t for t in self.tokens if t["token"] == secret), None)
        if me is None:
            return JSONResponse({"title": "Unauthorized"}, 401)
        match request.method, path.split("/"):
            case "GET", ["assignments"]:
                mine = [a for a in self.assignments if a["firm_id"] == me.get("firm_id")]
                return page([a for a in mine if a["state"] in {"asked", "accepted", "arrived"}])
            case "GET", [kind]:
                return page(getattr(self, kind))
            case "POST", ["lifts", "import"]:
                self.lifts = list(csv.DictReader(io.StringIO((await request.body()).decode())))
                return {"inserted": len(self.lifts), "updated": 0}
            case "POST", ["incidents", incident, action]:
                return self.act(incident, action, me, await request.json())
            case "POST", [kind]:
                return JSONResponse(self.make(kind, await request.json()), 201)
            case "DELETE", ["tokens", token_id]:
                self.tokens = [t for t in self.tokens if t["id"] != token_id]
                return JSONResponse(None, 204)
        return JSONResponse({"title": "Not found"}, 404)

    def make(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        """Keep a new thing."""
        made = {**body, "id": f"{kind}-{len(getattr(self, kind))}"}
        if kind == "tokens":
            made["token"] = f"secret-{secrets.token_hex(4)}"
        getattr(self, kind).append(made)
        return made

    def ask(self, firm: str, lift: cities.CityLift | None, state: str = "asked", unit: str | None = None) -> None:
        """Ask a firm for help."""
        firm_id = next(f["id"] for f in self.firms if f["name"] == firm)
        unit_id = next((u["id"] for u in self.units if u["name"] == unit), None)
        place = {"lift_id": lift.spec.lift_id, "lat": lift.lat, "lon": lift.lon} if lift else None
        number = len(self.assignments)
        self.assignments.append({
            "id": f"a{number}", "incident_id": f"i{number}", "firm_id": firm_id, "unit_id": unit_id, "state": state,
            "incident": {"id": f"i{number}", "lift": place},
        })  # fmt: skip

    def act(self, incident: str, action: str, me: dict[str, Any], body: dict[str, Any]) -> Any:
        """Take an action, as far as state and role allow."""
        assignment = next(a for a in self.assignments if a["incident_id"] == incident)
        if assignment["state"] == "stood_down":
            return JSONResponse({"title": "Conflict", "detail": "stood down"}, 409)
        if action == "release" and me["role"] != "responder":
            return JSONResponse({"title": "Forbidden"}, 403)
        self.actions.append((me["name"].removeprefix("simulator: "), action, body))
        assignment["state"] = {"accept": "accepted", "decline": "declined", "arrive": "arrived"}.get(
            action, "ended" if action == "release" else assignment["state"]
        )
        return {"id": incident}


def page(items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"items": items, "next_cursor": None}


class World:
    """The lifts as a crew meets them."""

    def __init__(self) -> None:
        self.inside = {}
        self.repaired: list[str] = []

    def persons(self, lift_id: str) -> int:
        """How many are inside."""
        return self.inside.get(lift_id, 0)

    def free(self, lift_id: str) -> None:
        """Let them out."""
        self.inside[lift_id] = 0

    def freed(self, lift_id: str) -> bool:
        """Whether they are out."""
        return not self.inside.get(lift_id)

    def repair(self, lift_id: str) -> None:
        """Put it back into service."""
        self.repaired.append(lift_id)


@pytest.fixture
async def platform() -> AsyncIterator[Platform]:
    made = Platform()
    server = uvicorn.Server(uvicorn.Config(made.app, host="127.0.0.1", port=0, log_level="error", lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - the server tells nobody
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    made.url = f"http://127.0.0.1:{port}"
    yield made
    server.should_exit = True
    await task


CITY = cities.load("zhuzhou")


@asynccontextmanager
async def working(platform: Platform, world: World, habits: Habits = FAST) -> AsyncIterator[None]:
    async with public_api.client(platform.url, "admin") as admin:
        await seed.register(admin, CITY)
        tokens = await seed.crew_tokens(admin, CITY)
    crews = Crews(api_url=platform.url, city=CITY, tokens=tokens, habits=habits, rng=Random(4), world=world)
    task = asyncio.create_task(crews.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
        if not task.cancelled():
            task.result()


async def until(condition: Any) -> None:
    async with asyncio.timeout(15):
        while not condition():  # noqa: ASYNC110 - conditions of many kinds
            await asyncio.sleep(0.01)


async def test_a_city_is_registered_once_however_often_it_is_done(platform):
    async with public_api.client(platform.url, "admin") as admin:
        first = await seed.register(admin, CITY)
        again = await seed.register(admin, CITY)
        await seed.crew_tokens(admin, CITY)
        tokens = await seed.crew_tokens(admin, CITY)
    assert (first.firms, first.units, first.lifts) == (5, 9, 40)
    assert (again.firms, again.units) == (0, 0)
    assert (len(platform.firms), len(platform.units), len(platform.lifts)) == (5, 9, 40)
    assert len(platform.tokens) == len(tokens) == 14, "tokens of the run before are gone"
    assert {t["role"] for t in platform.tokens} == {"firm", "responder"}


async def test_the_nearest_crew_carries_a_rescue_from_asked_to_released(platform):
    world, lift = World(), CITY.lifts[0]
    world.inside[lift.spec.lift_id] = 2
    async with working(platform, world):
        platform.ask(lift.firm, lift)
        await until(lambda: world.repaired)
    assert [action for _, action, _ in platform.actions] == ["accept", "on_way", "arrive", "release"]
    assert {who for who, _, _ in platform.actions} == {"江润河西班组"}, "the crew west of the river is nearer"
    accept, _, arrive, release = (body for _, _, body in platform.actions)
    assert accept["unit_id"]
    assert accept["eta_s"] >= 1
    assert (arrive["lat"], arrive["lon"]) == (lift.lat, lift.lon)
    assert release == {"persons": 2, "injured": 0, "method": "crew", "said_by": "被困乘客 passenger freed"}
    assert world.repaired == [lift.spec.lift_id]


async def test_an_empty_car_is_released_with_nobody(platform):
    world, lift = World(), CITY.lifts[0]
    async with working(platform, world):
        platform.ask(lift.firm, lift)
        await until(lambda: world.repaired)
    assert platform.actions[-1][2]["persons"] == 0
    assert platform.actions[-1][2]["method"] == "other"


async def test_a_rescue_whose_lift_is_not_known_is_answered_too(platform):
    async with working(platform, World()):
        platform.ask(CITY.firms[1].name, None)
        await until(lambda: platform.assignments[0]["state"] == "ended")


async def test_a_crew_that_was_bound_by_a_person_goes_on_from_there(platform):
    world, lift = World(), CITY.lifts[0]
    async with working(platform, world):
        platform.ask(lift.firm, lift, state="accepted", unit="江润河东班组")
        await until(lambda: platform.assignments[0]["state"] == "ended")
    assert [(who, what) for who, what, _ in platform.actions] == [
        ("江润河东班组", "on_way"), ("江润河东班组", "arrive"), ("江润河东班组", "release"),
    ]  # fmt: skip


async def test_a_crew_that_is_stood_down_goes_home_and_takes_the_next(platform):
    world = World()
    lifts = [lift for lift in CITY.lifts if lift.firm == CITY.firms[3].name]
    async with working(platform, world, Habits(speed=400.0, poll=0.02)):
        platform.ask(lifts[0].firm, lifts[0])
        await until(lambda: platform.assignments[0]["state"] == "accepted")
        platform.assignments[0]["state"] = "stood_down"
        platform.ask(lifts[1].firm, lifts[1])
        await until(lambda: platform.assignments[1]["state"] == "ended")
    assert "release" not in [what for _, what, body in platform.actions if body.get("assignment_id") == "a0"]


async def test_a_firm_sends_no_more_crews_than_it_has(platform):
    firm = CITY.firms[3]  # one unit
    lifts = [lift for lift in CITY.lifts if lift.firm == firm.name][:2]
    async with working(platform, World(), Habits(speed=300.0, poll=0.02)):
        for lift in lifts:
            platform.ask(firm.name, lift)
        await until(lambda: all(a["state"] == "ended" for a in platform.assignments))
    order = [what for _, what, _ in platform.actions]
    assert order == ["accept", "on_way", "arrive", "release"] * 2, "one after the other"


@pytest.mark.parametrize(("habits", "actions"), [
    (Habits(speed=2000.0, poll=0.02, decline=1.0), ["decline"]), (Habits(speed=2000.0, poll=0.02, ignore=1.0), []),
])  # fmt: skip
async def test_crews_decline_or_do_not_answer_when_told_so(platform, habits, actions):
    async with working(platform, World(), habits):
        platform.ask(CITY.lifts[0].firm, CITY.lifts[0])
        await until(lambda: len(platform.actions) == len(actions))
        await asyncio.sleep(0.3)
    assert [what for _, what, _ in platform.actions] == actions


async def test_a_platform_that_is_away_for_a_moment_is_asked_again(platform, monkeypatch):
    monkeypatch.setattr(public_api, "PAUSE", 0.01)
    world, lift = World(), CITY.lifts[0]
    async with working(platform, world):
        platform.ask(lift.firm, lift)
        await until(lambda: platform.actions)
        platform.broken = 4
        await until(lambda: platform.assignments[0]["state"] == "ended")


async def test_a_refusal_is_told_in_the_platforms_own_words(platform):
    async with public_api.client(platform.url, "wrong") as nobody:
        with pytest.raises(TroubleError, match="401 Unauthorized"):
            await seed.register(nobody, CITY)
