"""Visits of the last hours, honest and ghost, told to a running platform: telemetry over MQTT, the rest over HTTP.

A visit takes half an hour, and nobody watches a demo for so long. So the hours before now are lived in virtual time;
what the lifts would have said arrives as `replay`, as after a line that was away, and each phone sends its batch.
"""

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from elevator.model import LiftClass, LiftId
from elevator.topics import Kind, Topic
from simulators.city import City, CityLift
from simulators.firms import crew
from simulators.firms.deeds import MINUTE, Deed, Place, Rounds, Technician
from simulators.firms.rates import Mixture, standard
from simulators.firms.virtual import city_rates, messages
from simulators.public_api import Platform, client
from simulators.publisher import Broker
from simulators.truth.site import Site
from simulators.truth.story import Lift, Message

# Who comes, one lift each: the technician, how he works, and what he does instead.
CAST: tuple[tuple[str, str, str | None], ...] = (
    ("王维", "ordinary", None), ("李白", "experienced", None), ("王维", "slow", None),
    ("杜甫", "ordinary", "never_came"), ("杜甫", "ordinary", "drive_by"), ("杜甫", "ordinary", "photo_reused"),
    ("李白", "unswitched", None),
    ("杜甫", "ordinary", "lobby"), ("王维", "ordinary", None), ("杜甫", "ordinary", "clever"),
)  # fmt: skip
_BATCH = 100  # samples in one message (contract 2)
_SLOW = 20.0  # s for the broker
_NAME = "simulator: visits"  # our token's
_CLASSES = frozenset({LiftClass.TRACTION, LiftClass.HYDRAULIC})


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Where to, and of what."""

    where: Broker
    api_url: str
    token: str  # an admin's
    city: City
    seed: int = 1

    async def tell(self, now: int) -> list[crew.Sent]:
        """Tell the visits that ended before `now` (ms); at least ten minutes ago, so that all of it is over.

        Raises:
            TroubleError: the platform refuses.
        """
        firm = self.city.firms[0].name
        lifts = [one for one in self.city.lifts if one.firm == firm and one.lift_class in _CLASSES][: len(CAST)]
        deeds = self.deeds(lifts, now)
        said = [(lift, told(deed, lift, self.seed)) for deed, lift in zip(deeds, lifts, strict=True)]
        await asyncio.to_thread(publish, self.where, said)
        async with client(self.api_url, self.token) as admin:
            firm_id = next(one["id"] for one in await admin.items("/firms") if one["name"] == firm)
            secret = await _token(admin, firm_id)
        async with client(self.api_url, secret) as platform:
            workers = await _workers(platform)
            sent = []
            for deed, lift in sorted(zip(deeds, lifts, strict=True), key=lambda pair: pair[0].began):
                items = await _items(platform, lift)
                sent.append(await crew.send(platform, deed, lift, workers[deed.technician], items, now))
        return sent

    def deeds(self, lifts: Sequence[CityLift], now: int) -> list[Deed]:
        """Who made which visit when; one for each lift."""
        places = {n: Place(building=one.spec.building, east=0, north=0) for n, one in enumerate(lifts)}
        rounds = Rounds(_plain(standard()), seed=self.seed, firm=0, lifts=places, begin=now)
        found, ends = list[Deed](), dict[str, int]()
        for number, (name, honest, ghost) in enumerate(CAST[: len(lifts)]):
            person = Technician(id=name, honest=honest, ghosting=ghost is not None, keeps_signature=False)
            began = ends.get(name, now - 4 * 60 * MINUTE)
            deed = rounds.visit(f"{self.seed}/{now}/{number}", person, number, ghost, began)
            ends[name] = deed.left + 10 * MINUTE
            found.append(deed)
        late = max(0, max(one.left for one in found) - (now - 10 * MINUTE))
        return [one.moved(-late) for one in found]


def _plain(mixture: Mixture) -> Mixture:
    """Without the oddities: a demo is short, and each visit stands for its kind."""
    return {**mixture, "oddity": dict.fromkeys(mixture["oddity"], 0.0) | {"countersigned": 1.0}}


def told(deed: Deed, lift: CityLift, seed: int) -> list[bytes]:
    """The samples of a visit's lift as it sends them when its line is back."""
    mixture = {**standard(), "lift": dict.fromkeys(standard()["lift"], 0.0)}
    return replayed(messages(deed, site_of(lift), mixture, city_rates(), seed))


def replayed(those: Iterable[Message]) -> list[bytes]:
    """Telemetry as batches from a buffer."""
    samples: list[dict[str, Any]] = []
    for one in those:
        if one.kind is Kind.TELEMETRY:
            found = json.loads(one.payload)
            samples += found if isinstance(found, list) else [found]
    kept = [sample | {"boot": f"past {sample['boot']}", "replay": True} for sample in samples]
    return [json.dumps(kept[n : n + _BATCH]).encode() for n in range(0, len(kept), _BATCH)]


def site_of(lift: CityLift) -> Site:
    """The same lift for the truth: with all its signals."""
    spec, car = lift.spec, lift.spec.car
    return Site(
        lift=Lift(lift_id=spec.lift_id, lift_class=lift.lift_class, building=spec.building, feeder=lift.feeder),
        use=spec.use, floors=len(car.landings), main=spec.main, storey=car.heights[1] - car.heights[0],
        speed=car.rated_speed, acceleration=car.acceleration, jerk=car.jerk, load_rated=car.load_rated, interval=30,
        trips=60.0, sensor=spec.presence, counts=spec.counts, names=car.landings,
    )  # fmt: skip


def publish(where: Broker, those: Iterable[tuple[CityLift, list[bytes]]]) -> None:
    """Publish batches of several lifts, each acknowledged by the broker."""
    line = paho.Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    if where.user is not None:
        line.username_pw_set(where.user, where.password)
    line.connect(where.host, where.port)
    line.loop_start()
    try:
        waiting = [
            line.publish(str(Topic(LiftId(lift.spec.lift_id), Kind.TELEMETRY)), batch, qos=1)
            for lift, batches in those
            for batch in batches
        ]
        for one in waiting:
            one.wait_for_publish(_SLOW)
    finally:
        line.disconnect()
        line.loop_stop()


async def _token(admin: Platform, firm_id: str) -> str:
    for old in await admin.items("/tokens"):
        if old["name"] == _NAME:
            await admin.must("DELETE", f"/tokens/{old['id']}")
    made = await admin.must("POST", "/tokens", {"name": _NAME, "role": "firm", "firm_id": firm_id})
    return str(made["token"])


async def _workers(platform: Platform) -> dict[str, str]:
    known = {one["name"]: one["id"] for one in await platform.items("/workers")}
    for number, name in enumerate(dict.fromkeys(name for name, _, _ in CAST)):
        if name not in known:
            certificate = {"kind": "T 电梯修理", "number": f"T43020319900101000{number}", "valid_until": "2099-12-31"}
            made = await platform.must("POST", "/workers", {"name": name, "certificates": [certificate]})
            known[name] = made["id"]
    return known


async def _items(platform: Platform, lift: CityLift) -> list[dict[str, Any]]:
    plans = await platform.items("/plans", lift_class=str(lift.lift_class))
    plan = await platform.must("GET", f"/plans/{plans[0]['id']}")
    return [one for one in plan["items"] if one["kind"] == "half_month"]
