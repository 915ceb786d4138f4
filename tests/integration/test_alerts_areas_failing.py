"""An area, or a lift of one, that cannot be dealt with stops no other; it is tried again, and works when it can."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from prometheus_client import REGISTRY

from alerts import gathering, members, mending, telling
from alerts.worker import Worker
from elevator.errors import TransientError
from tests.alerts_database import START, House, house
from tests.integration.test_alerts_areas import cut, lifts, restored
from tests.integration.test_alerts_failing import Broken


@pytest.fixture
async def home(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    async with house(database, monkeypatch) as place:
        yield place


@pytest.fixture
async def worker(home: House) -> Worker:
    return home.worker(started=START)


async def gathers(home: House, worker: Worker, at: float) -> None:
    home.at(at)
    await home.intake(listening_since=START)
    await worker.timers()
    await worker.areas()


async def two_areas(home: House) -> tuple[list[str], list[str]]:
    bad, good = await lifts(home, 5, building="Bad"), await lifts(home, 5, building="Good")
    await cut(home.at(0), [*bad, *good])
    return bad, good


async def areas(home: House) -> dict[str, str]:
    return {one["place"]: one["state"] for one in await home.incidents("area")}


def _failing(work: str = "areas") -> float | None:
    return REGISTRY.get_sample_value("liftline_failing", {"work": work})


async def test_an_area_that_cannot_be_opened_stops_no_other(
    home: House, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is undone as a whole: no lift stands in an area that is not there."""
    await two_areas(home)
    bad = {one["lift_no"] for one in await home.sql("SELECT lift_no FROM lift WHERE building = 'Bad'")}
    broken = Broken(monkeypatch, members, "join", lambda _tx, _id, _kind, lifts: {one for one, _ in lifts} == bad)
    await gathers(home, worker, 3)
    assert (await areas(home), broken.tries, _failing()) == ({"Good": "confirmed"}, 1, 1)
    await gathers(home, worker, 3.5)
    assert broken.tries == 1, "it has its pause"
    broken.on = False
    await gathers(home, worker, 5)
    assert (await areas(home), _failing()) == ({"Bad": "confirmed", "Good": "confirmed"}, 0)
    assert await home.sql("SELECT count(*) AS n FROM area_lift") == [{"n": 10}]


@pytest.mark.parametrize("error", [ValueError, TransientError])
async def test_an_area_that_cannot_end_stops_no_other(
    home: House, worker: Worker, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    bad, good = await two_areas(home)
    await gathers(home, worker, 3)
    await restored(home.at(100), [*bad, *good])
    ids = {one["place"]: one["id"] for one in await home.incidents("area")}
    broken = Broken(monkeypatch, telling, "tell", lambda _tx, incident, *_: incident == ids["Bad"])
    broken.error = error
    await gathers(home, worker, 115)
    assert await areas(home) == {"Bad": "confirmed", "Good": "cleared"}
    broken.on = False
    await gathers(home, worker, 120)
    assert await areas(home) == {"Bad": "cleared", "Good": "cleared"}


async def test_a_fault_that_cannot_be_folded_stops_no_other(
    home: House, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    cars = await lifts(home, 5, building="House")
    await cut(home.at(0), cars[:4])
    await gathers(home, worker, 58)
    await cut(home.at(59), cars[4:])
    bad, *others = (one["id"] for one in await home.incidents("fault"))
    broken = Broken(monkeypatch, telling, "tell", lambda _tx, incident, *_: incident == bad)
    await gathers(home, worker, 61.1)
    states = {one["id"]: one["state"] for one in await home.incidents("fault")}
    assert states == {bad: "confirmed", **dict.fromkeys(others, "cleared")}
    broken.on = False
    await gathers(home, worker, 63)
    assert {one["state"] for one in await home.incidents("fault")} == {"cleared"}


async def test_a_car_that_cannot_be_looked_at_does_not_stop_its_area(
    home: House, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows that it is empty; the others are counted."""
    cars = await lifts(home, 5, building="House")
    await cut(home.at(0), cars)
    await home.sql(
        "UPDATE lift_state SET memory = 'broken', due_at = NULL"
        " WHERE lift_no = (SELECT lift_no FROM lift WHERE lift_id = %(id)s)", id=cars[0],
    )  # fmt: skip
    look = members.situation.look

    def looked(mind: Any, *about: Any, **how: Any) -> Any:
        if mind.sample is not None and mind.sample.seq == 2 and how == {}:
            raise ValueError("a mistake of ours")
        return look(mind, *about, **how)

    monkeypatch.setattr(members.situation, "look", looked)
    home.at(3)
    await home.intake(listening_since=START)
    await worker.areas()
    (area,) = await home.incidents("area")
    assert (area["detail"]["lifts"], area["detail"]["out"]) == (5, 5)
    found = await home.sql("SELECT occupied FROM area_lift ORDER BY lift_no")
    assert [one["occupied"] for one in found] == [None, None, False, False, False]


@pytest.mark.parametrize("error", [ValueError, TransientError])
async def test_a_lift_that_cannot_be_let_go_stops_no_other(
    home: House, worker: Worker, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    cars = await lifts(home, 5, building="House")
    await cut(home.at(0), cars)
    await gathers(home, worker, 3)
    await restored(home.at(100), cars)
    broken = Broken(monkeypatch, mending, "mind_of", lambda _tx, lift, *_: lift["lift_id"] == cars[0])
    broken.error = error
    home.at(115)
    await worker.areas()
    left = "SELECT l.lift_id FROM area_lift a JOIN lift l USING (lift_no) WHERE a.left_at IS NULL ORDER BY 1"
    assert [one["lift_id"] for one in await home.sql(left)] == [cars[0]]
    assert _failing("area_lifts") == 1
    broken.on = False
    home.at(117)
    await worker.areas()
    assert (await home.sql(left), _failing("area_lifts")) == ([], 0)


async def test_a_round_that_cannot_gather_lets_lifts_go_all_the_same(
    home: House, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, _ = await two_areas(home)
    await gathers(home, worker, 3)
    await restored(home.at(100), bad)
    await gathers(home, worker, 100.5)
    await home.sql("UPDATE area_lift SET settled_at = NULL")
    waiting = "SELECT 1 FROM area_lift WHERE back_at IS NOT NULL AND settled_at IS NULL"
    assert len(await home.sql(waiting)) == 5
    Broken(monkeypatch, gathering, "gather", lambda *_: True)
    with pytest.raises(ValueError, match="a mistake of ours"):
        await gathers(home, worker, 101)
    assert await home.sql(waiting) == []
