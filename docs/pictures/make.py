"""`make pictures` takes the pictures of the documentation from the running program, in about two minutes.

Those of the technician's guide are taken by `visit.py` beside it.

The whole platform runs on free ports with the simulated city; no crew answers by itself, so that what is seen is what
the script has done: a rescue on its way, one waiting for an answer, and a suspicion.
"""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Browser, async_playwright
from stage import perform, say

from deploy import access
from deploy.provision.browser import find_chromium
from deploy.stack import Running
from elevator.errors import ServerError
from simulators.run import Simulation

FOLDER = Path(__file__).parent
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
# lifts of the simulated city
WAY, WAITS, DOUBT = "31104302112016059001", "31104302112018039009", "31104302112019099005"
PATIENCE = 120.0  # s


async def until(http: httpx.AsyncClient, lift_id: str, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The open rescue of a lift, as soon as it is as wanted."""
    async with asyncio.timeout(PATIENCE):
        while True:
            answer = await http.get("/incidents", params={"lift_id": lift_id, "kind": "rescue"})
            for incident in answer.raise_for_status().json()["items"]:
                if wanted(incident):
                    return dict(incident)
            await asyncio.sleep(0.3)


async def act(http: httpx.AsyncClient, incident: dict[str, Any], action: str, **body: Any) -> None:
    """One action on an incident."""
    (await http.post(f"/incidents/{incident['id']}/{action}", json=body)).raise_for_status()


async def unit_of(http: httpx.AsyncClient, firm: str) -> dict[str, Any]:
    """A crew of a firm."""
    units = (await http.get("/units")).raise_for_status().json()["items"]
    return next(one for one in units if one["firm_id"] == firm)


async def as_somebody(running: Running, http: httpx.AsyncClient, name: str, **who: Any) -> httpx.AsyncClient:
    """The interface as another person would use it, so that the timeline shows a name."""
    made = (await http.post("/tokens", json={"name": name, **who})).raise_for_status().json()
    headers = {"Authorization": f"Bearer {made['token']}"}
    return httpx.AsyncClient(base_url=f"{running.api_url}/api/v1", headers=headers, timeout=10)


async def play(running: Running, http: httpx.AsyncClient) -> None:
    """Bring the city into the state of the pictures, and take them."""
    shown: dict[str, dict[str, Any]] = {}
    async with Simulation(
        mqtt_url=running.lift_mqtt_url, api_url=running.api_url, token=running.admin_token, crews=False, interval=5
    ) as city:
        await city.register()
        desk = await as_somebody(running, http, "王敏", role="dispatcher")
        await city.start()
        await asyncio.sleep(20)  # traffic, so that there is a past to draw
        city.inject(WAY, "entrapment", persons=2, press="long", after=4)
        shown[WAY] = await until(http, WAY, lambda one: one["state"] == "dispatched")
        await act(desk, shown[WAY], "acknowledge")
        firm = shown[WAY]["assignments"][0]["firm_id"]
        unit = await unit_of(http, firm)
        crew = await as_somebody(running, http, unit["name"], role="responder", firm_id=firm, unit_id=unit["id"])
        await act(crew, shown[WAY], "accept", eta_s=720)
        city.inject(WAITS, "door_stuck", persons=1, press="double")
        shown[WAITS] = await until(http, WAITS, lambda one: one["state"] == "dispatched")
        city.inject(DOUBT, "entrapment", persons=1, press="none")
        shown[DOUBT] = await until(http, DOUBT, lambda one: one["state"] == "suspected")
        await asyncio.sleep(6)
        await photograph(running, http, shown)
        await desk.aclose()
        await crew.aclose()


async def photograph(running: Running, http: httpx.AsyncClient, shown: dict[str, dict[str, Any]]) -> None:
    """Take every picture."""
    desk = {"login": "wang", "name": "王敏", "role": "dispatcher", "password": "of the desk 7"}
    (await http.post("/users", json=desk)).raise_for_status()
    asked = shown[WAY]["assignments"][0]
    person = {
        "login": "li",
        "name": "李强",
        "role": "responder",
        "firm_id": asked["firm_id"],
        "password": "of a crew 7",
    }
    person["unit_id"] = (await unit_of(http, asked["firm_id"]))["id"]
    (await http.post("/users", json=person)).raise_for_status()
    chromium = find_chromium()
    if chromium is None:
        raise ServerError("there is no Chromium here: `make test` says how to get it")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(chromium))
        board, lift = f"#/board/{shown[WAY]['id']}", f"#/lifts/{WAY}"
        for name, login, where, language, theme, size in (
            ("board-zh", "wang", board, "zh", "dark", DESK),
            ("board-en", "wang", board, "en", "dark", DESK),
            ("lifts-en", "wang", "#/lifts", "en", "light", DESK),
            ("lift-en", "wang", lift, "en", "dark", DESK),
            ("phone-zh", "li", "#/mine", "zh", "light", PHONE),
        ):
            await picture(browser, running, name, login, where, {"language": language, "theme": theme}, size)
        await browser.close()


async def picture(
    browser: Browser, running: Running, name: str, login: str, where: str, chosen: dict[str, str], size: dict[str, int]
) -> None:
    """Sign in, open a page, wait until it stands, save what it looks like."""
    kept = [{"name": f"liftline.{key}", "value": value} for key, value in chosen.items()]
    context = await browser.new_context(
        viewport=size, device_scale_factor=1 if size is DESK else 2,
        storage_state={"cookies": [], "origins": [{"origin": running.api_url, "localStorage": kept}]},
    )  # fmt: skip
    page = await context.new_page()
    link = await asyncio.to_thread(access.sign_in_link, running.database_url, running.api_url, login)
    await page.goto(link)
    await page.wait_for_function("!location.hash.startsWith('#signin')")
    await page.evaluate("where => { location.hash = where }", where)
    await page.keyboard.press("Shift")  # a browser lets no page ring before a key
    await page.wait_for_timeout(2500)  # the first heartbeat and a drawn history
    await page.screenshot(path=FOLDER / f"{name}.png")
    await context.close()
    say(f"{FOLDER / name}.png")


async def _main(running: Running) -> None:
    headers = {"Authorization": f"Bearer {running.admin_token}"}
    async with httpx.AsyncClient(base_url=f"{running.api_url}/api/v1", headers=headers, timeout=10) as http:
        await play(running, http)


if __name__ == "__main__":
    sys.exit(perform(_main))
