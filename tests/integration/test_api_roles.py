"""Every endpoint with every role: who may use it at all, and that nobody gets in without signing in."""

import pytest

from tests.api_installation import ROLES, Installation, installed

EVERYBODY = set(ROLES)
DESK = {"admin", "dispatcher"}
WATCH = DESK | {"supervisor"}
ADMIN = {"admin"}
_ID = "0198c0de-0000-7000-8000-000000000001"
_LIFT = {"lift_id": "L-9", "rescue_code": "900009", "name": "nine"}
_CREW = {"firm", "responder"}
_BATCH = {
    "visit": _ID,
    "lift_id": "nobody",
    "device": "p",
    "sent_at": "2026-03-02T03:00:00Z",
    "operations": [{"id": "o", "op": "alive", "n": 1}],
}

# method, path, body, who may, what those get who may (nothing named here exists, so often 404 or 422)
TABLE = [
    ("GET", "/overview", None, EVERYBODY, {200}),
    ("GET", "/lifts", None, EVERYBODY, {200}),
    ("POST", "/lifts", _LIFT, DESK, {201, 409}),
    ("POST", "/lifts/import", None, DESK | {"firm"}, {415}),
    ("POST", "/workers/import", None, {"admin", "firm"}, {415}),
    ("GET", "/export/lifts", None, EVERYBODY, {200}),
    ("GET", "/export/workers", None, EVERYBODY - {"property"}, {200}),
    ("GET", "/lifts/nobody", None, EVERYBODY, {404}),
    ("PUT", "/lifts/L-9", _LIFT, DESK, {200, 201}),
    ("GET", "/lifts/nobody/decision", None, EVERYBODY, {404}),
    ("GET", "/lifts/nobody/telemetry", None, EVERYBODY, {404}),
    ("GET", "/lifts/nobody/events", None, EVERYBODY, {404}),
    ("GET", "/lifts/nobody/gaps", None, EVERYBODY, {404}),
    ("GET", "/lifts/nobody/records", None, EVERYBODY, {404}),
    ("GET", "/lifts/nobody/records/page", None, EVERYBODY, {404}),
    ("GET", "/lifts/nobody/photos", None, EVERYBODY, {404}),
    ("GET", "/photos/nobody", None, EVERYBODY, {404}),
    ("POST", "/lifts/nobody/photos", None, EVERYBODY, {415}),
    ("GET", "/events", None, EVERYBODY, {200}),
    ("GET", "/incidents", None, EVERYBODY, {200}),
    ("GET", f"/incidents/{_ID}", None, EVERYBODY, {404}),
    ("POST", "/incidents", {"lift_id": "nobody"}, EVERYBODY - {"responder"}, {422}),
    ("PUT", f"/incidents/{_ID}/lift", {"lift_id": "L-1"}, WATCH, {404}),
    ("POST", f"/incidents/{_ID}/note", {"text": "x"}, EVERYBODY, {404}),
    ("GET", "/assignments", None, EVERYBODY, {200}),
    ("GET", "/quarantine", None, WATCH, {200}),
    ("POST", f"/quarantine/{_ID}/replay", None, DESK, {404}),
    ("GET", "/codes", None, EVERYBODY, {200}),
    ("GET", "/codes/unknown", None, WATCH, {200}),
    ("GET", "/shadow", None, WATCH, {200}),
    ("GET", "/firms", None, EVERYBODY, {200}),
    ("POST", "/firms", {"name": "Nine"}, ADMIN, {201}),
    ("GET", f"/firms/{_ID}", None, EVERYBODY, {404}),
    ("PUT", f"/firms/{_ID}", {"name": "Ten"}, ADMIN, {404}),
    ("GET", "/units", None, EVERYBODY, {200}),
    ("POST", "/units", {"firm_id": _ID, "name": "x"}, ADMIN, {422}),
    ("GET", f"/units/{_ID}", None, EVERYBODY, {404}),
    ("PUT", f"/units/{_ID}", {"firm_id": _ID, "name": "x"}, ADMIN, {404}),
    ("GET", "/users", None, ADMIN, {200}),
    ("POST", "/users", {"login": "x", "name": "x", "role": "firm"}, ADMIN, {422}),
    ("GET", f"/users/{_ID}", None, ADMIN, {404}),
    ("PUT", f"/users/{_ID}", {"login": "x", "name": "x", "role": "admin"}, ADMIN, {404}),
    ("GET", "/tokens", None, ADMIN, {200}),
    ("POST", "/tokens", {"name": "x", "role": "firm"}, ADMIN, {422}),
    ("DELETE", f"/tokens/{_ID}", None, ADMIN, {404}),
    ("GET", "/webhooks", None, ADMIN, {200}),
    ("POST", "/webhooks", {"url": "http://plain.example"}, ADMIN, {422}),
    ("PUT", f"/webhooks/{_ID}", {"url": "https://hooks.example"}, ADMIN, {404}),
    ("DELETE", f"/webhooks/{_ID}", None, ADMIN, {404}),
    ("GET", "/plans", None, EVERYBODY, {200}),
    ("GET", "/plans/traction-1", None, EVERYBODY, {200}),
    ("POST", "/plans", {"lift_class": "hoist", "items": []}, {"admin", "firm"}, {201, 422}),
    ("GET", "/workers", None, EVERYBODY - {"property"}, {200}),
    ("POST", "/workers", {"name": "x"}, {"admin", "firm"}, {201, 422}),
    ("GET", f"/workers/{_ID}", None, EVERYBODY - {"property"}, {404}),
    ("PUT", f"/workers/{_ID}", {"name": "x"}, {"admin", "firm"}, {404}),
    ("GET", "/maintenance/due", None, EVERYBODY, {200}),
    ("GET", "/maintenance/plausibility", None, EVERYBODY, {200}),
    ("GET", "/maintenance/lifts/nobody", None, EVERYBODY, {404}),
    ("PUT", "/maintenance/lifts/nobody", {}, DESK, {404}),
    ("GET", "/maintenance/calendars", None, EVERYBODY, {200}),
    ("POST", "/maintenance/calendars", {"name": "x"}, EVERYBODY, {201}),
    ("DELETE", f"/maintenance/calendars/{_ID}", None, EVERYBODY, {404}),
    ("GET", "/visits", None, EVERYBODY, {200}),
    ("GET", f"/visits/{_ID}", None, EVERYBODY, {404}),
    ("GET", f"/visits/{_ID}/plausibility", None, EVERYBODY, {404}),
    ("POST", "/visits", {"lift_id": "nobody", "kind": "year", "worker_id": "x"}, _CREW, {404}),
    ("POST", "/visits/sync", _BATCH, _CREW, {404}),
    ("POST", f"/visits/{_ID}/link", None, _CREW, {404}),
    ("POST", f"/visits/{_ID}/note", {"text": "x"}, _CREW | {"property"}, {404}),
    ("GET", "/orders", None, EVERYBODY, {200}),
    ("GET", f"/orders/{_ID}", None, EVERYBODY, {404}),
    ("POST", "/orders", {"lift_id": "nobody", "text": "x"}, EVERYBODY - {"supervisor"}, {422}),
    ("POST", f"/orders/{_ID}/note", {"text": "x"}, EVERYBODY, {404}),
    ("GET", "/maintenance/standing", None, WATCH | {"firm"}, {200}),
    ("POST", "/lifts/nobody/sticker", None, DESK | {"firm", "property"}, {404}),
]
# `stream` has its own tests: its answer does not end. The session is not about tokens; a calendar, signing by
# link and reports by the code on a lift need none.
_ELSEWHERE = {("GET", "/stream"), ("POST", "/session"), ("POST", "/session/link"), ("GET", "/session"),
              ("DELETE", "/session"), ("GET", "/maintenance/calendar/{code}.ics"), ("POST", "/signing"), ("POST", "/signing/look"),
              ("POST", "/reports"), ("POST", "/reports/look")}  # fmt: skip


@pytest.fixture
async def place(database: str):
    async with installed(database) as place:
        yield place


async def test_every_endpoint_with_every_role(place: Installation) -> None:
    """403 exactly for the roles that may not; 401 for nobody."""
    wrong = []
    for method, path, body, who, good in TABLE:
        for role in ROLES:
            status = (await place.call(role, method, path, json=body)).status_code
            expected = good if role in who else {403}
            if status not in expected:
                wrong.append((method, path, role, status, expected))
        nobody = await place.call(None, method, path, json=body)
        if nobody.status_code != 401 or nobody.headers["content-type"] != "application/problem+json":
            wrong.append((method, path, None, nobody.status_code, 401))
    assert wrong == []


async def test_the_table_names_every_endpoint(place: Installation) -> None:
    """A new endpoint must be entered above."""
    schema = (await place.call(None, "GET", "/openapi.json")).json()
    served = {
        (method.upper(), path.removeprefix("/api/v1"))
        for path, methods in schema["paths"].items()
        if path.startswith("/api/v1")
        for method in methods
    }
    named = {(method, path.split("?")[0]) for method, path, *_ in TABLE}

    def fits(pattern: str, path: str) -> bool:
        parts, given = pattern.split("/"), path.split("/")
        return len(parts) == len(given) and all(p.startswith("{") or p == g for p, g in zip(parts, given, strict=True))

    missing = {
        (method, pattern)
        for method, pattern in served - _ELSEWHERE
        if not any(method == m and fits(pattern, path) for m, path in named)
    }
    assert missing == set()


@pytest.mark.parametrize("secret", ["nonsense", "", "an-admin-token-for-test"])
async def test_a_wrong_token_opens_nothing(place: Installation, secret: str) -> None:
    async with place.client(None, Authorization=f"Bearer {secret}") as client:
        answer = await client.get("/api/v1/lifts")
    assert answer.status_code == 401
    assert "www-authenticate" in answer.headers


async def test_a_revoked_token_opens_nothing(place: Installation) -> None:
    made = (await place.call("admin", "POST", "/tokens", json={"name": "t", "role": "supervisor"})).json()
    place.tokens["new"] = made["token"]
    assert (await place.call("new", "GET", "/lifts")).status_code == 200
    assert (await place.call("admin", "DELETE", f"/tokens/{made['id']}")).status_code == 204
    assert (await place.call("new", "GET", "/lifts")).status_code == 401
    listed = (await place.call("admin", "GET", "/tokens")).json()["items"]
    assert made["id"] not in [one["id"] for one in listed]
    stored = await place.sql("SELECT token_hash FROM token WHERE id = %(id)s", id=made["id"])
    assert made["token"].encode() not in bytes(stored[0]["token_hash"])
