"""The judge's virtual time and the platform agree: the same lives, through broker, database and workers (ADR 0014).

Each lift lives a cut-out around an episode of the simulated city: a hundred seconds before it until a hundred after the
contract's time for it. All of them side by side on real lines, on the clock that a test moves; the incidents in the
database must be those of the virtual run, with the same reasons, and times within two seconds.
"""

import dataclasses
import itertools
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from alerts.policy import Policy
from deploy.score import intake, virtual
from deploy.score.incidents import Incident
from deploy.score.people import due_by
from elevator.times import to_ms
from elevator.topics import Kind
from ingest import metrics
from ingest.adapters import ADAPTERS
from simulators.truth import city
from simulators.truth.story import Episode, Life, Lift, Message, Truth
from tests.e2e.town import Town, now, until

SEED = 20_260_101  # of the tuning set
LIFTS = 40
TRAPPED, NOISES = 6, 3  # cut-outs: fewer than ten lifts, whose common end is no blindness of the platform
AROUND = 100_000  # ms before and after
LONGEST = 480_000  # ms of a cut-out
TICK = 1_000  # ms: messages come on the full second, so that the clock need not stop more often
WITHIN = 2_000  # ms


@dataclasses.dataclass(frozen=True, slots=True)
class Cut:
    """A lift's messages around an episode, their times counted from 0."""

    lift: Lift
    cause: str
    trapped: bool
    messages: list[Message]
    start: int

    def moved(self, to: int) -> list[Message]:
        """The same, but beginning at `to`: receipt and the lift's own clock alike."""
        return [
            dataclasses.replace(
                one, at=one.at - self.start + to, payload=_shifted(one.payload, to - self.start)
            )
            for one in self.messages
        ]  # fmt: skip


def _shifted(payload: bytes, by: int) -> bytes:
    def shift(item: dict[str, Any]) -> dict[str, Any]:
        return item | {"ts": item["ts"] + by} if item.get("ts") is not None else item

    said = json.loads(payload)
    return json.dumps([shift(one) for one in said] if isinstance(said, list) else shift(said)).encode()


def cuts(lives: Iterable[Life]) -> Iterator[Cut]:
    """A cut-out for each cause and noise, as far as one fits."""
    told: set[str] = set()
    for life in lives:
        messages = list(life.messages)
        for episode in life.episodes:
            cut = _cut(life, messages, episode)
            if cut is not None and episode.cause not in told:
                told.add(episode.cause)
                yield cut
                break  # one of each lift


def _cut(life: Life, messages: list[Message], episode: Episode) -> Cut | None:
    start = (episode.began - AROUND) // TICK * TICK
    end = min(max(due_by(episode), episode.began) + AROUND, start + LONGEST)
    if any(start < heard and deaf < end for deaf, heard in life.deaf) or due_by(episode) > end - AROUND // 2:
        return None  # the platform of this test listens all the time
    some = [dataclasses.replace(one, at=-(-one.at // TICK) * TICK) for one in messages if start <= one.at <= end]
    if not some or any(one.kind is Kind.RAW or one.retained or not _is_plain(one.payload) for one in some):
        return None
    return Cut(life.lift, episode.cause, episode.truth is Truth.ENTRAPMENT, some, start)


def _is_plain(payload: bytes) -> bool:
    try:
        json.loads(payload)
    except ValueError:
        return False
    return True


def _done() -> float:
    """Messages of which the intake has said what became of them."""
    return sum(one.value for family in metrics.MESSAGES.collect() for one in family.samples if "_total" in one.name)


async def _publish(town: Town, lines: dict[str, Any], messages: list[tuple[str, Message]]) -> None:
    """The messages of one moment: each lift's in its order, one at a time, as two lanes read them."""
    by_lift: dict[str, list[Message]] = defaultdict(list)
    for lift_id, message in messages:
        by_lift[lift_id].append(message)
    for row in itertools.zip_longest(*by_lift.values()):
        before, sent = _done(), 0
        for lift_id, message in zip(by_lift, row, strict=True):
            if message is not None:
                sent += 1
                await lines[lift_id].publish(message.kind, message.payload, retain=message.kind is Kind.LINK)
        await until(lambda before=before, sent=sent: now(_done() >= before + sent), "the intake has taken them")


def _told(lift_id: str, incidents: Iterable[Incident]) -> list[dict[str, Any]]:
    return [
        {
            "lift_id": lift_id, "kind": one.kind, "code": one.code, "reason": one.reason, "causes": sorted(one.causes),
            "opened_at": one.opened_at, "confirmed_at": one.confirmed_at, "open": one.live,
        }
        for one in incidents
    ]  # fmt: skip


async def _stored(database: str) -> list[dict[str, Any]]:
    async with await psycopg.AsyncConnection.connect(database, row_factory=dict_row) as connection:
        cursor = await connection.execute(
            "SELECT lift_id, kind, coalesce(code, '') AS code, reason, causes, opened_at, confirmed_at, state"
            " FROM incident JOIN lift USING (lift_no) ORDER BY opened_at, lift_id"
        )
        rows = await cursor.fetchall()
    return [
        {
            **{name: row[name] for name in ("lift_id", "kind", "code", "reason")}, "causes": sorted(row["causes"]),
            "opened_at": to_ms(row["opened_at"]),
            "confirmed_at": None if row["confirmed_at"] is None else to_ms(row["confirmed_at"]),
            "open": row["state"] not in {"cleared", "closed", "cancelled"},
        }
        for row in rows
    ]  # fmt: skip


def _by_lift(incidents: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found = defaultdict(list)
    for one in sorted(incidents, key=lambda one: (one["lift_id"], one["opened_at"], one["kind"], one["code"])):
        found[one["lift_id"]].append(one)
    return found


def _differences(virtually: list[dict[str, Any]], really: list[dict[str, Any]]) -> list[str]:
    mine, theirs = _by_lift(virtually), _by_lift(really)
    said = []
    for lift_id in sorted({*mine, *theirs}):
        if len(mine[lift_id]) != len(theirs[lift_id]):
            said.append(f"{lift_id}: virtually {mine[lift_id]}, really {theirs[lift_id]}")
        for one, other in zip(mine[lift_id], theirs[lift_id], strict=False):
            said += [f"{lift_id}: {name}: {one}, {other}" for name in one if not _same(one[name], other[name])]
    return said


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, int) and isinstance(other, int) and not isinstance(one, bool):
        return abs(one - other) <= WITHIN
    return bool(one == other)


@pytest.mark.integration
async def test_pipeline_and_judge_agree(town: Town) -> None:
    plan = city.Plan(lifts=LIFTS, days=1, trap_factor=3_000)
    found = list(cuts(city.lives(plan, seed=SEED)))
    chosen = [one for one in found if one.trapped][:TRAPPED] + [one for one in found if not one.trapped][:NOISES]
    assert len(chosen) == TRAPPED + NOISES
    noon = to_ms(town.clock.noon)
    virtually, lines, sent = [], {}, []
    end = noon + max(cut.messages[-1].at - cut.start for cut in chosen)
    for cut in chosen:
        lift_id = cut.lift.lift_id
        messages = cut.moved(noon)
        sent += [(lift_id, message) for message in messages]
        heard = intake.take(cut.lift, messages, ADAPTERS).heard
        virtually += _told(
            lift_id,
            virtual.live(
                heard, facts=virtual.facts_of(cut.lift), begin=noon, end=end + 1, policy=Policy(), episodes=None
            ),
        )
        lines[lift_id] = await town.car(
            lift_id, building=f"of {lift_id}", lift_class=cut.lift.lift_class, rated_speed=cut.lift.rated_speed
        )
    sure = [one for one in virtually if one["kind"] == "rescue" and one["confirmed_at"] is not None]
    assert len({one["reason"] for one in sure}) >= 3, "too little is tried"
    sent.sort(key=lambda one: one[1].at)
    for at, some in itertools.groupby(sent, key=lambda one: one[1].at):
        await town.at((at - noon) / 1000)
        await _publish(town, lines, list(some))
    await town.at((end - noon) / 1000 + 0.001)
    assert not _differences(virtually, await _stored(town.database)), [cut.cause for cut in chosen]
