"""Adapters: one module per maker's payload, turning a `raw/{adapter}` message into samples and events. Pure.

An adapter is a function from bytes to `Decoded` samples and events, entered under the name that stands in the topic.
Ours are listed here; others are found by the entry point group `liftline.adapters`, so that a city adds its own package
without touching this one (docs/adapters.md). It may raise whatever it likes: the message then goes to quarantine. One
for an adapter that is not there goes there too, and can be replayed once it is.

`seq` is given by the platform (`ingest.numbering`); an adapter leaves it at 0, and `ts` at `NO_TIME` where the payload
does not say when.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points

from elevator.model import Event, Sample
from elevator.topics import ADAPTER
from elevator.wire import Decoded
from ingest.adapters import box_binary, box_json, gbt_json, hoist_json
from ingest.adapters.fields import NO_TIME

__all__ = ["ADAPTERS", "GROUP", "LOADED", "NO_TIME", "Adapter", "Loaded", "Spoken", "load"]

GROUP = "liftline.adapters"

Adapter = Callable[[bytes], Decoded[Sample | Event]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """An adapter with what else is known of its maker; a plain function will do where nothing is."""

    read: Adapter
    table: str | None = None  # of codes, for lifts whose model says nothing else
    marks: Mapping[str, re.Pattern[bytes]] = field(default_factory=dict)  # alarm → how it looks in broken bytes

    def __call__(self, payload: bytes) -> Decoded[Sample | Event]:
        """Read one payload."""
        return self.read(payload)


OURS: Mapping[str, Adapter] = {
    "gbt-json": Spoken(read=gbt_json.read, table=gbt_json.TABLE, marks=gbt_json.MARKS),
    "box-json": Spoken(read=box_json.read, table=box_json.TABLE, marks=box_json.MARKS),
    "box-binary": Spoken(read=box_binary.read, table=box_binary.TABLE, marks=box_binary.MARKS),
    "hoist-json": Spoken(read=hoist_json.read),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The adapters of this installation, and why others are not among them."""

    adapters: Mapping[str, Adapter]
    broken: Mapping[str, str]  # name → why


def load(found: Iterable[EntryPoint]) -> Loaded:
    """Ours and those of other packages; one that cannot be taken costs only itself."""
    adapters, broken = dict(OURS), {}
    for one in found:
        if one.name in OURS:
            broken[one.name] = "this name is ours"
        elif not ADAPTER.fullmatch(one.name):
            broken[one.name] = f"this name cannot stand in a topic: {ADAPTER.pattern}"
        else:
            try:
                adapter = one.load()
            except Exception as error:  # noqa: BLE001 - somebody else's package
                broken[one.name] = f"{type(error).__name__}: {error}"
                continue
            if callable(adapter):
                adapters[one.name] = adapter
            else:
                broken[one.name] = f"{one.value} is no function"
    return Loaded(adapters=adapters, broken=broken)


LOADED = load(entry_points(group=GROUP))
ADAPTERS = LOADED.adapters
