"""Named queries: `queries.sql` of a package holds them, one comment line each, with named parameters.

A package with very many has a folder `queries` instead, with a file for each subject. A file looks like this:

    -- name: lift_by_id
    -- One lift of the registry.
    SELECT … WHERE lift_id = %(lift_id)s;
"""

import re
from importlib.resources import files

_NAME = re.compile(r"^-- name: ([a-z][a-z0-9_]*)\s*$", re.MULTILINE)


class Queries:
    """The queries of one package, as attributes-by-key: `QUERIES["lift_by_id"]`."""

    def __init__(self, texts: dict[str, str]) -> None:
        self._texts = texts

    def __getitem__(self, name: str) -> bytes:
        # psycopg wants a literal or bytes: these come from files of ours, never from a user
        return self._texts[name].encode()

    def names(self) -> list[str]:
        """All names, sorted (for the test that every query is described and used)."""
        return sorted(self._texts)


def parse(text: str) -> Queries:
    """Split a file into its named queries.

    Raises:
        ValueError: a name stands twice.
    """
    parts = _NAME.split(text)
    names, bodies = parts[1::2], parts[2::2]
    if len(set(names)) != len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"queries named twice: {', '.join(twice)}")
    return Queries({name: body.strip().rstrip(";") for name, body in zip(names, bodies, strict=True)})


def load(package: str) -> Queries:
    """The queries of `package`."""
    root = files(package)
    folder = root.joinpath("queries")
    parts = sorted(folder.iterdir(), key=lambda part: part.name) if folder.is_dir() else [root.joinpath("queries.sql")]
    return parse("\n".join(part.read_text(encoding="utf-8") for part in parts))
