"""Fixtures of the browser tests: the whole platform once for all of them, one browser, and screens by role."""

import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from deploy.child import scratch_folder
from deploy.servers import find_mosquitto, find_postgres
from deploy.stack import Running, platform
from elevator.errors import ServerError
from elevator.settings import Settings
from tests.browser.console import DESK, DIST, Line, Place, Watch

Open = Callable[..., Awaitable[Page]]


def _missing(reason: str) -> None:
    if os.environ.get("CI") == "true" or os.environ.get("LIFTLINE_REQUIRE_SERVERS"):
        pytest.fail(reason)
    pytest.skip(f"NOT TESTED: {reason}")


@pytest.fixture(scope="package")
def running() -> Iterator[Running]:
    """Broker, database, ingest, dispatch and api, on free ports, as `liftline up` starts them."""
    if not (DIST / "index.html").is_file():
        _missing("the console is not built: make console")
    try:
        find_mosquitto()
        find_postgres()
    except ServerError as error:
        _missing(f"a server is missing: {error}")
    with (
        scratch_folder("browser") as folder,
        platform(folder, Settings(), api_port=0, mqtt_port=0, say=lambda _: None, durable=False) as up,
    ):
        yield up


@pytest.fixture(scope="package")
def whole(running: Running) -> Iterator[Place]:
    """The platform, furnished."""
    with Line(running.lift_mqtt_url) as line:
        place = Place(running, line)
        yield place
        place.close()


@pytest.fixture
def place(whole: Place) -> Iterator[Place]:
    """The platform with nothing open; what a test leaves open is ended after it."""
    yield whole
    whole.tidy()


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    """Debian's Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(chromium))
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def screen(browser: Browser, place: Place) -> AsyncIterator[Open]:
    """Opens the console as somebody; afterwards no screen may have complained or asked another host."""
    watches, contexts = [], []

    async def _open(
        role: str | None, where: str = "#/board", *, size: dict[str, int] = DESK, language: str = "en",
        theme: str = "dark", expected: str | None = None, **options: object,
    ) -> Page:  # fmt: skip
        chosen = {"liftline.language": language, "liftline.theme": theme}
        kept = [{"name": name, "value": value} for name, value in chosen.items()]
        context = await browser.new_context(
            viewport=size, base_url=place.url, **options,
            storage_state={"cookies": [], "origins": [{"origin": place.url, "localStorage": kept}]},
        )  # fmt: skip
        contexts.append(context)
        context.set_default_timeout(8000)
        watch = Watch(home=place.url, expected=re.compile(expected) if expected else None)
        watch.follow(context)
        watches.append(watch)
        if role is not None:
            await context.add_cookies([{"name": "liftline_session", "value": place.cookie(role), "url": place.url}])
        page = await context.new_page()
        await page.goto(f"/{where}")
        return page

    yield _open
    for context in contexts:
        await context.close()
    problems = [problem for watch in watches for problem in watch.problems]
    assert problems == []
