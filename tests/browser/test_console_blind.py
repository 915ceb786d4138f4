"""A screen that hears nothing says so, and misses nothing."""

import signal
import time
from collections.abc import Iterator

import pytest
from playwright.async_api import Page, expect

from deploy.services import READY_WITHIN, Service
from tests.browser.conftest import Open
from tests.browser.console import Place, row_of

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

BLIND_AFTER = 10.0  # s without a word from the server
SAID_BY = 12.5  # s; half a second of it is the browser's
NO_SERVER = r"ERR_(CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING|SOCKET_NOT_CONNECTED)|status of 401"


@pytest.fixture
def api(place: Place) -> Iterator[Service]:
    """The HTTP service; it runs again afterwards, whatever a test did to it."""
    service = next(one for one in place.running.services.all if one.name == "api")
    yield service
    service.send(signal.SIGCONT)
    _start(service)


def _start(service: Service) -> None:
    """Start it unless it runs, and wait until it answers."""
    if not service.running:
        service.start()
    deadline = time.monotonic() + READY_WITHIN
    while not service.is_ready():
        assert time.monotonic() < deadline, service.last_words()
        time.sleep(0.05)


async def _turns_blind(page: Page) -> float:
    start = time.monotonic()
    await expect(page.get_by_test_id("blind-banner")).to_be_visible(timeout=20_000)
    return time.monotonic() - start


async def test_a_killed_server_makes_the_screen_blind_and_nothing_is_missing_afterwards(
    place: Place, screen: Open, api: Service
) -> None:
    """An incident that opened while nobody could tell the screen is there when it sees again."""
    page = await screen("dispatcher", expected=NO_SERVER)
    before, incident = place.trapped()
    place.act(incident["id"], "acknowledge")
    await expect(row_of(page, before)).to_be_visible()
    meanwhile = place.lift()
    api.send(signal.SIGKILL)
    assert api.wait(5)
    place.trap(meanwhile)
    seconds = await _turns_blind(page)
    print(f"\nblind {seconds:.1f} s after the server was killed")
    # The last heartbeat may have been up to 5 s old when the server died.
    assert BLIND_AFTER - 5.5 < seconds < SAID_BY
    await expect(row_of(page, before)).to_be_visible()
    await expect(page.get_by_test_id("health-online")).to_contain_text("unknown")
    await expect(page.get_by_test_id("health-intake")).to_contain_text("unknown")
    _start(api)
    await expect(page.get_by_test_id("blind-banner")).to_have_count(0)
    await expect(row_of(page, meanwhile)).to_be_visible()
    await expect(row_of(page, meanwhile)).to_have_attribute("data-ringing", "true")
    await expect(page.get_by_test_id("health-intake")).to_contain_text("listening")


async def test_a_server_that_hangs_is_as_blind_as_a_dead_one(place: Place, screen: Open, api: Service) -> None:
    """The connection stands, nothing comes: the socket is not believed.."""
    page = await screen("dispatcher", expected=NO_SERVER)
    await expect(page.get_by_test_id("health-intake")).to_contain_text("listening")
    lift = place.lift()
    api.send(signal.SIGSTOP)
    place.trap(lift)
    seconds = await _turns_blind(page)
    assert BLIND_AFTER - 5.5 < seconds < SAID_BY
    api.send(signal.SIGCONT)
    await expect(page.get_by_test_id("blind-banner")).to_have_count(0, timeout=10_000)
    await expect(row_of(page, lift)).to_be_visible()
