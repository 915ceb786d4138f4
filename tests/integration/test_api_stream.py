"""The live stream over real HTTP: nothing is missing, whatever commits late, whoever comes back, whatever breaks."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from alerts.store import new_id
from elevator import db
from tests.api_installation import Installation, heard, installed, served


@dataclass
class Event:
    name: str
    id: int
    data: Any


class Stream:
    """One console's connection."""

    def __init__(self, response: httpx.Response) -> None:
        self.response, self.events = response, []
        self._lines = response.aiter_lines()

    async def next(self, *names: str, seconds: float = 8) -> Event:
        """The next event of one of these names (any, where none is given)."""
        async with asyncio.timeout(seconds):
            while True:
                event = await self._one()
                self.events.append(event)
                if not names or event.name in names:
                    return event

    async def _one(self) -> Event:
        fields: dict[str, str] = {}
        async for line in self._lines:
            if line and not line.startswith(":"):
                name, _, value = line.partition(":")
                fields[name] = value.strip()
            elif not line and "event" in fields:
                return Event(fields["event"], int(fields["id"]), json.loads(fields["data"]))
        raise EOFError


@pytest.fixture
async def place(database: str):
    async with installed(database) as place:
        yield place


@pytest.fixture
async def url(place: Installation):
    async with served(place) as url:
        yield url


@contextlib.asynccontextmanager
async def listening(place: Installation, url: str, role: str, last: int | str | None = None) -> AsyncIterator[Stream]:
    """A screen that is opened when all that was done before is told already."""
    async with asyncio.timeout(8):
        while last is None and await place.sql("SELECT 1 AS waits FROM feed WHERE no IS NULL"):  # noqa: ASYNC110 - it watches a relay
            await asyncio.sleep(0.02)
    headers = {"Authorization": f"Bearer {place.tokens[role]}"}
    if last is not None:
        headers["Last-Event-ID"] = str(last)
    async with (
        httpx.AsyncClient(timeout=20) as client,
        client.stream("GET", f"{url}/api/v1/stream", headers=headers) as response,
    ):
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Stream(response)


async def test_an_incident_is_shown_within_a_second(place: Installation, url: str) -> None:
    """Heartbeat first, then the incident as its list gives it, and the dispatcher's message."""
    async with listening(place, url, "dispatcher") as stream:
        first = await stream.next()
        assert first.name == "heartbeat"
        assert first.data["open"] == {"P1": 0, "P2": 0, "P3": 0, "P4": 0}
        made = await place.report(caller="138")
        shown = await stream.next("incident", seconds=1)
        listed = (await place.call("dispatcher", "GET", "/incidents")).json()["items"][0]
        assert shown.data["id"] == made["id"]
        assert shown.data == listed
        assert shown.id > first.id
        message = next(event for event in stream.events if event.name == "message")
        assert message.data["incident"] == made["id"]
        assert message.data["text"].keys() == {"zh", "en"}
    async with place.client("admin") as client:
        figures = (await client.get("/metrics")).text
    assert 'liftline_alarm_seconds_count{stage="screen"} 1.0' in figures


async def test_a_transaction_that_commits_late_is_not_missed(place: Installation, url: str) -> None:
    """Its line was written before another one that was shown already; it comes all the same, also on resuming."""
    early, late = (await place.report("L-1"))["id"], (await place.report("L-2"))["id"]
    async with listening(place, url, "dispatcher") as stream:
        start = await stream.next("heartbeat")
        slow = await db.connect(place.url, application="slow")
        async with slow:
            async with slow.transaction():
                await slow.execute("INSERT INTO feed (kind, ref, at) VALUES ('incident', %s, now())", [early])
                await place.sql("INSERT INTO feed (kind, ref, at) VALUES ('incident', %(ref)s, now())", ref=late)
                assert (await stream.next("incident")).data["id"] == late
            shown = await stream.next("incident", seconds=2)
        assert shown.data["id"] == early
        lines = await place.sql(
            "SELECT id, no, ref FROM feed WHERE no > %(no)s AND kind = 'incident' ORDER BY id", no=start.id
        )
        first, second = lines[-2:]
        assert first["ref"] == early
        assert first["no"] > second["no"]
    async with listening(place, url, "dispatcher", last=start.id) as stream:
        assert {(await stream.next("incident")).data["id"] for _ in range(2)} == {early, late}


async def test_who_comes_back_misses_nothing_while_others_write(place: Installation, url: str) -> None:
    """Many writers, a reader that is cut off again and again: every incident arrives."""
    ids = {(await place.report(lift))["id"] for lift in ("L-1", "L-2", "L-3")}
    wanted = 60

    async def write(n: int) -> None:
        connection = await db.connect(place.url, application="writer")
        async with connection:
            for k in range(wanted // 6):
                async with connection.transaction():
                    made = new_id()
                    await connection.execute(
                        "INSERT INTO incident (id, kind, priority, state, reason, code, opened_at)"
                        " VALUES (%s, 'system', 2, 'confirmed', 'x', %s, now())", [made, f"{n}-{k}"])  # fmt: skip
                    await connection.execute("INSERT INTO feed (kind, ref, at) VALUES ('incident', %s, now())", [made])
                    await asyncio.sleep(0.01 * (n + 1))  # commits overlap in every order
                ids.add(made)

    seen: set[str] = set()
    last: int | None = None
    async with listening(place, url, "dispatcher") as stream:
        last = (await stream.next("heartbeat")).id
    async with asyncio.TaskGroup() as tasks, asyncio.timeout(30):
        for n in range(6):
            tasks.create_task(write(n))
        while len(seen) < wanted:
            async with listening(place, url, "dispatcher", last=last) as stream:
                for _ in range(7):
                    event = await stream.next()
                    assert event.name != "reset"
                    assert event.id >= last
                    last = event.id
                    if event.name == "incident" and event.data["kind"] == "system":
                        seen.add(event.data["id"])
    assert len(seen) == wanted


@pytest.mark.parametrize(("last", "reason"), [("999999999", "unknown"), ("abc", "unknown"), ("0", "too_old")])
async def test_an_id_that_cannot_be_resumed_from(place: Installation, url: str, last: str, reason: str) -> None:
    """One `reset`, then the stream goes on from where it is."""
    await place.report("L-1")
    await place.sql("UPDATE feed_head SET oldest = 1, no = greatest(no, 1)")
    async with listening(place, url, "dispatcher", last=last) as stream:
        reset = await stream.next()
        assert (reset.name, reset.data["reason"]) == ("reset", reason)
        assert (await stream.next()).name == "heartbeat"
        made = await place.report("L-2")
        shown = await stream.next("incident")
        while shown.data["id"] != made["id"]:  # the first one may have been numbered only now
            shown = await stream.next("incident")
        assert shown.id > reset.id
    assert [event.name for event in stream.events].count("reset") == 1


async def test_each_sees_what_is_theirs(place: Installation, url: str) -> None:
    """A firm, a crew and a house see their own lift's rescue; the other firm's nothing; nobody of them the telephone."""
    async with contextlib.AsyncExitStack() as stack:
        names = ("dispatcher", "firm", "responder", "property", "firm_B", "responder_B", "property2")
        streams = {name: await stack.enter_async_context(listening(place, url, name)) for name in names}
        for stream in streams.values():
            await stream.next("heartbeat")
        mine = await place.report("L-1", caller="138 0000")
        for name in ("dispatcher", "firm", "responder", "property"):
            event = await streams[name].next("incident", seconds=2)
            assert event.data["id"] == mine["id"], name
            assert event.data["caller"] == ("138 0000" if name == "dispatcher" else None)
        told = [event.data["text"]["en"] for event in streams["firm"].events if event.name == "message"]
        assert [text.split(":")[0] for text in told] == ["Please rescue at once"]
        theirs = await place.report("L-2")
        for name in ("firm_B", "responder_B", "property2"):
            event = await streams[name].next("incident", seconds=2)
            assert event.data["id"] == theirs["id"], f"{name} was shown another's incident first"


async def test_the_stream_tells_all_callers_to_whom_it_tells_the_first(place: Installation, url: str) -> None:
    async with contextlib.AsyncExitStack() as stack:
        names = ("dispatcher", "firm", "responder", "property")
        made = await place.report("L-1", caller="138 0000")
        streams = {name: await stack.enter_async_context(listening(place, url, name)) for name in names}
        for stream in streams.values():
            await stream.next("heartbeat")

        async def told(name: str) -> tuple[str | None, list[str]]:
            shown = (await streams[name].next("incident", seconds=2)).data
            return shown["caller"], shown["callers"]

        all_of_them, none = ("138 0000", ["138 0000", "139 0000"]), (None, [])
        await place.report("L-1", caller="139 0000")
        assert [await told(name) for name in names] == [all_of_them, none, none, none]
        accepted = await place.call("responder", "POST", f"/incidents/{made['id']}/accept")
        assert accepted.json()["callers"] == all_of_them[1]
        assert [await told(name) for name in names] == [all_of_them, none, all_of_them, none]


async def test_a_crew_whose_job_was_taken_by_another_reloads(place: Installation, url: str) -> None:
    """The firm's assignment was bound to one unit: the other one's screen is told to load anew, once."""
    made = await place.report("L-1")
    async with listening(place, url, "responder2") as other, listening(place, url, "responder") as own:
        await other.next("heartbeat")
        await own.next("heartbeat")
        answer = await place.call("responder", "POST", f"/incidents/{made['id']}/accept", json={"eta_s": 600})
        assert answer.status_code == 200, answer.text
        while (await own.next("incident")).data["state"] != "accepted":  # the report itself may come first
            pass
        assert (await other.next("reset")).data == {"reason": "scope"}
        await place.call("responder", "POST", f"/incidents/{made['id']}/arrive", json={})
        await own.next("incident")
        with pytest.raises(TimeoutError):
            await other.next("reset", "incident", seconds=1)
    assert (await place.call("responder2", "GET", f"/incidents/{made['id']}")).status_code == 404


async def test_a_lift_is_shown_at_most_once_a_second(place: Installation, url: str) -> None:
    """Twenty samples in two seconds are two or three events, and the last state arrives."""
    async with listening(place, url, "firm") as stream, listening(place, url, "firm_B") as other:
        await stream.next("heartbeat")
        await other.next("heartbeat")
        for n in range(20):
            await heard(place, "L-1", floor=str(n))
            await asyncio.sleep(0.1)
        last = None
        shown = 0
        while last != "19":
            event = await stream.next("lift", seconds=3)
            shown += 1
            last = event.data["state"]["sample"]["floor"]
        assert 1 <= shown <= 4
        listed = (await place.call("firm", "GET", "/lifts/L-1")).json()
        assert {**event.data, "offset": None} == {**listed, "offset": None}
        with pytest.raises(TimeoutError):
            await other.next("lift", seconds=0.5)


async def test_heartbeats_come_and_end_with_the_right_to_listen(place: Installation, url: str) -> None:
    """Every 5 s, with the viewer's own counts; a revoked token's stream ends."""
    made = await place.call("admin", "POST", "/tokens", json={"name": "t", "role": "property", "building": "House 1"})
    place.tokens["temporary"] = made.json()["token"]
    async with listening(place, url, "temporary") as stream:
        assert (await stream.next("heartbeat")).data["lifts"] == 2
        assert (await stream.next("heartbeat", seconds=6)).data["lifts"] == 2
        await place.call("admin", "DELETE", f"/tokens/{made.json()['id']}")
        with pytest.raises(EOFError):
            await stream.next("nothing more", seconds=7)


async def test_a_console_that_does_not_read_is_cut_off(place: Installation, monkeypatch) -> None:
    """It comes back with its last id and is told what it missed; the others do not wait for it."""
    monkeypatch.setattr("api.feed.QUEUE", 5)
    async with served(place) as url:
        feed = place.app.state.context.feed
        made = await place.report("L-1")
        client = await feed.join(await _actor(place))
        for _ in range(8):
            await place.call("dispatcher", "POST", f"/incidents/{made['id']}/note", json={"text": "x"})
            await asyncio.sleep(0.3)
        assert client.cut_off
        feed.leave(client)
        async with listening(place, url, "dispatcher", last=client.joined_at) as stream:
            shown = await stream.next("incident")
            version = (await place.sql("SELECT version FROM incident WHERE id = %(id)s", id=made["id"]))[0]["version"]
            assert shown.data["version"] == version


async def _actor(place: Installation):
    from api import auth
    from elevator import clock

    async with place.pool.connection() as connection:
        return await auth.by_token(connection, place.tokens["dispatcher"], place.settings, clock.now())


async def test_a_stream_survives_the_loss_of_its_database_connection(place: Installation, url: str) -> None:
    """The reader's connection is killed; the stream goes on where it was."""
    async with listening(place, url, "dispatcher") as stream:
        await stream.next("heartbeat")
        await place.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'liftline feed'"
        )
        made = await place.report("L-1")
        assert (await stream.next("incident", seconds=5)).data["id"] == made["id"]


async def test_several_processes_number_one_feed(place: Installation, url: str) -> None:
    """Two servers on one database: a console may go from one to the other with its last id."""
    async with installed_again(place) as second, served(second) as other_url:
        async with listening(place, url, "dispatcher") as here, listening(place, other_url, "dispatcher") as there:
            await here.next("heartbeat")
            await there.next("heartbeat")
            made = await place.report("L-1")
            one, two = await here.next("incident"), await there.next("incident")
            assert one.data["id"] == two.data["id"] == made["id"]
            assert one.id == two.id
        more = await place.report("L-2")
        async with listening(place, other_url, "dispatcher", last=one.id) as stream:
            ids = set()
            while more["id"] not in ids:
                ids.add((await stream.next("incident")).data["id"])


@contextlib.asynccontextmanager
async def installed_again(place: Installation) -> AsyncIterator[Installation]:
    from alerts.policy import Policy
    from api.app import create_app

    app = create_app(place.settings, pool=place.pool, policy=Policy())
    yield Installation(url=place.url, pool=place.pool, app=app, settings=place.settings, tokens=place.tokens)
