"""Mapping tables: makers' and standards' fault numbers to the codes of the catalogue, per lift model.

The same number means different things to different makers (8 to 15 most of all), so a table is chosen by the lift's
`model` in the registry. The tables are files in `tables/`; an installation adds its own, and says which model speaks
which, in the file that `LIFTLINE_CODES` names (docs/codes.md). Numbers are compared without leading zeros, names
without regard to case, hyphens and underscores. Pure but for `load`, which reads that file.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from elevator.errors import SettingsError
from elevator.faults import ALARMS, CATALOGUE

NOTHING = ""
"""What a number that means "no fault" is translated to."""

DEFAULT = "gbt-24476-2017"
NONE = "none"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_PREFIX = re.compile(r"[A-Z0-9][A-Z0-9-]{0,31}")
_MOST_MODELS = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One numbering."""

    name: str
    version: int
    zh: str
    en: str
    prefix: str | None = None  # `PREFIX:8` is of this table, whatever the lift's model
    codes: Mapping[str, str] = field(default_factory=dict)
    nothing: frozenset[str] = frozenset()

    def get(self, raw: str) -> str | None:
        """The catalogue's code, `NOTHING`, or None where the table does not know it."""
        key = key_of(raw)
        return NOTHING if key in self.nothing else self.codes.get(key)


class Book:
    """All tables of an installation, and which model speaks which."""

    def __init__(
        self,
        tables: Mapping[str, Table],
        models: tuple[tuple[str, str], ...] = (),
        default: str | None = DEFAULT,
    ) -> None:
        self.tables = dict(tables)
        self.models = models  # (pattern, table), the first that fits counts
        self.default = default
        self._prefixes = {table.prefix: table for table in tables.values() if table.prefix}
        self._of_model = lru_cache(maxsize=_MOST_MODELS)(self._find)

    def table_of(self, model: str | None, spoken: str | None = None) -> Table | None:
        """The table of a lift: by its model, else the one that its adapter speaks, else the default."""
        name = (self._of_model(model) if model else None) or spoken or self.default
        return self.tables.get(name) if name else None

    def read(self, said: str, model: str | None, spoken: str | None = None) -> str | None:
        """Translate what a lift said.

        Args:
            said: a code of the catalogue, a number of the lift's table, or one with a table's prefix (`GBT:8`).
            model: of the lift, from the registry.
            spoken: name of the table that the adapter speaks.

        Returns:
            A code of the catalogue, `NOTHING`, or None where nobody knows it.
        """
        if said in CATALOGUE:
            return said
        prefix, colon, rest = said.partition(":")
        if colon and (table := self._prefixes.get(prefix.strip().upper())) is not None:
            return table.get(rest)
        own = self.table_of(model, spoken)
        return None if own is None else own.get(said)

    def names_table(self, said: str) -> bool:
        """Whether a code names its table by a prefix."""
        prefix, colon, _ = said.partition(":")
        return bool(colon) and prefix.strip().upper() in self._prefixes

    def alarm_in(self, said: str, spoken: str | None = None) -> str | None:
        """The alarm that this may be, for whoever cannot know the lift's model yet.

        Args:
            said: as in `read`.
            spoken: only in this table; None: in any.
        """
        if said in ALARMS:
            return said
        prefix, colon, rest = said.partition(":")
        if colon and (named := self._prefixes.get(prefix.strip().upper())) is not None:
            tables = [named]
        else:
            rest, tables = said, [self.tables[spoken]] if spoken in self.tables else list(self.tables.values())
        found = {table.get(rest) for table in tables}
        return next((code for code in sorted(ALARMS, reverse=True) if code in found), None)

    def _find(self, model: str) -> str | None:
        folded = model.casefold()
        return next((table for pattern, table in self.models if fnmatchcase(folded, pattern.casefold())), None)


def key_of(raw: str) -> str:
    """A number or name as tables are searched by it."""
    key = re.sub(r"[\s_-]+", "_", raw.strip().casefold())
    return (key.lstrip("0") or "0") if key.isdecimal() else key


def built_in() -> Book:
    """The tables that come with Liftline; no model speaks any but the default."""
    return Book(_built_in())


@lru_cache(maxsize=1)
def _built_in() -> dict[str, Table]:
    found: dict[str, Mapping[str, Any]] = {}
    for entry in sorted(files("elevator").joinpath("tables").iterdir(), key=lambda one: one.name):
        if entry.name.endswith(".toml"):
            found[entry.name.removesuffix(".toml")] = tomllib.loads(entry.read_text(encoding="utf-8"))
    wrong: list[str] = []
    tables = _tables(found, {}, wrong)
    if wrong:
        raise ValueError("; ".join(wrong))
    return tables


def load(path: Path | None) -> Book:
    """The book of an installation.

    Raises:
        SettingsError: everything that is wrong with the file, in one sentence each.
    """
    if path is None:
        return built_in()
    try:
        return read(path.expanduser().read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"LIFTLINE_CODES: {path} cannot be read: {error}") from None
    except SettingsError as error:
        raise SettingsError(f"LIFTLINE_CODES: {path}: {error}") from None


def read(text: str) -> Book:
    """A book from the text of a TOML file laid over the built-in tables.

    Raises:
        SettingsError: everything that is wrong with it.
    """
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"this is no TOML: {error}") from None
    wrong = [f"{name!r} is none of default, models, tables" for name in said if name not in _PARTS]
    own = said.get("tables", {})
    if not isinstance(own, dict):
        wrong.append("tables: expected one section for each table, as [tables.NAME]")
        own = {}
    known = _built_in()
    wrong += [f"tables.{name}: this name is taken by a built-in table" for name in own if name in known]
    tables = known | _tables(own, known, wrong)
    default = said.get("default", DEFAULT)
    if default != NONE and default not in tables:
        wrong.append(f"default: there is no table {default!r}; expected one of {', '.join([NONE, *sorted(tables)])}")
    models = said.get("models", {})
    if not isinstance(models, dict):
        wrong.append('models: expected a section of lines "PATTERN" = "TABLE"')
        models = {}
    wrong += [
        f"models.{pattern!r}: there is no table {name!r}" for pattern, name in models.items() if name not in tables
    ]
    if wrong:
        raise SettingsError("; ".join(wrong))
    return Book(tables, tuple(models.items()), None if default == NONE else default)


_PARTS = frozenset({"default", "models", "tables"})
_FIELDS = frozenset({"version", "title", "prefix", "base", "nothing", "codes"})


def _tables(said: Mapping[str, Any], known: Mapping[str, Table], wrong: list[str]) -> dict[str, Table]:
    """Tables in the order in which they stand on each other."""
    made: dict[str, Table] = {}
    waiting = dict(said)
    taken = {table.prefix for table in known.values()}
    while waiting:
        ready = [
            name for name, one in waiting.items()
            if not isinstance(one, dict) or one.get("base") is None or one["base"] not in waiting
        ]  # fmt: skip
        if not ready:
            wrong.append(f"tables {', '.join(sorted(waiting))} stand on each other")
            break
        for name in ready:
            mistakes = list(_mistakes(name, waiting[name], {**known, **made}, taken))
            if not mistakes:
                made[name] = _table(name, waiting[name], {**known, **made})
                taken.add(made[name].prefix)
            wrong += [f"tables.{name}{mistake}" for mistake in mistakes]
            del waiting[name]
    return made


def _table(name: str, said: Mapping[str, Any], known: Mapping[str, Table]) -> Table:
    base = known[said["base"]] if said.get("base") else None
    codes = {key_of(str(raw)): code for raw, code in said.get("codes", {}).items()}
    title = said.get("title", {})
    return Table(
        name=name,
        version=said.get("version", 1),
        zh=title.get("zh", name),
        en=title.get("en", name),
        prefix=said.get("prefix"),
        codes={**(base.codes if base else {}), **codes},
        nothing=(base.nothing if base else frozenset()) | {key_of(raw) for raw in said.get("nothing", ())},
    )


def _mistakes(name: str, said: Any, known: Mapping[str, Table], taken: set[str | None]) -> Iterator[str]:
    """What is wrong with one table, each as the rest of a sentence that begins with its name."""
    if not _NAME.fullmatch(name):
        yield ": a name is small letters, digits and hyphens"
    if not isinstance(said, dict):
        yield ": expected a section"
        return
    yield from (f".{one}: unknown; expected {', '.join(sorted(_FIELDS))}" for one in said if one not in _FIELDS)
    base, prefix = said.get("base"), said.get("prefix")
    if base is not None and base not in known:
        yield f".base: there is no table {base!r}"
    if prefix is not None and not (isinstance(prefix, str) and _PREFIX.fullmatch(prefix)):
        yield ".prefix: expected capital letters, digits and hyphens"
    elif prefix is not None and prefix in taken:
        yield f".prefix: {prefix} is another table's"
    yield from _wrong_entries(said)


def _wrong_entries(said: Mapping[str, Any]) -> Iterator[str]:
    if type(said.get("version", 1)) is not int:
        yield ".version: expected a number"
    nothing, codes, title = said.get("nothing", []), said.get("codes", {}), said.get("title", {})
    if not (isinstance(nothing, list) and all(isinstance(one, str) for one in nothing)):
        yield ".nothing: expected a list of texts"
    if not (isinstance(title, dict) and all(isinstance(one, str) for one in title.values())):
        yield ".title: expected { zh = …, en = … }"
    if not isinstance(codes, dict):
        yield ".codes: expected lines RAW = CODE"
        return
    yield from (f".codes.{raw}: {code!r} is no code of the catalogue" for raw, code in codes.items()
                if not isinstance(code, str) or code not in CATALOGUE)  # fmt: skip
    keys = [key_of(str(raw)) for raw in codes]
    yield from (f".codes: {key} stands twice" for key in sorted({key for key in keys if keys.count(key) > 1}))
