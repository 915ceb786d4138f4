"""Plausibility on the real database: computed when a visit is over, anew when something comes late, and who reads it."""

import asyncio
import io
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import uuid_utils
from PIL import Image

from alerts.maintenance.plausibility import keeping
from alerts.maintenance.timers import Timers
from alerts.policy import Policy
from api.plausible import PlausibilityItem, PlausibilityLine
from elevator.columns import POSITIONS
from tests.api_installation import installed
from tests.contract.test_api_openapi import undocumented
from tests.integration.test_maintenance_visits import Site, results

POLICY = Policy()
LINE = {"kind": "svg", "data": "M" + " L".join(f"{n * 7 % 90} {n * n % 40}" for n in range(30))}
OTHER = {"kind": "svg", "data": "M" + " L".join(f"{n * 11 % 90} {n * n % 37}" for n in range(30))}


class Watched(Site):
    """An installation whose lift L-1 tells what the test says."""

    seq = 0

    async def judge(self) -> int:
        self.after(seconds=61)
        return await Timers(self.place.pool, POLICY).judge()

    async def settle(self) -> None:
        """Judge until nothing more waits; that neighbours wake each other has an end."""
        for _ in range(5):
            if not await self.judge():
                return
        pytest.fail("visits wake each other for ever")

    async def lift_tells(
        self, since: datetime, until: datetime, *, step: float = 30, lift: str = "L-1", ahead: timedelta = timedelta(),
        late: timedelta | None = None, **changes: Any,
    ) -> None:  # fmt: skip
        """Samples between two moments; `ahead`: by how much the lift's clock is off, `late`: sent so long after."""
        told = {"mode": "normal", "door": "closed", "power": "mains", "safety_chain": "closed"} | changes
        columns = {name: POSITIONS[name][told.pop(name)] for name in ("mode", "door", "power", "safety_chain")}
        moment = since
        while moment < until:
            self.seq += 1
            await self.place.sql(
                "INSERT INTO sample (lift_no, ts, boot, seq, received_at, mode, door, power, safety_chain, moving,"
                " door_zone, floor, replay, late) SELECT lift_no, %(ts)s, 'b', %(seq)s, %(received)s, %(mode)s, %(door)s,"
                " %(power)s, %(safety_chain)s, %(moving)s, %(zone)s, '1', %(replay)s, %(replay)s"
                " FROM lift WHERE lift_id = %(lift)s",
                ts=moment + ahead, seq=self.seq, received=moment + (late or timedelta()), replay=late is not None,
                lift=lift, moving=told.get("moving", False), zone=told.get("zone", True), **columns,
            )  # fmt: skip
            moment += timedelta(seconds=step)

    async def works(self, since: datetime, until: datetime, **more: Any) -> None:
        """The lift tells of half an hour of work, from before the beginning until after the end."""
        half = since + (until - since) / 2
        await self.lift_tells(since - timedelta(minutes=6), since, **more)
        await self.lift_tells(since, half, mode="inspection", zone=False, **more)
        ride, door = half + timedelta(minutes=1), half + timedelta(minutes=3)
        await self.lift_tells(half, ride, moving=True, **more)
        await self.lift_tells(ride, door, door="open", **more)
        await self.lift_tells(door, until + timedelta(minutes=6), **more)

    async def idles(self, since: datetime, until: datetime, **more: Any) -> None:
        await self.lift_tells(since - timedelta(minutes=6), until + timedelta(minutes=6), **more)

    async def whole(
        self, minutes: float = 40, *, drawing: dict[str, str] = LINE, photo: str = "p1", **more: Any
    ) -> str:
        """A visit from check-in to check-out, now and for so long."""
        visit = await self.arrive(**more)
        self.after(minutes=minutes)
        found = [one | {"photos": [photo] if one["photos"] else []} for one in results()]
        await self.do(visit, "results", results=found)
        await self.do(visit, "sign", worker_id=more.get("worker_id", self.ids["wang"]), drawing=drawing)
        await self.do(visit, "check_out")
        return visit

    @property
    def now(self) -> datetime:
        return self.began + self.ahead

    async def plausible(self, visit: str, role: str = "supervisor") -> dict[str, Any]:
        answer = await self.call(role, "GET", f"/visits/{visit}/plausibility")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def codes(self, visit: str) -> set[str]:
        return {one["code"] for one in (await self.plausible(visit))["evidence"]}

    async def photo(self, colour: str, lift: str = "L-1") -> str:
        picture = io.BytesIO()
        image = Image.new("RGB", (64, 48), colour)
        image.putpixel((3, 3), (255, 255, 255))
        image.save(picture, "PNG")
        async with self.place.client("firm", **{"Content-Type": "image/png"}) as client:
            answer = await client.post(f"/api/v1/lifts/{lift}/photos", content=picture.getvalue())
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()["id"]


@pytest.fixture
async def site(database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> AsyncIterator[Watched]:
    async with installed(database, data_dir=tmp_path) as place:
        await Timers(place.pool, POLICY).enter()
        site = Watched(place, monkeypatch)
        site.began -= timedelta(hours=6)
        place.ids["wang"] = await site.employ("王维", 400)
        place.ids["li"] = await site.employ("李白", 400)
        yield site


async def test_a_visit_is_looked_at_a_minute_after_its_end(site: Watched) -> None:
    visit = await site.arrive(lat=27.8, lon=113.1)
    await site.works(site.now, site.now + timedelta(minutes=40))
    site.after(minutes=40)
    before = await site.plausible(visit)
    assert (before["level"], before["evidence"], before["computed_at"]) == (None, [], None)
    await site.finish(visit)
    assert await Timers(site.place.pool, POLICY).judge() == 0
    assert await site.judge() == 1
    found = await site.plausible(visit)
    assert undocumented(PlausibilityItem.model_validate(found)) == []
    assert (found["level"], found["thresholds"]) == ("supported", "thresholds-1")
    assert "inspection" in {one["code"] for one in found["evidence"]}
    assert found["telemetry"]["inspection_s"] == pytest.approx(1200, abs=30)
    assert found["telemetry"]["heard"] == 1
    assert found["items"]["A-1-11"] == "seen"
    assert "不是结论" in found["note"]["zh"]
    assert await site.judge() == 0  # once is enough
    detail = await site.seen(visit)
    assert detail["plausibility"] == {
        "level": "supported", "score": found["score"], "text": {"zh": "有佐证", "en": "supported"},
    }  # fmt: skip


async def test_an_idle_lift_makes_a_visit_doubtful_and_an_unheard_one_does_not(site: Watched) -> None:
    start = site.now
    idle = await site.whole()
    await site.idles(start, site.now)
    await site.judge()
    assert (await site.plausible(idle))["level"] == "doubtful"
    unheard = await site.after(hours=1).whole(drawing=OTHER)
    await site.judge()
    found = await site.plausible(unheard)
    assert (found["level"], found["telemetry"]["heard"]) == ("unknown", 0)
    assert min(one["points"] for one in found["evidence"]) >= 0


@pytest.mark.parametrize("ahead", [timedelta(hours=8), timedelta(minutes=-90)])
async def test_a_lift_s_wrong_clock_is_seen_through(site: Watched, ahead: timedelta) -> None:
    """It said hello with that clock; its samples stand in the table by it."""
    await site.place.sql(
        "INSERT INTO link (lift_no, received_at, ts, online, retained) SELECT lift_no, %(at)s, %(ts)s, true, false"
        " FROM lift WHERE lift_id = 'L-1'", at=site.now - timedelta(hours=1), ts=site.now - timedelta(hours=1) + ahead,
    )  # fmt: skip
    start = site.now
    visit = await site.whole()
    await site.works(start, site.now, ahead=ahead)
    await site.judge()
    found = await site.plausible(visit)
    assert found["telemetry"]["heard"] > 0.98
    assert found["level"] == "supported"


async def test_telemetry_that_comes_late_is_looked_at_again(site: Watched) -> None:
    start = site.now
    visit = await site.whole()
    await site.judge()
    assert (await site.plausible(visit))["level"] == "unknown"
    end = site.now - timedelta(seconds=61)
    await site.works(start, end, late=timedelta(minutes=55))
    assert await site.judge() == 0  # it was looked at just now
    site.after(minutes=15)
    assert await site.judge() == 1
    assert (await site.plausible(visit))["level"] == "supported"
    site.after(days=30)
    assert await site.judge() == 0  # heard throughout: nothing more is waited for


async def test_a_lift_that_stays_silent_is_not_asked_for_ever(site: Watched) -> None:
    await site.whole()
    looks = 0
    for _ in range(6):
        looks += await site.judge()
        site.after(days=8)
    assert looks == 2
    assert await site.place.sql("SELECT 1 FROM visit_plausibility WHERE look_at IS NOT NULL") == []


async def test_a_visit_that_changes_is_judged_anew(site: Watched) -> None:
    start = site.now
    visit = await site.whole()
    await site.idles(start, site.now)
    await site.judge()
    assert await site.after(hours=1).judge() == 0
    site.after(hours=1)
    await site.do(visit, "countersign", "property", name="赵经理", drawing=LINE)
    assert await site.judge() == 1


async def test_two_workers_at_once_judge_each_visit_once(site: Watched) -> None:
    for _ in range(3):
        await site.whole()
    site.after(seconds=61)
    done = await asyncio.gather(*(Timers(site.place.pool, POLICY).judge() for _ in range(3)))
    assert sum(done) >= 3
    assert len(await site.place.sql("SELECT 1 FROM visit_plausibility")) == 3
    await site.settle()
    assert await site.place.sql("SELECT 1 FROM visit WHERE judged IS DISTINCT FROM version") == []


async def test_one_visit_that_cannot_be_read_stops_no_other(site: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = await site.whole(), await site.whole()
    real = keeping.gathering.gather

    async def broken(tx: Any, visit: Any, *rest: Any) -> Any:
        if visit["id"] == first:
            raise ValueError("unreadable")
        return await real(tx, visit, *rest)

    monkeypatch.setattr(keeping.gathering, "gather", broken)
    assert await site.judge() == 1
    assert (await site.plausible(second))["level"] is not None


async def test_a_phone_s_wrong_clock_on_line_moves_nothing(site: Watched) -> None:
    """On line the receipt counts: nothing there tells how far the phone is off."""
    start = site.now
    wrong = (start - timedelta(hours=3)).isoformat()
    visit = await site.arrive(at=wrong)
    site.after(minutes=40)
    await site.finish(visit)
    await site.works(start, site.now)
    await site.judge()
    found = await site.plausible(visit)
    assert found["telemetry"]["heard"] == 1
    assert found["level"] == "supported"


async def test_a_visit_from_a_phone_without_network_counts_by_the_phone(site: Watched) -> None:
    start, visit = site.now, str(uuid_utils.uuid7())
    ops: list[dict[str, Any]] = [
        {"op": "check_in", "kind": "half_month", "worker_id": site.ids["wang"], "minute": 0},
        {"op": "pause", "minute": 15}, {"op": "resume", "minute": 60},
        {"op": "results", "results": results(), "minute": 80},
        {"op": "sign", "worker_id": site.ids["wang"], "drawing": LINE, "minute": 81}, {"op": "check_out", "minute": 82},
    ]  # fmt: skip
    off = timedelta(hours=5)  # the phone's clock
    for n, one in enumerate(ops, 1):
        one |= {"id": f"o{n}", "n": n, "at": (start + timedelta(minutes=one.pop("minute")) + off).isoformat()}
    site.after(hours=4)
    body = {"visit": visit, "lift_id": "L-1", "device": "p", "sent_at": (site.now + off).isoformat(), "operations": ops}
    answer = await site.call("responder", "POST", "/visits/sync", json=body)
    assert [one["outcome"] for one in answer.json()["operations"]] == ["applied"] * 6
    await site.works(start, start + timedelta(minutes=82))
    await site.judge()
    found = await site.plausible(visit)
    assert datetime.fromisoformat(found["began_at"]) - start < timedelta(seconds=1)
    assert found["telemetry"]["window_s"] == pytest.approx((15 + 22 + 12) * 60, abs=2)
    assert found["telemetry"]["inspection_s"] == pytest.approx(18 * 60, abs=31)


async def test_a_photo_of_another_visit(site: Watched) -> None:
    red = await site.photo("red")
    first = await site.whole(photo=red)
    second = await site.whole(photo=red, drawing=OTHER)
    await site.judge()
    await site.judge()
    assert "photo_again" not in await site.codes(first)
    again = await site.plausible(second)
    piece = next(one for one in again["evidence"] if one["code"] == "photo_again")
    assert (piece["values"]["visit"], piece["values"]["photo"]) == (first, red)
    assert again["level"] == "doubtful"


async def test_a_photo_named_by_its_digest_before_it_comes(site: Watched) -> None:
    """A phone without network names a picture by its bytes, and sends it hours later."""
    digest = "ab" * 32
    first = await site.whole(photo=digest)
    second = await site.after(hours=1).whole(photo=digest, drawing=OTHER)
    await site.settle()
    assert "photo_again" not in await site.codes(first)
    assert "photo_again" in await site.codes(second)


async def test_an_earlier_visit_that_is_known_late_tells_of_a_later_one(site: Watched) -> None:
    blue = await site.photo("blue")
    later = await site.whole(photo=blue)
    await site.judge()
    assert "photo_again" not in await site.codes(later)
    start, visit = site.began - timedelta(minutes=30), str(uuid_utils.uuid7())
    found = [one | {"photos": [blue] if one["photos"] else []} for one in results()]
    ops = [
        {"op": "check_in", "kind": "half_month", "worker_id": site.ids["li"]}, {"op": "results", "results": found},
        {"op": "sign", "worker_id": site.ids["li"], "drawing": OTHER}, {"op": "check_out"},
    ]  # fmt: skip
    sent = [
        one | {"id": f"o{n}", "n": n, "at": (start + timedelta(minutes=n)).isoformat()} for n, one in enumerate(ops, 1)
    ]
    body = {"visit": visit, "lift_id": "L-1", "device": "p", "sent_at": site.now.isoformat(), "operations": sent}
    assert (await site.call("responder", "POST", "/visits/sync", json=body)).status_code == 200
    await site.judge()
    await site.judge()
    assert "photo_again" in await site.codes(later)


async def test_signatures_that_are_the_same_line(site: Watched) -> None:
    first, second = await site.whole(), await site.after(hours=1).whole()
    third = await site.after(hours=1).whole(drawing={"kind": "svg", "data": "M0 0L10 10"})
    fourth = await site.after(hours=1).whole(drawing={"kind": "svg", "data": "M0 0L10 10"})
    await site.settle()
    said = [("drawn_again" in await site.codes(one)) for one in (first, second, third, fourth)]
    assert said == [False, True, False, False]  # two strokes alike are no copy


async def test_one_worker_at_two_lifts_far_apart(site: Watched) -> None:
    for lift, lat in (("L-1", 27.80), ("L-3", 27.85)):
        await site.place.sql("UPDATE lift SET lat = %(lat)s, lon = 113.1 WHERE lift_id = %(lift)s", lat=lat, lift=lift)
    firm = site.place.ids["firm_A"]
    await site.place.sql("UPDATE lift SET firm_id = %(firm)s WHERE lift_id = 'L-3'", firm=firm)
    here = await site.arrive()
    there = await site.after(minutes=5).arrive(lift_id="L-3")
    site.after(minutes=40)
    for visit in (here, there):
        await site.finish(visit)
    await site.settle()
    for visit in (here, there):
        found = await site.plausible(visit)
        piece = next(one for one in found["evidence"] if one["code"] == "elsewhere")
        assert piece["values"]["minutes"] == 40
        assert piece["values"]["metres"] == pytest.approx(5560, abs=20)


async def test_a_lift_that_has_shown_inspection_is_known_for_it(site: Watched) -> None:
    start = site.now
    await site.whole()
    await site.works(start, site.now)
    await site.judge()
    start = site.after(days=1).now
    idle = await site.whole(drawing=OTHER)
    await site.idles(start, site.now, power="off")
    await site.judge()
    assert "inspection_missing" in await site.codes(idle)


async def test_who_reads_it_and_which(site: Watched) -> None:
    start = site.now
    doubtful = await site.whole()
    await site.idles(start, site.now)
    middle = site.after(hours=2).now
    unknown = await site.whole(drawing=OTHER)
    await site.settle()
    for role, sees in {
        "admin": True, "dispatcher": True, "supervisor": True, "firm": True, "responder": True, "property": True,
        "firm_B": False, "responder_B": False, "property2": False,
    }.items():  # fmt: skip
        assert (await site.call(role, "GET", f"/visits/{doubtful}/plausibility")).status_code == (200 if sees else 404)
        listed = (await site.call(role, "GET", "/maintenance/plausibility")).json()["items"]
        assert [one["visit"] for one in listed] == ([unknown, doubtful] if sees else []), role
    firm = site.place.ids["firm_A"]
    for query, want in {
        "level=doubtful": [doubtful], "level=supported": [], f"firm={firm}": [unknown, doubtful], "firm=x": [],
        "lift_id=L-1": [unknown, doubtful], "district=x": [],
        f"to={middle.isoformat().replace('+00:00', 'Z')}": [doubtful],
        f"from={middle.isoformat().replace('+00:00', 'Z')}": [unknown],
    }.items():  # fmt: skip
        answer = await site.call("supervisor", "GET", f"/maintenance/plausibility?{query}")
        assert [one["visit"] for one in answer.json()["items"]] == want, query
    first = (await site.call("supervisor", "GET", "/maintenance/plausibility?limit=1")).json()
    assert undocumented(PlausibilityLine.model_validate(first["items"][0])) == []
    assert (first["items"][0]["workers"], first["items"][0]["lift_id"]) == (["王维"], "L-1")
    more = f"/maintenance/plausibility?limit=1&cursor={first['next_cursor']}"
    second = (await site.call("supervisor", "GET", more)).json()
    assert ([one["visit"] for one in second["items"]], second["next_cursor"]) == ([doubtful], None)
    assert (await site.call("supervisor", "GET", "/maintenance/plausibility?level=guilty")).status_code == 422
