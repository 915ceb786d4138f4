"""The lifts list and a lift's page."""

import time

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Open
from tests.browser.console import Place

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

LIVE = 2.0  # s from a sample on the line to the lift's page


async def test_a_lift_is_found_by_code_name_and_address(place: Place, screen: Open) -> None:
    lift = place.lift(name="株洲中心 南塔 8 梯", address="芦淞区建设南路 168 号")
    page = await screen("dispatcher", "#/lifts")
    rows, search = page.get_by_test_id("lift-row"), page.get_by_test_id("lift-search")
    await expect(rows.filter(has_text=lift.name)).to_be_visible()
    for words in (lift.code, "南塔", "建设南路", lift.id):
        await search.fill(words)
        await expect(rows).to_have_count(1)
        await expect(rows).to_have_attribute("data-lift", lift.id)
    await search.fill("no such place")
    await expect(page.get_by_text("No lift matches.")).to_be_visible()
    await search.fill("南塔")
    await rows.click()
    await expect(page.get_by_test_id("lift-page")).to_have_attribute("data-lift", lift.id)
    await expect(page.get_by_test_id("lift-page")).to_contain_text("never heard")


async def test_a_lift_page_follows_the_car(place: Place, screen: Open) -> None:
    """What the controller says is on the page within 2 s: floor, motion, door, someone in, a code."""
    lift = place.lift()
    place.line.link(lift)
    place.line.sample(lift)
    page = await screen("dispatcher", f"#/lifts/{lift.id}")
    view = page.get_by_test_id("lift-page")
    car = view.get_by_role("img", name="Floor: 3", exact=True)
    await expect(car).to_be_visible()
    await expect(view).to_contain_text("online")
    start = time.monotonic()
    place.line.sample(
        lift, floor="4", moving=True, door_zone=False, position=12.0, speed=1.6, direction="up", occupied=True
    )
    await expect(view.locator(".lift-live")).to_contain_text("1.60 m/s", timeout=LIVE * 1000)
    print(f"\nsample on the line to the lift's page: {time.monotonic() - start:.2f} s")
    await expect(view.locator(".lift-live")).to_contain_text("moving")
    place.line.sample(lift, floor="7", position=21.0, door="open", occupied=False, faults=["battery_low"])
    await expect(view.get_by_role("img", name="Floor: 7", exact=True)).to_be_visible(timeout=LIVE * 1000)
    await expect(view.locator(".lift-live")).to_contain_text("open")
    await expect(view.locator(".lift-live")).to_contain_text("Battery", ignore_case=True)


async def test_a_lift_page_shows_its_rescue_and_leads_to_it(place: Place, screen: Open) -> None:
    lift, incident = place.trapped()
    page = await screen("dispatcher", f"#/lifts/{lift.id}")
    past = page.locator(".lift-incidents a")
    await expect(past).to_have_count(1)
    await past.click()
    await expect(page.get_by_test_id("incident-detail")).to_have_attribute("data-incident", incident["id"])
