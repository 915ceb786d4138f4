"""The printed record over the interface and in a browser: complete, in both languages, and nothing in it runs."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import obstore
import pytest
from playwright.async_api import async_playwright

from alerts.maintenance.timers import Timers
from alerts.policy import Policy
from alerts.seals.sealer import Sealer
from alerts.worker import Worker
from elevator import clock
from elevator.settings import Settings
from elevator.storage.keeper import Keeper
from tests.api_installation import installed
from tests.integration.test_maintenance_photos import LAMP, name_of, send, showing
from tests.integration.test_maintenance_visits import DRAWING, POLICY, Site
from tests.unit.test_api_printed import png, signed

EVIL = "<script>document.title='run'</script><img src=x onerror=\"document.title='run'\">"


@pytest.fixture
async def site(database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Site]:
    async with installed(database, photos=str(tmp_path / "kept")) as place:
        await Timers(place.pool, POLICY).enter()
        site = Site(place, monkeypatch)
        place.ids["wang"] = await site.employ("王维", 400)
        yield site


async def whole(site: Site, words: str = "3 层灯不亮") -> str:
    """A visit with photos, parts, notes and every signature, and an order; sealed."""
    await send(site)
    visit = await site.arrive(lat=27.8, lon=113.1)
    form = [one | ({"text": words} if one.get("text") else {}) for one in showing(name_of(LAMP))]
    await site.after(minutes=30).do(visit, "results", results=form)
    await site.do(visit, "part", name=words[:100], count=2, number="7")
    await site.do(visit, "note", text=words, photos=["never-sent"])
    await site.do(visit, "sign", worker_id=site.ids["wang"], drawing=DRAWING)
    await site.after(minutes=5).do(visit, "check_out")
    await site.do(visit, "countersign", "property", name="赵经理", drawing=signed(png()))
    await site.place.report(note=words)
    await Sealer(pool=site.place.pool, folder=None).seal()
    site.after(minutes=1)
    return visit


async def printed(site: Site, role: str = "firm", **query: Any) -> str:
    answer = await site.call(role, "GET", "/lifts/L-1/records/page", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "script" not in policy
    return answer.text


@pytest.mark.parametrize(
    ("lang", "wanted"),
    [
        ("zh", ["电梯维护保养记录", "半月维保", "已完成", "A-1-15", "× 异常", "√ 正常", "王维", "赵经理", "照片未送达", "如何核验", "处理", "打印时已核对"]),
        ("en", ["Records of a lift", "half-monthly maintenance", "complete", "Shaft light", "× abnormal", "Safety officer", "photo missing", "How to verify"]),
    ],
)  # fmt: skip
async def test_the_page_holds_the_record_in_either_language(site: Site, lang: str, wanted: list[str]) -> None:
    visit = await whole(site)
    text = await printed(site, lang=lang)
    for word in [*wanted, visit, name_of(LAMP)[:16], "liftline verify records.json"]:
        assert word in text, word
    assert text.count('class="drawn"') == 2
    assert text.count('class="photo"') == 2  # of the visit, and of its order
    (kept,) = await site.place.sql("SELECT encode(kept_sha256, 'hex') AS kept FROM photo")
    assert f"SHA-256 {kept['kept']}" in text
    seals = await site.place.sql(
        "SELECT DISTINCT ON (subject) encode(hash, 'hex') AS seal FROM seal ORDER BY subject, n DESC"
    )
    assert len(seals) == 3
    assert all(one["seal"] in text and f"{one['seal'][:16]}…" in text for one in seals)
    assert 'class="photo"' not in await printed(site, photos="false")


async def test_each_prints_what_it_may_see(site: Site) -> None:
    visit = await whole(site)
    for role in ("admin", "dispatcher", "supervisor", "firm", "property"):
        text = await printed(site, role)
        assert visit in text
        assert 'class="alarm"' not in text
    assert 'class="alarm"' in await printed(site, "responder")
    for role in ("firm_B", "responder_B", "property2"):
        assert (await site.call(role, "GET", "/lifts/L-1/records/page")).status_code == 404, role
    past = {"from": "2020-01-01T00:00:00Z", "to": "2020-02-01T00:00:00Z"}
    assert "此期间没有记录" in await printed(site, **past)
    assert (await site.call("firm", "GET", "/lifts/L-1/records/page", params={"lang": "fr"})).status_code == 422


async def test_what_does_not_fit_is_printed_so(site: Site) -> None:
    """A changed entry, a photo that was exchanged in the storage, one that is gone."""
    await whole(site)
    text = await printed(site)
    assert "与封印不符" not in text
    assert "照片与封印的摘要不符" not in text
    await site.place.sql("ALTER TABLE visit_entry DISABLE TRIGGER USER")
    await site.place.sql("UPDATE visit_entry SET body = jsonb_set(body, '{count}', '3') WHERE kind = 'part'")
    (photo,) = await site.place.sql("SELECT id FROM photo")
    store, key = site.place.app.state.context.photos.store, f"{photo['id']}.jpg"
    data = bytes(await (await obstore.get_async(store, key)).bytes_async())
    await obstore.put_async(store, key, data + b"\0")
    text = await printed(site)
    assert "与封印不符" in text
    assert "照片与封印的摘要不符" in text
    await obstore.delete_async(store, key)
    assert "照片无法读取" in await printed(site)


async def test_nothing_that_was_written_runs(site: Site, chromium: Path) -> None:
    """Scripts in every text a person can write stay text, also in a browser that ignores the page's own policy."""
    await whole(site, EVIL)
    await site.place.sql("UPDATE lift SET name = %(evil)s, address = %(evil)s", evil=EVIL)
    await site.place.sql("UPDATE firm SET name = %(evil)s || id", evil=EVIL)
    text = await printed(site)
    assert "<script" not in text
    assert text.count("&lt;script&gt;") > 6
    assert not re.search(r"<[^>]*\son\w+=", text)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(chromium))
        page = await browser.new_page(bypass_csp=True)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        await page.set_content(text)
        assert await page.evaluate("document.scripts.length") == 0
        assert await page.title() == "电梯维护保养记录 L-1"
        assert [one for one in asked if not one.startswith("data:")] == []
        pdf = await page.pdf(format="A4", prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b", pdf)) >= 3
        await browser.close()


async def test_four_years_are_kept_whatever_the_storage_forgets(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Retention and purging as tight as settings allow, five years later: not a row of a record is gone."""
    await whole(site)
    tables = (
        "visit",
        "visit_entry",
        "work_order",
        "order_entry",
        "timeline",
        "seal",
        "photo",
        "photo_use",
        "plan",
        "incident",
    )
    counts = "SELECT " + ", ".join(f"(SELECT count(*) FROM {one}) AS {one}" for one in tables)
    before = await site.place.sql(counts)
    assert all(before[0].values())
    site.after(days=5 * 366)
    settings = Settings(database_url=site.place.url, samples_days=8, minutes_days=8, hours_days=8, events_days=8)
    for _ in range(3):
        await Keeper(site.place.pool, settings).keep()
        site.after(days=1)
    await Worker(site.place.pool, Policy(), settings).purge()
    assert await site.place.sql(counts) == before
    start, end = site.began - timedelta(days=1), site.began + timedelta(days=1)
    text = await printed(site, **{"from": start.isoformat(), "to": end.isoformat()})
    assert "已完成" in text
    assert clock.now() > site.began + timedelta(days=5 * 365)


def test_no_statement_of_the_program_deletes_from_a_record() -> None:
    root = Path(__file__).parents[2]
    sources = [
        *root.glob("*/**/*.sql"),
        *root.glob("elevator/**/*.py"),
        *root.glob("alerts/**/*.py"),
        *root.glob("api/**/*.py"),
    ]
    kept = r"(visit|visit_entry|work_order|order_entry|timeline|seal|photo|photo_use|plan|incident)"
    wrong = re.compile(rf"\b(DELETE\s+FROM|TRUNCATE(\s+TABLE)?|DROP\s+TABLE)\s+(ONLY\s+)?{kept}\b", re.IGNORECASE)
    found = [
        f"{one}: {hit[0]}" for one in sources if "console" not in one.parts and (hit := wrong.search(one.read_text()))
    ]
    assert len(sources) > 100
    assert found == []
