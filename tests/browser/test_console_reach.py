"""On a dispatcher's screen a rescue's sentence, its clock and every allowed action are there without scrolling."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.console import SCREENS, Place

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SIZES = [(1440, 900), (1366, 768), (1280, 800)]
LOOKS = [("en", "dark"), ("en", "light"), ("zh", "dark"), ("zh", "light")]
ALWAYS = {"action-dispatch", "action-escalate", "action-note", "action-cancel"}


async def _within_reach(page: Page) -> None:
    """Every button of the actions lies wholly inside the screen."""
    buttons = page.locator(".actions").get_by_role("button")
    shown = {await one.get_attribute("data-testid"): one for one in await buttons.all()}
    assert shown.keys() >= ALWAYS
    for button in shown.values():
        await expect(button).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize(("language", "theme"), LOOKS)
async def test_every_action_is_within_reach(place: Place, screen: Open, language: str, theme: str) -> None:
    """From the first ring to the crew on site, and while the evidence is read, which once pushed them off the screen."""
    _, incident = place.trapped()
    page = await screen("dispatcher", f"#/board/{incident['id']}", language=language, theme=theme)
    detail = page.get_by_test_id("incident-detail")
    crew = {"firm_id": place.firm["id"], "unit_id": place.unit["id"]}
    SCREENS.mkdir(parents=True, exist_ok=True)

    async def _look(state: str) -> None:
        await expect(detail).to_have_attribute("data-state", state)
        for width, height in SIZES:
            await page.set_viewport_size({"width": width, "height": height})
            await _within_reach(page)
            for words in (page.get_by_test_id("summary"), detail.locator(".figure.big"), detail.locator(".bar")):
                await expect(words).to_be_in_viewport(ratio=1)
            await page.screenshot(path=SCREENS / f"reach-{state}-{language}-{theme}-{width}.png")

    await _look("dispatched")
    place.act(incident["id"], "accept", **crew)
    await _look("accepted")
    place.act(incident["id"], "arrive")
    await _look("arrived")
    await detail.locator(".raw > summary").scroll_into_view_if_needed()
    await expect(page.get_by_test_id("summary")).not_to_be_in_viewport()
    await _within_reach(page)
    await page.screenshot(path=SCREENS / f"reach-scrolled-{language}-{theme}.png")
