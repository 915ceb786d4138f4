"""During a visit: what is shown changes and what is decided does not; those on site are told, and watched over."""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from prometheus_client import REGISTRY

from alerts.incident import Actor, Role
from alerts.maintenance import visiting
from alerts.maintenance.timers import Timers
from alerts.maintenance.visit import Op
from alerts.maintenance.visiting import Sent
from alerts.store import new_id
from api.reads import rows
from api.scope import Concern, parameters
from tests.alerts_database import DISPATCHER, FIRM, POLICY, START, House, house
from tests.api_installation import heard, installed
from tests.integration.test_maintenance_visits import Site

UNIT = Actor(kind="user", id="r1", name="Crew", role=Role.RESPONDER, firm_id="f1", unit_id="u1")


class Works:
    """A technician of the house's firm, and visits by the commands themselves."""

    def __init__(self, home: House) -> None:
        self.home = home
        self.visit = ""

    async def employ(self) -> "Works":
        await self.home.sql(
            "INSERT INTO worker (id, firm_id, name, created_at) VALUES ('w1', 'f1', '王维', %(now)s)", now=START
        )
        await self.home.sql("INSERT INTO certificate VALUES ('w1', 'T', '1', '2030-01-01')")
        return self

    async def do(self, op: str, lift: str = "L-1", actor: Actor = UNIT, **body: Any) -> visiting.Taken:
        if op == "check_in":
            self.visit = new_id()
            body = {"kind": "half_month", "worker_id": "w1", **body}
        async with self.home.tx() as tx:
            one = Sent(id=new_id(), op=Op(op), body=body)
            taken = await visiting.take(
                tx, self.visit, lift, [one], actor=actor, channel="test", policy=POLICY, now=self.home.now
            )
        assert taken.story.told[one.id].outcome == "applied", taken.story.told[one.id]
        return taken

    async def watch(self, times: int = 1) -> None:
        await asyncio.gather(*(Timers(self.home.pool, POLICY).watch() for _ in range(times)))

    async def row(self) -> dict[str, Any]:
        return (await self.home.sql("SELECT * FROM visit WHERE id = %(id)s", id=self.visit))[0]

    async def story(self) -> list[str]:
        found = await self.home.sql("SELECT kind FROM visit_entry WHERE visit_id = %(id)s ORDER BY n", id=self.visit)
        return [one["kind"] for one in found]


@pytest.fixture
async def home(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    async with house(database, monkeypatch) as place:
        yield place


@pytest.fixture
async def works(home: House) -> Works:
    return await Works(home).employ()


@pytest.fixture
async def site(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    async with installed(database) as place:
        site = Site(place, monkeypatch)
        place.ids["wang"] = await site.employ("王维", 400)
        yield site


# --- decided: nothing changes --------------------------------------------------------------------------------


def _anonymous(memory: bytes) -> bytes:
    """A memory without the ids of incidents."""
    return re.sub(rb"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", b"ID", memory)


async def test_the_detector_decides_the_same_with_and_without_a_visit(works: Works) -> None:
    """The same messages to two lifts, one of them being worked on: entrapment, button, codes, silence, recovery."""
    home = works.home
    await home.sql("UPDATE lift SET firm_id = 'f1'")
    await works.do("check_in", alone=True, interval_s=300)
    script: list[tuple[float, dict[str, Any] | tuple[str, bool] | None]] = [
        (0, {}), (5, {"door_zone": False, "occupied": True, "moving": True}), (10, {"moving": False}), (31, None),
        (40, ("alarm_button", True)), (44, None), (75, None), (80, {"safety_chain": "open"}), (130, None),
        (140, ("alarm_button", False)), (150, {"door_zone": True, "door": "open", "safety_chain": "closed"}),
        (165, {"occupied": False}), (200, ("brake_failure", True)), (230, ("brake_failure", False)), (900, None),
    ]  # fmt: skip
    for second, what in script:
        home.at(second)
        item = (
            None
            if what is None
            else home.event(what[0], active=what[1])
            if isinstance(what, tuple)
            else home.sample(**what)
        )
        for lift in ("L-1", "L-2"):
            if item is not None:
                await home.hears(item, lift=lift)
            await home.looks(lift=lift)
        await works.watch()
    found = await home.sql(
        "SELECT l.lift_id, s.memory, s.online FROM lift_state s JOIN lift l USING (lift_no) ORDER BY 1"
    )
    assert _anonymous(found[0]["memory"]) == _anonymous(found[1]["memory"])
    decided: dict[str, list[Any]] = {"L-1": [], "L-2": []}
    for one in await home.sql(
        "SELECT i.*, l.lift_id FROM incident i JOIN lift l USING (lift_no) WHERE kind <> 'system' ORDER BY i.id"
    ):
        names = ("kind", "priority", "state", "reason", "code", "causes", "opened_at", "confirmed_at", "dispatched_at",
                 "waits_for_person", "closed_at")  # fmt: skip
        story = [line for line in await home.story(one["id"]) if not line[0].startswith("visit_")]
        decided[one["lift_id"]].append([one[name] for name in names] + [story])
    assert decided["L-1"] == decided["L-2"]
    assert [one[0] for one in decided["L-1"]].count("rescue") >= 1
    assert len(await home.incidents("system")) == 1, "and the technician was missed meanwhile"


async def test_a_visit_writes_no_memory_and_no_version(works: Works) -> None:
    home = works.home
    await home.at(0).sends(occupied=True)
    columns = "SELECT memory, version, due_at, online, heard_at FROM lift_state ORDER BY lift_no"
    before = await home.sql(columns)
    home.at(10)
    for op, body in (("check_in", {"alone": True}), ("pause", {}), ("resume", {}), ("void", {"reason": "x"})):
        await works.do(op, actor=FIRM, **body)
        assert await home.sql(columns) == before, op


# --- shown ---------------------------------------------------------------------------------------------------


async def test_the_lift_shows_who_works_there_and_goes_back_by_itself(site: Site) -> None:
    await heard(site.place, "L-1")
    numbered = "UPDATE lift_state SET feed_no = 7"

    async def unfed() -> int:
        return len(await site.place.sql("SELECT 1 FROM lift_state WHERE feed_no IS NULL"))

    await site.place.sql(numbered)
    visit = await site.arrive(alone=True)
    shown = (await site.lift())["visit"]
    assert (shown["id"], shown["workers"], shown["alone"], shown["kind"]) == (visit, ["王维"], True, "half_month")
    assert shown["since"].endswith("Z")
    assert await unfed() == 1
    listed = (await site.call("property", "GET", "/lifts")).json()["items"]
    assert {one["lift_id"]: bool(one["visit"]) for one in listed} == {"L-1": True, "L-3": False}
    await site.place.sql(numbered)
    await site.do(visit, "alive")
    assert await unfed() == 0, "nothing to be shown anew"
    await site.do(visit, "pause")
    assert ((await site.lift())["visit"], await unfed()) == (None, 1)
    await site.do(visit, "resume")
    assert (await site.lift())["visit"]["id"] == visit
    await site.finish(visit)
    assert (await site.lift())["visit"] is None
    kinds = [one["kind"] for one in (await site.seen(visit))["timeline"]]
    assert kinds == ["check_in", "shown", "alive", "pause", "restored", "resume", "shown", "results", "sign", "check_out",
                     "restored"]  # fmt: skip


async def test_a_visit_after_a_rescue_leaves_the_words_in_the_car_alone(works: Works) -> None:
    """The notice is emptied ten minutes after the end; a technician who comes in between must not stop that."""
    home = works.home
    rescue = (await home.at(0).reports()).incident_id
    await home.at(10).does("release", rescue, persons=0, method="self", said_by="caller")
    pending = "SELECT key, due_at FROM outbox WHERE channel = 'mqtt' AND body->>'payload' = '' ORDER BY id"
    before = await home.sql(pending)
    assert [one["due_at"] is not None for one in before] == [True]
    home.at(60)
    await works.do("check_in")
    await works.do("void", actor=FIRM, reason="x")
    assert await home.sql(pending) == before


async def test_open_incidents_keep_the_visit_in_their_story(works: Works) -> None:
    home = works.home
    rescue = (await home.at(0).reports()).incident_id
    await home.at(10).reports("L-2")
    await works.do("check_in")
    await works.do("void", actor=FIRM, reason="x")
    story = [line[0] for line in await home.story(rescue)]
    assert story[-2:] == ["visit_began", "visit_ended"]
    other = next(one for one in await home.incidents() if one["id"] != rescue)
    assert "visit_began" not in [line[0] for line in await home.story(other["id"])]


# --- told ----------------------------------------------------------------------------------------------------


async def test_a_rescue_during_a_visit_is_told_to_those_on_site(works: Works) -> None:
    home = works.home
    await works.do("check_in")
    await home.at(60).reports("L-2")
    rescue = (await home.at(61).reports()).incident_id
    told = [(name, target) for name, target in await home.told(rescue) if name == "on_site"]
    assert told == [("on_site", "unit:u1")]
    body = (await home.sql("SELECT body FROM outbox WHERE target = 'unit:u1'"))[0]["body"]
    assert body["text"]["en"] == "You are at this lift: Lift: A person reports an entrapment"
    fed = await home.sql("SELECT f.ref FROM feed f JOIN outbox o ON o.id::text = f.ref WHERE o.target = 'unit:u1'")
    assert len(fed) == 1
    await works.do("void", actor=FIRM, reason="x")
    await home.at(70).does("note", rescue, DISPATCHER, text="x")
    assert len(await home.sql("SELECT 1 FROM outbox WHERE target = 'unit:u1'")) == 1


async def test_a_firm_without_units_is_told_as_a_firm_and_a_rescue_that_is_there_at_once(works: Works) -> None:
    home = works.home
    rescue = (await home.at(0).reports()).incident_id
    await works.do("check_in", actor=FIRM)
    assert [(name, target) for name, target in await home.told(rescue) if name == "on_site"] == [("on_site", "firm:f1")]


async def test_a_suspicion_by_the_rules_is_told_too(works: Works) -> None:
    home = works.home
    await works.do("check_in")
    await home.at(0).trapped()
    await home.at(23).looks()
    rescue = await home.rescue()
    assert rescue["state"] == "suspected"
    assert ("on_site", "unit:u1") in await home.told(rescue["id"])


async def test_the_crew_on_site_sees_the_incident_and_may_take_it(site: Site) -> None:
    visit = await site.arrive("responder2")
    rescue = await site.place.report("L-1")
    await site.call("responder", "POST", f"/incidents/{rescue['id']}/accept", json={})
    path = f"/incidents/{rescue['id']}"
    assert (await site.call("responder2", "GET", path)).status_code == 200
    assert [one["id"] for one in (await site.call("responder2", "GET", "/incidents")).json()["items"]] == [rescue["id"]]
    await site.do(visit, "pause", "responder2")
    assert (await site.call("responder2", "GET", path)).status_code == 404
    assert (await site.call("responder2", "GET", "/lifts/L-1")).status_code == 404
    await site.do(visit, "resume", "responder2")
    assert (await site.call("responder2", "GET", "/lifts/L-1")).status_code == 200
    assert (await site.call("responder2", "POST", f"{path}/accept", json={})).status_code == 200
    assert (await site.call("responder_B", "GET", path)).status_code == 404


async def test_the_rule_in_memory_is_the_rule_in_the_database_for_those_on_site(site: Site) -> None:
    await site.arrive("responder2")
    mine = await site.place.report("L-1")
    ended = await site.place.report("L-3")
    await site.call("dispatcher", "POST", f"/incidents/{ended['id']}/cancel", json={"reason": "test"})
    firms = {"unit_A1": "firm_A", "unit_A2": "firm_A", "unit_B1": "firm_B"}
    async with site.place.pool.connection() as connection:
        for unit, firm in firms.items():
            actor = Actor(
                kind="user", id="x", name="x", role=Role.RESPONDER, firm_id=site.ids[firm], unit_id=site.ids[unit]
            )
            listed = await rows(connection, "incidents", open=None, kind=None, lift_id=None, firm=None, after=None,
                                limit=50, **parameters(actor))  # fmt: skip
            found = (await rows(connection, "incidents_of", ids=[mine["id"]]))[0]
            asked = await rows(connection, "assignments_of", ids=[mine["id"]])
            on_site = [(one, two) for one, two in found["on_site"]]
            concern = Concern.of(
                found["firm_id"], found["building"], ((a["firm_id"], a["unit_id"]) for a in asked), on_site
            )
            assert concern.includes(actor) == (mine["id"] in {one["id"] for one in listed}), unit
            unasked = Concern.of(found["firm_id"], found["building"], (), on_site)
            assert unasked.includes(actor) == (unit == "unit_A2")


# --- watched over --------------------------------------------------------------------------------------------


def _counted(code: str) -> float:
    return REGISTRY.get_sample_value(
        "liftline_incident_transitions_total", {"from": "", "to": "confirmed", "reason": code}
    ) or 0  # fmt: skip


async def test_a_missed_sign_of_life_rings_dispatchers_and_the_firm_once(works: Works) -> None:
    home = works.home
    await works.do("check_in", alone=True, interval_s=600)
    home.at(400)
    await works.do("alive")
    home.at(400 + 719)
    await works.watch()
    assert await home.incidents("system") == []
    before = _counted("man_down")
    home.at(400 + 720)
    await works.watch(times=4)
    (alarm,) = await home.incidents("system")
    assert (alarm["code"], alarm["priority"], alarm["ringing"], alarm["state"]) == ("man_down", 1, True, "confirmed")
    assert sorted(await home.told(alarm["id"])) == [("man_down", "dispatchers"), ("man_down", "firm:f1")]
    assert _counted("man_down") == before + 1
    assert (await works.row())["man_down"] == alarm["id"]
    assert (await works.story())[-1] == "man_down"
    home.at(400 + 3600)
    await works.watch()
    assert len(await home.incidents("system")) == 1


async def test_a_sign_of_life_ends_the_alarm_unless_somebody_took_it(works: Works) -> None:
    home = works.home
    await works.do("check_in", alone=True, interval_s=300)
    home.at(421)
    await works.watch()
    home.at(430)
    await works.do("alive")
    (alarm,) = await home.incidents("system")
    assert (alarm["state"], alarm["ringing"]) == ("cleared", False)
    assert (await home.story(alarm["id"]))[-1] == ("clear", "confirmed", "cleared", "sign_of_life")
    home.at(430 + 421)
    await works.watch()
    second = (await home.incidents("system"))[-1]
    assert second["id"] != alarm["id"]
    await home.does("accept", second["id"])
    home.at(900)
    await works.do("alive")
    second = (await home.incidents("system"))[-1]
    assert second["state"] == "accepted"
    assert (await home.story(second["id"]))[-1][0] == "sign_of_life"
    home.at(900 + 421)
    await works.watch()
    assert len(await home.incidents("system")) == 2, "the same alarm rings again"
    assert (await home.incidents("system"))[-1]["ringing"]


async def test_nobody_is_missed_who_has_gone_or_has_company(works: Works) -> None:
    home = works.home
    await works.do("check_in", alone=True, interval_s=300)
    await works.do("pause")
    home.at(3000)
    await works.watch()
    await works.do("resume")
    await works.do("void", actor=FIRM, reason="x")
    home.at(9000)
    await works.watch()
    assert await home.incidents("system") == []


@pytest.mark.parametrize(("kind", "minutes"), [("half_month", 120), ("year", 330)])
async def test_a_visit_that_outlives_its_time_alarms(works: Works, kind: str, minutes: int) -> None:
    home = works.home
    await works.do("check_in", kind=kind)
    home.at(minutes * 60 - 1)
    await works.watch()
    assert await home.incidents("system") == []
    home.at(minutes * 60)
    await works.watch(times=3)
    (alarm,) = await home.incidents("system")
    assert (alarm["code"], alarm["priority"], alarm["ringing"]) == ("visit_overrun", 2, True)
    assert sorted(await home.told(alarm["id"])) == [("visit_overrun", "dispatchers"), ("visit_overrun", "firm:f1")]
    await works.do("void", actor=FIRM, reason="forgotten")
    assert (await home.incidents("system"))[0]["state"] == "cleared"


async def test_one_alarm_of_a_visit_does_not_ring_the_other_again(works: Works) -> None:
    home = works.home
    await works.do("check_in", alone=True, interval_s=300)
    home.at(421)
    await works.watch()
    (missed,) = await home.incidents("system")
    await home.does("accept", missed["id"])
    home.at(7200)
    await works.watch()
    found = {one["code"]: one["ringing"] for one in await home.incidents("system")}
    assert found == {"man_down": False, "visit_overrun": True}
    assert (await works.story())[-2:] == ["man_down", "visit_overrun"]


async def test_the_worker_itself_rings(works: Works) -> None:
    """The whole module, as `liftline dispatch` runs it; also where the memory of the lift cannot be read."""
    home = works.home
    await works.do("check_in", alone=True, interval_s=300)
    first = works.visit
    await home.sql("UPDATE lift SET firm_id = 'f1'")
    await works.do("check_in", lift="L-2", alone=True, interval_s=300)
    await home.sql(
        "UPDATE lift_state SET memory = 'broken' WHERE lift_no = (SELECT lift_no FROM visit WHERE id = %(id)s)",
        id=first,
    )
    home.at(500)
    await home.worker().visits()
    found = await home.sql("SELECT id, man_down FROM visit ORDER BY id")
    assert [one["man_down"] is not None for one in found] == [True, True]


async def test_a_summary_says_what_kind_of_alarm_it_is(site: Site) -> None:
    await site.arrive(alone=True, interval_s=300)
    site.after(seconds=421)
    await Timers(site.place.pool, POLICY).watch()
    listed = (await site.call("firm", "GET", "/incidents")).json()["items"]
    assert [(one["kind"], one["priority"], one["summary"]["zh"]) for one in listed] == [
        ("system", "P1", "单人作业人员未按时报平安（王维）：House 1 Lift L-1")
    ]
    assert (await site.call("firm_B", "GET", "/incidents")).json()["items"] == []


async def test_messages_reach_the_crew_on_site_by_the_stream(site: Site) -> None:
    """What the relay hands to each: the crew's own message, not that of another crew."""
    from api import news
    from api.feed import Client

    await site.arrive("responder2")
    await site.place.report("L-1")
    async with site.place.pool.connection() as connection:
        await news.Relay().number(connection, lifts=True)
        batch = await news.read(connection, 0, policy=POLICY)
    got = {}
    for unit, firm in (("unit_A1", "firm_A"), ("unit_A2", "firm_A"), ("unit_B1", "firm_B")):
        actor = Actor(
            kind="user", id="x", name="x", role=Role.RESPONDER, firm_id=site.ids[firm], unit_id=site.ids[unit]
        )
        frames = Client(actor=actor, joined_at=0).frames(batch.items)
        got[unit] = [one.event for one in frames if "You are at this lift" in one.data]
        shown = [one.data for one in frames if one.event == "lift"]
        assert any('"visit":{"id"' in one for one in shown) == (firm == "firm_A"), unit
    assert got == {"unit_A1": [], "unit_A2": ["message"], "unit_B1": []}
