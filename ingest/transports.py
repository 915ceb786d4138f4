"""The transports by their names in LIFTLINE_MQTT_TRANSPORT; chosen here and nowhere else."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ingest.mqtt5_transport import Mqtt5Subscriber
from ingest.paho_transport import PahoSubscriber
from ingest.subscriber import Session, Subscriber

Transport = Callable[[Session], Subscriber]

TRANSPORTS: Mapping[str, Transport] = MappingProxyType({"mqtt5": Mqtt5Subscriber, "paho": PahoSubscriber})
