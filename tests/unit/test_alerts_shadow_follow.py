"""The tried policy over rows: what it takes over from the living platform, and how its rescues end."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts.policy import Policy, Threshold
from alerts.shadow import follow
from alerts.shadow.follow import Ears, Follower, Heard, People
from alerts.virtual import End, Virtual
from elevator.model import Door, Event, Link, Mode, Sample

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
MS = round(START.timestamp() * 1000)
LISTENING = Ears(since=MS)


def lane(name: str, *, alive: float = 0, started: float = -3600, listening: float | None = -3600) -> dict[str, Any]:
    since = None if listening is None else START + timedelta(seconds=listening)
    return {
        "lane": name, "alive_at": START + timedelta(seconds=alive), "started_at": START + timedelta(seconds=started),
        "listening_since": since,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("alive", "behind"),
    [
        ((), 10),
        ((0, 0), 10),
        ((-3, -1), 13),
        ((-59, 0), 69),
        ((-60, 0), 10),  # gone, and commits nothing any more
    ],
)
def test_what_may_not_be_on_disk_yet_is_not_read(alive: tuple[float, ...], behind: float) -> None:
    lanes = [lane(str(number), alive=one) for number, one in enumerate(alive)]
    assert START - follow.horizon(lanes, START) == timedelta(seconds=behind)


@pytest.mark.parametrize(
    ("lanes", "since", "held"),
    [
        ([], None, []),
        ([lane("alarm"), lane("telemetry")], -3600, []),
        ([lane("alarm"), lane("telemetry", listening=-60)], -60, [-3599, -3591]),  # at most ten seconds of it
        ([lane("alarm", started=-20, listening=-15), lane("telemetry", started=-20, listening=-12)], -12, [-20, -13]),
        ([lane("alarm", started=-4, listening=None), lane("telemetry", started=-4)], None, [-4, 0, 5]),
        ([lane("alarm"), lane("telemetry", alive=-6)], None, []),
        ([lane("telemetry")], None, []),
    ],
)
def test_how_the_intake_hears_is_taken_over(
    lanes: list[dict[str, Any]], since: float | None, held: list[float]
) -> None:
    found = follow.ears(lanes, START, 10)
    assert found.since == (None if since is None else MS + round(since * 1000))
    for second in (-3599, -3591, -21, -20, -13, -12, -4, 0, 5, 7):
        assert found.hold(MS + second * 1000) is (second in held), second


def test_rows_become_the_messages_that_they_were() -> None:
    row = {"lift_no": 7, "ts": START, "boot": "b", "seq": 3, "reuse": 1, "code": "other", "text": "E99", "raw": "0x99",
           "active": True, "detail": {"a": 1}, "replay": True, "received_at": START + timedelta(seconds=1)}  # fmt: skip
    assert follow.event_of(row) == Heard(
        at=MS + 1000, lift_no=7, key_reused=True,
        item=Event(ts=MS, seq=3, boot="b", code="E99", active=True, raw="0x99", detail={"a": 1}, replay=True),
    )  # fmt: skip
    link = {"lift_no": 7, "received_at": START, "ts": None, "online": False, "retained": True, "interval_s": None,
            "firmware": None}  # fmt: skip
    assert follow.link_of(link) == Heard(at=MS, lift_no=7, item=Link(online=False), retained=True)


def sample(second: float, lift_no: int = 1, **changes: Any) -> Heard:
    at = MS + round(second * 1000)
    said = {
        "mode": Mode.NORMAL,
        "floor": "4",
        "moving": False,
        "door_zone": True,
        "door": Door.CLOSED,
        "occupied": False,
    }
    return Heard(at=at, lift_no=lift_no, item=Sample(ts=at, seq=round(second * 10), boot="b", **{**said, **changes}))


def trapped(lift_no: int = 1, until: int = 120) -> list[Heard]:
    return [sample(second, lift_no, door_zone=False, occupied=True) for second in range(10, until, 10)]


def followed(*rows: Heard, until: float = 150, policy: Policy | None = None, ears: Ears = LISTENING) -> Follower:
    follower = Follower("r1", policy or Policy(), {}, at=MS)
    follower.hear(rows, MS + round(until * 1000), ears)
    return follower


def end_of(follower: Follower) -> End | None:
    return follower.take_changed()[-1].end


def test_a_rescue_that_people_ended_is_over_and_the_next_one_is_seen() -> None:
    follower = followed(*trapped())
    assert follower.rescues()[1].confirmed_at is not None
    follower.settle({1: People(ended_at=MS - 1)})  # an older one
    assert 1 in follower.rescues()
    follower.settle({1: People(ended_at=MS + 140_000)})
    assert follower.rescues() == {}
    assert end_of(follower) is End.PERSON
    follower.hear([sample(151, door=Door.OPEN), *(sample(s, door_zone=False, occupied=True) for s in range(160, 280, 10))],
                  MS + 290_000, LISTENING)  # fmt: skip
    assert follower.rescues()[1].opened_at > MS + 150_000


def test_one_that_looks_recovered_waits_for_people_only_where_there_are_any() -> None:
    for people, end in ((People(is_live=True), None), (People(), End.RECOVERED)):
        follower = followed(*trapped(), sample(121, door=Door.OPEN))
        assert follower.rescues()[1].recovered_at == MS + 131_000
        follower.settle({1: people})
        assert end_of(follower) is end
        assert (1 in follower.rescues()) is (end is None)


def test_one_that_nothing_ends_is_given_up_after_a_day() -> None:
    follower = followed(*trapped(), until=60 * 60 * 23, ears=Ears(since=None))
    follower.settle({})
    assert 1 in follower.rescues()
    follower.hear([], MS + 25 * 3_600_000, Ears(since=None))
    follower.settle({1: People(is_live=True)})
    assert 1 in follower.rescues()
    follower.settle({})
    assert end_of(follower) is End.FORGOTTEN


def test_the_same_rows_give_the_same_ids_and_another_run_gives_others() -> None:
    ids = [[one.id for one in followed(*trapped(), *trapped(2)).take_changed()] for _ in range(2)]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 2
    other = Follower("r2", Policy(), {}, at=MS)
    other.hear(trapped(), MS + 150_000, LISTENING)
    assert {one.id for one in other.take_changed()}.isdisjoint(ids[0])


def test_what_was_kept_goes_on_as_if_nothing_had_happened() -> None:
    """Stopped between suspicion and confirmation, and taken up from memories and incidents."""
    whole = followed(*trapped())
    first = followed(*(row for row in trapped() if row.at <= MS + 40_000), until=45)
    (opened,) = first.take_changed()
    assert (opened.confirmed_at, opened.rang_at) == (None, None)
    second = Follower("r1", Policy(), {}, at=MS + 45_000)
    for lift_no, mind, due in first.take_touched():
        stored = Virtual(lift_id="1", kind="rescue", reason=opened.reason, opened_at=opened.opened_at, id=opened.id,
                         causes=opened.causes)  # fmt: skip
        second.adopt(lift_no, mind, due, [stored])
    assert second.take_changed() == []
    second.hear([row for row in trapped() if row.at > MS + 45_000], MS + 150_000, LISTENING)
    (went_on,), (at_once,) = second.take_changed(), whole.take_changed()
    assert (went_on.id, went_on.opened_at, went_on.confirmed_at) == (
        at_once.id,
        at_once.opened_at,
        at_once.confirmed_at,
    )
    assert went_on.confirmed_at is not None


def test_only_touched_memories_are_told() -> None:
    follower = followed(*trapped(), *trapped(2))
    assert [lift_no for lift_no, _, _ in follower.take_touched()] == [1, 2]
    assert follower.take_touched() == []
    follower.hear([sample(160, 2)], MS + 160_000, LISTENING)
    assert [lift_no for lift_no, _, _ in follower.take_touched()] == [2]


def test_silence_counts_only_while_the_intake_listened() -> None:
    moving = [sample(second, moving=True, occupied=True, door_zone=False, floor=str(second)) for second in range(5)]
    assert [one.reason for one in followed(*moving, until=200).take_changed()] == ["silence"]
    assert followed(*moving, until=200, ears=Ears(since=None)).take_changed() == []
    late = followed(*moving, until=120, ears=Ears(since=MS + 60_000))
    assert late.take_changed() == []  # each lift gets a full window of its own


def test_timers_wait_while_a_queue_was_read() -> None:
    queue = Ears(since=None, queue_from=MS, queue_to=MS + 140_000)
    assert followed(*trapped(), until=120, ears=queue).rescues() == {}
    quick = Policy(rules=Policy().rules | {"outside_zone": Threshold(suspect_s=1, confirm_s=2)})
    assert 1 in followed(*trapped(), until=120, policy=quick).rescues()
