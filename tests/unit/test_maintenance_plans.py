"""The published plans: counts, codes and texts against what the regulation says of itself; a firm's additions."""

import hashlib
import itertools
from importlib.resources import files

import pytest

from alerts.maintenance.plans import shelf
from alerts.maintenance.plans.plan import KINDS, TEST_WORDS, Judge, Kind, extended, item, parse
from elevator.model import LiftClass

# TSG T5002-2017: own items of half-month, quarter, half-year, year.
COUNTS = {
    LiftClass.TRACTION: (31, 13, 15, 17),
    LiftClass.HYDRAULIC: (30, 13, 9, 14),
    LiftClass.DUMBWAITER: (20, 8, 10, 14),
    LiftClass.ESCALATOR: (33, 5, 12, 13),
}
# What was published stays as it is: visits refer to it. Change a text by a new version in a new file.
CHECKSUMS = {
    "dumbwaiter-1.toml": "f5d6545037e45526",
    "escalator-1.toml": "931d4b5c8ac11d01",
    "hoist-1.toml": "42c802f8860f105b",
    "hydraulic-1.toml": "a1b80e9b3549c518",
    "traction-1.toml": "e2873a01687865eb",
}


@pytest.mark.parametrize(("lift_class", "counts"), COUNTS.items())
def test_the_regulations_sets_have_as_many_items_as_it_has(
    lift_class: LiftClass, counts: tuple[int, int, int, int]
) -> None:
    plan = shelf.newest(lift_class)
    assert tuple(plan.counts().values()) == counts
    totals = [len(plan.items_of(kind)) for kind in KINDS]
    assert totals == [sum(counts[: n + 1]) for n in range(4)]


def test_a_longer_kind_includes_the_shorter_ones() -> None:
    for plan in shelf.published():
        for shorter, longer in itertools.pairwise(KINDS):
            assert set(plan.items_of(shorter)) < set(plan.items_of(longer)), plan.id


def test_every_class_of_equipment_has_a_plan() -> None:
    assert {plan.lift_class for plan in shelf.published()} == set(LiftClass)


def test_codes_are_annex_table_number_and_unique() -> None:
    for plan in shelf.published():
        codes = [one.code for one in plan.items]
        assert len(set(codes)) == len(codes)
    traction = {one.code: one for one in shelf.newest(LiftClass.TRACTION).items}
    assert traction["A-1-29"].zh == "层门锁紧元件啮合长度"
    assert (traction["A-1-29"].least, traction["A-1-29"].unit, traction["A-1-29"].judge) == (7, "mm", Judge.NUMBER)
    assert "A-1-32" not in traction
    assert traction["A-4-17"].kind is Kind.YEAR


def test_tests_are_key_items_and_nothing_else_is() -> None:
    """试验, 测试, 校验 or 检测 in an item's own text."""
    for plan in shelf.published():
        for one in plan.items:
            assert one.key == any(word in one.zh + one.must_zh for word in TEST_WORDS), one.code


def test_what_was_not_confirmed_says_so() -> None:
    unverified = {plan.lift_class: sum(not one.verified for one in plan.items) for plan in shelf.published()}
    assert unverified[LiftClass.TRACTION] == 1
    assert unverified[LiftClass.HYDRAULIC] == 66
    assert unverified[LiftClass.DUMBWAITER] == 52
    assert unverified[LiftClass.HOIST] == len(shelf.newest(LiftClass.HOIST).items)
    escalator = {one.code for one in shelf.newest(LiftClass.ESCALATOR).items if one.verified}
    assert escalator == {"D-1-11", "D-1-15", "D-1-16", "D-1-23", "D-1-32", "D-2-1", "D-2-5", "D-3-5", "D-3-7",
                         "D-3-12", "D-4-10", "D-4-12"}  # fmt: skip


def test_every_item_is_told_in_both_languages() -> None:
    for plan in shelf.published():
        for one in plan.items:
            assert one.zh, one.code
            assert one.must_zh, one.code
            assert one.en.isascii(), one.code
            assert one.must_en, one.code


def test_a_published_file_is_never_changed() -> None:
    found = {
        entry.name: hashlib.sha256(entry.read_bytes()).hexdigest()[:16]
        for entry in files("alerts.maintenance.plans").iterdir() if entry.name.endswith(".toml")
    }  # fmt: skip
    assert found == CHECKSUMS


def test_a_firm_adds_to_a_published_plan() -> None:
    base = shelf.newest(LiftClass.TRACTION)
    added = [
        {"kind": "half_month", "zh": "轿厢空调", "en": "Car air conditioner", "must_zh": "工作正常", "must_en": "works"},
        {"kind": "quarter", "zh": "机房温度", "en": "Room temperature", "must_zh": "不高于 40 °C", "must_en": "at most 40 °C",
         "judge": "number", "unit": "°C", "most": 40},
        {"kind": "half_month", "zh": "读卡器", "en": "Reader", "must_zh": "有效", "must_en": "works", "key": True},
    ]  # fmt: skip
    plan = extended(base, plan_id="p", firm_id="f", version=3, added=added)
    assert [one.code for one in plan.items if one.code.startswith("X")] == ["X-1-1", "X-2-1", "X-1-2"]
    assert [len(plan.items_of(kind)) for kind in KINDS] == [33, 47, 62, 79]
    assert (plan.base, plan.version, plan.firm_id, plan.lift_class) == (base.id, 3, "f", LiftClass.TRACTION)


_GOOD = {"code": "X-1-1", "kind": "half_month", "zh": "a", "en": "a", "must_zh": "b", "must_en": "b"}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"judge": "number"}, "needs its unit and a limit"),
        ({"judge": "number", "unit": "mm"}, "needs its unit and a limit"),
        ({"judge": "number", "unit": "mm", "least": 2, "most": 1}, "the least is more than the most"),
        ({"unit": "mm"}, "only a number has a unit"),
        ({"most": 1}, "only a number has a unit"),
    ],
)
def test_an_item_that_cannot_be_judged_is_refused(values: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        item(_GOOD | values)


def test_a_file_with_a_hole_in_its_numbers_is_refused() -> None:
    entry = '{ n = 2, verified = false, zh = "a", en = "a", must_zh = "a", must_en = "a" }'
    text = (
        'lift_class = "hoist"\nversion = 9\nprefix = "H"\nsource = { zh = "a", en = "a" }\ntitle = { zh = "a", en = "a" }\n'
        f"half_month = [{entry}]\nquarter = []\nhalf_year = []\nyear = []\n"
    )
    with pytest.raises(ValueError, match="item 2 stands at place 1"):
        parse(text)
    assert parse(text.replace("n = 2", "n = 1")).items[0].code == "H-1-1"
