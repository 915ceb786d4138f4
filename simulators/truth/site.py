"""What a lift of the city is: its building, its shaft, and what its controller can see and say.

Everything follows from the seed and the lift's number alone, so that any process can make any slice of the city.
Twelve lifts make a block on one feeder; a block is cut into buildings, each with a gateway of its own.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from elevator.model import LiftClass
from simulators.people import Use
from simulators.truth.dice import Dice, dice
from simulators.truth.rates import Rates
from simulators.truth.story import Lift

BLOCK = 12  # lifts on one feeder
# Kinds of building; the shares of places where people were trapped are 62–70 % housing.
_USES = ((Use.RESIDENTIAL, 65), (Use.OFFICE, 14), (Use.MALL, 8), (Use.HOSPITAL, 6), (Use.HOTEL, 4), (Use.STATION, 3))
_CLASSES = ((LiftClass.TRACTION, 90), (LiftClass.HYDRAULIC, 3), (LiftClass.ESCALATOR, 5), (LiftClass.HOIST, 2))
_STOREY = {Use.RESIDENTIAL: 2.9, Use.OFFICE: 3.6, Use.MALL: 4.5, Use.HOSPITAL: 3.9, Use.HOTEL: 3.2, Use.STATION: 4.8}

_DEAD_CLOCK = -1_767_000_000_000  # ms: a clock that lost its battery begins in 1970


class Says(StrEnum):
    """How a controller reports the codes that are active."""

    EVENTS = "events"
    SAMPLES = "samples"
    BOTH = "both"
    NOT = "not"


class Death(StrEnum):
    """What becomes of the controller when the mains fail."""

    BATTERY = "battery"  # it lives on, and says so
    OFF = "off"  # the lift is dark; the monitoring terminal lives on a buffer of its own
    SILENT = "silent"  # nothing more is heard


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One lift, as it was built and wired."""

    lift: Lift
    use: Use
    floors: int
    main: int  # the landing people come in by
    storey: float  # m
    speed: float  # m/s, rated
    acceleration: float
    jerk: float
    load_rated: float
    interval: int  # s between samples of a resting car
    trips: float  # of an ordinary day
    sensor: bool = True  # a person sensor
    counts: bool = False  # it counts people
    zone: bool = True  # a door zone signal
    command: bool = True  # reports `door_command`
    calls: bool = True  # reports `car_calls`
    chain: bool = True  # reports `safety_chain`
    place: bool = True  # reports `position` and `speed`
    says: Says = Says.BOTH
    verdict: bool = False  # the controller has an entrapment rule of its own
    button: bool = True  # the alarm button is wired to the terminal
    death: Death = Death.BATTERY
    rescuer: bool = False  # an automatic rescue device: on battery it goes to a landing and opens
    pre_opening: bool = False
    tests_itself: bool = False  # the alarm device calls every third day (EN 81-28)
    skew_ms: int = 0  # the clock is wrong by this at the beginning
    drift: float = 0.0  # ms per s
    latency_ms: int = 80
    names: tuple[str, ...] = field(default=())  # of the landings, lowest first


def building(seed: int, index: int) -> int:
    """The number of the building a lift stands in."""
    chance = dice(seed, "block", index // BLOCK)
    left, number = index % BLOCK, 0
    while True:
        size = 1 + chance.randrange(6)
        if left < size:
            return index // BLOCK * BLOCK + number
        left, number = left - size, number + 1


def _shape(use: Use, chance: Dice) -> tuple[int, float]:
    """Floors and rated speed."""
    match use:
        case Use.RESIDENTIAL:
            floors = chance.weighted(((7, 15), (11, 20), (18, 30), (26, 15), (33, 20)))
        case Use.OFFICE:
            floors = chance.weighted(((8, 30), (16, 30), (24, 20), (40, 15), (66, 5)))
        case Use.MALL | Use.STATION:
            floors = 3 + chance.randrange(5)
        case _:
            floors = 6 + chance.randrange(16)
    speed = 1.0 if floors <= 8 else 1.5 if floors <= 14 else 1.75 if floors <= 20 else 2.5 if floors <= 36 else 5.0
    if floors > 10 and chance.chance(0.15):
        speed = 1.0  # an old lift in a high house: whole runs of more than a minute
    return floors, speed


def site(seed: int, index: int, rates: Rates) -> Site:
    """The lift with that number."""
    number = building(seed, index)
    house, own = dice(seed, "building", number), dice(seed, "lift", index)
    use = house.weighted(_USES)
    floors, speed = _shape(use, house)
    lift_class = own.weighted(_CLASSES)
    if lift_class is LiftClass.HYDRAULIC:
        floors, speed = min(floors, 5), 0.6
    cellar = floors > 4 and house.chance(0.5)
    has = {name: own.chance(rate.per_10k / 10_000) for name, rate in rates.traits.items()}
    sensor = not has["no_person_sensor"]
    trips = {Use.RESIDENTIAL: 75, Use.OFFICE: 140, Use.MALL: 130, Use.HOSPITAL: 170, Use.HOTEL: 95, Use.STATION: 120}
    wrong = own.weighted(((own.ms(-400, 400), 75), (own.ms(-9e4, 3e5), 20), (_DEAD_CLOCK, 5)))
    skew = wrong if has["clock_wrong"] else own.ms(-3, 3)
    return Site(
        lift=Lift(
            lift_id=f"3301{seed % 10**6:06d}{index:010d}", lift_class=lift_class, building=f"building-{number}",
            feeder=f"feeder-{index // BLOCK}", gateway=f"gateway-{number}", rated_speed=speed, floors=floors,
            traits=tuple(name for name in has if has[name]),
        ),
        use=use,
        floors=floors,
        main=1 if cellar else 0,
        storey=_STOREY[use],
        speed=speed,
        acceleration=0.4 if lift_class is LiftClass.HYDRAULIC else 1.0,
        jerk=0.6 if lift_class is LiftClass.HYDRAULIC else 1.2,
        load_rated=own.weighted(((800.0, 20), (1000.0, 50), (1350.0, 20), (1600.0, 10))),
        interval=own.weighted(((30, 80), (60, 14), (20, 6))),
        trips=trips[use] * own.uniform(0.6, 1.5),
        sensor=sensor,
        counts=sensor and own.chance(0.15),
        zone=not has["no_door_zone"],
        command=own.chance(0.85),
        calls=own.chance(0.75),
        chain=own.chance(0.75),
        place=own.chance(0.85),
        says=own.weighted(((Says.BOTH, 40), (Says.EVENTS, 25), (Says.SAMPLES, 20), (Says.NOT, 15))),
        verdict=has["own_verdict"],
        button=not has["button_not_wired"],
        death=own.weighted(((Death.BATTERY, 60), (Death.OFF, 20), (Death.SILENT, 20))),
        rescuer=has["rescue_device_fitted"],
        pre_opening=has["pre_opening"],
        tests_itself=own.chance(0.5),
        skew_ms=skew,
        drift=own.gauss(0, 0.02) if has["clock_drifts"] else 0.0,
        latency_ms=own.randrange(160) + 30,
        names=tuple(([f"B{1}"] if cellar else []) + [str(n + 1) for n in range(floors - cellar)]),
    )  # fmt: skip
