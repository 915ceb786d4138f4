"""Foreign messages are stored once however often they come, and in their order: by their time, or by their packet."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from alerts.policy import Policy
from elevator import clock, db
from elevator.db import Connection
from ingest import normalise, transaction
from ingest.adapters import ADAPTERS
from ingest.numbering import STEP
from ingest.subscriber import Message
from ingest.written import Circumstances, Written

T = clock.now_ms() // 1000 - 60  # s: far enough in the past for what comes after it
AT = T * 1000 + 300  # ms of receipt


class Place:
    """One lift's messages, each in a transaction of its own."""

    def __init__(self, database: Connection) -> None:
        self.database = database

    async def hears(self, *messages: Message, careful: bool = False, replay: bool = False) -> Written:
        """Carry messages in as one batch."""
        readings = [normalise.read(message, None, ADAPTERS, replay=replay) for message in messages]
        now = clock.now()
        async with self.database.transaction():
            return await transaction.write(
                self.database, readings, {}, Circumstances(policy=Policy(), now=now, careful=careful)
            )

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return [tuple(row.values()) for row in await (await self.database.execute(query.encode())).fetchall()]


@pytest.fixture
async def place(database: str) -> AsyncIterator[Place]:
    connection = await db.connect(database, application="tests")
    async with connection:
        yield Place(connection)


def message(
    payload: Any, adapter: str = "gbt-json", *, at: int = AT, packet: int | None = 1, dup: bool = False
) -> Message:
    return Message(
        f"lift/v1/L-1/raw/{adapter}", json.dumps(payload).encode(), dup=dup, retain=False, received_at_ms=at, epoch=1,
        packet_id=packet,
    )  # fmt: skip


def gbt(second: int = 0, **fields: Any) -> dict[str, Any]:
    return {
        "Service_Mode": 1, "Car_Status": 0, "Door_Zone": True, "Car_Position": "3", "Door_Status": 2,
        "samplingTime": T + second, **fields,
    }  # fmt: skip


def box(**fields: Any) -> dict[str, Any]:
    return {"type": "info", "data": {"direction": 0, "inposition": 1, "floor": 3, "door": 0, "fault": [], **fields}}


async def test_different_things_of_one_second_keep_their_order(place: Place) -> None:
    states = [gbt(), gbt(Door_Status=3), gbt(Door_Status=4), gbt(Door_Status=1), gbt(Door_Status=2, Car_Status=1)]
    await place.hears(message(states[0]))
    await place.hears(message(states[1]), message(states[2]))
    await place.hears(message(states[3:]))
    first = T * 1000 * STEP
    rows = await place.rows("SELECT seq, door, moving, late FROM sample ORDER BY seq")
    assert [row[0] for row in rows] == [first + place_ for place_ in range(5)]
    assert [row[1] for row in rows] == [0, 1, 2, 3, 0]
    assert not any(row[3] for row in rows)
    newest = json.loads(bytes((await place.rows("SELECT memory FROM lift_state"))[0][0]))["sample"]
    assert newest["moving"] is True
    assert await place.rows("SELECT * FROM sequence_gap") == []


@pytest.mark.parametrize("how", ["again", "redelivered", "careful", "same batch", "replayed", "other spelling"])
async def test_the_same_thing_is_stored_once(place: Place, how: str) -> None:
    said = [
        message(gbt(Message_Code=[4])),
        message(gbt(1, Car_Position="4")),
        message({"failureCode": "09", "occurTime": T}),
    ]
    await place.hears(*said)
    match how:
        case "again":
            written = await place.hears(*[replace(one, received_at_ms=AT + 90_000, packet_id=9) for one in said])
        case "redelivered":
            written = await place.hears(*[replace(one, dup=True) for one in said])
        case "careful":
            written = await place.hears(*said, careful=True)
        case "same batch":
            written = await place.hears(*said, *said)
        case "replayed":
            written = await place.hears(*said, replay=True)
        case _:  # a gateway that writes its fields in another order
            turned = [json.dumps(dict(reversed(json.loads(one.payload).items()))).encode() for one in said]
            written = await place.hears(*[replace(one, payload=body) for one, body in zip(said, turned, strict=True)])
    assert set(written.outcomes) == {("raw", "duplicate")}
    assert await place.rows("SELECT count(*) FROM sample") == [(2,)]
    assert await place.rows("SELECT active, reuse FROM event ORDER BY seq") == [(True, 0), (False, 0)]
    assert await place.rows("SELECT count(*) FROM incident WHERE kind = 'rescue'") == [(1,)]


async def test_what_is_new_among_what_was_told_is_stored(place: Place) -> None:
    await place.hears(message(gbt()), message(gbt(Door_Status=4)))
    await place.hears(
        message(gbt(), dup=True), message(gbt(Door_Status=4), dup=True), message(gbt(Door_Status=1), dup=True)
    )
    assert await place.rows("SELECT door FROM sample ORDER BY seq") == [(0,), (2,), (3,)]


async def test_an_older_second_is_late_and_a_second_alarm_is_a_second_one(place: Place) -> None:
    await place.hears(message(gbt(5)), message({"failureCode": "09", "occurTime": T + 5, "alarmId": "a"}))
    await place.hears(message(gbt(1)), message({"failureCode": "09", "occurTime": T + 5, "alarmId": "b"}))
    assert await place.rows("SELECT late FROM sample ORDER BY ts") == [(True,), (False,)]
    rows = await place.rows("SELECT detail->>'alarmId', active FROM event ORDER BY seq")
    assert rows == [("a", True), ("a", False), ("b", True), ("b", False)]


async def test_without_a_time_a_redelivery_is_known_by_its_packet(place: Place) -> None:
    """Closed, open, closed: each is stored, and each again only where the broker says that it may have sent it before."""
    said = [message(box(door=door), "box-json", at=AT + n, packet=n) for n, door in enumerate((0, 1, 0), 1)]
    await place.hears(*said[:2])
    again = [replace(one, dup=True, received_at_ms=AT + 5000 + n) for n, one in enumerate(said)]
    written = await place.hears(*again)  # the third had not been stored
    assert written.outcomes == {("raw", "duplicate"): 2, ("raw", "stored"): 1}
    await place.hears(replace(said[0], received_at_ms=AT + 6000))  # a new packet may have an old one's number
    await place.hears(
        *[replace(one, received_at_ms=AT + 6000) for one in said[:1]], careful=True
    )  # its commit was doubtful
    rows = await place.rows("SELECT door, ts = received_at FROM sample ORDER BY seq")
    assert rows == [(0, True), (2, True), (0, True), (0, True)]


async def test_a_time_of_another_lift_is_another(place: Place) -> None:
    await place.hears(message(gbt()), replace(message(gbt()), topic="lift/v1/L-2/raw/gbt-json"))
    assert await place.rows("SELECT count(*) FROM sample") == [(2,)]


async def test_a_clock_that_stands_still_repeats_no_alarm_for_ever(place: Place) -> None:
    """The same alarm with the same time is the same for ten minutes; after that it is a new one, and marked."""
    now = int(clock.now().timestamp() * 1000)
    said = {"TY": "Fault", "ST": "add", "fault_type": "8", "time": T}
    await place.hears(message(said, "box-binary", at=now))
    await place.hears(message(said, "box-binary", at=now + 60_000))
    assert await place.rows("SELECT count(*) FROM event") == [(1,)]
    await place.hears(message(said, "box-binary", at=now + 60_000 + int(timedelta(minutes=11).total_seconds() * 1000)))
    assert await place.rows("SELECT code, reuse FROM event ORDER BY reuse") == [("entrapment", 0), ("entrapment", 1)]


async def test_of_one_lift_so_many_unknown_codes_are_counted_and_no_more(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.store.MOST_UNKNOWN", 2)
    for second, code in enumerate(("a1", "a2", "a3", "a2", "x" * 100)):
        await place.hears(message(gbt(second, Message_Code=[code])))
        await place.hears(message(gbt(second, Car_Position="9")))  # it ends, so that the next one begins
    assert await place.rows("SELECT raw, count FROM unknown_code ORDER BY raw") == [("a1", 1), ("a2", 2)]
