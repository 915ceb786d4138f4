"""Orders, scenarios and cities: what people write is read exactly, and refused with a sentence that helps."""

import pytest

from elevator.model import LiftClass
from simulators import city as cities
from simulators import scenario as scenarios
from simulators import seed
from simulators.run import Simulation
from simulators.trouble import Press, Trouble, TroubleError, command

SCENARIOS = ["first_rescue", "power_cut", "door_stuck", "silence", "sensors"]
DISTRICTS = {"天元区", "荷塘区", "芦淞区", "石峰区", "渌口区"}


def test_a_command_names_a_lift_a_kind_and_its_options():
    said = command("542891 entrapment persons=3 press=double after=2.5")
    assert said.target == "542891"
    assert said.order.kind is Trouble.ENTRAPMENT
    assert (said.order.persons, said.order.press, said.order.after) == (3, Press.DOUBLE, 2.5)


def test_an_alarm_button_is_pressed_at_once_unless_told_otherwise():
    assert command("542891 button").order.after == 0


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("", "expected 'LIFT_ID kind'"),
        ("542891", "expected 'LIFT_ID kind'"),
        ("542891 fire", "is none of entrapment"),
        ("542891 entrapment persons", "expected key=value"),
        ("542891 entrapment persons=many", "persons|invalid literal"),
        ("542891 entrapment persons=0", "persons: from 1 to 20"),
        ("542891 entrapment press=softly", "softly"),
        ("542891 entrapment after=nan", "after: from 0"),
        ("542891 power_cut power=solar", "battery or off"),
        ("542891 silent persons=2", "silent takes no options"),
        ("542891 clock offset=inf", "at most ten years"),
    ],
)
def test_a_bad_command_is_refused_with_a_sentence(line, sentence):
    with pytest.raises(TroubleError, match=sentence):
        command(line)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[[step]\n", "not TOML"),
        ("steps = 3", "holds title and"),
        ("step = 3", "holds title and"),
        ("[[step]]\nat = 1\ndo = 'free'", "step 1: target missing"),
        ("[[step]]\nat = -1\ntarget='x'\ndo = 'free'", "step 1: at is a number of seconds"),
        ("[[step]]\nat = true\ntarget='x'\ndo = 'free'", "step 1: at is a number of seconds"),
        ("[[step]]\nat = 1\ntarget='x'\ndo = 'fly'", "step 1: 'fly' is none of"),
    ],
)
def test_a_bad_scenario_is_refused_naming_the_step(text, sentence):
    with pytest.raises(TroubleError, match=sentence):
        scenarios.parse(text)


def test_steps_are_played_once_and_in_order():
    text = "[[step]]\nat=5\ntarget='b'\ndo='free'\n[[step]]\nat=0\ntarget='a'\ndo='free'\n"
    script = scenarios.parse(text)
    assert [c.target for c in script.due(-1, 0)] == ["a"]
    assert script.due(0, 4.9) == []
    assert [c.target for c in script.due(4.9, 60)] == ["b"]


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_that_comes_with_the_program_fits_its_city(name):
    simulation = Simulation(mqtt_url="mqtt://127.0.0.1:1883", scenario=name)
    assert simulation.title


def test_an_unknown_scenario_is_answered_with_those_there_are():
    with pytest.raises(TroubleError, match="first_rescue"):
        Simulation(mqtt_url="mqtt://127.0.0.1:1883", scenario="second_rescue")


def test_a_scenario_for_a_lift_that_is_not_simulated_is_refused_at_once():
    with pytest.raises(TroubleError, match="no lift and no building"):
        Simulation(mqtt_url="mqtt://127.0.0.1:1883", scenario="silence", lifts=2)


def test_the_demo_city_is_what_it_should_be():
    city = cities.load("zhuzhou")
    assert 38 <= len(city.lifts) <= 42
    assert {lift.district for lift in city.lifts} == DISTRICTS
    assert 4 <= len(city.firms) <= 6
    assert all(firm.units for firm in city.firms)
    assert all(lift.spec.lift_id.isdigit() and len(lift.spec.lift_id) == 20 for lift in city.lifts)
    assert all(lift.spec.rescue_code.isdigit() and len(lift.spec.rescue_code) == 6 for lift in city.lifts)
    assert all(abs(lift.lat - 27.83) < 0.2 and abs(lift.lon - 113.13) < 0.1 for lift in city.lifts)
    assert 0 < sum(lift.lift_class is LiftClass.HYDRAULIC for lift in city.lifts) <= 4
    assert {lift.spec.use for lift in city.lifts} >= {"residential", "office", "hospital", "mall"}
    assert all(len(name) <= 4 for lift in city.lifts for name in lift.spec.car.landings)
    assert {lift.firm for lift in city.lifts} == {firm.name for firm in city.firms}


def test_the_registry_file_has_one_line_for_each_lift():
    lines = seed.lifts_csv(cities.load("zhuzhou")).splitlines()
    assert len(lines) == 41
    assert lines[0].startswith("lift_id,rescue_code,name,lift_class,")
    assert lines[1].startswith("31104302112016059001,542891,1号梯,traction,天元区望洲路88号,湘岸新苑1栋,")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (('id = "31104302112016059001"', 'id = "x/y"'), "is not a lift_id"),
        (('code = "542891"', 'code = "650812"'), "rescue_code stands twice: 650812"),
        (('landings = "B1 1-18"', 'landings = "1"'), "at least two landings"),
        (('use = "residential"', 'use = "castle"'), "castle"),
        (('firm = "株洲江润电梯工程有限公司"', 'firm = "nobody"'), "there is no firm 'nobody'"),
        (("storey = 2.9", ""), "lacks 'storey'"),
    ],
)
def test_a_city_that_cannot_be_is_refused(change, sentence):
    text = cities.read("zhuzhou", "cities").replace(*change, 1)
    with pytest.raises(TroubleError, match=sentence):
        cities.parse(text)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [({"lifts": 0}, "from 1"), ({"lifts": 99}, "has 40 lifts"), ({"speed": 0}, "speed"), ({"crew_speed": -1}, "speed"),
     ({"interval": 0}, "interval"), ({"city": "atlantis"}, "zhuzhou")],
)  # fmt: skip
def test_impossible_options_are_refused(options, sentence):
    with pytest.raises(TroubleError, match=sentence):
        Simulation(mqtt_url="mqtt://127.0.0.1:1883", **options)
