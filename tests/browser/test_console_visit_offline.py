"""A visit in a basement: no network from the check-in to hours later, the tab closed and opened, and nothing lost or doubled."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, Request, expect

from elevator import clock
from tests.browser.conftest import Open
from tests.browser.console import Lift, Place
from tests.browser.technician import CREW, TOUCH, all_normal, all_sent, draw, due, employ, item, shoot, stop

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# What a browser says of a network that is not there; anything else a page complains about is still a fault.
CUT = r"net::ERR_INTERNET_DISCONNECTED|net::ERR_FAILED|Failed to load resource: net::ERR"


async def _ready(page: Page) -> None:
    """The page is kept on the phone: the service worker has all of it, and the firm's lifts and plans are there."""
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await page.wait_for_function(
        """() => new Promise((resolve) => {
          const open = indexedDB.open("liftline-visits");
          open.onsuccess = () => {
            const all = open.result.transaction("answers").objectStore("answers").getAllKeys();
            all.onsuccess = () => resolve(["due", "workers"].every((one) => all.result.some((key) => key.endsWith("/" + one)))
              && all.result.some((key) => key.startsWith("plan/")));
          };
        })"""
    )


async def _reopened(context: BrowserContext, page: Page) -> Page:
    """The tab is closed and the page opened anew, by the address of the round."""
    await page.close()
    again = await context.new_page()
    await again.goto("/#/round")
    return again


async def _on_the_phone(
    place: Place, screen: Open, *, clock_at: datetime | None = None
) -> tuple[Page, Lift, list[Any]]:
    employ(place)
    lift = place.lift(lat=27.8204, lon=113.1304)
    due(place, lift)
    page = await screen("responder", "#/round", **TOUCH, expected=CUT)
    batches: list[Any] = []

    def _note(request: Request) -> None:
        if request.url.endswith("/visits/sync"):
            batches.append(request.post_data_json)

    page.context.on("requestfinished", _note)
    await expect(stop(page, lift)).to_be_visible()
    await _ready(page)
    if clock_at is not None:
        await page.context.clock.install(time=clock_at)
    return page, lift, batches


def _ago(kept: dict[str, Any], kind: str) -> tuple[float, float]:
    """Minutes before now of an operation, when it was done and when it was received."""
    line = next(one for one in kept["timeline"] if one["kind"] == kind)
    now = clock.now()
    return tuple((now - datetime.fromisoformat(line[name])).total_seconds() / 60 for name in ("done_at", "at"))  # type: ignore[return-value]


async def test_a_whole_visit_without_network_is_synchronised_once_and_marked(place: Place, screen: Open) -> None:
    """Three hours by the phone's clock: check in, 31 items, a photo, a tab that is closed twice, signatures, check out."""
    page, lift, batches = await _on_the_phone(place, screen, clock_at=clock.now() - timedelta(hours=3))
    context = page.context
    await context.set_offline(offline=True)
    page = await _reopened(context, page)
    await expect(page.get_by_test_id("sync").first).to_contain_text("No network")
    await stop(page, lift).get_by_test_id("check-in").tap()
    await expect(page.get_by_test_id("items")).to_have_attribute("data-left", "31")
    visit = str(await page.get_by_test_id("visit").get_attribute("data-visit"))
    await context.clock.fast_forward("30:00")
    row = item(page, "A-1-15")
    await row.get_by_test_id("abnormal").tap()
    await row.get_by_test_id("abnormal-text").fill("井道灯不亮")
    await shoot(page, row.get_by_test_id("abnormal-photo"), 91)
    await expect(row.get_by_test_id("photo")).to_have_count(1)
    await row.get_by_test_id("abnormal-ok").tap()
    for code in ("A-1-1", "A-1-2", "A-1-3"):
        await item(page, code).get_by_test_id("normal").tap()
    await expect(page.get_by_test_id("sync")).to_have_attribute("data-kept", "5")

    page = await _reopened(context, page)  # the tab is gone, and the network still is
    open_visit = page.get_by_test_id("open-visit")
    await expect(open_visit).to_contain_text(lift.name)
    await open_visit.locator("a").tap()
    await expect(page.get_by_test_id("items")).to_have_attribute("data-left", "27")
    await expect(item(page, "A-1-15")).to_contain_text("井道灯不亮")
    await expect(page.get_by_test_id("visit")).to_contain_text("Without network a rescue at this lift is not seen here")
    assert await all_normal(page) == 27
    await context.clock.fast_forward("01:30:00")
    await draw(page, "pad-worker")
    await page.get_by_test_id("pad-worker-ok").tap()
    await page.get_by_test_id("officer-name").fill("赵经理")
    await draw(page, "pad-officer")
    await page.get_by_test_id("pad-officer-ok").tap()
    await page.get_by_test_id("check-out").tap()
    over = page.get_by_test_id("over")
    await expect(over).to_have_attribute("data-state", "complete")
    await expect(over).to_have_attribute("data-restored", "false")
    await expect(page.get_by_test_id("restored")).to_contain_text("as soon as it hears of the check-out")
    await expect(page.get_by_test_id("sync").first).to_have_attribute("data-kept", "35")

    page = await _reopened(context, page)
    await expect(page.get_by_test_id("sync").first).to_have_attribute("data-kept", "35")
    await expect(page.get_by_test_id("sync").first).to_have_attribute("data-photos", "2")
    assert batches == []
    assert [one for one in place.call("GET", "/visits?limit=200")["items"] if one["id"] == visit] == []
    await context.clock.fast_forward("01:00:00")
    await context.set_offline(offline=False)
    await all_sent(page)

    kept = place.call("GET", f"/visits/{visit}")
    assert (kept["state"], kept["lift_id"], kept["missing"]) == ("complete", lift.id, [])
    assert (kept["workers"], kept["abnormal"], len(kept["orders"])) == ([CREW[0]], 1, 1)
    told = [one["outcome"] for one in kept["timeline"] if one["outcome"] != "line"]
    assert told == ["applied"] * 35
    assert sorted(one["n"] for batch in batches for one in batch["operations"]) == list(range(1, 36)), "each sent once"
    assert "late" in kept["marks"]
    done, received = _ago(kept, "check_in")
    assert 175 < done < 190, "when it was done"
    assert received < 5, "when it was received"
    done, received = _ago(kept, "check_out")
    assert 55 < done < 70
    assert received < 5
    assert len(place.call("GET", f"/lifts/{lift.id}/photos")["items"]) == 2
    assert place.call("GET", f"/lifts/{lift.id}")["visit"] is None
    await page.get_by_role("link", name=re.compile(lift.name)).tap()
    await expect(page.get_by_test_id("late")).to_have_text("late entry")
    await expect(page.get_by_test_id("over")).to_have_attribute("data-restored", "true")
    await expect(page.get_by_test_id("restored")).to_contain_text("the lift never showed a technician at work")


async def test_a_network_that_comes_and_goes_loses_and_doubles_nothing(place: Place, screen: Open) -> None:
    """An answer that is lost after the server has taken the batch: it is sent again, and counts once."""
    page, lift, _ = await _on_the_phone(place, screen)
    lost = 0

    async def _swallow(route: Any) -> None:
        nonlocal lost
        if lost < 3:
            lost += 1
            await route.fetch()  # the server has it
            await route.abort()  # the phone does not know
        else:
            await route.continue_()

    await page.context.route("**/visits/sync", _swallow)
    await stop(page, lift).get_by_test_id("check-in").tap()
    visit = str(await page.get_by_test_id("visit").get_attribute("data-visit"))
    for code in ("A-1-1", "A-1-2", "A-1-3"):
        await item(page, code).get_by_test_id("normal").tap()
    await expect(page.get_by_test_id("sync")).to_have_attribute("data-off", "true", timeout=15_000)
    await all_sent(page)
    assert lost == 3
    kept = place.call("GET", f"/visits/{visit}")
    assert [one["kind"] for one in kept["timeline"] if one["outcome"] == "applied"] == ["check_in", *["results"] * 3]


async def test_one_picture_for_two_lifts_is_sent_for_both(place: Place, screen: Open) -> None:
    """The same file chosen twice without network: whatever that says of the work, no record loses its photo."""
    second = place.lift(lat=27.8206, lon=113.1306)
    due(place, second)
    page, first, _ = await _on_the_phone(place, screen)
    await expect(stop(page, second)).to_be_visible()
    await page.context.set_offline(offline=True)
    for lift in (first, second):
        await page.goto("/#/round")
        await stop(page, lift).get_by_test_id("check-in").tap()
        row = item(page, "A-1-15")
        await row.get_by_test_id("abnormal").tap()
        await row.get_by_test_id("abnormal-text").fill("井道灯不亮")
        await shoot(page, row.get_by_test_id("abnormal-photo"), 143)
        await row.get_by_test_id("abnormal-ok").tap()
        await expect(page.get_by_test_id("sync").first).to_have_attribute("data-photos", "1")
    await page.context.set_offline(offline=False)
    await all_sent(page)
    for lift in (first, second):
        assert len(place.call("GET", f"/lifts/{lift.id}/photos")["items"]) == 1, lift.id


async def test_what_the_server_refuses_is_said_and_nothing_else_is_lost(place: Place, screen: Open) -> None:
    """A certificate that ended meanwhile: the phone lets the worker sign, the server does not, and says why."""
    page, lift, _ = await _on_the_phone(place, screen)
    await page.context.set_offline(offline=True)
    await stop(page, lift).get_by_test_id("check-in").tap()
    await item(page, "A-1-1").get_by_test_id("normal").tap()
    await draw(page, "pad-worker")
    await page.get_by_test_id("pad-worker-ok").tap()
    await expect(page.get_by_test_id("signed")).to_have_count(1)
    ids = employ(place)
    person = {"name": CREW[0], "certificates": [{"kind": "T", "number": "x", "valid_until": "2020-01-01"}]}
    until = (clock.now() + timedelta(days=400)).date().isoformat()
    place.call("PUT", f"/workers/{ids[CREW[0]]}", person)
    try:
        await page.context.set_offline(offline=False)
        await expect(page.get_by_test_id("refused")).to_contain_text("signature", timeout=20_000)
        await expect(page.get_by_test_id("refused")).to_contain_text("2020-01-01")
    finally:
        person["certificates"] = [{"kind": "T", "number": "x", "valid_until": until}]
        place.call("PUT", f"/workers/{ids[CREW[0]]}", person)
    await expect(page.get_by_test_id("sync")).to_have_attribute("data-refused", "1")
    await expect(page.get_by_test_id("signed")).to_have_count(0)
    await expect(item(page, "A-1-1")).to_have_attribute("data-outcome", "normal")


async def test_a_signed_out_phone_opens_nothing_without_network(place: Place, screen: Open) -> None:
    """Whoever signs out leaves no page behind that shows his round; his taps stay until he is back."""
    page, _, _ = await _on_the_phone(place, screen)
    await page.evaluate("localStorage.removeItem('liftline.session')")  # what a sign-out does; the cookie serves others
    await page.context.set_offline(offline=True)
    page = await _reopened(page.context, page)
    await expect(page.get_by_test_id("signin-login")).to_be_visible()
    await expect(page.get_by_test_id("round")).to_have_count(0)


async def test_an_order_is_done_without_network(place: Place, screen: Open) -> None:
    """Accepted and done in a shaft, the tab closed in between: both go out in their order."""
    lift = place.lift()
    order = place.call("POST", "/orders", {"lift_id": lift.id, "text": "3 层外呼按钮松动"})
    place.call("POST", f"/orders/{order['id']}/note", {"text": "钥匙在门卫"})
    page, _, _ = await _on_the_phone(place, screen)
    await page.evaluate("location.hash = '#/orders'")
    row = page.locator(f'[data-order="{order["id"]}"]')
    await row.get_by_test_id("order-accept").tap()
    await expect(row).to_have_attribute("data-state", "accepted", timeout=10_000)
    await page.context.set_offline(offline=True)
    await row.get_by_test_id("order-done").tap()
    await row.get_by_test_id("order-text").fill("已紧固")
    await shoot(page, row.get_by_test_id("order-photo"), 77)
    await row.get_by_test_id("order-send").tap()
    await expect(row.get_by_test_id("order-kept")).to_be_visible()
    context = page.context
    page = await _reopened(context, page)
    await page.evaluate("location.hash = '#/orders'")
    row = page.locator(f'[data-order="{order["id"]}"]')
    await expect(row.get_by_test_id("order-kept")).to_be_visible()
    await context.set_offline(offline=False)
    await expect(row).to_have_attribute("data-state", "done", timeout=20_000)
    await all_sent(page)
    kept = place.call("GET", f"/orders/{order['id']}")
    story = [(one["action"], one["text"]) for one in kept["timeline"] if one["actor"]["role"] == "responder"]
    assert story == [("accept", None), ("done", "已紧固")]
