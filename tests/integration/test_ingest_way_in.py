"""The whole service by its settings: through TLS, with certificates and a password from a file, on either transport."""

from pathlib import Path

import aiomqtt
import psycopg
import pytest

from alerts.policy import Policy
from deploy.servers import find_mosquitto
from elevator.broker import access
from elevator.errors import ServerError
from elevator.settings import Settings
from ingest.pipeline import Intake
from ingest.transports import TRANSPORTS
from tests.conftest import _missing
from tests.ingest_service import IngestService
from tests.tls_broker import tls_broker


@pytest.mark.parametrize("transport", TRANSPORTS)
@pytest.mark.parametrize("watch", [True, False])
async def test_the_transport_is_the_one_of_the_setting(transport: str, watch: bool) -> None:
    """For every lane, and for the connection that watches the broker, if it is wanted."""
    settings = Settings(
        database_url="postgresql://h/d", mqtt_url="mqtt://h", mqtt_transport=transport, broker_watch=watch
    )
    intake = Intake(settings, Policy())
    intake._open()
    subscribers = intake._subscribers
    assert [type(subscriber) for subscriber in subscribers] == [TRANSPORTS[transport]] * (4 if watch else 3)


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_ingest_reads_a_broker_through_tls(transport: str, database: str, tmp_path: Path) -> None:
    try:
        find_mosquitto()
    except ServerError as error:
        _missing(str(error))
    password = tmp_path / "password"
    password.write_text("correct horse\n")
    with tls_broker() as broker:
        service = IngestService(
            LIFTLINE_DATABASE_URL=database,
            LIFTLINE_MQTT_URL=broker.url.replace("mqtts://", "mqtts://platform@"),
            LIFTLINE_MQTT_CA=str(broker.ca),
            LIFTLINE_MQTT_CERT=str(broker.certificate),
            LIFTLINE_MQTT_KEY=str(broker.key),
            LIFTLINE_MQTT_PASSWORD_FILE=str(password),
            LIFTLINE_MQTT_TRANSPORT=transport,
        )
        async with service:
            await service.answers("/readyz", "200")
            way = access(broker.open_url, ca=broker.ca)
            async with aiomqtt.Client(
                way.host, way.port, username=way.username, password=way.password, tls_context=way.tls,
                protocol=aiomqtt.ProtocolVersion.V5,
            ) as lift:  # fmt: skip
                await lift.publish("lift/v1/L1/telemetry", b"not json", qos=1)
            await service.answers("/metrics", 'liftline_quarantined_total{reason="not_json"} 1.0')
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT payload FROM quarantine").fetchall() == [(b"not json",)]
