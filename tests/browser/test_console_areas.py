"""Lifts that lose their power together are one row with its list; the alarm that we are blind stands on every console."""

import asyncio
import time
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Open
from tests.browser.console import DESK, PHONE, SCREENS, Lift, Place, row
from tests.browser.test_console_why import legible

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

LISTED = 8.0  # s from the last lift's word to the group on the list; the contract's 5 s are measured elsewhere
ON_SCREEN = 5000  # ms
SILENT = 40.0  # s: a lost link is silence after 15 s
LOOKS = [("en", "light", DESK), ("zh", "dark", DESK), ("zh", "light", PHONE), ("en", "dark", PHONE)]


def group(place: Place, kind: str, seconds: float) -> dict[str, Any]:
    """The open incident that stands for several lifts, waited for."""
    deadline = time.monotonic() + seconds
    while True:
        for one in place.incidents():
            if one["kind"] == kind and one["lifts"]:
                return one
        assert time.monotonic() < deadline, f"no {kind} incident in time"
        time.sleep(0.1)


async def pictures(screen: Open, name: str, incident: dict[str, Any]) -> None:
    """Look at its page as everybody sees it."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    for language, theme, size in LOOKS:
        page = await screen("dispatcher", f"#/board/{incident['id']}", language=language, theme=theme, size=size)
        await expect(page.get_by_test_id("members")).to_be_visible()
        await page.keyboard.press("Shift")
        await legible(page)
        await page.screenshot(path=SCREENS / f"{name}-{language}-{theme}-{size['width']}.png")


async def test_a_power_cut_is_one_row_with_its_ranked_list(place: Place, screen: Open) -> None:
    """Six lifts of one feeder, two with people inside: these first, each its own rescue that names the area."""
    lifts = [place.lift(feeder="10kV-7") for _ in range(6)]
    page = await screen("dispatcher")
    for lift in lifts:
        place.line.link(lift)
        place.line.sample(lift)
    for lift in (lifts[3], lifts[5]):
        place.line.sample(lift, moving=True, door_zone=False, occupied=True, floor="4", position=12.0)
    for number, lift in enumerate(lifts):
        inside = number in {3, 5}
        place.line.sample(lift, power="off", occupied=inside, door_zone=not inside, position=13.4 if inside else 9.0)
    area = await asyncio.to_thread(group, place, "area", LISTED)
    await expect(row(page, area)).to_be_visible(timeout=ON_SCREEN)
    await expect(row(page, area)).to_contain_text("Feeder 10kV-7: power lost, 6 lifts")
    await row(page, area).click()
    members = page.get_by_test_id("members")
    await expect(members.locator("li")).to_have_count(6)
    for first in range(2):  # who is inside is known a look later than who is in it
        await expect(members.locator("li").nth(first)).to_have_attribute("data-occupied", "true", timeout=ON_SCREEN)
    rescue = await asyncio.to_thread(place.rescue_of, lifts[3], 20)
    await expect(members.locator(f'[data-lift="{lifts[3].id}"] button')).to_be_visible(timeout=ON_SCREEN)
    await pictures(screen, "area", area)
    await members.locator(f'[data-lift="{lifts[3].id}"] button').click()
    detail = page.get_by_test_id("incident-detail")
    await expect(detail).to_have_attribute("data-incident", rescue["id"])
    await expect(detail).to_contain_text("part of: 10kV-7")
    await expect(detail.get_by_test_id("advice")).to_be_visible()
    await expect(row(page, rescue).get_by_test_id("row-area")).to_have_text("10kV-7")
    await detail.get_by_role("button", name="part of: 10kV-7").click()
    await expect(detail).to_have_attribute("data-incident", area["id"])
    for lift in lifts:
        place.line.sample(lift, door="open")
    await expect(members.locator('li[data-state="back"]').first).to_be_visible(timeout=15_000)


async def test_that_we_are_blind_stands_on_every_console(place: Place, screen: Open) -> None:
    """Twelve of all lifts lose their link at once; a firm's console says so too, without what it may not see."""
    lifts: list[Lift] = [place.lift(building=f"House {n}") for n in range(12)]
    for number, lift in enumerate(lifts):
        place.line.link(lift)
        place.line.sample(lift, occupied=number == 0, moving=number == 0, door_zone=number != 0)
    for lift in lifts:
        await asyncio.to_thread(place.heard, lift)  # what is lost must have been there
    for lift in lifts:
        place.line.lost(lift)
    alarm = await asyncio.to_thread(group, place, "system", SILENT)
    page, firm = await screen("dispatcher", "#/lifts"), await screen("firm", "#/lifts")
    for one in (page, firm):
        await expect(one.get_by_test_id("lifts-silent-banner")).to_be_visible(timeout=8000)
    await expect(firm.get_by_test_id("lifts-silent-banner").get_by_role("button")).to_have_count(0)
    await page.get_by_role("button", name="Show the lifts").click()
    await expect(page.get_by_test_id("members").locator("li")).to_have_count(12)
    await expect(page.get_by_test_id("members").locator("li").first).to_have_attribute("data-lift", lifts[0].id)
    await pictures(screen, "blind", alarm)
    place.act(alarm["id"], "close", cause="test")
    for one in (page, firm):
        await expect(one.get_by_test_id("lifts-silent-banner")).to_have_count(0, timeout=8000)
