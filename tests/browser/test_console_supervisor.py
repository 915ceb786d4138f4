"""The supervisor's page: figures by firm and district, the ranking that the reader chooses, what is overdue; pictures."""

from collections.abc import Iterator

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.console import DESK, PHONE, Place
from tests.browser.offices import BAD, Crew, doubt, last_was, sql
from tests.browser.test_console_pages import _inspect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


class City:
    """A firm that comes in time, and one whose lifts are overdue and that enters from afar; its order has waited long."""

    def __init__(self, place: Place) -> None:
        self.good, self.bad = (place.call("POST", "/firms", {"name": name}) for name in ("守时电梯", "Tardy Lifts"))
        crews = [Crew(place, self.good, "李白"), Crew(place, self.bad, "Bob")]
        self.fine = [place.lift(firm=self.good["id"], district="芦淞区") for _ in range(3)]
        self.late = [place.lift(firm=self.bad["id"], district="荷塘区") for _ in range(2)]
        for lift in self.late:
            last_was(place, lift, 22)
        self.honest = crews[0].whole(self.fine[0])
        self.ghost = crews[1].whole(self.late[0], BAD, lat=27.9, lon=113.5)
        doubt(place, self.ghost)
        sql(place, "UPDATE work_order SET opened_at = opened_at - interval '9 days' WHERE firm_id = %(firm)s",
            firm=self.bad["id"])  # fmt: skip
        for crew in crews:
            crew.close()


@pytest.fixture(scope="module")
def city(whole: Place) -> Iterator[City]:
    return City(whole)


async def cells(page: Page, name: str) -> dict[str, str]:
    row = page.locator(f'[data-testid="standing-row"][data-name="{name}"] td[data-measure]')
    await expect(row.first).to_be_visible()
    return {str(await one.get_attribute("data-measure")): await one.inner_text() for one in await row.all()}


async def test_firms_side_by_side(city: City, screen: Open) -> None:
    page = await screen("supervisor", "#/supervisor")
    bad, good = await cells(page, "Tardy Lifts"), await cells(page, "守时电梯")
    assert bad["overdue"] == "1 · 50 %"
    assert (bad["days"], bad["worst"], bad["in_time"], bad["far"], bad["orders"]) == ("7", "7 d", "0 %", "100 %", "1")
    assert bad["oldest"].startswith("9d")
    assert (good["overdue"], good["days"], good["worst"], good["in_time"], good["far"], good["oldest"]) == (
        "0 · 0 %", "0", "–", "100 %", "0 %", "–")  # fmt: skip


async def test_the_reader_chooses_the_ranking(city: City, screen: Open) -> None:
    page = await screen("supervisor", "#/supervisor")
    for measure in ("far", "in_time", "oldest"):
        await page.get_by_test_id(f"rank-{measure}").click()
        heading = page.locator("th").filter(has=page.get_by_test_id(f"rank-{measure}"))
        await expect(heading).to_have_attribute("aria-sort", "ascending" if measure == "in_time" else "descending")
        shown = [await one.get_attribute("data-name") for one in await page.get_by_test_id("standing-row").all()]
        assert shown.index("Tardy Lifts") < shown.index("守时电梯"), measure
    await page.get_by_role("button", name="Tardy Lifts").click()
    listed = page.get_by_test_id("overdue-list").get_by_test_id("due-row")
    await expect(listed).to_have_count(1)
    await expect(listed).to_have_attribute("data-lift", city.late[1].id)


async def test_districts(city: City, screen: Open) -> None:
    page = await screen("dispatcher", "#/supervisor", language="zh")
    await page.get_by_test_id("by-district").click()
    assert (await cells(page, "荷塘区"))["overdue"] == "1 · 50 %"
    assert (await cells(page, "芦淞区"))["overdue"] == "0 · 0 %"
    await page.get_by_role("button", name="荷塘区").click()
    await expect(page.get_by_test_id("overdue-list")).to_contain_text("荷塘区：超期的电梯")
    await expect(page.get_by_test_id("overdue-list").get_by_test_id("due-row")).to_have_count(1)


async def test_visits_that_one_should_ask_about(city: City, screen: Open) -> None:
    """The share of a firm, the list with its evidence, and the record with all of it; never called a verdict."""
    page = await screen("supervisor", "#/supervisor")
    assert (await cells(page, "Tardy Lifts"))["doubtful"] == "100 %"
    assert (await cells(page, "守时电梯"))["doubtful"] == "–", "it was not checked yet"
    row = page.locator(f'[data-testid="doubtful-row"][data-visit="{city.ghost}"]')
    await expect(row).to_contain_text("no inspection mode was seen")
    await expect(page.get_by_test_id("doubtful")).to_contain_text("evidence, not a verdict")
    await row.click()
    await expect(page.get_by_test_id("plausibility")).to_have_attribute("data-level", "doubtful")
    await expect(page.get_by_test_id("plausibility")).to_contain_text("not a verdict")


@pytest.mark.parametrize("role", ["firm", "property", "responder"])
async def test_firms_and_houses_have_no_such_page(city: City, screen: Open, role: str) -> None:
    page = await screen(role, "#/supervisor")
    await expect(page.locator("main.page")).to_be_visible()
    await expect(page).not_to_have_url("/#/supervisor")
    assert await page.get_by_test_id("supervisor").count() == 0


@pytest.mark.parametrize(("size", "name"), [(DESK, "supervisor"), (PHONE, "supervisor-phone")])
async def test_pictures_of_the_supervisors_page(city: City, screen: Open, size: dict[str, int], name: str) -> None:
    page = await screen("supervisor", "#/supervisor", size=size)
    await expect(page.get_by_test_id("standing-row").first).to_be_visible()
    assert await _inspect(page, name) == []
