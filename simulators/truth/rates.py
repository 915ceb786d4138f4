"""How often things happen: the one file `rates.toml`, read.

Rates are per 10 000 lift-days. Every number has its source beside it, or says that it is assumed.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How often something happens, or its share among the causes of entrapment."""

    per_10k: float  # per 10 000 lift-days
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """All rates by the names that stand in `Episode.cause`."""

    entrapments: Rate  # all causes together
    causes: Mapping[str, Rate]  # of entrapments: shares that need not add up to anything
    noises: Mapping[str, Rate]
    harms: Mapping[str, Rate]
    together: Mapping[str, Rate]  # per 10 000 days of a feeder, a gateway, the platform
    traits: Mapping[str, Rate]  # per 10 000 lifts
    machines: Mapping[str, Rate]  # per 10 000 days of an escalator or a hoist

    @staticmethod
    def standard() -> "Rates":
        """The rates that come with the program."""
        return _standard()


@lru_cache(maxsize=1)
def _standard() -> Rates:
    return parse(files("simulators.truth").joinpath("rates.toml").read_text(encoding="utf-8"))


def parse(text: str) -> Rates:
    """Read a file of rates.

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    document = tomllib.loads(text)
    tables = {
        name: {entry: _rate(value) for entry, value in document[name].items()}
        for name in ("cause", "noise", "harm", "together", "trait", "machine")
    }
    return Rates(
        entrapments=_rate(document["entrapments"]),
        causes=tables["cause"],
        noises=tables["noise"],
        harms=tables["harm"],
        together=tables["together"],
        traits=tables["trait"],
        machines=tables["machine"],
    )


def _rate(entry: Mapping[str, object]) -> Rate:
    rate, source = entry["rate"], entry["source"]
    if not isinstance(rate, int | float) or not isinstance(source, str) or rate < 0 or not source:
        raise ValueError(f"a rate has `rate` (a number from 0) and `source` (a text), not {entry}")
    return Rate(per_10k=float(rate), source=source)
