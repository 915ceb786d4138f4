"""A file of lifts, CSV or Excel, checked whole: each cell by the rules of the form, every error with its place."""

from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import ValidationError

from api import sheets
from api.forms import LiftForm
from api.problems import Wrong, wrong_of
from api.registry import COLUMNS, REQUIRED, Entry
from api.sheets import Table, refuse

_TRUE, _FALSE = frozenset({"true", "yes", "1", "是"}), frozenset({"false", "no", "0", "否"})


def parse(content: bytes, charset: str) -> list[Entry]:
    """Read a CSV file with its header.

    Raises:
        ProblemError: 422 with every error, by line and column.
    """
    return entries(sheets.read_csv(content, charset))


def entries(table: Table) -> list[Entry]:
    """The lifts of a file.

    Raises:
        ProblemError: 422 with every error, by line and column.
    """
    if wrong := sheets.check_header(table.header, COLUMNS, REQUIRED):
        raise refuse(wrong)
    errors = list(table.errors)
    found: list[Entry] = []
    for line, cells in table.lines:
        found += _entry(table.header, cells, line, errors)
    errors += _repeated(found)
    if not found and not errors:
        expected = "a header and a line for each lift"
        errors.append(Wrong(field="file", message="there is no lift in it", expected=expected))
    if errors:
        raise refuse(errors)
    return found


def _entry(header: Sequence[str], cells: Sequence[str], line: int, errors: list[Wrong]) -> list[Entry]:
    values: dict[str, Any] = {}
    for name, cell in zip(header, cells, strict=True):
        value = _cell(name, cell.strip())
        if value is not None:
            values[name] = value
    try:
        form = LiftForm.model_validate(values)
    except ValidationError as error:
        for one in error.errors(include_url=False):
            wrong = wrong_of(one)
            column = wrong.field.split(".")[0] or "lat"  # the one rule about the whole line is of lat and lon
            errors.append(Wrong(field=column, message=wrong.message, expected=wrong.expected, line=line, column=column))
        return []
    return [Entry(form=form, said=frozenset(header), line=line)]


def _cell(name: str, text: str) -> Any:
    """A cell as the form wants it; None for an empty one."""
    if not text:
        return None
    if name == "floors":
        return text.replace(";", " ").replace("|", " ").split()
    if name == "drill":
        return truth(text)
    return text


def truth(text: str) -> bool | str:
    """Yes or no as spreadsheets say it; what is neither stays."""
    word = text.lower()
    return True if word in _TRUE else False if word in _FALSE else text


def _repeated(entries: Iterable[Entry]) -> list[Wrong]:
    errors = []
    for column in ("lift_id", "rescue_code"):
        first: dict[str, int | None] = {}
        for entry in entries:
            value = getattr(entry.form, column)
            if value in first:
                message = f"{value} stands in line {first[value]} already"
                errors.append(
                    Wrong(field=column, message=message, expected="each once", line=entry.line, column=column)
                )
            first.setdefault(value, entry.line)
    return errors
