"""Every page in both languages and both themes: accessible, and as pictures for a person to look at.

The pictures stand in `build/screens`, which git ignores.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.console import AXE, DESK, PHONE, SCREENS, Lift, Place, row

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

NARROW = {"width": 1024, "height": 768}
LANGUAGES = {"en": "en", "zh": "zh-CN"}
_RUN = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map((one) => one.html.slice(0, 160) + " " + one.failureSummary) }));
}"""


async def _violations(page: Page) -> list[dict[str, Any]]:
    """What axe calls serious or critical; by the debugger, because the page lets no foreign script in."""
    if not await page.evaluate("typeof axe === 'object'"):
        await page.evaluate(AXE.read_text())
    found = await page.evaluate(_RUN)
    return [one for one in found if one["impact"] in {"serious", "critical"}]


async def _switch(page: Page, language: str, theme: str) -> None:
    """By the switches that stand on every page."""
    html = page.locator("html")
    if await html.get_attribute("data-theme") != theme:
        await page.get_by_test_id("theme-toggle").click()
    if await html.get_attribute("lang") != LANGUAGES[language]:
        await page.get_by_test_id("lang-toggle").click()
    await expect(html).to_have_attribute("data-theme", theme)
    await expect(html).to_have_attribute("lang", LANGUAGES[language])
    await expect(page.get_by_test_id("lang-toggle")).to_have_text("中文" if language == "en" else "English")


@asynccontextmanager
async def _overlay(page: Page, key: str | None, testid: str) -> AsyncIterator[None]:
    """A dialog that a key opens; the switches lie behind it."""
    if key:
        await page.evaluate("document.activeElement?.blur()")
        await page.keyboard.press(key)
        await expect(page.get_by_test_id(testid)).to_be_visible()
    yield
    if key:
        await page.keyboard.press("Escape")
        await expect(page.get_by_test_id(testid)).to_have_count(0)


async def _inspect(page: Page, name: str, *, key: str | None = None, testid: str = "") -> list[str]:
    """Pictures in both languages and themes; what is wrong with the page."""
    wrong = []
    for theme in ("dark", "light"):
        for language in ("en", "zh"):
            await _switch(page, language, theme)
            async with _overlay(page, key, testid):
                await page.screenshot(path=SCREENS / f"{name}-{language}-{theme}.png", animations="disabled")
                size = page.viewport_size
                wide = await page.evaluate("document.documentElement.scrollWidth")
                if size and wide > size["width"]:
                    wrong.append(f"{name} {language}: {wide} px wide on a screen of {size['width']}")
                if language == "en":
                    wrong += [f"{name} {theme}: {one}" for one in await _violations(page)]
    return wrong


def _worst_night(place: Place) -> tuple[Lift, dict[str, Any]]:
    """One ringing, one with a crew on the way, a report without a lift, and a suspicion."""
    _, coming = place.trapped(place.lift(building="株洲中心", name="南塔 3 梯"))
    place.act(coming["id"], "acknowledge")
    place.act(coming["id"], "accept", firm_id=place.firm["id"], unit_id=place.unit["id"], eta_s=900)
    place.call("POST", "/incidents", {"place": "白石港地铁站 C 口", "caller": "138 0733 1122", "note": "两名成人"})
    pressed = place.lift()
    place.line.link(pressed)
    place.line.sample(pressed, occupied=True, people=1)
    place.line.event(pressed, "alarm_button")
    place.line.event(pressed, "alarm_button", active=False)
    return place.trapped()


async def test_pages_of_the_desk(place: Place, screen: Open) -> None:
    """A quiet night first, then the worst one."""
    page = await screen("dispatcher")
    await expect(page.get_by_text("Nothing open")).to_be_visible()
    await page.keyboard.press("Shift")
    wrong = await _inspect(page, "board-quiet")
    lift, incident = _worst_night(place)
    await expect(page.get_by_test_id("queue-row")).to_have_count(4)
    await row(page, incident).click()
    await expect(page.get_by_test_id("incident-detail")).to_have_attribute("data-state", "dispatched")
    await page.mouse.move(0, 0)
    wrong += await _inspect(page, "board")
    wrong += await _inspect(page, "board-dispatch", key="d", testid="action-form")
    wrong += await _inspect(page, "help", key="?", testid="help")
    wrong += await _inspect(page, "report", key="r", testid="report")
    await page.set_viewport_size(NARROW)
    wrong += await _inspect(page, "board-narrow")
    await page.set_viewport_size(DESK)
    await page.goto("/#/lifts")
    await expect(page.get_by_test_id("lift-row").first).to_be_visible()
    wrong += await _inspect(page, "lifts")
    await page.goto(f"/#/lifts/{lift.id}")
    await expect(page.get_by_test_id("lift-page")).to_be_visible()
    wrong += await _inspect(page, "lift")
    assert wrong == []


async def test_pages_of_a_phone(place: Place, screen: Open) -> None:
    """The crew's page with a job, and the board as a phone shows it."""
    lift, incident = _worst_night(place)
    crew = await screen("responder", "", size=PHONE, is_mobile=True, has_touch=True)
    await expect(crew.get_by_test_id("mine")).to_contain_text(lift.name)
    wrong = await _inspect(crew, "mine")
    desk = await screen("dispatcher", size=PHONE, is_mobile=True, has_touch=True)
    await expect(desk.get_by_test_id("queue-row")).to_have_count(4)
    wrong += await _inspect(desk, "board-phone")
    await desk.goto(f"/#/board/{incident['id']}")
    await expect(desk.get_by_test_id("incident-detail")).to_be_visible()
    wrong += await _inspect(desk, "incident-phone")
    assert wrong == []


async def test_the_sign_in_page_and_what_is_chosen_on_it_stays(screen: Open) -> None:
    page = await screen(None, "", expected="status of 401")
    await expect(page.get_by_test_id("signin-login")).to_be_visible()
    wrong = await _inspect(page, "signin")
    assert wrong == []
    await page.reload()
    await expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    await expect(page.locator("html")).to_have_attribute("data-theme", "light")


async def test_keys_switch_language_and_theme(screen: Open) -> None:
    page = await screen("dispatcher", "#/lifts")
    await expect(page.locator("html")).to_have_attribute("lang", "en")  # the page listens to keys from here on
    await expect(page.get_by_role("heading", name="Lifts")).to_be_visible()
    await page.keyboard.press("z")
    await expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    await expect(page.get_by_role("heading", name="Lifts")).to_have_count(0)
    await page.keyboard.press("t")
    await expect(page.locator("html")).to_have_attribute("data-theme", "light")
