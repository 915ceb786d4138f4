"""A visit from a phone without network: however its batches come, cut, doubled and in whatever order, it is the same."""

import itertools
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.incident import Role
from alerts.maintenance.folding import Story
from alerts.maintenance.visit import DONE, Operation, State, Visit
from tests.maintenance_visits import BEGIN, DRAWING, Round, all_normal, missing, tell

_ITEM = st.sampled_from(["A-1-1", "A-1-2", "A-1-6", "A-1-29", "nothing"])
_RESULT = st.fixed_dictionaries({
    "code": _ITEM, "outcome": st.sampled_from(["normal", "abnormal", "not_applicable"]),
    "value": st.sampled_from([None, 6, 8]), "text": st.sampled_from([None, "坏"]), "photos": st.sampled_from([[], ["p"]]),
})  # fmt: skip
_WORKER = st.sampled_from(["w1", "w2", "w3", "w9"])
_STEP: st.SearchStrategy[tuple[str, dict[str, Any]]] = st.one_of(
    st.tuples(st.just("check_in"), st.fixed_dictionaries({"kind": st.just("half_month"), "worker_id": _WORKER})),
    st.tuples(st.just("results"), st.fixed_dictionaries({"results": st.lists(_RESULT, max_size=4)})),
    st.tuples(st.just("results"), st.builds(lambda: {"results": all_normal()})),
    st.tuples(st.just("part"), st.just({"name": "灯"})),
    st.tuples(st.just("second"), st.fixed_dictionaries({"second_id": st.sampled_from([None, "w1", "w2"])})),
    st.tuples(st.just("sign"), st.fixed_dictionaries({"worker_id": _WORKER, "drawing": st.just(DRAWING)})),
    st.tuples(st.just("countersign"), st.just({"name": "赵", "drawing": DRAWING})),
    st.tuples(st.sampled_from(["pause", "resume", "alive", "check_out"]), st.just({})),
    st.tuples(st.just("void"), st.just({"reason": "x"})),
)


def round_of(steps: list[tuple[str, dict[str, Any]]], gaps: list[int]) -> list[Operation]:
    """A phone's operations; its clock may run backwards."""
    work = Round(role=Role.FIRM)
    work.does("check_in", kind="half_month", worker_id="w1", second_id="w2")
    for (op, body), gap in zip(steps, gaps, strict=True):
        work.after(gap).does(op, **body)
    return work.made


def seen(story: Story) -> tuple[Visit, dict[str, tuple[str, str | None]]]:
    """What must be the same, whenever it was received."""
    told = {key: (one.outcome, one.refused.reason if one.refused else None) for key, one in story.told.items()}
    return replace(story.visit, checked_in_at=None, checked_out_at=None, life_at=None), told


def received(operations: list[Operation]) -> list[Operation]:
    """What intake makes of deliveries: each id once, received one after the other, long after they were done."""
    kept: dict[str, Operation] = {}
    for number, one in enumerate(operations):
        if one.id not in kept:
            kept[one.id] = replace(one, at=BEGIN + timedelta(days=1, seconds=number))
    return list(kept.values())


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_batches_in_any_order_and_as_often_as_you_like_make_one_visit(data: st.DataObject) -> None:
    steps = data.draw(st.lists(_STEP, max_size=14))
    gaps = data.draw(st.lists(st.integers(-5, 30), min_size=len(steps), max_size=len(steps)))
    made = round_of(steps, gaps)
    once = seen(tell(received(made)))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(made)), max_size=4)))
    edges = [0, *cuts, len(made)]
    batches = [made[one:two] for one, two in itertools.pairwise(edges)]
    doubled = batches + data.draw(st.lists(st.sampled_from(batches), max_size=5))
    deliveries = data.draw(st.permutations(doubled))
    assert seen(tell(received([one for batch in deliveries for one in batch]))) == once
    shuffled = data.draw(st.permutations(made))
    assert seen(tell(received(list(shuffled)))) == once


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_whatever_is_asked_for_the_visit_stays_inside_its_rules(data: st.DataObject) -> None:
    steps = data.draw(st.lists(_STEP, max_size=16))
    gaps = data.draw(st.lists(st.integers(-5, 30), min_size=len(steps), max_size=len(steps)))
    made = round_of(steps, gaps)
    before = Visit()
    for upto in range(1, len(made) + 1):
        story = tell(made[:upto])
        visit, told = story.visit, story.told[made[upto - 1].id]
        assert set(story.told) == {one.id for one in made[:upto]}, "nothing is lost"
        if told.refused is not None:
            assert visit == before
        if visit.state in DONE:
            assert missing(story) == set()
            assert {one.worker_id for one in visit.signatures} == {one.id for one in visit.workers}
            assert visit.began_at is not None
            assert visit.left_at is not None
            assert visit.left_at >= visit.began_at
        if before.state in {State.COMPLETE, State.VOID}:
            assert replace(visit, notes=before.notes) == before
        assert (visit.state is State.COMPLETE) == (visit.completed_at is not None)
        assert "w3" not in {one.worker_id for one in visit.signatures}, "a certificate that has ended"
        before = visit
