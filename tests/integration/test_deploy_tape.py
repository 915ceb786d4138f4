"""Recording from a real broker, and playing into one: nothing changed, nothing missing, nobody disturbed."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import aiomqtt
import mqtt5
import psycopg

from deploy.servers import Mosquitto
from deploy.tape import file, play, record
from deploy.tape.format import Gap, Head, Heard, Message
from elevator import broker as ways
from elevator import clock
from simulators import publisher
from simulators.wireline import Wireline
from tests.ingest_service import IngestService

WITHIN = 15.0  # s
BURST = 500  # messages
SAID = [
    (
        "telemetry",
        b'{"ts":1790000000000,"seq":0,"boot":"b","mode":"normal","floor":"1","moving":false,"door":"open","door_zone":true}',
    ),
    ("event", b'{"ts":1790000000100,"seq":0,"boot":"b","code":"alarm_button","active":true}'),
    ("raw/compact", b"\x00\xff\xfe not text"),
    ("telemetry", b"[]"),
    (
        "telemetry",
        '{"ts":1790000000200,"seq":1,"boot":"b","mode":"normal","floor":"负一","moving":false,"door":"open","door_zone":true}'.encode(),
    ),
]


@asynccontextmanager
async def client(url: str) -> AsyncIterator[aiomqtt.Client]:
    parts = urlsplit(url)
    async with aiomqtt.Client(
        parts.hostname or "", parts.port or 0, username=parts.username, password=parts.password,
        protocol=aiomqtt.ProtocolVersion.V5,
    ) as made:  # fmt: skip
        yield made


async def until(condition, what: str) -> None:
    try:
        async with asyncio.timeout(WITHIN):
            while not condition():  # noqa: ASYNC110 - conditions of many kinds
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not within {WITHIN:.0f} s: {what}") from None


@asynccontextmanager
async def recording(broker: Mosquitto, path: Path, **options: object) -> AsyncIterator[record.Recorder]:
    stop = asyncio.Event()
    with file.Writer(path, at=clock.now_ms()) as writer:
        recorder = record.Recorder(way=ways.access(broker.url), writer=writer, **options)
        task = asyncio.create_task(recorder.run(stop))
        try:
            await until(lambda: recorder.listening.is_set() or task.done(), "listening")
            yield recorder
        finally:
            stop.set()
            await asyncio.wait_for(task, WITHIN)


def messages(path: Path) -> list[Message]:
    return [line for line in file.read(path) if isinstance(line, Message)]


async def say(broker: Mosquitto, lift: str = "L-1") -> None:
    async with client(broker.lift_url) as lifts:
        for topic, payload in SAID:
            await lifts.publish(f"lift/v1/{lift}/{topic}", payload, qos=1)


async def test_what_was_recorded_is_what_is_played(broker: Mosquitto, tmp_path: Path) -> None:
    """Byte for byte and in order, the retained link of before included; a second recording of the replay is equal."""
    first, second = tmp_path / "first", tmp_path / "second"
    async with client(broker.lift_url) as lifts:
        await lifts.publish("lift/v1/L-1/link", b'{"online":true}', qos=1, retain=True)
    async with recording(broker, first) as recorder:
        await say(broker)
        await until(lambda: recorder.messages == 1 + len(SAID), "all of it")
    heard = messages(first)
    assert heard[0].topic == "lift/v1/L-1/link"
    assert heard[0].retained
    assert [(one.topic, one.payload, one.retained) for one in heard[1:]] == [
        (f"lift/v1/L-1/{topic}", payload, False) for topic, payload in SAID
    ]  # fmt: skip
    assert isinstance(list(file.read(first))[-1], Gap)

    async with recording(broker, second, lifts=("L-*",)) as recorder:
        where = publisher.broker(broker.url)
        told = await asyncio.to_thread(lambda: played(where, first))
        assert (told.sent, told.refused, told.faults) == (6, 0, [])
        await until(lambda: recorder.messages == 1 + len(heard), "the replay")
    assert [(one.topic, one.payload) for one in messages(second)[1:]] == [(one.topic, one.payload) for one in heard]


def played(where: publisher.Broker, path: Path, *, speed: float | None = None, shifted: bool = False) -> play.Told:
    player = play.Player(where, speed=speed, shifted=shifted)
    try:
        return player.play(file.read(path))
    finally:
        player.close()


async def test_a_replay_keeps_the_recordings_pace(broker: Mosquitto, tmp_path: Path) -> None:
    path = tmp_path / "slow"
    with file.Writer(path, at=0) as writer:
        for at in (0, 200, 1000):
            writer.add(Message(at, "lift/v1/L-1/event", b"x"))
    heard: list[float] = []

    async def listen(lifts: aiomqtt.Client) -> None:
        async for _ in lifts.messages:
            heard.append(asyncio.get_running_loop().time())  # noqa: PERF401 - it never ends

    async with client(broker.url) as lifts:
        await lifts.subscribe("lift/v1/+/event", qos=1)
        task = asyncio.create_task(listen(lifts))
        await asyncio.to_thread(lambda: played(publisher.broker(broker.url), path, speed=2))
        await until(lambda: len(heard) == 3, "three messages")
        task.cancel()
        await asyncio.wait({task})
    assert 0.05 < heard[1] - heard[0] < 0.4
    assert 0.3 < heard[2] - heard[1] < 1.5


async def test_what_the_broker_refuses_is_counted(broker: Mosquitto, tmp_path: Path) -> None:
    """Nobody but the platform may write `ack`."""
    path = tmp_path / "refused"
    with file.Writer(path, at=0) as writer:
        writer.add(Message(0, "lift/v1/L-1/ack", b"x"))
        writer.add(Message(0, "lift/v1/L-1/event", b"x"))
    told = await asyncio.to_thread(lambda: played(publisher.broker(broker.lift_url), path))
    assert (told.sent, told.refused) == (2, 1)


async def test_a_full_inbox_is_counted(broker: Mosquitto, tmp_path: Path) -> None:
    """What the recorder has no room for stands in the file as a number."""
    path = tmp_path / "full"
    async with recording(broker, path, inbox=1) as recorder:
        await asyncio.to_thread(burst, publisher.broker(broker.lift_url))
        await say(broker)
        await until(lambda: recorder.messages + recorder.lost >= BURST, "the burst")
    told = sum(one.lost for one in file.read(path) if isinstance(one, Heard))
    assert told == recorder.lost > 0


def burst(where: publisher.Broker) -> None:
    """More at once than one turn of the event loop can take."""
    line = Wireline(where, "burst")
    one = mqtt5.PublishPacket("lift/v1/L-1/telemetry", b"x", qos=mqtt5.QoS.AT_MOST_ONCE)
    line.send(*[one] * BURST)
    line.close()


async def test_a_lost_broker_is_a_gap(broker: Mosquitto, tmp_path: Path) -> None:
    path = tmp_path / "gap"
    async with recording(broker, path) as recorder:
        await say(broker)
        await until(lambda: recorder.messages == len(SAID), "the first")
        broker.stop()
        await until(lambda: recorder.gaps == 1, "the loss")
        broker.start()
        await until(lambda: recorder.gaps == 1 and recorder.listening.is_set(), "listening again")
        await say(broker, "L-2")
        await until(lambda: recorder.messages == 2 * len(SAID), "the second")
    kinds = [type(one) for one in file.read(path) if not isinstance(one, Message)]
    assert kinds == [Head, Gap, Heard, Gap]


async def test_a_killed_recorder_costs_a_second(broker: Mosquitto, tmp_path: Path) -> None:
    """`kill -9` in the middle: what was there a second before is in the file, and a new one goes on behind it."""
    path = tmp_path / "killed"
    environment = os.environ | {"LIFTLINE_MQTT_URL": broker.url}
    words = [sys.executable, "-m", "deploy.cli", "record", str(path)]
    process = await asyncio.create_subprocess_exec(*words, env=environment, stderr=asyncio.subprocess.PIPE)
    try:
        await until(path.exists, "the file")
        async with client(broker.lift_url) as lifts:
            async with asyncio.timeout(WITHIN):
                while not messages(path):
                    await lifts.publish("lift/v1/L-1/event", b"x", qos=1)
                    await asyncio.sleep(0.2)
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()
    before = len(messages(path))
    assert before > 0
    done = await asyncio.create_subprocess_exec(*words, "--for", "1", env=environment, stderr=asyncio.subprocess.PIPE)
    _, said = await asyncio.wait_for(done.communicate(), WITHIN)
    assert done.returncode == 0
    assert f"{path}: 0 messages" in said.decode()
    lines = list(file.read(path))
    assert len([line for line in lines if isinstance(line, Message)]) == before
    assert [type(line) for line in lines if not isinstance(line, Message)] == [Head, Head, Gap]


async def test_a_broker_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    environment = os.environ | {"LIFTLINE_MQTT_URL": "mqtt://127.0.0.1:1"}
    words = [sys.executable, "-m", "deploy.cli", "record", str(tmp_path / "none"), "--for", "5"]
    done = await asyncio.create_subprocess_exec(*words, env=environment, stderr=asyncio.subprocess.PIPE)
    _, said = await asyncio.wait_for(done.communicate(), WITHIN)
    assert done.returncode == 1
    assert "the broker cannot be reached" in said.decode()


async def test_a_rescue_replayed_now_is_a_rescue(broker: Mosquitto, database: str, tmp_path: Path) -> None:
    """A recorded press of the button, moved to the present, opens an incident although its key was heard before."""
    path = tmp_path / "press"
    pressed = [
        b'{"ts":1790000000000,"seq":5,"boot":"b","mode":"normal","floor":"1","moving":false,"door":"closed","door_zone":true}',
        b'{"ts":1790000000100,"seq":0,"boot":"b","code":"alarm_button","active":true}',
    ]
    with file.Writer(path, at=1790000000000) as writer:
        writer.add(Message(1790000000000, "lift/v1/L-1/telemetry", pressed[0]))
        writer.add(Message(1790000000100, "lift/v1/L-1/event", pressed[1]))
    variables = {"LIFTLINE_DATABASE_URL": database, "LIFTLINE_MQTT_URL": broker.url}
    async with IngestService(**variables) as service:
        await service.answers("/readyz", "200 ")
        for _ in range(2):
            await asyncio.to_thread(
                lambda: play.run(path, url=broker.url, speed=None, shifted=True, elsewhere=False, lifts=())
            )
        async with asyncio.timeout(WITHIN):
            while len(found := rows(database, "SELECT boot, ts, received_at FROM event")) < 2:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.1)
    assert len({boot for boot, _, _ in found}) == 2
    assert all(boot.startswith("b~") for boot, _, _ in found)
    assert all(abs((ts - received).total_seconds()) < 10 for _, ts, received in found)


def rows(url: str, statement: str) -> list[tuple]:
    with psycopg.connect(url) as connection:
        return connection.execute(statement).fetchall()


def test_the_recording_is_json_for_anybody(tmp_path: Path) -> None:
    """`zcat` and any JSON reader are enough."""
    path = tmp_path / "open"
    with file.Writer(path, at=5) as writer:
        writer.add(Message(6, "lift/v1/L-1/event", b'{"code":"x"}'))
    lines = subprocess.run(["gzip", "-dc"], input=path.read_bytes(), capture_output=True, check=True).stdout
    assert [json.loads(line) for line in lines.splitlines()] == [
        {"liftline": "recording", "version": 1, "at": 5},
        {"at": 6, "topic": "lift/v1/L-1/event", "text": '{"code":"x"}'},
    ]
