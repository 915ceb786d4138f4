"""When the broker's own figures are worth a warning."""

from datetime import UTC, datetime, timedelta
from pathlib import PurePath

import pytest

from deploy.mosquitto import PLATFORM_USER, Listener, Profile, render
from elevator.settings import Settings
from ingest.broker_watch import DROPPED, FILTERS, RETAINED, STORED, STORED_BYTES, UPTIME, Limits, Watch

T0 = datetime(2026, 1, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def told(watch: Watch, when: float = 0, **figures: int) -> int:
    names = {"stored": STORED, "size": STORED_BYTES, "retained": RETAINED, "dropped": DROPPED}
    return sum(watch.heard(names[name], b"%d" % figure, at(when)) for name, figure in figures.items())


@pytest.mark.parametrize(
    ("figures", "limits", "queued", "fill"),
    [
        ({"stored": 130, "retained": 50, "size": 0}, (100, 1000), 80, 0.8),
        ({"stored": 50, "retained": 53, "size": 196}, (100, 1000), 0, 0.196),
        ({"stored": 60, "retained": 50, "size": 900}, (100, 1000), 10, 0.9),  # few, and large
        ({"stored": 130, "retained": 50, "size": 900}, (0, 0), 80, 0.0),  # a broker without limits
        ({"stored": 130}, (100, 0), 130, 1.3),
        ({"dropped": 0, "retained": 50}, (100, 1000), None, None),
        ({}, (100, 1000), None, None),
    ],
)
def test_how_full(figures: dict[str, int], limits: tuple[int, int], queued: int | None, fill: float | None) -> None:
    watch = Watch(Limits(messages=limits[0], size=limits[1]))
    told(watch, **figures)
    assert watch.queued(at(1)) == queued
    assert watch.fill(at(1)) == (None if fill is None else pytest.approx(fill))


@pytest.mark.parametrize(("stored", "warned"), [(80, False), (81, True), (100, True)])
def test_a_queue_over_four_fifths_is_a_trouble(stored: int, warned: bool) -> None:
    watch = Watch(Limits(messages=100, size=0))
    told(watch, stored=stored, retained=0)
    assert ("queue_full" in watch.troubles(at(1))) == warned
    if warned:
        assert (
            f"queue is {stored} % full ({stored} messages wait)".replace(" %", "%")
            in watch.troubles(at(1))["queue_full"]
        )
    told(watch, 2, stored=10)
    assert watch.troubles(at(3)) == {}


def test_what_the_broker_said_does_not_hold_for_ever() -> None:
    """Figures that do not change are not repeated; its uptime is, and says that they still hold."""
    watch = Watch(Limits(messages=100, size=0))
    told(watch, stored=90)
    assert watch.heard(UPTIME, b"11 seconds", at(50)) == 0
    assert watch.queued(at(110)) == 90
    assert watch.queued(at(111)) is None
    assert watch.troubles(at(111)) == {}


def test_drops_are_a_trouble_for_ten_minutes_after_they_grew() -> None:
    watch = Watch(Limits(messages=100, size=0))
    assert told(watch, 0, dropped=0) == 0
    assert watch.troubles(at(1)) == {}
    assert told(watch, 10, dropped=5) == 5
    assert told(watch, 20, dropped=5) == 0
    assert told(watch, 300, dropped=7) == 2
    assert "dropped 7 messages" in watch.troubles(at(610))["dropped"]
    assert "dropped 2 messages" in watch.troubles(at(610.1))["dropped"]
    assert watch.troubles(at(900.1)) == {}


def test_drops_from_before_we_looked_count() -> None:
    """Ingest was away, and the broker dropped what came meanwhile: that is when it matters most."""
    watch = Watch(Limits(messages=100, size=0))
    assert told(watch, 0, dropped=40) == 40
    assert "dropped" in watch.troubles(at(1))


def test_a_restarted_broker_counts_from_zero() -> None:
    watch = Watch(Limits(messages=100, size=0))
    told(watch, 0, dropped=40)
    assert told(watch, 700, dropped=0) == 0
    assert watch.troubles(at(701)) == {}
    assert told(watch, 710, dropped=3) == 3
    assert told(watch, 720, dropped=2) == 2  # restarted again, and it dropped before we heard of it


@pytest.mark.parametrize(("topic", "payload"), [(STORED, b"many"), (STORED, b""), ("$SYS/broker/heap/current", b"9")])
def test_what_cannot_be_read_changes_nothing(topic: str, payload: bytes) -> None:
    watch = Watch(Limits(messages=100, size=0))
    assert watch.heard(topic, payload, at(0)) == 0
    assert watch.queued(at(0)) is None


def test_the_figures_stand_where_mosquitto_publishes_them() -> None:
    assert all(topic.startswith("$SYS/broker/") for topic in FILTERS)
    assert len(set(FILTERS)) == 5


@pytest.mark.parametrize("profile", Profile)
def test_our_own_broker_is_known_by_default(profile: Profile) -> None:
    """The limits that we warn before are those that it has; and it lets us read what it tells."""
    listener = Listener(host="127.0.0.1", port=1883)
    files = render(
        profile, lifts=listener, platform=listener, config=PurePath("/c"), data=PurePath("/d"),
        passwords={PLATFORM_USER: "x"},
    )  # fmt: skip
    lines = files["mosquitto.conf"].splitlines()
    assert f"max_queued_messages {Settings().broker_queue_messages}" in lines
    assert f"max_queued_bytes {Settings().broker_queue_bytes}" in lines
    assert "sys_interval 5" in lines
    assert f"user {PLATFORM_USER}\ntopic readwrite #\ntopic read $SYS/#" in files["acl"]
