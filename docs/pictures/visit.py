"""`make pictures` also takes the pictures of the technician's guide: a visit on a telephone, in both languages.

The platform runs on free ports with one firm, its crew and a street of lifts; the visit is made with taps, as a person
makes it, up to a network that is gone and a rescue at the lift.
"""

import asyncio
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from PIL import Image, ImageDraw
from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright
from stage import perform

from deploy import access
from deploy.child import scratch_folder
from deploy.provision.browser import find_chromium
from deploy.stack import Running
from elevator import clock
from elevator.errors import LiftlineError, ServerError

FOLDER = Path(__file__).parent
PHONE = {"width": 390, "height": 844}
HERE = {"latitude": 27.8262, "longitude": 113.1315, "accuracy": 20}
CREW = ("王维", "李白")
STREET = (  # building, name, street and number, days since the last half-monthly and quarterly visit, position
    ("湘江花园", "1 座 1 梯", "黄河北路 18 号", (13, 60), (27.8265, 113.1318)),
    ("湘江花园", "1 座 2 梯", "黄河北路 18 号", (14, 60), (27.8265, 113.1319)),
    ("天元商业中心", "客梯 A", "长江北路 101 号", (17, 40), (27.8301, 113.1262)),
    ("市民中心", "3 号梯", "神农大道 5 号", (13, 90), (27.8342, 113.1201)),
    ("神农公寓", "2 单元", "神农大道 88 号", (6, 20), (27.8380, 113.1190)),
    ("泰山小区", "7 栋", "泰山路 60 号", (3, 20), (27.8190, 113.1400)),
)


def _day(ago: int) -> str:
    return (clock.now() - timedelta(days=ago)).date().isoformat()


async def _furnish(http: httpx.AsyncClient) -> list[str]:
    """One firm, its crew, its lifts with their last visits, one order; the ids of the lifts."""

    async def _send(method: str, path: str, body: dict[str, Any]) -> Any:
        answer = await http.request(method, path, json=body)
        return answer.raise_for_status().json()

    firm = await _send("POST", "/firms", {"name": "湘安电梯", "phone": "0731-2288 0110"})
    unit = await _send("POST", "/units", {"firm_id": firm["id"], "name": "天元一组"})
    user = {"login": "wangwei", "name": CREW[0], "role": "responder", "unit_id": unit["id"], "password": "of a crew 7"}
    await _send("POST", "/users", user)
    until = (clock.now() + timedelta(days=500)).date().isoformat()
    for n, name in enumerate(CREW):
        certificate = {"kind": "T 电梯修理", "number": f"T43020319900101123{n}", "valid_until": until}
        await _send("POST", "/workers", {"firm_id": firm["id"], "name": name, "certificates": [certificate]})
    lifts = []
    for n, (building, name, street, (half, quarter), (lat, lon)) in enumerate(STREET):
        lift = {
            "lift_id": f"3110430210201705900{n}", "rescue_code": f"43020{n}", "name": name, "building": building,
            "address": f"天元区{street}", "district": "天元区", "firm": firm["id"], "lat": lat, "lon": lon,
        }  # fmt: skip
        await _send("POST", "/lifts", lift)
        last = {"half_month": _day(half), "quarter": _day(quarter), "half_year": _day(20), "year": _day(20)}
        await _send("PUT", f"/maintenance/lifts/{lift['lift_id']}", {"last": last})
        lifts.append(str(lift["lift_id"]))
    await _send("POST", "/orders", {"lift_id": lifts[2], "text": "3 层外呼按钮松动"})
    await _send("POST", "/orders", {"lift_id": lifts[3], "text": "A-1-15 井道照明：第 8 盏不亮"})
    return lifts


def _photo(path: Path) -> Path:
    """Something to photograph: a dark shaft with a lamp."""
    image = Image.new("RGB", (640, 480), (30, 32, 36))
    draw = ImageDraw.Draw(image)
    for x in range(0, 640, 80):
        draw.line([(x, 0), (x, 480)], fill=(60, 62, 66), width=6)
    draw.ellipse([270, 120, 370, 220], fill=(240, 225, 160))
    image.save(path, "JPEG")
    return path


async def _open(browser: Browser, running: Running, language: str, theme: str) -> tuple[BrowserContext, Page]:
    chosen = {"language": language, "theme": theme, "sound": "quiet"}
    kept = [{"name": f"liftline.{key}", "value": value} for key, value in chosen.items()]
    context = await browser.new_context(
        viewport=PHONE, device_scale_factor=1.5, is_mobile=True, has_touch=True, geolocation=HERE,
        permissions=["geolocation"],
        storage_state={"cookies": [], "origins": [{"origin": running.api_url, "localStorage": kept}]},
    )  # fmt: skip
    page = await context.new_page()
    link = await asyncio.to_thread(access.sign_in_link, running.database_url, running.api_url, "wangwei")
    await page.goto(link)
    await page.wait_for_function("!location.hash.startsWith('#signin')")
    await page.keyboard.press("Shift")  # a browser lets no page ring before a key
    return context, page


async def _shot(page: Page, name: str, language: str) -> None:
    await page.wait_for_timeout(900)
    path = FOLDER / f"technician-{name}-{language}.png"
    await page.screenshot(path=path)
    print(path, file=sys.stderr)  # noqa: T201 - a script for people


async def _sign(page: Page, pad: str, points: Sequence[tuple[int, int]]) -> None:
    box = page.get_by_test_id(pad)
    await box.scroll_into_view_if_needed()
    where = await box.bounding_box()
    if where is None:
        raise LiftlineError(f"no {pad} on the page")
    await page.mouse.move(where["x"] + points[0][0], where["y"] + points[0][1])
    await page.mouse.down()
    for x, y in points[1:]:
        await page.mouse.move(where["x"] + x, where["y"] + y, steps=6)
    await page.mouse.up()


NAME = ((60, 40), (130, 36), (95, 38), (95, 95), (60, 66), (132, 64), (60, 96), (140, 92), (190, 30), (180, 70),
        (230, 40), (215, 100), (280, 88))  # fmt: skip


async def _scroll(page: Page, selector: str | None = None) -> None:
    """To the top, or so that something stands below the big button."""
    if selector is None:
        await page.evaluate("document.querySelector('.on-visit').scrollTo(0, 0)")
        return
    await page.evaluate("document.activeElement.blur()")
    await page.locator(selector).evaluate("one => one.scrollIntoView({ block: 'start' })")
    await page.evaluate("document.querySelector('.on-visit').scrollBy(0, -150)")


async def _photograph(page: Page, button: Locator) -> None:
    """Something in the shaft."""
    with scratch_folder("pictures") as folder:
        async with page.expect_file_chooser() as chooser:
            await button.tap()
        await (await chooser.value).set_files(_photo(folder / "photo.jpg"))
        await page.wait_for_timeout(700)  # it is read before the folder goes


def _item(page: Page, code: str) -> Locator:
    return page.locator(f'[data-code="{code}"]')


async def _arrive(page: Page, lift: str, language: str) -> None:
    """The round, the check-in, the first items."""
    await page.evaluate("location.hash = '#/round'")
    row = page.locator(f'[data-testid="stop"][data-lift="{lift}"]')
    await row.get_by_text(CREW[0]).wait_for()
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    await _shot(page, "round", language)
    await row.get_by_test_id("check-in").tap()
    await page.get_by_test_id("item").first.wait_for()
    for code in ("A-1-1", "A-1-2"):
        await _item(page, code).get_by_test_id("normal").tap()
    await _scroll(page)
    await _shot(page, "visit", language)


async def _work(page: Page, language: str, trouble: str) -> None:
    """Without network: an abnormal item, all others but two, and a check-out too early."""
    bad = _item(page, "A-1-15")
    await bad.get_by_test_id("abnormal").tap()
    await bad.get_by_test_id("abnormal-text").fill(trouble)
    await _photograph(page, bad.get_by_test_id("abnormal-photo"))
    await _scroll(page, '[data-code="A-1-15"]')
    await _shot(page, "abnormal", language)
    await bad.get_by_test_id("abnormal-ok").tap()
    await page.locator('[data-code="A-1-15"][data-outcome="abnormal"]').wait_for()
    left = await page.locator('[data-testid="item"][data-outcome=""]').all()
    for code in [str(await one.get_attribute("data-code")) for one in left]:
        item = _item(page, code)
        if await item.get_attribute("data-key") == "true":
            await _photograph(page, item.get_by_test_id("normal"))
        elif code not in {"A-1-29", "A-1-30"}:
            await item.get_by_test_id("normal").tap()
    await page.get_by_test_id("check-out").tap()
    await _scroll(page, '[data-code="A-1-29"]')
    await _shot(page, "missing", language)
    await _item(page, "A-1-29").get_by_test_id("value").nth(3).tap()
    await _item(page, "A-1-30").get_by_test_id("normal").tap()
    await _sign(page, "pad-worker", NAME)
    await page.get_by_test_id("pad-worker-ok").tap()
    await page.get_by_test_id("officer-name").fill("赵经理")
    await _sign(page, "pad-officer", NAME[::-1])
    await _scroll(page, '[data-testid="signatures"]')
    await _shot(page, "sign", language)


async def _rescued(page: Page, http: httpx.AsyncClient, lift: str, language: str) -> None:
    """Somebody is trapped in this very lift."""
    report = {"lift_id": lift, "caller": "0731-2288 5566", "note": "2 persons"}
    made = (await http.post("/incidents", json=report)).raise_for_status().json()
    await page.get_by_test_id("rescue-here").wait_for(timeout=30_000)
    await _scroll(page)
    await _shot(page, "rescue", language)
    (await http.post(f"/incidents/{made['id']}/cancel", json={"reason": "test"})).raise_for_status()
    await page.get_by_test_id("rescue-here").wait_for(state="detached", timeout=30_000)


async def _visit(
    browser: Browser, running: Running, http: httpx.AsyncClient, lift: str, said: tuple[str, str, str]
) -> None:
    """A whole visit with its pictures, in a language and a theme."""
    language, theme, trouble = said
    context, page = await _open(browser, running, language, theme)
    await _arrive(page, lift, language)
    await context.set_offline(offline=True)
    await _work(page, language, trouble)
    await context.set_offline(offline=False)
    await page.locator('[data-testid="sync"][data-kept="0"][data-off="false"]').first.wait_for(timeout=30_000)
    await _rescued(page, http, lift, language)
    await page.get_by_test_id("pad-officer-ok").tap()
    await page.get_by_test_id("check-out").tap()
    await page.locator('[data-testid="over"][data-restored="true"]').wait_for(timeout=30_000)
    await _scroll(page)
    await _shot(page, "done", language)
    await page.evaluate("location.hash = '#/orders'")
    await page.get_by_test_id("order").first.wait_for()
    await _shot(page, "orders", language)
    await context.close()


async def _main(running: Running) -> None:
    headers = {"Authorization": f"Bearer {running.admin_token}"}
    chromium = find_chromium()
    if chromium is None:
        raise ServerError("there is no Chromium here: `make test` says how to get it")
    async with (
        httpx.AsyncClient(base_url=f"{running.api_url}/api/v1", headers=headers, timeout=10) as http,
        async_playwright() as playwright,
    ):
        lifts = await _furnish(http)
        async with asyncio.timeout(60):
            while True:  # another process enters the due days
                due = (await http.get("/maintenance/due", params={"limit": 200})).json()["items"]
                if len(due) == 4 * len(lifts):
                    break
                await asyncio.sleep(0.5)
        browser = await playwright.chromium.launch(executable_path=str(chromium))
        await _visit(browser, running, http, lifts[0], ("zh", "light", "3 层井道灯不亮，已断开"))
        await _visit(browser, running, http, lifts[1], ("en", "dark", "shaft light at landing 3 is out"))
        await browser.close()


if __name__ == "__main__":
    sys.exit(perform(_main))
