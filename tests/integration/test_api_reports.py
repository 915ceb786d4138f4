"""Reports by the code on a lift, without an account: what they open, what is limited, and what never is."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api import public_forms, public_limits
from elevator import clock
from tests.api_installation import Installation, installed
from tests.contract.test_api_openapi import undocumented


class Lobby:
    """People with telephones in front of lifts, and a clock that the test moves."""

    def __init__(self, place: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
        self.place, self.keys, self.ahead, self.began = place, 0, timedelta(), clock.now()
        monkeypatch.setattr(clock, "now", lambda: self.began + self.ahead)

    async def sticker(self, lift: str = "L-1", role: str = "property", **form: Any) -> dict[str, Any]:
        answer = await self.place.call(role, "POST", f"/lifts/{lift}/sticker", json=form)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def ask(self, path: str, body: dict[str, Any], address: str, **headers: str) -> httpx.Response:
        transport = httpx.ASGITransport(self.place.app, client=(address, 1234), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver", headers=headers) as client:
            return await client.post(f"/api/v1{path}", json=body)

    async def look(self, code: str, address: str = "192.0.2.1") -> httpx.Response:
        return await self.ask("/reports/look", {"code": code}, address)

    async def report(self, code: str, kind: str = "door", address: str = "192.0.2.1", **more: Any) -> httpx.Response:
        self.keys += 1
        return await self.ask("/reports", {"code": code, "kind": kind, "key": f"{self.keys:016x}", **more}, address)

    async def listed(self, path: str, role: str = "dispatcher") -> list[dict[str, Any]]:
        return list((await self.place.call(role, "GET", path)).json()["items"])


@pytest.fixture
async def lobby(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Lobby]:
    async with installed(database, rescue_phone="96333") as place:
        yield Lobby(place, monkeypatch)


async def test_a_sticker_stays_until_it_is_renewed(lobby: Lobby) -> None:
    first = await lobby.sticker()
    assert first == await lobby.sticker(role="firm")
    assert first["url"].endswith(f"/#/report/{first['code']}/L-1")
    assert first["picture"].startswith("<svg")
    second = await lobby.sticker(renew=True)
    assert second["code"] != first["code"]
    assert (await lobby.look(first["code"])).status_code == 404
    assert (await lobby.look(second["code"])).status_code == 200
    for role in ("firm_B", "property2"):
        assert (await lobby.place.call(role, "POST", "/lifts/L-1/sticker")).status_code == 404


async def test_a_technician_checks_in_by_the_same_sticker(lobby: Lobby) -> None:
    url = (await lobby.sticker())["url"]
    worker = (await lobby.place.call("firm", "POST", "/workers", json={"name": "王维"})).json()["id"]
    body = {"qr": url, "kind": "half_month", "worker_id": worker}
    assert (await lobby.place.call("responder", "POST", "/visits", json=body)).json()["lift_id"] == "L-1"


async def test_a_look_tells_which_lift_and_nothing_more(lobby: Lobby) -> None:
    code = (await lobby.sticker())["code"]
    seen = (await lobby.look(code)).json()
    assert (seen["name"], seen["building"], seen["rescue_code"]) == ("Lift L-1", "House 1", "100001")
    assert (seen["rescue_phone"], seen["rescue_under_way"], seen["known"]) == ("96333", False, [])
    assert undocumented(public_forms.ReportView.model_validate(seen)) == []
    assert "lift_id" not in seen


async def test_a_fault_becomes_an_order_that_firm_and_desk_see(lobby: Lobby) -> None:
    code = (await lobby.sticker())["code"]
    told = await lobby.report(code, "door", text="3 楼的门关不上")
    assert (told.status_code, told.json()["outcome"]) == (201, "order")
    for role in ("firm", "dispatcher", "property", "responder"):
        orders = await lobby.listed("/orders", role)
        assert [one["lift_id"] for one in orders] == ["L-1"]
        assert "门有问题" in orders[0]["text"]
        assert "trouble with the door" in orders[0]["text"]
        assert "3 楼的门关不上" in orders[0]["text"]
    assert await lobby.listed("/orders", "firm_B") == []
    assert (await lobby.look(code)).json()["known"] == ["door"]
    again = await lobby.report(code, "door", text="还是关不上", address="192.0.2.2")
    assert again.json()["outcome"] == "known_order"
    other = await lobby.report(code, "light")
    assert other.json()["outcome"] == "order"
    orders = await lobby.listed("/orders")
    assert len(orders) == 2
    story = (await lobby.place.call("firm", "GET", f"/orders/{orders[1]['id']}")).json()["timeline"]
    assert [one["action"] for one in story] == ["open", "note"]
    assert story[1]["text"].endswith("还是关不上")
    messages = await lobby.place.sql("SELECT target, body FROM outbox WHERE body->>'name' = 'reported'")
    assert {one["target"] for one in messages} == {f"firm:{lobby.place.ids['firm_A']}"}


async def test_what_is_sent_twice_counts_once(lobby: Lobby) -> None:
    code = (await lobby.sticker())["code"]
    body = {"code": code, "kind": "noise", "key": "aaaaaaaaaaaaaaaa"}
    for _ in range(3):
        assert (await lobby.ask("/reports", body, "192.0.2.1")).status_code == 201
    (order,) = await lobby.listed("/orders")
    story = (await lobby.place.call("firm", "GET", f"/orders/{order['id']}")).json()["timeline"]
    assert len(story) == 1


async def test_one_address_is_limited_and_let_in_again(lobby: Lobby) -> None:
    codes = [(await lobby.sticker(lift, "dispatcher"))["code"] for lift in ("L-1", "L-2")]
    for number in range(public_limits.PER_ADDRESS["fault"]):
        assert (await lobby.report(codes[number % 2])).status_code == 201
    full = await lobby.report(codes[0])
    assert full.status_code == 429
    assert full.json()["reason"] == "limit_address"
    assert "分钟后再试" in full.json()["text"]["zh"]
    assert "try again in" in full.json()["text"]["en"]
    assert 0 < int(full.headers["Retry-After"]) <= 600
    assert (await lobby.report(codes[0], address="192.0.2.9")).status_code == 201
    lobby.ahead += timedelta(seconds=int(full.headers["Retry-After"]) + 1)
    assert (await lobby.report(codes[0])).status_code == 201


async def test_one_lift_is_limited_from_however_many_addresses(lobby: Lobby) -> None:
    code = (await lobby.sticker())["code"]
    for number in range(public_limits.PER_LIFT["fault"]):
        assert (await lobby.report(code, address=f"198.51.100.{number}")).status_code == 201
    full = await lobby.report(code, address="198.51.100.200")
    assert (full.status_code, full.json()["reason"]) == (429, "limit_lift")
    assert len(await lobby.listed("/orders")) == 1
    lobby.ahead += timedelta(hours=1, seconds=1)
    assert (await lobby.report(code, address="198.51.100.200")).status_code == 201


async def test_who_tries_codes_is_stopped(lobby: Lobby) -> None:
    """Each wrong code is answered alike, in both languages, until there were too many; others are not stopped."""
    code = (await lobby.sticker())["code"]
    for number in range(public_limits.PER_ADDRESS["wrong"]):
        wrong = await lobby.look(f"wrong{number}")
        assert (wrong.status_code, wrong.json()["reason"]) == (404, "wrong_code")
        assert "报警按钮" in wrong.json()["text"]["zh"]
    assert (await lobby.look("wrong99")).status_code == 429
    assert (await lobby.report("wrong99")).status_code == 429
    assert (await lobby.look("L-1")).status_code == 422
    assert (await lobby.look("100001")).status_code == 429  # the code in the car is none of a sticker
    assert (await lobby.look(code, "192.0.2.77")).status_code == 200


async def test_somebody_trapped_is_a_rescue_at_once(lobby: Lobby) -> None:
    """Contract section 5, `caller`: a person reports it by phone, page or API; confirmed at once, the firm is asked."""
    code = (await lobby.sticker())["code"]
    told = await lobby.report(code, "trapped", text="里面有老人", phone="13900000001")
    assert (told.status_code, told.json()["outcome"]) == (201, "rescue")
    (rescue,) = await lobby.listed("/incidents?kind=rescue")
    assert (rescue["lift_id"], rescue["reason"], rescue["state"], rescue["ringing"]) == (
        "L-1",
        "caller",
        "dispatched",
        True,
    )
    assert rescue["caller"] == "13900000001"
    assert (await lobby.listed("/incidents?kind=rescue", "firm"))[0]["caller"] is None
    again = await lobby.report(code, "trapped", address="192.0.2.2")
    assert again.json()["outcome"] == "known_rescue"
    assert len(await lobby.listed("/incidents?kind=rescue")) == 1
    assert (await lobby.look(code)).json()["rescue_under_way"]
    assert await lobby.place.sql("SELECT 1 FROM public_report WHERE text LIKE '%%139%%'") == []


async def test_somebody_trapped_is_never_limited_away(lobby: Lobby) -> None:
    """Beyond the limit no crew is sent at once, but dispatchers are rung and a person decides."""
    code = (await lobby.sticker())["code"]
    for _ in range(public_limits.PER_ADDRESS["trapped"]):
        assert (await lobby.report(code, "trapped")).status_code == 201
        (rescue,) = await lobby.listed("/incidents?kind=rescue")
        body = {"reason": "false_alarm"}
        assert (await lobby.place.call("dispatcher", "POST", f"/incidents/{rescue['id']}/cancel", json=body)).is_success
    told = await lobby.report(code, "trapped")
    assert (told.status_code, told.json()["outcome"]) == (201, "rescue")
    assert "核实" in told.json()["text"]["zh"]
    (rescue,) = await lobby.listed("/incidents?kind=rescue")
    assert (rescue["state"], rescue["ringing"], rescue["waits_for_person"]) == ("suspected", True, True)
    assert rescue["assignments"] == []
    before = await lobby.place.sql("SELECT count(*) AS n FROM timeline")
    for _ in range(5):
        assert (await lobby.report(code, "trapped")).json()["outcome"] == "known_rescue"
    assert await lobby.place.sql("SELECT count(*) AS n FROM timeline") == before
    confirmed = await lobby.place.call("dispatcher", "POST", f"/incidents/{rescue['id']}/confirm")
    assert confirmed.json()["state"] == "dispatched"


async def test_what_is_said_beyond_the_limit_is_kept(lobby: Lobby) -> None:
    code = (await lobby.sticker())["code"]
    for _ in range(public_limits.PER_ADDRESS["trapped"]):
        await lobby.report(code, "trapped")
    (rescue,) = await lobby.listed("/incidents?kind=rescue")
    told = await lobby.report(code, "trapped", text="one of the two is hurt", phone="13800000000")
    assert told.json()["outcome"] == "known_rescue"
    detail = (await lobby.place.call("dispatcher", "GET", f"/incidents/{rescue['id']}")).json()
    assert detail["timeline"][-1]["note"] == "one of the two is hurt"
    assert (detail["caller"], detail["state"]) == ("13800000000", "dispatched")
    kept = await lobby.place.sql("SELECT text FROM public_report ORDER BY id")
    assert len(kept) == public_limits.PER_ADDRESS["trapped"] + 1
    assert kept[-1]["text"] == "one of the two is hurt"


async def test_a_number_given_beyond_the_limit_stands_after_the_first(lobby: Lobby) -> None:
    code = (await lobby.sticker())["code"]
    for _ in range(public_limits.PER_ADDRESS["trapped"]):
        await lobby.report(code, "trapped", phone="13900000001")
    for phone in ("13800000000", "13900000001", "13800000000"):
        assert (await lobby.report(code, "trapped", phone=phone)).json()["outcome"] == "known_rescue"
    (rescue,) = await lobby.listed("/incidents?kind=rescue")
    assert (rescue["caller"], rescue["callers"]) == ("13900000001", ["13900000001", "13800000000"])
    (seen,) = await lobby.listed("/incidents?kind=rescue", "firm")
    assert (seen["caller"], seen["callers"]) == (None, [])


async def test_a_limit_on_codes_or_faults_does_not_stop_a_rescue(lobby: Lobby) -> None:
    code = (await lobby.sticker())["code"]
    for number in range(public_limits.PER_ADDRESS["wrong"] + 3):
        await lobby.look(f"wrong{number}")
    for _ in range(public_limits.PER_ADDRESS["fault"] + 3):
        await lobby.report(code, "noise")
    assert (await lobby.report(code, "trapped")).json()["outcome"] == "rescue"
    assert (await lobby.listed("/incidents?kind=rescue"))[0]["state"] == "dispatched"


async def test_addresses_are_forgotten_within_the_hour(lobby: Lobby) -> None:
    code = (await lobby.sticker())["code"]
    await lobby.report(code, address="203.0.113.5")
    kept = await lobby.place.sql("SELECT address FROM public_try")
    assert [one["address"] for one in kept] == ["203.0.113.5"]
    lobby.ahead += public_limits.KEPT + timedelta(seconds=1)
    await lobby.look(code, "203.0.113.6")
    kept = await lobby.place.sql("SELECT address FROM public_try")
    assert [one["address"] for one in kept] == ["203.0.113.6"]
    for table in ("public_report", "work_order", "order_entry"):
        assert await lobby.place.sql(f"SELECT 1 FROM {table} t WHERE t::text LIKE '%%203.0.113.%%'") == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"kind": "door", "key": "0123456789abcdef", "phone": "139"}, 422),
        ({"kind": "fire", "key": "0123456789abcdef"}, 422),
        ({"kind": "door", "key": "short"}, 422),
        ({"kind": "door", "key": "0123456789abcdef", "text": "x" * 501}, 422),
        ({"kind": "door", "key": "0123456789abcdef", "text": "x" * 20_000}, 413),
        ({"kind": "door", "key": "0123456789abcdef", "photos": []}, 422),
    ],
)
async def test_what_does_not_fit_is_refused(lobby: Lobby, body: dict[str, Any], status: int) -> None:
    code = (await lobby.sticker())["code"]
    assert (await lobby.ask("/reports", {"code": code} | body, "192.0.2.1")).status_code == status
    assert await lobby.listed("/orders") == []


async def test_another_site_cannot_report_by_its_readers(lobby: Lobby) -> None:
    code = (await lobby.sticker())["code"]
    body = {"code": code, "kind": "trapped", "key": "0123456789abcdef"}
    assert (await lobby.ask("/reports", body, "192.0.2.1", Origin="https://elsewhere.example")).status_code == 403
    assert await lobby.listed("/incidents?kind=rescue") == []


@pytest.mark.parametrize("statement", ["UPDATE public_report SET text = 'x'", "DELETE FROM public_report"])
async def test_reports_are_append_only(lobby: Lobby, statement: str) -> None:
    await lobby.report((await lobby.sticker())["code"])
    with pytest.raises(Exception, match="append-only"):
        await lobby.place.sql(statement)
