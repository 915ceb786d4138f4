"""The promises of the port `Subscriber`, for every transport, against a real Mosquitto.

What a real broker never sends (a topic that is not UTF-8, a stream of nonsense) comes from a socket of the test.
"""

import asyncio
import contextlib
import socket
from dataclasses import replace
from typing import Any

import mqtt5
import pytest
from structlog.testing import capture_logs

from deploy.servers import Mosquitto
from elevator.broker import access
from ingest.subscriber import Message, NotConnectedError, PublishRefusedError, Session, session
from ingest.transports import TRANSPORTS, Transport
from tests.fake_broker import FakeBroker, delivery
from tests.ingest_session import acknowledge, collect, connection, running


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> Transport:
    return TRANSPORTS[request.param]


def at(url: str, client_id: str = "contract", **changes: Any) -> Session:
    return replace(session(access(url), client_id=client_id, filters=("lift/v1/#",), retained=True), **changes)


async def test_messages_come_in_order_and_stay_unacknowledged(transport: Transport, broker: Mosquitto) -> None:
    async with running(transport(at(broker.url))) as subscriber:
        for n in range(50):
            await subscriber.publish("lift/v1/L/telemetry", b"%d" % n)
        messages = await collect(subscriber, 50)
        assert [message.payload for message in messages] == [b"%d" % n for n in range(50)]
        assert not any(message.dup or message.retain for message in messages)
        assert subscriber.unacknowledged == 50
        acknowledge(subscriber, messages)
        assert subscriber.unacknowledged == 0
        assert await subscriber.receive(0.05) == []


async def test_what_was_not_acknowledged_comes_again_on_the_next_connection(
    transport: Transport, broker: Mosquitto
) -> None:
    """The session is resumed; acknowledgements for the old connection are discarded, not sent on the new one."""
    async with running(transport(at(broker.url))) as subscriber:
        for n in range(3):
            await subscriber.publish("lift/v1/L/telemetry", b"%d" % n)
        first = await collect(subscriber, 3)
        acknowledge(subscriber, first[:1])
        await subscriber.publish("lift/v1/L/telemetry", b"behind the PUBACK")
        await collect(subscriber, 1)
        epoch = subscriber.epoch
        broker.stop()
        broker.start()
        await connection(subscriber, after=epoch)
        again = await collect(subscriber, 3)
        assert [message.payload for message in again] == [b"1", b"2", b"behind the PUBACK"]
        assert {message.epoch for message in again} == {subscriber.epoch}
        acknowledge(subscriber, first)  # ids of the old epoch
        assert subscriber.unacknowledged == 3
        acknowledge(subscriber, again)
        assert subscriber.unacknowledged == 0


async def test_a_lost_socket_brings_redeliveries_with_the_dup_flag(transport: Transport, broker: Mosquitto) -> None:
    async with running(transport(at(broker.url))) as subscriber:
        await subscriber.publish("lift/v1/L/telemetry", b"x")
        [first] = await collect(subscriber, 1)
        # another program takes our client id: the broker ends our connection
        with contextlib.suppress(NotConnectedError):
            async with running(transport(at(broker.url))) as other:
                second = (await collect(other, 1))[0]  # the first may be back already, and bring it once more
                assert (first.dup, second.dup, second.payload) == (False, True, b"x")


async def test_the_session_outlives_the_process(transport: Transport, broker: Mosquitto) -> None:
    async with running(transport(at(broker.url))):
        pass
    async with running(transport(at(broker.url, "another"))) as other:
        await other.publish("lift/v1/L/event", b"meanwhile")
    async with running(transport(at(broker.url))) as subscriber:
        [message] = await collect(subscriber, 1)
        assert (message.payload, message.retain) == (b"meanwhile", False)


async def test_retained_messages_are_told_apart_and_come_once(transport: Transport, broker: Mosquitto) -> None:
    async with running(transport(at(broker.url, "another"))) as other:
        await other.publish("lift/v1/L/link", b"kept", retain=True)
    async with running(transport(at(broker.url))) as subscriber:
        [message] = await collect(subscriber, 1)
        assert (message.payload, message.retain) == (b"kept", True)
        acknowledge(subscriber, [message])
        await subscriber.publish("lift/v1/L/link", b"live", retain=True)
        [live] = await collect(subscriber, 1)
        assert not live.retain
        acknowledge(subscriber, [live])
    async with running(transport(at(broker.url))) as subscriber:
        assert await subscriber.receive(0.3) == []  # the subscription was there all the time


async def test_small_packets_leave_at_once(transport: Transport, broker: Mosquitto) -> None:
    """Else an answer behind an acknowledgement waits 40 ms for the broker's."""
    async with running(transport(at(broker.url))) as subscriber:
        held: Any = subscriber._connection
        sock = held._sock if hasattr(held, "_sock") else held._transport.get_extra_info("socket")
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_large_payloads_and_both_qualities_of_service(transport: Transport, broker: Mosquitto) -> None:
    async with running(transport(at(broker.url))) as subscriber:
        large = bytes(range(256)) * 4000
        await subscriber.publish("lift/v1/L/telemetry", large)
        await subscriber.publish("lift/v1/L/telemetry", b"unanswered", qos=0)
        messages = await collect(subscriber, 2)
        assert sorted(message.payload for message in messages) == sorted([large, b"unanswered"])
        assert [message.packet_id is None for message in messages] == [
            message.payload == b"unanswered" for message in messages
        ]
        assert subscriber.unacknowledged == 1


async def test_memory_is_bounded_while_nobody_takes_messages(transport: Transport, broker: Mosquitto) -> None:
    """It stops reading; the broker queues, and nothing is lost."""
    small = at(broker.url, receive_maximum=20, inbox_messages=10, batch_messages=7)
    another = at(broker.url, "another", filters=("none",))
    async with running(transport(another)) as other, running(transport(small)) as subscriber:
        for n in range(200):
            await other.publish("lift/v1/L/telemetry", b"%d" % n)
        await asyncio.sleep(0.2)
        assert subscriber.unacknowledged <= 20
        found: list[Message] = []
        while len(found) < 200:
            batch = await subscriber.receive(5)
            assert 0 < len(batch) <= 7
            found += batch
            acknowledge(subscriber, batch)
        assert [int(message.payload) for message in found] == list(range(200))


async def test_the_connection_holds_while_nobody_takes_messages(transport: Transport, broker: Mosquitto) -> None:
    """The broker's answers to our keep-alive stand unread then; that is no reason to leave it, nor for it to leave us."""
    full = at(broker.url, keep_alive_s=2, inbox_messages=10)
    another = at(broker.url, "another", filters=("none",))
    async with running(transport(another)) as other, running(transport(full)) as subscriber:
        await asyncio.gather(*[other.publish("lift/v1/L/telemetry", b"x" * 20_000) for _ in range(600)])
        await asyncio.sleep(6)
        assert subscriber.epoch == 1
        assert subscriber.unacknowledged < 600  # it did stop reading
        found = await collect(subscriber, 600)
        acknowledge(subscriber, found)
        assert not any(message.dup for message in found)
        await asyncio.sleep(3.5)
        assert (subscriber.epoch, subscriber.unacknowledged) == (1, 0)
        await subscriber.publish("lift/v1/L/telemetry", b"alive")
        assert [message.payload for message in await collect(subscriber, 1)] == [b"alive"]


async def test_no_more_of_our_messages_are_under_way_than_the_broker_allows(transport: Transport) -> None:
    async with FakeBroker() as fake:
        fake.receive_max = 3
        async with running(transport(at(fake.url))) as subscriber:
            ours = [asyncio.create_task(subscriber.publish("lift/v1/L/ack", b"{}")) for _ in range(10)]
            async with asyncio.timeout(5):
                while len(fake.published) < 3:  # noqa: ASYNC110 - it watches a socket
                    await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)
            assert len(fake.published) == 3
            fake.answer()
            async with asyncio.timeout(5):
                while len(fake.published) < 6:  # noqa: ASYNC110 - it watches a socket
                    await asyncio.sleep(0.01)
        ended = await asyncio.gather(*ours, return_exceptions=True)
        assert [type(result).__name__ for result in ended] == ["NoneType"] * 3 + ["NotConnectedError"] * 7


async def test_it_can_be_closed_while_it_connects(transport: Transport) -> None:
    """Nobody ended the connection that came after the goodbye, and the service did not stop."""
    async with FakeBroker() as fake:
        subscriber = transport(at(fake.url))
        task = asyncio.create_task(subscriber.run())
        await asyncio.sleep(0)
        await subscriber.close()
        await asyncio.wait_for(task, 5)
        assert subscriber.connected_at is None


async def test_a_refused_publish_says_why(transport: Transport, broker: Mosquitto) -> None:
    """Lifts may not write `ack` (the broker's rules); the platform may."""
    anonymous = at(broker.lift_url, "somebody", filters=("lift/v1/L/ack",))
    async with running(transport(anonymous)) as subscriber:
        with pytest.raises(PublishRefusedError, match=r"lift/v1/L/ack: not authorized"):
            await subscriber.publish("lift/v1/L/ack", b"{}")


async def test_publishing_without_a_connection_is_an_error(transport: Transport) -> None:
    subscriber = transport(at("mqtt://127.0.0.1:1"))
    async with running(subscriber, connected=False):
        with pytest.raises(NotConnectedError):
            await subscriber.publish("lift/v1/L/ack", b"{}")
        assert await subscriber.receive(0.01) == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the codec tells it to a hook
async def test_a_topic_that_is_not_utf8_is_handed_on_and_acknowledged(transport: Transport) -> None:
    """The codec panics on it; not acknowledged, it would come again for ever."""
    bad = delivery(2).replace(b"v1/L/", b"v1/\xff/")
    async with FakeBroker() as fake:
        fake.greetings = [delivery(1) + bad + delivery(3)]
        async with running(transport(at(fake.url))) as subscriber:
            messages = await collect(subscriber, 3)
            assert [message.malformed is None for message in messages] == [True, False, True]
            assert messages[1].payload == bad
            acknowledge(subscriber, messages[1:])
            await asyncio.sleep(0.05)
            assert fake.acknowledged() == []  # in the order of delivery: the first one is missing
            acknowledge(subscriber, messages[:1])
            async with asyncio.timeout(5):
                while fake.acknowledged() != [1, 2, 3]:  # noqa: ASYNC110 - it watches a socket
                    await asyncio.sleep(0.01)


async def test_nonsense_from_the_broker_ends_the_connection_and_a_new_one_follows(transport: Transport) -> None:
    async with FakeBroker() as fake:
        fake.greetings = [b"\x30\xff\xff\xff\xff\xff", b"HTTP/1.1 400 Bad Request\r\n" * 9, delivery(1)]
        async with running(transport(at(fake.url))) as subscriber:
            [message] = await collect(subscriber, 1)
            assert message.epoch == 3


async def test_paho_leaves_a_message_whose_properties_cannot_be_read() -> None:
    """The one place where it keeps less than the port promises: told in `ingest.paho_connection`."""
    bad = delivery(1)
    bad = bytes([bad[0], bad[1] + 2]) + bad[2:-3] + b"\x02\x01\x07{}"  # a payload format of 7
    async with FakeBroker() as fake:
        fake.greetings = [delivery(5) + bad, delivery(2)]
        with capture_logs() as logs:
            async with running(TRANSPORTS["paho"](at(fake.url))) as subscriber:
                messages = await collect(subscriber, 2)
        assert [(message.epoch, message.packet_id) for message in messages] == [(1, 5), (2, 2)]
        assert [entry["reason"][:43] for entry in logs if entry["event"] == "broker_lost"] == [
            "the broker sent what is no MQTT 5: Received"
        ]


async def test_a_silent_broker_is_left(transport: Transport) -> None:
    """Keep-alive: PINGREQ is sent, and a broker that answers nothing is given up."""
    async with FakeBroker() as fake, running(transport(at(fake.url, keep_alive_s=1))) as subscriber:
        await asyncio.sleep(2.2)
        assert any(isinstance(packet, mqtt5.PingReqPacket) for packet in fake.sent)
        assert subscriber.epoch == 1
        fake.silent = True
        await connection(subscriber, after=1)
