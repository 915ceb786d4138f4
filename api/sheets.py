"""Tables as people keep them, CSV and Excel (.xlsx): read within limits, every error with its place; written safely.

A workbook is a zip of XML from a stranger: sizes and members are looked at before anything is unpacked (a zip member
never yields more than it declares), XML with entities is refused (defusedxml), rows are read one by one and cut off at
limits, macros, links and formulas are never looked at: a formula is what it had come to. What is written opens as text:
a cell that a spreadsheet would take for a formula gets an apostrophe in CSV, and is typed as text in a workbook.

Why openpyxl, which is slow (20 000 lifts took 27 s to read and 23 s to write on a busy machine; as CSV 0.7 s): it reads
and writes row by row, so that a cell in the last corner costs nothing; faster readers build the whole rectangle first.
One library does both directions. Whoever moves a whole city uses CSV.
"""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from email.message import Message
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils.exceptions import InvalidFileException

from api.problems import ProblemError, Wrong

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CHARSETS = ("utf-8", "gb18030", "gbk", "gb2312")  # the last three are what Chinese spreadsheets save
MAX_ROWS = 50_000
_MAX_LINE = MAX_ROWS + 1000  # some lines may be empty
_MAX_COLUMNS = 256
_MAX_CELL = 4000
_MAX_ERRORS = 1000  # a wrong file is wrong in every line; nobody reads more
_MAX_MEMBERS = 500
_MAX_UNPACKED = 128 * 1024 * 1024
_MAX_STRINGS = 32 * 1024 * 1024
_EXACT = 10**15  # Excel keeps fifteen digits of a number
_RISKY = frozenset("=+-@\t\r\n＝＋－＠'")
_BROKEN = (
    zipfile.BadZipFile, zlib.error, InvalidFileException, ParseError, ValueError, KeyError, TypeError, IndexError,
    AttributeError, EOFError, OSError, NotImplementedError, RuntimeError, OverflowError,
)  # fmt: skip

Cell = str | int | float | None


@dataclass(slots=True, kw_only=True)
class Table:
    """A file's header and lines, each with its number; what could not be read is among the errors."""

    header: list[str]
    lines: list[tuple[int, list[str]]] = field(default_factory=list)
    errors: list[Wrong] = field(default_factory=list)


def refuse(errors: Sequence[Wrong]) -> ProblemError:
    """All that is wrong with a file, in its order."""
    shown = sorted(errors, key=lambda one: one.line or 0)[:_MAX_ERRORS]
    more = f"; the first {_MAX_ERRORS} are listed" if len(errors) > _MAX_ERRORS else ""
    return ProblemError(422, f"{len(errors)} error(s); nothing was changed{more}", errors=shown)


def read(content: bytes, content_type: str) -> Table:
    """A file by its declared type; takes seconds, so not in the event loop.

    Raises:
        ProblemError: 415 for another type; 422 for what is no such file.
    """
    header = Message()
    header["content-type"] = content_type
    kind = header.get_content_type() if content_type else ""
    if kind == XLSX:
        return read_xlsx(content)
    if kind == CSV:
        return read_csv(content, header.get_content_charset() or "utf-8")
    wrong = Wrong(field="header.Content-Type", message="this is no CSV or Excel file", expected=f"{CSV}, {XLSX}")
    raise ProblemError(415, "a CSV or Excel file is meant", errors=[wrong])


def read_csv(content: bytes, charset: str) -> Table:
    """A CSV file.

    Raises:
        ProblemError: it is in another charset.
    """
    reader = csv.reader(io.StringIO(_text(content, charset), newline=""), strict=True)
    table, start = Table(header=[]), 1
    try:
        table.header = [name.strip().lower() for name in next(reader, [])]
        start = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                if len(cells) != len(table.header):
                    table.errors.append(_count(len(cells), len(table.header), start))
                else:
                    table.lines.append((start, [_plain(cell) for cell in cells]))
            start = reader.line_num + 1
    except csv.Error as error:
        table.errors.append(Wrong(field="file", message=str(error), expected="CSV with closed quotes", line=start))
    if len(table.lines) > MAX_ROWS:
        table.errors.append(_too_many())
    return table


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


def _count(given: int, wanted: int, line: int) -> Wrong:
    return Wrong(field="line", message=f"it has {given} cells", expected=f"{wanted} cells", line=line)


def _too_many() -> Wrong:
    return Wrong(field="file", message="too many lines", expected=f"{MAX_ROWS} or fewer")


def _plain(cell: str) -> str:
    """A cell without the apostrophe that `csv_file` put before it."""
    text = cell.strip()
    return text[1:] if text[:1] == "'" and _risky(text[1:]) else text


def _risky(text: str) -> bool:
    """Whether a spreadsheet may take it for a formula, or for the mark that it is none."""
    return text.lstrip(" ")[:1] in _RISKY


def read_xlsx(content: bytes) -> Table:
    """The first sheet of a workbook.

    Raises:
        ProblemError: it is none, or too large when unpacked.
    """
    try:
        _look(content)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        try:
            return _sheet(book.worksheets[0])
        finally:
            book.close()
    except _BROKEN as error:
        message = f"this workbook cannot be read: {type(error).__name__}"
        raise refuse([Wrong(field="file", message=message, expected="a workbook saved as .xlsx")]) from error


def _look(content: bytes) -> None:
    """Refuse a workbook that would be too large unpacked, before it is."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        members = packed.infolist()
        strings = sum(one.file_size for one in members if one.filename.lower().endswith("sharedstrings.xml"))
        size = sum(one.file_size for one in members)
    if len(members) > _MAX_MEMBERS or size > _MAX_UNPACKED or strings > _MAX_STRINGS:
        expected = f"at most {_MAX_MEMBERS} parts and {_MAX_UNPACKED} bytes"
        message = f"unpacked, it would have {len(members)} parts and {size} bytes"
        raise refuse([Wrong(field="file", message=message, expected=expected)])


def _sheet(sheet: Any) -> Table:
    sheet.reset_dimensions()
    table: Table | None = None
    for line, cells in enumerate(sheet.iter_rows(values_only=True), 1):
        if line > _MAX_LINE:
            raise refuse([_too_many()])
        if len(cells) > _MAX_COLUMNS:
            wrong = Wrong(field="line", message="too many columns", expected=f"{_MAX_COLUMNS} or fewer", line=line)
            raise refuse([wrong])
        if table is None:
            table = Table(header=[str(one or "").strip().lower() for one in _trimmed(cells)])
        elif any(one is not None and one != "" for one in cells):
            _line(table, line, _trimmed(cells))
    if table is not None and len(table.lines) > MAX_ROWS:
        raise refuse([_too_many()])
    return table or Table(header=[])


def _trimmed(cells: Sequence[Any]) -> list[Any]:
    found = list(cells)
    while found and found[-1] in {None, ""}:
        found.pop()
    return found


def _line(table: Table, line: int, cells: list[Any]) -> None:
    if len(cells) > len(table.header):
        table.errors.append(_count(len(cells), len(table.header), line))
        return
    texts = []
    for name, value in zip(table.header, cells + [None] * (len(table.header) - len(cells)), strict=True):
        text, wrong = _told(value)
        if wrong is not None:
            table.errors.append(Wrong(field=name, message=wrong[0], expected=wrong[1], line=line, column=name))
        texts.append(text)
    table.lines.append((line, texts))


def _told(value: Any) -> tuple[str, tuple[str, str] | None]:
    """A cell as text; with it, what is wrong and what would be right."""
    match value:
        case None:
            return "", None
        case bool():
            return str(value).lower(), None
        case int() | float():
            if abs(value) >= _EXACT:
                return "", ("a number of so many digits has lost the last ones", "a column formatted as text")
            return f"{value:.15g}" if value != int(value) else str(int(value)), None
        case datetime():
            if value.time() != time():
                return "", ("a time of day stands in it", "a date")
            return value.date().isoformat(), None
        case date():
            return value.isoformat(), None
        case str():
            if len(value) > _MAX_CELL:
                return "", (f"it has {len(value)} characters", f"{_MAX_CELL} or fewer")
            return value.strip(), None
        case _:
            return "", (f"{type(value).__name__} is not read", "text, a number or a date")


def check_header(header: Sequence[str], allowed: Sequence[str], required: Sequence[str]) -> list[Wrong]:
    """Columns that nobody knows, that stand twice, or that are missing."""
    names = ", ".join(allowed)
    errors = [
        Wrong(field=name or "(empty)", message="nobody knows this column", expected=names, line=1, column=name)
        for name in header
        if name not in allowed
    ]
    errors += [
        Wrong(field=name, message="this column stands twice", expected="once", line=1, column=name)
        for name in dict.fromkeys(header)
        if header.count(name) > 1
    ]
    errors += [
        Wrong(field=name, message="this column is missing", expected=", ".join(required), line=1, column=name)
        for name in required
        if name not in header
    ]
    return errors


# --- writing -------------------------------------------------------------------------------------------------


def csv_file(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A CSV file in UTF-8 with a mark, which spreadsheets need to see that it is."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([_guarded(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _guarded(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and _risky(cell) else cell


def xlsx_file(title: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A workbook of one sheet, in which text is text."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for row in _with(header, rows):
        cells: list[Any] = []
        for value in row:
            cell: Any = WriteOnlyCell(sheet, value)
            if isinstance(value, str):
                cell.data_type, cell.number_format = "s", "@"
            cells.append(cell)
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _with(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[Sequence[Cell]]:
    yield header
    yield from rows
