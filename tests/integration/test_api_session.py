"""Signing in and out: cookies, the CSRF word, the rate limit, one-time links."""

import asyncio
from datetime import timedelta

import pytest

from api import access
from elevator import clock
from tests.api_installation import PASSWORD, Installation, installed

V1 = "/api/v1"


@pytest.fixture
async def place(database: str):
    async with installed(database) as place:
        async with place.pool.connection() as connection:
            place.ids["chen"] = await access.create_user(connection, "chen", "陈", "dispatcher", PASSWORD)
            place.ids["admin"] = await access.create_user(connection, "root", "Root", "admin", PASSWORD)
            place.ids["linked"] = await access.create_user(connection, "linked", "Linked", "supervisor")
        yield place


async def sign_in(client, login: str = "chen", password: str = PASSWORD, **kwargs):
    return await client.post(f"{V1}/session", json={"login": login, "password": password}, **kwargs)


async def test_a_session_from_in_to_out(place: Installation) -> None:
    """The cookie is for the browser alone; reading needs only it, writing the word as well."""
    async with place.client() as client:
        answer = await sign_in(client)
        assert answer.status_code == 200
        cookie = answer.headers["set-cookie"].lower()
        assert all(part in cookie for part in ("liftline_session=", "httponly", "samesite=strict", "path=/"))
        me = answer.json()
        assert me["user"] == {"id": place.ids["chen"], "login": "chen", "name": "陈", "role": "dispatcher",
                              "firm_id": None, "unit_id": None, "building": None}  # fmt: skip
        again = (await client.get(f"{V1}/session")).json()
        assert (again["user"], again["csrf"]) == (me["user"], me["csrf"])
        assert (await client.get(f"{V1}/lifts")).status_code == 200

        body = {"place": "somewhere"}
        assert (await client.post(f"{V1}/incidents", json=body)).status_code == 403
        wrong = {"X-CSRF-Token": "x" * 43}
        assert (await client.post(f"{V1}/incidents", json=body, headers=wrong)).status_code == 403
        word = {"X-CSRF-Token": me["csrf"]}
        assert (await client.post(f"{V1}/incidents", json=body, headers=word)).status_code == 201

        assert (await client.delete(f"{V1}/session")).status_code == 403
        assert (await client.delete(f"{V1}/session", headers=word)).status_code == 204
    async with place.client() as client:
        client.cookies.set("liftline_session", answer.cookies["liftline_session"])
        assert (await client.get(f"{V1}/session")).status_code == 401
        assert (await client.get(f"{V1}/lifts")).status_code == 401


ORIGINS: list[tuple[dict[str, str], int]] = [
    ({"Origin": "http://testserver"}, 201),
    ({"Sec-Fetch-Site": "same-origin"}, 201),
    ({"Origin": "http://evil.example"}, 403),
    ({"Origin": "null"}, 403),
    ({"Origin": "http://testserver.evil.example"}, 403),
    ({"Origin": "http://[bad"}, 403),
    ({"Sec-Fetch-Site": "cross-site"}, 403),
]


async def test_only_our_own_pages_write(place: Installation) -> None:
    """Another site's page can neither write in a person's name nor sign a browser in."""
    async with place.client() as client:
        word = {"X-CSRF-Token": (await sign_in(client)).json()["csrf"]}
        for headers, status in ORIGINS:
            answer = await client.post(f"{V1}/incidents", json={"place": "x"}, headers=word | headers)
            assert answer.status_code == status, headers
    for headers, status in ORIGINS:
        async with place.client() as client:
            assert (await sign_in(client, headers=headers)).status_code == (200 if status == 201 else 403), headers


async def test_behind_a_proxy_the_public_address_is_ours(database: str) -> None:
    """With https outside, the cookie is for https alone."""
    async with installed(database, public_url="https://rescue.example") as place:
        async with place.pool.connection() as connection:
            await access.create_user(connection, "chen", "陈", "dispatcher", PASSWORD)
        async with place.client(Origin="https://rescue.example") as client:
            answer = await sign_in(client)
        assert answer.status_code == 200
        assert "secure" in answer.headers["set-cookie"].lower()


async def test_ten_failures_close_the_door_for_a_while(place: Installation) -> None:
    """The eleventh try is not judged, even with the right password; another login is not locked out."""
    async with place.client() as client:
        for _ in range(10):
            answer = await sign_in(client, password="wrong")
            assert answer.status_code == 401
        locked = await sign_in(client)
        assert locked.status_code == 429
        assert 1 <= int(locked.headers["retry-after"]) <= 300
        assert locked.headers["content-type"] == "application/problem+json"
        assert (await sign_in(client, "root")).status_code == 200
        await place.sql("UPDATE signin_failure SET at = at - interval '5 minutes 1 second'")
        assert (await sign_in(client)).status_code == 200
        left = await place.sql("SELECT count(*) AS n FROM signin_failure WHERE subject LIKE 'login:chen@%%'")
        assert left[0]["n"] == 0


async def test_tries_at_the_same_moment_count_each_other(place: Installation) -> None:
    """A flood of guesses in parallel gets no more than ten of them judged."""
    async with place.client() as client:
        answers = await asyncio.gather(*(sign_in(client, password=f"guess {n}") for n in range(25)))
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {401, 429}
    assert statuses.count(401) <= 10


async def test_an_unknown_login_is_answered_like_a_wrong_password(place: Installation) -> None:
    async with place.client() as client:
        unknown, wrong = await sign_in(client, "nobody"), await sign_in(client, password="wrong")
        none = await sign_in(client, "linked", "")
        linked = await sign_in(client, "linked", "anything")
    assert unknown.status_code == wrong.status_code == linked.status_code == 401
    assert unknown.json() == wrong.json() == linked.json()
    assert none.status_code == 422


async def test_an_unknown_login_costs_the_same_time(place: Installation) -> None:
    """Both hash once: neither answers in the time of a look-up."""

    async def took(login: str) -> float:
        loop = asyncio.get_running_loop()
        async with place.client() as client:
            best = 10.0
            for _ in range(3):
                start = loop.time()
                await sign_in(client, login, "wrong password")
                best = min(best, loop.time() - start)
        return best

    await took("warm up")
    known, unknown = await took("chen"), await took("nobody")
    assert unknown > known / 2


async def test_a_link_signs_in_once(place: Installation) -> None:
    async with place.pool.connection() as connection:
        code = await access.create_signin_link(connection, "linked")
        old = await access.create_signin_link(connection, "linked", life=timedelta(seconds=-1))
    async with place.client() as client:
        assert (await client.post(f"{V1}/session/link", json={"code": old})).status_code == 401
        first = await client.post(f"{V1}/session/link", json={"code": code})
        assert first.status_code == 200
        assert first.json()["user"]["login"] == "linked"
        assert (await client.post(f"{V1}/session/link", json={"code": code})).status_code == 401
    stored = await place.sql("SELECT code_hash FROM signin_link")
    assert all(code.encode() not in bytes(one["code_hash"]) for one in stored)


async def test_sessions_end_with_the_user_s_rights(place: Installation) -> None:
    """A new role or password, or an inactive user, is signed out everywhere."""
    form = {"login": "chen", "name": "陈", "role": "dispatcher"}
    for change in ({"role": "supervisor"}, {"role": "supervisor", "password": "another secret"}, {"active": False}):
        async with place.client() as client:
            password = "another secret" if change.get("active") is False else PASSWORD
            assert (await sign_in(client, password=password)).status_code == 200
            answer = await place.call("admin", "PUT", f"/users/{place.ids['chen']}", json=form | change)
            assert answer.status_code == 200, answer.text
            assert (await client.get(f"{V1}/lifts")).status_code == 401
    async with place.client() as client:
        assert (await sign_in(client, password="another secret")).status_code == 401


async def test_a_session_ends_by_itself(place: Installation) -> None:
    async with place.client() as client:
        await sign_in(client)
        life = await place.sql("SELECT expires_at FROM session")
        assert timedelta(hours=23) < life[0]["expires_at"] - clock.now() <= timedelta(hours=24)
        await place.sql("UPDATE session SET expires_at = now()")
        assert (await client.get(f"{V1}/session")).status_code == 401


async def test_nobody_locks_themselves_out(place: Installation) -> None:
    async with place.client() as client:
        word = {"X-CSRF-Token": (await sign_in(client, "root")).json()["csrf"]}
        form = {"login": "root", "name": "Root", "role": "dispatcher"}
        answer = await client.put(f"{V1}/users/{place.ids['admin']}", json=form, headers=word)
    assert answer.status_code == 409


BAD_RIGHTS: list[tuple[dict[str, str], str]] = [
    ({"role": "firm"}, "firm_id"),
    ({"role": "firm", "firm_id": "nobody"}, "firm_id"),
    ({"role": "responder"}, "unit_id"),
    ({"role": "responder", "unit_id": "nobody"}, "unit_id"),
    ({"role": "property"}, "building"),
    ({"role": "dispatcher", "building": "House 1"}, "building"),
    ({"role": "system"}, "role"),
]


async def test_rights_that_make_no_sense(place: Installation) -> None:
    for rights, field in BAD_RIGHTS:
        for path, body in (("/users", {"login": "x", "name": "x"}), ("/tokens", {"name": "x"})):
            answer = await place.call("admin", "POST", path, json=body | rights)
            assert answer.status_code == 422, rights
            assert answer.json()["errors"][0]["field"] == f"body.{field}"
            assert answer.json()["errors"][0]["expected"]


async def test_a_unit_brings_its_firm_and_logins_are_unique(place: Installation) -> None:
    body = {"login": "crew", "name": "Crew", "role": "responder", "unit_id": place.ids["unit_A1"]}
    made = await place.call("admin", "POST", "/users", json=body)
    assert made.json()["firm_id"] == place.ids["firm_A"]
    assert "password" not in made.text
    assert (await place.call("admin", "POST", "/users", json=body)).status_code == 409
