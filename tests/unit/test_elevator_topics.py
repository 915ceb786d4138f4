"""The grammar of the topics."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elevator import topics
from elevator.errors import Unreadable, WireError
from elevator.model import LiftId
from elevator.topics import Kind, Topic


@pytest.mark.parametrize(
    ("topic", "parsed"),
    [
        ("lift/v1/L1/telemetry", Topic(LiftId("L1"), Kind.TELEMETRY)),
        ("lift/v1/31104301002008120001/event", Topic(LiftId("31104301002008120001"), Kind.EVENT)),
        ("lift/v1/a.b-c_d/link", Topic(LiftId("a.b-c_d"), Kind.LINK)),
        ("lift/v1/L1/raw/otis-ree_5", Topic(LiftId("L1"), Kind.RAW, "otis-ree_5")),
        (f"lift/v1/{'9' * 64}/event", Topic(LiftId("9" * 64), Kind.EVENT)),
    ],
)
def test_topics_of_lifts(topic: str, parsed: Topic) -> None:
    assert topics.parse(topic) == parsed
    assert str(parsed) == topic


@pytest.mark.parametrize(
    "topic",
    [
        "", "lift", "lift/v1", "lift/v1/L1", "lift/v2/L1/event", "Lift/v1/L1/event", "/lift/v1/L1/event",
        "lift/v1//event", "lift/v1/L1/", "lift/v1/L1/events", "lift/v1/L1/EVENT", "lift/v1/L1/event/", "lift/v1/L1/event/x",
        "lift/v1/L 1/event", "lift/v1/_L1/event", "lift/v1/.L1/event", f"lift/v1/{'9' * 65}/event", "lift/v1/L1\n/event",
        "lift/v1/电梯/event", "lift/v1/+/event", "lift/v1/L1/raw", "lift/v1/L1/raw/", "lift/v1/L1/raw/a/b",
        "lift/v1/L1/raw/a.b", f"lift/v1/L1/raw/{'a' * 33}", "lift/v1/L1/telemetry/raw", "$SYS/broker/uptime",
    ],
)  # fmt: skip
def test_what_lies_beside_the_grammar(topic: str) -> None:
    with pytest.raises(WireError) as refused:
        topics.parse(topic)
    assert refused.value.reason is Unreadable.BAD_TOPIC
    assert refused.value.detail


@pytest.mark.parametrize("kind", ["ack", "notice"])
def test_a_lift_does_not_speak_for_the_platform(kind: str) -> None:
    with pytest.raises(WireError, match=f"'{kind}' is none of event, link, raw, telemetry"):
        topics.parse(f"lift/v1/L1/{kind}")


def test_there_is_no_topic_that_moves_a_lift() -> None:
    """The protocol has no control command, by design (contract 2.9)."""
    assert set(Kind) == {Kind.TELEMETRY, Kind.EVENT, Kind.LINK, Kind.RAW, Kind.ACK, Kind.NOTICE}


@given(st.from_regex(topics.LIFT_ID, fullmatch=True))
def test_made_topics_are_read_back(lift_id: str) -> None:
    for make, kind in ((topics.telemetry, Kind.TELEMETRY), (topics.event, Kind.EVENT), (topics.link, Kind.LINK)):
        assert topics.parse(make(lift_id)) == Topic(LiftId(lift_id), kind)
    for make in (topics.ack, topics.notice):
        assert make(lift_id).startswith(f"lift/v1/{lift_id}/")


@given(st.text(max_size=80))
def test_any_text_is_a_topic_or_refused(text: str) -> None:
    try:
        parsed = topics.parse(text)
    except WireError:
        return
    assert str(parsed) == text
