"""Named queries: the loader, and that every query of every package is named, described, used and decides nothing."""

import ast
import re
from pathlib import Path

import pytest

from elevator import sql

PROJECT = Path(__file__).parents[2]
PACKAGES = ("ingest", "alerts", "api", "deploy", "elevator")
FILES = sorted(
    path for package in PACKAGES for name in ("queries.sql", "queries/*.sql") for path in (PROJECT / package).rglob(name)
)  # fmt: skip
CASES = [(path, name) for path in FILES for name in sql.parse(path.read_text()).names()]


def _package(path: Path) -> Path:
    return path.parents[1] if path.parent.name == "queries" else path.parent


def test_a_file_is_split_at_its_names() -> None:
    queries = sql.parse("-- name: one\n-- The first.\nSELECT 1;\n\n-- name: two_2\n-- The second.\nSELECT %(a)s\n")
    assert queries.names() == ["one", "two_2"]
    assert queries["one"] == b"-- The first.\nSELECT 1"
    assert queries["two_2"].endswith(b"SELECT %(a)s")


def test_a_name_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="queries named twice: one"):
        sql.parse("-- name: one\nSELECT 1;\n-- name: one\nSELECT 2;\n")


def test_an_unknown_name_is_an_error_of_the_program() -> None:
    with pytest.raises(KeyError):
        sql.parse("-- name: one\nSELECT 1;\n")["two"]


def test_the_packages_have_queries() -> None:
    assert {_package(path).name for path in FILES} >= {"ingest", "alerts", "api"}
    for package in {_package(path) for path in FILES}:
        assert sql.load(".".join(package.relative_to(PROJECT).parts)).names() == sorted(
            name for path, name in CASES if _package(path) == package
        )
    for path in FILES:
        head = path.read_text().split("-- name: ", 1)[0]
        assert all(not line or line.startswith("--") for line in head.splitlines()), f"{path}: a query without a name"


@pytest.mark.parametrize(("path", "name"), CASES, ids=[f"{_package(path).name}-{name}" for path, name in CASES])
def test_queries(path: Path, name: str) -> None:
    first, *rest = sql.parse(path.read_text())[name].decode().splitlines()
    assert re.match(r"-- \S.{8,}", first), "one comment line says what the query is for"
    text = "\n".join(line for line in rest if not line.startswith("--"))
    assert text.strip()
    assert not re.search(r"\bnow\(\)|\bcurrent_timestamp\b|\bclock_timestamp\b", text, re.IGNORECASE), (
        "time is a parameter, so that a test can set it"
    )
    assert ";" not in text.rstrip().removesuffix(";"), "one statement a name"


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{_package(path).name}-{path.stem}")
def test_every_query_is_used(path: Path) -> None:
    used = {
        node.value
        for source in _package(path).rglob("*.py")
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert [name for name in sql.parse(path.read_text()).names() if name not in used] == []
