"""A technician's hands on the phone's pages: who works for the firm, and taps as a thumb makes them."""

from datetime import timedelta
from typing import Any

from playwright.async_api import Locator, Page, expect

from elevator import clock
from tests.browser.console import PHONE, Lift, Place
from tests.unit.test_api_pictures import photo

HERE = {"latitude": 27.8201, "longitude": 113.1301, "accuracy": 20}
TOUCH: dict[str, Any] = {
    "size": PHONE, "is_mobile": True, "has_touch": True, "geolocation": HERE, "permissions": ["geolocation"],
}  # fmt: skip
CREW = ("刘师傅", "周师傅")

# Every touch of the screen, and every character that is put into a field: whatever a thumb does.
COUNTER = """
  window.taps = 0;
  addEventListener("pointerdown", () => { window.taps += 1; }, true);
  addEventListener("input", (event) => { if (event.inputType === "insertText") window.taps += 1; }, true);
"""


def employ(place: Place) -> dict[str, str]:
    """The firm's people, by name; each is entered once."""
    known = {one["name"]: one["id"] for one in place.call("GET", "/workers?limit=200")["items"]}
    until = (clock.now() + timedelta(days=400)).date().isoformat()
    for name in CREW:
        if name not in known:
            body = {
                "firm_id": place.firm["id"], "name": name,
                "certificates": [{"kind": "T", "number": f"T-{name}", "valid_until": until}],
            }  # fmt: skip
            known[name] = place.call("POST", "/workers", body)["id"]
    return known


def due(place: Place, lift: Lift) -> None:
    """The lift is overdue for its half-monthly visit: on top of every round, however many lifts other tests have left."""
    last = {"half_month": (clock.now() - timedelta(days=17)).date().isoformat()}
    place.call("PUT", f"/maintenance/lifts/{lift.id}", {"last": last})
    question = f"/maintenance/due?lift_id={lift.id}&overdue=true"
    place.until(lambda: next(iter(place.call("GET", question)["items"]), None), 20)


def stop(page: Page, lift: Lift) -> Locator:
    """The lift's line in the round."""
    return page.locator(f'[data-testid="stop"][data-lift="{lift.id}"]')


def item(page: Page, code: str) -> Locator:
    """One item of the visit."""
    return page.locator(f'[data-testid="item"][data-code="{code}"]')


async def draw(page: Page, pad: str) -> None:
    """Sign: one stroke of a finger."""
    box = page.get_by_test_id(pad)
    await box.scroll_into_view_if_needed()
    where = await box.bounding_box()
    assert where is not None
    await page.mouse.move(where["x"] + 30, where["y"] + 60)
    await page.mouse.down()
    for step in range(1, 6):
        await page.mouse.move(where["x"] + 30 + 40 * step, where["y"] + 60 + (25 if step % 2 else -25))
    await page.mouse.up()


async def shoot(page: Page, button: Locator, shift: int = 7) -> None:
    """Take a photo with the button."""
    async with page.expect_file_chooser() as chooser:
        await button.tap()
    picture = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": photo(shift=shift)}
    await (await chooser.value).set_files(picture)  # type: ignore[arg-type]


async def all_normal(page: Page, but: tuple[str, ...] = ()) -> int:
    """Every item that has no result yet is normal: one tap each, a photo where it is a test. How many there were."""
    left = page.locator('[data-testid="item"][data-outcome=""]')
    codes = [str(await one.get_attribute("data-code")) for one in await left.all()]
    for code in codes:
        if code in but:
            continue
        row = item(page, code)
        if await row.get_attribute("data-key") == "true":
            await shoot(page, row.get_by_test_id("normal"), sum(map(ord, code)) % 200)
        elif await row.get_by_test_id("normal").count():
            await row.get_by_test_id("normal").tap()
        else:
            await row.get_by_test_id("value").nth(2).tap()
        await expect(row).to_have_attribute("data-outcome", "normal")
    return len(codes)


async def all_sent(page: Page) -> None:
    """Nothing is on the phone only."""
    sync = page.get_by_test_id("sync").last
    await expect(sync).to_have_attribute("data-kept", "0", timeout=20_000)
    await expect(sync).to_have_attribute("data-photos", "0", timeout=20_000)
    await expect(sync).to_have_attribute("data-off", "false", timeout=20_000)
