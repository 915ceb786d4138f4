"""Making a city known to the platform over its public HTTP API: firms, units, lifts, and a token for each crew.

Everything may be done any number of times: what is there already is left as it is, lifts are brought up to date.
"""

import csv
import io
from dataclasses import dataclass
from typing import Any

from simulators.city import City, CityLift
from simulators.public_api import Platform
from simulators.trouble import TroubleError

COLUMNS = (
    "lift_id", "rescue_code", "name", "lift_class", "address", "building", "district", "feeder", "gateway",
    "lat", "lon", "firm", "model", "rated_speed", "load_rated", "floors", "commissioned_on",
)  # fmt: skip
_OURS = "simulator: "  # how our tokens' names begin


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """What was made; the rest was there."""

    firms: int
    units: int
    lifts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CrewToken:
    """What a firm's desk (`unit_id` None) or a crew signs in with."""

    firm_id: str
    unit_id: str | None
    name: str
    token: str


async def register(platform: Platform, city: City) -> Registered:
    """Register a city.

    Raises:
        TroubleError: the platform refuses; its sentence says what.
    """
    firms, new_firms = await _firms(platform, city)
    new_units = await _units(platform, city, firms)
    answer = await platform.must("POST", "/lifts/import", text=("text/csv; charset=utf-8", lifts_csv(city)))
    lifts = answer.get("inserted", len(city.lifts)) if isinstance(answer, dict) else len(city.lifts)
    return Registered(firms=new_firms, units=new_units, lifts=int(lifts))


def lifts_csv(city: City) -> str:
    """The registry's import file, with its header; landings are separated by spaces, the lowest first."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(map(_row, city.lifts))
    return text.getvalue()


def _row(lift: CityLift) -> dict[str, object]:
    spec = lift.spec
    return {
        "lift_id": spec.lift_id, "rescue_code": spec.rescue_code, "name": spec.name,
        "lift_class": lift.lift_class, "address": lift.address, "building": spec.building, "district": lift.district,
        "feeder": lift.feeder, "gateway": lift.gateway, "lat": lift.lat, "lon": lift.lon, "firm": lift.firm,
        "model": lift.model, "rated_speed": spec.car.rated_speed, "load_rated": spec.car.load_rated,
        "floors": " ".join(spec.car.landings), "commissioned_on": lift.since,
    }  # fmt: skip


async def _firms(platform: Platform, city: City) -> tuple[dict[str, str], int]:
    known = {firm["name"]: firm["id"] for firm in await platform.items("/firms")}
    new = 0
    for firm in city.firms:
        if firm.name not in known:
            made = await platform.must("POST", "/firms", {"name": firm.name, "phone": firm.phone})
            known[firm.name] = made["id"]
            new += 1
    return known, new


async def _units(platform: Platform, city: City, firms: dict[str, str]) -> int:
    known = {(unit["firm_id"], unit["name"]) for unit in await platform.items("/units")}
    new = 0
    for firm in city.firms:
        for unit in firm.units:
            if (firms[firm.name], unit.name) not in known:
                body = {"firm_id": firms[firm.name], "name": unit.name, "phone": unit.phone}
                await platform.must("POST", "/units", body)
                new += 1
    return new


async def crew_tokens(platform: Platform, city: City) -> list[CrewToken]:
    """New tokens for the city's firms (role `firm`) and crews (role `responder`); those of an earlier run end.

    Raises:
        TroubleError: the platform refuses, or the city was never registered.
    """
    firms = {firm["name"]: firm["id"] for firm in await platform.items("/firms")}
    units = {(unit["firm_id"], unit["name"]): unit["id"] for unit in await platform.items("/units")}
    wanted: list[tuple[str, str, str | None]] = []
    for firm in city.firms:
        firm_id = firms.get(firm.name)
        if firm_id is None:
            raise TroubleError(f"the platform does not know {firm.name}: register the city first")
        wanted.append((firm.name, firm_id, None))
        wanted += [(unit.name, firm_id, units[firm_id, unit.name]) for unit in firm.units]
    names = {_OURS + name for name, _, _ in wanted}
    for old in await platform.items("/tokens"):
        if old["name"] in names:
            await platform.must("DELETE", f"/tokens/{old['id']}")
    return [await _token(platform, name, firm_id, unit_id) for name, firm_id, unit_id in wanted]


async def _token(platform: Platform, name: str, firm_id: str, unit_id: str | None) -> CrewToken:
    body: dict[str, Any] = {"name": _OURS + name, "role": "responder" if unit_id else "firm", "firm_id": firm_id}
    if unit_id:
        body["unit_id"] = unit_id
    made = await platform.must("POST", "/tokens", body)
    return CrewToken(firm_id=firm_id, unit_id=unit_id, name=name, token=made["token"])
