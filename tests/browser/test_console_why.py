"""Why there is an alarm, or none: the lift's page asks the platform, an incident shows its reason and its strip chart."""

import asyncio
import time

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.console import AXE, DESK, PHONE, SCREENS, Lift, Place

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SUSPECTED = 16.0  # s: `power_lost` suspects after 10 s of somebody inside, who is believed after 2 s
LOOKS = [("zh", "dark", DESK), ("en", "light", DESK), ("en", "dark", PHONE), ("zh", "light", PHONE)]


def strand(place: Place, lift: Lift) -> None:
    """A ride that ends between two landings in the dark, with two people in the car."""
    place.line.link(lift)
    for n in range(4):
        place.line.sample(
            lift, moving=True, door_zone=False, floor=str(3 + n), position=9.0 + 3 * n, occupied=True, speed=1.5
        )
        time.sleep(0.02)  # what lasts no millisecond is not drawn
    place.line.sample(lift, door_zone=False, floor="6", position=19.4, occupied=True, people=2, power="off")


async def legible(page: Page) -> None:
    """Nothing wider than the screen, and nothing that axe finds wrong."""
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.evaluate(AXE.read_text())
    wrong = await page.evaluate(
        "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations"
        ".filter((one) => ['serious', 'critical'].includes(one.impact)).map((one) => [one.id, one.nodes.map((n) => n.html)]))"
    )
    assert wrong == []


async def test_a_lift_says_why_there_is_no_alarm(place: Place, screen: Open) -> None:
    """At rest nothing holds; a rule that runs says so within 2 s, and what it asks for; the open door ends it."""
    lift = place.lift()
    place.line.link(lift)
    place.line.sample(lift)
    page = await screen("firm", f"#/lifts/{lift.id}")
    panel = page.get_by_test_id("lift-decision")
    await expect(panel).to_contain_text("Why is there no alarm?")
    await expect(panel.get_by_test_id("decision-sentence")).to_contain_text("No rule holds")
    zone = panel.locator('[data-rule="outside_zone"]')
    await expect(zone).to_have_attribute("data-state", "idle")
    await zone.locator("summary").click()
    for part, holds in (("stopped", "true"), ("outside", "false"), ("occupied", "false")):
        await expect(zone.locator(f'[data-part="{part}"]').first).to_have_attribute("data-holds", holds)
    await expect(zone).to_contain_text("in the zone")
    place.line.sample(lift, door_zone=False, occupied=True)
    await expect(zone).to_have_attribute("data-state", "running", timeout=6000)
    await expect(zone).to_contain_text("suspects in")
    await expect(panel.get_by_test_id("decision-sentence")).to_contain_text("Not for long enough yet")
    place.line.sample(lift, door="open", occupied=False)
    await expect(zone).to_have_attribute("data-state", "idle", timeout=4000)


async def test_an_incident_says_why_and_draws_it(place: Place, screen: Open) -> None:
    """The sentence, the shaded condition, the mark of the suspicion, and all of it in words for who cannot see it."""
    lift = place.lift()
    strand(place, lift)
    incident = await asyncio.to_thread(place.rescue, lift, SUSPECTED)
    page = await screen("dispatcher", f"#/board/{incident['id']}")
    strip = page.locator(".strip")
    await expect(page.get_by_test_id("why")).to_contain_text("The mains are gone (off)")
    await expect(page.get_by_test_id("why")).to_contain_text("suspected after 10 s, confirmed after 60 s")
    chart = strip.locator("svg.strip-chart")
    await expect(chart.locator(".condition")).to_have_count(1)
    await expect(chart.locator(".decided.suspected")).to_have_count(1)
    await expect(chart.locator(".way-line")).to_have_count(1)
    spoken = await chart.get_attribute("aria-label") or ""
    for words in (
        "the condition held for 10 s",
        "Power: mains → off",
        "Door zone: outside",
        "3 → 4 → 5 → 6",
    ):
        assert words in spoken, spoken
    box = await chart.locator(".condition").bounding_box()
    whole = await chart.bounding_box()
    assert box is not None
    assert whole is not None
    assert box["width"] == pytest.approx(whole["width"] * 10 / 180, abs=4)
    await page.locator("details.raw > summary").click()
    await expect(page.locator('.raw [data-part="occupied"]')).to_have_attribute("data-holds", "true")
    SCREENS.mkdir(parents=True, exist_ok=True)
    for language, theme, size in LOOKS:
        for name, where in (("why", f"#/board/{incident['id']}"), ("decision", f"#/lifts/{lift.id}")):
            look = await screen("dispatcher", where, language=language, theme=theme, size=size)
            await expect(look.locator(".strip-chart, .rules").first).to_be_visible(timeout=20_000)
            await look.keyboard.press("Shift")
            await legible(look)
            await look.wait_for_timeout(600)
            shown = look.locator(".detail .strip" if name == "why" else ".lift-decision") if size is PHONE else look
            await shown.screenshot(path=SCREENS / f"{name}-{language}-{theme}-{size['width']}.png")
