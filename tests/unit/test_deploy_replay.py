"""Replays without a broker: messages moved in time, a recording heard in virtual time, and what the command refuses."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import topic_matches_sub

from alerts.policy import Policy, Threshold
from alerts.virtual import End
from deploy.tape import command, hear, play, record, shift
from deploy.tape.file import Writer
from deploy.tape.format import Fault, Gap, Head, Heard, Line, Message
from elevator.errors import SettingsError
from elevator.model import Event
from elevator.settings import Settings
from ingest.adapters import NO_TIME
from ingest.numbering import STEP

PAYLOADS = Path(__file__).parents[1] / "contract" / "payloads" / "raw" / "good"
START = 1_790_000_000_000  # ms
_CAR = {"mode": "normal", "floor": "4", "moving": False, "door_zone": True, "door": "closed", "occupied": False}
TRAPPED = {"door_zone": False, "occupied": True}
FREE = {"door": "open"}


def at(seconds: float, lift: str = "L-1", seq: int | None = None, **changes: Any) -> Message:
    """A sample, received `seconds` after the start."""
    ms = START + round(seconds * 1000)
    said = {"ts": ms, "seq": round(seconds * 1000) if seq is None else seq, "boot": "b", **_CAR, **changes}
    return Message(ms, f"lift/v1/{lift}/telemetry", json.dumps(said).encode())


def event(seconds: float, code: str, lift: str = "L-1", *, active: bool = True, seq: int = 0) -> Message:
    ms = START + round(seconds * 1000)
    said = {"ts": ms, "seq": seq, "boot": "b", "code": code, "active": active}
    return Message(ms, f"lift/v1/{lift}/event", json.dumps(said).encode())


def heard(*lines: Line | Fault, policy: Policy | None = None, lifts: tuple[str, ...] = ()) -> hear.Outcome:
    return hear.hear([Head(START), *lines], policy or Policy(), lifts)


def stuck(until: float, lift: str = "L-1", begin: float = 10) -> list[Message]:
    """A car that stands between floors with somebody inside, talking every ten seconds."""
    return [at(begin - 5, lift), *(at(begin + 10 * n, lift, **TRAPPED) for n in range(int((until - begin) // 10) + 1))]


def seconds(ms: int | None) -> float | None:
    return None if ms is None else (ms - START) / 1000


def test_a_trapped_person_is_found_at_the_contracts_times_and_freed() -> None:
    """Two seconds of the person sensor, then 20 s and 60 s; the open door ends it 10 s later, with nobody to look."""
    outcome = heard(*stuck(120), at(130, **FREE), at(150, **FREE))
    (rescue,) = outcome.incidents
    assert (rescue.lift_id, rescue.kind, rescue.reason, rescue.end) == ("L-1", "rescue", "outside_zone", End.RECOVERED)
    assert seconds(rescue.opened_at) == pytest.approx(32, abs=3)
    assert rescue.confirmed_at == rescue.rang_at
    assert seconds(rescue.confirmed_at) == pytest.approx(72, abs=3)
    assert seconds(rescue.ended_at) == 140
    told = list(hear.told(outcome))
    assert "L-1 P1 rescue: outside_zone; confirmed" in told[0]
    assert told[1] == "1 rescues, 1 of them confirmed; 0 other incidents"


def test_the_next_one_is_not_hidden_by_the_first() -> None:
    outcome = heard(*stuck(120), at(130, **FREE), at(150, **FREE), *stuck(400, begin=300))
    assert [one.reason for one in outcome.incidents if one.kind == "rescue"] == ["outside_zone", "outside_zone"]


def test_another_policy_finds_it_at_another_time() -> None:
    slow = Policy(rules=Policy().rules | {"outside_zone": Threshold(suspect_s=40, confirm_s=100)})
    quick, late = heard(*stuck(200)).incidents[0], heard(*stuck(200), policy=slow).incidents[0]
    assert quick.confirmed_at is not None
    assert late.confirmed_at == quick.confirmed_at + 40_000
    assert late.opened_at == quick.opened_at + 20_000


def test_nothing_is_made_up_behind_the_end() -> None:
    """The recording ends 30 s after the car stopped: suspected, and nobody knows how it went on."""
    for ends in ([], [Gap(START + 40_000, record.ENDS)]):
        outcome = heard(*stuck(40), *ends)
        (rescue,) = outcome.incidents
        assert (rescue.confirmed_at, rescue.end) == (None, None)
        assert outcome.gaps == 0


def test_no_timer_falls_due_in_a_gap_nor_before_every_lift_has_spoken() -> None:
    """Seen half-way before a gap of five minutes: one car had gone on, another stands there to this day."""
    before = [*stuck(30), *stuck(30, "L-2")]
    gap = [Gap(START + 31_000, "away"), Heard(START + 331_000)]
    after = [at(340, moving=True, floor="9"), *(at(s, "L-2", **TRAPPED) for s in range(345, 420, 10)), at(395, **FREE)]
    outcome = heard(*before, *gap, *sorted(after, key=lambda one: one.at))
    confirmed = {one.lift_id: seconds(one.confirmed_at) for one in outcome.incidents if one.confirmed_at is not None}
    assert set(confirmed) == {"L-2"}
    assert confirmed["L-2"] == pytest.approx(391, abs=1.1)


def test_a_message_heard_twice_counts_once_and_a_key_used_again_is_an_alarm() -> None:
    press, again = event(10, "alarm_button"), event(700, "alarm_button")
    outcome = heard(at(1), press, press, Message(again.at, press.topic, press.payload))
    assert outcome.verdicts["duplicate"] == 1
    assert outcome.verdicts["live"] == 3
    assert outcome.items == {"sample": 1, "event": 3}


def test_silence_is_not_counted_in_a_gap() -> None:
    """A car moving with somebody inside; then the recorder was away for two minutes, and the lift talks on."""
    moving = {"moving": True, "occupied": True, "door_zone": False}
    before, after = [at(n, floor=str(n), **moving) for n in range(5)], at(130, **FREE, floor="9", seq=9_999)
    assert [one.reason for one in heard(*before, after).incidents] == ["silence"]
    gap = [Gap(START + 5_000, "away"), Heard(START + 125_000), Heard(START + 126_000, 3)]
    outcome = heard(*before, *gap, after)
    assert outcome.incidents == []
    assert (outcome.gaps, outcome.lost) == (1, 3)
    assert heard(*before, Head(START + 125_000), after).incidents == []


def test_what_cannot_be_read_is_listed_and_what_the_file_lacks_is_kept() -> None:
    fault = Fault(77, None, "a damaged block", 5)
    outcome = heard(
        at(1), fault, Message(START + 2_000, "lift/v1/L-1/event", b"alarm_button"), Message(START, "x/y", b"")
    )
    assert [(topic, reason) for _, topic, reason, _ in outcome.unreadable] == [
        ("lift/v1/L-1/event", "not_json"), ("x/y", "bad_topic"),
    ]  # fmt: skip
    assert outcome.faults == [fault]
    assert any("lift/v1/L-1/event unreadable: not_json" in line for line in hear.told(outcome))
    assert json.loads(hear.as_json(outcome))["faults"] == ["byte 77: a damaged block (5 lines are missing)"]


def test_only_the_lifts_asked_for() -> None:
    outcome = heard(*stuck(90), *stuck(90, "L-2"), lifts=("L-2",))
    assert {one.lift_id for one in outcome.incidents} == {"L-2"}
    assert outcome.passed_over == len(stuck(90))


@pytest.mark.parametrize(
    ("asked", "subscribed", "kept"),
    [
        ((), list(record.FILTERS), True),
        (("KD-*",), list(record.FILTERS), True),
        (("L-1",), ["lift/v1/L-1/telemetry", "lift/v1/L-1/raw/#", "lift/v1/L-1/event", "lift/v1/L-1/link"], False),
        (("L-1", "KD-?"), list(record.FILTERS), True),
        (("kd-1",), ["lift/v1/kd-1/telemetry", "lift/v1/kd-1/raw/#", "lift/v1/kd-1/event", "lift/v1/kd-1/link"], False),
    ],
)
def test_which_lifts_are_recorded(asked: tuple[str, ...], subscribed: list[str], kept: bool) -> None:
    assert record.filters(asked) == subscribed
    assert record.wanted("lift/v1/KD-1/telemetry", asked) is kept


@pytest.mark.parametrize("kind", ["telemetry", "event", "link", "raw/box-json", "raw/x/y", "ack", "notice"])
def test_what_lifts_publish_is_subscribed_to_once_and_nothing_else(kind: str) -> None:
    """Twice would be recorded twice; what the platform tells lifts is no traffic of theirs."""
    for filters in (record.FILTERS, record.filters(("L-1",))):
        hits = sum(topic_matches_sub(one, f"lift/v1/L-1/{kind}") for one in filters)
        assert hits == (0 if kind in {"ack", "notice"} else 1)


def test_makers_payloads_are_heard_as_the_intake_hears_them() -> None:
    """A box without numbers, the same words every ten seconds: each is a sample of its own, and somebody is trapped."""
    payload = (PAYLOADS / "box-json__lift__trapped_between_floors.json").read_bytes()
    said = [Message(START + 10_000 * n, "lift/v1/L-1/raw/box-json", payload) for n in range(12)]
    outcome = heard(*said)
    assert outcome.items["sample"] == 12
    assert outcome.verdicts["duplicate"] == outcome.verdicts["late"] == 0
    (rescue,) = [one for one in outcome.incidents if one.kind == "rescue"]
    assert rescue.confirmed_at is not None


def test_the_same_words_for_the_same_time_are_one_message() -> None:
    numbers = hear.Numbers()
    first, other = Event(ts=5, seq=0, code="x", active=True), Event(ts=5, seq=0, code="x", active=False)
    seqs = [numbers.number(one, 9).seq for one in (first, other, first)]
    assert seqs == [5 * STEP, 5 * STEP + 1, 5 * STEP]
    assert numbers.number(Event(ts=NO_TIME, seq=0, code="x", active=True), 9) == Event(
        ts=9, seq=9 * STEP, code="x", active=True
    )


# --- moving in time ----------------------------------------------------------------------------------------

_BOOT = shift.boot_of("r1")


@pytest.mark.parametrize(
    ("topic", "said", "moved"),
    [
        ("telemetry", {"ts": 1000, "seq": 1, "boot": "b"}, {"ts": 6000, "seq": 1, "boot": "b~r1"}),
        ("telemetry", [{"ts": 1}, {"ts": 2, "x": [1]}], [{"ts": 5001, "boot": "~r1"}, {"ts": 5002, "x": [1], "boot": "~r1"}]),
        ("event", {"ts": 1000, "code": "alarm_button", "boot": None}, {"ts": 6000, "code": "alarm_button", "boot": "~r1"}),
        ("link", {"online": True, "ts": 0}, {"online": True, "ts": 5000, "boot": "~r1"}),
        ("link", {"online": False}, {"online": False}),
        ("telemetry", {"ts": "soon"}, None),
        ("telemetry", {"ts": True}, None),
        ("telemetry", {"ts": 1, "boot": 3}, None),
        ("telemetry", {"seq": 3}, None),
        ("telemetry", "text", None),
        ("telemetry", [{"ts": 1}, 5], None),
        ("raw/compact", {"ts": 1000}, None),
        ("ack", {"ts": 1000}, None),
    ],
)  # fmt: skip
def test_a_message_is_moved_or_left_as_it_is(topic: str, said: Any, moved: Any) -> None:
    found = shift.move(f"lift/v1/L-1/{topic}", json.dumps(said).encode(), 5000, _BOOT)
    assert (None if found is None else json.loads(found)) == moved


def test_what_is_no_json_is_not_moved() -> None:
    assert shift.move("lift/v1/L-1/event", b"alarm_button", 5000, _BOOT) is None
    assert shift.move("lift/v1/L-1/event", b"\xff\xfe", 5000, _BOOT) is None


def test_long_boots_stay_apart_and_short_enough() -> None:
    names = [_BOOT("x" * 31 + end) for end in "abc"]
    assert len(set(names)) == 3
    assert all(len(name) <= 32 for name in names)
    assert _BOOT("x" * 32) == _BOOT("x" * 32)


# --- the command -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "speed"), [("1", 1.0), ("0.5", 0.5), ("1e3", 1000.0), ("max", None)])
def test_speeds(text: str, speed: float | None) -> None:
    assert command.read_speed(text) == speed


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "say where to: --mqtt-url"),
        ({"mqtt_url": "mqtt://192.0.2.1"}, "192.0.2.1 is not this machine"),
        ({"mqtt_url": "mqtt://no.such.host.invalid"}, "is not this machine"),
        ({"mqtt_url": "http://127.0.0.1"}, "mqtt://"),
        ({"mqtt_url": "mqtt://127.0.0.1", "speed": "0"}, "--speed: expected a number above 0, or max, not '0'"),
        ({"mqtt_url": "mqtt://127.0.0.1", "speed": "inf"}, "--speed"),
        ({"mqtt_url": "mqtt://127.0.0.1", "speed": "fast"}, "--speed"),
        ({"mqtt_url": "mqtt://127.0.0.1", "shift": "yesterday"}, "--shift: expected now"),
        ({"mqtt_url": "mqtt://127.0.0.1", "json": True}, "are for --virtual"),
        ({"virtual": True, "shift": "now"}, "--shift is for a replay into a broker"),
        ({"virtual": True, "mqtt_url": "mqtt://127.0.0.1"}, "--mqtt-url is for"),
        ({"virtual": True, "speed": "2"}, "--speed is for"),
    ],
)
def test_what_does_not_go_together_is_refused_in_a_sentence(
    options: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match=sentence):
        command.replay(Settings(mqtt_url="mqtt://127.0.0.1:1"), command.Wish(file=tmp_path / "none", **options))


def test_a_broker_elsewhere_must_be_meant() -> None:
    assert play.check_target("mqtt://192.0.2.1", elsewhere=True).host == "192.0.2.1"
    for here in ("mqtt://127.0.0.1", "mqtt://localhost:1884", "mqtt://[::1]:1883"):
        assert play.check_target(here, elsewhere=False).host in {"127.0.0.1", "localhost", "::1"}


def test_the_policy_of_a_virtual_replay_is_read_with_its_mistakes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording, policy = tmp_path / "a.rec", tmp_path / "p.toml"
    with Writer(recording, at=START) as writer:
        for message in stuck(120):
            writer.add(message)
    policy.write_text("[rules.outside_zone]\nsuspect_s = 5\nconfirm_s = 10\n")
    wish = command.Wish(file=recording, virtual=True, json=True, policy=policy)
    assert command.replay(Settings(), wish) == 0
    (incident,) = json.loads(capsys.readouterr().out)["incidents"]
    assert incident["confirmed_at"] - incident["opened_at"] == 5000
    recording.write_bytes(recording.read_bytes()[:-3])
    assert command.replay(Settings(), wish) == 1
    assert re.search(r"byte \d+: the file is cut off here", capsys.readouterr().err)
    policy.write_text("[rules.outside_zone]\nsuspect_s = -5\n")
    with pytest.raises(SettingsError, match="line 2"):
        command.replay(Settings(), wish)
