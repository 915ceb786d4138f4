"""The lifts list and a lift's page."""

import time

import psycopg
import pytest
from playwright.async_api import expect

from tests.browser.conftest import Open
from tests.browser.console import SCREENS, Lift, Place

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


def lived(place: Place, lift: Lift, days: int) -> None:
    """A past of trips by day and rest by night, as if it had been stored over the days."""
    with psycopg.connect(place.running.database_url, autocommit=True) as database:
        database.execute(
            "INSERT INTO sample (lift_no, ts, boot, seq, received_at, mode, floor, moving, door, speed, position, replay, late)"
            " SELECT lift_no, at, 'past', n, at, 0, (1 + n %% 9)::text, n %% 3 = 1, CASE WHEN n %% 3 = 2 THEN 2 ELSE 0 END,"
            " CASE WHEN n %% 3 = 1 AND extract(hour FROM at) > 5 THEN 1 + (n %% 7) / 10.0 ELSE 0 END, 3 * (n %% 9), false, false"
            " FROM lift, generate_series(0, %s) n, LATERAL (SELECT now() - n * interval '50 seconds' AS at) t"
            " WHERE lift_id = %s",
            [days * 86_400 // 50, lift.id],
        )


async def test_the_past_is_shown_from_an_hour_to_a_quarter_of_a_year(place: Place, screen: Open) -> None:
    """Wide spans come by steps: each shows how far speed and height went, and how long the car ran."""
    lift = place.lift()
    place.line.link(lift)
    place.line.sample(lift)
    page = await screen("dispatcher", f"#/lifts/{lift.id}")
    await expect(page.get_by_test_id("lift-page")).to_contain_text("online")
    lived(place, lift, 9)
    chart = page.locator(".history")
    for name, bands in (
        ("6 h", (355, 365)),
        ("24 h", (285, 292)),
        ("7 d", (330, 340)),
        ("90 d", (35, 40)),
        ("1 h", (0, 0)),
    ):
        await chart.get_by_role("button", name=name, exact=True).click()
        await expect(chart.get_by_role("button", name=name, exact=True)).to_have_attribute("aria-pressed", "true")
        await expect(chart.locator(".reading")).not_to_contain_text("Loading", ignore_case=True, timeout=20_000)
        drawn = await chart.locator(".band").count() / 2
        assert bands[0] <= drawn <= bands[1], (name, drawn)
        SCREENS.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=SCREENS / f"history-{name.replace(' ', '')}.png")
        if bands[0]:
            box = await chart.locator("svg").bounding_box()
            assert box is not None
            await page.mouse.move(box["x"] + box["width"] - 30, box["y"] + 40)
            await expect(chart.locator(".reading")).to_contain_text("of the time, door open")
            await page.mouse.move(0, 0)


async def test_a_lift_page_shows_its_rescue_and_leads_to_it(place: Place, screen: Open) -> None:
    lift, incident = place.trapped()
    page = await screen("dispatcher", f"#/lifts/{lift.id}")
    past = page.locator(".lift-incidents a")
    await expect(past).to_have_count(1)
    await past.click()
    await expect(page.get_by_test_id("incident-detail")).to_have_attribute("data-incident", incident["id"])
