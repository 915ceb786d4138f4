"""The pure parts of the HTTP interface: cursors, fields that are wrong, CSV files, who may see what."""

import base64
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.incident import Actor, Role
from api import lift_csv
from api.deps import Paging, check_match
from api.forms import LiftForm
from api.problems import ProblemError, wrong_of
from api.reads import QUERIES
from api.scope import Concern, hears_caller, takes_message

MARCH = datetime(2026, 3, 1, 8, 30, 0, 123456, tzinfo=UTC)


def test_a_cursor_comes_back_as_it_went() -> None:
    found = [{"ts": MARCH, "boot": "b", "seq": 7}, {"ts": MARCH, "boot": "b", "seq": 6}]
    answer = Paging(limit=1, cursor=None).page("samples", found, [1, 2], "ts", "boot", "seq")
    page = json.loads(answer.body)
    assert page["items"] == [1]
    again = Paging(limit=1, cursor=page["next_cursor"])
    assert again.after("samples", datetime, str, int) == (MARCH, "b", 7)
    with pytest.raises(ProblemError):
        again.after("events", int)


@given(
    st.text(max_size=60) | st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=6)
)
def test_no_cursor_that_somebody_made_up_is_an_error_of_ours(made_up: object) -> None:
    """Whatever stands in it, it is refused as a field of the query, or read as what it says."""
    text = made_up if isinstance(made_up, str) else base64.urlsafe_b64encode(json.dumps(made_up).encode()).decode()
    try:
        (key,) = Paging(limit=1, cursor=text).after("lifts", int)
    except ProblemError as problem:
        assert problem.status == 422  # noqa: PT017 - either outcome is good
        assert problem.errors[0].field == "query.cursor"  # noqa: PT017 - either outcome is good
    else:
        assert 0 <= key < 2**63


@pytest.mark.parametrize(
    ("header", "good"),
    [
        (None, True),
        ("*", True),
        ('"3"', True),
        ('W/"3"', True),
        ('"2", "3"', True),
        ('"2"', False),
        ("3", False),
        ("", False),
    ],
)
def test_if_match(header: str | None, good: bool) -> None:
    if good:
        check_match(header, 3)
    else:
        with pytest.raises(ProblemError) as caught:
            check_match(header, 3)
        assert caught.value.status == 412


def test_every_wrong_field_says_what_would_be_right() -> None:
    from pydantic import ValidationError

    with pytest.raises(ValidationError) as caught:
        LiftForm.model_validate({"lift_id": "a b", "rescue_code": 1, "lat": "x", "drill": "x", "floors": 3, "extra": 1})
    wrong = {one.field: one for one in map(wrong_of, caught.value.errors())}
    assert set(wrong) == {"lift_id", "rescue_code", "name", "lat", "drill", "floors", "extra"}
    assert wrong["rescue_code"].expected == "text"
    assert wrong["name"].expected == "a value"
    assert all(one.expected and one.message for one in wrong.values())


@given(st.binary(max_size=300), st.sampled_from(["utf-8", "gb18030", "latin-1"]))
def test_no_file_is_an_error_of_ours(content: bytes, charset: str) -> None:
    """Any bytes are a list of lifts or one problem with its places."""
    try:
        assert lift_csv.parse(content, charset)
    except ProblemError as problem:
        assert problem.status == 422  # noqa: PT017 - either outcome is good
        assert problem.errors  # noqa: PT017 - either outcome is good


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=8), min_size=3, max_size=3))
def test_no_line_is_an_error_of_ours(cells: list[str]) -> None:
    import csv
    import io

    text = io.StringIO()
    csv.writer(text).writerows([["lift_id", "rescue_code", "name"], cells])
    try:
        (entry,) = lift_csv.parse(text.getvalue().encode(), "utf-8")
        assert "\x00" not in entry.form.name
    except ProblemError as problem:
        assert problem.errors  # noqa: PT017 - either outcome is good


def actor(role: Role, **rights: str) -> Actor:
    return Actor(kind="user", id="x", name="x", role=role, **rights)


def test_who_sees_what() -> None:
    bound = Concern.of("A", "House", [("A", "a1"), ("B", None)])
    sees = {
        actor(Role.SUPERVISOR): True,
        actor(Role.FIRM, firm_id="A"): True,
        actor(Role.FIRM, firm_id="B"): True,
        actor(Role.FIRM, firm_id="C"): False,
        actor(Role.RESPONDER, firm_id="A", unit_id="a1"): True,
        actor(Role.RESPONDER, firm_id="A", unit_id="a2"): False,
        actor(Role.RESPONDER, firm_id="B", unit_id="b1"): True,
        actor(Role.PROPERTY, building="House"): True,
        actor(Role.PROPERTY, building="Other"): False,
        actor(Role.PROPERTY): False,
        actor(Role.FIRM): False,
        actor(Role.RESPONDER): False,
        actor(Role.SYSTEM): False,
    }
    assert {who: bound.includes(who) for who in sees} == sees
    nobodys = Concern.of(None, None, ())
    assert not nobodys.includes(actor(Role.PROPERTY))
    assert not nobodys.includes(actor(Role.FIRM))


@pytest.mark.parametrize(
    ("state", "known"),
    [("asked", False), ("accepted", True), ("arrived", True), ("declined", False), ("stood_down", False)],
)
def test_a_unit_hears_the_caller_from_its_acceptance_on(state: str, known: bool) -> None:
    asked = [{"unit_id": "a1", "state": state}]
    assert hears_caller(actor(Role.RESPONDER, unit_id="a1"), asked) is known
    assert not hears_caller(actor(Role.RESPONDER, unit_id="a2"), asked)
    assert not hears_caller(actor(Role.FIRM, firm_id="A"), asked)


def test_messages_go_to_whom_they_are_addressed() -> None:
    assert takes_message(actor(Role.DISPATCHER), "dispatchers")
    assert not takes_message(actor(Role.FIRM, firm_id="A"), "dispatchers")
    assert takes_message(actor(Role.FIRM, firm_id="A"), "firm:A")
    assert not takes_message(actor(Role.DISPATCHER), "firm:A")
    assert not takes_message(actor(Role.FIRM), "firm:None2")


def test_every_query_is_described_and_used() -> None:
    """A query has its one comment line, and something calls it."""
    from pathlib import Path

    import api

    folder = Path(api.__file__).parent
    code = "".join(path.read_text() for path in folder.rglob("*.py") if "node_modules" not in path.parts)
    for name in QUERIES.names():
        assert QUERIES[name].startswith(b"-- "), name
        assert f'"{name}"' in code, name
