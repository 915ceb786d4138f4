"""Getting in: by password, by a one-time link; and what the page itself is made of."""

import asyncio
import gzip

import pytest
from playwright.async_api import expect

from deploy import access
from tests.browser.conftest import Open
from tests.browser.console import DIST, PASSWORD, Place

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

NOT_SIGNED_IN = "status of 401"  # the browser itself notes an answer of 401
BUNDLE = 120_000  # bytes, zipped


async def test_a_password_opens_the_board(screen: Open) -> None:
    """By keyboard alone: the name has the focus, Tab, Enter."""
    page = await screen(None, "", expected=NOT_SIGNED_IN)
    await expect(page.get_by_test_id("signin-login")).to_be_focused()
    await page.keyboard.type("dispatcher")
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Incidents")).to_be_visible()
    await expect(page.locator("header.top")).to_contain_text("陈丽")
    await expect(page.get_by_test_id("sound-banner")).to_have_count(0)
    await page.get_by_test_id("signout").click()
    await expect(page.get_by_test_id("signin-login")).to_be_visible()
    await page.reload()
    await expect(page.get_by_test_id("signin-login")).to_be_visible()


async def test_a_wrong_password_says_so_and_lets_nobody_in(screen: Open) -> None:
    page = await screen(None, "#/board", language="zh", expected=NOT_SIGNED_IN)
    await page.get_by_test_id("signin-login").fill("dispatcher")
    await page.get_by_test_id("signin-password").fill("correct horse")
    await page.get_by_test_id("signin-submit").click()
    problem = page.get_by_test_id("signin-problem")
    await expect(problem).to_be_visible()
    wrong = await problem.inner_text()
    await expect(page.get_by_test_id("signin-password")).to_have_value("")
    await expect(page.locator("header.top")).to_have_count(0)
    await page.get_by_test_id("signin-login").fill("nobody")
    await page.get_by_test_id("signin-password").fill("correct horse")
    await page.get_by_test_id("signin-submit").click()
    await expect(problem).to_have_text(wrong)


async def test_a_one_time_link_signs_in_once(place: Place, screen: Open) -> None:
    """Its code leaves the address at once; a second use says what happened and asks for the password."""
    link = await asyncio.to_thread(access.sign_in_link, place.running.database_url, place.url, "dispatcher")
    page = await screen(None, link.removeprefix(f"{place.url}/"))
    await expect(page.get_by_role("heading", name="Incidents")).to_be_visible()
    assert "signin" not in page.url
    again = await screen(None, link.removeprefix(f"{place.url}/"), expected=NOT_SIGNED_IN)
    await expect(again.get_by_text("This sign-in link was used already or is too old.")).to_be_visible()
    await expect(again.get_by_test_id("signin-password")).to_be_visible()


async def test_the_page_allows_only_its_own_scripts_and_paints_quickly(place: Place, screen: Open) -> None:
    """The paint is printed, not asserted: it is the machine's figure as much as ours."""
    page = await screen("dispatcher")
    await expect(page.get_by_role("heading", name="Incidents")).to_be_visible()
    await page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length > 0")
    paint = await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
    print(f"\nfirst paint after {paint:.0f} ms")
    answer = await page.context.request.get("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy


async def test_the_built_page_is_small(running: object) -> None:
    sizes = {file.name: len(gzip.compress(file.read_bytes())) for file in DIST.rglob("*") if file.is_file()}
    print(f"\nthe page zipped: {sum(sizes.values())} bytes in {len(sizes)} files")
    assert sum(sizes.values()) < BUNDLE
