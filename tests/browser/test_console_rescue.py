"""The first rescue on the screen: an alarm by MQTT, a dispatcher, a firm, a crew, to the end."""

import time

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.console import PHONE, Place, row, row_of

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SOON = 2.0  # s from the alarm on the line to the row on the screen
STEPS = ["open", "dispatch", "acknowledge", "dispatch", "accept", "on_way", "arrive", "release", "close"]


async def _job(page: Page, incident_id: str, state: str) -> None:
    await expect(
        page.locator(f'[data-testid="job"][data-incident="{incident_id}"][data-state="{state}"]')
    ).to_have_count(1)


async def test_an_alarm_by_mqtt_is_on_the_screen_within_a_second_or_so_and_rings(place: Place, screen: Open) -> None:
    """The sound that the browser blocks is said in large letters, until a key is pressed."""
    page = await screen("dispatcher")
    await expect(page.get_by_text("Nothing open")).to_be_visible()
    ring = page.get_by_test_id("ring-indicator")
    await expect(ring).to_have_attribute("data-ringing", "false")
    await expect(page.get_by_test_id("sound-banner")).to_be_visible()
    lift = place.lift()
    start = time.monotonic()
    place.trap(lift)
    await expect(row_of(page, lift)).to_be_visible()
    seconds = time.monotonic() - start
    print(f"\nalarm on the line to row on the screen: {seconds:.2f} s")
    assert seconds < SOON
    await expect(ring).to_have_attribute("data-ringing", "true")
    await expect(ring).to_have_attribute("data-priority", "P1")
    await expect(row_of(page, lift)).to_have_attribute("data-ringing", "true")
    await expect(row_of(page, lift)).to_contain_text("not acknowledged")
    await page.keyboard.press("Shift")
    await expect(page.get_by_test_id("sound-banner")).to_have_count(0)


async def test_a_rescue_is_followed_on_screen_from_the_alarm_to_closed(place: Place, screen: Open) -> None:
    """Dispatcher by keys, firm and crew on phones; every step stands in the timeline, nothing was reloaded."""
    desk = await screen("dispatcher")
    firm = await screen("firm", "", size=PHONE, has_touch=True, is_mobile=True)
    crew = await screen("responder", "", size=PHONE, has_touch=True, is_mobile=True)
    await expect(firm.get_by_test_id("mine")).to_contain_text("No job at the moment")
    lift, incident = place.trapped()
    incident_id = incident["id"]

    await expect(row(desk, incident)).to_be_visible()
    await desk.keyboard.press("j")
    await desk.keyboard.press("Enter")
    detail = desk.get_by_test_id("incident-detail")
    await expect(detail).to_have_attribute("data-incident", incident_id)
    await expect(detail.get_by_test_id("summary")).not_to_be_empty()
    await desk.keyboard.press("a")
    await expect(desk.get_by_test_id("ring-indicator")).to_have_attribute("data-ringing", "false")
    await expect(detail).to_contain_text("陈丽")

    await desk.keyboard.press("d")
    form = desk.get_by_test_id("action-form")
    await expect(form).to_have_attribute("data-action", "dispatch")
    await expect(form.locator("[name=firm_id]")).to_have_value(place.firm["id"])
    await form.locator("[name=unit_id]").select_option(place.unit["id"])
    await desk.get_by_test_id("form-submit").click()
    await expect(form).to_have_count(0)
    await expect(desk.locator(".work")).to_contain_text("天元一组")

    job = firm.get_by_test_id("job").filter(has_text=lift.name).filter(has=firm.get_by_test_id("action-accept"))
    await expect(job.first).to_be_visible()
    await job.first.get_by_test_id("action-accept").tap()
    await firm.get_by_role("button", name="10 min", exact=True).tap()
    await firm.locator("[name=unit_id]").select_option(place.unit["id"]) if await firm.locator(
        "[name=unit_id]"
    ).count() else None
    await firm.get_by_test_id("form-submit").tap()
    await _job(firm, incident_id, "accepted")
    await expect(detail).to_have_attribute("data-state", "accepted")
    await expect(row(desk, incident)).to_contain_text("on the way")

    accepted = firm.locator(f'[data-testid="job"][data-incident="{incident_id}"][data-state="accepted"]')
    await accepted.get_by_test_id("action-on_way").tap()
    await expect(detail.locator('[data-testid="timeline-entry"][data-action="on_way"]')).to_be_visible()
    await accepted.get_by_test_id("action-arrive").tap()
    await expect(detail).to_have_attribute("data-state", "arrived")

    here = crew.locator(f'[data-testid="job"][data-incident="{incident_id}"][data-state="arrived"]')
    await here.get_by_test_id("action-release").tap()
    await crew.locator("[name=persons]").fill("2")
    await crew.get_by_test_id("form-submit").tap()
    await expect(detail).to_have_attribute("data-state", "released")
    await expect(crew.get_by_test_id("mine")).to_contain_text("No job at the moment")

    await desk.get_by_test_id("action-close").click()
    await form.locator("[name=cause]").select_option("control")
    await form.locator("[name=verified_with]").fill("被困乘客本人")
    await desk.get_by_test_id("form-submit").click()
    await expect(detail).to_have_attribute("data-state", "closed")
    entries = detail.get_by_test_id("timeline-entry")
    actions = [await entry.get_attribute("data-action") for entry in await entries.all()]
    assert [one for one in reversed(actions) if one in STEPS] == STEPS
    await expect(row(desk, incident)).to_have_count(0)
