"""A visit's state machine: the table, what each operation asks for, signatures, times, marks."""

from datetime import timedelta
from typing import Any

import pytest

from alerts.incident import Role
from alerts.maintenance.checks import is_drawing, limits, within
from alerts.maintenance.folding import Told, done_at, end_due, life_due
from alerts.maintenance.plans import shelf
from alerts.maintenance.plans.plan import Kind
from alerts.maintenance.visit import TABLE, Facts, Op, State
from elevator.model import LiftClass
from tests.maintenance_visits import BEGIN, DRAWING, LIMITS, PLAN, WANG, Round, all_normal, known

BODIES: dict[Op, dict[str, Any]] = {
    Op.CHECK_IN: {"kind": "half_month", "worker_id": "w1"},
    Op.RESULTS: {"results": []},
    Op.PART: {"name": "门锁触点"},
    Op.SECOND: {"second_id": "w2"},
    Op.SIGN: {"worker_id": "w1", "drawing": DRAWING},
    Op.COUNTERSIGN: {"name": "赵经理", "drawing": DRAWING},
    Op.NOTE: {"text": "x"},
    Op.VOID: {"reason": "wrong lift"},
}


def at(state: State) -> Round:
    """A visit brought to a state."""
    work = Round(role=Role.FIRM)
    match state:
        case State.NEW:
            return work
        case State.ON_SITE:
            return work.does("check_in", **BODIES[Op.CHECK_IN])
        case State.INTERRUPTED:
            return at(State.ON_SITE).after(1).does("pause")
        case State.LEFT:
            return work.whole()
        case State.COMPLETE:
            return at(State.LEFT).after(1).does("countersign", **BODIES[Op.COUNTERSIGN])
        case State.VOID:
            return at(State.ON_SITE).after(1).does("void", **BODIES[Op.VOID])


@pytest.mark.parametrize("state", State)
def test_a_visit_can_be_brought_to_every_state(state: State) -> None:
    assert at(state).story.visit.state is state


@pytest.mark.parametrize(
    "role", [Role.FIRM, Role.RESPONDER, Role.PROPERTY, Role.DISPATCHER, Role.SUPERVISOR, Role.ADMIN]
)
@pytest.mark.parametrize("op", Op)
@pytest.mark.parametrize("state", State)
def test_what_the_table_forbids_is_refused_and_changes_nothing(state: State, op: Op, role: Role) -> None:
    work = at(state)
    before = work.story.visit
    work.after(1).does(op, role=role, **BODIES.get(op, {}))
    allowed = role in TABLE[op].roles and state in TABLE[op].states
    told = work.story.told[work.made[-1].id]
    if not allowed:
        assert told.refused is not None
        assert told.refused.status == ("role" if role not in TABLE[op].roles else "state")
        assert told.refused.text["zh"]
        assert told.refused.text["en"]
    if told.refused is not None:
        assert work.story.visit == before
    elif op is not Op.CHECK_OUT:
        assert told.outcome == "applied"


def test_who_may_do_what() -> None:
    """Nobody but the firm's people makes a visit; the property signs and remarks; the desk reads."""
    everybody = {role for row in TABLE.values() for role in row.roles}
    assert everybody == {Role.FIRM, Role.RESPONDER, Role.PROPERTY}
    assert {op for op, row in TABLE.items() if Role.PROPERTY in row.roles} == {Op.COUNTERSIGN, Op.NOTE}
    assert {op for op, row in TABLE.items() if Role.RESPONDER not in row.roles} == {Op.VOID}


def test_a_whole_visit() -> None:
    work = Round().whole()
    visit = work.story.visit
    assert work.outcomes == ["applied"] * 5
    assert (visit.state, visit.kind, visit.began_at, visit.left_at) == (
        State.LEFT, Kind.HALF_MONTH, BEGIN, BEGIN + timedelta(minutes=42)
    )  # fmt: skip
    assert len(visit.results) == 31
    assert [one.name for one in visit.signatures] == ["王维", "李白"]
    work.after(600).does("countersign", role=Role.PROPERTY, name="赵经理", drawing=DRAWING, channel="link")
    visit = work.story.visit
    assert (visit.state, visit.completed_at) == (State.COMPLETE, BEGIN + timedelta(minutes=642))
    assert visit.countersigned is not None
    assert visit.countersigned.channel == "link"


def test_the_officer_may_sign_before_the_check_out() -> None:
    work = Round().does("check_in", **BODIES[Op.CHECK_IN]).after(30).does("results", results=all_normal())
    work.does("sign", **BODIES[Op.SIGN]).does("countersign", **BODIES[Op.COUNTERSIGN]).after(1).does("check_out")
    assert work.story.visit.state is State.COMPLETE


def problems(work: Round) -> list[str]:
    """Fields of the last operation that are wrong."""
    refused = work.story.told[work.made[-1].id].refused
    assert refused is not None
    return [one.field for one in refused.problems]


@pytest.mark.parametrize(
    ("results", "fields"),
    [
        ([{"code": "A-1-1", "outcome": "normal"}], None),
        ([{"code": "A-1-1", "outcome": "not_applicable"}], None),
        ([{"code": "A-1-1", "outcome": "abnormal", "text": "灯坏", "photos": ["p"]}], None),
        ([{"code": "A-1-1", "outcome": "abnormal"}], ["results.0.text", "results.0.photos"]),
        ([{"code": "A-1-1", "outcome": "abnormal", "text": "  ", "photos": ["p"]}], ["results.0.text"]),
        ([{"code": "A-1-1", "outcome": "abnormal", "text": "灯坏"}], ["results.0.photos"]),
        ([{"code": "A-1-6", "outcome": "normal"}], ["results.0.photos"]),
        ([{"code": "A-1-6", "outcome": "normal", "photos": ["p"]}], None),
        ([{"code": "A-1-6", "outcome": "not_applicable"}], None),
        ([{"code": "A-1-29", "outcome": "normal"}], ["results.0.value"]),
        ([{"code": "A-1-29", "outcome": "normal", "value": 6.9}], ["results.0.value"]),
        ([{"code": "A-1-29", "outcome": "normal", "value": 7}], None),
        ([{"code": "A-1-29", "outcome": "abnormal", "value": 6.9, "text": "磨损", "photos": ["p"]}], None),
        ([{"code": "A-1-29", "outcome": "not_applicable"}], None),
        ([{"code": "A-2-1", "outcome": "normal"}], ["results.0.code"]),  # of a quarterly visit
        ([{"code": "A-1-1", "outcome": "normal"}, {"code": "A-1-1", "outcome": "normal"}], ["results.1.code"]),
        ([{"code": "A-1-6", "outcome": "normal"}, {"code": "nothing", "outcome": "normal"},
          {"code": "A-1-2", "outcome": "abnormal"}],
         ["results.0.photos", "results.1.code", "results.2.text", "results.2.photos"]),
    ],
)  # fmt: skip
def test_all_that_is_wrong_with_results_is_told_at_once(
    results: list[dict[str, Any]], fields: list[str] | None
) -> None:
    work = at(State.ON_SITE).does("results", results=results)
    if fields is None:
        assert work.outcomes[-1] == "applied"
        assert set(work.story.visit.results) == {one["code"] for one in results}
    else:
        assert problems(work) == fields
        assert work.story.visit.results == {}


def test_a_check_out_tells_every_item_and_signature_that_is_missing() -> None:
    work = Round().does("check_in", kind="half_month", worker_id="w1", second_id="w2")
    done = [one for one in all_normal() if one["code"] not in {"A-1-3", "A-1-31"}]
    work.does("results", results=done).does("sign", worker_id="w2", drawing=DRAWING).does("check_out")
    assert problems(work) == ["results.A-1-3", "results.A-1-31", "signatures.worker"]
    assert work.story.visit.state is State.ON_SITE


def test_a_result_that_is_entered_again_counts() -> None:
    work = at(State.ON_SITE).does("results", results=[{"code": "A-1-1", "outcome": "normal"}])
    work.does("results", results=[{"code": "A-1-1", "outcome": "abnormal", "text": "灯坏", "photos": ["p"]}])
    assert work.story.visit.results["A-1-1"].text == "灯坏"


@pytest.mark.parametrize(
    ("worker", "reason"),
    [("w1", None), ("w2", None), ("w3", "certificate_ended"), ("w4", "no_certificate"), ("w9", "worker_id")],
)
def test_a_signature_needs_a_certificate_that_has_not_ended(worker: str, reason: str | None) -> None:
    work = Round().does("check_in", kind="half_month", worker_id="w1" if worker == "w9" else worker)
    work.after(1).does("sign", worker_id=worker, drawing=DRAWING)
    assert work.outcomes[-1] == (reason or "applied")
    if reason:
        assert problems(work) == ["worker_id"]
        assert work.story.visit.signatures == ()


def test_a_certificate_counts_on_its_last_day_and_no_longer() -> None:
    """The day is the one of the signature by our clock, not of its receipt."""
    work = Round().does("check_in", kind="half_month", worker_id="w2")
    work.after(14 * 60 + 59).does("sign", worker_id="w2", drawing=DRAWING, late=600)
    assert work.outcomes[-1] == "applied"
    work.after(1).does("sign", worker_id="w2", drawing=DRAWING)
    assert work.outcomes[-1] == "certificate_ended"
    told = work.story.told[work.made[-1].id]
    assert told.refused is not None
    assert told.refused.text["zh"] == "李白 的证书已于 2026-03-02 到期，签字无效"


def test_somebody_who_is_not_there_does_not_sign() -> None:
    work = Round().does("check_in", kind="half_month", worker_id="w1").does("sign", worker_id="w2", drawing=DRAWING)
    assert problems(work) == ["worker_id"]
    work.does("second", second_id="w2").does("sign", worker_id="w2", drawing=DRAWING)
    assert work.outcomes[-1] == "applied"


@pytest.mark.parametrize(("op", "body"), [("results", {"results": [{"code": "A-1-1", "outcome": "not_applicable"}]}),
                                          ("part", {"name": "灯"}), ("second", {"second_id": None})])  # fmt: skip
def test_who_changes_the_record_takes_the_signatures_away(op: str, body: dict[str, Any]) -> None:
    work = Round().does("check_in", kind="half_month", worker_id="w1").does("results", results=all_normal())
    work.does("sign", worker_id="w1", drawing=DRAWING).does("countersign", name="赵", drawing=DRAWING).does(op, **body)
    assert work.story.visit.signatures == ()
    assert work.story.visit.countersigned is None
    assert [one.code for one in work.story.told[work.made[-1].id].marks] == ["signed_again"]
    work.does("check_out")
    assert problems(work) == ["signatures.worker"]


def test_a_check_in_tells_everything_that_is_wrong() -> None:
    work = Round().does("check_in", kind="half_month", worker_id="w9", second_id="w9", alone=True)
    assert problems(work) == ["worker_id", "second_id", "second_id", "alone"]
    assert work.story.visit.state is State.NEW


def test_a_check_out_before_the_check_in_is_refused() -> None:
    assert Round().does("check_out").outcomes == ["not_begun"]
    work = Round().whole()
    work.made.pop()
    work.after(-90).does("check_out")
    assert work.outcomes[-1] == "out_before_in"
    refused = work.story.told[work.made[-1].id].refused
    assert refused is not None
    assert "2026-03-02T00:12:00.000Z is before check-in at 2026-03-02T01:00:00.000Z" in refused.text["en"]
    assert work.story.visit.state is State.ON_SITE


def marks(told: Told) -> list[str]:
    return [one.code for one in told.marks]


def test_what_comes_late_is_marked_with_both_times() -> None:
    work = Round().does("check_in", late=10, **BODIES[Op.CHECK_IN]).does("alive", late=11)
    first, second = (work.story.told[one.id] for one in work.made)
    assert (marks(first), marks(second)) == ([], ["late"])
    assert "done at 2026-03-02T01:00:00.000Z, received at 2026-03-02T01:11:00.000Z" in second.marks[0].text["en"]
    assert (work.made[1].done_at, work.made[1].at) == (BEGIN, BEGIN + timedelta(minutes=11))


def test_a_phone_s_clock_that_is_wrong_is_corrected_and_marked() -> None:
    work = Round().does("check_in", clock=-180, **BODIES[Op.CHECK_IN])
    assert marks(work.story.told["phone-1"]) == ["clock_off"]
    assert work.story.visit.began_at == BEGIN
    assert Round().does("check_in", clock=4, **BODIES[Op.CHECK_IN]).story.told["phone-1"].marks == ()


def test_a_clock_that_runs_backwards_is_marked() -> None:
    work = at(State.ON_SITE).after(10).does("alive").after(5).does("alive", clock=-30)
    assert marks(work.story.told[work.made[-1].id]) == ["clock_backwards", "clock_off"]
    text = work.story.told[work.made[-1].id].marks[0].text
    assert text["en"] == (
        "the phone's clock ran backwards: 2026-03-02T00:45:00.000Z is before 2026-03-02T01:10:00.000Z of the operation before"
    )
    assert "手机时钟倒退" in text["zh"]


def test_where_it_was_and_who_was_there_already_is_marked() -> None:
    facts = known("check_in", BODIES[Op.CHECK_IN])
    far = Facts(plan_id=facts.plan_id, worker=facts.worker, distance_m=501, overlaps=True)
    work = Round().does("check_in", facts=far, **BODIES[Op.CHECK_IN])
    assert marks(work.story.told["phone-1"]) == ["far", "overlaps"]
    near = Facts(plan_id=facts.plan_id, worker=facts.worker, distance_m=499)
    assert Round().does("check_in", facts=near, **BODIES[Op.CHECK_IN]).story.told["phone-1"].marks == ()


def test_what_overtook_waits_for_its_turn_and_is_not_lost() -> None:
    work = Round().whole()
    late_first = [work.made[2], work.made[1], work.made[4], work.made[3]]
    from tests.maintenance_visits import tell

    story = tell(late_first)
    assert {told.outcome for told in story.told.values()} == {"waiting"}
    assert story.visit.state is State.NEW
    story = tell([*late_first, work.made[0]])
    assert {told.outcome for told in story.told.values()} == {"applied"}
    assert story.visit == work.story.visit


def test_a_number_is_used_once() -> None:
    from dataclasses import replace

    from tests.maintenance_visits import tell

    work = Round().whole()
    other = replace(work.made[1], id="other")
    told = tell([*work.made, other]).told["other"]
    assert told.refused is not None
    assert told.refused.reason == "number_used"
    waiting = tell([work.made[2], replace(work.made[2], id="other")]).told
    assert [one.outcome for one in waiting.values()] == ["waiting", "refused"]


def test_one_who_works_alone_gives_signs_of_life() -> None:
    work = Round().does("check_in", kind="half_month", worker_id="w1", alone=True, interval_s=600)
    assert life_due(work.story.visit, LIMITS) == BEGIN + timedelta(minutes=12)
    work.after(5).does("results", results=[{"code": "A-1-1", "outcome": "normal"}])
    assert life_due(work.story.visit, LIMITS) == BEGIN + timedelta(minutes=17)
    work.after(5).does("alive")
    assert life_due(work.story.visit, LIMITS) == BEGIN + timedelta(minutes=22)
    work.does("pause")
    assert life_due(work.story.visit, LIMITS) is None
    work.after(60).does("resume")
    assert life_due(work.story.visit, LIMITS) == BEGIN + timedelta(minutes=82)
    work.does("second", second_id="w2")
    assert life_due(work.story.visit, LIMITS) is None


def test_an_old_tap_that_comes_late_is_no_sign_of_life_of_now() -> None:
    work = Round().does("check_in", kind="half_month", worker_id="w1", alone=True, interval_s=600)
    work.after(5).does("alive").after(-3).does("alive", late=60)
    assert life_due(work.story.visit, LIMITS) == BEGIN + timedelta(minutes=17)
    offline = Round().does("check_in", kind="half_month", worker_id="w1", alone=True, interval_s=600, late=120)
    assert life_due(offline.story.visit, LIMITS) == BEGIN + timedelta(minutes=132), "from when we know of it"


@pytest.mark.parametrize(
    ("kind", "minutes"), [("half_month", 120), ("quarter", 150), ("half_year", 210), ("year", 330)]
)
def test_a_visit_has_its_time(kind: str, minutes: int) -> None:
    work = Round().does("check_in", kind=kind, worker_id="w1")
    assert end_due(work.story.visit, LIMITS) == BEGIN + timedelta(minutes=minutes)
    own = Round().does("check_in", kind=kind, worker_id="w1", planned_s=600)
    assert end_due(own.story.visit, LIMITS) == BEGIN + timedelta(minutes=40)


def test_a_break_does_not_count_and_has_a_time_of_its_own() -> None:
    work = at(State.ON_SITE).after(10).does("pause")
    assert end_due(work.story.visit, LIMITS) == BEGIN + timedelta(minutes=10, days=1)
    work.after(100).does("resume")
    assert end_due(work.story.visit, LIMITS) == BEGIN + timedelta(minutes=120 + 100)
    assert end_due(Round().whole().story.visit, LIMITS) is None


@pytest.mark.parametrize(
    ("device", "sent", "expected", "off"),
    [
        (None, None, 0, 0), (-5, None, -5, 0), (5, None, 0, 0), (-60, 0, -60, 0), (-240, -180, -60, -180),
        (100, 180, -80, 180), (200, 180, 0, 180),
    ],
)  # fmt: skip
def test_when_it_was_done_by_our_clock(device: float | None, sent: float | None, expected: float, off: float) -> None:
    """Minutes from the receipt: of the deed and of the sending by the phone's clock."""
    when, seconds = done_at(
        None if device is None else BEGIN + timedelta(minutes=device), BEGIN,
        None if sent is None else BEGIN + timedelta(minutes=sent),
    )  # fmt: skip
    assert (when - BEGIN).total_seconds() == expected * 60
    assert seconds == off * 60


def test_a_clock_beyond_the_calendar_says_nothing() -> None:
    first, last = BEGIN.replace(year=1970), BEGIN.replace(year=9999)
    assert done_at(first, BEGIN, last)[0] == BEGIN
    assert done_at(last, BEGIN, first)[0] == BEGIN


@pytest.mark.parametrize(
    ("kind", "data", "good"),
    [
        ("svg", "M0 0L10 10", True), ("svg", "m 1.5,-2 c 1e1 2 3 4 5 6 z", True), ("svg", "L0 0", False), ("svg", "", False),
        ("svg", "M0 0<script>", False), ("svg", "M" + "0" * 200_000, False), ("png", "iVBORw0KGgoAAA==", True),
        ("png", "R0lGODlh", False), ("png", "not base64!", False), ("png", "", False),
    ],
)  # fmt: skip
def test_what_can_be_a_signature(kind: str, data: str, *, good: bool) -> None:
    assert is_drawing(kind, data) is good


def test_the_visit_keeps_the_plan_it_began_with() -> None:
    story = Round().does("check_in", kind="year", worker_id="w1").story
    assert (story.visit.plan_id, story.visit.worker) == (PLAN.id, WANG)


@pytest.mark.parametrize(
    ("lift_class", "code", "value", "good"),
    [
        (LiftClass.ESCALATOR, "D-2-1", -0.1, False), (LiftClass.ESCALATOR, "D-2-1", 0, True),
        (LiftClass.ESCALATOR, "D-2-1", 2, True), (LiftClass.ESCALATOR, "D-2-1", 2.01, False),
        (LiftClass.HYDRAULIC, "B-2-1", 170, True), (LiftClass.HYDRAULIC, "B-2-1", 171, False),
        (LiftClass.DUMBWAITER, "C-1-17", 5, True), (LiftClass.DUMBWAITER, "C-1-17", 4.9, False),
    ],
)  # fmt: skip
def test_the_limits_of_a_number(lift_class: LiftClass, code: str, value: float, *, good: bool) -> None:
    item = next(one for one in shelf.newest(lift_class).items if one.code == code)
    assert within(item, value) is good
    assert limits(item) == {"D-2-1": "≥ 0, ≤ 2", "B-2-1": "≤ 170", "C-1-17": "≥ 5"}[code]
