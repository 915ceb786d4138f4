"""The chain of a record: any change of anything is found, and named where it is."""

import json
from copy import deepcopy
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.seals import chain, heads, proof
from alerts.seals.chain import GENESIS, Link, check, seal
from alerts.seals.day import Head, compose
from alerts.seals.heads import HeadsError

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
ENTRIES = st.lists(st.dictionaries(st.text(min_size=1), VALUES, min_size=1, max_size=4), min_size=1, max_size=6)


def chained(entries: list[dict[str, Any]], *, subject: str = "i-1") -> list[Link]:
    links, before = [], GENESIS
    for n, entry in enumerate(entries, 1):
        before = seal(before, "incident", subject, n, entry)
        links.append(Link(n=n, entry=entry, seal=before))
    return links


def test_the_seal_is_what_the_documentation_says() -> None:
    entry = {"note": "困人 ✓", "b": 1, "a": [True, None, 1.5]}
    text = '{"entry":{"a":[true,null,1.5],"b":1,"note":"困人 ✓"},"kind":"incident","n":1,"subject":"i-1"}'
    assert chain.canonical({"kind": "incident", "subject": "i-1", "n": 1, "entry": entry}).decode() == text
    assert (
        seal(GENESIS, "incident", "i-1", 1, entry) == sha256(b"liftline-seal-1\n" + bytes(32) + text.encode()).digest()
    )


def test_the_program_of_the_documentation_proves_an_export() -> None:
    links = chained([{"action": "open"}, {"action": "note", "note": "电话 ☎"}])
    record = {
        "kind": "incident", "subject": "i-1",
        "entries": [{"n": one.n, "entry": one.entry, "seal": (one.seal or b"").hex()} for one in links],
    }  # fmt: skip
    page = (Path(__file__).parents[2] / "docs" / "records.md").read_text()
    program = page.split("```python\n", 1)[1].split("```", 1)[0]
    exec(program, {"record": deepcopy(record)})
    record["entries"][1]["entry"]["note"] = "电话"  # type: ignore[index]
    with pytest.raises(AssertionError):
        exec(program, {"record": record})


@given(entries=ENTRIES, data=st.data())
def test_a_whole_record_fits_and_a_changed_one_is_named(entries: list[dict[str, Any]], data: st.DataObject) -> None:
    links = chained(entries)
    assert check("incident", "i-1", json_round(links)) is None
    victim = data.draw(st.integers(0, len(links) - 1))
    how = data.draw(st.sampled_from(["entry", "seal", "gone", "number"]))
    changed = list(links)
    one = changed[victim]
    if how == "entry":
        changed[victim] = Link(n=one.n, entry={**one.entry, "one more": 1}, seal=one.seal)
    elif how == "seal":
        changed[victim] = Link(n=one.n, entry=one.entry, seal=bytes(31) + b"\1")
    elif how == "number":
        changed[victim] = Link(n=one.n + 1, entry=one.entry, seal=one.seal)
    elif victim < len(links) - 1:
        del changed[victim]
    else:
        return  # a record cut at its end is found by the heads alone
    broken = check("incident", "i-1", changed)
    assert broken is not None
    assert broken.n == victim + 1


def json_round(links: list[Link]) -> list[Link]:
    """As they come out of a file."""
    return [Link(n=one.n, entry=json.loads(json.dumps(one.entry)), seal=one.seal) for one in links]


def test_the_end_may_wait_for_its_seal_and_nothing_else() -> None:
    first, second, third = chained([{"a": 1}, {"a": 2}, {"a": 3}])
    bare = Link(n=2, entry=second.entry, seal=None)
    assert check("incident", "i-1", [first, bare]) is None
    broken = check("incident", "i-1", [first, bare, third])
    assert broken is not None
    assert str(broken) == "incident i-1, entry 2: has no seal, and the one after it has"


def document(*subjects: str) -> dict[str, Any]:
    return {
        "format": proof.FORMAT, "lift_id": "L-1", "from": "2026-03-01T00:00:00.000000Z",
        "to": "2026-04-01T00:00:00.000000Z",
        "records": [
            {
                "kind": "incident", "subject": subject,
                "entries": [
                    {"n": one.n, "entry": one.entry, "seal": (one.seal or b"").hex()}
                    for one in chained([{"a": 1}, {"a": 2}], subject=subject)
                ],
            }
            for subject in subjects
        ],
    }  # fmt: skip


def head(subject: str, n: int = 2, at: str = "2026-03-05T10:00:00.000000Z", **changes: Any) -> Head:
    sealed = chained([{"a": 1}, {"a": 2}], subject=subject)[n - 1].seal
    fields = {"kind": "incident", "subject": subject, "lift_id": "L-1", "n": n, "at": at, "seal": sealed}
    return Head(day=date(2026, 3, 5), **(fields | changes))


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (head("i-1"), None),
        (head("i-1", n=1), None),
        (head("i-2"), "stands in the heads of 2026-03-05 and not in the export"),
        (head("i-2", lift_id="L-2"), None),
        (head("i-2", at="2026-04-01T00:00:00.000000Z"), None),
        (head("i-1", seal=bytes(32)), "has another seal in the heads of 2026-03-05"),
    ],
)
def test_an_export_against_the_heads(one: Head, why: str | None) -> None:
    found = list(proof.verify(document("i-1"), [one]))
    assert [why in str(broken) for broken in found if why] == ([True] if why else [])
    assert bool(found) is (why is not None)


def test_the_heads_are_a_chain_too(tmp_path: Path) -> None:
    row = {"kind": "incident", "subject": "i-1", "lift_id": "L-1", "n": 2, "at": datetime(2026, 3, 5, tzinfo=UTC)}
    before = None
    for day in (5, 6, 8):
        data = compose(date(2026, 3, day), before, [{**row, "hash": bytes([day]) * 32}])
        (tmp_path / f"heads-2026-03-0{day}.json").write_bytes(data)
        before = sha256(data).digest()
    assert [one.seal[0] for one in heads.read(tmp_path) if isinstance(one, Head)] == [5, 6, 8]
    assert all(isinstance(one, Head) for one in heads.read(tmp_path))
    middle = tmp_path / "heads-2026-03-06.json"
    whole = middle.read_bytes()
    middle.write_bytes(whole.replace(b'"n": 2', b'"n": 3'))
    assert [one for one in heads.read(tmp_path) if isinstance(one, str)] == [
        "heads-2026-03-08.json does not follow heads-2026-03-06.json: one of them was changed, or one is missing"
    ]
    middle.unlink()
    assert sum(isinstance(one, str) for one in heads.read(tmp_path)) == 1
    middle.write_bytes(whole[:50])
    assert "heads-2026-03-06.json cannot be read" in str(next(o for o in heads.read(tmp_path) if isinstance(o, str)))
    with pytest.raises(HeadsError, match="no heads"):
        list(heads.read(tmp_path / "nowhere"))
