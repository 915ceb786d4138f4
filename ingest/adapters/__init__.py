"""Adapters: one module per maker's payload, turning a `raw/{adapter}` message into samples and events. Pure.

An adapter is a function from bytes to `Decoded` samples and events; it is entered in `ADAPTERS` under the name that
stands in the topic. A message for an adapter that is not entered here goes to quarantine and can be replayed once
it is.
"""

from collections.abc import Callable, Mapping

from elevator.model import Event, Sample
from elevator.wire import Decoded

Adapter = Callable[[bytes], Decoded[Sample | Event]]

ADAPTERS: Mapping[str, Adapter] = {}
