"""A technician's visit on the phone, with a network: how many taps it takes, and what is told of mistakes and rescues."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.console import AXE, PHONE, Lift, Place
from tests.browser.technician import COUNTER, CREW, TOUCH, all_normal, all_sent, draw, due, employ, item, shoot, stop

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MOST_TAPS = 45
CAMERA = 2  # for each photo in the phone's own camera, which no page sees: the shutter, and "use this"


async def _at(place: Place, screen: Open, **fields: object) -> tuple[Page, Lift]:
    """The round on the phone, with one lift that is due."""
    employ(place)
    lift = place.lift(lat=27.8204, lon=113.1304, **fields)
    due(place, lift)
    page = await screen("responder", "#/round", **TOUCH)
    await page.evaluate(COUNTER)
    return page, lift


async def _arrive(place: Place, screen: Open, **fields: object) -> tuple[Page, Lift, str]:
    """On site: the visit's page, one tap after the round."""
    page, lift = await _at(place, screen, **fields)
    arrive = stop(page, lift).get_by_test_id("check-in")
    await expect(arrive).to_contain_text(CREW[0])
    await arrive.tap()
    await expect(page.get_by_test_id("items")).to_have_attribute("data-left", "31")
    return page, lift, str(await page.get_by_test_id("visit").get_attribute("data-visit"))


async def test_a_routine_visit_takes_at_most_45_taps(place: Place, screen: Open) -> None:
    """Each of the 31 items has a tap of its own; the officer's name is typed, as at the first visit to a house."""
    page, lift, visit = await _arrive(place, screen)
    shots = await page.locator('[data-testid="item"][data-key="true"]').count()
    assert (await all_normal(page), shots) == (31, 1)
    await draw(page, "pad-worker")
    await page.get_by_test_id("pad-worker-ok").tap()
    await page.get_by_test_id("officer-name").tap()
    await page.keyboard.type("赵经理")
    await draw(page, "pad-officer")
    await page.get_by_test_id("pad-officer-ok").tap()
    await expect(page.get_by_test_id("signed")).to_have_count(2)
    await page.get_by_test_id("check-out").tap()
    await expect(page.get_by_test_id("over")).to_have_attribute("data-state", "complete")
    taps = await page.evaluate("window.taps")
    assert taps >= 31, "the taps are counted at all"
    assert taps + CAMERA * shots <= MOST_TAPS, f"{taps} taps in the page"
    print(f"taps in the page: {taps}, in the camera: {CAMERA * shots}")
    await all_sent(page)
    kept = place.call("GET", f"/visits/{visit}")
    assert (kept["state"], kept["lift_id"], kept["missing"]) == ("complete", lift.id, [])
    assert set(kept["marks"]) <= {"photo_reused"}, "the pictures of these tests look alike"
    assert (kept["workers"], kept["alone"], kept["countersigned"]["name"]) == ([CREW[0]], True, "赵经理")
    assert {one["code"]: one["value"] for one in kept["items"]}["A-1-29"] == 8
    assert [one["outcome"] for one in kept["timeline"] if one["outcome"] not in {"applied", "line"}] == []
    # one operation for each tap, with the phone's own time: what was done when is in the record
    assert len([one for one in kept["timeline"] if one["kind"] == "results"]) == 31
    named = next(one["photos"] for one in kept["items"] if one["code"] == "A-1-6")
    (sent,) = place.call("GET", f"/lifts/{lift.id}/photos")["items"]
    assert named == [sent["sha256"]]
    await expect(page.get_by_test_id("over")).to_have_attribute("data-restored", "true")
    await expect(page.get_by_test_id("restored")).to_contain_text("the lift is shown as usual again")
    assert place.call("GET", f"/lifts/{lift.id}")["visit"] is None


async def test_all_mistakes_are_told_at_once_where_they_are(place: Place, screen: Open) -> None:
    page, _, visit = await _arrive(place, screen)
    row = item(page, "A-1-15")
    await row.get_by_test_id("abnormal").tap()
    await row.get_by_test_id("abnormal-ok").tap()
    faults = row.get_by_test_id("fault")
    await expect(faults).to_have_count(2)
    await expect(faults.first).to_have_text("An abnormal item needs words")
    await row.get_by_test_id("abnormal-text").fill("3 层井道灯不亮")
    await shoot(page, row.get_by_test_id("abnormal-photo"))
    await expect(row.get_by_test_id("photo")).to_have_count(1)
    await row.get_by_test_id("abnormal-ok").tap()
    await expect(row).to_have_attribute("data-outcome", "abnormal")

    lock = item(page, "A-1-29")
    await expect(lock).to_contain_text("≥ 7 mm")
    await lock.get_by_test_id("other-value").tap()
    await lock.locator("input[name=value]").fill("6.5")
    await lock.get_by_test_id("value-ok").tap()
    await expect(lock.get_by_test_id("fault")).to_have_text("Outside the limits: record it as abnormal")
    await expect(lock.get_by_test_id("abnormal-text")).to_have_value("measured 6.5 mm (≥ 7 mm)")
    await expect(lock).to_have_attribute("data-outcome", "")

    assert await all_normal(page, but=("A-1-29", "A-1-8")) == 30
    await page.get_by_test_id("check-out").tap()
    await expect(page.get_by_test_id("wanting")).to_have_attribute("data-count", "3")
    for code in ("A-1-29", "A-1-8"):
        await expect(item(page, code).get_by_test_id("fault").last).to_have_text("No result yet")
    await expect(page.get_by_test_id("signatures").get_by_test_id("fault")).to_have_text(f"{CREW[0]} has not signed")
    await item(page, "A-1-8").get_by_test_id("not-applicable").tap()
    await lock.get_by_test_id("value").first.tap()
    await page.get_by_test_id("pad-worker-ok").tap()
    await expect(page.get_by_test_id("signatures").get_by_test_id("fault").first).to_have_text("Please sign in the box")
    await draw(page, "pad-worker")
    await page.get_by_test_id("pad-worker-ok").tap()
    await expect(page.get_by_test_id("signed")).to_have_count(1)
    await item(page, "A-1-8").get_by_test_id("normal").tap()  # after the signature: it is taken away, and that is said
    await expect(page.get_by_test_id("sign-again")).to_be_visible()
    await draw(page, "pad-worker")
    await page.get_by_test_id("pad-worker-ok").tap()
    await page.get_by_test_id("check-out").tap()
    await expect(page.get_by_test_id("over")).to_have_attribute("data-state", "left")
    await all_sent(page)
    kept = place.call("GET", f"/visits/{visit}")
    assert (kept["state"], kept["abnormal"], len(kept["signatures"])) == ("left", 1, 1)
    (order,) = kept["orders"]
    assert order["text"].endswith("3 层井道灯不亮")
    await expect(page.get_by_test_id("over")).to_contain_text("1 work order opened")


async def test_a_rescue_at_this_lift_stands_on_top_with_one_button(place: Place, screen: Open) -> None:
    page, lift, _ = await _arrive(place, screen)
    await all_sent(page)
    await item(page, "A-1-31").scroll_into_view_if_needed()
    place.trap(lift)
    here = page.get_by_test_id("rescue-here")
    await expect(here).to_be_visible(timeout=15_000)
    await expect(here).to_be_in_viewport()
    await expect(page.get_by_test_id("ring-indicator")).to_have_attribute("data-ringing", "true")
    await here.get_by_test_id("rescue-accept").tap()
    await expect(page.get_by_test_id("job")).to_have_attribute("data-state", "accepted", timeout=15_000)
    await expect(page.get_by_test_id("action-arrive")).to_be_visible()
    rescue = place.rescue_of(lift, 5)
    assert rescue["state"] == "accepted"
    assert [one["unit_id"] for one in rescue["assignments"] if one["state"] == "accepted"] == [place.unit["id"]]


async def test_a_break_a_second_worker_parts_and_signs_of_life(place: Place, screen: Open) -> None:
    page, _, visit = await _arrive(place, screen)
    await page.get_by_test_id("alive").tap()
    await page.get_by_test_id("pause").tap()
    await expect(page.get_by_test_id("visit")).to_have_attribute("data-state", "interrupted")
    await expect(page.get_by_test_id("alive")).to_have_count(0)
    await page.get_by_test_id("resume").tap()
    await page.locator("summary", has_text="Parts").tap()
    await page.get_by_test_id("part-add").tap()
    await expect(page.get_by_text("The part's name is missing")).to_be_visible()
    await page.get_by_test_id("part-name").fill("井道灯")
    await page.get_by_test_id("part-add").tap()
    await expect(page.get_by_test_id("part")).to_have_text("井道灯 × 1")
    await page.locator("summary", has_text="Second worker").tap()
    await page.get_by_test_id("second-now").select_option(label=CREW[1])
    await expect(page.get_by_test_id("life")).to_have_count(0)
    await expect(page.get_by_test_id("pad-second")).to_be_visible()
    await all_sent(page)
    kept = place.call("GET", f"/visits/{visit}")
    assert (kept["state"], kept["workers"], kept["alone"]) == ("on_site", list(CREW), False)
    assert kept["parts"] == [{"name": "井道灯", "count": 1, "number": None}]
    story = [one["kind"] for one in kept["timeline"] if one["outcome"] == "applied"]
    assert story == ["check_in", "alive", "pause", "resume", "part", "second"]


async def test_the_code_on_the_lift_leads_to_its_check_in(place: Place, screen: Open) -> None:
    """Typed, or as an address from the camera of the phone; a code that is nobody's is told as such."""
    page, lift = await _at(place, screen)
    await expect(stop(page, lift)).to_be_visible()
    await page.get_by_test_id("scan-code").fill("99999999")
    await page.get_by_test_id("scan-find").tap()
    await expect(page.get_by_test_id("scan-problem")).to_contain_text("no lift of this firm")
    await page.get_by_test_id("scan-code").fill(lift.code)
    await page.get_by_test_id("scan-find").tap()
    asked = page.get_by_test_id("asked")
    await expect(asked).to_contain_text(lift.name)
    await page.goto(f"/#/lifts/{lift.id}")
    await expect(asked).to_contain_text(lift.name)
    await asked.get_by_text("quarterly", exact=True).tap()
    await asked.get_by_test_id("check-in").tap()
    await expect(page.get_by_test_id("items")).to_have_attribute("data-left", "44")
    await all_sent(page)


async def test_a_visit_is_taken_up_on_another_phone_and_signed_by_link(place: Place, screen: Open) -> None:
    """One telephone is empty: another of the crew goes on with what is there, numbered by itself."""
    page, lift, visit = await _arrive(place, screen)
    await item(page, "A-1-1").get_by_test_id("normal").tap()
    await all_sent(page)
    other = await screen("responder", "#/round", **TOUCH)
    line = other.locator("li.stop", has_text="begun on another phone").filter(has_text=lift.name)
    await line.get_by_role("button").tap()
    await expect(other.get_by_test_id("items")).to_have_attribute("data-left", "30")
    await expect(other.get_by_test_id("visit")).to_have_attribute("data-visit", visit)
    assert await all_normal(other) == 30
    await draw(other, "pad-worker")
    await other.get_by_test_id("pad-worker-ok").tap()
    await other.get_by_test_id("check-out").tap()
    await expect(other.get_by_test_id("over")).to_have_attribute("data-state", "left")
    await all_sent(other)
    await other.get_by_test_id("sign-link").tap()
    address = str(await other.get_by_test_id("link").locator("a").get_attribute("href"))
    assert "/#/sign/" in address
    drawing = {"kind": "svg", "data": "M0 0L9 9"}
    place.call("POST", "/signing", {"code": address.rsplit("/", 1)[-1], "name": "赵经理", "drawing": drawing})
    await other.reload()
    await expect(other.get_by_test_id("over")).to_have_attribute("data-state", "complete")
    kept = place.call("GET", f"/visits/{visit}")
    assert (kept["state"], kept["countersigned"]["channel"]) == ("complete", "link")
    assert {one["outcome"] for one in kept["timeline"]} == {"applied", "line"}
    await page.reload()  # the first phone has seen nothing of it, and does not pretend that the visit goes on
    await expect(page.get_by_test_id("differs")).to_contain_text("complete")


# A camera that shows nothing, and a reader that sees a code in it: neither is in a browser without a screen.
CAMERA_WITH_A_CODE = """
  (text) => {
    window.BarcodeDetector = class { async detect() { return [{ rawValue: text }]; } };
    navigator.mediaDevices.getUserMedia = async () => document.createElement("canvas").captureStream(1);
  }
"""


async def test_the_camera_reads_the_code(place: Place, screen: Open) -> None:
    page, lift = await _at(place, screen)
    await expect(stop(page, lift)).to_be_visible()
    assert await page.evaluate("document.featurePolicy.allowsFeature('camera')")
    await page.evaluate(CAMERA_WITH_A_CODE, f"{place.url}/#/lifts/{lift.id}")
    await page.evaluate("location.hash = '#/orders'")
    await expect(page.get_by_test_id("orders")).to_be_visible()
    await page.evaluate("location.hash = '#/round'")
    await page.get_by_test_id("scan").tap()
    await expect(page.get_by_test_id("asked")).to_contain_text(lift.name)
    await expect(page.get_by_test_id("scan-video")).to_have_count(0)


async def test_orders_are_taken_and_done_with_words_and_a_photo(place: Place, screen: Open) -> None:
    lift = place.lift()
    order = place.call("POST", "/orders", {"lift_id": lift.id, "text": "3 层外呼按钮松动"})
    page = await screen("responder", "#/orders", **TOUCH)
    row = page.locator(f'[data-order="{order["id"]}"]')
    await row.get_by_test_id("order-accept").tap()
    await expect(row).to_have_attribute("data-state", "accepted", timeout=10_000)
    await row.get_by_test_id("order-done").tap()
    await row.get_by_test_id("order-send").tap()
    await expect(row.get_by_test_id("fault")).to_have_count(2)
    await row.get_by_test_id("order-text").fill("已紧固")
    await shoot(page, row.get_by_test_id("order-photo"), 31)
    await expect(row.get_by_test_id("photo")).to_have_count(1)
    await row.get_by_test_id("order-send").tap()
    await expect(row).to_have_attribute("data-state", "done", timeout=10_000)
    await all_sent(page)
    kept = place.call("GET", f"/orders/{order['id']}")
    (photo,) = kept["timeline"][-1]["photos"]
    assert photo in {one["sha256"] for one in place.call("GET", f"/lifts/{lift.id}/photos")["items"]}


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_the_pages_fit_a_phone_and_can_be_read(place: Place, screen: Open, language: str, theme: str) -> None:
    """Nothing stands out of the screen; axe finds nothing wrong with contrast, names and roles."""
    employ(place)
    lift = place.lift(name="一座名字特别特别长的商业综合体 A 区地下车库货梯 2 号机")
    due(place, lift)
    page = await screen("responder", "#/round", **TOUCH, language=language, theme=theme, bypass_csp=True)
    arrive = stop(page, lift).get_by_test_id("check-in")
    await expect(arrive).to_contain_text(CREW[0])
    await arrive.tap()
    await item(page, "A-1-15").get_by_test_id("abnormal").tap()
    await item(page, "A-1-15").get_by_test_id("abnormal-ok").tap()
    await page.get_by_test_id("check-out").tap()
    await expect(page.get_by_test_id("wanting")).to_be_visible()
    await page.add_script_tag(path=str(AXE))
    for where in ("visit", "round", "orders"):
        if where != "visit":
            await page.evaluate("where => { location.hash = `#/${where}` }", where)
        await expect(page.get_by_test_id(where)).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], where
        found = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
        wrong = [
            (one["id"], one["nodes"][0]["html"][:200], one["nodes"][0]["failureSummary"]) for one in found["violations"]
        ]
        assert wrong == [], where
    other = {"zh": re.compile("[A-Za-z]{4,}"), "en": re.compile("签到|保养|异常")}[language]
    words = await page.get_by_test_id("orders").locator("h1").inner_text()
    assert not other.search(words)
