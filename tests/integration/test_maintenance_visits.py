"""Visits over the interface and the real database: on line, from a phone without network, signed by account and by link."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
import uuid_utils

from alerts.maintenance.plans import shelf
from alerts.maintenance.plans.plan import Kind
from alerts.maintenance.timers import Timers
from alerts.policy import Policy
from api.answers import lifts, maintenance, orders, visits, workers
from elevator import clock
from elevator.model import LiftClass
from tests.api_installation import Installation, installed
from tests.contract.test_api_openapi import undocumented

DRAWING = {"kind": "svg", "data": "M0 0L10 10"}
POLICY = Policy()


class Site:
    """An installation with people of firm A, and a clock that the test moves."""

    def __init__(self, place: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
        self.place, self.ids = place, place.ids
        self.began = clock.now()
        self.ahead = timedelta()
        monkeypatch.setattr(clock, "now", lambda: self.began + self.ahead)

    def after(self, **how: float) -> "Site":
        self.ahead += timedelta(**how)
        return self

    async def call(self, role: str | None, method: str, path: str, **kwargs: Any) -> httpx.Response:
        return await self.place.call(role, method, path, **kwargs)

    async def employ(self, name: str, until: int | None, firm: str = "firm") -> str:
        day = None if until is None else (self.began + timedelta(days=until)).date().isoformat()
        body = {"name": name, "certificates": [{"kind": "T", "number": name, "valid_until": day}] if day else []}
        answer = await self.call(firm, "POST", "/workers", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    async def arrive(self, role: str = "responder", **more: Any) -> str:
        body = {"lift_id": "L-1", "kind": "half_month", "worker_id": self.ids["wang"], **more}
        answer = await self.call(role, "POST", "/visits", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    async def do(self, visit: str, op: str, role: str = "responder", *, want: int = 200, **body: Any) -> dict[str, Any]:
        answer = await self.call(role, "POST", f"/visits/{visit}/{op}", json=body)
        assert answer.status_code == want, answer.text
        return answer.json()

    async def seen(self, visit: str, role: str = "supervisor") -> dict[str, Any]:
        answer = await self.call(role, "GET", f"/visits/{visit}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def lift(self, role: str = "dispatcher") -> dict[str, Any]:
        return (await self.call(role, "GET", "/lifts/L-1")).json()

    async def finish(self, visit: str) -> dict[str, Any]:
        await self.do(visit, "results", results=results())
        await self.do(visit, "sign", worker_id=self.ids["wang"], drawing=DRAWING)
        return await self.do(visit, "check_out")


def results(**changed: dict[str, Any]) -> list[dict[str, Any]]:
    """Every item of a half-monthly visit, normal but for those named."""
    found = []
    for item in shelf.newest(LiftClass.TRACTION).items_of(Kind.HALF_MONTH):
        one: dict[str, Any] = {"code": item.code, "outcome": "normal", "photos": ["p1"] if item.key else []}
        if item.least is not None:
            one["value"] = item.least
        found.append(one | changed.get(item.code.replace("-", "_"), {}))
    return found


@pytest.fixture
async def site(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    async with installed(database) as place:
        await Timers(place.pool, POLICY).enter()
        site = Site(place, monkeypatch)
        place.ids["wang"] = await site.employ("王维", 400)
        place.ids["li"] = await site.employ("李白", 400)
        place.ids["du"] = await site.employ("杜甫", -2)
        place.ids["other"] = await site.employ("B", 400, "firm_B")
        yield site


def errors(answer: dict[str, Any]) -> list[str]:
    return [one["field"] for one in answer["errors"]]


async def test_a_whole_visit(site: Site) -> None:
    visit = await site.arrive(second_id=site.ids["li"], lat=27.8, lon=113.1)
    missing = await site.after(minutes=5).do(visit, "check_out", want=422)
    assert len(errors(missing)) == 33
    assert missing["errors"][0]["text"]["zh"].startswith("未填写：A-1-1")
    await site.after(minutes=20).do(visit, "results", results=results())
    await site.do(visit, "part", name="井道灯", count=2)
    await site.do(visit, "sign", worker_id=site.ids["wang"], drawing=DRAWING)
    await site.do(visit, "sign", worker_id=site.ids["li"], drawing=DRAWING)
    left = await site.after(minutes=5).do(visit, "check_out")
    assert (left["state"], left["workers"], left["missing"], left["orders"]) == ("left", ["王维", "李白"], [], [])
    assert left["allowed"] == ["countersign", "note"]
    done = await site.after(hours=20).do(visit, "countersign", "property", name="赵经理", drawing=DRAWING)
    assert done["state"] == "complete"
    assert (done["countersigned"]["name"], done["countersigned"]["channel"]) == ("赵经理", "account")
    assert done["parts"] == [{"name": "井道灯", "count": 2, "number": None}]
    story = [(one["kind"], one["outcome"]) for one in done["timeline"]]
    assert story == [
        ("check_in", "applied"), ("shown", "line"), ("results", "applied"), ("part", "applied"), ("sign", "applied"),
        ("sign", "applied"), ("check_out", "applied"), ("restored", "line"), ("countersign", "applied"),
    ]  # fmt: skip
    assert done["timeline"][7]["text"]["zh"] == "现场作业结束，电梯显示已自动恢复"
    due = (await site.call("firm", "GET", "/maintenance/lifts/L-1")).json()
    assert list(due["last"]) == ["half_month"]


async def test_each_sees_the_visits_in_its_care(site: Site) -> None:
    visit = await site.arrive()
    for role, status in {
        "admin": 200, "dispatcher": 200, "supervisor": 200, "firm": 200, "responder": 200, "responder2": 200,
        "firm_B": 404, "responder_B": 404, "property": 200, "property2": 404,
    }.items():  # fmt: skip
        assert (await site.call(role, "GET", f"/visits/{visit}")).status_code == status, role
        listed = (await site.call(role, "GET", "/visits")).json()["items"]
        assert [one["id"] for one in listed] == ([visit] if status == 200 else []), role
    for role, status in {"admin": 403, "dispatcher": 403, "supervisor": 403, "firm_B": 404, "property2": 404}.items():
        answer = await site.call(role, "POST", f"/visits/{visit}/note", json={"text": "x"})
        assert answer.status_code == status, role
    assert (await site.do(visit, "note", "property", text="门前有水"))["notes"][0]["text"] == "门前有水"
    assert (await site.do(visit, "results", "property", want=403, results=results()))["reason"] == "role"


async def test_somebody_else_s_lift_is_not_there(site: Site) -> None:
    body = {"kind": "half_month", "worker_id": site.ids["wang"]}
    for lift in ("L-2", "L-3", "nowhere"):
        answer = await site.call("responder", "POST", "/visits", json=body | {"lift_id": lift})
        assert answer.status_code == 404, lift
    batch = sync(site, lift_id="L-2")
    assert (await site.call("responder", "POST", "/visits/sync", json=batch)).status_code == 404
    assert await site.place.sql("SELECT 1 FROM visit") == []
    theirs = body | {"lift_id": "L-1", "worker_id": site.ids["other"]}
    answer = await site.call("responder", "POST", "/visits", json=theirs)
    assert answer.status_code == 422
    assert errors(answer.json()) == ["body.worker_id"]
    assert await site.place.sql("SELECT 1 FROM visit") == []


@pytest.mark.parametrize("text", ["L-1", "100001", "https://lift.example/lifts/L-1", "https://x.example/a#/lift/L-1/"])
async def test_the_code_on_the_lift_says_which_it_is(site: Site, text: str) -> None:
    body = {"qr": text, "kind": "half_month", "worker_id": site.ids["wang"]}
    answer = await site.call("responder", "POST", "/visits", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["lift_id"] == "L-1"


async def test_a_code_that_names_nothing(site: Site) -> None:
    body = {"kind": "half_month", "worker_id": site.ids["wang"]}
    answer = await site.call("responder", "POST", "/visits", json=body | {"qr": "https://shop.example/?a=b"})
    assert errors(answer.json()) == ["body.qr"]
    both = await site.call("responder", "POST", "/visits", json=body | {"qr": "L-1", "lift_id": "L-1"})
    assert both.status_code == 422


async def test_what_does_not_belong_to_an_operation_is_refused(site: Site) -> None:
    visit = await site.arrive()
    answer = await site.do(visit, "part", want=422, text="x", worker_id="y")
    assert errors(answer) == ["body.name", "body.worker_id", "body.text"]
    assert errors(await site.do(visit, "sign", want=422)) == ["body.worker_id", "body.drawing"]
    bad = await site.do(visit, "sign", want=422, worker_id=site.ids["wang"], drawing={"kind": "svg", "data": "hello"})
    assert errors(bad) == ["body.drawing"]


async def test_a_certificate_that_has_ended_signs_nothing(site: Site) -> None:
    visit = await site.arrive(worker_id=site.ids["du"])
    assert (await site.seen(visit))["marks"] == ["certificate_ended"]
    refused = await site.do(visit, "sign", want=422, worker_id=site.ids["du"], drawing=DRAWING)
    assert refused["reason"] == "certificate_ended"
    assert "杜甫 的证书已于" in refused["text"]["zh"]
    assert errors(refused) == ["body.worker_id"]
    assert (await site.seen(visit))["signatures"] == []


async def test_a_renewed_certificate_does_not_heal_an_old_signature_nor_spoil_one(site: Site) -> None:
    """What was known at the receipt counts for ever."""
    visit = await site.arrive()
    await site.do(visit, "sign", worker_id=site.ids["wang"], drawing=DRAWING)
    body = {"name": "王维", "certificates": []}
    assert (await site.call("firm", "PUT", f"/workers/{site.ids['wang']}", json=body)).status_code == 200
    assert [one["name"] for one in (await site.seen(visit))["signatures"]] == ["王维"]
    assert (await site.do(visit, "sign", want=422, worker_id=site.ids["wang"], drawing=DRAWING))["reason"] == (
        "no_certificate"
    )


# --- orders --------------------------------------------------------------------------------------------------

BAD = {"outcome": "abnormal", "text": "3 层灯不亮", "photos": ["p9"]}


async def test_an_abnormal_item_opens_an_order_that_must_be_closed(site: Site) -> None:
    visit = await site.arrive()
    await site.do(visit, "results", results=results(A_1_15=BAD))
    (order,) = (await site.call("firm", "GET", "/orders")).json()["items"]
    assert (order["item"], order["visit"], order["state"], order["photos"]) == ("A-1-15", visit, "open", ["p9"])
    assert order["text"] == "A-1-15 井道照明：3 层灯不亮"
    path = f"/orders/{order['id']}"
    assert (await site.call("firm", "POST", f"{path}/close", json={})).status_code == 409
    assert (await site.call("responder", "POST", f"{path}/accept", json={})).status_code == 200
    answer = await site.call("responder", "POST", f"{path}/done", json={})
    assert errors(answer.json()) == ["body.text", "body.photos"]
    done = {"text": "换灯", "photos": ["p10"]}
    assert (await site.call("responder", "POST", f"{path}/done", json=done)).json()["state"] == "done"
    assert (await site.call("responder", "POST", f"{path}/close", json={})).status_code == 403
    assert (await site.call("property2", "POST", f"{path}/close", json={})).status_code == 404
    closed = (await site.call("property", "POST", f"{path}/close", json={})).json()
    assert closed["state"] == "closed"
    assert [(one["action"], one["from"], one["to"], one["actor"]["role"]) for one in closed["timeline"]] == [
        ("open", None, "open", "system"), ("accept", "open", "accepted", "responder"),
        ("done", "accepted", "done", "responder"), ("close", "done", "closed", "property"),
    ]  # fmt: skip
    assert closed["timeline"][2]["photos"] == ["p10"]
    again = await site.call("property", "POST", f"{path}/reopen", json={"text": "还是不亮"})
    assert again.json()["state"] == "open"
    assert again.json()["closed_at"] is None
    assert (await site.seen(visit))["orders"][0]["id"] == order["id"]
    assert (await site.call("firm_B", "GET", path)).status_code == 404


async def test_an_order_is_opened_once_and_withdrawn_when_it_was_a_slip(site: Site) -> None:
    visit = await site.arrive()
    await site.do(visit, "results", results=results(A_1_15=BAD, A_1_1=BAD))
    await site.do(visit, "results", results=results(A_1_15=BAD))
    found = (await site.call("firm", "GET", "/orders", params={"state": "all"})).json()["items"]
    assert sorted((one["item"], one["state"]) for one in found) == [("A-1-1", "withdrawn"), ("A-1-15", "open")]
    await site.do(visit, "results", results=results(A_1_15=BAD, A_1_1=BAD))
    found = (await site.call("firm", "GET", "/orders")).json()["items"]
    assert sorted(one["item"] for one in found) == ["A-1-1", "A-1-15"]
    assert (await site.seen(visit))["abnormal"] == 2


async def test_people_open_orders_too(site: Site) -> None:
    body = {"lift_id": "L-1", "text": "外呼松动"}
    made = (await site.call("property", "POST", "/orders", json=body)).json()
    assert (made["firm"], made["visit"]) == (site.ids["firm_A"], None)
    assert made["allowed"] == ["note"]
    assert (await site.call("property2", "POST", "/orders", json=body)).status_code == 422
    assert [one["id"] for one in (await site.call("firm", "GET", "/orders")).json()["items"]] == [made["id"]]


# --- without network -----------------------------------------------------------------------------------------


def sync(
    site: Site, *, lift_id: str = "L-1", clock_off: float = 0, ago: float = 180, visit: str | None = None
) -> dict[str, Any]:
    """A whole visit on a phone that had no network; minutes ago, by a clock that is off by so many minutes."""
    begin = clock.now() - timedelta(minutes=ago - clock_off)

    def at(minutes: float) -> str:
        return (begin + timedelta(minutes=minutes)).isoformat()

    steps: list[tuple[str, float, dict[str, Any]]] = [
        ("check_in", 0, {"kind": "half_month", "worker_id": site.ids["wang"], "second_id": site.ids["li"]}),
        ("results", 30, {"results": results()[:20]}),
        ("pause", 31, {}),
        ("resume", 60, {}),
        ("results", 70, {"results": results()[20:]}),
        ("sign", 71, {"worker_id": site.ids["wang"], "drawing": DRAWING}),
        ("sign", 72, {"worker_id": site.ids["li"], "drawing": DRAWING}),
        ("countersign", 75, {"name": "赵经理", "drawing": DRAWING}),
        ("check_out", 76, {}),
    ]
    return {
        "visit": visit or str(uuid_utils.uuid7()), "lift_id": lift_id, "device": "phone-7",
        "sent_at": (clock.now() + timedelta(minutes=clock_off)).isoformat(),
        "operations": [
            {"id": f"op-{n}", "op": op, "n": n, "at": at(minutes), **body}
            for n, (op, minutes, body) in enumerate(steps, 1)
        ],
    }  # fmt: skip


async def send(site: Site, batch: dict[str, Any], role: str = "responder") -> dict[str, Any]:
    answer = await site.call(role, "POST", "/visits/sync", json=batch)
    assert answer.status_code == 200, answer.text
    return answer.json()


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def test_a_visit_without_network_is_synchronised_once_with_both_times(site: Site) -> None:
    site.after(minutes=200)
    batch = sync(site)
    found = await send(site, batch)
    assert found["visit"]["state"] == "complete"
    assert {one["outcome"] for one in found["operations"]} == {"applied"}
    assert found["visit"]["marks"] == ["late", "photo_missing"]  # its photos were never sent
    assert "补录" in found["operations"][0]["marks"][0]["text"]["zh"]
    assert abs(moment(found["visit"]["began_at"]) - (clock.now() - timedelta(minutes=180))) < timedelta(seconds=1)
    assert abs(moment(found["visit"]["checked_in_at"]) - clock.now()) < timedelta(seconds=1)
    stored = await site.place.sql("SELECT * FROM visit_entry ORDER BY n")
    for _ in range(4):
        again = await send(site, batch)
        assert all(one["repeated"] for one in again["operations"])
        assert again["visit"] | {"version": 0} == found["visit"] | {"version": 0}
    assert await site.place.sql("SELECT * FROM visit_entry ORDER BY n") == stored
    assert len(await site.place.sql("SELECT 1 FROM visit")) == 1
    shown = await site.lift()
    assert shown["visit"] is None
    assert [one["kind"] for one in (await site.seen(batch["visit"]))["timeline"]].count("shown") == 0


async def test_pieces_in_the_wrong_order_wait_and_come_to_the_same(site: Site) -> None:
    site.after(minutes=200)
    batch = sync(site)
    pieces = [batch | {"operations": batch["operations"][a:b]} for a, b in ((6, 9), (3, 6), (0, 3))]
    first = await send(site, pieces[0])
    assert (first["visit"]["state"], {one["outcome"] for one in first["operations"]}) == ("new", {"waiting"})
    await asyncio.gather(*(send(site, one) for one in (pieces[1], pieces[0], pieces[1])))
    last = await send(site, pieces[2])
    assert last["visit"]["state"] == "complete"
    whole = await site.seen(batch["visit"])
    assert whole["missing"] == []
    assert {one["outcome"] for one in whole["timeline"]} == {"applied"}


async def test_five_times_at_once_is_once(site: Site) -> None:
    site.after(minutes=200)
    batch = sync(site)
    answers = await asyncio.gather(*(send(site, batch) for _ in range(5)))
    assert {one["visit"]["state"] for one in answers} == {"complete"}
    assert len(await site.place.sql("SELECT 1 FROM visit_entry")) == 9


async def test_a_phone_whose_clock_is_wrong(site: Site) -> None:
    site.after(minutes=200)
    found = await send(site, sync(site, clock_off=-600))
    assert found["visit"]["state"] == "complete"
    assert found["visit"]["marks"] == ["clock_off", "late", "photo_missing"]
    assert abs(moment(found["visit"]["began_at"]) - (clock.now() - timedelta(minutes=180))) < timedelta(seconds=1)


async def test_what_is_refused_in_a_batch_is_kept_with_its_sentence(site: Site) -> None:
    site.after(minutes=200)
    batch = sync(site)
    operations = batch["operations"]
    operations[6]["worker_id"] = site.ids["du"]
    operations[8]["at"] = (moment(operations[0]["at"]) - timedelta(minutes=5)).isoformat()
    found = await send(site, batch)
    told = {one["id"]: one for one in found["operations"]}
    assert (told["op-7"]["outcome"], told["op-7"]["reason"]) == ("refused", "worker_id")
    assert "杜甫 不在本次维保人员中" in told["op-7"]["text"]["zh"]
    assert told["op-9"]["reason"] == "out_before_in"
    assert "check out again" in told["op-9"]["text"]["en"]
    assert [one["code"] for one in told["op-9"]["marks"]] == ["late", "clock_backwards"]
    assert found["visit"]["state"] == "on_site"
    more = [
        {
            "id": "op-10",
            "op": "sign",
            "n": 10,
            "at": clock.now().isoformat(),
            "worker_id": site.ids["li"],
            "drawing": DRAWING,
        },
        {"id": "op-11", "op": "check_out", "n": 11, "at": clock.now().isoformat()},
    ]
    found = await send(site, batch | {"operations": more})
    assert found["visit"]["state"] == "complete"
    assert len((await site.seen(batch["visit"]))["timeline"]) == 13, "eleven operations, shown, restored"


async def test_shape_errors_of_a_batch_are_told_together(site: Site) -> None:
    batch = sync(site)
    del batch["operations"][0]["kind"]
    batch["operations"][5]["text"] = "x"
    answer = await site.call("responder", "POST", "/visits/sync", json=batch)
    assert answer.status_code == 422
    assert errors(answer.json()) == ["body.operations.0.kind", "body.operations.5.text"]
    assert await site.place.sql("SELECT 1 FROM visit") == []


async def test_a_batch_for_somebody_else_s_visit_or_another_lift(site: Site) -> None:
    site.after(minutes=200)
    batch = sync(site)
    await send(site, batch)
    assert (await site.call("responder_B", "POST", "/visits/sync", json=batch)).status_code == 404
    await site.place.sql("UPDATE lift SET firm_id = %(firm)s WHERE lift_id = 'L-3'", firm=site.ids["firm_A"])
    answer = await site.call("responder", "POST", "/visits/sync", json=batch | {"lift_id": "L-3"})
    assert errors(answer.json()) == ["body.lift_id"]


async def test_writes_with_a_key_are_done_once(site: Site) -> None:
    body = {"lift_id": "L-1", "kind": "half_month", "worker_id": site.ids["wang"]}
    async with site.place.client("firm") as client:
        first = await client.post("/api/v1/visits", json=body, headers={"Idempotency-Key": "k1"})
        second = await client.post("/api/v1/visits", json=body, headers={"Idempotency-Key": "k1"})
    assert first.json()["id"] == second.json()["id"]
    assert second.headers["idempotency-replayed"] == "true"
    assert len(await site.place.sql("SELECT 1 FROM visit")) == 1


async def test_the_record_of_a_visit_cannot_be_changed(site: Site) -> None:
    await site.arrive()
    for statement in ("UPDATE visit_entry SET body = '{}'", "DELETE FROM visit_entry", "TRUNCATE visit_entry"):
        with pytest.raises(Exception, match="append-only"):
            await site.place.sql(statement)


# --- signing by link -----------------------------------------------------------------------------------------


async def test_the_officer_signs_by_link_once(site: Site) -> None:
    visit = await site.arrive()
    await site.do(visit, "results", results=results(A_1_15=BAD))
    await site.do(visit, "sign", worker_id=site.ids["wang"], drawing=DRAWING)
    await site.do(visit, "check_out")
    made = await site.call("responder", "POST", f"/visits/{visit}/link")
    assert made.status_code == 201
    code = made.json()["code"]
    shown = (await site.call(None, "POST", "/signing/look", json={"code": code})).json()
    assert (shown["lift_id"], shown["workers"], shown["items"], shown["signed"]) == ("L-1", ["王维"], 31, False)
    assert [one["code"] for one in shown["abnormal"]] == ["A-1-15"]
    body = {"code": code, "name": "赵经理", "drawing": DRAWING}
    assert undocumented(visits.SigningView.model_validate(shown)) == []
    (bad,) = [one for one in shown["results"] if one["outcome"] == "abnormal"]
    assert (bad["code"], bad["text"], bad["photos"]) == ("A-1-15", BAD["text"], len(BAD["photos"]))
    assert len(shown["results"]) == 31
    assert [(one["name"], one["drawing"]) for one in shown["signatures"]] == [("王维", DRAWING)]
    signed = await site.call(None, "POST", "/signing", json=body)
    assert signed.json()["signed"]
    assert signed.json()["signed_by"] == "赵经理"
    whole = await site.seen(visit)
    assert (whole["state"], whole["countersigned"]["channel"]) == ("complete", "link")
    used = await site.call(None, "POST", "/signing", json=body)
    assert (used.status_code, used.json()["reason"]) == (404, "used")
    assert (await site.call(None, "POST", "/signing/look", json={"code": code})).json()["signed_by"] == "赵经理"
    unknown = await site.call(None, "POST", "/signing/look", json={"code": "nonsense"})
    assert (unknown.status_code, unknown.json()["reason"]) == (404, "unknown")
    assert "链接" in unknown.json()["text"]["zh"]


async def test_nothing_is_signed_that_was_not_looked_at(site: Site) -> None:
    """The crew changes an item between the officer's look and the signature: nothing is signed, the code stays good."""
    visit = await site.arrive()
    await site.do(visit, "results", results=results())
    code = (await site.call("responder", "POST", f"/visits/{visit}/link")).json()["code"]
    seen = (await site.call(None, "POST", "/signing/look", json={"code": code})).json()
    await site.do(visit, "results", results=[{"code": "A-1-15"} | BAD])
    body = {"code": code, "name": "赵经理", "drawing": DRAWING, "version": seen["version"]}
    changed = await site.call(None, "POST", "/signing", json=body)
    assert (changed.status_code, changed.json()["reason"]) == (409, "changed")
    assert (await site.seen(visit))["countersigned"] is None
    newer = (await site.call(None, "POST", "/signing/look", json={"code": code})).json()
    assert newer["version"] > seen["version"]
    signed = await site.call(None, "POST", "/signing", json=body | {"version": newer["version"]})
    assert signed.json()["signed"]


async def test_a_link_grows_old(site: Site) -> None:
    visit = await site.arrive()
    code = (await site.call("firm", "POST", f"/visits/{visit}/link")).json()["code"]
    site.after(days=7, seconds=1)
    old = await site.call(None, "POST", "/signing/look", json={"code": code})
    assert (old.status_code, old.json()["reason"]) == (404, "old")
    body = {"code": code, "name": "赵", "drawing": DRAWING}
    assert (await site.call(None, "POST", "/signing", json=body)).json()["reason"] == "old"
    assert (await site.call("firm_B", "POST", f"/visits/{visit}/link")).status_code == 404


async def test_the_plan_of_a_visit_stays_when_the_firm_adds_to_it(site: Site) -> None:
    before = await site.arrive()
    extra = {"kind": "half_month", "zh": "空调", "en": "Air conditioner", "must_zh": "正常", "must_en": "works"}
    await site.call("firm", "POST", "/plans", json={"lift_class": "traction", "items": [extra]})
    after = await site.arrive()
    assert [len((await site.seen(one))["items"]) for one in (before, after)] == [31, 32]
    assert (await site.seen(after))["marks"] == ["overlaps"]
    await site.finish(before)
    missing = await site.do(after, "check_out", want=422)
    assert "body.results.X-1-1" in errors(missing)


async def test_answers_have_the_fields_of_the_document(site: Site) -> None:
    """Neither one less, nor one that is not documented."""
    visit = await site.arrive(second_id=site.ids["li"])
    await site.do(visit, "results", results=results(A_1_15=BAD))
    await site.do(visit, "sign", worker_id=site.ids["wang"], drawing=DRAWING)
    await site.do(visit, "countersign", name="赵", drawing=DRAWING)
    order = (await site.call("admin", "GET", "/orders")).json()["items"][0]["id"]
    for path, shape in (
        ("/lifts/L-1", lifts.Lift), ("/visits", visits.VisitItem), (f"/visits/{visit}", visits.VisitDetail),
        ("/orders", orders.OrderItem), (f"/orders/{order}", orders.OrderDetail),
        ("/workers", workers.WorkerItem), ("/plans", maintenance.PlanHead),
        ("/plans/hoist-1", maintenance.PlanDetail), ("/maintenance/due", maintenance.DueItem),
        ("/maintenance/lifts/L-1", maintenance.TermsItem),
    ):  # fmt: skip
        found = (await site.call("admin", "GET", path)).json()
        item = found["items"][0] if "items" in found and "next_cursor" in found else found
        extra = [
            one for one in undocumented(shape.model_validate(item)) if one not in {"OrderEntry.from", "OrderEntry.to"}
        ]
        assert extra == [], path
    synced = await send(site.after(minutes=200), sync(site))
    assert undocumented(visits.Synced.model_validate(synced)) == []


async def test_the_records_stay_with_a_lift_that_changes_its_firm(site: Site) -> None:
    """The new firm reads what the old one did and writes nothing into it; the old one may end what it began."""
    visit = await site.arrive()
    await site.place.sql("UPDATE lift SET firm_id = %(firm)s WHERE lift_id = 'L-1'", firm=site.ids["firm_B"])
    shown = await site.seen(visit, "firm_B")
    assert shown["allowed"] == []
    await site.do(visit, "note", "firm_B", want=404, text="x")
    assert (await site.finish(visit))["state"] == "left"
