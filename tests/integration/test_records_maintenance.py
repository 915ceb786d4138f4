"""Visits and orders are sealed: their export proves itself offline, and whatever is changed is found and named."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alerts.maintenance import planning
from alerts.maintenance.plans import shelf
from alerts.seals import proof
from alerts.seals.sealer import Sealer
from deploy import verify
from elevator import migrate
from elevator.model import LiftClass
from elevator.settings import Settings
from tests.integration import test_maintenance_visits as visits
from tests.integration.test_maintenance_visits import BAD, DRAWING, Site, results
from tests.migration.test_migrations import execute

site = visits.site


@pytest.fixture
async def done(site: Site, tmp_path: Path) -> tuple[Site, str, str]:
    """A whole visit with an abnormal item, its order closed, everything sealed; ids of visit and order."""
    visit = await site.arrive(second_id=site.ids["li"], lat=27.8, lon=113.1)
    await site.after(minutes=30).do(visit, "results", results=results(A_1_15=BAD))
    await site.do(visit, "part", name="井道灯", count=2)
    await site.do(visit, "sign", worker_id=site.ids["wang"], drawing=DRAWING)
    await site.do(visit, "sign", worker_id=site.ids["li"], drawing=DRAWING)
    await site.after(minutes=5).do(visit, "check_out")
    await site.do(visit, "countersign", "property", name="赵经理", drawing=DRAWING)
    order = (await site.call("firm", "GET", "/orders")).json()["items"][0]["id"]
    await site.call("responder", "POST", f"/orders/{order}/done", json={"text": "换灯", "photos": ["p10"]})
    await site.call("property", "POST", f"/orders/{order}/close", json={})
    await seal(site, tmp_path / "seals")
    return site, visit, order


async def seal(site: Site, folder: Path | None = None) -> None:
    await Sealer(pool=site.place.pool, folder=folder).seal()


async def exported(site: Site, role: str = "firm", **period: str) -> dict[str, Any]:
    answer = await site.after(seconds=1).call(role, "GET", "/lifts/L-1/records", params=period)
    assert answer.status_code == 200, answer.text
    return answer.json()


def record(document: dict[str, Any], subject: str) -> dict[str, Any]:
    return next(one for one in document["records"] if one["subject"] == subject)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every single value of a document, with the way to it."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from leaves(one, (*path, name))
    elif isinstance(value, list):
        for place, one in enumerate(value):
            yield from leaves(one, (*path, place))
    else:
        yield path, value


def other(value: Any) -> Any:
    if isinstance(value, str):
        return value[:-1] + ("a" if value[-1:] != "a" else "b")
    return (not value) if isinstance(value, bool) else 1 if value is None else value + 1


async def test_a_whole_visit_and_its_order_prove_themselves_offline(
    done: tuple[Site, str, str], tmp_path: Path
) -> None:
    site, visit, order = done
    document = await exported(site)
    assert list(proof.verify(document)) == []
    told = [one["entry"]["op"] for one in record(document, visit)["entries"]]
    assert told == [
        "check_in", "shown", "results", "part", "sign", "sign", "check_out", "restored", "countersign",
    ]  # fmt: skip
    entries = record(document, visit)["entries"]
    assert entries[4]["entry"]["body"]["drawing"] == DRAWING
    facts = entries[0]["entry"]["facts"]
    assert facts["lift_id"] == "L-1"
    assert facts["plan_digest"] == planning.digest(shelf.newest(LiftClass.TRACTION))
    assert [one["entry"]["action"] for one in record(document, order)["entries"]] == ["open", "done", "close"]
    opened = record(document, order)["entries"][0]["entry"]["facts"]
    assert (opened["visit_id"], opened["item_code"], opened["lift_id"]) == (visit, "A-1-15", "L-1")
    file = tmp_path / "records.json"
    file.write_text(json.dumps(document))
    assert verify.run(Settings(), [file], None) == 0


async def test_every_single_value_of_a_record_is_held(done: tuple[Site, str, str]) -> None:
    """Whatever is changed, in any entry, is found and named with the record and the entry."""
    site, visit, order = done
    document = await exported(site)
    tried = 0
    for number, one in enumerate(document["records"]):
        for path, value in leaves(one["entries"]):
            changed = json.loads(json.dumps(document))
            place = changed["records"][number]["entries"]
            for step in path[:-1]:
                place = place[step]
            place[path[-1]] = other(value)
            try:
                named = [(broken.kind, broken.subject, broken.n) for broken in proof.verify(changed)]
            except ValueError:
                assert path[-1] == "seal"  # no hexadecimal any more: it cannot be read at all
                continue
            n = path[0] + 1
            assert (one["kind"], one["subject"], n) in named, path
            tried += 1
    assert tried > 250
    assert {one["subject"] for one in document["records"]} == {visit, order}


@pytest.mark.parametrize("step", [0, 1, 2, 3])
async def test_a_changed_byte_anywhere_in_the_records_is_found(
    done: tuple[Site, str, str], tmp_path: Path, step: int
) -> None:
    site, *_ = done
    document = await exported(site)
    text = json.dumps(document["records"], ensure_ascii=False).encode()
    head, tail = json.dumps({**document, "records": 0}).replace('"records": 0', '"records": |').encode().split(b"|")
    file = tmp_path / "records.json"
    for place in range(step, len(text), 61):
        file.write_bytes(head + text[:place] + bytes([text[place] ^ 1]) + text[place + 1 :] + tail)
        try:
            assert verify.run(Settings(), [file], None) == 1, text[place - 20 : place + 20]
        except verify.ExportError:
            continue  # it is no export any more, and said so


async def _database(site: Site, heads: Path | None = None) -> int:
    return await asyncio.to_thread(verify.run, Settings(database_url=site.place.url), [], heads)


async def _behind_the_back(site: Site, statement: str, **values: Any) -> None:
    for table in ("visit_entry", "order_entry", "seal"):
        await site.place.sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    await site.place.sql(statement, **values)


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("UPDATE visit_entry SET body = jsonb_set(body, '{results,0,outcome}', '\"abnormal\"') WHERE kind = 'results'",
         "visit {visit}, entry 3: does not fit its seal"),
        ("UPDATE visit_entry SET done_at = done_at - interval '1 hour' WHERE kind = 'check_in'",
         "visit {visit}, entry 1: does not fit its seal"),
        ("UPDATE visit_entry SET body = jsonb_set(body, '{drawing,data}', '\"M0 0L1 1\"') WHERE n = 6",
         "visit {visit}, entry 6: does not fit its seal"),
        ("UPDATE visit_entry SET facts = '{}' WHERE kind = 'check_in'", "visit {visit}, entry 1: does not fit its seal"),
        ("DELETE FROM visit_entry WHERE kind = 'countersign'", "visit {visit}, entry 9: is gone, and its seal is there"),
        ("DELETE FROM visit_entry WHERE kind = 'part'", "visit {visit}, entry 4: is missing: entry 5 follows"),
        ("UPDATE order_entry SET text = '没换' WHERE action = 'done'", "order {order}, entry 2: does not fit its seal"),
        ("UPDATE order_entry SET photos = '{}' WHERE action = 'done'", "order {order}, entry 2: does not fit its seal"),
        ("UPDATE visit SET lift_no = (SELECT lift_no FROM lift WHERE lift_id = 'L-3')",
         "visit {visit}, entry 1: is of lift L-1, and shown under L-3"),
        ("UPDATE work_order SET lift_no = (SELECT lift_no FROM lift WHERE lift_id = 'L-3')",
         "order {order}, entry 1: is of lift L-1, and shown under L-3"),
    ],
)  # fmt: skip
async def test_a_change_behind_the_back_is_named(
    done: tuple[Site, str, str], capsys: pytest.CaptureFixture[str], statement: str, named: str
) -> None:
    site, visit, order = done
    assert await _database(site) == 0
    assert "2 records (0 incidents, 1 order, 1 visit)" in capsys.readouterr().out
    await _behind_the_back(site, statement)
    assert await _database(site) == 1
    assert named.format(visit=visit, order=order) in capsys.readouterr().err


@pytest.mark.parametrize(("table", "kind"), [("visit_entry", "visit"), ("order_entry", "order")])
async def test_a_record_made_anew_is_found_by_the_heads(
    done: tuple[Site, str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str], table: str, kind: str
) -> None:
    site, visit, order = done
    subject = visit if kind == "visit" else order
    heads = tmp_path / "heads"
    site.after(days=2)
    await seal(site, heads)
    assert len(list(heads.iterdir())) == 1
    await _behind_the_back(site, f"UPDATE {table} SET at = at + interval '1 minute'")
    await site.place.sql("DELETE FROM seal WHERE subject = %(id)s", id=subject)
    await site.place.sql(
        f"INSERT INTO unsealed (kind, subject, n) SELECT '{kind}', {kind}_id, n FROM {table} ORDER BY n"
    )
    await seal(site)
    assert await _database(site) == 0
    assert await _database(site, heads) == 1
    assert f"{kind} {subject}, entry" in (told := capsys.readouterr().err)
    assert "the whole record was made anew" in told


async def test_a_visit_left_out_of_an_export_is_missed_by_the_heads(
    done: tuple[Site, str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site, visit, _ = done
    document = await exported(site)
    site.after(days=2)
    heads = tmp_path / "heads"
    await seal(site, heads)
    document["records"] = [one for one in document["records"] if one["subject"] != visit]
    file = tmp_path / "records.json"
    file.write_text(json.dumps(document))
    assert verify.run(Settings(), [file], None) == 0
    assert verify.run(Settings(), [file], heads) == 1
    assert f"visit {visit}, entry 9: stands in the heads" in capsys.readouterr().err


async def test_the_plan_is_pinned_by_the_visit_that_followed_it(done: tuple[Site, str, str]) -> None:
    """Who changes what a code means changes the record."""
    site, visit, _ = done
    document = await exported(site)
    (plan,) = document["plans"].values()
    assert plan["items"][0]["zh"].startswith("机房")
    plan["items"][0]["must_zh"] = "随意"
    (broken,) = proof.verify(document)
    assert (broken.kind, broken.subject, broken.n) == ("visit", visit, 1)
    assert "in another text than the export has" in broken.why


async def test_each_exports_what_it_may_see(done: tuple[Site, str, str]) -> None:
    site, visit, order = done
    for role in ("admin", "dispatcher", "supervisor", "firm", "property"):
        document = await exported(site, role)
        assert document["whole"], role
        assert {one["subject"] for one in document["records"]} == {visit, order}, role
    assert not (await exported(site, "responder"))["whole"]
    for role in ("firm_B", "responder_B", "property2"):
        assert (await site.call(role, "GET", "/lifts/L-1/records")).status_code == 404, role
    period = {"from": "2020-01-01T00:00:00Z", "to": "2020-02-01T00:00:00Z"}
    assert (await exported(site, **period))["records"] == []


async def test_a_firm_that_has_lost_the_lift_exports_its_own_visits_only(done: tuple[Site, str, str]) -> None:
    site, visit, order = done
    body = {"rescue_code": "100001", "name": "Lift", "building": "House 1", "firm": "Firm B"}
    assert (await site.call("admin", "PUT", "/lifts/L-1", json=body)).status_code == 200
    made = await site.call("property", "POST", "/orders", json={"lift_id": "L-1", "text": "门夹人"})
    old, new = await exported(site, "firm"), await exported(site, "firm_B")
    assert ({one["subject"] for one in old["records"]}, old["whole"]) == ({visit, order}, False)
    assert ({one["subject"] for one in new["records"]}, new["whole"]) == ({visit, order, made.json()["id"]}, True)


def test_what_was_there_before_is_sealed_as_well(empty_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The migration queues entries that were written without seals."""
    known = migrate.migrations()
    monkeypatch.setattr(migrate, "migrations", lambda: known[:12])
    migrate.apply(empty_database)
    at = "'2026-03-02T01:00:00Z'"
    execute(
        empty_database,
        f"""
        INSERT INTO lift (lift_id, created_at, updated_at) VALUES ('L-1', {at}, {at});
        INSERT INTO firm (id, name, created_at) VALUES ('f', 'F', {at});
        INSERT INTO visit (id, lift_no, firm_id, state, created_at) SELECT 'v', lift_no, 'f', 'new', {at} FROM lift;
        INSERT INTO visit_entry VALUES ('v', 1, 'o', 'note', '', NULL, NULL, {at}, {at}, 0, '{{}}', 'api', '{{}}', '{{}}');
        INSERT INTO work_order (id, lift_no, text, state, opened_at) SELECT 'w', lift_no, 't', 'open', {at} FROM lift;
        INSERT INTO order_entry VALUES ('w', 1, {at}, NULL, '{{}}', 'open', NULL, 'open', 't', '{{}}')""",
    )
    monkeypatch.setattr(migrate, "migrations", lambda: known)
    migrate.apply(empty_database)
    assert execute(empty_database, "SELECT kind, subject, n FROM unsealed ORDER BY id") == [
        ("visit", "v", 1), ("order", "w", 1),
    ]  # fmt: skip
