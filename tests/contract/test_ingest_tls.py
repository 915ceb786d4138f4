"""Both transports through TLS: who is let in, who is not, and what the log says of it."""

import asyncio
import secrets
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from deploy.servers import find_mosquitto
from elevator.broker import access
from elevator.errors import ServerError
from ingest.subscriber import Session, session
from ingest.transports import TRANSPORTS, Transport
from tests.conftest import _missing
from tests.fake_broker import FakeBroker, delivery
from tests.ingest_session import acknowledge, collect, running
from tests.tls_broker import TlsBroker, tls_broker

pytestmark = pytest.mark.integration


@pytest.fixture(params=TRANSPORTS)
def transport(request: pytest.FixtureRequest) -> Transport:
    return TRANSPORTS[request.param]


def _broker(named: str) -> Iterator[TlsBroker]:
    try:
        find_mosquitto()
    except ServerError as error:
        _missing(str(error))
    with tls_broker(named=named) as made:
        yield made


@pytest.fixture(scope="module")
def tls() -> Iterator[TlsBroker]:
    yield from _broker("127.0.0.1")


@pytest.fixture(scope="module")
def misnamed() -> Iterator[TlsBroker]:
    yield from _broker("192.0.2.1")


def at(url: str, **files: Path | None) -> Session:
    return session(access(url, **files), client_id=secrets.token_hex(8), filters=("lift/v1/#",), retained=True)


async def refusal(transport: Transport, where: Session) -> str:
    """What the log says of the first attempt."""
    subscriber = transport(where)
    with capture_logs() as logs:
        task = asyncio.create_task(subscriber.run())
        lost: list[Any] = []
        async with asyncio.timeout(10):
            while not lost:
                await asyncio.sleep(0.01)
                lost = [entry for entry in logs if entry["event"] == "broker_lost"]
        await subscriber.close()
        await asyncio.wait_for(task, 10)
    assert not [entry for entry in logs if entry["event"] == "broker_connected"]
    return str(lost[0]["reason"])


async def test_certificate_and_password_let_us_in(transport: Transport, tls: TlsBroker) -> None:
    mine = at(tls.door(), ca=tls.ca, certificate=tls.certificate, key=tls.key)
    async with running(transport(mine)) as subscriber:
        large = bytes(range(256)) * 800  # many TLS records
        await asyncio.gather(*[subscriber.publish("lift/v1/L/telemetry", large) for _ in range(30)])
        messages = await collect(subscriber, 30)
        assert all(message.payload == large for message in messages)
        acknowledge(subscriber, messages)
        assert subscriber.unacknowledged == 0


@pytest.mark.parametrize("inbox", [5, 4000])
async def test_many_packets_in_one_record(transport: Transport, tls: TlsBroker, inbox: int) -> None:
    """What TLS has decrypted shows on no socket: nobody says that there is still something to read."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls.ca.with_name("broker.crt"), tls.ca.with_name("broker.key"))
    async with FakeBroker(context) as fake:
        fake.greetings = [b"".join(delivery(packet_id) for packet_id in range(1, 501))]
        mine = replace(at(fake.url, ca=tls.ca), inbox_messages=inbox)
        async with running(transport(mine)) as subscriber:
            messages = await collect(subscriber, 500)
            assert [message.packet_id for message in messages] == list(range(1, 501))


async def test_without_a_certificate_where_none_is_asked_for(transport: Transport, tls: TlsBroker) -> None:
    async with running(transport(at(tls.open_url, ca=tls.ca))) as subscriber:
        await subscriber.publish("lift/v1/L/event", b"{}")
        assert [message.payload for message in await collect(subscriber, 1)] == [b"{}"]


async def test_a_password_from_a_file(transport: Transport, tls: TlsBroker, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("correct horse\n")
    url = tls.url.replace("mqtts://", "mqtts://platform@")
    mine = at(url, ca=tls.ca, certificate=tls.certificate, key=tls.key, password_file=file)
    async with running(transport(mine)) as subscriber:
        assert subscriber.epoch == 1


async def test_a_wrong_password_is_refused_in_words(transport: Transport, tls: TlsBroker) -> None:
    mine = at(tls.door(password="wrong"), ca=tls.ca, certificate=tls.certificate, key=tls.key)
    assert await refusal(transport, mine) == "the broker refused the connection: not authorized"


async def test_a_broker_of_an_unknown_authority_is_not_told_the_password(transport: Transport, tls: TlsBroker) -> None:
    reason = await refusal(transport, at(tls.open_url, ca=tls.stranger_ca))
    assert reason == "the broker's certificate is not trusted: self-signed certificate in certificate chain"


async def test_a_certificate_for_another_name_is_not_trusted(transport: Transport, misnamed: TlsBroker) -> None:
    reason = await refusal(transport, at(misnamed.open_url, ca=misnamed.ca))
    assert reason.startswith("the broker's certificate is not trusted: IP address mismatch")


async def test_the_machines_authorities_do_not_know_our_broker(transport: Transport, tls: TlsBroker) -> None:
    assert (await refusal(transport, at(tls.open_url))).startswith("the broker's certificate is not trusted: ")


async def test_without_our_certificate_the_broker_ends_it(transport: Transport, tls: TlsBroker) -> None:
    """Whether its words arrive before the connection is reset is chance; the log names the likely cause all the same."""
    reason = await refusal(transport, at(tls.door(), ca=tls.ca))
    assert reason.endswith(" (does the broker want another client certificate?)")


async def test_a_certificate_of_strangers_is_not_let_in(transport: Transport, tls: TlsBroker) -> None:
    certificate, key = tls.stranger
    reason = await refusal(transport, at(tls.door(), ca=tls.ca, certificate=certificate, key=key))
    assert reason.endswith(" (does the broker want another client certificate?)")


async def test_plain_text_at_a_door_for_tls_ends(transport: Transport, tls: TlsBroker) -> None:
    assert await refusal(transport, at(tls.open_url.replace("mqtts://", "mqtt://")))
