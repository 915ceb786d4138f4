"""Full collections of cycles come when they are told to, never by count."""

import asyncio
import gc
from collections.abc import Iterator

import pytest

from elevator import collector


class Knot:
    """What only the collector can free."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def full() -> Iterator[list[int]]:
    """What each full collection found."""
    seen: list[int] = []

    def look(phase: str, info: dict[str, int]) -> None:
        if phase == "stop" and info["generation"] == 2:
            seen.append(info["collected"])

    gc.callbacks.append(look)
    yield seen
    gc.callbacks.remove(look)


def churn() -> None:
    """Make by far more than what would begin a full collection by count."""
    kept = [[[one]] for one in range(300_000)]
    del kept


async def test_no_full_collection_begins_by_count(full: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "YOUNG", 700)
    stop, before = asyncio.Event(), gc.get_threshold()
    running = asyncio.create_task(collector.run(stop))
    await asyncio.sleep(0)
    full.clear()
    churn()
    assert full == []
    stop.set()
    await running
    assert gc.get_threshold() == before
    gc.collect(1)
    churn()
    assert full


async def test_a_batch_is_not_looked_at_again_and_again_while_it_waits() -> None:
    passes: list[int] = []

    def look(phase: str, info: dict[str, int]) -> None:
        if phase == "stop":
            passes.append(info["generation"])

    stop = asyncio.Event()
    running = asyncio.create_task(collector.run(stop))
    await asyncio.sleep(0)
    gc.collect()
    gc.callbacks.append(look)
    try:
        batch = [[one] for one in range(8_000)]
        assert passes == []
        batch += [[one] for one in range(2 * collector.YOUNG)]  # what grows for ever is looked at
        assert set(passes) == {0}
    finally:
        gc.callbacks.remove(look)
        stop.set()
        await running


async def test_it_comes_in_time_and_frees_what_is_old(full: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "EVERY", 0.02)
    stop = asyncio.Event()
    running = asyncio.create_task(collector.run(stop))
    await asyncio.sleep(0)
    knot = Knot()
    gc.collect(0)
    gc.collect(1)  # now it is old
    full.clear()
    del knot
    while not full:  # noqa: ASYNC110 - it watches the collector
        await asyncio.sleep(0.01)
    stop.set()
    await running
    assert full[0] >= 1


async def test_it_waits_for_a_quiet_moment_but_not_for_ever(full: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collector, "EVERY", 0.01)
    monkeypatch.setattr(collector, "AT_MOST", 0.3)
    asked: list[bool] = []

    def quiet() -> bool:
        asked.append(True)
        return len(asked) == 3

    stop = asyncio.Event()
    running = asyncio.create_task(collector.run(stop, quiet))
    await asyncio.sleep(0)
    full.clear()
    while not full:  # noqa: ASYNC110 - it watches the collector
        await asyncio.sleep(0.005)
    assert len(asked) >= 3
    full.clear()
    while not full:  # noqa: ASYNC110 - it is never quiet any more
        await asyncio.sleep(0.005)
    stop.set()
    await running
    assert len(asked) > 6
