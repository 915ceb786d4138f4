"""Whatever strangers send through the real broker into the real database: stored or in quarantine, and never a stop."""

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

import aiomqtt
import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from alerts.policy import Policy
from deploy.chaos.arena import Loop
from deploy.chaos.proxy import Proxy
from deploy.servers import Mosquitto
from elevator import clock, times, wire
from elevator.errors import Unreadable
from elevator.model import Event, Link, Sample
from elevator.settings import Settings
from ingest import normalise
from ingest.adapters import ADAPTERS
from ingest.pipeline import Intake
from ingest.subscriber import Message

NOW = st.integers(-100_000, 1000).map(lambda shift: clock.now_ms() + shift)
text = st.text(st.characters(exclude_characters="\x00"), max_size=10) | st.sampled_from(
    ["", "\x00", "梯", "\ud800", "'"]
)
numbers = st.sampled_from([0, -1, 0.5, 2**31, 2**53 + 1, 2**63 - 1, 2**64, 10**400, 1e308, 3.4e38, 1e-320, -0.0])
values = st.recursive(
    st.none() | st.booleans() | numbers | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from([one for kind in (Sample, Event) for one in kind.__struct_fields__ if one != "ts"] + ["own"])


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    """A good sample or event with some fields that are not."""
    one: dict[str, Any] = {"ts": draw(NOW), "seq": draw(st.integers(0, 10**6))}
    kind = draw(st.integers(0, 4))
    if kind == 0:
        one |= {"online": draw(st.booleans()), "interval": draw(st.sampled_from([30, 0, 1e9, 0.5]))}
    elif kind < 3:
        one |= {"mode": "normal", "floor": "3", "moving": False, "door_zone": True, "door": "closed"}
    else:
        one |= {"code": draw(st.sampled_from(["door_held", "other", "no such code"])), "active": draw(st.booleans())}
        if draw(st.booleans()):
            one["detail"] = draw(st.dictionaries(text, values, max_size=2))
    return one | draw(st.dictionaries(fields, values, max_size=2))


@st.composite
def payloads(draw: st.DrawFn) -> bytes:
    """Bytes, JSON, JSON with a wound, and what is too much."""
    match draw(st.integers(0, 7)):
        case 0:
            return draw(st.binary(max_size=60))
        case 1:
            return wire_dump([draw(bodies()) | {"seq": n} for n in range(draw(st.sampled_from([0, 1, 100, 101])))])
        case 2:
            data = wire_dump(draw(bodies()))
            at = draw(st.integers(0, len(data)))
            return data[:at] + draw(st.sampled_from([b"", b"\xff", b"\x00", b"\\u0000", b"\\udc00"])) + data[at:]
        case 3:
            opening, closing = draw(st.sampled_from([("[", "]"), ('{"a":', "}")]))
            depth = draw(st.sampled_from([1, 32, 33, 900, 9000]))
            nested = opening * depth + "1" + closing * depth
            return f'{{"ts": 1, "seq": 1, "code": "x", "active": true, "detail": {{"a": {nested}}}}}'.encode()
        case 4:
            return draw(st.sampled_from([b"x" * 65_537, b"[" * 70_000, b"", b"null", b"[]", b"[[]]"]))
        case _:
            return wire_dump(draw(bodies()))


def wire_dump(value: Any) -> bytes:
    import json

    return json.dumps(value).encode()


lift_ids = st.sampled_from(["S1", "S2", "S3", "S4", "a b", "梯", "x" * 65])
tails = st.sampled_from(
    ["telemetry", "event", "telemetry", "event", "link", "raw/maker", "raw", "nonsense", "event/more"]
)
messages = st.tuples(st.builds("lift/v1/{}/{}".format, lift_ids, tails), payloads())


class Database:
    """What a test asks the database."""

    def __init__(self, url: str) -> None:
        self.url = url

    def rows(self, query: str, *args: Any) -> list[dict[str, Any]]:
        with psycopg.connect(self.url, autocommit=True, row_factory=dict_row) as connection:
            return connection.execute(query.encode(), args).fetchall()

    def run(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())


def until(condition: Callable[[], Any], within: float = 60.0) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.02)


@contextmanager
def intake(loop: Loop, database: str, broker: str) -> Iterator[Intake]:
    """The real intake, in a loop beside the test."""

    async def make() -> tuple[Intake, asyncio.Event]:
        return Intake(Settings(database_url=database, mqtt_url=broker), Policy()), asyncio.Event()

    async def end(stop: asyncio.Event) -> None:
        stop.set()

    service, stop = loop.call(make())
    running = loop.begin(service.run(stop))
    try:
        until(lambda: running.done() or service.ready() is None)
        yield service
    finally:
        loop.call(end(stop))
        running.result(30)


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.close()


def send(loop: Loop, url: str, some: list[tuple[str, bytes]]) -> None:
    """Publish in order, as the platform's own user: it may write on every topic."""
    where = urlsplit(url)

    async def work() -> None:
        async with aiomqtt.Client(
            where.hostname or "", where.port or 0, protocol=aiomqtt.ProtocolVersion.V5,
            username=unquote(where.username or ""), password=unquote(where.password or ""),
        ) as client:  # fmt: skip
            waiting: list[Awaitable[None]] = [client.publish(topic, payload, qos=1) for topic, payload in some]
            for start in range(0, len(waiting), 500):
                await asyncio.gather(*waiting[start : start + 500])

    loop.call(work(), 120)


def alarm(lift_id: str) -> tuple[str, bytes]:
    body = {"ts": clock.now_ms(), "seq": 0, "code": "entrapment", "active": True}
    return f"lift/v1/{lift_id}/event", wire.encode(body)


def rescued(db: Database, lift_id: str) -> bool:
    query = "SELECT 1 FROM incident JOIN lift USING (lift_no) WHERE kind = 'rescue' AND lift_id = %s"
    return bool(db.rows(query, lift_id))


def test_nothing_but_a_row_or_quarantine_comes_of_what_strangers_send(
    database: str, broker: Mosquitto, loop: Loop
) -> None:
    db = Database(database)
    sent: list[tuple[str, bytes]] = []
    rounds = iter(range(1000))

    with intake(loop, database, broker.url) as service:

        @settings(
            max_examples=10,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.lists(messages, min_size=60, max_size=60))
        def storm(some: list[tuple[str, bytes]]) -> None:
            lift_id = f"GOOD-{next(rounds)}"
            sent.extend(some)
            send(loop, broker.url, [*some, alarm(lift_id)])
            until(lambda: rescued(db, lift_id))
            until(lambda: not any(lane.unacknowledged for lane in service.lanes))
            assert service.ready() is None

        storm()
    assert len(sent) >= 600
    rows = {
        table: {(row["lift_id"], row["boot"], row["seq"], times.to_ms(row["ts"]))
                for row in db.rows(f"SELECT lift_id, boot, seq, ts FROM {table} JOIN lift USING (lift_no)")}
        for table in ("sample", "event")
    }  # fmt: skip
    links = {(row["lift_id"], times.to_ms(row["ts"])) for row in db.rows(_LINKS)}
    kept = db.rows("SELECT payload, reason FROM quarantine")
    assert [row for row in kept if row["reason"] == Unreadable.REFUSED_BY_DATABASE] == []
    digests = {hashlib.sha256(row["payload"]).digest() for row in kept}
    for topic, payload in sent:
        reading = normalise.read(Message(topic, payload, False, False, 0, 1, 1), None, ADAPTERS)
        for item in reading.items:
            if isinstance(item, Link):
                assert item.ts is None or (reading.lift_id, item.ts) in links
                continue
            table = "sample" if isinstance(item, Sample) else "event"
            assert (reading.lift_id, item.boot, item.seq, item.ts) in rows[table]
        assert all(hashlib.sha256(bad.payload).digest() in digests for bad in reading.bad)
    assert {row["reason"] for row in kept} >= {"not_json", "bad_topic", "too_large", "array_length", "unknown_adapter"}


_LINKS = "SELECT lift_id, ts FROM link JOIN lift USING (lift_no) WHERE ts IS NOT NULL"


def test_ten_thousand_bad_messages_and_then_an_alarm(
    database: str, broker: Mosquitto, loop: Loop, capsys: pytest.CaptureFixture[str]
) -> None:
    """Figures are shown, never judged: a machine may be busy. What must be stored is."""
    db = Database(database)

    def took(lift_id: str) -> float:
        began = time.monotonic()
        send(loop, broker.url, [alarm(lift_id)])
        until(lambda: rescued(db, lift_id), 120)
        return (time.monotonic() - began) * 1000

    def rubbish(name: str, topic: str) -> list[tuple[str, bytes]]:
        return [(f"lift/v1/BAD-{n % 50}/{topic}", f"{name} nonsense {n}".encode()) for n in range(10_000)]

    def quarantined(number: int) -> bool:
        return db.rows("SELECT count(*) FROM quarantine")[0]["count"] == number

    with intake(loop, database, broker.url):
        took("WARM-UP")
        alone = sorted(took(f"ALONE-{n}") for n in range(5))
        figures = [f"alone: median {alone[2]:.0f} ms, longest {alone[-1]:.0f} ms"]
        for number, topic in enumerate(("telemetry", "event"), 1):
            began = time.monotonic()
            send(loop, broker.url, rubbish(topic, topic))
            published = time.monotonic() - began
            behind = took(f"BEHIND-{topic}")
            until(lambda number=number: quarantined(10_000 * number), 300)
            drained = time.monotonic() - began
            after = sorted(took(f"AFTER-{topic}-{n}") for n in range(5))
            figures.append(
                f"10 000 bad on {topic} (published in {published:.1f} s, kept after {drained:.1f} s):"
                f" right behind them {behind:.0f} ms, afterwards median {after[2]:.0f} ms, longest {after[-1]:.0f} ms"
            )
    with capsys.disabled():
        print("\nan alarm from publish to rescue\n" + "\n".join(figures))
    rescues = db.rows("SELECT lift_id FROM incident JOIN lift USING (lift_no) WHERE kind = 'rescue'")
    assert len(rescues) == 1 + 5 + 2 * 6
    # ten thousand unreadable messages on `event` are one system alarm for each of their lifts, not ten thousand
    assert db.rows("SELECT count(*) FROM incident WHERE kind = 'system'")[0]["count"] <= 50


def test_an_unreadable_message_that_comes_twice_in_one_batch_is_kept_once(
    database: str, broker: Mosquitto, loop: Loop
) -> None:
    """The database hangs, the connection to the broker ends: both deliveries wait in the inbox, side by side."""
    db = Database(database)
    port = urlsplit(broker.url).port or 0
    proxy = loop.call(Proxy(lambda: port).start())
    name = urlsplit(database).path[1:]
    try:
        through = broker.url.replace(f":{port}", f":{proxy.port}")
        with intake(loop, database, through) as service:
            lane = service.lanes[1]
            send(loop, broker.url, [("lift/v1/L1/telemetry", b"the first")])
            until(lambda: db.rows("SELECT 1 FROM quarantine"))
            with psycopg.connect(database) as hung:
                hung.execute("LOCK TABLE quarantine IN EXCLUSIVE MODE")
                send(loop, broker.url, [("lift/v1/L1/telemetry", b"the second")])
                until(lambda: db.rows(_WAITING, name))
                send(loop, broker.url, [("lift/v1/L1/telemetry", b"the third")])
                until(lambda: lane.unacknowledged == 2)
                before = lane._subscriber.epoch
                loop.call(proxy.cut_now())
                until(lambda: lane._subscriber.epoch > before and lane.unacknowledged == 2)
            until(lambda: not lane.unacknowledged)
    finally:
        loop.call(proxy.stop())
    kept = sorted(bytes(row["payload"]) for row in db.rows("SELECT payload FROM quarantine"))
    assert kept == [b"the first", b"the second", b"the third"]


_WAITING = "SELECT 1 FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"
