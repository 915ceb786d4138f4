"""The house's pages: signing by link and with an account, the code on a lift, reports without an account and their limits."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from api import public_limits
from tests.browser.conftest import Open
from tests.browser.console import PHONE, Lift, Place
from tests.browser.offices import BAD, Crew, last_was, sql
from tests.browser.test_console_pages import _inspect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

NO = "status of 4(04|09|29)"  # the browser itself tells every answer that is no


@pytest.fixture(scope="module")
def crew(whole: Place) -> Iterator[Crew]:
    made = Crew(whole, whole.firm, "王维")
    yield made
    made.close()


@pytest_asyncio.fixture(loop_scope="session")
async def lobby(place: Place) -> AsyncIterator[tuple[Lift, str]]:
    """A lift with its sticker, and nobody who has asked of late."""
    sql(place, "DELETE FROM public_try")
    lift = place.lift()
    made = place.call("POST", f"/lifts/{lift.id}/sticker", {})
    yield lift, f"#/report/{made['code']}/{lift.id}"


def link(crew: Crew, visit: str) -> str:
    """Where the officer signs, as it stands behind the address of the console."""
    return "#" + str(crew.call("POST", f"/visits/{visit}/link")["url"]).split("#", 1)[1]


async def draw(page: Page) -> None:
    """A signature with the mouse."""
    await page.get_by_test_id("pad").scroll_into_view_if_needed()
    box = await page.get_by_test_id("pad").bounding_box()
    assert box
    await page.mouse.move(box["x"] + 30, box["y"] + 60)
    await page.mouse.down()
    for step in range(1, 9):
        await page.mouse.move(box["x"] + 30 + step * 22, box["y"] + 60 + (25 if step % 2 else -25))
    await page.mouse.up()


# --- signing by link -----------------------------------------------------------------------------------------


async def test_the_officer_signs_by_link(crew: Crew, place: Place, screen: Open) -> None:
    """From the crew's link to a complete record, without an account; the second time it says who has signed."""
    lift = place.lift()
    visit = crew.whole(lift, BAD)
    where = link(crew, visit)
    page = await screen(None, where, size=PHONE, language="zh", is_mobile=True, has_touch=True)
    sign = page.get_by_test_id("sign")
    await expect(sign).to_have_attribute("data-signed", "false")
    await expect(sign).to_contain_text(f"湘安电梯对 湘江花园 {lift.name} 做了半月维保：31 个项目，其中 1 项异常")
    await expect(sign.locator('[data-testid="item"][data-outcome="abnormal"]').first).to_contain_text("3 层井道灯不亮")
    await expect(sign.get_by_role("img", name="王维 的签字")).to_be_visible()
    await sign.get_by_text("全部 31 个项目").click()
    await expect(sign.get_by_test_id("item")).to_have_count(32)
    await expect(page.get_by_test_id("sign-submit")).to_be_disabled()
    await page.locator("input[name=name]").fill("赵经理")
    await expect(page.get_by_test_id("sign-submit")).to_be_disabled()
    await draw(page)
    await page.get_by_test_id("sign-submit").click()
    await expect(page.get_by_test_id("signed")).to_contain_text("已由赵经理于")
    record = crew.call("GET", f"/visits/{visit}")
    assert (record["state"], record["countersigned"]["name"], record["countersigned"]["channel"]) == (
        "complete", "赵经理", "link")  # fmt: skip
    assert record["countersigned"]["drawing"]["data"].count("L") >= 8
    again = await screen(None, where)
    await expect(again.get_by_test_id("signed")).to_contain_text("Signed by 赵经理")
    assert await again.get_by_test_id("sign-submit").count() == 0


async def test_two_officers_with_one_link(crew: Crew, place: Place, screen: Open) -> None:
    """The second is told that the link is used up, and nothing is signed twice."""
    where = link(crew, crew.whole(place.lift()))
    first, second = await screen(None, where, expected=NO), await screen(None, where, expected=NO)
    for page, name in ((first, "Zhao"), (second, "Qian")):
        await page.locator("input[name=name]").fill(name)
        await page.get_by_test_id("pad-typed").click()
    await first.get_by_test_id("sign-submit").click()
    await expect(first.get_by_test_id("signed")).to_contain_text("Zhao")
    await second.get_by_test_id("sign-submit").click()
    await expect(second.get_by_test_id("sign-problem")).to_contain_text("this link was used already")


async def test_links_that_are_old_or_wrong_say_so(crew: Crew, place: Place, screen: Open) -> None:
    where = link(crew, crew.whole(place.lift()))
    sql(
        place,
        "UPDATE visit_link SET expires_at = created_at + interval '1 second', created_at = created_at - interval '9 d'",
    )
    sql(place, "UPDATE visit_link SET expires_at = now() - interval '1 second'")
    page = await screen(None, where, language="zh", expected=NO)
    await expect(page.get_by_test_id("sign-bad")).to_have_attribute("data-reason", "old")
    await expect(page.get_by_test_id("sign-bad")).to_contain_text("此签字链接已过期")
    await page.get_by_test_id("lang-toggle").click()
    await expect(page.get_by_test_id("sign-bad")).to_contain_text("too old")
    await page.goto("/#/sign/nonsense")
    await expect(page.get_by_test_id("sign-bad")).to_have_attribute("data-reason", "unknown")


async def test_what_the_crew_changes_meanwhile_is_looked_at_again(crew: Crew, place: Place, screen: Open) -> None:
    visit = crew.arrive(place.lift())
    crew.enter(visit)
    page = await screen(None, link(crew, visit), expected=NO)
    await page.locator("input[name=name]").fill("Zhao")
    await draw(page)
    crew.call("POST", f"/visits/{visit}/results", {"results": [BAD]})
    await page.get_by_test_id("sign-submit").click()
    await expect(page.get_by_test_id("sign-problem")).to_have_attribute("data-reason", "changed")
    assert crew.call("GET", f"/visits/{visit}")["countersigned"] is None
    await page.get_by_role("button", name="Look again").click()
    await expect(page.get_by_test_id("sign")).to_contain_text("1 of them abnormal")
    await page.get_by_test_id("sign-submit").click()
    await expect(page.get_by_test_id("signed")).to_contain_text("Zhao")


# --- with an account -----------------------------------------------------------------------------------------


async def test_the_house_signs_with_its_account(crew: Crew, place: Place, screen: Open) -> None:
    lift = place.lift()
    visit = crew.whole(lift, BAD)
    page = await screen("property", "#/property")
    row = page.get_by_test_id("to-sign").locator(f'[data-visit="{visit}"]')
    await expect(row).to_contain_text("1 abnormal")
    await row.click()
    await page.locator("input[name=name]").fill("赵经理")
    await draw(page)
    await page.get_by_test_id("countersign").click()
    await expect(page.get_by_test_id("record")).to_have_attribute("data-state", "complete")
    await expect(page.get_by_role("img", name="Signature of 赵经理")).to_be_visible()
    assert crew.call("GET", f"/visits/{visit}")["countersigned"]["channel"] == "account"


async def test_the_house_closes_an_order_and_opens_it_again(crew: Crew, place: Place, screen: Open) -> None:
    lift = place.lift()
    page = await screen("property", "#/property")
    await page.get_by_text("Report a fault", exact=True).click()
    await page.locator("select[name=lift]").select_option(lift.id)
    await page.locator("textarea[name=text]").fill("2 层外呼按钮松动")
    await page.get_by_test_id("fault-send").click()
    order = page.get_by_test_id("order-row").filter(has_text=lift.name)
    await expect(order).to_contain_text("2 层外呼按钮松动")
    number = await order.get_attribute("data-order")
    crew.call("POST", f"/orders/{number}/done", {"text": "紧固", "photos": ["p1"]})
    await order.locator("summary").click()
    await order.get_by_test_id("order-reopen").click()
    await order.locator("textarea").fill("还是松")
    await order.get_by_test_id("order-send").click()
    await expect(order).to_contain_text("还是松")
    assert crew.call("GET", f"/orders/{number}")["state"] == "open"
    crew.call("POST", f"/orders/{number}/done", {"text": "更换", "photos": ["p2"]})
    await page.reload()
    await order.locator("summary").click()
    await order.get_by_test_id("order-close").click()
    await expect(order).to_have_count(0)
    assert crew.call("GET", f"/orders/{number}")["state"] == "closed"


async def test_the_code_of_a_lift_is_shown_and_renewed(place: Place, screen: Open) -> None:
    lift = place.lift()
    page = await screen("property", "#/property")
    await page.locator(f'[data-testid="house-lift"][data-lift="{lift.id}"]').get_by_test_id("sticker").click()
    address = page.get_by_test_id("sticker-url")
    await expect(address).to_contain_text(f"/{lift.id}")
    first = await address.inner_text()
    picture = page.get_by_test_id("sticker-box").locator("img")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("one => one.naturalWidth > 0"), "the QR code is drawn"
    await page.get_by_test_id("sticker-renew").click()
    await expect(page.get_by_test_id("sticker-renew")).to_contain_text("?")
    assert await address.inner_text() == first, "asked once more before the old sticker is void"
    await page.get_by_test_id("sticker-renew").click()
    await expect(address).not_to_have_text(first)


# --- reports without an account ------------------------------------------------------------------------------


async def test_a_fault_is_reported_and_found_known(
    lobby: tuple[Lift, str], crew: Crew, place: Place, screen: Open
) -> None:
    lift, where = lobby
    page = await screen(None, where, size=PHONE, is_mobile=True, has_touch=True)
    await expect(page.get_by_role("heading", level=1)).to_contain_text(lift.name)
    await expect(page.get_by_test_id("trapped")).to_contain_text("press the alarm button")
    await expect(page.get_by_test_id("trapped")).to_contain_text(lift.code)
    await page.locator('[data-testid="trouble"][data-kind="door"]').click()
    await page.locator("textarea[name=text]").fill("3 楼的门关不上")
    await page.get_by_test_id("fault-send").click()
    await expect(page.get_by_test_id("fault-taken")).to_have_attribute("data-outcome", "order")
    await expect(page.locator('[data-testid="trouble"][data-kind="door"]')).to_contain_text("known already")
    orders = crew.call("GET", f"/orders?lift_id={lift.id}")["items"]
    assert len(orders) == 1
    assert "3 楼的门关不上" in orders[0]["text"]
    desk = await screen("dispatcher", "#/supervisor")
    await expect(desk.get_by_test_id("order-row").filter(has_text="3 楼的门关不上")).to_be_visible()


async def test_too_many_reports_are_limited_in_both_languages_but_not_a_trapped_person(
    lobby: tuple[Lift, str], place: Place, screen: Open
) -> None:
    """The sentence says why and how long; the rescue still goes through, and rings at the desk."""
    lift, where = lobby
    page = await screen(None, where, language="zh", size=PHONE, expected=NO)
    for _ in range(public_limits.PER_ADDRESS["fault"]):
        await page.locator('[data-testid="trouble"][data-kind="noise"]').click()
        await page.get_by_test_id("fault-send").click()
        await expect(page.get_by_test_id("fault-send")).to_be_disabled()
        await expect(page.get_by_test_id("fault-taken")).to_be_visible()
    await page.locator('[data-testid="trouble"][data-kind="noise"]').click()
    await page.get_by_test_id("fault-send").click()
    problem = page.get_by_test_id("fault-problem")
    await expect(problem).to_have_attribute("data-reason", "limit_address")
    await expect(problem).to_contain_text("分钟后再试")
    await page.get_by_test_id("lang-toggle").click()
    await expect(problem).to_contain_text("try again in")
    await page.locator("input[name=phone]").fill("13900000001")
    await page.get_by_test_id("trapped-send").click()
    await expect(page.get_by_test_id("trapped-taken")).to_have_attribute("data-outcome", "rescue")
    rescue = place.rescue_of(lift, 5)
    assert (rescue["reason"], rescue["state"], rescue["caller"]) == ("caller", "dispatched", "13900000001")
    desk = await screen("dispatcher", f"#/board/{rescue['id']}")
    await expect(desk.get_by_test_id("queue-row").filter(has_text=lift.name)).to_be_visible()
    await page.reload()
    await expect(page.get_by_test_id("trapped")).to_contain_text("A rescue at this lift is under way")


async def test_a_wrong_code_still_says_what_helps(place: Place, screen: Open) -> None:
    sql(place, "DELETE FROM public_try")
    page = await screen(None, "#/report/nobodysticker", language="zh", expected=NO)
    await expect(page.get_by_test_id("report-problem")).to_contain_text("此二维码不对应任何电梯")
    await expect(page.get_by_test_id("trapped")).to_contain_text("报警按钮")
    assert await page.get_by_test_id("trapped-send").count() == 0, "nobody would know which lift"
    assert await page.get_by_test_id("fault-send").count() == 0
    sql(place, "DELETE FROM public_try")


async def test_a_limit_on_looking_leaves_the_way_to_the_rescue(
    lobby: tuple[Lift, str], place: Place, screen: Open
) -> None:
    lift, where = lobby
    sql(
        place,
        "INSERT INTO public_try (address, what, at) SELECT '127.0.0.1', 'look', now() FROM generate_series(1, 60)",
    )
    page = await screen(None, where, expected=NO)
    await expect(page.get_by_test_id("report-problem")).to_have_attribute("data-reason", "limit_address")
    await page.get_by_test_id("trapped-send").click()
    await expect(page.get_by_test_id("trapped-taken")).to_have_attribute("data-outcome", "rescue")
    assert place.rescue_of(lift, 5)["reason"] == "caller"


async def test_pictures_of_the_houses_pages(lobby: tuple[Lift, str], crew: Crew, place: Place, screen: Open) -> None:
    last_was(place, place.lift(), 20)
    visit = crew.whole(place.lift(), BAD)
    wrong = []
    for where, name, role in (
        ("#/property", "property", "property"), (link(crew, visit), "sign", None), (lobby[1], "report", None),
    ):  # fmt: skip
        for size, suffix in ((None, ""), (PHONE, "-phone")):
            page = await screen(role, where, **({"size": size} if size else {}))
            await expect(page.locator("h1").first).to_be_visible()
            await page.wait_for_load_state("networkidle") if role is None else await page.wait_for_timeout(800)
            wrong += await _inspect(page, name + suffix)
    assert wrong == []
