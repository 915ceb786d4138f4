"""Lifts that are entered by the transaction which hears of them first, and by two at once."""

import asyncio
from datetime import UTC, datetime

from alerts.desk import Desk
from alerts.policy import Policy
from elevator import db
from elevator.model import Mode, Sample
from elevator.topics import Kind

NOW, POLICY = datetime(2026, 11, 27, 4, 0, tzinfo=UTC), Policy()


def sample(ts: int) -> Sample:
    return Sample(ts=ts, seq=1, mode=Mode.NORMAL, floor="1", moving=False, door_zone=True)


async def test_nothing_can_be_stored_of_a_lift_whose_memory_is_made_just_now(database: str) -> None:
    async with await db.connect(database, application="test") as connection:
        await connection.execute(
            "INSERT INTO lift (lift_id, created_at, updated_at) VALUES ('KNOWN', %s, %s)", [NOW, NOW]
        )
        async with connection.transaction():
            desk = await Desk.open(connection, ["STRANGE", "KNOWN"], policy=POLICY, now=NOW)
            assert not any(desk.maybe_stored(lift, Kind.TELEMETRY, "b", 1) for lift in ("STRANGE", "KNOWN"))
            assert desk.lift_no("STRANGE") != desk.lift_no("KNOWN")
        async with connection.transaction():
            again = await Desk.open(connection, ["STRANGE", "KNOWN"], policy=POLICY, now=NOW)
            assert all(again.maybe_stored(lift, Kind.TELEMETRY, "b", 1) for lift in ("STRANGE", "KNOWN"))


async def test_a_lift_that_two_enter_at_once_is_one_and_new_to_the_first_only(database: str) -> None:
    async with (
        await db.connect(database, application="one") as one,
        await db.connect(database, application="two") as two,
    ):
        ts = int(NOW.timestamp() * 1000)

        async def second() -> Desk:
            async with two.transaction():
                return await Desk.open(two, ["NEW", "OTHER"], policy=POLICY, now=NOW)

        async with one.transaction():
            first = await Desk.open(one, ["NEW"], policy=POLICY, now=NOW)
            waiting = asyncio.create_task(second())
            await asyncio.sleep(0.2)
            assert not waiting.done()
            first.observe("NEW", sample(ts), ts)
            await first.save()
        late = await waiting
        assert late.lift_no("NEW") == first.lift_no("NEW")
        assert late.maybe_stored("NEW", Kind.TELEMETRY, "", 1)  # what the first has stored is seen
        assert not late.maybe_stored("OTHER", Kind.TELEMETRY, "", 1)
