"""Simulated firms: what they claim and do, what it does to a lift, and how well plausibility tells them apart."""

import json
import zlib
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from alerts.maintenance.checks import is_drawing
from alerts.maintenance.plans import shelf
from alerts.maintenance.plans.plan import items_as_json
from alerts.maintenance.plausibility import telemetry, thresholds
from alerts.maintenance.plausibility.record import Level
from api import pictures
from deploy.score.visits import command, report
from deploy.score.visits.command import SETS, Wish, planned
from deploy.score.visits.judged import Judged, judged, seen
from deploy.score.visits.tally import Tally, figures
from elevator.errors import SettingsError
from elevator.model import LiftClass
from elevator.times import at
from simulators import city
from simulators.firms import crew, past, rates
from simulators.firms.deeds import MINUTE, Deed, Place, Rounds, Technician
from simulators.firms.virtual import Visit, city_rates, messages, visits
from simulators.publisher import Broker

TEXT = files("simulators.firms").joinpath("rates.toml").read_text(encoding="utf-8")
SMALL = {**rates.standard(), "firm": {**rates.standard()["firm"], "technicians": 2, "lifts_each": 3, "rounds": 2}}
NOON = 1_767_585_600_000
PLACES = {n: Place(building=f"house {n // 2}", east=n // 2 * 1500, north=0) for n in range(4)}
ZHUZHOU = city.load("zhuzhou")
LIFT = next(one for one in ZHUZHOU.lifts if one.lift_class is LiftClass.TRACTION)
SITE = past.site_of(LIFT)
PLAIN = past._plain(rates.standard())


def small(seed: int = 3) -> list[Visit]:
    return list(visits(seed=seed, firm=1, mixture=SMALL))


def deed(kind: str, ghost: str | None = None, **changes: object) -> Deed:
    """One visit at noon."""
    rounds = Rounds(PLAIN, seed=1, firm=0, lifts=PLACES, begin=NOON)
    person = Technician(id="w", honest=kind, ghosting=True, keeps_signature=False)
    rounds.visit("before", person, 0, None, NOON - 90 * MINUTE)
    return replace(rounds.visit("now", person, 0, ghost, NOON), **changes)


def told(one: Deed) -> telemetry.Telemetry:
    """What a lift with all signals tells of a visit."""
    mixture = {**PLAIN, "lift": dict.fromkeys(PLAIN["lift"], 0.0)}
    sent = messages(one, SITE, mixture, city_rates(), 7)
    span = (at(one.began), at(one.left))
    return telemetry.summarise(seen(SITE.lift, sent), [span], slack=timedelta(minutes=3))


def test_the_same_seed_makes_the_same_visits() -> None:
    first, again, other = small(), small(), small(4)
    assert [one.deed for one in first] == [one.deed for one in again]
    assert [one.messages for one in first] == [one.messages for one in again]
    assert [one.deed for one in first] != [one.deed for one in other]
    assert len(first) == 12
    assert [one.deed.began for one in first] == sorted(one.deed.began for one in first)


def test_every_kind_that_is_promised_comes() -> None:
    kinds: Counter[str] = Counter()
    for firm in range(40):
        rounds = Rounds(rates.standard(), seed=1, firm=firm, lifts=dict.fromkeys(range(40), PLACES[0]), begin=NOON)
        kinds.update(one.kind for one in rounds.deeds())
    assert set(kinds) == {*rates.standard()["honest"], *rates.standard()["ghost"]}


def test_honest_work_shows_and_ghosts_show_nothing() -> None:
    honest = told(deed("ordinary"))
    assert honest.inspection_s > 240
    assert honest.stops_between is not None
    assert honest.stops_between >= 2
    assert told(deed("ordinary", switches=True)).off_mains_s > 30
    assert told(deed("ordinary", switches=False)).off_mains_s == 0
    unswitched = told(deed("unswitched"))
    assert (unswitched.inspection_s, unswitched.held_open >= 3) == (0, True)
    for ghost in ("never_came", "lobby", "drive_by", "hour_round", "photo_reused", "old_signature", "clever"):
        found = told(deed("ordinary", ghost))
        assert (found.inspection_s, found.stops_between, found.off_mains_s) == (0, 0, 0), ghost
        assert found.heard > 0.99
    insider = told(deed("ordinary", "insider"))
    assert 15 < insider.inspection_s < 240


def test_ghosts_do_what_their_kind_says() -> None:
    album = deed("ordinary", "photo_reused")
    assert album.photo == deed("ordinary", "photo_reused").photo
    before = Rounds(PLAIN, seed=1, firm=0, lifts=PLACES, begin=NOON)
    person = Technician(id="w", honest="ordinary", ghosting=True, keeps_signature=False)
    honest = before.visit("before", person, 0, None, NOON - 90 * MINUTE)
    assert album.photo == honest.photo
    assert deed("ordinary", "old_signature").officer == honest.officer
    assert deed("ordinary", "drive_by").left - NOON <= 6 * MINUTE
    assert deed("ordinary", "never_came").works == ()
    later = before.visit("copied", person, 1, "photo_reused", NOON - 120 * MINUTE)
    assert later.photo != honest.photo  # nobody reuses what is not there yet


def test_interrupted_work_stops_for_the_break() -> None:
    mixture = {**PLAIN, "oddity": {**PLAIN["oddity"], "interrupted": 1.0}}
    rounds = Rounds(mixture, seed=1, firm=0, lifts=PLACES, begin=NOON)
    person = Technician(id="w", honest="ordinary", ghosting=False, keeps_signature=False)
    one = rounds.visit("now", person, 0, None, NOON)
    ((away, back),) = one.breaks
    assert one.works[0][1] <= away < back <= one.works[1][0] + MINUTE
    assert one.moved(-5).breaks == ((away - 5, back - 5),)


def test_lifts_that_are_not_heard_send_nothing() -> None:
    mute = {**SMALL, "lift": {"no_inspection_signal": 0.0, "unheard": 1.0, "gateway_away": 0.0}}
    assert all(one.messages == [] for one in visits(seed=3, firm=1, mixture=mute))
    modeless = {**SMALL, "lift": {"no_inspection_signal": 1.0, "unheard": 0.0, "gateway_away": 0.0}}
    assert not any(
        b'"mode":"inspection"' in m.payload for one in visits(seed=3, firm=1, mixture=modeless) for m in one.messages
    )


@pytest.mark.parametrize("bad", ['source = ""', "rate = -1"])
def test_a_rate_without_a_source_is_refused(bad: str) -> None:
    name, _, _ = bad.partition(" =")
    old = 'source = "assumed: one district\'s team"' if name == "source" else "rate = 5"
    assert old in TEXT
    with pytest.raises(ValueError, match="a rate has"):
        rates.parse(TEXT.replace(old, bad, 1))


# --- the phone ---------------------------------------------------------------------------------------------------

ITEMS = [one for one in items_as_json(shelf.newest(LiftClass.TRACTION).items) if one["kind"] == "half_month"]


def test_what_the_phone_sends_is_in_its_order_and_complete() -> None:
    one = deed("ordinary", breaks=((NOON + 5 * MINUTE, NOON + 9 * MINUTE),))
    sent = crew.operations(one, LIFT, "w1", ITEMS, "p1", crew.dice("x"))
    assert [op["op"] for op in sent] == [
        "check_in", "pause", "resume", "results", "sign", "countersign", "check_out",
    ]  # fmt: skip
    assert [op["n"] for op in sent] == list(range(1, 8))
    assert [op["at"] for op in sent] == sorted(op["at"] for op in sent)
    assert len(sent[3]["results"]) == len(ITEMS) == 31
    assert abs(sent[0]["lat"] - LIFT.lat) < 0.003


def test_pictures_and_signatures_are_what_the_platform_takes() -> None:
    assert pictures.read(crew.png("a")).sha256 != pictures.read(crew.png("b")).sha256
    assert crew.png("a") == crew.png("a")
    near = (pictures.read(crew.png("a")).likeness ^ pictures.read(crew.png("b")).likeness) & (2**64 - 1)
    assert near.bit_count() > 5
    assert is_drawing(**crew.drawing("x"))
    assert crew.drawing("x") != crew.drawing("y")
    assert zlib.crc32(b"") == 0


def test_what_lies_behind_arrives_as_replay() -> None:
    batches = past.told(deed("ordinary"), LIFT, 1)
    samples = [sample for batch in batches for sample in json.loads(batch)]
    assert all(len(json.loads(batch)) <= 100 for batch in batches)
    assert {sample["replay"] for sample in samples} == {True}
    assert all(sample["boot"].startswith("past ") for sample in samples)
    assert any(sample["mode"] == "inspection" for sample in samples)


def test_nothing_of_the_past_is_still_to_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "CAST", (("王维", "slow", None),) * 5)
    tale = past.Past(where=Broker(host="nowhere"), api_url="", token="", city=ZHUZHOU)
    deeds = tale.deeds(ZHUZHOU.lifts[:5], NOON)
    assert max(one.left for one in deeds) <= NOON - 10 * MINUTE
    assert [one.began for one in deeds] == sorted(one.began for one in deeds)


# --- the score ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def gate() -> dict[str, object]:
    """The short fixed form."""
    return command.run(SETS["gate"])


def test_the_gate_is_passed(gate: dict[str, dict[str, float]]) -> None:
    assert report.failures(gate) == []
    assert gate["ghosts_heard"]["number"] >= 40
    assert gate["all_honest"]["number"] >= 150


def test_a_judge_that_sees_nothing_does_not_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    those = thresholds.newest()
    blind = replace(those, points={**those.points, "no_trace": 0, "time_short": 0, "photo_again": 0, "elsewhere": 0})
    tally = Tally()
    tally.take(judged(visits(seed=SETS["gate"].seed, firm=0), blind), 0.8)
    said = report.failures(figures(tally))
    assert len(said) == 1
    assert "not 95 %" in said[0]
    strict = replace(those, limits={**those.limits, "doubtful": 20})
    tally = Tally()
    tally.take(judged(small(), strict), 0.8)
    assert report.failures(figures(tally)) == ["100.0 % of the honest visits are doubtful, more than 2 %"]


def test_what_is_counted() -> None:
    those = thresholds.newest()
    every = list(judged(small(), those))
    honest = next(one for one in every if one.deed.ghost is None)

    def as_if(level: Level, ghost: str | None, heard: float = 1) -> Judged:
        return Judged(
            deed=replace(honest.deed, ghost=ghost, kind=ghost or "ordinary"), found=replace(honest.found, level=level),
            told=replace(honest.told, window_s=100, heard_s=100 * heard),
        )  # fmt: skip

    tally = Tally()
    tally.take(
        [
            as_if(Level.DOUBTFUL, "lobby"), as_if(Level.UNKNOWN, "lobby", heard=0), as_if(Level.SUPPORTED, "insider"),
            as_if(Level.DOUBTFUL, None), as_if(Level.SUPPORTED, None), as_if(Level.OPEN, None), as_if(Level.OPEN, None),
        ],
        0.8,
    )  # fmt: skip
    found = figures(tally)
    assert (found["all_ghosts"]["number"], found["all_ghosts"]["doubtful"]) == (3, 1)
    assert (found["ghosts_heard"]["number"], found["ghosts_heard"]["share"]) == (2, 0.5)
    assert found["ghosts_without_insiders"]["share"] == 0.5
    assert found["all_honest"]["share"] == 0.25
    assert found["all_honest"]["at_most"] == pytest.approx(0.751, abs=0.01)
    assert len(found["flagged"]) == 1


def test_named_sets_and_what_is_asked_instead() -> None:
    assert planned(Wish()) == SETS["tuning"]
    assert planned(Wish(name="test", seed=5, firms=1)).name == "seed 5"
    assert len({one.seed for one in SETS.values()}) == len(SETS)
    with pytest.raises(SettingsError, match="there is no set"):
        planned(Wish(name="best"))


def test_what_the_command_writes(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A page\n\nbefore\n")
    wish = Wish(firms=1, seed=3, json=tmp_path / "figures.json", report=page)
    assert command.score(wish) == 0
    assert command.score(wish) == 0
    text = page.read_text()
    assert text.count(report.BEGIN) == text.count("### Separation") == 1
    assert text.startswith("# A page\n\nbefore\n")
    found = json.loads((tmp_path / "figures.json").read_text())
    assert found["visits"] == 120
    assert found["plan"]["seed"] == 3
