"""Who belongs together when lifts lose power or link, in which order they are shown, and when it is over (contract 5)."""

from datetime import UTC, datetime, timedelta

import pytest

from alerts import areas
from alerts.areas import Area, Car, Gathered, Group, GroupKind, Loss, Lost
from alerts.policy import Area as Terms

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TERMS = Terms()
FEEDER, GATEWAY, HOUSE = (Group(kind, kind.value) for kind in GroupKind)


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def car(number: int, *groups: Group, power: float | None = None, link: float | None = None, area: str | None = None) -> Car:  # fmt: skip
    losses = areas.losses(
        None if power is None else after(power), None if link is None else after(link), answered_at=None,
        listening=after(-1000),
    )  # fmt: skip
    return Car(lift_no=number, groups=groups, losses=losses, area=area)


def gather(cars: list[Car], at: float, *open_: Area) -> list[Gathered]:
    return areas.gather(cars, open_, after(at), TERMS)


def lifts(found: Gathered) -> list[int]:
    return [number for number, _ in found.lifts]


@pytest.mark.parametrize(
    ("moments", "at", "together"),
    [
        ([0, 1, 2, 3], 10, 0),  # four are not five
        ([0, 1, 2, 3, 4], 10, 5),
        ([0, 15, 30, 45, 60], 65, 5),  # within 60 s, both ends included
        ([0, 15, 30, 45, 60.1], 65, 0),
        ([0, 100, 101, 102, 103, 104], 110, 5),  # the first is another story
        ([0, 1, 2, 3, 4], 5.9, 0),  # the last has not lasted
        ([0, 1, 2, 3, 4, 8], 6, 6),  # once they are five, the newest one counts as well
    ],
)
def test_five_within_sixty_seconds_open_an_area(moments: list[float], at: float, together: int) -> None:
    found = gather([car(number, HOUSE, power=moment) for number, moment in enumerate(moments)], at)
    assert [len(one.lifts) for one in found] == ([together] if together else [])


@pytest.mark.parametrize("kind", GroupKind)
def test_feeder_gateway_and_building_make_a_group(kind: GroupKind) -> None:
    group = Group(kind, "A")
    (found,) = gather([car(number, group, power=0) for number in range(5)], 3)
    assert (found.group, found.area, found.lost, lifts(found)) == (group, None, Lost.POWER, [0, 1, 2, 3, 4])


def test_empty_names_never_match() -> None:
    assert areas.groups("", "  ", None) == ()
    assert areas.groups(None, " gw ", "House") == (Group(GroupKind.GATEWAY, "gw"), Group(GroupKind.BUILDING, "House"))
    assert gather([car(number, power=0) for number in range(9)], 3) == []


def test_other_names_are_other_groups() -> None:
    cars = [car(number, Group(GroupKind.BUILDING, f"House {number % 2}"), power=0) for number in range(8)]
    assert gather(cars, 3) == []
    found = gather([*cars, car(8, Group(GroupKind.BUILDING, "House 0"), power=0)], 3)
    assert [lifts(one) for one in found] == [[0, 2, 4, 6, 8]]


def test_power_and_link_count_together_and_the_word_is_power() -> None:
    cars = [car(number, HOUSE, power=0) for number in range(2)] + [car(number, HOUSE, link=1) for number in (2, 3, 4)]
    (found,) = gather(cars, 6)
    assert (found.lost, lifts(found)) == (Lost.POWER, [0, 1, 2, 3, 4])
    (silent,) = gather([car(number, HOUSE, link=0) for number in range(5)], 5)
    assert silent.lost is Lost.LINK


def test_a_lost_link_must_last_longer_than_lost_power() -> None:
    assert gather([car(number, HOUSE, link=0) for number in range(5)], 4.9) == []
    assert len(gather([car(number, HOUSE, power=0) for number in range(5)], 2)) == 1


def test_a_lift_that_lost_both_is_one_lift() -> None:
    assert gather([car(number, HOUSE, power=0, link=1) for number in range(4)], 10) == []


def test_a_lift_stands_in_one_area_feeder_before_gateway_before_building() -> None:
    everything = [car(number, FEEDER, GATEWAY, HOUSE, power=0) for number in range(5)]
    assert [one.group for one in gather(everything, 3)] == [FEEDER]
    without_feeder = [car(number, GATEWAY, HOUSE, power=0) for number in range(10, 15)]
    found = gather([*everything, *without_feeder, *(car(number, HOUSE, power=0) for number in range(20, 25))], 3)
    assert [(one.group, lifts(one)) for one in found] == [
        (FEEDER, [0, 1, 2, 3, 4]), (GATEWAY, [10, 11, 12, 13, 14]), (HOUSE, [20, 21, 22, 23, 24]),
    ]  # fmt: skip


def test_who_is_taken_by_the_feeder_does_not_count_for_the_building() -> None:
    cars = [car(number, FEEDER, HOUSE, power=0) for number in range(5)] + [car(9, HOUSE, power=0)]
    assert [one.group for one in gather(cars, 3)] == [FEEDER]


def area(group: Group, opened_at: float = 3, *, untouched: bool = True) -> Area:
    return Area(id=group.name, group=group, opened_at=after(opened_at), untouched=untouched)


@pytest.mark.parametrize(("moment", "joins"), [(-57, True), (-57.1, False), (500, True)])
def test_who_loses_power_later_joins_the_open_area(moment: float, joins: bool) -> None:
    found = gather([car(7, HOUSE, power=moment)], 600, area(HOUSE))
    assert [(one.area, lifts(one)) for one in found] == ([("building", [7])] if joins else [])


def test_members_of_an_open_area_are_not_gathered_again() -> None:
    cars = [car(number, HOUSE, power=0, area="building") for number in range(5)]
    assert gather(cars, 10, area(HOUSE)) == []


@pytest.mark.parametrize(
    ("opened_at", "untouched", "moves"), [(3, True, True), (3, False, False), (-60, True, False)]
)  # fmt: skip
def test_lifts_move_to_the_area_of_their_feeder_while_nobody_has_taken_up_their_own(
    opened_at: float, untouched: bool, moves: bool
) -> None:
    """The building was together first; then two more of the feeder make it five."""
    cars = [car(number, FEEDER, HOUSE, power=0, area="building") for number in range(3)]
    cars += [car(number, HOUSE, power=0, area="building") for number in (3, 4)]
    cars += [car(number, FEEDER, power=2) for number in (5, 6)]
    found = gather(cars, 5, area(HOUSE, opened_at, untouched=untouched))
    assert [(one.group, one.area, lifts(one)) for one in found] == ([(FEEDER, None, [0, 1, 2, 5, 6])] if moves else [])


def test_no_lift_moves_to_a_lesser_area() -> None:
    cars = [car(number, FEEDER, HOUSE, power=0, area="feeder") for number in range(5)]
    assert gather([*cars, *(car(number, HOUSE, power=0) for number in range(5, 9))], 5, area(FEEDER)) == []


@pytest.mark.parametrize(
    ("power", "link", "answered", "listening", "counts"),
    [
        (5, None, None, 0, [Lost.POWER]),
        (5, None, None, None, [Lost.POWER]),  # power is told; for that nobody must listen
        (None, 5, None, 0, [Lost.LINK]),
        (None, 5, None, None, []),  # silence counts only while we were listening
        (None, 5, None, 6, []),
        (5, 5, 5, 0, []),  # answered by the area that has ended then
        (5, 6, 5, 0, [Lost.LINK]),
    ],
)
def test_what_counts_as_a_loss(
    power: float | None, link: float | None, answered: float | None, listening: float | None, counts: list[Lost]
) -> None:
    moments = [None if one is None else after(one) for one in (power, link, answered, listening)]
    found = areas.losses(moments[0], moments[1], answered_at=moments[2], listening=moments[3])
    assert [one.what for one in found] == counts
    assert all(isinstance(one, Loss) for one in found)


@pytest.mark.parametrize(
    ("power", "link", "heard", "back"),
    [(None, None, 11, True), (None, None, 10, False), (None, None, None, False), (5, None, 11, False), (None, 5, 11, False)],
)  # fmt: skip
def test_a_lift_is_back_when_it_is_powered_and_was_heard(
    power: float | None, link: float | None, heard: float | None, back: bool
) -> None:
    moments = [None if one is None else after(one) for one in (power, link, heard)]
    assert areas.is_back(after(10), power_at=moments[0], link_at=moments[1], heard_at=moments[2]) is back


@pytest.mark.parametrize(
    ("back", "over"), [([0, 0], True), ([0, 5], False), ([0, None], False), ([], True), ([10 - 10], True)]
)
def test_an_area_is_over_when_all_have_been_back_for_ten_seconds(back: list[float | None], over: bool) -> None:
    moments = [None if one is None else after(one) for one in back]
    assert areas.is_over(moments, after(10), TERMS) is over


def test_the_list_is_ranked_occupied_first_longest_first() -> None:
    cars = [
        ("empty, back", False, 0, True), ("empty", False, 1, False), ("unknown", None, 2, False),
        ("occupied later", True, 9, False), ("occupied, power is back", True, 4, True), ("occupied first", True, 3, False),
    ]  # fmt: skip
    order = sorted(cars, key=lambda one: areas.rank(one[1], after(one[2]), back=one[3], lift_id=one[0]))
    assert [one[0] for one in order] == [
        "occupied first", "occupied, power is back", "occupied later", "unknown", "empty", "empty, back",
    ]  # fmt: skip
