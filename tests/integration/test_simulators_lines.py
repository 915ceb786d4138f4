"""The fleet's lines on the real broker: last will, alarms repeated until their `ack`, replay after an outage."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import aiomqtt
import pytest

from deploy.servers import Mosquitto
from elevator import topics, wire
from elevator.model import LiftClass
from simulators import control, controller
from simulators.publisher import broker as read_url
from simulators.run import Simulation
from simulators.trouble import TroubleError

LIFT = "31104302112016059001"
WITHIN = 15.0  # s


class Platform:
    """What the platform's side hears, and its way to answer."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self.client = client
        self.heard: list[tuple[str, bytes, bool]] = []

    async def listen(self) -> None:
        """Keep what comes."""
        async for message in self.client.messages:
            self.heard.append((str(message.topic), bytes(message.payload), bool(message.retain)))

    def on(self, topic: str) -> list[bytes]:
        """The payloads heard on a topic, oldest first."""
        return [payload for heard, payload, _ in self.heard if heard == topic]

    async def ack(self, lift_id: str, payload: bytes) -> None:
        """Answer an alarm event."""
        event = json.loads(payload)
        said = {key: event[key] for key in ("boot", "seq", "code", "active")}
        answer = {**said, "incident": None, "received_at": "2027-01-15T08:00:00Z"}
        await self.client.publish(topics.ack(lift_id), json.dumps(answer), qos=1)


async def until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition, and say what was waited for when it does not come."""
    try:
        async with asyncio.timeout(WITHIN):
            while not condition():  # noqa: ASYNC110 - conditions of many kinds
                await asyncio.sleep(0.02)
    except TimeoutError:
        pytest.fail(f"not within {WITHIN:.0f} s: {what}")


@asynccontextmanager
async def listening(broker: Mosquitto) -> AsyncIterator[Platform]:
    parts = urlsplit(broker.url)
    async with aiomqtt.Client(
        parts.hostname or "", parts.port or 0, username=parts.username, password=parts.password,
        protocol=aiomqtt.ProtocolVersion.V5,
    ) as client:  # fmt: skip
        platform = Platform(client)
        await client.subscribe("lift/v1/#", qos=1)
        task = asyncio.create_task(platform.listen())
        try:
            yield platform
        finally:
            task.cancel()
            await asyncio.wait({task})


@asynccontextmanager
async def city(broker: Mosquitto, **options: object) -> AsyncIterator[Simulation]:
    async with Simulation(mqtt_url=broker.lift_url, **{"lifts": 3, "interval": 1, **options}) as simulation:
        await simulation.start()
        yield simulation


async def test_each_lift_has_a_line_of_its_own_with_a_retained_link_and_a_last_will(broker):
    async with city(broker) as simulation:
        assert simulation.connected == 3
        async with listening(broker) as platform:
            await until(lambda: len([h for h in platform.heard if h[0].endswith("/link")]) == 3, "three retained links")
            assert all(wire.decode_link(p).online for t, p, _ in platform.heard if t.endswith("/link"))
            simulation.inject(LIFT, "silent")
            await until(lambda: len(platform.on(topics.link(LIFT))) == 2, "the last will")
            assert platform.on(topics.link(LIFT))[-1] == b'{"online":false}'
            assert simulation.connected == 2
        async with listening(broker) as late:
            await until(lambda: late.on(topics.link(LIFT)), "the will, retained")
            assert late.heard[0]
            assert late.on(topics.link(LIFT)) == [b'{"online":false}']


async def test_lifts_that_leave_say_so(broker):
    async with listening(broker) as platform:
        async with city(broker):
            pass
        links = [t for t, p, _ in platform.heard if t.endswith("/link") and not wire.decode_link(p).online]
        await until(
            lambda: sum(b"false" in p for t, p, _ in platform.heard if t.endswith("/link")) == 3, f"3 wills: {links}"
        )


async def test_an_alarm_is_repeated_with_the_same_boot_and_seq_until_its_ack(broker, monkeypatch):
    monkeypatch.setattr(controller, "REPEAT", 300)
    async with listening(broker) as platform, city(broker) as simulation:
        simulation.inject(LIFT, "button", press="short")

        def pressed() -> list[bytes]:
            return [p for p in platform.on(topics.event(LIFT)) if json.loads(p)["active"]]

        await until(lambda: len(pressed()) >= 3, "three times the press")
        assert len(set(pressed())) == 1
        await until(lambda: len(set(platform.on(topics.event(LIFT)))) == 2, "press and release")
        for payload in set(platform.on(topics.event(LIFT))):
            await platform.ack(LIFT, payload)
        await until(lambda: simulation.fleet.lifts[LIFT].controller.unanswered == 0, "both answered")
        before = len(platform.on(topics.event(LIFT)))
        samples = len(platform.on(topics.telemetry(LIFT)))
        await until(lambda: len(platform.on(topics.telemetry(LIFT))) >= samples + 2, "two more samples")
        assert len(platform.on(topics.event(LIFT))) <= before + 1, "at most one that was under way"


async def test_the_passengers_words_reach_the_car(broker):
    async with listening(broker) as platform, city(broker) as simulation:
        words = json.dumps({"incident": "x", "stage": "accepted", "eta_s": 60, "text": {}, "ts": 1})
        await platform.client.publish(topics.notice(LIFT), words, qos=1, retain=True)
        row = simulation.fleet.lifts[LIFT]
        await until(lambda: row.notice == "accepted", "the notice")
        await platform.client.publish(topics.notice(LIFT), b"", qos=1, retain=True)
        await until(lambda: row.notice is None, "and its end")


async def test_what_happened_without_a_line_is_replayed_and_leaves_no_gap(broker):
    """The line is cut, someone is trapped and presses; when the line is back the platform can tell the whole story."""
    async with listening(broker) as platform, city(broker, speed=5.0) as simulation:
        await until(lambda: platform.on(topics.telemetry(LIFT)), "the first sample")
        simulation.inject(LIFT, "silent")
        await until(lambda: simulation.connected == 2, "the cut")
        simulation.inject(LIFT, "entrapment", after=0)
        lift = simulation.fleet.lifts[LIFT]
        await until(lambda: lift.controller.unanswered and lift.controller.kept > 10, "a press in the dark")
        assert not list(platform.on(topics.event(LIFT)))
        lift.troubles.clear()  # the wire is mended; the car still stands
        await until(lambda: simulation.connected == 3, "the line is back")
        await until(lambda: len(platform.on(topics.event(LIFT))) >= 2, "alarm and fault")
        await until(lambda: missing(platform) == set(), "a story without a gap")
        events = [e for p in platform.on(topics.event(LIFT)) for e in wire.decode_events(p).items]
        assert {e.code for e in events} >= {"alarm_button", "stopped_outside_zone"}
        assert all(e.replay for e in events if e.active)


def missing(platform: Platform) -> set[int]:
    """Numbers that were jumped over in the lift's samples."""
    payloads = platform.on(topics.telemetry(LIFT))
    seen = {s.seq for p in payloads for s in wire.decode_samples(p, LiftClass.TRACTION).items}
    return set(range(max(seen) + 1)) - seen


async def test_a_broker_that_dies_and_comes_back_gets_everything_it_had_not_confirmed(broker):
    async with city(broker) as simulation:
        async with listening(broker) as platform:
            await until(lambda: platform.on(topics.telemetry(LIFT)), "the first sample")
            last = max(json.loads(p)["seq"] for p in platform.on(topics.telemetry(LIFT)))
        address = broker.lift_url
        broker.kill()
        await until(lambda: simulation.connected == 0, "all lines lost")
        lift = simulation.fleet.lifts[LIFT]
        await until(lambda: lift.controller.kept >= 2, "samples kept")
        broker.start()
        assert broker.lift_url == address
        async with listening(broker) as again:
            await until(lambda: simulation.connected == 3, "all lines back")
            await until(lambda: again.on(topics.telemetry(LIFT)), "samples")
            payloads = again.on(topics.telemetry(LIFT))
            seen = {s.seq for p in payloads for s in wire.decode_samples(p, LiftClass.TRACTION).items}
            assert set(range(min(seen), max(seen) + 1)) == seen
            # what fell between the end of listening and the death was confirmed to the lift, or is here
            assert min(seen) <= last + 12


async def test_a_controller_that_lost_power_comes_back_with_a_new_boot(broker):
    async with listening(broker) as platform, city(broker) as simulation:
        await until(lambda: platform.on(topics.telemetry(LIFT)), "the first sample")
        simulation.inject(LIFT, "dead")
        await until(lambda: simulation.connected == 2, "the line is lost")
        simulation.inject(LIFT, "repair")
        await until(lambda: simulation.connected == 3, "the line is back")

        def boots() -> list[str]:
            payloads = platform.on(topics.telemetry(LIFT))
            return [s.boot for p in payloads for s in wire.decode_samples(p, LiftClass.TRACTION).items]

        await until(lambda: len(set(boots())) == 2, "a second boot")
        again = [json.loads(p) for p in platform.on(topics.telemetry(LIFT))]
        assert min(s["seq"] for s in again if s["boot"] == boots()[-1]) == 0


async def test_power_lost_and_found_in_one_breath_still_makes_the_line_anew(broker):
    async with listening(broker) as platform, city(broker) as simulation:
        await until(lambda: platform.on(topics.link(LIFT)), "the link")
        simulation.inject(LIFT, "dead")
        simulation.inject(LIFT, "repair")
        await until(lambda: len(platform.on(topics.link(LIFT))) >= 3, "the will and a new link")
        await until(lambda: simulation.connected == 3, "all on the line")


async def test_orders_come_over_the_socket(broker, tmp_path):
    path = tmp_path / "orders" / "simulate.sock"
    async with city(broker) as simulation:
        async with control.listening(path, simulation.obey):
            assert await control.send(path, f"{LIFT} silent") == (True, f"silent: {LIFT}")
            obeyed, answer = await control.send(path, f"{LIFT} explode")
            assert not obeyed
            assert "is none of" in answer
            with pytest.raises(TroubleError, match="another simulation"):
                async with control.listening(path, simulation.obey):
                    pass
        assert await control.send(path, f"{LIFT} repair") == (False, f"no simulation takes orders at {path}")
        path.touch()  # what a killed simulation leaves behind
        async with control.listening(path, simulation.obey):
            assert (await control.send(path, f"{LIFT} repair"))[0]


async def test_no_broker_is_said_and_not_waited_for_for_ever(monkeypatch, unused_tcp_port_url):
    monkeypatch.setattr("simulators.run.READY", 0.5)
    async with Simulation(mqtt_url=unused_tcp_port_url, lifts=1) as simulation:
        with pytest.raises(TroubleError, match="did not answer"):
            await simulation.start()


@pytest.fixture
def unused_tcp_port_url() -> str:
    from deploy.ports import free_port

    return f"mqtt://127.0.0.1:{free_port()}"


@pytest.mark.parametrize(
    "url", ["http://x", "mqtt://", "mqtt://host:0", "mqtt://host:99999", "host:1883", "mqtts://u:hunter2@h"]
)
def test_a_broker_address_that_is_none_is_refused(url):
    """A password in it is not repeated: the sentence goes to a terminal or a log."""
    from elevator.errors import SettingsError

    with pytest.raises(SettingsError, match="mqtt://") as refused:
        read_url(url)
    assert "hunter2" not in str(refused.value)


def test_a_broker_address_may_carry_a_user_with_odd_characters():
    where = read_url("mqtt://lift%40home:p%3Aw@broker.example")
    assert (where.user, where.password, where.port) == ("lift@home", "p:w", 1883)
    assert "p:w" not in repr(where)


async def program(*arguments: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulators", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def test_the_command_runs_a_fault_for_a_while_and_ends(broker, tmp_path: Path):
    async with listening(broker) as platform:
        code, _, err = await program(
            "--mqtt-url", broker.lift_url, "--lifts", "2", "--duration", "1.5", "--fault", f"{LIFT}=button press=double",
            "--control", str(tmp_path / "s.sock"),
        )  # fmt: skip
        assert code == 0, err
        await until(lambda: platform.on(topics.event(LIFT)), "the press")
        assert re.search(r"running.*lifts=2", re.sub(r"\x1b\[[0-9;]*m", "", err))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "LIFTLINE_MQTT_URL is not set"),
        (["--mqtt-url", "mqtt://127.0.0.1:1", "--fault", "nobody=silent"], "no lift and no building"),
        (["--mqtt-url", "mqtt://127.0.0.1:1", "--scenario", "none"], "first_rescue"),
        (["--mqtt-url", "mqtt://127.0.0.1:1", "--crew-speed", "0"], "crew speed"),
    ],
)
async def test_the_command_refuses_with_one_sentence_and_exit_2(arguments, sentence):
    code, _, err = await program(*arguments)
    assert code == 2
    assert sentence in err
    assert len(err.strip().splitlines()) == 1
