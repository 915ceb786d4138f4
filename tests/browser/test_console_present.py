"""What the board says of the present runs on: the sentence, what happens next and when, and clocks that are never cut."""

import itertools
import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.console import PHONE, Place, row, row_of

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

NARROW = {"width": 1024, "height": 768}


async def test_the_sentence_tells_how_the_car_is_now(place: Place, screen: Open) -> None:
    """It used to stand still at what was so when the rescue was confirmed."""
    lift, incident = place.trapped()
    page = await screen("dispatcher", f"#/board/{incident['id']}")
    sentence = page.get_by_test_id("incident-detail").get_by_test_id("summary")
    before = re.compile(r"Controller reports an entrapment; stopped .* for 0:\d\d, 2 persons inside, door closed")
    await expect(sentence).to_have_text(before)
    first = await sentence.inner_text()
    await expect(sentence).not_to_have_text(first)  # its clock runs
    place.line.sample(lift, door_zone=False, floor="4", position=13.4, occupied=True, people=1, door="opening")
    await expect(sentence).to_have_text(re.compile("1 person inside, door opening"))
    await page.get_by_test_id("lang-toggle").click()
    await expect(sentence).to_have_text(re.compile("控制系统报困人；停在.*，已 0:\\d\\d，轿厢内 1 人，轿门正在打开"))
    place.act(incident["id"], "release", persons=1, injured=0, method="crew", said_by="刘师傅")
    await expect(sentence).to_contain_text("控制系统报告困人")  # over: the record's own sentence, without a clock
    await expect(sentence).not_to_contain_text("已 0:")


async def test_a_crew_reads_the_same_on_its_phone(place: Place, screen: Open) -> None:
    _, incident = place.trapped()
    place.act(incident["id"], "dispatch", unit_id=place.unit["id"], tier=1)
    page = await screen("responder", "", size=PHONE, is_mobile=True, has_touch=True)
    await expect(page.get_by_test_id("mine").get_by_test_id("summary").first).to_contain_text("2 persons inside")


async def test_a_short_press_says_when_it_ends_by_itself(place: Place, screen: Open) -> None:
    """It used to say that it waits for a person."""
    page = await screen("dispatcher")
    lift = place.lift()
    place.line.link(lift)
    place.line.sample(lift)
    place.line.event(lift, "alarm_button")
    place.line.event(lift, "alarm_button", active=False)
    await expect(row_of(page, lift)).to_contain_text(re.compile(r"ends by itself in (1:0|0:5)\d"))
    await row_of(page, lift).click()
    detail = page.get_by_test_id("incident-detail")
    await expect(detail).to_contain_text(
        re.compile(r"ends by itself in (1:0|0:5)\d if nothing more comes", re.IGNORECASE)
    )
    place.line.event(lift, "alarm_button")  # within a minute: sure
    await expect(detail).to_have_attribute("data-state", "dispatched")
    await expect(detail).not_to_contain_text("by itself")


async def _cut(page: Page, selector: str) -> list[str]:
    """Texts that do not fit where they stand."""
    script = """all => all.filter(one => one.scrollWidth > one.clientWidth + 1
      || one.getBoundingClientRect().right > one.closest('.row-text').getBoundingClientRect().right + 1)
      .map(one => one.textContent)"""
    return list(await page.locator(selector).evaluate_all(script))


async def test_no_countdown_of_a_row_is_cut(place: Place, screen: Open) -> None:
    """At 1024 px in English a crew with a long name pushed the time of its arrival out of the row."""
    _, incident = place.trapped()
    named = {"firm_id": place.firm["id"], "name": "湘安电梯河东片区夜间应急救援第二班组"}
    unit = place.call("POST", "/units", named)
    place.act(incident["id"], "accept", firm_id=unit["firm_id"], unit_id=unit["id"], eta_s=900)
    page = await screen("dispatcher", size=NARROW)
    for _language in ("en", "zh"):
        for size in (NARROW, PHONE):
            await page.set_viewport_size(size)
            await expect(row(page, incident).locator(".row-when .num")).to_have_text(re.compile(r"1[45]:\d\d"))
            assert await _cut(page, ".row-when") == []
        await page.keyboard.press("z")


@pytest.mark.parametrize("width", [1920, 1720, 1600, 1440, 1366, 1280, 1180, 1024])
async def test_nothing_of_the_top_line_lies_over_anything_else(screen: Open, width: int) -> None:
    """At 1400 px the pages stood over the clock, and the own name over the bell."""
    page = await screen("dispatcher", size={"width": width, "height": 900})
    await expect(page.get_by_test_id("health-online")).to_be_visible()
    spans = """all => all.map(one => one.getBoundingClientRect()).filter(one => one.width > 0)
      .map(one => [Math.round(one.left), Math.round(one.right)]).sort((a, b) => a[0] - b[0])"""
    for _language in ("en", "zh"):
        shown = await page.locator(".top nav a, .top .fact, .top .tools .button").evaluate_all(spans)
        assert [(a, b) for a, b in itertools.pairwise(shown) if b[0] < a[1]] == []
        assert shown[-1][1] <= width
        await page.keyboard.press("z")


async def test_the_limits_of_the_clock_are_in_the_readers_language(place: Place, screen: Open) -> None:
    _, incident = place.trapped()
    page = await screen("dispatcher", f"#/board/{incident['id']}", language="zh")
    await expect(page.locator(".bar-mark").first).to_contain_text("3 分钟")


async def test_ten_rescues_are_ten_whole_rows(place: Place, screen: Open) -> None:
    """And what decides itself stands below them, however long it has been there."""
    doubt = place.lift()
    place.line.link(doubt)
    place.line.sample(doubt)
    place.line.event(doubt, "alarm_button")
    place.line.event(doubt, "alarm_button", active=False)
    place.rescue(doubt)
    lifts = [place.trapped()[0] for _ in range(10)]
    page = await screen("dispatcher")
    rows = page.get_by_test_id("queue-row")
    await expect(rows).to_have_count(11)
    await page.keyboard.press("Shift")  # from here on sound is allowed
    await expect(page.locator(".banner")).to_have_count(0)
    await expect(rows.nth(9)).to_contain_text(lifts[-1].name)
    await expect(rows.nth(10)).to_contain_text(doubt.name)
    whole = await rows.evaluate_all(
        """all => { const box = document.querySelector('.queue-rows').getBoundingClientRect();
          return all.filter(one => one.getBoundingClientRect().bottom <= box.bottom + 1).length; }"""
    )
    assert whole >= 10
