"""500 lifts lose their power within ten seconds: the whole platform in real time, seen from a console's stream."""

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import aiomqtt
import httpx

from alerts.policy import Area, Faults, Policy, Threshold
from deploy.servers import Mosquitto, free_port
from elevator import clock
from elevator.settings import Settings
from tests.e2e.town import ADMIN, Person, Services, Token, now, until

HOUSES, PER_HOUSE = 20, 25
OF_A_FEEDER = 4  # houses on each of two feeders; the others stand on none
CUT_S = 10.0  # within which the power goes
SCREEN_S = 5.0  # from the last loss of a group to its whole list on the screen
OCCUPIED = 5  # of each house
# Times are shortened so that the test need not wait a minute for what must not come.
POLICY = Policy(
    rules=Policy().rules | {"power_lost": Threshold(suspect_s=3, confirm_s=6)}, area=Area(over_s=2), faults=Faults(opens_s=8)
)  # fmt: skip


class Screen:
    """A dispatcher's console: the newest of every incident, and when its list first stood there in full."""

    def __init__(self) -> None:
        self.incidents: dict[str, dict[str, Any]] = {}
        self.full_at: dict[str, datetime] = {}
        self.wanted: dict[str, set[str]] = {}
        self.events = 0

    async def read(self, address: str) -> None:
        headers = {"Authorization": f"Bearer {ADMIN}"}
        async with (
            httpx.AsyncClient(timeout=None) as http,
            http.stream("GET", f"{address}/api/v1/stream", headers=headers) as answer,
        ):
            name = ""
            async for line in answer.aiter_lines():
                if line.startswith("event:"):
                    name = line.split(":", 1)[1].strip()
                elif line.startswith("data:") and name == "incident":
                    self.see(json.loads(line.split(":", 1)[1]))

    def see(self, incident: dict[str, Any]) -> None:
        self.events += 1
        known = self.incidents.get(incident["id"])
        if known is None or known["version"] <= incident["version"]:
            self.incidents[incident["id"]] = incident
        if incident["kind"] == "area" and incident["code"] not in self.full_at:
            listed = {one["lift_id"] for one in incident["lifts"]}
            if listed == self.wanted.get(incident["code"]):
                self.full_at[incident["code"]] = clock.now()

    def of(self, kind: str, *, is_open: bool = True) -> list[dict[str, Any]]:
        ended = {"closed", "cleared", "cancelled"}
        return [
            one for one in self.incidents.values() if one["kind"] == kind and (one["state"] not in ended) is is_open
        ]  # fmt: skip


@contextlib.asynccontextmanager
async def platform(database: str, broker: Mosquitto) -> AsyncIterator[tuple[Person, Screen]]:
    port = free_port()
    settings = Settings(
        database_url=database, mqtt_url=broker.url, admin_token=ADMIN, mqtt_client_id=broker.client_id
    )  # fmt: skip
    services, address, screen = Services(settings, POLICY, port), f"http://127.0.0.1:{port}", Screen()
    await services.start()
    admin = Person(address, Token(ADMIN))
    reading = asyncio.create_task(screen.read(address))
    try:
        yield admin, screen
    finally:
        reading.cancel()
        await asyncio.wait({reading})
        await admin.http.aclose()
        await services.stop()


def town() -> dict[str, tuple[str, str]]:
    """The lifts, with house and feeder."""
    return {
        f"L{house:02}-{number:02}": (f"House {house}", f"F{house // OF_A_FEEDER}" if house < 2 * OF_A_FEEDER else "")
        for house in range(HOUSES)
        for number in range(PER_HOUSE)
    }


def is_occupied(lift_id: str) -> bool:
    return int(lift_id.split("-")[1]) < OCCUPIED


class Fleet:
    """All lifts, on one line to the broker."""

    def __init__(self, line: aiomqtt.Client, lifts: dict[str, tuple[str, str]]) -> None:
        self.line, self.lifts = line, lifts
        self.sequence: dict[str, int] = defaultdict(int)
        self.lost_at: dict[str, datetime] = {}

    async def send(self, lift_id: str, **fields: Any) -> None:
        body = {
            "ts": clock.now_ms(), "seq": self.sequence[lift_id], "boot": "b", "mode": "normal", "floor": "3",
            "moving": False, "door_zone": True, "door": "closed", "occupied": is_occupied(lift_id),
        } | fields  # fmt: skip
        self.sequence[lift_id] += 1
        await self.line.publish(f"lift/v1/{lift_id}/telemetry", json.dumps(body), qos=1)

    async def lose_power(self) -> None:
        """One after the other, all houses at the same time."""
        began = clock.now()
        for number, lift_id in enumerate(sorted(self.lifts, key=lambda one: one[::-1])):
            await self.send(lift_id, power="battery", faults=["power_loss"])
            self.lost_at[lift_id] = clock.now()
            ahead = number / len(self.lifts) * CUT_S - (clock.now() - began).total_seconds()
            if ahead > 0:
                await asyncio.sleep(ahead)
        assert (clock.now() - began).total_seconds() < CUT_S + 2


async def register(admin: Person, lifts: dict[str, tuple[str, str]]) -> None:
    lines = ["lift_id,rescue_code,name,building,feeder"]
    lines += [f"{one},{100000 + n},{one},{house},{feeder}" for n, (one, (house, feeder)) in enumerate(lifts.items())]
    answer = await admin.http.post(
        "/lifts/import", content="\n".join(lines), headers={"Content-Type": "text/csv"}, timeout=30
    )
    assert answer.json()["inserted"] == len(lifts)


def check_list(area: dict[str, Any], members: set[str], rescues: dict[str, dict[str, Any]]) -> None:
    """Everybody stands in it, occupied first, longest first, each with its own rescue, which names the area."""
    listed = area["lifts"]
    assert {one["lift_id"] for one in listed} == members
    inside = sum(is_occupied(one) for one in members)
    assert [one["occupied"] for one in listed] == [True] * inside + [False] * (len(listed) - inside)
    assert [one["since"] for one in listed[:inside]] == sorted(one["since"] for one in listed[:inside])
    assert {one["state"] for one in listed} == {"no_power"}
    for one in listed[:inside]:
        rescue = rescues[one["lift_id"]]
        assert (one["rescue"], one["rescue_state"], rescue["area"]) == (rescue["id"], rescue["state"], area["id"])


async def test_five_hundred_lifts_without_power_are_one_incident_per_building_or_feeder(
    database: str, broker: Mosquitto
) -> None:
    lifts = town()
    people = {one for one in lifts if is_occupied(one)}
    groups: dict[str, set[str]] = defaultdict(set)
    for lift_id, (house, feeder) in lifts.items():
        groups[f"power:feeder:{feeder}" if feeder else f"power:building:{house}"].add(lift_id)
    where = urlsplit(broker.lift_url)
    async with (
        platform(database, broker) as (admin, screen),
        aiomqtt.Client(where.hostname or "", where.port or 0, protocol=aiomqtt.ProtocolVersion.V5) as line,
    ):
        screen.wanted = groups
        await register(admin, lifts)
        fleet = Fleet(line, lifts)
        for lift_id in lifts:
            await fleet.send(lift_id)

        async def all_heard() -> bool:
            return bool((await admin.get("/overview"))["lifts_online"] == len(lifts))

        await until(all_heard, "every lift was heard", 30)
        await asyncio.sleep(2.5)  # the person sensors count after two seconds
        await fleet.lose_power()
        await until(lambda: now(len(screen.full_at) == len(groups)), "every list stands on the screen", 30)

        def rescued() -> bool:
            found = screen.of("rescue")
            return len(found) == len(people) and all(one["state"] != "suspected" for one in found)

        await until(lambda: now(rescued()), "every occupied car has its rescue", 30)
        await asyncio.sleep(POLICY.faults.opens_s)  # by now empty cars would have their faults

    areas = {one["code"]: one for one in screen.of("area")}
    assert len(screen.of("area")) == len(areas)
    assert set(areas) == set(groups)
    rescues = {one["lift_id"]: one for one in screen.of("rescue")}
    assert set(rescues) == people
    for code, area in areas.items():
        check_list(area, groups[code], rescues)
        fifth = sorted(fleet.lost_at[one] for one in groups[code])[4]
        assert datetime.fromisoformat(area["opened_at"]) - fifth < timedelta(seconds=2 * SCREEN_S), code
    area_ids = {one["id"] for one in areas.values()}
    folded = screen.of("fault", is_open=False)
    for kind in ("fault", "offline", "system"):
        assert screen.of(kind) == []
        assert all(one["area"] in area_ids for one in screen.of(kind, is_open=False)), "folded, if it ever was opened"
    assert screen.of("area", is_open=False) == []
    delays = sorted(
        (screen.full_at[code] - max(fleet.lost_at[one] for one in members)).total_seconds()
        for code, members in groups.items()
    )
    print(
        f"\n{len(lifts)} lifts without power in {CUT_S:g} s: {len(areas)} area incidents, {len(rescues)} rescues;"
        f" from a group's last loss to its whole list on the screen: median {delays[len(delays) // 2]:.2f} s,"
        f" longest {delays[-1]:.2f} s; {len(folded)} faults opened and folded; {screen.events} incident events"
    )
    assert delays[-1] < 4 * SCREEN_S  # the order; the figure is printed
