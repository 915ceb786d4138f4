"""The registry and the history: forms, files with every error at once, samples and events by page and by step."""

from datetime import UTC, datetime, timedelta

import pytest

from alerts.rules import catalogue
from alerts.store import new_id
from elevator import clock
from tests.api_installation import Installation, heard, installed

LIFT = {"lift_id": "L-9", "rescue_code": "900009", "name": "Nine"}


@pytest.fixture
async def place(database: str):
    async with installed(database) as place:
        yield place


async def send(place: Installation, text: str | bytes, query: str = "", charset: str = "", role: str = "dispatcher"):
    content = text.encode() if isinstance(text, str) else text
    headers = {"Content-Type": f"text/csv{charset}"}
    return await place.call(role, "POST", f"/lifts/import{query}", content=content, headers=headers)


async def test_a_lift_is_registered_read_and_changed(place: Installation) -> None:
    full = LIFT | {
        "lift_class": "hydraulic", "address": "Road 1", "building": "House 9", "district": "D", "feeder": "F1",
        "gateway": "G1", "lat": 27.8, "lon": 113.1, "firm": "Firm A", "model": "M", "rated_speed": 1.75,
        "load_rated": 1000, "floors": ["B1", "1", "2"], "commissioned_on": "2017-08-01", "drill": True,
    }  # fmt: skip
    made = await place.call("dispatcher", "POST", "/lifts", json=full)
    assert made.status_code == 201
    assert made.headers["location"] == "/api/v1/lifts/L-9"
    expected = full | {
        "firm": place.ids["firm_A"],
        "firm_name": "Firm A",
        "registered": True,
        "state": None,
        "offset": None,
        "visit": None,
    }
    assert made.json() == expected
    assert (await place.call("firm", "GET", "/lifts/L-9")).json() == expected
    assert (await place.call("dispatcher", "POST", "/lifts", json=full)).status_code == 409

    back = await place.call("dispatcher", "PUT", "/lifts/L-9", json=expected | {"name": "Neun"})
    assert back.status_code == 200
    assert back.json() == expected | {"name": "Neun"}
    less = await place.call("dispatcher", "PUT", "/lifts/L-9", json=LIFT)
    assert less.json()["building"] is None
    assert less.json()["lift_class"] == "traction"


async def test_a_lift_that_was_only_heard_is_registered_by_put(place: Installation) -> None:
    await heard(place, "L-9")
    assert (await place.call("dispatcher", "GET", "/lifts/L-9")).json()["registered"] is False
    answer = await place.call("dispatcher", "PUT", "/lifts/L-9", json=LIFT)
    assert answer.status_code == 201
    assert answer.json()["state"]["sample"]["floor"] == "3"
    assert answer.json()["state"]["online"] is True


BAD_FIELDS: list[tuple[dict[str, object], str]] = [
    ({"lift_id": "bad id"}, "lift_id"), ({"lift_id": "-x"}, "lift_id"), ({"lift_id": "L-9\n"}, "lift_id"),
    ({"rescue_code": "123"}, "rescue_code"), ({"rescue_code": "123456789"}, "rescue_code"),
    ({"rescue_code": "12345x"}, "rescue_code"), ({"rescue_code": 123456}, "rescue_code"),
    ({"name": ""}, "name"), ({"name": None}, "name"), ({"name": "a\x00b"}, "name"), ({"name": "x" * 101}, "name"),
    ({"lift_class": "rocket"}, "lift_class"), ({"lat": 91, "lon": 0}, "lat"), ({"firm": "Nobody"}, "firm"),
    ({"rated_speed": -1}, "rated_speed"), ({"floors": ["12345"]}, "floors.0"), ({"drill": "perhaps"}, "drill"),
    ({"commissioned_on": "yesterday"}, "commissioned_on"), ({"colour": "red"}, "colour"),
]  # fmt: skip


async def test_fields_that_cannot_be_taken(place: Installation) -> None:
    """Each is named, with what would be right."""
    found = []
    for change, _field in BAD_FIELDS:
        answer = await place.call("dispatcher", "POST", "/lifts", json=LIFT | change)
        problem = answer.json()
        assert all(one["expected"] and one["message"] for one in problem["errors"])
        found.append((change, answer.status_code, [one["field"] for one in problem["errors"]]))
    assert found == [(change, 422, [f"body.{field}"]) for change, field in BAD_FIELDS]


async def test_a_rescue_code_belongs_to_one_lift(place: Installation) -> None:
    answer = await place.call("dispatcher", "POST", "/lifts", json=LIFT | {"rescue_code": "100001"})
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["field"] == "body.rescue_code"
    assert "L-1" in answer.json()["detail"]


async def test_lists_are_searched_and_paged(place: Installation) -> None:
    async def ids(path: str) -> list[str]:
        return [one["lift_id"] for one in (await place.call("dispatcher", "GET", path)).json()["items"]]

    assert await ids("/lifts") == ["L-3", "L-2", "L-1"]
    assert await ids("/lifts?q=100002") == ["L-2"]
    assert await ids("/lifts?q=house 1") == ["L-3", "L-1"]
    assert await ids("/lifts?q=%25") == []
    assert await ids("/lifts?q=_-1") == []
    first = (await place.call("dispatcher", "GET", "/lifts?limit=2")).json()
    assert [one["lift_id"] for one in first["items"]] == ["L-3", "L-2"]
    second = (await place.call("dispatcher", "GET", f"/lifts?limit=2&cursor={first['next_cursor']}")).json()
    assert [one["lift_id"] for one in second["items"]] == ["L-1"]
    assert second["next_cursor"] is None
    wrong = await place.call("dispatcher", "GET", f"/incidents?cursor={first['next_cursor']}")
    assert wrong.status_code == 422


async def test_a_file_inserts_and_updates(place: Installation) -> None:
    """Columns that the file lacks stay as they are; a firm may be named; codes may be exchanged."""
    await place.call(
        "dispatcher", "PUT", "/lifts/L-3", json={"rescue_code": "100003", "name": "Three", "district": "D"}
    )
    text = (
        "\ufefflift_id,rescue_code,name,firm,floors,drill\r\n"
        'L-1,100003,"One, renamed",Firm B,B1 1 2,是\r\n'
        "L-3,100001,Three,,,\r\n"
        "\r\n"
        f"L-2,100002,Lift L-2,{place.ids['firm_B']},,no\r\n"
        "L-9,900009,九号梯,Firm A,1|2|3,\r\n"
    )
    dry = await send(place, text, "?dry_run=true")
    assert dry.json() == {"rows": 4, "inserted": 1, "updated": 2, "unchanged": 1, "dry_run": True}
    assert (await place.call("dispatcher", "GET", "/lifts/L-9")).status_code == 404
    done = await send(place, text)
    assert done.json() == {"rows": 4, "inserted": 1, "updated": 2, "unchanged": 1, "dry_run": False}
    one, three, nine = [(await place.call("dispatcher", "GET", f"/lifts/{n}")).json() for n in ("L-1", "L-3", "L-9")]
    assert (one["rescue_code"], one["name"], one["firm_name"]) == ("100003", "One, renamed", "Firm B")
    assert (one["floors"], one["drill"], one["building"]) == (["B1", "1", "2"], True, "House 1")
    assert (three["rescue_code"], three["district"]) == ("100001", "D")
    assert (nine["name"], nine["floors"]) == ("九号梯", ["1", "2", "3"])
    assert (await send(place, text)).json()["unchanged"] == 4


async def test_every_error_of_a_file_by_line_and_column(place: Installation) -> None:
    """Nothing of it is written, not even the good lines."""
    text = (
        "lift_id,rescue_code,name,lat,lon,firm\n"
        "L-20,200020,good,,,\n"
        "L 21,2,,,,\n"
        '"L-22",200022,"two\nlines",91,0,\n'
        "L-20,200023,again,,,\n"
        "L-24,100001,taken? no: not reached,,,\n"
        "L-25,200020,same code,,,\n"
        "L-26,200026\n"
        "L-27,200027,half a place,1,,\n"
    )
    answer = await send(place, text)
    assert answer.status_code == 422
    found = {(one["line"], one["column"]) for one in answer.json()["errors"]}
    assert found == {
        (3, "lift_id"), (3, "rescue_code"), (3, "name"), (4, "lat"), (4, "name"), (6, "lift_id"), (8, "rescue_code"),
        (9, None), (10, "lat"),
    }  # fmt: skip
    assert all(one["message"] and one["expected"] for one in answer.json()["errors"])
    assert (await place.call("dispatcher", "GET", "/lifts/L-20")).status_code == 404


async def test_errors_that_only_the_database_knows(place: Installation) -> None:
    text = "lift_id,rescue_code,name,firm\nL-20,100001,x,\nL-21,200021,x,Nobody\nL-22,200022,x,Firm A\n"
    answer = await send(place, text)
    assert answer.status_code == 422
    assert [(one["line"], one["column"]) for one in answer.json()["errors"]] == [(2, "rescue_code"), (3, "firm")]
    assert (await place.sql("SELECT count(*) AS n FROM lift"))[0]["n"] == 3


BAD_FILES: list[tuple[bytes, str, str]] = [
    (b"", "", "lift_id"),
    (b"lift_id,rescue_code,name\n", "", "file"),
    (b"lift_id,name,colour,name\nL-1,x,y,z\n", "", "colour"),
    ("lift_id,rescue_code,name\nL-1,1234,梯\n".encode("gb18030"), "", "file"),
    (b"lift_id,rescue_code,name\nL-1,1234,x\n", "; charset=rot13", "header.Content-Type"),
    (b'lift_id,rescue_code,name\nL-1,1234,"open\n', "", "file"),
    (b"lift_id,rescue_code,name\nL-1,1234,a\x00b\n", "", "name"),
]


async def test_files_that_cannot_be_read(place: Installation) -> None:
    found = []
    for content, charset, _field in BAD_FILES:
        answer = await send(place, content, charset=charset)
        found.append((answer.status_code, answer.json()["errors"][0]["field"]))
    assert found == [(422, field) for _content, _charset, field in BAD_FILES]


async def test_a_chinese_spreadsheet(place: Installation) -> None:
    content = "lift_id,rescue_code,name\nL-9,900009,九号梯\n".encode("gb18030")
    assert (await send(place, content, charset="; charset=GB18030")).status_code == 200
    assert (await place.call("dispatcher", "GET", "/lifts/L-9")).json()["name"] == "九号梯"


async def test_a_large_file_goes_in_within_seconds(place: Installation) -> None:
    lines = ["lift_id,rescue_code,name", *(f"BIG-{n},{10_000_000 + n},Lift {n}" for n in range(5000))]
    answer = await send(place, "\n".join(lines))
    assert answer.json()["inserted"] == 5000


async def store_samples(place: Installation, start: datetime, count: int) -> None:
    await place.sql(
        "INSERT INTO sample (lift_no, ts, boot, seq, received_at, mode, floor, moving, door, speed, replay, late)"
        " SELECT (SELECT lift_no FROM lift WHERE lift_id = 'L-1'), %(start)s + n * interval '1 second', 'b', n,"
        " %(start)s + n * interval '1 second', 0, '1', true, 0, n, false, false FROM generate_series(0, %(count)s - 1) n",
        start=start, count=count,
    )  # fmt: skip


async def test_history_by_page_and_by_step(place: Installation) -> None:
    start = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
    await store_samples(place, start, 150)
    span = "from=2026-03-01T08:00:00Z&to=2026-03-01T09:00:00%2B00:00"
    seqs: list[int] = []
    cursor = ""
    while True:
        page = (await place.call("firm", "GET", f"/lifts/L-1/telemetry?{span}&limit=40{cursor}")).json()
        seqs += [one["seq"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seqs == list(range(149, -1, -1))
    sample = page["items"][-1]
    assert sample["ts"] == "2026-03-01T08:00:00.000Z"
    assert (sample["mode"], sample["door"], sample["late"]) == ("normal", "closed", False)

    first = (await place.call("firm", "GET", f"/lifts/L-1/telemetry?{span}&step=60&limit=2")).json()
    cursor = f"&cursor={first['next_cursor']}"
    rest = (await place.call("firm", "GET", f"/lifts/L-1/telemetry?{span}&step=60&limit=2{cursor}")).json()
    buckets = first["items"] + rest["items"]
    assert [one["bucket"] for one in buckets] == [f"2026-03-01T08:0{n}:00.000Z" for n in (2, 1, 0)]
    assert [one["count"] for one in buckets] == [30, 60, 60]
    assert (page["resolution"], first["resolution"]) == ("raw", "raw")
    assert [one["seq"] for one in buckets] == [149, 119, 59]
    assert buckets[1]["extremes"]["speed"] == {"min": 60, "max": 119}
    assert rest["next_cursor"] is None


BAD_QUESTIONS = [
    "from=2026-03-01T08:00:00", "from=yesterday", "step=0", "step=x", "limit=0", "limit=201", "cursor=x",
    "from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z", "step=1&from=2020-01-01T00:00:00Z", "stop=1",
    "limit=1&limit=2", "from=99999-01-01T00:00:00Z", "to=0001-01-01T00:00:00%2B14:00", "cursor=WyJzYW1wbGVzIiwxLDIsM10",
]  # fmt: skip


async def test_history_questions_that_make_no_sense(place: Installation) -> None:
    """Times without a zone, steps beyond reason, parameters that nobody reads: 422, each named."""
    for query in BAD_QUESTIONS:
        answer = await place.call("firm", "GET", f"/lifts/L-1/telemetry?{query}")
        assert answer.status_code == 422, (query, answer.text)
        assert answer.json()["errors"][0]["field"].startswith("query."), query


async def test_events_and_those_a_person_must_look_at(place: Installation) -> None:
    now = clock.now()
    for lift, seq, review in (("L-1", 1, False), ("L-1", 2, True), ("L-2", 3, True)):
        await place.sql(
            "INSERT INTO event (lift_no, ts, boot, seq, code, active, replay, late, review, outcome, received_at, seen_at)"
            " SELECT lift_no, %(now)s, 'b', %(seq)s, 'alarm_button', true, %(review)s, %(review)s, %(review)s, 'x',"
            " %(now)s, %(now)s FROM lift WHERE lift_id = %(lift)s", now=now, seq=seq, lift=lift, review=review,
        )  # fmt: skip

    async def seen(role: str, path: str) -> list[tuple[str, int]]:
        items = (await place.call(role, "GET", path)).json()["items"]
        return [(one["lift_id"], one["seq"]) for one in items]

    assert await seen("dispatcher", "/events?review=true") == [("L-2", 3), ("L-1", 2)]
    assert await seen("firm", "/events?review=true") == [("L-1", 2)]
    assert await seen("property2", "/events") == [("L-2", 3)]
    assert await seen("responder", "/events") == []
    assert await seen("firm", "/lifts/L-1/events") == [("L-1", 2), ("L-1", 1)]
    later = (now + timedelta(seconds=1)).isoformat().replace("+", "%2B")
    assert await seen("firm", f"/lifts/L-1/events?from={later}") == []


async def test_quarantine_is_listed_and_marked_for_replay(place: Installation) -> None:
    made = new_id()
    await place.sql(
        "INSERT INTO quarantine (id, lift_id, topic, payload, digest, reason, detail, received_at)"
        " VALUES (%(id)s, 'L-1', 'lift/v1/L-1/event', %(payload)s, 'x', 'not_json', 'no', now())",
        id=made, payload=b'{"a":\xff}',
    )  # fmt: skip
    item = (await place.call("supervisor", "GET", "/quarantine?reason=not_json")).json()["items"][0]
    assert (item["id"], item["payload"], item["size"]) == (made, '{"a":\\xff}', 7)
    assert (await place.call("supervisor", "GET", "/quarantine?reason=nonsense")).status_code == 422
    assert (await place.call("supervisor", "GET", "/quarantine?lift_id=L-2")).json()["items"] == []
    first = await place.call("dispatcher", "POST", f"/quarantine/{made}/replay")
    assert first.status_code == 202
    assert first.json()["replay_requested_at"]
    assert (await place.call("dispatcher", "POST", f"/quarantine/{made}/replay")).status_code == 409
    waiting = await place.sql("SELECT replay_requested_by FROM quarantine WHERE replayed_at IS NULL")
    assert waiting[0]["replay_requested_by"]


async def test_why_there_is_no_alarm_for_a_lift(place: Installation) -> None:
    """Every rule with its parts; only for those who may see the lift."""
    never = (await place.call("dispatcher", "GET", "/lifts/L-1/decision")).json()
    assert never["heard_at"] is None
    assert never["summary"]["en"] == "Nothing was ever heard of this lift."
    await heard(place, "L-1", occupied=True)
    found = (await place.call("firm", "GET", "/lifts/L-1/decision")).json()
    assert [one["rule"] for one in found["rules"]] == [rule.id for rule in catalogue.RULES]
    zone = next(one for one in found["rules"] if one["rule"] == "outside_zone")
    assert (zone["state"], zone["suspect_s"], zone["confirm_s"]) == ("idle", 20, 60)
    missing = [part for part in zone["parts"] if part["holds"] is not True]
    assert "outside" in [part["key"] for part in missing]
    assert {part["key"]: part["seen"]["en"] for part in zone["parts"]}["stopped"] == "standing"
    assert (await place.call("firm_B", "GET", "/lifts/L-1/decision")).status_code == 404
    assert (await place.call("property2", "GET", "/lifts/L-1/decision")).status_code == 404


async def test_an_incident_says_why_and_why_now(place: Installation) -> None:
    await heard(place, "L-1", occupied=True, door_zone=False, faults=["entrapment"])
    found = (await place.call("dispatcher", "GET", "/incidents?lift_id=L-1")).json()["items"]
    rescue = (await place.call("dispatcher", "GET", f"/incidents/{found[0]['id']}")).json()
    assert rescue["why"] == {"zh": "有对应故障码（困人）。", "en": "Its code is active (Entrapment)."}
    assert [part["key"] for part in rescue["evidence"]["parts"]] == ["code"]
    assert rescue["evidence"]["decided_at"] == rescue["confirmed_at"]
    reported = await place.report("L-2")
    assert reported["why"] is None
