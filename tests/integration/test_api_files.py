"""Registry files over the interface: out, changed in a spreadsheet, in again; a firm writes what is its own to write."""

import io
from collections.abc import Callable
from typing import Any

import httpx
import openpyxl
import pytest

from api import sheets
from api.sheets import CSV, XLSX
from tests.api_installation import Installation, installed

EVIL = '=HYPERLINK("http://x.example","打开")'


@pytest.fixture
async def place(database: str):
    async with installed(database) as place:
        yield place


async def send(
    place: Installation, what: str, table: list[list[Any]], role: str = "firm", *, kind: str = XLSX, want: int = 200, **query: str
) -> Any:  # fmt: skip
    header, *rows = table
    content = sheets.xlsx_file("t", header, rows) if kind == XLSX else sheets.csv_file(header, rows)
    answer = await place.call(
        role, "POST", f"/{what}/import", content=content, headers={"Content-Type": kind}, params=query
    )
    assert answer.status_code == want, answer.text
    return answer.json()


async def fetch(place: Installation, what: str, role: str = "firm", kind: str = "xlsx") -> list[list[Any]]:
    answer = await place.call(role, "GET", f"/export/{what}", params={"format": kind})
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{what}.{kind}"'
    return rows(answer)


def rows(answer: httpx.Response) -> list[list[Any]]:
    table = sheets.read(answer.content, answer.headers["Content-Type"])
    return [table.header, *(cells for _, cells in table.lines)]


def changed(table: list[list[Any]], line: int, **cells: Any) -> list[list[Any]]:
    """The table with cells of one line (from 1) changed."""
    copy = [list(one) for one in table]
    for name, value in cells.items():
        copy[line][copy[0].index(name)] = value
    return copy


def errors(told: dict[str, Any]) -> list[tuple[int, str, str]]:
    return [(one["line"], one["column"], one["message"]) for one in told["errors"]]


# --- lifts ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_an_exported_registry_is_imported_unchanged(place: Installation, kind: str) -> None:
    full = {
        "lift_id": "L-9", "rescue_code": "012345", "name": "-9 号梯", "address": "＝路 1", "lat": -27.5, "lon": 113.25,
        "firm": "Firm A", "rated_speed": 1.75, "load_rated": 1000, "floors": ["B1", "1", "2"],
        "commissioned_on": "2017-08-01", "drill": True,
    }  # fmt: skip
    assert (await place.call("dispatcher", "POST", "/lifts", json=full)).status_code == 201
    for role, count in (("dispatcher", 4), ("firm", 2)):
        table = await fetch(place, "lifts", role, kind)
        told = await send(place, "lifts", table, role, kind=XLSX if kind == "xlsx" else CSV)
        assert told == {"rows": count, "inserted": 0, "updated": 0, "unchanged": count, "dry_run": False}
    nine = dict(zip(*(await fetch(place, "lifts", "firm", kind))[::2], strict=True))
    assert (nine["lift_id"], nine["rescue_code"], nine["name"], nine["floors"]) == (
        "L-9",
        "012345",
        "-9 号梯",
        "B1 1 2",
    )


async def test_each_exports_what_is_in_its_care(place: Installation) -> None:
    for role, ids in {
        "supervisor": ["L-1", "L-2", "L-3"], "firm": ["L-1"], "responder": ["L-1"], "firm_B": ["L-2"],
        "property": ["L-1", "L-3"],
    }.items():  # fmt: skip
        assert [one[0] for one in (await fetch(place, "lifts", role))[1:]] == ids, role


async def test_a_firm_changes_of_its_lifts_what_decides_nothing(place: Installation) -> None:
    table = changed(await fetch(place, "lifts"), 1, load_rated=630, commissioned_on="2019-05-01")
    dry = await send(place, "lifts", table, dry_run="true")
    assert (dry["updated"], dry["dry_run"]) == (1, True)
    assert (await place.call("firm", "GET", "/lifts/L-1")).json()["load_rated"] != 630
    assert (await send(place, "lifts", table))["updated"] == 1
    lift = (await place.call("firm", "GET", "/lifts/L-1")).json()
    assert (lift["load_rated"], lift["commissioned_on"], lift["rescue_code"]) == (630, "2019-05-01", "100001")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("rescue_code", "100002"), ("rescue_code", "999999"), ("building", "House 2"), ("firm", "Firm B"), ("firm", ""),
        ("firm", "Nobody"), ("lift_class", "hoist"), ("model", "M"), ("floors", "1 2 3"), ("drill", "true"),
        ("gateway", "G"), ("district", "D"), ("name", "东梯"), ("address", "新路 2"), ("rated_speed", 9.5),
    ],
)  # fmt: skip
async def test_what_a_rescue_depends_on_is_the_desk_s(place: Installation, column: str, value: str) -> None:
    before = await fetch(place, "lifts", "dispatcher")
    table = changed(await fetch(place, "lifts"), 1, **{"load_rated": 630, column: value})
    told = await send(place, "lifts", table, want=422)
    assert errors(told) == [(2, column, "only the desk changes this")]
    assert await fetch(place, "lifts", "dispatcher") == before


async def test_a_firm_s_position_of_a_lift_is_the_desk_s(place: Installation) -> None:
    """Whether a visit was far from its lift is judged by it."""
    told = await send(place, "lifts", changed(await fetch(place, "lifts"), 1, lat=1, lon=1), want=422)
    assert {one[1] for one in errors(told)} == {"lat", "lon"}


async def test_somebody_else_s_lift_is_not_there(place: Installation) -> None:
    """Neither another firm's, nor one that is new: the answer is the same."""
    header = ["lift_id", "rescue_code", "name"]
    told = await send(
        place, "lifts", [header, ["L-1", "100001", "x"], ["L-2", "100002", "x"], ["L-9", "100009", "x"]], want=422
    )
    assert errors(told) == [(3, "lift_id", "your firm has no such lift"), (4, "lift_id", "your firm has no such lift")]
    assert (await place.call("firm", "GET", "/lifts/L-1")).json()["name"] == "Lift L-1"


async def test_every_error_of_a_workbook_at_once_with_its_place(place: Installation) -> None:
    header = ["lift_id", "rescue_code", "name", "lat", "colour"]
    told = await send(place, "lifts", [header, ["L-9", "1", "x", 1, "red"]], "dispatcher", want=422)
    assert errors(told) == [(1, "colour", "nobody knows this column")]
    lines: list[list[Any]] = [
        header[:4], ["L-8", "800008", "acht", None], ["bad id", "1", "x", None], ["L-8", "700007", "x", None],
        [31104302002017080012, "600006", "x", None], ["L-7", "500005", "", 12],
    ]  # fmt: skip
    told = await send(place, "lifts", lines, "dispatcher", want=422)
    assert {one[:2] for one in errors(told)} >= {
        (3, "lift_id"), (3, "rescue_code"), (4, "lift_id"), (5, "lift_id"), (6, "name"),
    }  # fmt: skip
    assert (await place.call("dispatcher", "GET", "/lifts/L-8")).status_code == 404


# --- people --------------------------------------------------------------------------------------------------

HEAD = ["name", "phone", "certificate_kind", "certificate_number", "valid_until"]
WANG = ["王维", "+86 139", "T 电梯修理", "T-1", "2028-05-31"]


async def people(place: Installation, role: str = "firm") -> dict[str, Any]:
    items = (await place.call(role, "GET", "/workers")).json()["items"]
    return {one["name"]: one for one in items}


@pytest.mark.parametrize("kind", [CSV, XLSX])
async def test_people_come_with_their_certificates_and_renew_them(place: Installation, kind: str) -> None:
    table = [HEAD, WANG, [*WANG[:3], "T-2", "2027-01-31"], ["李白", "", "", "", ""]]
    assert await send(place, "workers", table, kind=kind) == {
        "rows": 2, "inserted": 2, "updated": 0, "unchanged": 0, "dry_run": False,
    }  # fmt: skip
    assert (await send(place, "workers", table, kind=kind))["unchanged"] == 2
    found = await people(place)
    assert [one["number"] for one in found["王维"]["certificates"]] == ["T-2", "T-1"]
    assert (found["王维"]["phone"], found["李白"]["certificates"]) == ("+86 139", [])
    renewed = [HEAD, [*WANG[:4], "2032-05-31"]]
    assert (await send(place, "workers", renewed, kind=kind, dry_run="true"))["updated"] == 1
    assert (await people(place))["王维"]["certificates"][1]["valid_until"] == "2028-05-31"
    assert (await send(place, "workers", renewed, kind=kind))["updated"] == 1
    ends = {one["number"]: one["valid_until"] for one in (await people(place))["王维"]["certificates"]}
    assert ends == {"T-1": "2032-05-31", "T-2": "2027-01-31"}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_exported_people_are_imported_unchanged(place: Installation, kind: str) -> None:
    await send(place, "workers", [HEAD, WANG, [*WANG[:3], "T-2", "2027-01-31"], [EVIL, "", "", "", ""]])
    table = await fetch(place, "workers", kind=kind)
    assert len(table) == 4
    told = await send(place, "workers", table, kind=XLSX if kind == "xlsx" else CSV)
    assert (told["unchanged"], told["updated"], told["inserted"]) == (2, 0, 0)
    leaving = [row if row[1] != "王维" else [*row[:3], "否", *row[4:]] for row in table]
    assert (await send(place, "workers", leaving))["updated"] == 1
    assert (await people(place))["王维"]["active"] is False


async def test_an_export_cannot_run(place: Installation) -> None:
    await send(place, "workers", [HEAD, [EVIL, "@SUM(A1)", "+1", "-1", "2028-05-31"]])
    text = (await place.call("firm", "GET", "/export/workers")).content.decode("utf-8-sig")
    line = text.split("\r\n")[1]
    assert "\"'=HYPERLINK" in line
    assert all(f",'{risky}" in line for risky in ("@SUM", "+1", "-1"))
    book = openpyxl.load_workbook(io.BytesIO((await place.call("firm", "GET", "/export/workers?format=xlsx")).content))
    sheet: Any = book.active
    assert {cell.data_type for row in sheet for cell in row} == {"s"}


async def test_every_error_of_people_at_once_and_nothing_half_done(place: Installation) -> None:
    await send(place, "workers", [["name", "phone"], ["双", "1"], ["双", "2"]])
    before = await fetch(place, "workers")
    header = ["id", *HEAD, "active", "firm"]
    lines: list[list[Any]] = [
        header,
        ["", *WANG, "yes", "Firm A"],
        ["", *WANG, "yes", "Firm A"],
        ["", "李白", "", "T", "T-3", "gestern", "perhaps", ""],
        ["nobody", "杜甫", "", "", "", "", "", ""],
        ["", "何其", "", "T", "", "2028-01-01", "", "Firm B"],
        ["", "", "", "", "", "", "", "Firm A"],
    ]
    told = await send(place, "workers", lines, want=422)
    assert {one[:2] for one in errors(told)} == {
        (3, "certificate_number"), (4, "valid_until"), (4, "active"), (6, "certificate_number"), (6, "firm"), (7, "name"),
    }  # fmt: skip
    told = await send(place, "workers", [["id", "name"], ["nobody", "杜甫"], ["", "新"], ["", "双"]], want=422)
    assert errors(told) == [
        (2, "id", "nobody of this firm has this id"),
        (4, "id", "2 people of this firm are called so"),
    ]
    assert await fetch(place, "workers") == before


async def test_people_are_of_the_own_firm(place: Installation) -> None:
    await send(place, "workers", [HEAD, WANG])
    wang = (await people(place))["王维"]["id"]
    told = await send(place, "workers", [["id", "name"], [wang, "gestohlen"]], "firm_B", want=422)
    assert errors(told) == [(2, "id", "nobody of this firm has this id")]
    assert len(await fetch(place, "workers", "firm_B")) == 1
    assert await people(place, "firm_B") == {}
    assert (await send(place, "workers", [HEAD, WANG], firm="Firm B", want=422))["errors"][0]["field"] == "query.firm"
    assert (await send(place, "workers", [HEAD, WANG], "admin", want=422))["errors"][0]["field"] == "query.firm"
    assert (await send(place, "workers", [HEAD, WANG], "admin", firm="Firm B"))["inserted"] == 1
    assert [row[4] for row in (await fetch(place, "workers", "supervisor"))[1:]] == ["Firm A", "Firm B"]


@pytest.mark.parametrize("what", ["lifts", "workers"])
async def test_what_is_no_file_or_too_large_is_said_so(place: Installation, what: str) -> None:
    def call(content: bytes, kind: str) -> Callable[[], Any]:
        return lambda: place.call("firm", "POST", f"/{what}/import", content=content, headers={"Content-Type": kind})

    assert (await call(b"PK nothing", XLSX)()).status_code == 422
    assert (await call(b"x", "application/zip")()).status_code == 415
    assert (await call(b"x" * (2 * 1024 * 1024), CSV)()).status_code == 422  # more than others may send, and read
    assert (await call(b"x" * (17 * 1024 * 1024), CSV)()).status_code == 413
