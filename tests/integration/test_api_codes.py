"""The fault catalogue and the codes that nobody knows, over HTTP; and the first advice on an incident."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api.answers.codes import Catalogue, UnknownCode
from elevator.codes import built_in
from elevator.faults import CATALOGUE
from tests.api_installation import Installation, installed


@pytest.fixture
async def place(database: str, tmp_path: Path) -> AsyncIterator[Installation]:
    file = tmp_path / "codes.toml"
    file.write_text('[models]\n"Box *" = "shmashine"\n')
    async with installed(database, codes=file) as place:
        yield place


async def test_the_catalogue_says_everything_of_a_code(place: Installation) -> None:
    found = (await place.call("firm", "GET", "/codes")).json()
    Catalogue.model_validate(found)
    codes = {one["code"]: one for one in found["codes"]}
    assert list(codes) == list(CATALOGUE)
    trapped = codes["stopped_outside_zone"]
    assert (trapped["gbt"], trapped["priority_empty"], trapped["priority_occupied"]) == (4, "P2", "P1")
    assert (trapped["traps"], trapped["rule"], trapped["lift_classes"]) == (
        True, "outside_zone", ["dumbwaiter", "hydraulic", "traction"],
    )  # fmt: skip
    assert set(trapped["title"]) == set(trapped["advice"]) == {"zh", "en"}
    assert codes["inspection"]["advice"] is None
    assert {one["name"] for one in found["tables"]} == set(built_in().tables)
    assert found["models"] == [{"pattern": "Box *", "table": "shmashine"}]
    assert found["default"] == "gbt-24476-2017"


async def test_unknown_codes_are_listed_by_model_and_those_known_by_now_say_so(place: Installation) -> None:
    await place.sql("UPDATE lift SET model = 'Box 7' WHERE lift_id IN ('L-1', 'L-2')")
    for lift, raw, count, first in (("L-1", "99", 2, 1), ("L-2", "99", 3, 2), ("L-1", "8", 1, 3), ("L-3", "99", 1, 4)):
        await place.sql(
            "INSERT INTO unknown_code (lift_no, raw, count, first_seen_at, last_seen_at) SELECT lift_no, %(raw)s,"
            " %(count)s, timestamptz '2026-01-01Z' + %(first)s * interval '1 h',"
            " timestamptz '2026-02-01Z' + %(first)s * interval '1 h' FROM lift WHERE lift_id = %(lift)s",
            lift=lift, raw=raw, count=count, first=first,
        )  # fmt: skip
    page = (await place.call("supervisor", "GET", "/codes/unknown")).json()
    for one in page["items"]:
        UnknownCode.model_validate(one)
    assert [(one["model"], one["raw"], one["code"], one["count"], one["lifts"]) for one in page["items"]] == [
        (None, "99", None, 1, 1), ("Box 7", "8", "entrapment", 1, 1), ("Box 7", "99", None, 5, 2),
    ]  # fmt: skip
    both = page["items"][2]
    assert both["lift_ids"] == ["L-2", "L-1"]
    assert (both["first_seen_at"], both["last_seen_at"]) == ("2026-01-01T01:00:00.000Z", "2026-02-01T02:00:00.000Z")
    page = (await place.call("supervisor", "GET", "/codes/unknown?limit=2")).json()
    rest = (await place.call("supervisor", "GET", f"/codes/unknown?limit=2&cursor={page['next_cursor']}")).json()
    assert [one["raw"] for one in rest["items"]] == ["99"]
    assert rest["next_cursor"] is None
    page = (await place.call("supervisor", "GET", "/codes/unknown?model=Box 7")).json()
    assert len(page["items"]) == 2
    assert (await place.call("firm", "GET", "/codes/unknown")).status_code == 403


async def test_an_incident_says_what_to_do_first(place: Installation) -> None:
    shown = await place.report("L-1")
    detail = (await place.call("dispatcher", "GET", f"/incidents/{shown['id']}")).json()
    assert "rescue code" in detail["advice"]["en"]
    await place.sql("UPDATE incident SET kind = 'danger', code = 'overspeed'")
    detail = (await place.call("dispatcher", "GET", f"/incidents/{shown['id']}")).json()
    assert detail["advice"] == dict(CATALOGUE["overspeed"].advice or {})
