"""What timelines begin with."""

from collections.abc import AsyncIterator

import pytest

from deploy.servers import Mosquitto
from tests.e2e.town import Town, open_town


@pytest.fixture
async def town(database: str, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    """The whole platform with a firm, two crews and somebody of every role; the clock stands at 0."""
    async with open_town(database, broker, monkeypatch) as opened:
        yield opened
