"""What a measuring command leaves when it is done: figures as JSON, a picture beside them, its part of a page."""

import json
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from deploy.plotting import NoPlotError

_WIDTH = 160  # of what is read later

Draw = Callable[[dict[str, Any], Path], None]
"""Draws a document into a picture; raises NoPlotError."""


def console() -> Console:
    """Where such a command speaks: standard output is for what programs read."""
    return Console(stderr=True, highlight=False, width=None if sys.stderr.isatty() else _WIDTH)


def show(where: Console, title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on the terminal; its first column is text."""
    table = Table(title=title, title_justify="left")
    for number, name in enumerate(head):
        table.add_column(name, justify="right" if number else "left")
    for row in rows:
        table.add_row(*row)
    where.print(table)


def figures(where: Console, document: dict[str, Any], draw: Draw, *, into: Path | None, picture: Path | None) -> None:
    """Write what was asked for; the picture stands beside the figures where it has no place of its own."""
    if into:
        into.parent.mkdir(parents=True, exist_ok=True)
        into.write_text(json.dumps(document, indent=2, default=str) + "\n", encoding="utf-8")
        where.print(f"Figures: {into}")
    picture = picture or (into.with_suffix(".png") if into else None)
    if picture:
        try:
            draw(document, picture)
        except NoPlotError as error:
            where.print(str(error))
        else:
            where.print(f"Picture: {picture}")


def page(where: Console, path: Path, part: str, marks: tuple[str, str]) -> None:
    """Put a part into a page that may be there already."""
    old = path.read_text(encoding="utf-8") if path.exists() else f"# {path.stem.capitalize()}\n"
    path.write_text(put_into(old, part, marks), encoding="utf-8")
    where.print(f"Report: {path}")


def put_into(text: str, part: str, marks: tuple[str, str]) -> str:
    """A page with its part, marks and all, replaced; put at the end where there is none."""
    begin, end = marks
    start, stop = text.find(begin), text.find(end)
    if start < 0 or stop < 0:
        return f"{text.rstrip()}\n\n{part}\n"
    return text[:start] + part + text[stop + len(end) :]


def called() -> str:
    """How the command was called, as the page says it."""
    return shlex.join(["liftline", *sys.argv[1:]])
