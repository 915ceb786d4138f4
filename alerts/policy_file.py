"""A policy read from its file: every mistake of it told at once, each with its line.

The file is TOML laid over the defaults of `alerts.policy`. What TOML itself refuses ends the reading at once (the rest
cannot be understood); everything else is collected.
"""

import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

import msgspec

from alerts.policy import Policy, Threshold
from elevator.errors import SettingsError
from elevator.faults import CATALOGUE

_TABLE = re.compile(r"^\s*\[\s*([^\[\]]+?)\s*\]")
_KEY = re.compile(r"^\s*([\w\-.\"']+)\s*=")

Where = tuple[str, ...]


def load(path: Path | None) -> Policy:
    """The policy of a TOML file laid over the defaults; None: the defaults.

    Raises:
        SettingsError: the file cannot be read, or all that is wrong in it, each with its line.
    """
    if path is None:
        return Policy()
    try:
        text = path.expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"policy {path}: {error}") from error
    try:
        return read(text)
    except SettingsError as error:
        raise SettingsError(f"policy {path}: {error}") from error


def read(text: str) -> Policy:
    """The policy of a TOML text.

    Raises:
        SettingsError: as `load` does, without the name of the file.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(str(error)) from error
    lines = _lines(text)
    wrong = [
        (_line(lines, where), f"{'.'.join(where)}{': ' if where else ''}{sentence}")
        for where, sentence in _mistakes(document, Policy, ())
    ]
    if wrong:
        raise SettingsError("; ".join(f"line {line}: {sentence}" for line, sentence in sorted(wrong)))
    policy = msgspec.convert(document, Policy)
    return msgspec.structs.replace(
        policy, rules=Policy().rules | policy.rules,
        faults=msgspec.structs.replace(policy.faults, codes=Policy().faults.codes | policy.faults.codes),
    )  # fmt: skip


def _mistakes(value: object, kind: Any, where: Where) -> Iterator[tuple[Where, str]]:
    """What is wrong with a value that should be of `kind`, below `where`."""
    if get_origin(kind) is dict:
        yield from _named(value, get_args(kind)[1], where)
    elif isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield from _section(value, kind, where)
    else:
        try:
            number = msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            yield where, str(error)
            return
        if isinstance(number, int | float) and not 0 <= number < math.inf:
            yield where, f"must be 0 or more, not {number}"


def _named(value: object, kind: Any, where: Where) -> Iterator[tuple[Where, str]]:
    """A table of equal things, each under its name."""
    if not isinstance(value, Mapping):
        yield where, f"must be a table, not {value!r}"
        return
    known = Policy().rules if where == ("rules",) else None
    for name, each in value.items():
        if known is not None and name not in known:
            yield (*where, name), f"no rule is called {name}; rules are {', '.join(known)}"
        elif where == ("faults", "codes") and name not in CATALOGUE:
            yield (*where, name), f"no code is called {name}"
        else:
            yield from _mistakes(each, kind, (*where, name))


def _section(value: object, kind: type[msgspec.Struct], where: Where) -> Iterator[tuple[Where, str]]:
    """A table with fixed names."""
    if not isinstance(value, Mapping):
        yield where, f"must be a table, not {value!r}"
        return
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    for name in value:
        if name not in fields:
            yield (*where, name), f"is no threshold; here are {', '.join(fields)}"
    found = False
    for name, field in fields.items():
        if name in value:
            for mistake in _mistakes(value[name], field.type, (*where, name)):
                found = True
                yield mistake
        elif field.required:
            found = True
            yield where, f"{name} is missing"
    if kind is Threshold and not found:
        threshold = msgspec.convert({name: value[name] for name in fields if name in value}, Threshold)
        if threshold.confirm_s is not None and threshold.confirm_s < threshold.suspect_s:
            yield (*where, "confirm_s"), "must not confirm before it suspects"


def _lines(text: str) -> dict[Where, int]:
    """Where each table and key of the file stands."""
    found: dict[Where, int] = {}
    table: Where = ()
    for number, line in enumerate(text.splitlines(), 1):
        if head := _TABLE.match(line):
            table = _parts(head[1])
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            found.setdefault((*table, *_parts(key[1])), number)
    return found


def _line(lines: Mapping[Where, int], where: Where) -> int:
    """The line of a name; of what holds it where it has none of its own."""
    for length in range(len(where), 0, -1):
        if (line := lines.get(where[:length])) is not None:
            return line
    beneath = [line for known, line in lines.items() if known[: len(where)] == where]
    return min(beneath, default=1)


def _parts(name: str) -> Where:
    return tuple(part.strip().strip("\"'") for part in name.split("."))
