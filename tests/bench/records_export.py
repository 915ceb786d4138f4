"""`python -m tests.bench.records_export`: how long the records of one lift of a year take, as JSON, as a page, and to prove.

One lift gets a year of half-monthly visits over the interface (check-in, all items, a photo for the key items, two
signatures, check-out, the property's), with its orders; everything is sealed. Then each export is asked for in turns
with a reference: reading the rows of the same entries and writing them as JSON, without seals. Medians of a few rounds.
With `--picture FOLDER` it takes a picture of the page of two weeks, in both languages. A database server of its own; half a minute.
"""

import argparse
import asyncio
import json
import math
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from playwright.async_api import async_playwright

from alerts.maintenance.plans import shelf
from alerts.maintenance.plans.plan import Kind
from alerts.maintenance.timers import Timers
from alerts.policy import Policy
from alerts.seals import proof
from alerts.seals.sealer import Sealer
from api.objects import plain
from deploy.provision.browser import find_chromium
from deploy.servers import Postgres, find_postgres, scratch_folder
from elevator import clock, migrate
from elevator.model import LiftClass
from tests.api_installation import Installation, installed

BEGIN = datetime(2025, 11, 3, 1, 0, tzinfo=UTC)  # nine o'clock in the morning, in China
KINDS = [
    Kind.YEAR if n == 23 else Kind.HALF_YEAR if n == 11 else Kind.QUARTER if n % 6 == 5 else Kind.HALF_MONTH
    for n in range(24)
]
REFERENCE = """
SELECT to_jsonb(e) AS line FROM visit_entry e JOIN visit v ON v.id = e.visit_id ORDER BY e.visit_id, e.n
"""


def signature(turns: float) -> dict[str, str]:
    """A scribble, as a finger draws it."""
    points = [
        (20 + 2.4 * n, 55 + 30 * math.sin(n / turns) * math.exp(-n / 120) + 12 * math.sin(n / 2.1)) for n in range(110)
    ]
    return {"kind": "svg", "data": "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)}


def photo(number: int) -> bytes:
    """A picture that is like no other: a door's lock, drawn."""
    image = Image.new("RGB", (1600, 1200), (70 + number * 3 % 90, 80, 86))
    draw = ImageDraw.Draw(image)
    for n in range(24):
        x, y = (n * 149 + number * 211) % 1500, (n * 331 + number * 97) % 1100
        draw.rectangle(
            (x, y, x + 180, y + 60 + n * 4), fill=(90 + n * 6, 96 + number * 7 % 60, 100), outline=(20, 20, 20)
        )
    draw.text((60, 60), f"#{number}", fill=(255, 255, 255), font_size=120)
    out = BytesIO()
    image.save(out, "JPEG", quality=88)
    return out.getvalue()


async def a_year(place: Installation) -> int:
    """A year of visits; how many photos they show."""
    moment = BEGIN
    clock.now = lambda: moment  # type: ignore[assignment]
    await Timers(place.pool, Policy()).enter()

    async def do(role: str, path: str, **body: Any) -> Any:
        answer = await place.call(role, "POST", path, json=body)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    people = []
    for name in ("王维", "李白"):
        until = (BEGIN + timedelta(days=700)).date().isoformat()
        body = {"name": name, "certificates": [{"kind": "T 电梯修理", "number": name, "valid_until": until}]}
        people.append((await do("firm", "/workers", **body))["id"])
    photos = 0
    for number, kind in enumerate(KINDS):
        moment = BEGIN + timedelta(days=15 * number)
        visit = (await do("responder", "/visits", lift_id="L-1", kind=kind, worker_id=people[0], second_id=people[1]))[
            "id"
        ]
        results = []
        for item in shelf.newest(LiftClass.TRACTION).items_of(kind):
            one: dict[str, Any] = {"code": item.code, "outcome": "normal", "value": item.least or item.most}
            if item.key or (number == 3 and item.code == "A-1-15"):
                photos += 1
                sent = await place.call(
                    "responder",
                    "POST",
                    "/lifts/L-1/photos",
                    content=photo(photos),
                    headers={"Content-Type": "image/jpeg"},
                )
                one["photos"] = [sent.json()["id"]]
            if number == 3 and item.code == "A-1-15":
                one |= {"outcome": "abnormal", "text": "3 层至 4 层井道灯不亮，灯管损坏"}
            results.append(one)
        moment += timedelta(minutes=48)
        await do("responder", f"/visits/{visit}/results", results=results)
        await do("responder", f"/visits/{visit}/part", name="井道灯管", count=1)
        await do("responder", f"/visits/{visit}/sign", worker_id=people[0], drawing=signature(5.0))
        await do("responder", f"/visits/{visit}/sign", worker_id=people[1], drawing=signature(3.1))
        await do("responder", f"/visits/{visit}/check_out")
        await do("property", f"/visits/{visit}/countersign", name="赵经理", drawing=signature(7.7))
    moment += timedelta(minutes=1)
    await Sealer(pool=place.pool, folder=None).seal()
    return photos


async def timed(work: Callable[[], Awaitable[Any]]) -> tuple[float, Any]:
    """Milliseconds, and what came of it."""
    began = time.perf_counter()
    found = await work()
    return (time.perf_counter() - began) * 1000, found


async def measure(url: str, folder: Path, rounds: int, picture: Path | None) -> None:
    """Print the table."""
    async with installed(url, photos=str(folder / "photos")) as place:
        photos = await a_year(place)
        period = {"from": BEGIN.isoformat(), "to": clock.now().isoformat()}

        async def ask(path: str, **more: str) -> bytes:
            answer = await place.call("firm", "GET", f"/lifts/L-1/records{path}", params=period | more)
            assert answer.status_code == 200, answer.text
            return answer.content

        async def reference() -> bytes:
            return json.dumps([plain(one) for one in await place.sql(REFERENCE)], ensure_ascii=False).encode()

        document = json.loads(await ask(""))

        async def prove() -> bytes:
            assert list(proof.verify(document)) == []
            return b""

        asked: dict[str, Callable[[], Awaitable[bytes]]] = {
            "reference: the rows as JSON": reference,
            "records as JSON": lambda: ask(""),
            "records, proved": prove,
            "page without pictures": lambda: ask("/page", photos="false"),
            "page with pictures": lambda: ask("/page"),
        }
        taken: dict[str, list[float]] = {name: [] for name in asked}
        sizes: dict[str, int] = {}
        for _ in range(rounds):
            for name, work in asked.items():
                spent, content = await timed(work)
                taken[name].append(spent)
                sizes[name] = len(content)
        entries = sum(len(one["entries"]) for one in document["records"])
        print(f"one lift, a year: {len(document['records'])} records, {entries} entries, {photos} photos")
        for name, some in taken.items():
            print(f"{name:30} {statistics.median(some):8.0f} ms {sizes[name] / 1024:8.0f} KiB")
        if picture is not None:
            await take(place, picture)


async def take(place: Installation, folder: Path) -> None:
    """A picture of the page of two weeks, in both languages."""
    begin = BEGIN + timedelta(days=40)
    period = {"from": begin.isoformat(), "to": (begin + timedelta(days=15)).isoformat()}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=str(find_chromium()))
        for lang in ("zh", "en"):
            answer = await place.call("firm", "GET", "/lifts/L-1/records/page", params=period | {"lang": lang})
            page = await browser.new_page(viewport={"width": 794, "height": 1123})
            await page.set_content(answer.text)
            await page.screenshot(path=folder / f"printed-{lang}.png", full_page=True)
        await browser.close()


def main() -> int:
    """Start a server, measure, stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--picture", type=Path)
    options = parser.parse_args()
    if options.picture is not None:
        options.picture.mkdir(exist_ok=True)
    with scratch_folder("records") as folder, Postgres(folder, binaries=find_postgres(), durable=False) as server:
        url = server.create_database("records")
        migrate.apply(url)
        asyncio.run(measure(url, folder, options.rounds, options.picture))
    return 0


if __name__ == "__main__":
    sys.exit(main())
