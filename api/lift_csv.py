"""A CSV file of lifts, read whole and checked whole: each cell by the rules of the form, every error with its place."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from pydantic import ValidationError

from api.forms import LiftForm
from api.problems import Wrong, wrong_of
from api.registry import COLUMNS, REQUIRED, Entry, refuse

MAX_ROWS = 50_000
CHARSETS = ("utf-8", "gb18030", "gbk", "gb2312")  # the last three are what Chinese spreadsheets save
_TRUE, _FALSE = frozenset({"true", "yes", "1", "是"}), frozenset({"false", "no", "0", "否"})


def parse(content: bytes, charset: str) -> list[Entry]:
    """Read a CSV file with its header.

    Raises:
        ProblemError: 422 with every error, by line and column.
    """
    reader = csv.reader(io.StringIO(_text(content, charset), newline=""), strict=True)
    errors: list[Wrong] = []
    entries: list[Entry] = []
    start = 1
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        if wrong := _header_errors(header):
            raise refuse(wrong)
        start = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                entries += _entry(header, cells, start, errors)
            start = reader.line_num + 1
    except csv.Error as error:
        errors.append(Wrong(field="file", message=str(error), expected="CSV with closed quotes", line=start))
    errors += _repeated(entries)
    if len(entries) > MAX_ROWS:
        errors.append(Wrong(field="file", message="too many lines", expected=f"{MAX_ROWS} or fewer"))
    if not entries and not errors:
        expected = "a header and a line for each lift"
        errors.append(Wrong(field="file", message="there is no lift in it", expected=expected))
    if errors:
        raise refuse(errors)
    return entries


def _text(content: bytes, charset: str) -> str:
    if charset.lower() not in CHARSETS:
        wrong = Wrong(field="header.Content-Type", message=f"{charset} is not read", expected=", ".join(CHARSETS))
        raise refuse([wrong])
    try:
        return content.removeprefix(b"\xef\xbb\xbf").decode(charset)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        expected = "UTF-8, or the charset in Content-Type: text/csv; charset=gb18030"
        message = f"byte {error.start} is not {charset}"
        raise refuse([Wrong(field="file", message=message, expected=expected, line=line)]) from None


def _header_errors(header: Sequence[str]) -> list[Wrong]:
    allowed = ", ".join(COLUMNS)
    errors = [
        Wrong(field=name or "(empty)", message="nobody knows this column", expected=allowed, line=1, column=name)
        for name in header
        if name not in COLUMNS
    ]
    errors += [
        Wrong(field=name, message="this column stands twice", expected="once", line=1, column=name)
        for name in dict.fromkeys(header)
        if header.count(name) > 1
    ]
    errors += [
        Wrong(field=name, message="this column is missing", expected=", ".join(REQUIRED), line=1, column=name)
        for name in REQUIRED
        if name not in header
    ]
    return errors


def _entry(header: Sequence[str], cells: Sequence[str], line: int, errors: list[Wrong]) -> list[Entry]:
    if len(cells) != len(header):
        errors.append(
            Wrong(field="line", message=f"it has {len(cells)} cells", expected=f"{len(header)} cells", line=line)
        )
        return []
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
        word = text.lower()
        return True if word in _TRUE else False if word in _FALSE else text
    return text


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
