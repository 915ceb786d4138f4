"""Times, stored enums, intervals and the fault catalogue: what every program must agree on."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from elevator import faults, times
from elevator.columns import ENUM_COLUMNS, POSITIONS
from elevator.faults import CATALOGUE, FaultClass, Priority
from elevator.model import MAX_TS, Direction, Door, DoorCommand, LiftClass, Mode, Power, SafetyChain, sane_interval

# What stands in databases out there. A member may be added at an end; anything else would change history.
STORED: dict[str, list[str]] = {
    "mode": [
        "normal", "inspection", "out_of_service", "fire_recall", "firefighter", "emergency_power", "earthquake", "unknown",
    ],
    "door": ["closed", "opening", "open", "closing", "unknown"],
    "direction": ["none", "up", "down"],
    "power": ["mains", "battery", "off"],
    "safety_chain": ["closed", "open"],
    "door_command": ["none", "open", "close"],
}  # fmt: skip


def test_stored_positions_never_change() -> None:
    assert {column: [str(member) for member in members][: len(STORED[column])] for column, members in ENUM_COLUMNS.items()} == (
        STORED
    )  # fmt: skip


@pytest.mark.parametrize("column", ENUM_COLUMNS)
def test_positions_and_members_are_inverse(column: str) -> None:
    members = ENUM_COLUMNS[column]
    for number, member in enumerate(members):
        assert POSITIONS[column][member] == number
        assert members[POSITIONS[column][str(member)]] is member
    assert set(members) == set({"mode": Mode, "door": Door, "direction": Direction, "power": Power,
                                "safety_chain": SafetyChain, "door_command": DoorCommand}[column])  # fmt: skip


@given(st.integers(0, MAX_TS))
def test_milliseconds_survive_the_way_through_datetime(ms: int) -> None:
    assert times.to_ms(times.at(ms)) == ms


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(1970, 1, 1), max_value=datetime(9999, 12, 31)))  # noqa: DTZ001
def test_rfc_3339_is_utc_to_the_millisecond(moment: datetime) -> None:
    written = times.rfc3339(moment)
    assert written.endswith("Z")
    assert len(written) == len("2026-08-06T07:06:40.000Z")
    assert timedelta(0) <= moment - datetime.fromisoformat(written) < timedelta(milliseconds=1)


def test_times_of_other_zones_and_none() -> None:
    beijing = datetime(2026, 8, 6, 15, 6, 40, 123456, tzinfo=timezone(timedelta(hours=8)))
    assert times.rfc3339(beijing) == "2026-08-06T07:06:40.123Z"
    assert times.at(None) is None
    assert times.at(0) == datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "read"),
    [(None, 30), (30, 30), (0, 1), (-5, 1), (0.4, 1), (1.6, 2), (60, 60), (61, 60), (3600, 60), (1e30, 60), (-1e30, 1)],
)
def test_intervals_are_read_as_the_nearest_possible(asked: float | None, read: int) -> None:
    assert sane_interval(asked) == read


def test_every_code_has_both_languages_and_fits_its_class() -> None:
    for code, fault in CATALOGUE.items():
        assert fault.code == code
        assert fault.en
        assert any("\u4e00" <= letter <= "\u9fff" for letter in fault.zh), code
        rings = fault.fault_class in {FaultClass.ALARM, FaultClass.DANGER, FaultClass.FAULT, FaultClass.LINK}
        assert (fault.empty is not None) is rings, code
        if fault.empty is not None and fault.occupied is not None:
            assert fault.occupied <= fault.empty, f"{code}: someone in the car makes nothing less urgent"
        if fault.fault_class in {FaultClass.ALARM, FaultClass.DANGER}:
            assert fault.empty is Priority.P1, code


def test_numbers_of_the_standard_are_used_once() -> None:
    numbers = [fault.gbt for fault in CATALOGUE.values() if fault.gbt is not None]
    assert sorted(set(numbers)) == sorted(numbers)


def test_groups_of_codes() -> None:
    assert {"alarm_button", "entrapment"} == faults.ALARMS
    assert {
        "overtravel_top", "overtravel_bottom", "unintended_movement", "overspeed", "door_open_moving", "brake_failure",
    } == faults.dangers_of(LiftClass.TRACTION) == faults.dangers_of(None)  # fmt: skip
    assert {"stopped_outside_zone", "position_lost", "runtime_limit", "restart_prevented"} == faults.OUTSIDE_ZONE


def test_dangers_belong_to_classes() -> None:
    assert frozenset().union(*map(faults.dangers_of, LiftClass)) == faults.DANGERS
    for kind, prefix in ((LiftClass.ESCALATOR, "escalator_"), (LiftClass.HOIST, "hoist_")):
        own = {code for code in faults.dangers_of(kind) if code.startswith(prefix)}
        assert len(own) >= 5
        assert not own & faults.dangers_of(LiftClass.TRACTION)
    assert all(code.startswith("escalator_") for code in faults.dangers_of(LiftClass.ESCALATOR))


def test_nobody_is_trapped_on_an_escalator() -> None:
    only = frozenset({LiftClass.ESCALATOR})
    assert [code for code, fault in CATALOGUE.items() if fault.traps and fault.equipment == only] == []


def test_every_code_that_opens_something_says_what_to_do() -> None:
    for code, fault in CATALOGUE.items():
        assert (fault.advice is not None) is (fault.empty is not None), code
        if fault.advice is not None:
            assert set(fault.advice) == {"zh", "en"}
            assert any("\u4e00" <= letter <= "\u9fff" for letter in fault.advice["zh"]), code
            assert fault.advice["en"].isascii(), code


def test_codes_that_count_in_a_rule_can_trap_or_hurt() -> None:
    for code, fault in CATALOGUE.items():
        if fault.rule not in {None, "silence", "danger_occupied"}:
            assert fault.traps, code


@given(st.text())
def test_unknown_codes_keep_their_text(code: str) -> None:
    known, text = faults.canonical(code)
    assert known in CATALOGUE
    assert (known, text) == ((code, None) if code in CATALOGUE else (faults.OTHER, code))
