"""The board by keyboard alone, and a queue that holds still under a hand."""

import asyncio
import time

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.console import Place, focus_is_visible, focused, row, row_of

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

RESTED = 1.5  # s that a pointer must rest before rows may move


async def _order(page: Page) -> list[str | None]:
    return [await one.get_attribute("data-incident") for one in await page.get_by_test_id("queue-row").all()]


async def test_a_shift_by_keyboard_alone(place: Place, screen: Open) -> None:
    """j k Enter a n / ? r and Escape, the focus always to be seen, letters in a field belonging to the field."""
    first, one = place.trapped()
    second, two = place.trapped()
    page = await screen("dispatcher")
    await expect(page.get_by_test_id("queue-row")).to_have_count(2)
    assert await _order(page) == [one["id"], two["id"]], "of two equals the one that waits longer"
    for key, there in (("j", one), ("j", two), ("j", two), ("k", one), ("ArrowDown", two)):
        if key.startswith("Arrow"):
            await page.evaluate("document.activeElement.blur()")
        await page.keyboard.press(key)
        assert await focused(page, "incident") == there["id"], key
        assert await focus_is_visible(page)
    await page.keyboard.press("Enter")
    detail = page.get_by_test_id("incident-detail")
    await expect(detail).to_have_attribute("data-incident", two["id"])
    await expect(page.get_by_test_id("action-acknowledge")).to_be_focused()
    assert await focus_is_visible(page)
    await page.keyboard.press("a")
    await expect(row(page, two)).to_have_attribute("data-ringing", "false")
    await expect(row(page, one)).to_have_attribute("data-ringing", "true")

    await page.keyboard.press("n")
    text = page.locator("[data-testid=action-form] textarea")
    await expect(text).to_be_focused()
    await page.keyboard.type("dad and a dog / ok?")
    await expect(text).to_have_value("dad and a dog / ok?")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_test_id("action-form")).to_have_count(0)
    await expect(detail.locator('[data-action="note"]')).to_contain_text("dad and a dog / ok?")

    await page.keyboard.press("/")
    found = page.get_by_test_id("find")
    await expect(found.get_by_test_id("lift-search")).to_be_focused()
    await page.keyboard.type(first.code)
    await expect(found.get_by_test_id("lift-row")).to_have_count(1)
    await page.keyboard.press("Enter")
    await expect(detail).to_have_attribute("data-incident", one["id"])

    await page.keyboard.press("?")
    await expect(page.get_by_test_id("help")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page.get_by_test_id("help")).to_have_count(0)
    await page.keyboard.press("l")
    await expect(page.get_by_role("heading", name="Lifts")).to_be_visible()
    await page.keyboard.press("/")
    await expect(page.locator(".lifts [data-testid=lift-search]")).to_be_focused()
    await page.keyboard.press("Escape")
    await page.keyboard.press("b")
    await expect(row_of(page, second)).to_be_visible()


async def test_every_stop_of_the_tab_key_can_be_seen(place: Place, screen: Open) -> None:
    _, incident = place.trapped()
    page = await screen("dispatcher", f"#/board/{incident['id']}")
    await expect(page.get_by_test_id("incident-detail")).to_be_visible()
    unseen = []
    for _ in range(30):
        await page.keyboard.press("Tab")
        if not await page.evaluate("document.activeElement && document.activeElement !== document.body"):
            continue
        if not await focus_is_visible(page):
            unseen.append(await page.evaluate("document.activeElement.outerHTML.slice(0, 120)"))
    assert unseen == []


async def test_a_report_by_a_caller_opens_a_rescue_with_the_telephone(place: Place, screen: Open) -> None:
    """By keyboard: the code the caller reads out finds the lift; those who are not meant to do not see the number."""
    lift = place.lift()
    page = await screen("dispatcher")
    await expect(page.get_by_text("Nothing open")).to_be_visible()
    await page.keyboard.press("r")
    report = page.get_by_test_id("report")
    await expect(report.get_by_test_id("lift-picker")).to_be_focused()
    await page.keyboard.type(lift.code)
    await expect(report.get_by_text(lift.name)).to_be_visible()
    await page.keyboard.press("Enter")
    await expect(report.get_by_test_id("picked-lift")).to_contain_text(lift.name)
    await report.locator("[name=caller]").fill("138 0733 1122")
    await report.locator("[name=note]").fill("两名成人，情绪稳定")
    await page.keyboard.press("Tab")
    await expect(report.get_by_test_id("form-submit")).to_be_focused()
    await page.keyboard.press("Enter")
    detail = page.get_by_test_id("incident-detail")
    await expect(detail).to_contain_text("138 0733 1122")
    await expect(detail).to_contain_text("两名成人，情绪稳定")
    await expect(detail).to_contain_text(lift.code)
    property_desk = await screen("property", f"#/board/{place.rescue(lift)['id']}")
    await expect(property_desk.get_by_test_id("incident-detail")).to_contain_text(lift.code)
    await expect(property_desk.locator("body")).not_to_contain_text("138 0733 1122")


async def test_the_queue_does_not_re_sort_under_a_moving_hand(place: Place, screen: Open) -> None:
    """A new alarm belongs above the row under the pointer; it is announced, and inserted when the pointer rests."""
    _, old = place.trapped()
    place.act(old["id"], "acknowledge")
    page = await screen("dispatcher")
    await expect(row(page, old)).to_have_attribute("data-ringing", "false")
    box = await row(page, old).bounding_box()
    assert box is not None
    x, y = box["x"] + 60, box["y"] + 20
    await page.mouse.move(x, y)
    new = place.lift()
    place.trap(new)
    pending = page.get_by_test_id("queue-pending")
    until = time.monotonic() + 8
    while not await pending.is_visible():  # the hand keeps moving while the alarm comes in
        assert time.monotonic() < until, "the new row is announced"
        await page.mouse.move(x + (time.monotonic_ns() // 10**8) % 9, y)
        await asyncio.sleep(0.1)
    await expect(page.get_by_test_id("ring-indicator")).to_have_attribute("data-ringing", "true")
    assert await _order(page) == [old["id"]]
    under = await page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y)?.closest('[data-incident]')?.dataset.incident", [x, y]
    )
    assert under == old["id"], "the row under the hand is still the same"
    start = time.monotonic()
    await expect(row_of(page, new)).to_be_visible()
    assert time.monotonic() - start > RESTED / 2
    assert await _order(page) == [place.rescue(new)["id"], old["id"]]


async def test_a_dialog_closes_by_its_key_and_not_by_a_slip_of_the_pointer(place: Place, screen: Open) -> None:
    """The browser's search field took the first Escape for itself; a click beside the box lost what was typed."""
    page = await screen("dispatcher")
    await expect(page.get_by_text("Nothing open")).to_be_visible()
    await page.keyboard.press("r")
    report = page.get_by_test_id("report")
    await expect(report).to_be_visible()
    await page.keyboard.type("nobody")
    await page.mouse.click(5, 400)
    await expect(report).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(report).to_have_count(0)
    await page.keyboard.press("r")
    await expect(report).to_be_visible()
    await page.mouse.click(5, 400)
    await expect(report).to_have_count(0)
