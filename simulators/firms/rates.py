"""The mixture of firms, technicians and ghosts: the one file `rates.toml`, read; each number has its source."""

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

TABLES = ("firm", "lift", "honest", "oddity", "ghost", "trick")
Mixture = Mapping[str, Mapping[str, float]]


@lru_cache(maxsize=1)
def standard() -> Mixture:
    """The mixture that comes with the program."""
    return parse(files("simulators.firms").joinpath("rates.toml").read_text(encoding="utf-8"))


def parse(text: str) -> Mixture:
    """Read a file of rates.

    Raises:
        KeyError, ValueError: it is none.
    """
    document = tomllib.loads(text)
    return {name: {entry: _rate(value) for entry, value in document[name].items()} for name in TABLES}


def _rate(entry: Mapping[str, object]) -> float:
    rate, source = entry["rate"], entry["source"]
    if not isinstance(rate, int | float) or not isinstance(source, str) or rate < 0 or not source:
        raise ValueError(f"a rate has `rate` (a number from 0) and `source` (a text), not {entry}")
    return float(rate)
