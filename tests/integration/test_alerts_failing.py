"""Any number of things that fail keep nothing else from being done; each is tried again, and works when it can."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from alerts.maintenance import scheduling, watching
from alerts.maintenance.plausibility import gathering, keeping
from alerts.maintenance.timers import Timers
from alerts.notify import webhook
from alerts.notify.webhook import Webhooks
from alerts.seals import chain
from alerts.seals.sealer import Sealer
from elevator.errors import TransientError
from tests.alerts_database import POLICY, House, house
from tests.api_installation import installed
from tests.integration.test_maintenance_plausibility import Watched
from tests.integration.test_maintenance_presence import Works

MANY = 130  # more than one look takes


@pytest.fixture
async def home(database: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    async with house(database, monkeypatch) as place:
        yield place


@pytest.fixture
async def site(database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Watched]:
    async with installed(database, data_dir=tmp_path) as place:
        await Timers(place.pool, POLICY).enter()
        site = Watched(place, monkeypatch)
        place.ids["wang"] = await site.employ("王维", 400)
        yield site


class Broken:
    """Makes an asynchronous function raise for what `is_bad` knows by its arguments, as long as it is on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, is_bad: Any) -> None:
        self.on, self.tries = True, 0
        self.error: type[Exception] = ValueError
        whole = getattr(module, name)

        async def wrapped(*args: Any, **kwargs: Any) -> Any:
            if self.on and is_bad(*args, **kwargs):
                self.tries += 1
                raise self.error("a mistake of ours")
            return await whole(*args, **kwargs)

        monkeypatch.setattr(module, name, wrapped)


def _failing(work: str) -> float | None:
    return REGISTRY.get_sample_value("liftline_failing", {"work": work})


COPIES = (
    "INSERT INTO visit SELECT (jsonb_populate_record(v, jsonb_build_object('id', 'bad ' || n, '{0}', v.{0} - interval"
    " '1 minute'))).* FROM visit v, generate_series(1, %(many)s) n WHERE v.id = %(id)s"
)


# --- those on site -------------------------------------------------------------------------------------------


@pytest.fixture
async def lying(home: House) -> Works:
    """Somebody gives no sign of life, and so do very many whose visits cannot be looked at, all of them longer."""
    works = await Works(home).employ()
    await works.do("check_in", alone=True, interval_s=300)
    await home.sql(COPIES.format("life_due_at"), many=MANY, id=works.visit)
    home.at(421)
    return works


def _bad_visit(_tx: Any, visit_id: str, *_: Any) -> bool:
    return visit_id.startswith("bad")


async def test_a_hundred_visits_that_fail_do_not_silence_a_man_down(
    lying: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Broken(monkeypatch, watching, "look", _bad_visit)
    worker = lying.home.worker()
    await worker.visits()
    await worker.visits()
    assert (await lying.row())["man_down"] is not None
    assert broken.tries == MANY
    assert _failing("visits") == MANY


async def test_nor_does_one_that_ends_the_round(lying: Works, monkeypatch: pytest.MonkeyPatch) -> None:
    """A statement that takes too long, or a row that cannot be had, speaks like a database that is away."""
    await lying.home.sql("DELETE FROM visit WHERE starts_with(id, 'bad') AND id <> 'bad 1'")
    broken = Broken(monkeypatch, watching, "look", _bad_visit)
    broken.error = TransientError
    worker = lying.home.worker()
    with pytest.raises(TransientError):
        await worker.visits()
    await worker.visits()
    assert (await lying.row())["man_down"] is not None


async def test_a_man_down_that_failed_is_looked_at_again_and_rings(
    lying: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lying.home.sql("DELETE FROM visit WHERE starts_with(id, 'bad')")
    broken = Broken(monkeypatch, watching, "_ring", lambda *_, **__: True)
    worker = lying.home.worker()
    for second in range(421, 421 + 60):
        lying.home.at(second)
        await worker.visits()
        await worker.upkeep.watch_again()
    assert broken.tries == 9  # at 0, 1, 3, 7, 15, and every ten seconds from then on
    broken.on = False
    lying.home.at(421 + 66)
    await worker.upkeep.watch_again()
    assert (await lying.row())["man_down"] is not None
    assert [one["code"] for one in await lying.home.incidents("system")] == ["man_down"]
    assert _failing("visits") == 0


async def test_a_visit_that_failed_and_waits_no_more_is_forgotten(
    lying: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    Broken(monkeypatch, watching, "look", _bad_visit)
    timers = Timers(lying.home.pool, POLICY)
    await timers.watch()
    assert len(timers.unwatched) == 100
    await lying.home.sql("UPDATE visit SET life_due_at = NULL WHERE starts_with(id, 'bad')")
    lying.home.at(430)
    await timers.watch_again()
    assert (len(timers.unwatched), _failing("visits")) == (0, 0)


# --- plausibility --------------------------------------------------------------------------------------------


async def _judged(site: Watched) -> dict[str, int]:
    found = await site.place.sql("SELECT id FROM visit WHERE judged = version")
    bad = sum(one["id"].startswith("bad") for one in found)
    return {"good": len(found) - bad, "bad": bad}


async def test_a_hundred_visits_that_cannot_be_judged_keep_no_other_waiting(
    site: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = await site.whole()
    await site.place.sql(COPIES.format("checked_out_at"), many=MANY, id=good)
    broken = Broken(monkeypatch, gathering, "gather", lambda _tx, visit, *_: visit["id"].startswith("bad"))
    timers = Timers(site.place.pool, POLICY)
    site.after(seconds=61)
    assert [await timers.judge() for _ in range(3)] == [0, 1, 0]
    assert await _judged(site) == {"good": 1, "bad": 0}
    assert broken.tries == MANY  # each once: all are in their pause
    assert _failing("plausibility") == MANY
    site.after(seconds=61)
    second = await site.whole(1)
    site.after(seconds=61)  # all are due again, and longer than the good one
    await timers.judge()
    assert (await site.plausible(second))["computed_at"] is not None
    broken.on = False
    for _ in range(3):
        site.after(hours=1)
        await timers.judge()
    assert await _judged(site) == {"good": 2, "bad": MANY}
    assert _failing("plausibility") == 0


async def test_a_visit_is_tried_by_the_minute_first_and_by_the_hour_at_last(
    site: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.whole()
    broken = Broken(monkeypatch, keeping, "compute", lambda *_: True)
    timers = Timers(site.place.pool, POLICY)
    for _ in range(24 * 30):
        site.after(minutes=2)
        await timers.judge()
    assert 24 <= broken.tries <= 32


# --- what is due ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["fails", "hangs"])
async def test_lifts_that_cannot_be_entered_keep_no_reminder_waiting(
    home: House, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    """The one came before the other in one module, so its failure, or the end of its time, was the end of both."""
    await Timers(home.pool, POLICY).enter()

    async def broken(*_: Any) -> int:
        if how == "hangs":
            await asyncio.Event().wait()
        raise ValueError("a mistake of ours")

    monkeypatch.setattr(scheduling, "enter", broken)
    home.at(20 * 86_400)
    stop = asyncio.Event()
    running = asyncio.create_task(home.worker().run(stop))
    try:
        async with asyncio.timeout(10):
            while not await home.sql("SELECT 1 FROM outbox WHERE body->>'name' = 'overdue'"):  # noqa: ASYNC110 - a database
                await asyncio.sleep(0.1)
    finally:
        stop.set()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


# --- seals, webhooks -----------------------------------------------------------------------------------------


async def test_a_record_that_cannot_be_sealed_stops_no_other(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its chain waits as a whole, and is whole when it is sealed."""
    await home.at(0).tells("entrapment")
    bad = str((await home.rescue())["id"])
    await home.tells("entrapment", lift="L-2")
    is_broken, seal = True, chain.seal

    def sealed(before: bytes, kind: str, subject: str, n: int, entry: chain.Entry) -> bytes:
        if is_broken and subject == bad:
            raise ValueError("cannot be written as JSON")
        return seal(before, kind, subject, n, entry)

    monkeypatch.setattr(chain, "seal", sealed)
    sealer = Sealer(pool=home.pool, folder=None)
    waiting = "SELECT DISTINCT subject FROM unsealed"
    await sealer.seal()
    assert [one["subject"] for one in await home.sql(waiting)] == [bad]
    assert _failing("seals") == 1
    await home.at(5).does("note", bad, note="x")
    await home.tells("entrapment", lift="L-3")
    await sealer.seal()
    assert [one["subject"] for one in await home.sql(waiting)] == [bad]
    is_broken = False
    home.at(61)
    await sealer.seal()
    assert await home.sql(waiting) == []
    assert _failing("seals") == 0
    left = await home.sql(
        "SELECT 1 FROM timeline t LEFT JOIN seal s ON s.subject = t.incident_id AND s.n = t.n WHERE s.n IS NULL"
    )
    assert left == []


async def test_a_message_that_cannot_be_sent_stops_no_other_and_is_put_off(
    home: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host's name that no resolver can write (a label of 64 letters) is a mistake of the name, not of the network."""
    await home.sql(
        "INSERT INTO webhook (id, url, secret, active, created_at) SELECT n, 'https://' || n || '.example/',"
        " 'whsec_c2VjcmV0c2VjcmV0c2VjcmV0', true, %(now)s FROM unnest(ARRAY['bad', 'good']) n", now=home.now,
    )  # fmt: skip
    await home.at(0).reports()

    async def private(url: str) -> str | None:
        if "bad" in url:
            raise UnicodeError("label too long")
        return "refused"

    monkeypatch.setattr(webhook, "_private", private)
    hooks = Webhooks(home.pool, allow_private=False)
    await hooks.deliver()
    await hooks.aclose()
    told = {
        one["target"]: (one["error"], one["due_at"] > home.now, one["lease_until"])
        for one in await home.sql("SELECT * FROM outbox WHERE channel = 'webhook'")
    }
    assert told == {"bad": ("UnicodeError: label too long", True, None), "good": ("refused", True, None)}
