"""What each role sees of a rescue: its own actions, and nothing that it may not do."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.console import PHONE, Place

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def _actions(page: Page) -> set[str]:
    found = page.locator('[data-testid^="action-"]:is(button)')
    await expect(found.first).to_be_visible()
    return {str(await one.get_attribute("data-testid")).removeprefix("action-") for one in await found.all()}


@pytest.mark.parametrize(
    ("role", "there", "absent"),
    [
        ("dispatcher", {"acknowledge", "dispatch", "cancel", "release", "note"}, {"close", "reopen", "confirm"}),
        ("supervisor", {"acknowledge", "note"}, {"dispatch", "cancel", "release", "close", "escalate", "accept"}),
        ("property", {"note"}, {"acknowledge", "dispatch", "cancel", "release", "close", "accept", "arrive"}),
    ],
)
async def test_forbidden_actions_are_absent_at_a_desk(
    role: str, there: set[str], absent: set[str], place: Place, screen: Open
) -> None:
    """Not grey: absent. Their keys do nothing either."""
    _, incident = place.trapped()
    page = await screen(role, f"#/board/{incident['id']}")
    await expect(page.get_by_test_id("incident-detail")).to_be_visible()
    actions = await _actions(page)
    assert there <= actions
    assert not absent & actions
    await page.keyboard.press("d")
    await expect(page.get_by_test_id("action-form")).to_have_count(1 if role == "dispatcher" else 0)
    rings = "true" if role in {"dispatcher", "supervisor"} else "false"
    await expect(page.get_by_test_id("ring-indicator")).to_have_attribute("data-ringing", rings)


@pytest.mark.parametrize("role", ["firm", "responder"])
async def test_a_firm_and_its_crew_have_no_board(role: str, place: Place, screen: Open) -> None:
    """Whatever address they type; they see what they were asked and can answer it, not end it."""
    lift, incident = place.trapped()
    foreign, _ = place.trapped(place.lift(firm=place.other_firm["id"]))
    page = await screen(role, f"#/board/{incident['id']}", size=PHONE, is_mobile=True, has_touch=True)
    await expect(page.get_by_test_id("mine")).to_contain_text(lift.name)
    await expect(page.get_by_test_id("mine")).not_to_contain_text(foreign.name)
    await expect(page.get_by_test_id("queue-row")).to_have_count(0)
    assert await _actions(page) == {"accept", "decline"}
    await expect(page.get_by_test_id("ring-indicator")).to_have_attribute("data-ringing", "true")
    wide = await page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"], "nothing stands out of the phone's screen"


async def test_the_desk_and_the_crew_that_comes_can_call_everybody_who_has_called(place: Place, screen: Open) -> None:
    """Two people reported the same lift: both numbers on the board and, once the crew has accepted, on its phone."""
    lift, incident = place.trapped()
    numbers = ["138 0733 1122", "0731-2288 5566"]
    for number in numbers:
        place.call("POST", "/incidents", {"lift_id": lift.id, "caller": number})
    desk = await screen("dispatcher", f"#/board/{incident['id']}")
    crew = await screen("responder", "", size=PHONE, is_mobile=True, has_touch=True)
    calls = crew.get_by_test_id("job").locator('a[href^="tel:"]')
    await expect(desk.get_by_test_id("callers").locator("dd")).to_have_text(numbers)
    for number in ("13807331122", "073122885566"):
        await expect(desk.locator(f'.phones a[href="tel:{number}"]')).to_be_visible()
    await expect(crew.get_by_test_id("job")).to_be_visible()
    await expect(calls).to_have_count(0)
    await crew.get_by_test_id("action-accept").click()
    await crew.get_by_test_id("form-submit").click()
    await expect(calls).to_have_text([f"Call {number}" for number in numbers])
    assert [await one.get_attribute("href") for one in await calls.all()] == ["tel:13807331122", "tel:073122885566"]


async def test_a_rescue_of_another_firm_is_nobodys_to_see(place: Place, screen: Open) -> None:
    """Neither its lift nor its incident, by address."""
    foreign, _ = place.trapped(place.lift(firm=place.other_firm["id"]))
    page = await screen("firm", f"#/lifts/{foreign.id}", expected="status of 404")
    await expect(page.get_by_text("There is no such lift, or it is not yours to see.")).to_be_visible()
