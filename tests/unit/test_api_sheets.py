"""Files of tables: what goes out comes back the same, nothing in them runs, and what is too much is refused."""

import io
import time
import zipfile
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from api import sheets
from api.problems import ProblemError
from api.sheets import CSV, XLSX

CELLS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=12).map(str.strip)
RISKY = ["=1+1", "+86 139", "-2", "@SUM(A1)", "=cmd|' /C calc'!A0", "＝1", "'=x", "'", "''+", "\t=1"]


def workbook(*rows: list[Any]) -> bytes:
    book = Workbook()
    sheet: Any = book.active
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def packed(content: bytes, **members: bytes) -> bytes:
    """The workbook with some members exchanged."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        names = {name.replace("__", "/").replace("_xml", ".xml"): data for name, data in members.items()}
        for one in source.namelist():
            target.writestr(one, names.pop(one, source.read(one)))
        for name, data in names.items():
            target.writestr(name, data)
    return out.getvalue()


def told(content: bytes, kind: str = XLSX) -> list[tuple[str, int | None]]:
    with pytest.raises(ProblemError) as caught:
        sheets.read(content, kind)
    assert caught.value.status == 422
    return [(one.message, one.line) for one in caught.value.errors]


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=5))
@settings(max_examples=60, deadline=None)
def test_what_is_exported_is_imported_the_same(rows: list[list[str]]) -> None:
    """In both forms; lines without anything are passed over."""
    header = ["a", "b", "c"]
    wanted = [row for row in rows if any(row)]
    for content, kind in ((sheets.csv_file(header, rows), CSV), (sheets.xlsx_file("t", header, rows), XLSX)):
        table = sheets.read(content, kind)
        assert table.header == header
        assert [cells for _, cells in table.lines] == wanted


@pytest.mark.parametrize("text", RISKY)
def test_no_cell_of_an_export_is_a_formula(text: str) -> None:
    out = sheets.csv_file(["a"], [[text], [f"  {text}"]]).decode("utf-8-sig")
    assert all(line.lstrip('"').startswith("'") for line in out.split("\r\n")[1:] if line)
    content = sheets.xlsx_file("t", ["a"], [[text]])
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")
    sheet: Any = openpyxl.load_workbook(io.BytesIO(content)).active
    assert (sheet["A2"].data_type, sheet["A2"].value) == ("s", text)
    (line,) = sheets.read(sheets.csv_file(["a"], [[text]]), CSV).lines
    assert [one.strip() for one in line[1]] == [text.strip()]


def test_numbers_stay_numbers_and_are_read_as_they_were_meant() -> None:
    assert b"-27.5" in sheets.csv_file(["lat"], [[-27.5]])
    assert b"'-27.5" not in sheets.csv_file(["lat"], [[-27.5]])
    day = datetime(2017, 8, 1)  # noqa: DTZ001 - a spreadsheet knows no zone
    content = workbook(["a", "b", "c", "d", "e"], [430217, 1.75, True, date(2017, 8, 1), day])
    assert sheets.read(content, XLSX).lines == [(2, ["430217", "1.75", "true", "2017-08-01", "2017-08-01"])]


def test_a_number_that_has_lost_its_digits_is_named() -> None:
    """Excel keeps fifteen digits: a registration code that was typed as a number is another one."""
    table = sheets.read(workbook(["lift_id", "name"], [31104302002017080012, "A"], ["L-2", "B"]), XLSX)
    (wrong,) = table.errors
    assert (wrong.line, wrong.column, wrong.expected) == (2, "lift_id", "a column formatted as text")


def test_a_formula_is_what_it_had_come_to() -> None:
    content = workbook(["a", "b"], ["=1+1", "x"])
    assert sheets.read(content, XLSX).lines == [(2, ["", "x"])]


def test_a_line_with_too_many_cells_and_one_with_a_time_are_named() -> None:
    moment = datetime(2017, 8, 1, 9, 30)  # noqa: DTZ001 - a spreadsheet knows no zone
    table = sheets.read(workbook(["a"], ["x", "y"], [moment], ["x" * 4001]), XLSX)
    assert [(one.line, one.message) for one in table.errors] == [
        (2, "it has 2 cells"), (3, "a time of day stands in it"), (4, "it has 4001 characters"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"lift_id,name\n", workbook(["a"])[:300], workbook(["a"])[:-40]]
)
def test_what_is_no_workbook_is_said_so(content: bytes) -> None:
    ((message, _),) = told(content)
    assert message.startswith("this workbook cannot be read")


@given(st.binary(max_size=200), st.integers(0, 4000), st.integers(1, 60))
@settings(max_examples=80, deadline=None)
def test_no_workbook_is_an_error_of_ours(noise: bytes, place: int, length: int) -> None:
    whole = workbook(["lift_id", "name"], ["L-1", "A"])
    try:
        sheets.read(whole[:place] + noise[:length] + whole[place + length :], XLSX)
    except ProblemError as problem:
        assert problem.errors  # noqa: PT017 - either outcome is good


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = packed(workbook(["a"]), xl__worksheets__sheet1_xml=b"<x>" + b" " * 200_000_000)
    assert len(bomb) < 1_000_000
    began = time.perf_counter()
    ((message, _),) = told(bomb)
    assert message.startswith("unpacked, it would have")
    assert time.perf_counter() - began < 1
    many = packed(workbook(["a"]), **{f"m{n}": b"" for n in range(600)})
    assert told(many)[0][0].startswith("unpacked, it would have")


def test_a_member_that_lies_about_its_size_is_refused() -> None:
    """The directory says 100 bytes: no more is ever taken out, and the checksum tells."""
    sheet = b"<worksheet><sheetData>" + b"<row/>" * 200_000 + b"</sheetData></worksheet>"
    bomb = packed(workbook(["a"]), xl__worksheets__sheet1_xml=sheet)
    lying = bomb.replace(len(sheet).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert lying != bomb
    assert told(lying)[0][0].startswith("this workbook cannot be read")


def test_entities_are_refused() -> None:
    laughs = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><worksheet><sheetData><row><c t="str"><v>&b;</v></c></row></sheetData></worksheet>'
    assert told(packed(workbook(["a"]), xl__worksheets__sheet1_xml=laughs))[0][0].startswith(
        "this workbook cannot be read"
    )
    outside = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet/>'
    assert told(packed(workbook(["a"]), xl__worksheets__sheet1_xml=outside))[0][0].startswith(
        "this workbook cannot be read"
    )


@pytest.mark.parametrize(
    ("cell", "message"),
    [("XFD1", "too many columns"), ("A1048576", "too many lines"), ("XFD1048576", "too many lines")],
)
def test_a_cell_far_away_costs_nothing(cell: str, message: str) -> None:
    """A sheet of one cell in the last corner is seventeen milliards of cells for who takes it at its word."""
    row = cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    sheet = f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:{cell}"/><sheetData><row r="{row}"><c r="{cell}"><v>1</v></c></row></sheetData></worksheet>'
    began = time.perf_counter()
    assert told(packed(workbook(["a"]), xl__worksheets__sheet1_xml=sheet.encode()))[0][0] == message
    assert time.perf_counter() - began < 3


def test_too_many_lines_are_refused() -> None:
    lines = [["x"]] * (sheets.MAX_ROWS + 1)
    assert [one.message for one in sheets.read(sheets.csv_file(["a"], lines), CSV).errors] == ["too many lines"]
    assert told(sheets.xlsx_file("t", ["a"], lines))[0][0] == "too many lines"


@pytest.mark.parametrize("kind", ["", "text/plain", "application/vnd.ms-excel", "application/json"])
def test_another_type_is_415(kind: str) -> None:
    with pytest.raises(ProblemError) as caught:
        sheets.read(b"a\n1\n", kind)
    assert caught.value.status == 415
