"""The broker's two profiles on the real Mosquitto, judged by what is delivered: a SUBACK says "granted" to everything."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from deploy.servers import Mosquitto, scratch_folder

pytestmark = pytest.mark.integration

OWN, OTHER = "43020000001", "43020000002"
PASSWORDS = {OWN: secrets.token_urlsafe(16), OTHER: secrets.token_urlsafe(16)}
WRITABLE = ("telemetry", "event", "link", "raw/maker", "raw/maker/deep")
FORBIDDEN = ("ack", "notice", "command", "telemetry/deep")


class Client:
    """A client that remembers what it was given."""

    def __init__(self, url: str, *, client_id: str = "", user: str | None = None, password: str | None = None) -> None:
        parts = urlsplit(url)
        self.received: list[tuple[str, bytes]] = []
        self.refusal = ""
        self.connected = False
        self.acknowledged: dict[int, str] = {}
        self._mqtt = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id, protocol=mqtt.MQTTv5, reconnect_on_failure=False
        )
        name, secret = user or parts.username, password or parts.password
        if name is not None:
            self._mqtt.username_pw_set(name, secret)
        self._mqtt.on_message = lambda _c, _u, message: self.received.append((message.topic, message.payload))
        self._mqtt.on_connect = self._on_connect
        self._mqtt.on_disconnect = self._on_disconnect
        self._mqtt.on_publish = lambda _c, _u, mid, code, _p: self.acknowledged.__setitem__(mid, str(code))
        self._host, self._port = parts.hostname or "", parts.port or 0

    def _on_connect(
        self, _client: object, _data: object, _flags: object, code: mqtt.ReasonCode, _props: object
    ) -> None:
        self.connected, self.refusal = not code.is_failure, str(code) if code.is_failure else ""

    def _on_disconnect(self, *_: object) -> None:
        self.connected = False

    def connect(self, *, session: int = 0) -> "Client":
        """Connect, and wait for the answer; `session` seconds keep it over a disconnection."""
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = session
        self._mqtt.connect(self._host, self._port, 30, clean_start=session == 0, properties=properties)
        self._mqtt.loop_start()
        wait(lambda: self.connected or self.refusal)
        return self

    def subscribe(self, *filters: str) -> None:
        """Subscribe; being granted means nothing."""
        for pattern in filters:
            assert self._mqtt.subscribe(pattern, 1)[0] == mqtt.MQTT_ERR_SUCCESS
        time.sleep(0.1)

    def publish(self, topic: str, payload: bytes = b"{}") -> str:
        """Publish and return the broker's answer."""
        info = self._mqtt.publish(topic, payload, 1)
        wait(lambda: info.mid in self.acknowledged)
        return self.acknowledged[info.mid]

    def close(self) -> None:
        """Go, in order."""
        self._mqtt.disconnect()
        self._mqtt.loop_stop()


def wait(condition: object, seconds: float = 10.0) -> None:
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


@contextmanager
def client(url: str, **how: str) -> Iterator[Client]:
    made = Client(url, **how)
    try:
        yield made.connect()
    finally:
        made.close()


def settled(sender: Client, reader: Client, platform_topic: str) -> list[str]:
    """The topics the reader has, once a last message that it may read has come through behind all others."""
    marker = secrets.token_bytes(8)
    sender.publish(platform_topic, marker)
    wait(lambda: any(payload == marker for _, payload in reader.received))
    return [topic for topic, payload in reader.received if payload != marker]


@pytest.fixture(scope="module")
def guarded() -> Iterator[Mosquitto]:
    """A broker with passwords."""
    with scratch_folder("guarded") as folder, Mosquitto(folder / "mq", passwords=PASSWORDS) as server:
        yield server


def test_trial_takes_any_lift_without_a_password(broker: Mosquitto) -> None:
    with client(broker.url) as platform, client(broker.lift_url) as lift:
        platform.subscribe("#")
        for name in (OWN, OTHER):
            for tail in (*WRITABLE, *FORBIDDEN):
                lift.publish(f"lift/v1/{name}/{tail}")
        lift.publish("elsewhere")
        got = settled(platform, platform, "marker")
        assert got == [f"lift/v1/{name}/{tail}" for name in (OWN, OTHER) for tail in WRITABLE]


def test_trial_lets_lifts_read_answers_and_nothing_else(broker: Mosquitto) -> None:
    with client(broker.url) as platform, client(broker.lift_url) as lift, client(broker.lift_url) as curious:
        curious.subscribe("#", f"lift/v1/{OWN}/+", "$share/liftline/lift/v1/+/telemetry")
        for tail in WRITABLE:
            lift.publish(f"lift/v1/{OWN}/{tail}")
        platform.publish(f"lift/v1/{OWN}/ack")
        platform.publish(f"lift/v1/{OWN}/notice")
        got = settled(platform, curious, f"lift/v1/{OTHER}/ack")
        assert set(got) == {f"lift/v1/{OWN}/ack", f"lift/v1/{OWN}/notice"}


def test_the_platform_does_not_come_without_its_password(broker: Mosquitto, guarded: Mosquitto) -> None:
    with client(f"mqtt://127.0.0.1:{broker.platform_port}", user="platform", password="guess") as intruder:
        assert "Not authorized" in intruder.refusal
    with client(f"mqtt://127.0.0.1:{guarded.platform_port}") as intruder:
        assert "Not authorized" in intruder.refusal


def test_the_platforms_door_alone_gives_no_rights(broker: Mosquitto) -> None:
    with client(broker.url) as platform, client(f"mqtt://127.0.0.1:{broker.platform_port}") as lift:
        lift.subscribe("#")
        lift.publish(f"lift/v1/{OWN}/ack")
        lift.publish(f"lift/v1/{OWN}/event")
        assert settled(platform, lift, f"lift/v1/{OWN}/notice") == []


def test_with_passwords_a_lift_speaks_for_itself_only(guarded: Mosquitto) -> None:
    with (
        client(guarded.url) as platform,
        client(guarded.lift_url, user=OWN, password=PASSWORDS[OWN]) as lift,
    ):
        platform.subscribe("lift/v1/#")
        for name in (OTHER, OWN):
            for tail in (*WRITABLE, *FORBIDDEN):
                answer = lift.publish(f"lift/v1/{name}/{tail}")
                assert ("Not authorized" not in answer) == (name == OWN and tail in WRITABLE), (name, tail)
        got = settled(platform, platform, "lift/v1/marker")
        assert got == [f"lift/v1/{OWN}/{tail}" for tail in WRITABLE]


def test_with_passwords_a_lift_reads_its_own_answers_only(guarded: Mosquitto) -> None:
    with (
        client(guarded.url) as platform,
        client(guarded.lift_url, user=OWN, password=PASSWORDS[OWN]) as lift,
        client(guarded.lift_url, user=OTHER, password=PASSWORDS[OTHER]) as other,
    ):
        lift.subscribe("#", "lift/v1/+/ack", f"lift/v1/{OTHER}/ack", "$share/g/lift/v1/+/event")
        other.publish(f"lift/v1/{OTHER}/event")
        for name in (OTHER, OWN):
            for tail in ("ack", "notice"):
                platform.publish(f"lift/v1/{name}/{tail}")
        got = settled(platform, lift, f"lift/v1/{OWN}/ack")
        assert set(got) == {f"lift/v1/{OWN}/ack", f"lift/v1/{OWN}/notice"}


@pytest.mark.parametrize(
    ("user", "password"),
    [(None, None), (OWN, "wrong"), (OWN, PASSWORDS[OTHER]), ("platform", "x"), ("stranger", "x")],
    ids=["nobody", "wrong", "another-lifts", "platform", "stranger"],  # passwords are made anew in each process
)
def test_with_passwords_nobody_else_comes_in(guarded: Mosquitto, user: str | None, password: str | None) -> None:
    with client(guarded.lift_url, **({"user": user, "password": password} if user and password else {})) as intruder:
        assert "Not authorized" in intruder.refusal


def test_the_platforms_user_finds_no_platform_session_by_the_lifts_door(guarded: Mosquitto) -> None:
    """Even the right password makes no more than a session of the user's own name there."""
    door = guarded.url.replace(f":{guarded.platform_port}", f":{guarded.port}")
    with (
        client(guarded.url, client_id="liftline-ingest") as platform,
        client(door, client_id="liftline-ingest") as other,
    ):
        assert other.connected
        assert platform.connected


def test_a_lift_cannot_take_over_the_platforms_session(guarded: Mosquitto) -> None:
    """Whoever connects with a client id throws out its owner; a lift's id is its user name, whatever it asks for."""
    with client(guarded.url, client_id="liftline-ingest") as platform:
        platform.subscribe("lift/v1/#")
        with client(guarded.lift_url, client_id="liftline-ingest", user=OWN, password=PASSWORDS[OWN]) as lift:
            assert lift.connected
            lift.publish(f"lift/v1/{OWN}/event", b"1")
            wait(lambda: (f"lift/v1/{OWN}/event", b"1") in platform.received)
            assert platform.connected


@pytest.mark.parametrize("crash", [False, True])
def test_what_waits_for_the_platform_survives_a_restart(crash: bool) -> None:
    """Ingest is away, lifts send, the broker restarts: everything is delivered when ingest comes back.

    With `per_listener_settings`, Mosquitto 2.0 acknowledged these messages to the lift and dropped them.
    """
    with scratch_folder("restart") as folder:
        server = Mosquitto(folder / "mq").start()
        try:
            away = Client(server.url, client_id="liftline-ingest").connect(session=3600)
            away.subscribe("lift/v1/+/event")
            away.close()
            with client(server.lift_url) as lift:
                lift.publish(f"lift/v1/{OWN}/event", b"before")
            if crash:
                saved = server.data_dir / "mosquitto.db"
                before = saved.stat().st_mtime_ns if saved.exists() else 0
                wait(lambda: saved.exists() and saved.stat().st_mtime_ns > before, 12)  # the contract's 10 s
                wait(lambda: b"before" in saved.read_bytes(), 12)
                server.kill()
            else:
                server.stop()
            before_restart = server.url, server.client_id
            server.start()
            assert (server.url, server.client_id) == before_restart
            with client(server.lift_url) as lift:
                lift.publish(f"lift/v1/{OWN}/event", b"after")
            back = Client(server.url, client_id="liftline-ingest").connect(session=3600)
            wait(lambda: len(back.received) == 2)
            back.close()
            assert [payload for _, payload in back.received] == [b"before", b"after"]
        finally:
            server.stop()


def test_thousands_of_messages_wait_for_the_platform(broker: Mosquitto) -> None:
    """Mosquitto's own default drops silently beyond 1000."""
    away = Client(broker.url, client_id="liftline-ingest").connect(session=3600)
    away.subscribe("lift/v1/+/telemetry")
    away.close()
    with client(broker.lift_url) as lift:
        for number in range(3000):
            lift._mqtt.publish(f"lift/v1/{OWN}/telemetry", str(number).encode(), 1)
        wait(lambda: len(lift.acknowledged) == 3000, 30)
    back = Client(broker.url, client_id="liftline-ingest").connect(session=3600)
    wait(lambda: len(back.received) == 3000, 30)
    back.close()


def test_a_message_up_to_1_mib_reaches_the_platform_and_a_longer_one_does_not(broker: Mosquitto) -> None:
    """Too long for the contract (64 KiB) is for the platform to quarantine, so it must get it."""
    topic = f"lift/v1/{OWN}/telemetry"
    with client(broker.url) as platform, client(broker.lift_url) as lift:
        platform.subscribe("lift/v1/#")
        lift.publish(topic, b"x" * 1_048_576)
        wait(lambda: len(platform.received) == 1)
    with client(broker.url) as platform, client(broker.lift_url) as lift:
        platform.subscribe("lift/v1/#")
        lift._mqtt.publish(topic, b"x" * 1_048_577, 1)
        time.sleep(0.3)
        platform.publish("lift/v1/marker")
        wait(lambda: platform.received)
        assert [topic for topic, _ in platform.received] == ["lift/v1/marker"]
