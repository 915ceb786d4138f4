"""A bare MQTT 5 connection on a blocking socket, for measuring: nothing between the caller and the bytes.

The fleet's own lines are in `simulators.publisher`; here one connection speaks for thousands of lifts.
"""

import socket
from collections.abc import Iterator

import mqtt5

from simulators.publisher import Broker

TIMEOUT = 30.0  # s for any answer of the broker
KEEP_ALIVE = 60  # s; our broker throws out who asks for none
_REFUSED = 128  # reason codes from here on are errors
_READ = 1 << 18


class Wireline:
    """One connection; `sock` may be used directly once it is open."""

    def __init__(self, where: Broker, client_id: str) -> None:
        """Connect with a clean session.

        Raises:
            ConnectionError: the broker refused.
        """
        self.sock = socket.create_connection((where.host, where.port), timeout=TIMEOUT)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""
        password = where.password.encode() if where.password is not None else None
        self.send(
            mqtt5.ConnectPacket(
                client_id, username=where.user, password=password, clean_start=True, keep_alive=KEEP_ALIVE
            )
        )
        answer = self._answer()
        if not isinstance(answer, mqtt5.ConnAckPacket) or int(answer.reason_code) >= _REFUSED:
            raise ConnectionError(f"the broker refused the connection: {answer}")
        self.receive_maximum = answer.receive_max  # what the broker takes unacknowledged

    def subscribe(self, pattern: str) -> None:
        """Hear what is published there.

        Raises:
            ConnectionError: the broker refused.
        """
        self.send(mqtt5.SubscribePacket(1, [mqtt5.TopicFilter(pattern, max_qos=mqtt5.QoS.AT_LEAST_ONCE)]))
        answer = self._answer()
        if not isinstance(answer, mqtt5.SubAckPacket) or int(answer.reason_codes[0]) >= _REFUSED:
            raise ConnectionError(f"the broker refused a subscription: {answer}")

    def send(self, *packets: mqtt5.Packet) -> None:
        """Write packets."""
        self.sock.sendall(b"".join(packet.write() for packet in packets))

    def packets(self, wait_s: float) -> Iterator[mqtt5.Packet]:
        """The packets that come within one read of at most `wait_s`.

        Raises:
            ConnectionError: the broker closed the connection.
        """
        self.sock.settimeout(max(wait_s, 0.0001))
        try:
            data = self.sock.recv(_READ)
        except TimeoutError:
            return
        finally:
            self.sock.settimeout(TIMEOUT)
        if not data:
            raise ConnectionError("the broker closed the connection")
        self._rest += data
        while self._rest:
            try:
                packet, size = mqtt5.read(memoryview(self._rest))
            except IndexError:  # not yet complete
                return
            self._rest = self._rest[size:]
            yield packet

    def _answer(self) -> mqtt5.Packet:
        packet = next(self.packets(TIMEOUT), None)
        if packet is None:
            raise ConnectionError(f"the broker did not answer within {TIMEOUT:.0f} s")
        return packet

    def close(self) -> None:
        """Say goodbye."""
        try:
            self.send(mqtt5.DisconnectPacket())
        except OSError:
            pass
        finally:
            self.sock.close()
