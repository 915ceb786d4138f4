"""The firm's office: what is due, who is where, orders, people; that a firm sees only itself; pictures."""

import asyncio
from collections.abc import Iterator

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.console import DESK, PHONE, Place
from tests.browser.offices import BAD, Crew, last_was
from tests.browser.test_console_pages import _inspect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


class Office:
    """A firm with an overdue lift, one that is due soon, one that is being looked at, and one that is done."""

    def __init__(self, place: Place) -> None:
        self.crew = Crew(place, place.firm, "王维")
        self.others = [
            Crew(place, place.firm, name, until) for name, until in (("李白", 12), ("杜甫", -3), ("何其", None))
        ]
        self.strangers = Crew(place, place.other_firm, "Northman")
        self.late, self.soon, self.going, self.done = (place.lift() for _ in range(4))
        self.theirs = place.lift(firm=place.other_firm["id"], name="North tower 1", building="North tower")
        for lift, days in ((self.late, 20), (self.soon, 13), (self.going, 10), (self.theirs, 30)):
            last_was(place, lift, days)
        self.visits = [self.crew.arrive(self.going, alone=True, interval_s=900), self.crew.whole(self.done, BAD)]
        self.crew.enter(self.visits[0])

    def close(self) -> None:
        self.crew.leave(self.visits[0])
        for one in (self.crew, self.strangers, *self.others):
            one.close()


@pytest.fixture(scope="module")
def office(whole: Place) -> Iterator[Office]:
    made = Office(whole)
    yield made
    made.close()


async def test_the_office_at_a_glance(office: Office, place: Place, screen: Open) -> None:
    page = await screen("firm", "#/firm")
    due = page.get_by_test_id("due-row")
    await expect(page.locator(f'[data-testid="due-row"][data-lift="{office.late.id}"]')).to_contain_text("5 d overdue")
    await expect(page.locator(f'[data-testid="due-row"][data-lift="{office.soon.id}"]')).to_contain_text("in 2 d")
    await expect(due.first).to_have_attribute("data-lift", office.late.id)
    await page.get_by_test_id("due-late").click()
    await expect(due).to_have_count(1)
    going = page.locator(f'[data-testid="visit-row"][data-visit="{office.visits[0]}"]')
    await expect(going).to_have_attribute("data-state", "on_site")
    await expect(page.locator(f'[data-testid="visit-row"][data-visit="{office.visits[1]}"]')).to_contain_text(
        "1 abnormal"
    )
    people = page.get_by_test_id("person")
    await expect(people).to_have_count(4)
    assert [await one.get_attribute("data-holds") for one in await people.all()] == ["none", "ended", "soon", "good"]
    await expect(page.get_by_test_id("firm-sentence")).to_contain_text("People without a valid certificate: 2")
    await expect(page.get_by_test_id("firm")).not_to_contain_text("North tower")
    await expect(page.get_by_test_id("firm")).not_to_contain_text("Northman")


async def test_an_order_is_accepted_and_a_calendar_made(office: Office, place: Place, screen: Open) -> None:
    page = await screen("firm", "#/firm", language="zh")
    order = page.get_by_test_id("order-row").filter(has_text="井道灯不亮")
    await expect(order).to_have_attribute("data-state", "open")
    await order.locator("summary").click()
    await order.get_by_test_id("order-accept").click()
    await expect(order).to_have_attribute("data-state", "accepted")
    await expect(order).to_contain_text("接单")
    assert await order.get_by_test_id("order-close").count() == 0, "it is not done yet"
    await page.get_by_label("谁的日历").fill("办公室")
    await page.get_by_test_id("calendar-add").click()
    address = await page.get_by_test_id("calendar-url").inner_text()
    answer = await page.request.get(address)
    assert "BEGIN:VCALENDAR" in await answer.text()
    assert office.late.name in await answer.text()


async def test_the_registry_is_taken_as_files(office: Office, place: Place, screen: Open) -> None:
    """The firm's own lifts and people, in both formats."""
    page = await screen("firm", "#/firm")
    for what, own, other in (("lifts", office.late.id, office.theirs.id), ("workers", "杜甫", "Northman")):
        assert own in (csv := (await downloaded(page, f"export-{what}-csv")).decode("utf-8-sig"))
        assert other not in csv
        assert (await downloaded(page, f"export-{what}-xlsx")).startswith(b"PK")


async def downloaded(page: Page, testid: str) -> bytes:
    """What a click saves."""
    async with page.expect_download() as started:
        await page.get_by_test_id(testid).click()
    path = await (await started.value).path()
    return await asyncio.to_thread(path.read_bytes)


async def test_a_record_is_read(office: Office, place: Place, screen: Open) -> None:
    page = await screen("firm", "#/firm", expected="404")
    await page.locator(f'[data-testid="visit-row"][data-visit="{office.visits[1]}"]').click()
    record = page.get_by_test_id("record")
    await expect(record).to_have_attribute("data-state", "left")
    await expect(record.locator('[data-testid="item"][data-outcome="abnormal"]').first).to_contain_text(
        "3 层井道灯不亮"
    )
    await expect(record.get_by_role("img", name="Signature of 王维")).to_be_visible()
    assert await record.get_by_test_id("countersign").count() == 0, "the firm does not sign for the house"
    async with page.expect_popup() as opened:
        await record.get_by_test_id("paper").click()
    paper = await opened.value
    await expect(paper.get_by_text("A-1-15").first).to_be_visible()
    await expect(paper.get_by_text("liftline verify").first).to_be_visible()
    await page.goto("/#/record/0198c0de-0000-7000-8000-000000000001")
    await expect(page.get_by_text("There is no such record")).to_be_visible()


@pytest.mark.parametrize("role", ["responder", "property", "supervisor"])
async def test_who_has_no_such_office_is_led_home(office: Office, screen: Open, role: str) -> None:
    page = await screen(role, "#/firm", expected="403")
    await expect(page.locator("main.page")).to_be_visible()
    await expect(page).not_to_have_url("/#/firm")
    assert await page.get_by_test_id("firm").count() == 0


async def test_another_firms_record_is_not_there(office: Office, place: Place, screen: Open) -> None:
    visit = office.strangers.whole(office.theirs)
    page = await screen("firm", f"#/record/{visit}", expected="404")
    await expect(page.get_by_text("There is no such record")).to_be_visible()


@pytest.mark.parametrize(("size", "name"), [(DESK, "firm"), (PHONE, "firm-phone")])
async def test_pictures_of_the_office(office: Office, screen: Open, size: dict[str, int], name: str) -> None:
    page = await screen("firm", "#/firm", size=size)
    await expect(page.get_by_test_id("person")).to_have_count(4)
    assert await _inspect(page, name) == []
    await page.goto(f"/#/record/{office.visits[1]}")
    await expect(page.get_by_test_id("record")).to_be_visible()
    assert await _inspect(page, f"{name}-record") == []
