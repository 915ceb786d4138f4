"""`GET /shadow`: the tried policy beside the live one, from rows as `liftline shadow` and the rescue brain write them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from alerts.policy import Policy, Threshold
from alerts.shadow.compare import thresholds
from elevator import clock
from tests.api_installation import Installation, installed

QUICK = Policy(rules=Policy().rules | {"outside_zone": Threshold(suspect_s=5, confirm_s=20)})


@pytest.fixture
async def place(database: str):
    async with installed(database) as place:
        yield place


class Night:
    """Rows of one night that ended an hour ago."""

    def __init__(self, place: Installation) -> None:
        self.place, self.begin, self.number = place, clock.now() - timedelta(hours=5), 0

    def at(self, seconds: float | None) -> datetime | None:
        return None if seconds is None else self.begin + timedelta(seconds=seconds)

    async def run(self, run_id: str = "r1", **columns: Any) -> None:
        values = {
            "began_at": self.begin, "heard_until": self.begin, "kept_until": self.begin, "alive_at": clock.now(),
            "heard": 12, "missed": 1, "ended_at": None,
        } | columns  # fmt: skip
        await self.place.sql(
            """INSERT INTO shadow_run (id, thresholds, began_at, heard_until, kept_until, alive_at, heard, missed, ended_at)
               VALUES (%(id)s, %(thresholds)s, %(began_at)s, %(heard_until)s, %(kept_until)s, %(alive_at)s, %(heard)s,
               %(missed)s, %(ended_at)s)""",
            id=run_id, thresholds=Jsonb(thresholds(QUICK)), **values,
        )  # fmt: skip

    async def live(self, opened: float, *, lift: str = "L-1", state: str = "released", confirmed: float | None = 60,
                   ended: float | None = 600, **columns: Any) -> str:  # fmt: skip
        self.number += 1
        incident = f"i{self.number:03}"
        values = {"persons": None, "causes": ["outside_zone"], "drill": False, "unreadable": False} | columns
        ends = "released_at" if state in {"released", "closed"} else "closed_at"
        await self.place.sql(
            f"""INSERT INTO incident (id, lift_no, kind, priority, state, reason, causes, opened_at, confirmed_at, {ends},
                    persons, drill, unreadable)
                SELECT %(id)s, lift_no, 'rescue', 1, %(state)s, 'outside_zone', %(causes)s, %(opened)s, %(confirmed)s,
                    %(ended)s, %(persons)s, %(drill)s, %(unreadable)s FROM lift WHERE lift_id = %(lift)s""",
            id=incident, lift=lift, state=state, opened=self.at(opened),
            confirmed=None if confirmed is None else self.at(opened + confirmed),
            ended=None if ended is None else self.at(opened + ended), **values,
        )  # fmt: skip
        return incident

    async def line(
        self, incident: str, n: int, action: str, actor: str, from_state: str, to_state: str, reason: str = ""
    ) -> None:
        await self.place.sql(
            """INSERT INTO timeline (incident_id, n, at, actor, channel, action, from_state, to_state, reason)
               VALUES (%(id)s, %(n)s, %(at)s, %(actor)s, 'api', %(action)s, %(a)s, %(b)s, %(reason)s)""",
            id=incident, n=n, at=self.begin, actor=Jsonb({"kind": actor}), action=action, a=from_state, b=to_state,
            reason=reason,
        )  # fmt: skip

    async def tried(self, opened: float, *, lift: str = "L-1", rang: float | None = 20, ended: float | None = 600,
                    run: str = "r1") -> None:  # fmt: skip
        self.number += 1
        await self.place.sql(
            """INSERT INTO shadow_incident (id, run_id, lift_no, kind, priority, reason, causes, opened_at, confirmed_at,
                   rang_at, ended_at)
               SELECT %(id)s, %(run)s, lift_no, 'rescue', 1, 'outside_zone', '{outside_zone}', %(opened)s, %(rang)s,
                   %(rang)s, %(ended)s FROM lift WHERE lift_id = %(lift)s""",
            id=f"s{self.number:03}", run=run, lift=lift, opened=self.at(opened),
            rang=None if rang is None else self.at(opened + rang), ended=None if ended is None else self.at(opened + ended),
        )  # fmt: skip


async def shadow(place: Installation, query: str = "", role: str = "supervisor") -> Any:
    answer = await place.call(role, "GET", f"/shadow{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_without_a_run_everything_is_empty(place: Installation) -> None:
    found = await shadow(place)
    assert (found["configured"], found["run"], found["items"], found["differences"]) == (False, None, [], [])
    assert sum(found["totals"]["verdicts"].values()) == 0
    assert found["totals"]["gained_s"] == {"median": None, "best": None, "worst": None}


async def test_a_night_is_told_case_by_case_and_in_figures(place: Installation) -> None:
    night = Night(place)
    await night.run()
    both = await night.live(100, persons=2)
    await night.tried(100)
    missed = await night.live(2000, lift="L-2", persons=1)
    false = await night.live(3000, state="cancelled")
    await night.line(false, 1, "cancel", "user", "dispatched", "cancelled", "false_alarm")
    reported = await night.live(4000, lift="L-3", persons=1, causes=["caller"], confirmed=0)
    await night.tried(3900, lift="L-3")
    await night.tried(6000, lift="L-2", rang=None)  # a suspicion
    found = await shadow(place)
    assert [(one["verdict"], one["live"]["id"], one["gained_s"]) for one in found["items"]] == [
        ("shadow_caught", reported, 80), ("shadow_spared", false, None), ("shadow_missed", missed, None),
        ("both_caught", both, 40),
    ]  # fmt: skip
    first = next(one for one in found["items"] if one["verdict"] == "both_caught")
    assert (first["lift_id"], first["name"], first["truth"]) == ("L-1", "Lift L-1", "trapped")
    assert (first["live"]["persons"], first["shadow"]["reason"]) == (2, "outside_zone")
    totals = found["totals"]
    assert {name: count for name, count in totals["verdicts"].items() if count} == {
        "both_caught": 1, "shadow_missed": 1, "shadow_spared": 1, "shadow_caught": 1,
    }  # fmt: skip
    assert totals["gained_s"] == {"median": 40, "best": 40, "worst": 40}
    assert (totals["live_suspicions"], totals["shadow_suspicions"]) == (0, 1)
    assert found["differences"] == [
        {"name": "rules.outside_zone.confirm_s", "live": 60, "shadow": 20},
        {"name": "rules.outside_zone.suspect_s", "live": 20, "shadow": 5},
    ]
    assert (found["run"]["alive"], found["run"]["heard"], found["run"]["missed"]) == (True, 12, 1)
    assert found["complete"]


async def test_a_suspicion_that_a_person_confirmed_rang_when_it_opened(place: Installation) -> None:
    night = Night(place)
    await night.run()
    incident = await night.live(100, persons=1, confirmed=300)
    await night.line(incident, 1, "confirm", "user", "suspected", "confirmed")
    await night.tried(100)
    assert [one["gained_s"] for one in (await shadow(place))["items"]] == [-20]


async def test_drills_unreadable_alarms_other_runs_and_what_was_before_are_left_out(place: Installation) -> None:
    night = Night(place)
    await night.run()
    await night.run("r0", ended_at=clock.now())
    await night.live(100, persons=1, drill=True)
    await night.live(1000, persons=1, unreadable=True)
    await night.live(-100, persons=1, lift="L-2")  # began before the run, and so did its other half's beginning
    await night.tried(5, lift="L-2")
    await night.tried(100, lift="L-3", run="r0")
    found = await shadow(place)
    assert found["items"] == []


async def test_pages_the_span_and_one_verdict(place: Installation) -> None:
    night = Night(place)
    await night.run()
    for number in range(5):
        await night.live(1000 * number, persons=1)
    whole = (await shadow(place))["items"]
    assert [one["live"]["id"] for one in whole] == ["i005", "i004", "i003", "i002", "i001"]
    pages, cursor = [], ""
    while cursor is not None:
        part = await shadow(place, f"?limit=2{cursor and f'&cursor={cursor}'}")
        pages.append(part["items"])
        cursor = part["next_cursor"]
        assert part["totals"]["verdicts"]["shadow_missed"] == 5
    assert [len(one) for one in pages] == [2, 2, 1]
    assert [one for page in pages for one in page] == whole
    begin = night.at(1500).isoformat().replace("+00:00", "Z")
    end = night.at(3500).isoformat().replace("+00:00", "Z")
    assert [one["live"]["id"] for one in (await shadow(place, f"?from={begin}&to={end}"))["items"]] == ["i004", "i003"]
    assert (await shadow(place, "?verdict=both_caught"))["items"] == []
    answer = await place.call("admin", "GET", "/shadow?verdict=wrong")
    assert answer.status_code == 422


async def test_one_that_has_stopped_says_so(place: Installation) -> None:
    night = Night(place)
    await night.run(alive_at=clock.now() - timedelta(minutes=2))
    assert (await shadow(place))["run"]["alive"] is False
