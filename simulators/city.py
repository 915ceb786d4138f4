"""A city to simulate: firms with their units, buildings with their lifts, read from a TOML file in `cities/`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

from elevator.model import LiftClass
from elevator.topics import LIFT_ID
from simulators.fleet import LiftSpec
from simulators.people import Use
from simulators.shaft import CarSpec
from simulators.trouble import TroubleError

# A hydraulic car starts and stops more softly than a traction drive can, and sinks more under load.
_HYDRAULIC = {"acceleration": 0.4, "jerk": 0.6, "sag": 5e-5}


@dataclass(frozen=True, slots=True, kw_only=True)
class CityUnit:
    """A crew and where it waits."""

    name: str
    phone: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CityFirm:
    """A maintenance firm."""

    name: str
    phone: str
    units: tuple[CityUnit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CityLift:
    """One lift as the registry knows it, and as it is simulated."""

    spec: LiftSpec
    lift_class: LiftClass
    address: str
    district: str
    feeder: str
    gateway: str
    lat: float
    lon: float
    firm: str
    model: str
    since: str  # date, ISO 8601


@dataclass(frozen=True, slots=True, kw_only=True)
class City:
    """Everything a simulation needs to know of a place."""

    name: str
    en: str
    firms: tuple[CityFirm, ...]
    lifts: tuple[CityLift, ...]

    def part(self, lifts: int | None) -> "City":
        """The same city with its first lifts only.

        Raises:
            TroubleError: there are not so many.
        """
        if lifts is None:
            return self
        if not 1 <= lifts <= len(self.lifts):
            raise TroubleError(
                f"{self.en} has {len(self.lifts)} lifts; from 1 to that many can be simulated, not {lifts}"
            )
        return City(name=self.name, en=self.en, firms=self.firms, lifts=self.lifts[:lifts])


def load(name: str) -> City:
    """A city by the name of a file in `cities/`, or from a path.

    Raises:
        TroubleError: there is no such file, or it is not a city.
    """
    return parse(read(name, "cities"))


def read(name: str, folder: str) -> str:
    """The text of a TOML file that comes with the simulators, or of any other by its path.

    Raises:
        TroubleError: there is no such file.
    """
    ours = files("simulators").joinpath(folder, f"{name.removesuffix('.toml')}.toml")
    if "/" not in name and ours.is_file():
        return ours.read_text(encoding="utf-8")
    path = Path(name).expanduser()
    if path.is_file():
        return path.read_text(encoding="utf-8")
    known = sorted(f.name.removesuffix(".toml") for f in files("simulators").joinpath(folder).iterdir())
    raise TroubleError(f"there is no file {name!r}; {folder} that come with the program: {', '.join(known)}")


def landings(text: str) -> tuple[str, ...]:
    """The landings of a shaft: `"B1 1-3"` → B1, 1, 2, 3."""
    names: list[str] = []
    for word in text.split():
        first, dash, last = word.partition("-")
        names += [str(n) for n in range(int(first), int(last) + 1)] if dash else [word]
    return tuple(names)


def parse(text: str) -> City:
    """Read a city.

    Raises:
        TroubleError: what is wrong with it.
    """
    try:
        document = tomllib.loads(text)
        city = City(
            name=document["city"]["name"],
            en=document["city"]["en"],
            firms=tuple(map(_firm, document["firm"])),
            lifts=tuple(_lift(building, lift) for building in document["building"] for lift in building["lift"]),
        )
    except tomllib.TOMLDecodeError as error:
        raise TroubleError(f"the city is not TOML: {error}") from None
    except KeyError as error:
        raise TroubleError(f"the city lacks {error}") from None
    except (TypeError, ValueError) as error:
        raise TroubleError(f"the city cannot be read: {error}") from None
    _check(city)
    return city


def _firm(firm: Mapping[str, Any]) -> CityFirm:
    units = tuple(CityUnit(name=u["name"], phone=u["phone"], lat=u["lat"], lon=u["lon"]) for u in firm["unit"])
    return CityFirm(name=firm["name"], phone=firm["phone"], units=units)


def _lift(building: Mapping[str, Any], lift: Mapping[str, Any]) -> CityLift:
    names = landings(lift["landings"])
    storey, lift_class = float(building["storey"]), LiftClass(lift["class"])
    soft = _HYDRAULIC if lift_class is LiftClass.HYDRAULIC else {}
    car = CarSpec(
        landings=names,
        heights=tuple(round(storey * n, 3) for n in range(len(names))),
        rated_speed=float(lift["speed"]),
        load_rated=float(lift["load"]),
        **soft,
    )
    spec = LiftSpec(
        lift_id=lift["id"],
        rescue_code=lift["code"],
        name=lift["name"],
        building=building["name"],
        car=car,
        use=Use(building["use"]),
        main=names.index("1"),
        presence=lift["sensor"] != "none",
        counts=lift["sensor"] == "count",
    )
    return CityLift(
        spec=spec, lift_class=lift_class, address=building["address"], district=building["district"],
        feeder=building["feeder"], gateway=building["gateway"], lat=building["lat"], lon=building["lon"],
        firm=building["firm"], model=lift["model"], since=str(lift["since"]),
    )  # fmt: skip


def _check(city: City) -> None:
    firms = {firm.name for firm in city.firms}
    for key in ("lift_id", "rescue_code"):
        values = sorted(getattr(lift.spec, key) for lift in city.lifts)
        twice = [a for a, b in pairwise(values) if a == b]
        if twice:
            raise TroubleError(f"{key} stands twice: {twice[0]}")
    for lift in city.lifts:
        if not LIFT_ID.fullmatch(lift.spec.lift_id):
            raise TroubleError(f"{lift.spec.lift_id!r} is not a lift_id")
        if len(lift.spec.car.landings) < 2:
            raise TroubleError(f"{lift.spec.lift_id}: a shaft has at least two landings")
        if lift.firm not in firms:
            raise TroubleError(f"{lift.spec.lift_id}: there is no firm {lift.firm!r}")
