"""A month of maintenance of three firms, for the pictures: entered as it would have come in.

By the writers of visits and orders, with the clock of that day. One firm comes in time, one is sometimes late, one
often, from afar, entered later, and not always there.
"""

import asyncio
import io
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx
import psycopg
from PIL import Image

from alerts.incident import Actor, Role
from alerts.maintenance import ordering, visiting
from alerts.maintenance.order import Action, Request
from alerts.maintenance.plans import shelf
from alerts.maintenance.plans.plan import Kind
from alerts.maintenance.plausibility import keeping
from alerts.maintenance.visit import Op
from alerts.maintenance.visiting import Sent
from alerts.policy import Policy
from alerts.store import new_id
from deploy.stack import Running
from elevator import clock, db
from elevator.columns import POSITIONS
from elevator.errors import ServerError
from elevator.model import LiftClass

DAYS = 31
PASSWORD = "of a house 7"  # noqa: S105 - of a platform that lives two minutes
POLICY = Policy()
# name, chance that a visit is late, entered later, from afar, leaves an order open; its houses with district
FIRMS: tuple[tuple[str, float, float, float, float, tuple[tuple[str, str], ...]], ...] = (
    ("湘安电梯", 0.03, 0.02, 0.0, 0.2, (("湘江花园", "天元区"), ("株洲中心", "天元区"))),
    ("衡顺电梯", 0.35, 0.1, 0.02, 0.5, (("神农大厦", "芦淞区"), ("贺家土小区", "芦淞区"))),
    ("快捷机电", 0.6, 0.5, 0.3, 0.9, (("响石岭广场", "荷塘区"), ("桂花苑", "荷塘区"))),
)
GHOST = "快捷机电"  # whose technicians do not always go there
PEOPLE = (("王维", 600), ("李白", 410), ("杜甫", 19), ("贺知章", -6))
FAULTS = (("A-1-15", "3 层井道灯不亮"), ("A-1-24", "5 层外呼按钮松动"), ("A-1-30", "底坑有少量积水"),
          ("A-1-16", "轿厢照明一盏不亮"), ("A-1-26", "2 层层门自闭无力"))  # fmt: skip
LIFTS_OF_A_HOUSE = 6
AT = (27.8274, 113.1339)


def drawing(chance: random.Random) -> dict[str, str]:
    """A signature: a few strokes from left to right, nobody's."""
    x, path = 10.0, "M10 60"
    for _ in range(chance.randint(5, 9)):
        x += chance.uniform(14, 30)
        path += f"Q{x - 12:.0f} {chance.uniform(5, 95):.0f} {x:.0f} {chance.uniform(35, 75):.0f}"
    return {"kind": "svg", "data": path}


class Town:
    """Firms, people, houses and lifts, entered over the interface."""

    def __init__(self, running: Running) -> None:
        self.running, self.chance, self.now = running, random.Random(7), clock.now()  # noqa: S311 - the same month each time
        self.lifts: list[dict[str, Any]] = []
        self.firms: dict[str, dict[str, Any]] = {}
        headers = {"Authorization": f"Bearer {running.admin_token}"}
        self.http = httpx.Client(base_url=f"{running.api_url}/api/v1", headers=headers, timeout=20)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """One call with the administrator's token."""
        answer = self.http.request(method, path, json=body, headers=headers)
        if not answer.is_success:
            raise ServerError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None

    def enter(self) -> None:
        """The registry, as if it had been there for some weeks."""
        for firm, *_, houses in FIRMS:
            made = self.call("POST", "/firms", {"name": firm, "phone": "0731-2288 0110"})
            unit = self.call("POST", "/units", {"firm_id": made["id"], "name": f"{firm[:2]}一组"})
            crew = [self.employ(made["id"], name, days) for name, days in PEOPLE]
            self.firms[firm] = {"id": made["id"], "unit": unit["id"], "crew": crew}
            for house, district in houses:
                for n in range(1, LIFTS_OF_A_HOUSE + 1):
                    number = len(self.lifts) + 1
                    lift = {
                        "lift_id": f"31104302112016{number:06}", "rescue_code": f"{430000 + number}",
                        "name": f"{(n + 1) // 2} 栋 {2 - n % 2} 梯", "building": house, "district": district,
                        "address": f"{district}建设路 {number} 号", "firm": made["id"], "lat": AT[0], "lon": AT[1],
                    }  # fmt: skip
                    self.call("POST", "/lifts", lift)
                    self.lifts.append(lift | {"of": firm})
        with psycopg.connect(self.running.database_url, autocommit=True) as connection:
            begin = self.now - timedelta(days=DAYS + 1)
            connection.execute("UPDATE lift SET created_at = %s", [begin])
            connection.execute("UPDATE lift_maintenance SET since = %s", [begin.date()])

    def employ(self, firm_id: str, name: str, days: int) -> dict[str, Any]:
        """Somebody of a firm, with a certificate that ends so many days from now."""
        day = (self.now + timedelta(days=days)).date().isoformat()
        certificate = {"kind": "T 电梯修理", "number": f"T4302{self.chance.randrange(10**8):08}", "valid_until": day}
        body = {"name": name, "firm_id": firm_id, "certificates": [certificate]}
        return dict(self.call("POST", "/workers", body))

    def photo(self, lift_id: str) -> str:
        """A picture of something grey, sent as a phone sends it."""
        shade = self.chance.randrange(60, 200)
        drawn = Image.effect_noise((320, 240), self.chance.uniform(20, 70)).point(lambda value: value * shade // 255)
        file = io.BytesIO()
        drawn.convert("RGB").save(file, "JPEG")
        answer = self.http.post(
            f"/lifts/{lift_id}/photos", content=file.getvalue(), headers={"Content-Type": "image/jpeg"}
        )
        return str(answer.raise_for_status().json()["id"])

    def person(self, login: str, name: str, role: str, **scope: str) -> None:
        """Somebody with an account."""
        self.call("POST", "/users", {"login": login, "name": name, "role": role, "password": PASSWORD, **scope})


class Month:
    """What the crews did in a month, each day with the clock of that day."""

    def __init__(self, town: Town, connection: db.Connection) -> None:
        self.town, self.connection, self.chance = town, connection, town.chance

    async def pass_by(self) -> None:
        """Every lift in turn, each at the pace of its firm."""
        for number, lift in enumerate(self.town.lifts):
            name, late, *_ = next(one for one in FIRMS if one[0] == lift["of"])
            day = -DAYS + 1 + number % 12
            while day < 0:
                await self.visit(lift, name, day)
                day += self.chance.randint(16, 24) if self.chance.random() < late else self.chance.randint(13, 15)

    async def visit(self, lift: dict[str, Any], firm: str, day: int) -> None:
        """One visit with what came of it."""
        _, _, entered_later, afar, stays_open, _ = next(one for one in FIRMS if one[0] == firm)
        known, chance = self.town.firms[firm], self.chance
        actor = Actor(kind="user", id=known["unit"], name=f"{firm[:2]}一组", role=Role.RESPONDER, firm_id=known["id"],
                      unit_id=known["unit"])  # fmt: skip
        hour = self.town.lifts.index(lift) % 9  # nobody is at two lifts at once
        begin = (self.town.now + timedelta(days=day)).replace(hour=hour, minute=chance.randrange(12), second=0)
        later = chance.random() < entered_later
        where = 0.03 if chance.random() < afar else 0.0002
        fault = chance.choice(FAULTS) if chance.random() < 0.12 else None
        picture = await asyncio.to_thread(self.town.photo, lift["lift_id"])
        results = []
        for item in shelf.newest(LiftClass.TRACTION).items_of(Kind.HALF_MONTH):
            one: dict[str, Any] = {"code": item.code, "outcome": "normal", "photos": [picture] if item.key else []}
            if item.least is not None:
                one["value"] = item.least + chance.randint(0, 3)
            if fault and item.code == fault[0]:
                one |= {"outcome": "abnormal", "text": fault[1], "photos": [picture]}
            results.append(one)
        worker = known["crew"][chance.randrange(2)]["id"]
        steps: list[tuple[float, Op, dict[str, Any]]] = [
            (0, Op.CHECK_IN, {"kind": "half_month", "worker_id": worker, "lat": AT[0] + where, "lon": AT[1]}),
            (chance.randint(20, 45), Op.RESULTS, {"results": results}),
            (1, Op.SIGN, {"worker_id": worker, "drawing": drawing(chance)}),
            (1, Op.CHECK_OUT, {}),
        ]
        visit_id, at = new_id(), begin
        sent = []
        for n, (minutes, op, body) in enumerate(steps, 1):
            at += timedelta(minutes=minutes)
            sent.append(Sent(id=new_id(), op=op, body=body, device=f"phone-{firm}", n=n, device_at=at))
        if later:
            at += timedelta(hours=5)
            await self.take(visit_id, lift, sent, actor, "sync", at)
        else:
            for one in sent:
                await self.take(visit_id, lift, [one], actor, "console", one.device_at or at)
        end = begin + timedelta(minutes=sum(minutes for minutes, _, _ in steps))
        await self.lift_tells(lift["lift_id"], begin, end, works=not (later and firm == GHOST))
        officer = Actor(kind="link", id=visit_id, name="赵经理", role=Role.PROPERTY, building=lift["building"])
        if day < -2 or chance.random() < 0.5:
            body = {"name": "赵经理", "drawing": drawing(chance), "channel": "link"}
            signed = Sent(id=new_id(), op=Op.COUNTERSIGN, body=body)
            await self.take(visit_id, lift, [signed], officer, "link", at + timedelta(hours=3))
        if fault and chance.random() > stays_open:
            await self.repair(visit_id, actor, officer, picture, at)

    async def lift_tells(self, lift_id: str, begin: datetime, end: datetime, *, works: bool) -> None:
        """What the controller said meanwhile: inspection mode, a ride, the door; or nothing of the kind."""
        ride, door = begin + (end - begin) * 0.6, begin + (end - begin) * 0.7
        for since, until, mode, told, moving in (
            (begin - timedelta(minutes=6), begin, "normal", "closed", False),
            (begin, ride, "inspection" if works else "normal", "closed", False),
            (ride, door, "normal", "closed", works),
            (door, end, "normal", "open" if works else "closed", False),
            (end, end + timedelta(minutes=6), "normal", "closed", False),
        ):
            await self.connection.execute(
                "INSERT INTO sample (lift_no, ts, boot, seq, received_at, mode, door, power, safety_chain, moving,"
                " door_zone, floor, replay, late) SELECT lift_no, t, 'b', extract(epoch FROM t), t, %s, %s, %s, %s, %s,"
                " true, '1', false, false FROM lift, generate_series(%s, %s::timestamptz - interval '1 s', '30 s') t"
                " WHERE lift_id = %s",
                [POSITIONS["mode"][mode], POSITIONS["door"][told], POSITIONS["power"]["mains"],
                 POSITIONS["safety_chain"]["closed"], moving, since, until, lift_id],
            )  # fmt: skip

    async def judge(self) -> None:
        """Whether each visit happened, as the platform would have found by now."""
        while found := await keeping.waiting(self.connection, self.town.now, 200):
            for visit_id in found:
                async with self.connection.transaction():
                    await keeping.compute(self.connection, visit_id, POLICY, self.town.now)

    async def take(
        self, visit_id: str, lift: dict[str, Any], sent: Sequence[Sent], actor: Actor, channel: str, now: datetime
    ) -> None:
        """Operations as they were received at that moment."""
        async with self.connection.transaction():
            await visiting.take(
                self.connection, visit_id, lift["lift_id"], sent, actor=actor, channel=channel,
                sent_at=now if channel == "sync" else None, policy=POLICY, now=now,
            )  # fmt: skip

    async def repair(self, visit_id: str, actor: Actor, officer: Actor, picture: str, at: datetime) -> None:
        """An order done and closed within some days."""
        found = await self.connection.execute("SELECT id FROM work_order WHERE visit_id = %s", [visit_id])
        for row in await found.fetchall():
            done = Request(action=Action.DONE, text="已更换，试运行正常", photos=(picture,))
            for step, by, days in ((done, actor, 1.2), (Request(action=Action.CLOSE), officer, 1.6)):
                async with self.connection.transaction():
                    await ordering.act(self.connection, row["id"], step, by, at + timedelta(days=days))
