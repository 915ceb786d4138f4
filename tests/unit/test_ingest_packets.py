"""Cutting a byte stream into packets, and surviving what the codec cannot read."""

import mqtt5
import paho.mqtt.client as paho
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest import paho_packets
from ingest.mqtt5_packets import Cutter, Malformed, StreamError

# the codec reports what it could not decode to sys.unraisablehook before it panics
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def publish(packet_id: int, payload: bytes = b"{}", topic: str = "lift/v1/L/telemetry", qos: int = 1) -> bytes:
    return mqtt5.PublishPacket(
        topic, payload, qos=mqtt5.QoS(qos), packet_id=packet_id if qos else None
    ).write()  # fmt: skip


def panicking(packet_id: int) -> bytes:
    """A packet whose topic is not UTF-8: the codec panics on it."""
    return publish(packet_id, b"payload", "lift/v1/xx/event").replace(b"v1/xx", b"v1/\xff\xfe")


def feed(cutter: Cutter, stream: bytes, step: int) -> list[mqtt5.Packet | Malformed]:
    return [packet for at in range(0, len(stream), step) for packet in cutter.feed(stream[at : at + step])]


@pytest.mark.parametrize("step", [1, 2, 3, 7, 64, 100_000])
def test_whatever_the_pieces_the_packets_are_the_same(step: int) -> None:
    stream = publish(1, b"a" * 300) + panicking(2) + publish(3) + publish(0, qos=0) + panicking(4) + publish(5)
    found = feed(Cutter(), stream, step)
    assert [packet.packet_id for packet in found] == [1, 2, 3, None, 4, 5]
    assert [type(packet) for packet in found] == [
        mqtt5.PublishPacket, Malformed, mqtt5.PublishPacket, mqtt5.PublishPacket, Malformed, mqtt5.PublishPacket,
    ]  # fmt: skip


def test_an_unreadable_packet_is_kept_whole() -> None:
    raw = panicking(7)
    [packet] = Cutter().feed(raw)
    assert isinstance(packet, Malformed)
    assert (packet.raw, packet.packet_id, packet.dup) == (raw, 7, False)
    assert packet.topic == "lift/v1/\ufffd\ufffd/event"
    assert "UTF-8" in packet.detail


def test_impossible_properties_cost_only_their_packet() -> None:
    raw = bytearray(publish(9, b"payload"))
    raw[raw.index(b"\x00\x09") + 2] = 100  # the properties are longer than the packet
    found = Cutter().feed(bytes(raw) + publish(10))
    assert [packet.packet_id for packet in found] == [9, 10]
    assert isinstance(found[0], Malformed)


@pytest.mark.parametrize("step", [1, 50, 999])
def test_a_packet_above_the_limit_passes_by_without_filling_memory(step: int) -> None:
    stream = publish(1) + publish(2, b"z" * 5000) + publish(3)
    cutter = Cutter(limit=1000)
    found = feed(cutter, stream, step)
    assert [packet.packet_id for packet in found] == [1, 2, 3]
    huge = found[1]
    assert isinstance(huge, Malformed)
    assert len(huge.raw) == 1000
    assert "at most 1000" in huge.detail


@pytest.mark.parametrize(
    "stream",
    [
        b"\x30\xff\xff\xff\xff\x01",  # a length that never ends
        b"\x90\x02\x00\x01",  # a SUBACK that holds nothing
        b"\x32\x02\x00\x09",  # a PUBLISH that ends inside its topic
    ],
)
def test_a_stream_without_packets_ends_the_connection(stream: bytes) -> None:
    with pytest.raises(StreamError):
        Cutter().feed(stream)


def as_paho_hands_it(topic: bytes, payload: bytes, qos: int = 1) -> paho.MQTTMessage:
    message = paho.MQTTMessage(mid=7 if qos else 0, topic=topic)
    message.payload, message.qos, message.dup = payload, qos, True
    message.properties = Properties(PacketTypes.PUBLISH)
    message.properties.ContentType = "json"
    return message


@pytest.mark.parametrize("qos", [0, 1])
@pytest.mark.parametrize("length", [0, 90, 200, 70_000])
def test_what_paho_took_apart_is_put_together_again(qos: int, length: int) -> None:
    """In quarantine stands the packet as it came, byte for byte."""
    whole = mqtt5.PublishPacket(
        "lift/v1/xx/event", b"p" * length, qos=mqtt5.QoS(qos), duplicate=True, packet_id=7 if qos else None,
        content_type="json",
    ).write()  # fmt: skip
    bad = b"lift/v1/\xff\xfe/event"
    topic, packet, detail = paho_packets.read(as_paho_hands_it(bad, b"p" * length, qos))
    assert (topic, detail) == ("lift/v1/\ufffd\ufffd/event", "the packet's head is not UTF-8")
    assert packet == whole.replace(b"v1/xx", b"v1/\xff\xfe")


def test_what_can_be_read_is_left_as_it_is() -> None:
    assert paho_packets.read(as_paho_hands_it(b"lift/v1/L/event", b"{}")) == ("lift/v1/L/event", b"{}", None)


def test_of_a_packet_above_the_limit_paho_hands_on_the_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paho_packets, "LIMIT", 100)
    topic, packet, detail = paho_packets.read(as_paho_hands_it(b"lift/v1/L/event", b"x" * 101))
    assert (topic, len(packet), packet[:1]) == ("lift/v1/L/event", 100, b"\x3a")
    assert detail == "a packet of 131 bytes; at most 100 are read"
