"""`make pictures` takes the pictures of the offices' pages too: firm, property, supervisor, and those without account.

The whole platform runs on free ports, with the month of maintenance that `month` enters. What the pages show is what
they make of it.
"""

import sys
from pathlib import Path

import httpx
from month import AT, PASSWORD, Month, Town, drawing
from playwright.async_api import Browser, async_playwright
from stage import perform, say

from alerts.maintenance.plans import shelf
from alerts.maintenance.plans.plan import Kind
from deploy.provision.browser import find_chromium
from deploy.stack import Running
from elevator import db
from elevator.errors import ServerError
from elevator.model import LiftClass

FOLDER = Path(__file__).parent
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


def today(town: Town) -> dict[str, str]:
    """What goes on just now: two on site, one that waits for a signature by link, faults told by the codes on lifts."""
    crews: dict[str, httpx.Client] = {}
    for firm in ("湘安电梯", "衡顺电梯"):
        body = {"name": firm, "role": "firm", "firm_id": town.firms[firm]["id"]}
        made = town.call("POST", "/tokens", body)
        headers = {"Authorization": f"Bearer {made['token']}"}
        crews[firm] = httpx.Client(base_url=f"{town.running.api_url}/api/v1", headers=headers, timeout=20)
    mine = [lift for lift in town.lifts if lift["of"] == "湘安电梯"]
    worker = town.firms["湘安电梯"]["crew"][0]["id"]
    visits = []
    for lift, alone in ((mine[2], True), (mine[9], False), (mine[0], False)):
        body = {"lift_id": lift["lift_id"], "kind": "half_month", "worker_id": worker, "alone": alone, "lat": AT[0],
                "lon": AT[1], **({"interval_s": 900} if alone else {})}  # fmt: skip
        visits.append(crews["湘安电梯"].post("/visits", json=body).raise_for_status().json()["id"])
    picture = town.photo(mine[0]["lift_id"])
    results = [
        {"code": item.code, "outcome": "normal", "photos": [picture] if item.key else [],
         **({"value": item.least + 1} if item.least is not None else {})}
        for item in shelf.newest(LiftClass.TRACTION).items_of(Kind.HALF_MONTH) if item.code != "A-1-15"
    ]  # fmt: skip
    results.append({"code": "A-1-15", "outcome": "abnormal", "text": "3 层井道灯不亮", "photos": [picture]})
    signed = {"worker_id": worker, "drawing": drawing(town.chance)}
    for path, body in (("results", {"results": results}), ("sign", signed), ("check_out", {})):
        crews["湘安电梯"].post(f"/visits/{visits[2]}/{path}", json=body).raise_for_status()
    link = crews["湘安电梯"].post(f"/visits/{visits[2]}/link").raise_for_status().json()["url"]
    code = town.call("POST", f"/lifts/{mine[5]['lift_id']}/sticker", {})["code"]
    for n, (kind, text) in enumerate((("noise", "下行时有摩擦声"), ("button", "5 楼的按钮不亮"))):
        body = {"code": code, "kind": kind, "text": text, "key": f"{n:016x}"}
        httpx.post(f"{town.running.api_url}/api/v1/reports", json=body, timeout=20).raise_for_status()
    done = [one for one in town.call("GET", "/visits?state=done&limit=200")["items"] if one["building"] == "湘江花园"]
    record = max(done, key=lambda one: (one["state"] == "complete", one["abnormal"], one["id"]))["id"]
    doubtful = town.call("GET", "/maintenance/plausibility?level=doubtful")["items"][0]["visit"]
    for client in crews.values():
        client.close()
    return {"sign": "#" + str(link).split("#", 1)[1], "report": f"#/report/{code}/{mine[5]['lift_id']}",
            "record": f"#/record/{record}", "doubtful": f"#/record/{doubtful}"}  # fmt: skip


async def photograph(town: Town, where: dict[str, str]) -> None:
    """Take every picture."""
    town.person("firm", "湘安值班", "firm", firm_id=town.firms["湘安电梯"]["id"])
    town.person("house", "物业前台", "property", building="湘江花园")
    town.person("watch", "王主任", "supervisor")
    chromium = find_chromium()
    if chromium is None:
        raise ServerError("there is no Chromium here: `make test` says how to get it")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(chromium))
        for page, login, address, size, themes in (
            ("firm", "firm", "#/firm", DESK, {"zh": "light", "en": "dark"}),
            ("firm-phone", "firm", "#/firm", PHONE, {"zh": "light", "en": "dark"}),
            ("property", "house", "#/property", DESK, {"zh": "light", "en": "dark"}),
            ("record", "house", where["record"], DESK, {"zh": "light", "en": "dark"}),
            ("doubtful", "watch", where["doubtful"], DESK, {"zh": "light", "en": "dark"}),
            ("supervisor", "watch", "#/supervisor", DESK, {"zh": "dark", "en": "light"}),
            ("sign-phone", None, where["sign"], PHONE, {"zh": "light", "en": "dark"}),
            ("report-phone", None, where["report"], PHONE, {"zh": "light", "en": "dark"}),
        ):
            for language, theme in themes.items():
                await picture(browser, town.running, f"{page}-{language}", login, address, language, theme, size)
        await browser.close()


async def picture(
    browser: Browser, running: Running, name: str, login: str | None, where: str, language: str, theme: str,
    size: dict[str, int],
) -> None:  # fmt: skip
    """Open a page, signed in where it needs that, and save what it looks like."""
    kept = [{"name": f"liftline.{key}", "value": value} for key, value in (("language", language), ("theme", theme))]
    context = await browser.new_context(
        viewport=size, device_scale_factor=1 if size is DESK else 2,
        storage_state={"cookies": [], "origins": [{"origin": running.api_url, "localStorage": kept}]},
    )  # fmt: skip
    if login is not None:
        body = {"login": login, "password": PASSWORD}
        await context.request.post(f"{running.api_url}/api/v1/session", data=body)
    page = await context.new_page()
    await page.goto(f"{running.api_url}/{where}")
    await page.wait_for_timeout(1200)
    await page.mouse.click(4, size["height"] - 4)  # a browser lets no page ring before somebody touches it
    await page.wait_for_timeout(1000)
    await page.screenshot(path=FOLDER / f"{name}.png")
    await context.close()
    say(f"{FOLDER / name}.png")


async def play(running: Running) -> None:
    """Enter the town, let a month pass, take the pictures."""
    town = Town(running)
    town.enter()
    say("a month of maintenance …")
    async with await db.connect(running.database_url, application="pictures") as connection:
        month = Month(town, connection)
        await month.pass_by()
        await month.judge()
    await photograph(town, today(town))
    town.http.close()


if __name__ == "__main__":
    sys.exit(perform(play))
