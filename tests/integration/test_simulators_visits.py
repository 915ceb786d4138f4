"""Simulated visits against the real HTTP interface: every operation is taken, and plausibility reads what came of it."""

from typing import Any

import pytest

from alerts.maintenance.timers import Timers
from alerts.policy import Policy
from elevator import clock
from simulators import city, seed
from simulators.firms import past
from simulators.firms.past import CAST, Past
from simulators.public_api import client
from simulators.publisher import broker
from tests.api_installation import ADMIN_TOKEN, installed, served


async def test_visits_of_the_last_hours_are_taken_whole(
    database: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    published: list[tuple[Any, list[bytes]]] = []
    monkeypatch.setattr(past, "publish", lambda _where, those: published.extend(those))
    town = city.load("zhuzhou")
    async with installed(database, data_dir=tmp_path) as place, served(place) as url:
        async with client(url, ADMIN_TOKEN) as platform:
            await seed.register(platform, town)
        tale = Past(where=broker("mqtt://127.0.0.1"), api_url=url, token=ADMIN_TOKEN, city=town)
        now = clock.now_ms()
        sent = await tale.tell(now)
        assert [one.refused for one in sent] == [()] * len(sent)
        assert len(sent) == len(published) >= 7
        assert all(one.deed.left <= now - 10 * 60_000 for one in sent)
        assert {one.deed.ghost for one in sent} >= {None, "never_came", "drive_by", "photo_reused"}
        for lift, batches in published:
            assert batches, lift.spec.lift_id
        listed = (await place.call("supervisor", "GET", "/visits?limit=200")).json()["items"]
        assert {one["id"]: one["state"] for one in listed} == {
            one.visit: "left" if one.deed.officer is None else "complete" for one in sent
        }
        assert {"late"} <= set(listed[0]["marks"])
        again = await tale.tell(clock.now_ms())  # people are there, the token is made anew
        assert len({one.visit for one in (*sent, *again)}) == 2 * len(sent)
        workers = (await place.call("admin", "GET", "/workers?limit=200")).json()["items"]
        assert len(workers) == len({name for name, _, _ in CAST})
        later = clock.now()
        monkeypatch.setattr(clock, "now", lambda: later.replace(year=later.year + 1))
        for _ in range(3):  # once each, and once more for what others have to say of them
            await Timers(place.pool, Policy()).judge()
        answer = await place.call("supervisor", "GET", "/maintenance/plausibility?level=doubtful&limit=200")
        doubtful = {one["visit"]: {piece["code"] for piece in one["evidence"]} for one in answer.json()["items"]}
        reused = [one.visit for one in sent if one.deed.ghost == "photo_reused"]
        assert "photo_again" in doubtful[reused[0]]
        drive_by = [one.visit for one in sent if one.deed.ghost == "drive_by"]
        assert "time_short" in doubtful[drive_by[0]]
