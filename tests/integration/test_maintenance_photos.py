"""Photos that visits and orders name: before or after they come, who may see them, and the same photo twice."""

import asyncio
import json
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest
import uuid_utils

from alerts.maintenance import photos
from alerts.maintenance.photos import Reuse
from alerts.maintenance.timers import Timers
from alerts.seals.sealer import Sealer
from deploy import verify
from elevator import clock, migrate
from elevator.settings import Settings
from tests.api_installation import installed
from tests.integration.test_maintenance_visits import BAD, DRAWING, POLICY, Site, errors, results
from tests.migration.test_migrations import execute
from tests.unit.test_api_pictures import photo

JPEG = {"Content-Type": "image/jpeg"}
LAMP, DOOR = photo(), photo(shift=90, width=480)


@pytest.fixture
async def site(database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Site]:
    async with installed(database, photos=str(tmp_path / "kept")) as place:
        await Timers(place.pool, POLICY).enter()
        site = Site(place, monkeypatch)
        place.ids["wang"] = await site.employ("王维", 400)
        yield site


def name_of(data: bytes) -> str:
    return sha256(data).hexdigest()


async def send(site: Site, data: bytes = LAMP, role: str = "responder", lift: str = "L-1", *, want: int = 201) -> Any:
    answer = await site.call(role, "POST", f"/lifts/{lift}/photos", content=data, headers=JPEG)
    assert answer.status_code == want, answer.text
    return answer.json()


def showing(name: str) -> list[dict[str, Any]]:
    """A form whose only photos are this one."""
    found = results(A_1_15={**BAD, "photos": [name]})
    return [one | {"photos": [name]} if one["photos"] else one for one in found]


async def facts(site: Site, visit: str, kind: str = "results") -> list[dict[str, Any]]:
    found = await site.place.sql(
        "SELECT facts FROM visit_entry WHERE visit_id = %(id)s AND kind = %(kind)s ORDER BY n", id=visit, kind=kind
    )
    return [one["facts"] for one in found]


async def proved(site: Site) -> int:
    await Sealer(pool=site.place.pool, folder=None).seal()
    return await asyncio.to_thread(verify.run, Settings(database_url=site.place.url), [], None)


@pytest.mark.parametrize("by", ["id", "digest"])
async def test_a_photo_that_is_there_is_sealed_with_the_item(site: Site, by: str) -> None:
    sent = await send(site) if by == "digest" else None
    visit = await site.arrive()
    sent = sent or await send(site)
    name = sent["id"] if by == "id" else name_of(LAMP)
    seen = await site.do(visit, "results", results=showing(name))
    assert seen["marks"] == []
    (shown,) = seen["pictures"]
    assert (shown["name"], shown["id"], shown["sha256"]) == (name, sent["id"], name_of(LAMP))
    picture = await site.call("firm", "GET", f"/photos/{name}")
    kept = sha256(picture.content).hexdigest()
    assert shown["kept_sha256"] == kept
    (known,) = await facts(site, visit)
    assert known["photos"] == {name: {"id": sent["id"], "sha256": name_of(LAMP), "kept": kept}}
    assert "photos_missing" not in known
    assert await proved(site) == 0


async def test_a_batch_may_come_before_its_photos_and_nothing_is_lost(site: Site) -> None:
    """The technician has left and reaches the network: first the visit, an hour later the pictures."""
    visit, name = str(uuid_utils.uuid7()), name_of(LAMP)
    at = site.began.isoformat()
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("check_in", {"kind": "half_month", "worker_id": site.ids["wang"]}),
        ("results", {"results": showing(name)}),
        ("sign", {"worker_id": site.ids["wang"], "drawing": DRAWING}),
        ("check_out", {}),
    ]
    operations = [{"id": f"op-{n}", "op": op, "n": n, "at": at, **body} for n, (op, body) in enumerate(bodies, 1)]
    batch = {"visit": visit, "lift_id": "L-1", "device": "phone", "sent_at": at, "operations": operations}
    answer = (await site.call("responder", "POST", "/visits/sync", json=batch)).json()
    assert [one["outcome"] for one in answer["operations"]] == ["applied"] * 4
    (mark,) = answer["operations"][1]["marks"]
    assert mark["code"] == "photo_missing"
    assert mark["text"]["zh"] == f"照片尚未送达：{name[:12]}…"
    assert (answer["visit"]["state"], answer["visit"]["marks"]) == ("left", ["photo_missing"])
    seen = await site.seen(visit)
    assert [(one["name"], one["id"]) for one in seen["pictures"]] == [(name, None)]
    order = seen["orders"][0]["id"]

    sent = await send(site.after(hours=1))
    seen = await site.seen(visit)
    assert (seen["state"], seen["marks"]) == ("left", [])
    assert [(one["name"], one["id"]) for one in seen["pictures"]] == [(name, sent["id"])]
    line = seen["timeline"][-1]
    assert (line["kind"], line["outcome"], line["text"]["zh"]) == ("photo_came", "line", "先前提到的照片已送达")
    (known,) = await facts(site, visit, "photo_came")
    assert known["photos"][name]["id"] == sent["id"]
    told = (await site.call("firm", "GET", f"/orders/{order}")).json()
    assert [one["action"] for one in told["timeline"]] == ["open", "photo_came"]
    assert told["pictures"][0]["id"] == sent["id"]

    await send(site, want=200)
    await site.call("responder", "POST", "/visits/sync", json=batch)
    assert len(await facts(site, visit, "photo_came")) == 1
    done = await site.do(visit, "countersign", "property", name="赵经理", drawing=DRAWING)
    assert done["state"] == "complete"
    assert await proved(site) == 0


async def test_a_photo_of_others_or_of_another_lift_is_not_the_one_that_is_meant(site: Site) -> None:
    await send(site, role="firm_B", lift="L-2")
    visit = await site.arrive()
    seen = await site.do(visit, "results", results=showing(name_of(LAMP)))
    assert seen["marks"] == ["photo_missing"]
    await site.place.sql("UPDATE lift SET firm_id = %(firm)s WHERE lift_id = 'L-1'", firm=site.ids["firm_B"])
    theirs = await send(site, role="firm_B")
    assert (await site.seen(visit))["marks"] == ["photo_missing"]
    seen = await site.do(visit, "note", text="x", photos=[theirs["id"]])
    assert {one["id"] for one in seen["pictures"]} == {None}


async def test_a_photo_and_its_operation_at_the_same_moment_find_each_other(site: Site) -> None:
    visit = await site.arrive()
    for shift in range(8):
        data = photo(width=64, height=48, shift=shift * 9)
        note = {"text": "x", "photos": [name_of(data)]}
        await asyncio.gather(site.do(visit, "note", **note), send(site, data))
        seen = await site.seen(visit)
        assert all(one["id"] for one in seen["pictures"]), shift
        assert seen["marks"] == []
        sealed = [
            known["photos"]
            for kind in ("note", "photo_came")
            for known in await facts(site, visit, kind)
            if "photos" in known
        ]
        assert sum(name_of(data) in one for one in sealed) == 1


async def test_no_storage_is_waited_for_while_a_lift_is_held(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Storage may take ten seconds: an alarm of this lift must not wait for that."""
    store = site.place.app.state.context.photos
    keep, held = type(store).keep, []

    async def watched(self: Any, key: str, data: bytes) -> None:
        try:
            await site.place.sql(
                "SELECT 1 FROM lift_state JOIN lift USING (lift_no) WHERE lift_id = 'L-1' FOR UPDATE NOWAIT"
            )
            held.append(False)
        except psycopg.errors.LockNotAvailable:
            held.append(True)
        await keep(self, key, data)

    monkeypatch.setattr(type(store), "keep", watched)
    await send(site)
    assert held == [False]


# --- the same photo twice ------------------------------------------------------------------------------------


async def reuse(site: Site, visit: str) -> list[Reuse]:
    async with site.place.pool.connection() as connection:
        return await photos.reuse(connection, visit, clock.now())


@pytest.mark.parametrize("by", ["id", "digest"])
async def test_a_photo_of_another_visit_is_marked_and_sealed(site: Site, by: str) -> None:
    sent = await send(site)
    name = name_of(LAMP) if by == "digest" else sent["id"]
    first = await site.arrive()
    seen = await site.do(first, "results", results=showing(name))
    await site.do(first, "results", results=showing(name))
    assert seen["marks"] == []
    assert await reuse(site, first) == []
    await site.do(first, "void", "firm", reason="误")
    second = await site.after(days=14).arrive()
    seen = await site.do(second, "results", results=showing(name_of(LAMP)))
    assert seen["marks"] == ["photo_reused"]
    (mark,) = next(one["marks"] for one in seen["timeline"] if one["kind"] == "results")
    assert mark["text"]["en"].startswith("another visit shows this photo too: ")
    (known,) = await facts(site, second)
    assert known["reused"] == [{"name": name_of(LAMP), "visit": first}]
    (found,) = await reuse(site, second)
    assert (found.visit_id, found.lift_id, found.same_bytes, found.distance) == (first, "L-1", True, None)
    assert found.photo_id == sent["id"]
    assert [one.visit_id for one in await reuse(site, first)] == [second]


async def test_the_same_picture_in_other_bytes_is_found_and_another_one_is_not(site: Site) -> None:
    again = photo(quality=60, width=800, height=600)
    await send(site, LAMP)
    await send(site, again)
    await send(site, DOOR)
    first, second, third = await site.arrive(), await site.arrive(), await site.arrive()
    for visit, data in ((first, LAMP), (second, again), (third, DOOR)):
        await site.do(visit, "note", text="x", photos=[name_of(data)])
    (found,) = await reuse(site, second)
    assert (found.visit_id, found.same_bytes) == (first, False)
    assert found.distance is not None
    assert found.distance <= photos.SAME_PICTURE
    assert await reuse(site, third) == []


async def test_a_picture_without_an_edge_is_like_no_other(site: Site) -> None:
    """A photo in a dark shaft has no features: two of them say nothing."""
    from io import BytesIO

    from PIL import Image

    visits = [await site.arrive(), await site.arrive()]
    for visit, shade in zip(visits, (5, 9), strict=True):
        out = BytesIO()
        Image.new("RGB", (64, 48), (shade, shade, shade)).save(out, "JPEG")
        await send(site, out.getvalue())
        await site.do(visit, "note", text="x", photos=[name_of(out.getvalue())])
    assert await reuse(site, visits[0]) == []


# --- who, and what is none -----------------------------------------------------------------------------------


async def test_who_may_read_a_photo(site: Site) -> None:
    sent = await send(site)
    for role, status in {
        "admin": 200, "dispatcher": 200, "supervisor": 200, "firm": 200, "responder": 200, "responder2": 200,
        "property": 200, "firm_B": 404, "responder_B": 404, "property2": 404,
    }.items():  # fmt: skip
        for name in (sent["id"], name_of(LAMP)):
            assert (await site.call(role, "GET", f"/photos/{name}")).status_code == status, role
        listed = await site.call(role, "GET", "/lifts/L-1/photos")
        assert listed.status_code == status, role
    assert (await site.call("firm", "GET", f"/photos/{name_of(DOOR)}")).status_code == 404
    await site.place.report()  # another firm that is asked to help sees the lift, not the photos of its maintenance
    body = {"firm_id": site.ids["firm_B"]}
    incident = (await site.call("dispatcher", "GET", "/incidents")).json()["items"][0]["id"]
    asked = await site.call("dispatcher", "POST", f"/incidents/{incident}/dispatch", json=body)
    assert asked.status_code == 200, asked.text
    assert (await site.call("firm_B", "GET", "/lifts/L-1")).status_code == 200
    assert (await site.call("firm_B", "GET", f"/photos/{sent['id']}")).status_code == 404
    assert (await site.call("firm_B", "GET", "/lifts/L-1/photos")).json()["items"] == []


async def test_the_firm_that_has_lost_a_lift_keeps_its_photos_and_the_new_one_sees_them(site: Site) -> None:
    sent = await send(site)
    await site.place.sql("UPDATE lift SET firm_id = %(firm)s WHERE lift_id = 'L-1'", firm=site.ids["firm_B"])
    theirs = await send(site, DOOR, "firm_B")
    for role, own, other in (("firm", 200, 404), ("firm_B", 200, 200)):
        assert (await site.call(role, "GET", f"/photos/{sent['id']}")).status_code == own
        assert (await site.call(role, "GET", f"/photos/{theirs['id']}")).status_code == other


@pytest.mark.parametrize(
    ("data", "zh", "en"),
    [
        (b"MZ this is a program", "这不是照片", "this is no picture"),
        (LAMP[: len(LAMP) // 2], "图片已损坏", "the picture is broken"),
        (bytes(16 * 1024 * 1024 + 1), "照片过大", "a photo may have"),
    ],
)
async def test_what_is_no_photo_is_said_in_both_languages(site: Site, data: bytes, zh: str, en: str) -> None:
    told = await send(site, data, want=422)
    assert told["text"]["zh"].startswith(zh)
    assert told["text"]["en"].startswith(en)
    assert told["errors"][0]["text"] == told["text"]
    assert errors(told) == ["body"]


async def test_an_order_waits_for_its_photo_too(site: Site) -> None:
    made = (await site.call("firm", "POST", "/orders", json={"lift_id": "L-1", "text": "灯"})).json()
    path = f"/orders/{made['id']}"
    done = (
        await site.call("responder", "POST", f"{path}/done", json={"text": "换灯", "photos": [name_of(DOOR)]})
    ).json()
    assert [one["id"] for one in done["pictures"]] == [None]
    sent = await send(site, DOOR)
    told = (await site.call("firm", "GET", path)).json()
    assert [one["id"] for one in told["pictures"]] == [sent["id"]]
    assert told["timeline"][-1]["action"] == "photo_came"
    assert await proved(site) == 0


def test_uses_that_were_there_before_are_known(empty_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    known = migrate.migrations()
    monkeypatch.setattr(migrate, "migrations", lambda: known[:13])
    migrate.apply(empty_database)
    at, name = "'2026-03-02T01:00:00Z'", name_of(LAMP)
    body = json.dumps({"results": [{"code": "A-1-1", "photos": [name]}, {"code": "A-1-2"}]})
    execute(
        empty_database,
        f"""
        INSERT INTO lift (lift_id, created_at, updated_at) VALUES ('L-1', {at}, {at});
        INSERT INTO firm (id, name, created_at) VALUES ('f', 'F', {at});
        INSERT INTO visit (id, lift_no, firm_id, state, created_at) SELECT 'v', lift_no, 'f', 'new', {at} FROM lift;
        INSERT INTO visit_entry VALUES ('v', 1, 'o', 'results', '', NULL, NULL, {at}, {at}, 0, '{{}}', 'api', '{body}', '{{}}');
        INSERT INTO visit_entry VALUES ('v', 2, 'p', 'note', '', NULL, NULL, {at}, {at}, 0, '{{}}', 'api', '{{"text": "x", "photos": ["p1"]}}', '{{}}');
        INSERT INTO work_order (id, lift_no, text, state, opened_at) SELECT 'w', lift_no, 't', 'open', {at} FROM lift;
        INSERT INTO order_entry VALUES ('w', 1, {at}, NULL, '{{}}', 'open', NULL, 'open', 't', '{{p2}}')""",
    )
    monkeypatch.setattr(migrate, "migrations", lambda: known)
    migrate.apply(empty_database)
    assert execute(empty_database, "SELECT name, kind, subject, n, item, encode(digest, 'hex') FROM photo_use ORDER BY 2, 4") == [
        ("p2", "order", "w", 1, "", None), (name, "visit", "v", 1, "A-1-1", name), ("p1", "visit", "v", 2, "", None),
    ]  # fmt: skip
